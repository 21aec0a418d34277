"""Planted faults: what a log says of a plan, with the right number; and no cause for none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lrviz
from lrviz.curves.diagnosis.diagnose import Planned, diagnose
from lrviz.curves.diagnosis.precision import Logged
from lrviz.curves.diagnosis.verdict import Verdict
from lrviz.curves.events import Array
from lrviz.simulation.logged import judge, trace_of
from lrviz.simulation.variants import Rerun
from lrviz.sources.logs.format import Request
from lrviz.sources.logs.reading import read_log
from lrviz.spec.schedule import Schedule
from tests.attacks.diagnoses import happened

DATA = Path(__file__).parents[1] / "data" / "logs"
PLANS = ("cosine", "warmup-linear", "exponential")
FAULTS = [
    ("early", 0, 0, "early", {"updates": 1}),
    ("late", 0, 0, "late", {"updates": -1}),
    ("fast", 4, 0, "fast", {"steps_per_update": 4}),
    ("batches", 3, 0, "fast", {"steps_per_update": 3}),
    ("slow", 5, 0, "slow", {"updates_per_step": 5}),
    ("length", 317, 0, "length", {"updates": 317}),
    ("peak", 2, 0, "peak", {"factor": 2.0}),
    ("behind", 3, 60, "behind", {"updates": 3}),
    ("anew", 0, 120, "anew", {"update": 120}),
    ("remapped", 400, 100, "remapped", {"updates": 400}),
]


def plan(name: str) -> Schedule:
    [schedule] = lrviz.load(name, steps=200, lr=3e-4)
    return schedule


def verdict(schedule: Schedule, values: Array, every: int = 1, first: int = 0) -> Verdict:
    updates = np.arange(first, len(values), every)
    planned = Planned(lrviz.simulate(schedule).values(), None, Rerun(schedule))
    return diagnose(planned, Logged(updates, values[updates]), ("plan", "log"))


@pytest.mark.parametrize("every", [1, 7])
@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize(("fault", "number", "at", "cause", "parameters"), FAULTS)
def test_a_planted_fault_is_named_with_its_number(
    name: str,
    every: int,
    fault: str,
    number: int,
    at: int,
    cause: str,
    parameters: dict[str, float],
) -> None:
    schedule = plan(name)
    values = happened(schedule, fault, number, at)
    assert values is not None
    found = verdict(schedule, values, every, first=every - 1)
    named = {each.name: each.parameters for each in found.causes}
    if not found.causes:  # the values cannot tell, and it says so
        assert every > 1
        assert "cannot tell a cause" in found.undecided or "no known cause" in found.undecided
        return
    assert cause in named
    assert {key: named[cause][key] for key in parameters} == parameters


@pytest.mark.parametrize("name", [*PLANS, "onecycle", "wsd", "multistep", "constant"])
def test_the_plan_itself_is_equal(name: str) -> None:
    schedule = plan(name)
    values = lrviz.simulate(schedule).values()
    for every in (1, 9):
        assert verdict(schedule, values, every).equal
    short = verdict(schedule, values[:50])
    assert short.sentence == "all 50 logged values are the plan's, to the bit"
    assert short.notes == (
        "the log ends at update 49, the plan at 199: it ended early, or is still running",
    )


def test_three_values_and_a_constant_cannot_tell() -> None:
    constant = verdict(plan("constant"), np.full(200, 1e-4))
    assert (constant.causes, constant.undecided) == (
        (),
        "one value off the plan cannot tell a cause",
    )
    values = lrviz.simulate(plan("cosine")).values().copy()
    values[[50, 51]] = 1e-5
    found = verdict(plan("cosine"), values)
    assert found.causes == ()
    assert found.differs is not None
    assert (found.differs.update, found.differs.logged) == (50, 1e-5)


def test_noise_has_no_cause() -> None:
    values = lrviz.simulate(plan("cosine")).values()
    noisy = values * np.random.default_rng(0).uniform(0.9, 1.1, len(values))
    found = verdict(plan("cosine"), noisy)
    assert (found.causes, found.undecided) == ((), "no known cause explains every logged value")


def test_the_real_trainers_log_is_its_plan_to_the_bit() -> None:
    [schedule] = lrviz.load("warmup-cosine:warmup=5", steps=40, lr=3e-4)
    path = DATA / "trainer_state.json"
    log = read_log(Request(path, str(path), "log"))
    found = judge(lrviz.simulate(schedule), trace_of(log, schedule), schedule, log.habit)
    assert (found.equal, found.values, found.rounding) == (True, 40, 0)


@pytest.mark.parametrize("file", ["tensorboard", "run.wandb", "mlflow"])
def test_real_logs_of_linear_are_named_by_their_offset_only(file: str) -> None:
    [schedule] = lrviz.load("warmup-linear:warmup=5", steps=40, lr=3e-4)
    log = read_log(Request(DATA / file, file, "log"))
    found = judge(lrviz.simulate(schedule), trace_of(log, schedule), schedule)
    # The steps of run.wandb count from 1, which no file says: every value is one row late.
    names = ["late"] if file == "run.wandb" else []
    assert [cause.name for cause in found.causes][:1] == names
    assert found.equal is not bool(names)


def test_two_groups_are_held_each_against_its_own() -> None:
    path = DATA / "lightning" / "metrics.csv"
    log = read_log(Request(path, str(path), "log"))
    spec = {
        "train": {"epochs": 2, "steps_per_epoch": 20},
        "optimizer": {
            "type": "SGD",
            "lr": 0.1,
            "momentum": 0.9,
            "groups": {"a": {}, "b": {"lr": 0.05}},
        },
        "scheduler": {"type": "OneCycleLR", "max_lr": "1lr", "total_steps": "100%"},
    }
    [schedule] = lrviz.load(spec)
    found = judge(lrviz.simulate(schedule), trace_of(log, schedule), schedule)
    assert (found.equal, found.values, found.rounding) == (True, 8, 0)
