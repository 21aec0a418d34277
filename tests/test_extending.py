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
PICTURE_FORMAT = """\
from lrviz.writing.pictures.picture import PictureFormat


def encode(drawn, texts):
    height, width, _ = drawn.pixels().shape
    return f"P7 {width}x{height} {texts['Comment']}".encode()


FORMAT = PictureFormat(
    lambda source: {"Comment": f"lrviz {source}"}, encode, lambda content: b"lrviz" in content.start
)
"""
SOURCE_KIND = """\
from lrviz.document import placed
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.reference import Reference


def _parse(source):
    rate = source.removeprefix("flat-")
    return Reference(source, "flat", rate) if rate != source else None


def _read(reference, overrides):
    optimizer = {"type": "SGD", "lr": float(reference.name)}
    train = {"steps": 9}
    tree = placed({"optimizer": optimizer, "train": train, "scheduler": "constant"})
    return [Origin("flat", reference.text, tree)]


FLAT = Kind("flat", _parse, _read, runs_code=False)
"""
FRAMEWORK = """\
from lrviz.sources.configs.draft import Draft, Keys
from lrviz.sources.configs.framework import Framework


def _convert(document, facts):
    keys = Keys(document.data, "Newest 1")
    draft = Draft(keys, facts, keys.defaults)
    draft.put("train.steps", keys.whole("newest_updates"))
    draft.optimizer(keys.number("newest_rate"))
    draft.put("scheduler.type", keys.text("newest_name", "constant"))
    return draft.done()


FRAMEWORK = Framework(
    "newest", "Newest", "YAML", "newest_rate", "1",
    lambda document: "newest_rate" in document.data, _convert,
)
"""
LOG_FORMAT = """\
from lrviz.sources.logs.format import Format
from lrviz.sources.logs.jsonl import read_objects

FORMAT = Format(
    "newest", "newest log", lambda path, head: path.name == "newest.log",
    lambda request: read_objects(request, "newest log"),
)
"""


@dataclass(frozen=True)
class Added:
    """What is added, and what comes of it.

    Attributes:
        files: Texts by their path in the package.
        lines: Lines by a path, each behind the line that it begins with.
        command: Of lrviz.
        shows: What stands in its output, or in the file `out` that it writes.
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
    "a format of pictures": Added(
        {"writing/pictures/pam.py": PICTURE_FORMAT},
        {
            "writing/provenance.py": (
                "FORMATS: Mapping[str, str] = {",
                '    "pam": "lrviz.writing.pictures.pam",',
            )
        },
        ("plot", "cosine", "--steps", "9", "--size", "4x3", "--dpi", "100", "-o", "out.pam"),
        "P7 400x300 lrviz cosine",
    ),
    "a kind of SOURCE": Added(
        {"sources/flat.py": SOURCE_KIND},
        {"sources/grammar.py": ("_KINDS = (", '    "lrviz.sources.flat.FLAT",')},
        ("table", "mine=flat-0.25", "--format", "csv"),
        "0,,0.25\n",
    ),
    "a framework's config": Added(
        {"sources/configs/newest.py": FRAMEWORK},
        {},
        ("table", "newest.yaml", "--format", "csv"),
        "6,,0.25\n",
    ),
    "a format of logs": Added(
        {"sources/logs/newest.py": LOG_FORMAT},
        {},
        ("table", "newest.log", "--format", "csv"),
        "7,,0.125\n",
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
    (tmp_path / "newest.yaml").write_text("newest_rate: 0.25\nnewest_updates: 7\n")
    (tmp_path / "newest.log").write_text('{"step": 3, "lr": 0.5}\n{"step": 7, "lr": 0.125}\n')
    done = subprocess.run(
        [sys.executable, "-m", "lrviz", *added.command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    written = "".join(path.read_text() for path in tmp_path.glob("out.*"))
    assert added.shows in done.stdout + written, done.stderr
