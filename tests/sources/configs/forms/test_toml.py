"""TOML to data with places."""

from __future__ import annotations

import pytest

from lrviz.errors import Place, SpecError
from lrviz.sources.configs.forms.toml import read_toml

TEXT = '[a]\nx = 1e-4  # c\n\n[b.c]\ny = "s # no comment"  # c\nz = {n = 1}\n'


def test_keys_and_values_have_their_places() -> None:
    found = read_toml(TEXT, "a.toml")
    assert found == {"a": {"x": 1e-4}, "b": {"c": {"y": "s # no comment", "z": {"n": 1}}}}
    assert found["a"].places["x"] == (Place("a.toml", 2, 1, 4, 5), Place("a.toml", 2, 5, 8, 12))
    value = found["b"]["c"].places["y"].value
    assert TEXT[value.start : value.end] == '"s # no comment"'


def test_what_is_no_toml_is_an_error_at_its_place() -> None:
    with pytest.raises(SpecError, match=r"a\.toml:2:5: not valid TOML: Invalid value"):
        read_toml("a = 1\nb = \n", "a.toml")
    with pytest.raises(SpecError, match="nested more than 50 deep"):
        read_toml("a = " + "[" * 100_000, "a.toml")
    with pytest.raises(SpecError, match="no config is that long"):
        read_toml("a = 1\n" * 2_000_000, "a.toml")
