"""A training that is resumed, against the loops that people write around a checkpoint."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)

import lrviz
from lrviz.errors import SpecError, UsageError
from tests.commands import lrviz as command

START, TOTAL, PER_EPOCH = 40, 100, 10
GROUPS = {"body": {}, "head": {"lr": 0.3}}
METRIC = [1.0, 0.9, 0.95, 0.97, 0.98, 0.99, 0.99, 0.99, 0.99, 0.99]

MAKES: dict[str, tuple[Callable[[Optimizer], Any], dict[str, Any], str]] = {
    "cosine": (
        lambda o: CosineAnnealingLR(o, 100),
        {"type": "CosineAnnealingLR", "T_max": 100},
        "step",
    ),
    "onecycle": (
        lambda o: OneCycleLR(o, [0.1, 0.3], 100),
        {"type": "OneCycleLR", "max_lr": [0.1, 0.3], "total_steps": 100},
        "step",
    ),
    "lambda": (
        lambda o: LambdaLR(o, lambda step: 1 / (1 + step)),
        {"type": "LambdaLR", "lr_lambda": "1 / (1 + step)"},
        "step",
    ),
    "milestones": (
        lambda o: MultiStepLR(o, [2, 6]),
        {"type": "MultiStepLR", "milestones": [2, 6]},
        "epoch",
    ),
    "phases": (
        lambda o: SequentialLR(
            o, [LinearLR(o, 0.1, total_iters=20), CosineAnnealingLR(o, 80)], [20]
        ),
        {
            "type": "SequentialLR",
            "milestones": [20],
            "schedulers": [
                {"type": "LinearLR", "start_factor": 0.1, "total_iters": 20},
                {"type": "CosineAnnealingLR", "T_max": 80},
            ],
        },
        "step",
    ),
    "plateau": (
        lambda o: ReduceLROnPlateau(o, patience=1),
        {"type": "ReduceLROnPlateau", "patience": 1},
        "epoch",
    ),
}


def optimizer() -> SGD:
    first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
    groups: list[dict[str, Any]] = [{"params": [first]}, {"params": [second], "lr": 0.3}]
    return SGD(groups, lr=0.1, momentum=0.9)


def spec(name: str, **train: Any) -> dict[str, Any]:
    _, scheduler, interval = MAKES[name]
    made: dict[str, Any] = {
        "train": {"steps": TOTAL, "steps_per_epoch": PER_EPOCH, **train},
        "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9, "groups": GROUPS},
        "scheduler": scheduler,
        "interval": interval,
    }
    if name == "plateau":
        made["metric"] = {"values": METRIC}
    return made


def gone_on(name: str, used: Optimizer, scheduler: Any, start: int, stop: int) -> list[list[float]]:
    """The loop of a training, from one update to another."""
    rows = []
    for t in range(start, stop):
        rows.append([float(group["lr"]) for group in used.param_groups])
        used.step()
        ends = (t + 1) % PER_EPOCH == 0
        if MAKES[name][2] == "step" or ends:
            scheduler.step(*([METRIC[t // PER_EPOCH]] if name == "plateau" else []))
    return rows


def restored(name: str, way: str) -> list[list[float]]:
    make = MAKES[name][0]
    used = optimizer()
    scheduler = make(used)
    gone_on(name, used, scheduler, 0, START)
    saved, of_scheduler = copy.deepcopy((used.state_dict(), scheduler.state_dict()))
    again = optimizer()
    if way == "optimizer-first":
        again.load_state_dict(saved)
    new = make(again)
    if way in ("all", "no-optimizer", "optimizer-first"):
        new.load_state_dict(of_scheduler)
    if way in ("all", "no-scheduler"):
        again.load_state_dict(saved)
    return gone_on(name, again, new, START, TOTAL)


@pytest.mark.filterwarnings("ignore:Please also save or load the state of the optimizer")
@pytest.mark.parametrize(
    "way", ["all", "no-scheduler", "no-optimizer", "nothing", "optimizer-first"]
)
@pytest.mark.parametrize("name", MAKES)
def test_it_goes_on_as_the_objects_do(name: str, way: str) -> None:
    trace = lrviz.simulate(spec(name, start=START, resume=way))
    assert trace.lr.tolist() == restored(name, way)
    assert trace.steps is not None
    assert trace.steps.tolist() == list(range(START, TOTAL))
    plan = lrviz.simulate(spec(name))
    if way == "all":
        assert trace.lr.tolist() == plan.lr[START:].tolist()
        for quantity, values in trace.after.items():
            assert values.tolist() == plan.after[quantity].tolist()


@pytest.mark.parametrize("start", [1, 19, 20, 21, 99])
def test_all_restored_is_the_plan_at_any_update(start: int) -> None:
    for name in MAKES:
        trace, plan = lrviz.simulate(spec(name, start=start)), lrviz.simulate(spec(name))
        for quantity, curve in plan.curves.items():
            assert np.array_equal(trace.curves[quantity], curve[start:])


def half_way(planned: int, kind: str) -> list[list[float]]:
    """The loop from update 80 of 150 on, around a checkpoint of a run of another length."""
    rows: list[list[float]] = []
    saved: tuple[Any, Any] | None = None
    for total, begin, end in ((planned, 0, 80), (150, 80, 150)):
        used = SGD([{"params": [torch.zeros(1)], "lr": lr} for lr in (0.1, 0.3)])
        scheduler: Any = CosineAnnealingLR(used, total)
        if kind == "function":
            scheduler = LambdaLR(used, partial(falling, total))
        if saved:
            scheduler.load_state_dict(saved[1])
            used.load_state_dict(saved[0])
        rows.clear()
        for _ in range(begin, end):
            rows.append([float(group["lr"]) for group in used.param_groups])
            used.step()
            scheduler.step()
        saved = copy.deepcopy((used.state_dict(), scheduler.state_dict()))
    return rows


def falling(total: int, step: int) -> float:
    return 1 - step / total


@pytest.mark.filterwarnings("ignore:Please also save or load the state of the optimizer")
@pytest.mark.parametrize("planned", [80, 81, 100, 149, 150, 151, 400])
@pytest.mark.parametrize(
    ("kind", "scheduler"),
    [
        ("class", {"type": "CosineAnnealingLR", "T_max": "100%"}),
        ("function", {"type": "LambdaLR", "lr_lambda": "1 - step / total"}),
    ],
)
def test_a_run_of_another_length_goes_on_as_the_objects_do(
    kind: str, scheduler: dict[str, Any], planned: int
) -> None:
    made = {
        "train": {"steps": 150, "start": 80, "resume": f"planned:{planned}"},
        "optimizer": {"type": "SGD", "groups": {"a": {"lr": 0.1}, "b": {"lr": 0.3}}},
        "scheduler": scheduler,
    }
    rows = half_way(planned, kind)
    trace = lrviz.simulate(made)
    assert trace.lr.tolist() == rows
    plan = lrviz.simulate({**made, "train": {"steps": 150, "start": 80}})
    assert (trace.lr.tolist() == plan.lr.tolist()) == (planned == 150)
    # The optimizer's state holds the old plan's rate; a function has the new length one later.
    same = np.flatnonzero((trace.lr == plan.lr).all(axis=1))
    if kind == "function" and planned != 150:
        assert same.tolist() == list(range(1, 70))


def test_what_ended_before_stays_as_it_is_whatever_is_restored() -> None:
    for way in ("nothing", "no-optimizer", "optimizer-first", "planned:90"):
        trace = lrviz.simulate(
            {
                "train": {"steps": 100, "start": 50, "resume": way},
                "scheduler": {"type": "OneCycleLR", "max_lr": 0.1, "total_steps": 10},
                "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
            }
        )
        assert trace.error is not None
        assert (trace.error.update, len(trace.lr), trace.steps) == (10, 11, None)


def test_what_ended_before_stays_as_it_is() -> None:
    trace = lrviz.simulate(
        {
            "train": {"steps": 100, "start": 50},
            "scheduler": {"type": "OneCycleLR", "max_lr": 0.1, "total_steps": 10},
            "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
        }
    )
    assert trace.error is not None
    assert (trace.error.update, len(trace.lr), trace.steps) == (10, 11, None)


def test_a_failure_behind_it_has_its_own_update() -> None:
    trace = lrviz.simulate(
        {
            "train": {"steps": 100, "start": 50, "resume": "no-optimizer"},
            "scheduler": {"type": "OneCycleLR", "max_lr": 0.1, "total_steps": 60},
            "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
        }
    )
    assert trace.error is not None
    assert (trace.error.update, len(trace.lr)) == (60, 11)


def test_it_must_be_within_the_training_and_be_said() -> None:
    for train, message in (
        ({"steps": 10, "start": 10}, "train.start: 10 is not before the end of 10 updates"),
        ({"steps": 10, "start": -1}, "train.start: must be at least 0, not -1"),
        (
            {"steps": 10, "resume": "nothing"},
            "train.resume: nothing, and nothing says where training is resumed; add `start:` to "
            "train, or give --start",
        ),
        (
            {"steps": 10, "start": 5, "resume": "half"},
            "train.resume: must be all, no-scheduler, no-optimizer, nothing, optimizer-first or "
            "planned:N (updates), not 'half'",
        ),
        *(
            (
                {"steps": 10, "start": 5, "resume": way},
                "train.resume: must be all, no-scheduler, no-optimizer, nothing, "
                f"optimizer-first or planned:N (updates), not {way!r}",
            )
            for way in ("planned:", "planned:0", "planned:x", "planned:5 ", "planned:1e3")
        ),
        (
            {"steps": 10, "start": 5, "resume": "planned:4"},
            "train.resume: planned:4, a run that ended before update 5, at which it is resumed",
        ),
    ):
        with pytest.raises(SpecError) as caught:
            lrviz.load({"train": train, "scheduler": "cosine"})
        assert caught.value.message == message
    with pytest.raises(UsageError, match="is for specs and names; a function restores"):
        lrviz.simulate(
            lambda optimizer: CosineAnnealingLR(optimizer, 9),
            steps=9,
            start=3,
            sets=("train.resume=nothing",),
        )


def test_a_function_goes_on_from_there_too() -> None:
    trace = lrviz.simulate(lambda step: 1 / (1 + step), steps=6, start=4)
    assert trace.lr[:, 0].tolist() == [1 / 5, 1 / 6]


# Views


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(
        "train: {steps: 10}\noptimizer: {type: SGD, lr: 1.0}\n"
        'scheduler: {type: LambdaLR, lr_lambda: "1 / (1 + step)"}\n'
    )
    return tmp_path


def test_the_mistakes_stand_beside_it(here: Path) -> None:
    del here
    ran = command(
        *("compare", "a.yaml", "a.yaml@resume=nothing", "late=a.yaml@resume=optimizer-first"),
        *("--start", "7", "-o", "a.svg"),
    )
    assert (ran.code, ran.err) == (0, "wrote a.svg\n")
    rows = [line.split() for line in ran.out.splitlines()[:12]]
    assert ["7", "first,", "peak", "0.125", "1", "1"] in rows
    assert "differ, first at update 7: a 0.125, a (nothing) 1." in " ".join(ran.out.split())


def test_a_table_has_the_updates_that_there_are(here: Path) -> None:
    del here
    ran = command("table", "a.yaml", "--start", "7", "--format", "csv", "--at", "all")
    assert ran.out.splitlines()[1:] == [
        "7,,0.125",
        "8,,0.1111111111111111",
        "9,,0.1",
    ]
    beyond = command("table", "a.yaml", "--start", "7", "--at", "6")
    assert beyond.err == "error: --at: 6 is before update 7, at which training is resumed\n"
    both = command("table", "a.yaml", "a.yaml@resume=all", "--start", "7")
    assert both.code == 0


def test_a_resume_without_a_start_says_what_is_missing(here: Path) -> None:
    del here
    ran = command("table", "a.yaml@resume=nothing")
    assert ran.code == 2
    assert "give --start" in ran.err
