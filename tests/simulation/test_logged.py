"""Planted faults: what a log says of a plan, with the right number; and no cause for none."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import lrviz
from lrviz.curves.diagnosis.diagnose import Planned, diagnose
from lrviz.curves.diagnosis.precision import Precision
from lrviz.curves.diagnosis.verdict import Verdict
from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.simulation.logged import judge, trace_of
from lrviz.simulation.variants import Rerun
from lrviz.sources.logs.format import Request
from lrviz.sources.logs.reading import read_log
from lrviz.spec.schedule import Schedule
from tests.attacks.diagnoses import happened, logged

PRECISIONS: tuple[Precision, ...] = ("float64", "float32")
DATA = Path(__file__).parents[1] / "data" / "logs"
PLANS = ("cosine", "warmup-linear", "exponential")
WARM = ("warmup-cosine", "warmup-linear", "inverse-sqrt")
# What happened, with its number, the update that it happened at, and the plans; the cause, and the
# numbers that it must tell.
FAULTS: list[tuple[str, int, int, tuple[str, ...], str, dict[str, float]]] = [
    ("early", 0, 0, PLANS, "early", {"updates": 1}),
    ("late", 0, 0, PLANS, "late", {"updates": -1}),
    ("fast", 4, 0, PLANS, "fast", {"steps_per_update": 4}),
    ("batches", 3, 0, PLANS, "fast", {"steps_per_update": 3}),
    ("slow", 5, 0, PLANS, "slow", {"updates_per_step": 5}),
    ("first", 5, 0, PLANS, "slow", {"updates_per_step": 5}),
    ("length", 317, 0, PLANS, "length", {"updates": 317}),
    ("peak", 2, 0, PLANS, "peak", {"factor": 2.0}),
    ("warmup", 31, 0, WARM, "warmup", {"updates": 31}),
    ("behind", 3, 60, PLANS, "behind", {"updates": 3}),
    ("anew", 0, 120, PLANS, "anew", {"update": 120}),
    ("remapped", 400, 100, PLANS, "remapped", {"updates": 400}),
]


class Remembered(Rerun):
    """The variants of a plan; each is run once for all the tests."""

    longer = functools.cache(Rerun.longer)
    of_length = functools.cache(Rerun.of_length)
    of_warmup = functools.cache(Rerun.of_warmup)
    of_rate = functools.cache(Rerun.of_rate)

    @functools.cached_property
    def _others(self) -> list[tuple[str, Array]]:
        return list(super().others())

    def others(self) -> Iterator[tuple[str, Array]]:
        yield from self._others


@functools.cache
def variants(name: str) -> Remembered:
    [schedule] = lrviz.load(name, steps=200, lr=3e-4)
    return Remembered(schedule)


def plan(name: str) -> Schedule:
    return variants(name).schedule


def verdict(
    name: str,
    values: Array,
    every: int = 1,
    first: int = 0,
    precision: Precision = "float64",
    updates_per_epoch: int | None = None,
) -> Verdict:
    planned = Planned(lrviz.simulate(plan(name)).values(), updates_per_epoch, variants(name))
    updates = np.arange(first, len(values), every)
    return diagnose(planned, logged(values, updates, precision), ("plan", "log"))


@pytest.mark.parametrize(("fault", "number", "at", "plans", "cause", "parameters"), FAULTS)
def test_a_planted_fault_is_named_with_its_number(
    fault: str,
    number: int,
    at: int,
    plans: tuple[str, ...],
    cause: str,
    parameters: dict[str, float],
) -> None:
    for name, every, precision, gap in product(plans, (1, 3, 10), PRECISIONS, (0, 17)):
        values = happened(plan(name), fault, number, at)
        assert values is not None
        found = verdict(name, values, every, every - 1 + gap, precision)
        named = [each.parameters for each in found.causes if each.name == cause]
        where = (name, every, precision, gap)
        assert named, where
        assert {key: named[0][key] for key in parameters} == parameters, where


@pytest.mark.parametrize("pace", ["fast", "slow"])
@pytest.mark.parametrize("name", PLANS)
def test_a_pace_of_an_epochs_updates_is_told_as_such(pace: str, name: str) -> None:
    values = happened(plan(name), pace, 3, 0)
    assert values is not None
    sentence = {
        "fast": "it was stepped after every update where the plan steps after every epoch",
        "slow": "it was stepped per epoch where the plan steps per update",
    }[pace]
    for every, precision, gap in product((1, 3, 10), PRECISIONS, (0, 17)):
        found = verdict(name, values, every, every - 1 + gap, precision, updates_per_epoch=3)
        assert sentence in found.causes[0].sentence
        other = verdict(name, values, every, every - 1 + gap, precision, updates_per_epoch=4)
        assert sentence not in other.sentence


@pytest.mark.parametrize("name", PLANS)
def test_several_skips_are_told_one_by_one(name: str) -> None:
    long = variants(name).longer(200)
    assert long is not None
    updates = np.arange(200)
    values = long[updates - (updates >= 60) - 2 * (updates >= 130)]
    places = {1: ("at update 60", "at update 130")}
    places[3] = ("between updates 58 and 60", "between updates 130 and 132")
    places[10] = ("between updates 51 and 60", "between updates 121 and 130")
    for every, precision, gap in product(places, PRECISIONS, (0, 30)):
        [cause] = verdict(name, values, every, gap, precision).causes
        first, second = places[every]
        assert cause.sentence.startswith(
            f"the schedule fell behind by 1 update {first}, by 2 updates {second}: "
        )


def test_a_staircase_tells_no_update_that_another_would_explain_too() -> None:
    [schedule] = lrviz.load("step", steps=100)
    values = happened(schedule, "anew", 0, 25)
    assert values is not None
    updates = np.arange(9, 100, 10)
    planned = Planned(lrviz.simulate(schedule).values(), None, Rerun(schedule))
    found = diagnose(planned, logged(values, updates, "float32"), ("plan", "log"))
    assert [each.sentence.partition(": ")[0] for each in found.causes] == [
        "the schedule was begun anew at update 20 to 29",
        "the schedule fell behind by 20 to 29 updates between updates 30 and 39",
    ]


@pytest.mark.parametrize(
    ("name", "causes"), [("cosine", ["anew"]), ("exponential", ["peak", "anew"])]
)
def test_a_restart_before_the_first_row_is_told(name: str, causes: list[str]) -> None:
    values = happened(plan(name), "anew", 0, 66)
    assert values is not None
    found = verdict(name, values, every=7, first=70)
    assert {each.name: dict(each.parameters) for each in found.causes}["anew"] == {"update": 66}
    assert sorted(each.name for each in found.causes) == sorted(causes)


def test_a_length_that_shows_late_is_told_beside_a_resume() -> None:
    [schedule] = lrviz.load("wsd", steps=1000)
    values = happened(schedule, "length", 1007, 0)
    assert values is not None
    planned = Planned(lrviz.simulate(schedule).values(), None, Rerun(schedule))
    found = diagnose(planned, logged(values, np.arange(1000), 6), ("plan", "log"))
    assert [(each.name, each.parameters["updates"]) for each in found.causes] == [
        ("length", 1007),
        ("remapped", 1007),
    ]


@pytest.mark.parametrize(
    ("name", "other"), [("cosine", "linear"), ("wsd", "warmup-cosine"), ("linear", "exponential")]
)
def test_another_family_is_named(name: str, other: str) -> None:
    values = lrviz.simulate(plan(other)).values()
    for every, precision, gap in product((1, 3, 10), PRECISIONS, (0, 17)):
        found = verdict(name, values, every, gap, precision)
        told = f"it was another schedule: {other}, of the same length and lr"
        assert told in [each.sentence for each in found.causes]


def test_the_momentum_is_held_against_the_plans_too() -> None:
    schedule = plan("onecycle")
    planned = lrviz.simulate(schedule)
    rates, momenta = planned.lr, planned.curves["momentum"]

    def told(rates: Array, momenta: Array) -> Verdict:
        curves = {"lr": rates, "momentum": momenta}
        return judge(planned, Trace("run", "run", ("0",), curves, {}, planned.length), schedule)

    assert told(rates, momenta).equal
    alone = told(rates, np.full_like(momenta, 0.9))
    assert (alone.param, alone.sentence) == (
        "momentum",
        "the learning rate is the plan's, and the momentum is not: update 0 is the first that "
        "differs: the plan says 0.95, the log 0.9; one value off the plan cannot tell a cause",
    )
    moved = told(rates[::2], momenta[::2])
    assert [(each.name, each.parameters) for each in moved.causes] == [
        ("fast", {"steps_per_update": 2})
    ]
    apart = told(rates[::2], momenta[::4])
    assert (apart.param, apart.causes, apart.undecided) == (
        "lr",
        (),
        "the learning rate and the momentum differ from the plan in different ways",
    )


@pytest.mark.parametrize("name", [*PLANS, "onecycle", "wsd", "multistep", "constant"])
def test_the_plan_itself_is_equal(name: str) -> None:
    values = lrviz.simulate(plan(name)).values()
    for every in (1, 9):
        assert verdict(name, values, every).equal
    short = verdict(name, values[:50])
    assert short.sentence == "all 50 logged values are the plan's, to the bit"
    assert short.notes == (
        "the log ends at update 49, the plan at 199: it ended early, or is still running",
    )


def test_three_values_and_a_constant_cannot_tell() -> None:
    constant = verdict("constant", np.full(200, 1e-4))
    assert (constant.causes, constant.undecided) == (
        (),
        "one value off the plan cannot tell a cause",
    )
    values = lrviz.simulate(plan("cosine")).values().copy()
    values[[50, 51]] = 1e-5
    found = verdict("cosine", values)
    assert found.causes == ()
    assert found.differs is not None
    assert (found.differs.update, found.differs.logged) == (50, 1e-5)


def test_noise_has_no_cause() -> None:
    values = lrviz.simulate(plan("cosine")).values()
    noisy = values * np.random.default_rng(0).uniform(0.9, 1.1, len(values))
    found = verdict("cosine", noisy)
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
