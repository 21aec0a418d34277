"""The simulation's numbers are those of the loop that people write, whichever way they come."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR, OneCycleLR, StepLR

from lrviz.building.dummy import dummy_optimizer
from lrviz.curves.trace import RunError, Trace
from lrviz.errors import ScheduleError, UsageError
from lrviz.simulation import loop as simulation
from lrviz.simulation import stepping
from lrviz.simulation.loop import run
from lrviz.spec.models import Interval
from tests.cases import GROUPS, SCHEDULERS, SGD, build, metric_of, sgd
from tests.reference import Reference, Slot, real_optimizer, train

PATHS = pytest.mark.parametrize("own", [True, False], ids=["fast", "plain"])


class Recorder:
    """A scheduler that writes down what it is called with, and moves nothing."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.seen: list[Any] = []

    def step(self, *metrics: float) -> None:
        self.seen.append(*metrics or ("called",))


def assert_equal(trace: Trace, reference: Reference) -> None:
    expected = {"lr": (reference.lr, reference.after_lr)}
    if any(row != reference.momentum[0] for row in [*reference.momentum, reference.after_momentum]):
        expected["momentum"] = (reference.momentum, reference.after_momentum)
    assert {
        name: (curve.tolist(), trace.after[name].tolist()) for name, curve in trace.curves.items()
    } == expected
    failed = None if trace.error is None else (trace.error.update, trace.error.message)
    assert failed == (None if reference.failed is None else (reference.failed, reference.words))


@PATHS
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_both_paths_equal_the_reference(name: str, groups: int, own: bool) -> None:
    metric = metric_of(name, 40)
    real = real_optimizer(torch.optim.NAdam, GROUPS[:groups], {"lr": 0.1})
    reference = train(real, [Slot(SCHEDULERS[name](real, 40), metric=metric)], 40)
    dummy = dummy_optimizer(torch.optim.NAdam, GROUPS[:groups], {"lr": 0.1})
    slots = [Slot(SCHEDULERS[name](dummy, 40), metric=metric)]
    assert_equal(run(build(dummy, slots, 40, own=own)), reference)


@st.composite
def plans(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Draw up to three schedulers, with when they are called."""
    return [
        (
            draw(st.sampled_from(sorted(SCHEDULERS))),
            {
                "interval": draw(st.sampled_from(["step", "epoch"])),
                "frequency": draw(st.integers(1, 4)),
                "begin": draw(st.integers(0, 20)),
                "end": draw(st.none() | st.integers(0, 30)),
            },
        )
        for _ in range(draw(st.integers(1, 3)))
    ]


def slots_of(plan: list[tuple[str, dict[str, Any]]], optimizer: Optimizer, n: int) -> list[Slot]:
    return [
        Slot(SCHEDULERS[name](optimizer, n), **when, metric=metric_of(name, 60))
        for name, when in plan
    ]


@settings(deadline=None, max_examples=300)  # the first real optimizer takes a second
@given(
    plan=plans(),
    groups=st.integers(1, 2),
    updates=st.integers(1, 60),
    updates_per_epoch=st.integers(1, 9),
    n=st.integers(8, 60),
    chunk=st.sampled_from([1, 5, 8192]),
    own=st.booleans(),
)
def test_any_schedulers_together_equal_the_reference(
    plan: list[tuple[str, dict[str, Any]]],
    groups: int,
    updates: int,
    updates_per_epoch: int,
    n: int,
    chunk: int,
    own: bool,
) -> None:
    real = real_optimizer(torch.optim.SGD, GROUPS[:groups], SGD)
    reference = train(real, slots_of(plan, real, n), updates, updates_per_epoch)
    dummy = sgd(groups)
    built = build(dummy, slots_of(plan, dummy, n), updates, updates_per_epoch, own=own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stepping, "CHUNK", chunk)
        assert_equal(run(built), reference)


@PATHS
def test_steps_are_called_after_their_update_and_a_partial_epoch_ends_without(own: bool) -> None:
    dummy = sgd(1)
    halving = ExponentialLR(dummy, 0.5)
    trace = run(build(dummy, [Slot(halving, "epoch")], 8, 3, own=own))
    assert trace.lr[:, 0].tolist() == [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025]
    assert trace.after["lr"].tolist() == [0.025]
    assert trace.interval == "epoch"


@PATHS
@pytest.mark.parametrize(
    ("interval", "frequency", "begin", "end", "numbers"),
    [
        ("step", 1, 0, None, list(range(12))),
        ("step", 5, 0, None, [4, 9]),
        ("step", 5, 4, 9, [4]),
        ("step", 5, 5, 10, [9]),
        ("step", 1, 11, None, [11]),
        ("step", 1, 12, None, []),
        ("epoch", 1, 0, None, [0, 1, 2, 3]),
        ("epoch", 2, 0, None, [1, 3]),
        ("epoch", 2, 2, 3, []),
        ("epoch", 1, 1, 3, [1, 2]),
        ("epoch", 1, 3, 99, [3]),
    ],
)
def test_when_a_scheduler_is_called_and_with_which_value(
    interval: Interval, frequency: int, begin: int, end: int | None, numbers: list[int], own: bool
) -> None:
    dummy = sgd(1)
    listener = Recorder(dummy)
    metric = [float(i) for i in range(12)]
    run(build(dummy, [Slot(listener, interval, frequency, begin, end, metric)], 12, 3, own=own))
    assert listener.seen == [float(number) for number in numbers]
    assert all(type(value) is float for value in listener.seen)


@PATHS
def test_after_an_update_those_per_epoch_come_last(own: bool) -> None:
    dummy = sgd(1)
    log: list[str] = []

    class Named(Recorder):
        def step(self, *metrics: float) -> None:
            log.append(f"{metrics}")

    first, second = [10.0, 11.0], [0.0, 1.0, 2.0, 3.0]
    slots = [Slot(Named(dummy), "epoch", metric=first), Slot(Named(dummy), metric=second)]
    trace = run(build(dummy, slots, 4, 2, own=own))
    assert log == ["(0.0,)", "(1.0,)", "(10.0,)", "(2.0,)", "(3.0,)", "(11.0,)"]
    assert trace.interval == "step"


@PATHS
def test_an_error_ends_the_run_and_keeps_what_came_before(own: bool) -> None:
    dummy = sgd(2)
    trace = run(build(dummy, [Slot(OneCycleLR(dummy, 0.1, 5))], 100, own=own))
    words = "ValueError: Tried to step 6 times. The specified number of total steps is 5"
    assert trace.error == RunError(5, words)
    assert trace.updates == 6
    assert trace.length.updates == 100
    assert {name: curve.shape for name, curve in trace.curves.items()} == {
        "lr": (6, 2),
        "momentum": (6, 2),
    }


@PATHS
def test_an_error_of_our_own_shows_its_message_alone(own: bool) -> None:
    class Refusing(Recorder):
        def step(self, *metrics: float) -> None:
            raise ScheduleError("lr_lambda gives nan at step 1")

    dummy = sgd(1)
    trace = run(build(dummy, [Slot(Refusing(dummy))], 3, own=own))
    assert trace.error == RunError(0, "lr_lambda gives nan at step 1")


@PATHS
def test_warnings_are_kept_once_and_not_shown(own: bool) -> None:
    class Warning_(Recorder):
        def step(self, *metrics: float) -> None:
            warnings.warn("odd", UserWarning, stacklevel=1)
            warnings.warn("built", UserWarning, stacklevel=1)

    dummy = sgd(1)
    built = replace(build(dummy, [Slot(Warning_(dummy))], 5, own=own), warnings=("built", "was"))
    assert run(built).warnings == ("built", "was", "odd")


@PATHS
def test_what_is_not_a_number_is_recorded(own: bool) -> None:
    class Diverging(Recorder):
        def step(self, *metrics: float) -> None:
            self.optimizer.param_groups[0]["lr"] *= 1e200
            self.optimizer.param_groups[1]["lr"] -= float("inf")

    dummy = sgd(2)
    trace = run(build(dummy, [Slot(Diverging(dummy))], 3, own=own))
    assert trace.lr[:, 0].tolist() == [0.1, 0.1 * 1e200, float("inf")]
    assert np.isneginf(trace.lr[1:, 1]).all()


def test_every_numeric_value_that_moves_is_a_curve_from_the_start() -> None:
    class Everything(Recorder):
        def step(self, *metrics: float) -> None:
            self.seen.append(None)
            group = self.optimizer.param_groups[1]
            if len(self.seen) == 2:
                group["weight_decay"] = 0.5
            if len(self.seen) == 3:
                group["betas"] = (0.9, 0.5)
            if len(self.seen) == 4:
                group["eps"] = 1.0

    dummy = dummy_optimizer(torch.optim.AdamW, GROUPS, {"lr": 0.1, "weight_decay": 0.01})
    trace = run(build(dummy, [Slot(Everything(dummy))], 4, own=False))
    assert {name: curve.tolist() for name, curve in trace.curves.items()} == {
        "lr": [[0.1, 0.03]] * 4,
        "weight_decay": [[0.01, 0.01], [0.01, 0.01], [0.01, 0.5], [0.01, 0.5]],
        "betas[1]": [[0.999, 0.999], [0.999, 0.999], [0.999, 0.999], [0.999, 0.5]],
        "eps": [[1e-8, 1e-8]] * 4,
    }
    assert {name: row.tolist() for name, row in trace.after.items()} == {
        "lr": [0.1, 0.03],
        "weight_decay": [0.01, 0.5],
        "betas[1]": [0.999, 0.5],
        "eps": [1e-8, 1.0],
    }


def test_a_tensor_lr_is_read_as_it_is_at_each_update() -> None:
    def optimizer() -> Optimizer:
        groups = [{"lr": torch.tensor(0.1)}, {"lr": torch.tensor(0.3)}]
        return dummy_optimizer(torch.optim.SGD, groups, {})

    dummy = optimizer()
    built = build(dummy, [Slot(ExponentialLR(dummy, 0.5))], 3)
    first, second = (float(torch.tensor(lr)) for lr in (0.1, 0.3))
    trace = run(built)
    assert trace.lr.tolist() == [
        [first, second],
        [first / 2, second / 2],
        [first / 4, second / 4],
    ]
    assert trace.after["lr"].tolist() == [first / 8, second / 8]


def test_the_plain_loop_steps_the_optimizer_at_every_update() -> None:
    dummy = sgd(1)
    steps: list[float] = []
    scheduler = StepLR(dummy, 1, 0.5)
    original = dummy.step

    def counted(closure: object = None) -> None:
        steps.append(dummy.param_groups[0]["lr"])
        original()

    counted._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    dummy.step = counted  # type: ignore[method-assign, assignment]
    run(build(dummy, [Slot(scheduler)], 4, own=False))
    assert steps == [0.1, 0.05, 0.025, 0.0125]


def test_progress_in_the_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "CHUNK", 7)
    done: list[int] = []
    dummy = sgd(1)
    run(build(dummy, [Slot(StepLR(dummy, 3))], 20, own=False), done.append)
    assert done == [7, 14, 20]


@PATHS
def test_epochs_of_unknown_length_are_refused(own: bool) -> None:
    dummy = sgd(1)
    with pytest.raises(UsageError) as caught:
        run(build(dummy, [Slot(StepLR(dummy, 3), "epoch")], 20, own=own))
    assert str(caught.value) == (
        "curve is stepped per epoch, and how many updates an epoch has is not known; "
        "give steps_per_epoch"
    )


def test_names_and_length_come_from_what_was_built() -> None:
    dummy = sgd(2)
    built = build(dummy, [Slot(StepLR(dummy, 3))], 5, 2)
    trace = run(built)
    assert (trace.label, trace.source, trace.groups) == ("curve", "source", ("g0", "g1"))
    assert trace.length is built.length
    assert trace.lr.shape == (5, 2)


def test_the_fast_path_is_taken_where_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise AssertionError("the plain loop ran")

    monkeypatch.setattr(simulation, "_plain_loop", refuse)
    dummy = sgd(1)
    assert run(build(dummy, [Slot(StepLR(dummy, 3))], 5)).updates == 5
