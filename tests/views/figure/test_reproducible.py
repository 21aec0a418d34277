"""The same spec, versions and options give the same bytes, whoever runs them, when and where."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SPEC = """\
title: Übung – μ
summary: Cosine and OneCycle, with momentum.
train: {epochs: 6, steps_per_epoch: 50}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
schedules:
  cosine — plain: cosine
  one-cycle: onecycle
  plateau:
    interval: epoch
    metric: {curve: "exp(-epoch)", noise: 0.1, seed: 1}
    scheduler: {type: ReduceLROnPlateau, patience: 1}
plot: {x: epoch}
"""
SCRIPT = """
from lrviz.cli.app import app
for line in (
    ["gallery", "specs", "onecycle", "-o", "gallery", "--png", "-q"],
    ["plot", "specs/one.yaml", "-o", "a.svg", "-o", "a.png", "-o", "a.pdf", "-o", "a.html", "-q"],
    ["plot", "cosine", "wsd", "--style", "paper", "-o", "b.svg", "-o", "b.pdf", "-q"],
):
    code = app(line, standalone_mode=False)
    assert not code, code
"""
HOSTILE = """\
backend: svg
font.size: 30
font.family: monospace
axes.grid: True
axes.prop_cycle: cycler('color', ['r'])
lines.linewidth: 9
savefig.dpi: 30
savefig.bbox: tight
savefig.transparent: True
svg.fonttype: path
svg.hashsalt: another
pdf.fonttype: 3
pdf.compression: 0
path.simplify: False
axes.formatter.use_locale: True
text.usetex: True
"""


def made(folder: Path, **environment: str) -> dict[str, bytes]:
    """Return what a process of its own writes in `folder`."""
    (folder / "specs").mkdir(parents=True)
    (folder / "specs/one.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "specs/gallery.md").write_text("# Größer\n", encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    paths = (path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: data for name, data in files.items() if name.startswith(("gallery/", "a.", "b."))}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("an other")
    hostile = other / "matplotlibrc"
    hostile.write_text(HOSTILE, encoding="utf-8")
    first = made(one, PYTHONHASHSEED="1", TZ="America/Caracas", LC_ALL="C.UTF-8")
    time.sleep(1.1)  # dates are written in seconds
    second = made(
        other,
        PYTHONHASHSEED="4711",
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
        LANGUAGE="de",
        MATPLOTLIBRC=str(hostile),
        MPLBACKEND="pdf",
        SOURCE_DATE_EPOCH="1",
        OMP_NUM_THREADS="1",
        COLUMNS="40",
    )
    return [first, second]


def test_two_processes_write_the_same_files(two: list[dict[str, bytes]]) -> None:
    first, second = two
    figures = [
        f"{name}-{style}.{file_format}"
        for name in ("one", "presets/onecycle")
        for style in ("light", "dark")
        for file_format in ("svg", "png")
    ]
    expected = ["a.svg", "a.png", "a.pdf", "a.html", "b.svg", "b.pdf", "gallery/README.md"]
    expected += [f"gallery/{name}" for name in figures]
    assert sorted(first) == sorted(second) == sorted(expected)


def test_and_each_has_the_same_bytes(two: list[dict[str, bytes]]) -> None:
    first, second = two
    assert [name for name in first if first[name] != second[name]] == []


def test_text_is_what_it_was_in_any_locale(two: list[dict[str, bytes]]) -> None:
    for files in two:
        assert "Übung – μ" in files["a.svg"].decode("utf-8")
        assert "\n## Größer\n" in files["gallery/README.md"].decode("utf-8")
        assert "### Übung – μ\n" in files["gallery/README.md"].decode("utf-8")


def test_no_date_and_no_place_is_in_them(two: list[dict[str, bytes]]) -> None:
    for name, data in two[0].items():
        assert b"CreationDate" not in data, name
        assert b"dc:date" not in data, name
        assert str(ROOT).encode() not in data, name
