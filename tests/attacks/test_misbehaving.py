"""What users' own schedulers do wrong is reported as their doing, with the curve until then."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import lrviz
from lrviz.curves.trace import RunError, Trace
from lrviz.errors import LrvizError
from tests.attacks import misbehaving
from tests.commands import lrviz as command

Way = Callable[[str, int], Trace]

ROOT = Path(__file__).parents[2]
FILE = "tests/attacks/misbehaving.py"
CUT_SHORT = {
    "Raises": "KeyError: 'no such thing'",
    "RaisesNothingToRead": "Unspeakable",
    "Stops": "StopIteration",
    "Recurses": "RecursionError: maximum recursion depth exceeded",
    "Exits": "SystemExit: 7",
    "ExitsInPeace": "SystemExit",
    "Cancels": "GeneratorExit",
    "GivesTwo": "it left no number as the lr of param group 0: "
    "ValueError: only one element tensors can be converted to Python scalars",
    "GivesNone": "it left no number as the lr of param group 0: "
    "TypeError: float() argument must be a string or a real number, not 'NoneType'",
    "GivesText": "it left no number as the lr of param group 0: TypeError: '0.1' is text",
    "GivesComplex": "it left no number as the lr of param group 0: "
    "TypeError: float() argument must be a string or a real number, not 'complex'",
    "GivesEndless": "it left no number as the lr of param group 0: "
    "OverflowError: int too large to convert to float",
    "GivesTooMany": "ValueError: zip() argument 2 is longer than argument 1",
    "GivesTooFew": "ValueError: zip() argument 2 is shorter than argument 1",
    "AddsGroup": "ValueError: zip() argument 2 is shorter than argument 1",
    "AddsGroupAfterwards": "it left 3 param groups where there were 2; "
    "a curve needs the same ones from the first update to the last",
    "DropsGroups": "it left 0 param groups where there were 2; "
    "a curve needs the same ones from the first update to the last",
    "DropsLr": "it left no number as the lr of param group 1: KeyError: 'lr'",
    "LosesMomentum": "it left no number as the momentum of param group 0: "
    "TypeError: float() argument must be a string or a real number, not 'NoneType'",
}
FULL = ("--at", "all", "--format", "csv")
GROUPS = {"type": "SGD", "lr": 0.1, "momentum": 0.9, "groups": {"a": {}, "b": {"lr": 0.2}}}


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def as_spec(name: str, steps: int) -> Trace:
    """Simulate a spec that names the scheduler by its dotted path."""
    spec = {"optimizer": GROUPS, "scheduler": {"type": f"tests.attacks.misbehaving.{name}"}}
    return lrviz.simulate(spec, steps=steps, trust=True)


def as_object(name: str, steps: int) -> Trace:
    """Record a scheduler that was built by hand, one step into its training."""
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.1, 0.2)]
    optimizer = torch.optim.SGD(groups, momentum=0.9)
    scheduler = getattr(misbehaving, name)(optimizer)
    trace = lrviz.record(optimizer, scheduler, steps=steps)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.2]
    assert scheduler.last_epoch == 0
    return trace


@pytest.mark.parametrize("way", [as_spec, as_object])
@pytest.mark.parametrize(("name", "message"), CUT_SHORT.items(), ids=CUT_SHORT)
def test_the_curve_ends_where_the_scheduler_failed(name: str, message: str, way: Way) -> None:
    trace = way(name, 8)
    assert trace.error == RunError(2, message)
    assert trace.lr.tolist() == [[0.1, 0.2]] * 3


@pytest.mark.parametrize("way", [as_spec, as_object])
def test_what_comes_after_is_nan_where_it_is_no_number(way: Way) -> None:
    lost = way("GivesTwo", 8)
    assert np.isnan(lost.after["lr"]).all()
    kept = way("Raises", 8)
    assert kept.after["lr"].tolist() == [0.1, 0.2]


@pytest.mark.parametrize("way", [as_spec, as_object])
def test_groups_that_are_replaced_are_followed(way: Way) -> None:
    trace = way("ReplacesGroups", 5)
    assert trace.error is None
    assert trace.lr.tolist() == [[0.1, 0.2]] * 3 + [[0.05, 0.1], [0.1, 0.2]]


@pytest.mark.parametrize("way", [as_spec, as_object])
def test_tensors_and_what_is_not_finite_are_numbers(way: Way) -> None:
    tensor = way("GivesTensor", 5)
    assert (tensor.error, tensor.lr.tolist()) == (None, [[0.1, 0.2]] * 3 + [[0.05, 0.1]] * 2)
    nan = way("GivesNaN", 4)
    assert nan.error is None
    assert nan.lr[:3].tolist() == [[0.1, 0.2]] * 3
    assert all(map(math.isnan, nan.lr[3]))


@pytest.mark.parametrize("way", [as_spec, as_object])
def test_warnings_are_kept_once_and_at_most_ten_of_them(way: Way) -> None:
    once = way("Warns", 100)
    assert once.warnings == ("something is odd",)
    flood = way("WarnsEachTime", 1000)
    texts = tuple(f"odd in step {step}" for step in range(3, 13))
    assert flood.warnings == (*texts, "and 1,976 more warnings")


def test_a_command_shows_the_curve_says_whose_doing_it_was_and_exits_with_1() -> None:
    ran = command("table", f"{FILE}:Exits", "--steps", "8", "-q")
    assert ran.code == 1
    assert ran.err == (
        "error: Exits: its scheduler failed after update 2 of 8, and the curve ends there: "
        "SystemExit: 7\n"
    )
    assert [line.split()[:2] for line in ran.out.splitlines()[2:5]] == [
        ["0", "first,"],
        ["2", "last"],
        ["after", "0.1"],
    ]


@pytest.mark.parametrize("name", ["Raises", "Exits", "Recurses"])
def test_the_traceback_is_shown_with_v_only(name: str) -> None:
    assert "Traceback" not in command("table", f"{FILE}:{name}", "--steps", "8").err
    shown = command("table", f"{FILE}:{name}", "--steps", "8", "-v").err
    assert shown.count("Traceback (most recent call last)") == 1
    assert "misbehaving.py" in shown
    assert "simulation.py" not in shown  # of the user's code, not of ours
    assert shown.splitlines()[-1].startswith(f"error: {name}: its scheduler failed")


def test_check_shows_the_traceback_with_v_only() -> None:
    assert "Traceback" not in command("check", f"{FILE}:Raises", "--steps", "8").err
    shown = command("check", f"{FILE}:Raises", "--steps", "8", "-v").err
    assert shown.count("Traceback (most recent call last)") == 1
    assert shown.splitlines()[-1] == "KeyError: 'no such thing'"
    assert "simulation.py" not in shown


@pytest.mark.parametrize("name", CUT_SHORT)
def test_check_finds_what_ends_a_run(name: str) -> None:
    ran = command("check", f"{FILE}:{name}", "--steps", "8", "--format", "json")
    assert ran.code == 1
    findings = json.loads(ran.out)["findings"]
    assert [(each["code"], each["severity"]) for each in findings] == [("LRV006", "error")]


BEFORE = {
    "exits": f"{FILE}:exits raised SystemExit: done",
    "raises": f"{FILE}:raises raised RuntimeError: no data\nhere",
    "gives_nothing": "a NoneType was returned; return a scheduler, (optimizer, scheduler), or what "
    'Lightning\'s configure_optimizers returns: {"optimizer": ..., "lr_scheduler": ...}, or '
    "[optimizer], [scheduler]",
    "has_no_lr": f"{FILE}:has_no_lr: param group 0 has no lr that is a number (it is null)",
    "has_no_groups": f"{FILE}:has_no_groups: the optimizer has no param groups",
    "no_optimizer": "the 'optimizer' that was returned is a str, not a torch optimizer",
    "odd_frequency": "frequency must be a whole number, at least 1, not 'x'",
    "no_frequency": "frequency must be a whole number, at least 1, not 0",
}


@pytest.mark.parametrize(("name", "message"), BEFORE.items(), ids=BEFORE)
def test_what_fails_before_the_run_is_an_error(name: str, message: str) -> None:
    for words in ("table", "plot", "check"):
        ran = command(words, f"{FILE}:{name}", "--steps", "8", "-q")
        assert (ran.code, ran.out, ran.err) == (2, "", f"error: {message}\n")
    with pytest.raises(LrvizError):
        lrviz.simulate(f"{FILE}:{name}", steps=8)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exits_later", "SystemExit: 3"),
        ("gives_two_later", CUT_SHORT["GivesTwo"]),
    ],
)
def test_functions_may_misbehave_too(name: str, message: str) -> None:
    trace = lrviz.simulate(f"{FILE}:{name}", steps=8)
    assert trace.error == RunError(2, message)
    assert trace.lr.tolist() == [[0.1]] * 3


def test_a_module_that_ends_the_program_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import sys\nsys.exit(2)\n")
    ran = command("table", f"{tmp_path}/train.py:make", "--steps", "8")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        f"error: {tmp_path}/train.py raised SystemExit: 2; what it does as a program should stand "
        "under `if __name__ == '__main__':`\n",
    )


def test_what_user_code_prints_does_not_mix_with_the_result(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "print('loading')\nfrom tests.attacks.misbehaving import Prints\n"
        "def make(optimizer):\n    print('making')\n    return Prints(optimizer)\n"
    )
    source = f"{tmp_path}/train.py:make"
    ran = command("table", source, "--steps", "5", "--at", "all", "--format", "csv")
    assert [row[0] for row in csv.reader(io.StringIO(ran.out))] == ["step", *"01234"]
    for said in ("loading", "making", "step 3", "step 4"):
        assert f"{said}\n" in ran.err
    ran = command("check", source, "--steps", "5", "--format", "json")
    assert json.loads(ran.out)["findings"] == []
    gallery = str(tmp_path / "gallery")
    for more, code in ((("--check",), 1), ((), 0), (("--check",), 0)):
        ran = command("gallery", source, "--steps", "5", "-o", gallery, *more)
        assert ran.code == code
        assert {line.partition(":")[0] for line in ran.out.splitlines()} <= {"missing"}


@pytest.mark.parametrize("name", ["ClosesStdout", "ReplacesStdout"])
def test_what_user_code_does_to_stdout_does_not_lose_the_result(name: str) -> None:
    arguments = ("table", f"{FILE}:{name}", "--steps", "5", *FULL)
    done = subprocess.run(
        [sys.executable, "-m", "lrviz", *arguments], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0
    assert [row[0] for row in csv.reader(io.StringIO(done.stdout))] == ["step", *"01234"]


def test_a_slow_scheduler_is_named_while_it_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SLOW, "table", f"{FILE}:Sleeps", "--steps", "30"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0
    assert re.sub(r"[\d.]+ s\b", "N s", done.stderr).splitlines()[1:] == [
        "Sleeps: its scheduler takes N s an update, and all 30 will take about N s; Ctrl-C ends it"
    ]


SLOW = """
import sys
import lrviz.cli.running
lrviz.cli.running.PATIENCE = 0.5
from lrviz.__main__ import main
sys.argv = ["lrviz", *sys.argv[1:]]
main()
"""
