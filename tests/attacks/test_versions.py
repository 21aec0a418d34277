"""What `python -m tests.attacks.versions` installs is what pyproject.toml says."""

from __future__ import annotations

import pytest

from tests.attacks.versions import environment, lowest, named, requirements


def test_every_bound_is_tried() -> None:
    found = environment("lowest")
    assert found is not None
    names = {pin.partition("==")[0] for pin in found.pins}
    assert names == {named(each) for each in requirements()}
    assert names >= {"numpy", "matplotlib", "typer", "sphinx", "transformers", "pytest"}
    assert "torch" not in names


def test_a_bound_of_another_form_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match=r"^numpy~=1.26: not of the form name>=1.2$"):
        lowest("numpy~=1.26")


def test_what_is_no_python_here() -> None:
    assert environment("3.999") is None
    with pytest.raises(SystemExit, match=r"^oldest: give lowest, newest, or the release"):
        environment("oldest")
