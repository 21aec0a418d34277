"""A slice of the fuzzer, with the same inputs in every run; and what it would not miss."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.attacks import fuzz
from tests.attacks.fuzz_lines import Line, complaints, lay_out, listing, run_here
from tests.commands import Ran


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("text", 400),
        ("structured", 200),
        ("half-right", 400),
        ("source", 300),
        ("config", 400),
        ("log", 150),
        ("command line", 300),
    ],
)
def test_every_input_ends_in_a_result_or_a_message(kind: str, count: int) -> None:
    failures, counts = fuzz.attack(count, seed=0, kinds={kind: 1})
    assert failures == []
    assert counts.total() == count


def test_command_lines_run_as_processes_of_their_own() -> None:
    assert fuzz.attack_apart(2, seed=0)[0] == []


def forever() -> None:
    while True:
        pass


def test_what_hangs_is_stopped() -> None:
    begun = time.process_time()
    with pytest.raises(fuzz.TooLong), fuzz.limited(0.05):
        forever()
    with pytest.raises(fuzz.TooLong), fuzz.limited(0.05):
        time.sleep(60)  # ends by the clock, of which there is ten times as much
    assert time.process_time() - begun < 1


LINE = Line(("table", "cosine"))


@pytest.mark.parametrize(
    ("ran", "message"),
    [
        (Ran(1, "", "Traceback (most recent call last):\n"), "a traceback"),
        (Ran(3, "", ""), "exit code 3"),
        (Ran(-9, "", ""), "exit code -9"),
        (Ran(2, "", "no\n"), "exit code 2 without an error"),
        (Ran(0, "", "error: no\n"), "an error with exit code 0"),
        (Ran(0, "\x1b[31mred\x1b[0m", ""), "'\\x1b' is shown raw"),
        (Ran(0, "", "a\u202eb"), "'\\u202e' is shown raw"),
        (Ran(0, "x" * 2_000_001, ""), "2,000,001 characters of output"),
        (Ran(2, "", "error: " + "x" * 5000), "a message of many thousand characters"),
        (Ran(0, "fine\n", "warning: fine\n"), None),
    ],
)
def test_what_is_wrong_is_seen(ran: Ran, message: str | None) -> None:
    assert list(complaints(LINE, ran, {}, {})) == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("args", "code", "name", "fine"),
    [
        ("table cosine", 0, "cosine.csv", False),
        ("plot cosine", 0, "work/cosine.png", True),
        ("plot cosine", 2, "work/cosine.png", False),
        ("plot cosine -o a.svg", 0, "work/a.svg", True),
        ("plot cosine -o ../a.svg", 0, "a.svg", True),
        ("plot cosine -o a.svg", 0, "work/cosine.png", False),
        ("plot cosine -o a.svg", 0, "work/.lrviz-0123456789ab.tmp", False),
        ("gallery cosine -o g", 0, "work/g/README.md", True),
        ("gallery cosine -o g --check", 1, "work/g/README.md", False),
        ("gallery cosine", 0, "work/README.md", False),
        ("gallery cosine -o no/way", 0, "work/no", True),
        ("gallery cosine -o .", 0, "work/README.md", True),
        ("init plateau", 0, "work/lrviz.yaml", True),
        ("init plateau", 0, "work/data/plateau.csv", True),
        ("init plateau -o a.yaml", 0, "work/lrviz.yaml", False),
        ("check a.yaml --fix", 0, "work/a.yaml", True),
        ("check a.yaml", 0, "work/a.yaml", False),
    ],
)
def test_a_file_that_nobody_asked_for_is_seen(args: str, code: int, name: str, fine: bool) -> None:
    found = list(complaints(Line(tuple(args.split())), Ran(code, "", "error: "), {}, {name: b""}))
    assert (f"{name} was written, changed or removed" not in found) is fine


def test_a_line_runs_in_its_folder_with_its_input(tmp_path: Path) -> None:
    spec = "train: {steps: 3}\nscheduler: cosine\n"
    line = Line(("table", "-", "x.yaml", "-q", "--format", "csv"), {"x.yaml": spec}, spec)
    lay_out(tmp_path / "work", line.files)
    before, here = listing(tmp_path), Path.cwd()
    ran = run_here(line, tmp_path / "work")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("step,epoch,stdin,x\n0,,0.1,0.1\n")
    assert list(complaints(line, ran, before, listing(tmp_path))) == []
    assert Path.cwd() == here
    assert "COLUMNS" not in os.environ
