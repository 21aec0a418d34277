"""`key: value` lines to data with places."""

from __future__ import annotations

import pytest

from lrviz.errors import Place, SpecError
from lrviz.sources.configs.forms.params import read_params


def test_values_are_python_s_or_yaml_s() -> None:
    found = read_params("lr: 0.0005\nwarmup: 10000\nresume: None\nname: a: b\n", "params.txt")
    assert found == {"lr": 0.0005, "warmup": 10000, "resume": None, "name": "a: b"}
    assert found.places["warmup"].value == Place("params.txt", 2, 9, 19, 24)


def test_another_line_is_an_error_at_its_place() -> None:
    with pytest.raises(SpecError, match=r"params\.txt:2:1: not a `key: value` line"):
        read_params("a: 1\nwhat\n", "params.txt")
