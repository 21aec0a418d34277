"""Python configs: what is read of them, what is kept as not read, and that nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrviz.errors import SpecError
from lrviz.sources.configs.forms.python import read_python
from lrviz.sources.configs.unread import Unread


def read(text: str, folder: Path = Path()) -> dict[str, object]:
    return dict(read_python(text, "config.py", folder))


def test_literals_arithmetic_names_and_dicts_are_read() -> None:
    found = read(
        "import os\nlr = 5e-4 * 1024 / 512\nn = 2 ** 3 // 3\nopt = dict(lr=-lr, k=[n, 'a'])\n"
    )
    assert found == {"lr": 0.001, "n": 2, "opt": {"lr": -0.001, "k": [2, "a"]}}


@pytest.mark.parametrize(
    "value",
    [
        "open('TOUCHED', 'w')",
        "__import__('os').system('touch TOUCHED')",
        "[x for x in range(3)]",
        "[1, *range(3)]",
        "dict(**globals())",
        "(lambda: 1)()",
        "f'{1}'",
        "10 ** 10 ** 10",
        "'a' * 10 ** 9",
        "undefined",
        "1 / 0",
    ],
)
def test_what_would_run_is_kept_and_not_read(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = read(f"a = {value}\nb = 1\n")
    assert isinstance(found["a"], Unread)
    assert found["b"] == 1
    assert not (tmp_path / "TOUCHED").exists()


@pytest.mark.parametrize("text", ["exec('a = 1')\n", "with open('x') as f:\n    a = 1\n"])
def test_statements_that_could_assign_anything_are_errors(text: str) -> None:
    with pytest.raises(SpecError, match="a config is not run"):
        read("lr = 1\n" + text)


def test_what_a_loop_may_change_is_not_read() -> None:
    found = read("lr = 1\nfor i in range(3):\n    lr = i\n")
    assert isinstance(found["lr"], Unread)
    assert "line 2 may change it" in found["lr"].why


def test_bases_stand_below_and_circles_are_errors(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("opt = dict(lr=1, betas=dict(a=1))\nn = 3\n")
    text = "_base_ = ['base.py']\nopt = dict(betas=dict(_delete_=True, b=2))\nm = _base_.n\n"
    assert read(text, tmp_path) == {"opt": {"lr": 1, "betas": {"b": 2}}, "n": 3, "m": 3}
    (tmp_path / "a.py").write_text("_base_ = 'b.py'\n")
    (tmp_path / "b.py").write_text("_base_ = 'a.py'\n")
    with pytest.raises(SpecError, match=r"b\.py:1:10: _base_: a\.py leads back to itself"):
        read_python((tmp_path / "a.py").read_text(), str(tmp_path / "a.py"), tmp_path)


def test_absurd_files_are_errors() -> None:
    with pytest.raises(SpecError, match="no config is that long"):
        read("a = 1\n" * 2_000_000)
    with pytest.raises(SpecError, match="not valid Python"):
        read("a = " + "(" * 100_000)
    with pytest.raises(SpecError, match="nested more than 50 deep"):
        read("a = " + "[" * 80 + "]" * 80)


def test_places_count_characters() -> None:
    place = read_python("é = 'ü'; lr = 1\n", "c.py", Path()).places["lr"].value
    assert place is not None
    assert (place.line, place.column, place.start, place.end) == (1, 15, 14, 15)
