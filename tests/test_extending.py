"""What there are more of to come is added by one new file, and at most one line elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import lrviz

PACKAGE = Path(lrviz.__file__).parent

PRESET = """\
summary: Falls to a tenth in one step, half way.
when: To try what a test adds.
reference: tests
scheduler: {type: MultiStepLR, milestones: [50%], gamma: 0.1}
"""
RULE = """\
from lrviz.checking.rule import Fault, rule


@rule("LRV901", "too-fast", "error", what="w", why="w", references=("r",))
def too_fast(subject):
    if subject.peak > 1:
        yield Fault("the LR is above 1", "lower it", None)


RULES = (too_fast,)
"""
TABLE_FORMAT = """\
def lines(grid, width):
    yield "begin tabular"
    for row in grid.rows:
        yield " & ".join(cell or "" for cell in row)
"""


@dataclass(frozen=True)
class Added:
    """What is added, and what comes of it.

    Attributes:
        files: Texts by their path in the package.
        lines: Lines by a path, each behind the line that it begins with.
        command: Of lrviz.
        shows: What stands in its output then.
    """

    files: dict[str, str]
    lines: dict[str, tuple[str, str]]
    command: tuple[str, ...]
    shows: str


ADDED = {
    "a preset": Added(
        {"catalog/presets/half.yaml": PRESET},
        {},
        ("table", "half", "--steps", "10", "--format", "csv"),
        "5,,0.010000000000000002\n",
    ),
    "a rule": Added(
        {
            "checking/rules/speed.py": RULE,
            "checking/rules/examples/LRV901.yaml": "optimizer: {type: SGD, lr: 2}\n",
        },
        {},
        ("check", "constant", "--lr", "2"),
        "error LRV901 too-fast [constant] the LR is above 1",
    ),
    "a format of tables": Added(
        {"views/text/tabular.py": TABLE_FORMAT},
        {
            "views/text/formats.py": (
                "GRIDS: Mapping[str, str] = {",
                '    "tabular": "lrviz.views.text.tabular.lines",',
            )
        },
        ("table", "cosine", "--steps", "9", "--format", "tabular"),
        "begin tabular\n0 & first",
    ),
    "a unit of time": Added(
        {},
        {
            "spec/durations.py": (
                "UNITS: dict[str, Callable",
                '    "dozen": lambda amount, length, text: amount * 12,',
            )
        },
        ("table", "step:step_size=2dozen", "--steps", "40", "--format", "csv"),
        "24,,",
    ),
}


@pytest.mark.parametrize("what", ADDED)
def test_it_takes_one_file_and_at_most_one_line(what: str, tmp_path: Path) -> None:
    added = ADDED[what]
    assert sum(name.endswith(".py") for name in added.files) <= 1
    assert len(added.lines) <= 1
    shutil.copytree(PACKAGE, tmp_path / "lrviz", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in added.files.items():
        (tmp_path / "lrviz" / name).write_text(text, encoding="utf-8")
    for name, (before, line) in added.lines.items():
        path = tmp_path / "lrviz" / name
        lines = path.read_text(encoding="utf-8").splitlines()
        [at] = [number for number, each in enumerate(lines, 1) if each.startswith(before)]
        path.write_text("\n".join([*lines[:at], line, *lines[at:], ""]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "lrviz", *added.command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert added.shows in done.stdout, done.stderr
