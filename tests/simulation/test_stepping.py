"""The fast path gives the numbers, the errors and the state of the loop that people write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR, LinearLR, LRScheduler, OneCycleLR, StepLR

from lrviz.building.dummy import dummy_optimizer
from lrviz.curves.trace import RunError
from lrviz.simulation import stepping
from lrviz.simulation.recording import Recording
from lrviz.spec.models import Interval
from tests.cases import GROUPS, SCHEDULERS, SGD, build, metric_of, sgd
from tests.reference import Reference, Slot, real_optimizer, train

UPDATES = 60


@pytest.fixture(autouse=True, params=[7, 8192], ids=["chunks", "one-chunk"])
def _chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "CHUNK", request.param)


def family(scheduler: Any) -> Iterator[Any]:
    yield scheduler
    for member in getattr(scheduler, "_schedulers", []):
        yield from family(member)


def settings(optimizer: Optimizer) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in group.items() if key != "params"}
        for group in optimizer.param_groups
    ]


def assert_equal(recording: Recording, reference: Reference) -> None:
    """Compare with `==`: curves, what comes after, and which quantities moved at all."""
    expected = {"lr": (reference.lr, reference.after_lr)}
    if any(row != reference.momentum[0] for row in [*reference.momentum, reference.after_momentum]):
        expected["momentum"] = (reference.momentum, reference.after_momentum)
    found = {
        name: (curve.tolist(), recording.after[name].tolist())
        for name, curve in recording.curves.items()
    }
    assert found == expected
    assert all(curve.dtype == "float64" for curve in recording.curves.values())
    assert all(row.dtype == "float64" for row in recording.after.values())


def assert_same_state(scheduler: Any, reference: Any) -> None:
    """Compare every attribute, of the members too, so that none is left behind either."""
    for mine, real in zip(family(scheduler), family(reference), strict=True):
        assert list(vars(mine)) == list(vars(real))
        assert mine.state_dict().keys() == real.state_dict().keys()
        for key, value in real.state_dict().items():
            if key not in ("_schedulers", "lr_lambdas", "_scale_fn_ref"):
                assert (key, mine.state_dict()[key]) == (key, value)


@pytest.mark.parametrize("interval", ["step", "epoch"])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_equals_the_loop_on_a_real_optimizer(
    name: str, groups: int, interval: Interval
) -> None:
    calls = UPDATES if interval == "step" else UPDATES // 4
    metric = metric_of(name, calls)
    real = real_optimizer(torch.optim.SGD, GROUPS[:groups], SGD)
    theirs = SCHEDULERS[name](real, calls)
    reference = train(real, [Slot(theirs, interval, metric=metric)], UPDATES, 4)
    dummy = sgd(groups)
    ours = SCHEDULERS[name](dummy, calls)
    built = build(dummy, [Slot(ours, interval, metric=metric)], UPDATES, 4)
    assert stepping.may_run(built)
    recording = stepping.run(built)
    assert recording.error is None
    assert_equal(recording, reference)
    assert_same_state(ours, theirs)
    assert settings(dummy) == settings(real)


@pytest.mark.parametrize("groups", [1, 2])
def test_the_momentum_of_adam_is_its_first_beta(groups: int) -> None:
    real = real_optimizer(torch.optim.AdamW, GROUPS[:groups], {"lr": 0.1})
    reference = train(real, [Slot(OneCycleLR(real, 0.1, 30))], 30)
    dummy = dummy_optimizer(torch.optim.AdamW, GROUPS[:groups], {"lr": 0.1})
    assert_equal(stepping.run(build(dummy, [Slot(OneCycleLR(dummy, 0.1, 30))], 30)), reference)
    assert settings(dummy) == settings(real)


def test_several_schedulers_with_their_own_intervals_and_ranges() -> None:
    def slots(optimizer: Optimizer) -> list[Slot]:
        plateau = SCHEDULERS["ReduceLROnPlateau"](optimizer, 12)
        return [
            Slot(plateau, "epoch", begin=2, metric=metric_of("ReduceLROnPlateau", 12)),
            Slot(LinearLR(optimizer, 0.1, total_iters=7), end=9),
            Slot(StepLR(optimizer, 2, 0.5), "epoch", frequency=3),
            Slot(ExponentialLR(optimizer, 0.99), frequency=2, begin=3, end=40),
        ]

    real = real_optimizer(torch.optim.SGD, GROUPS, SGD)
    theirs = slots(real)
    reference = train(real, theirs, UPDATES, 5)
    dummy = sgd(2)
    ours = slots(dummy)
    assert_equal(stepping.run(build(dummy, ours, UPDATES, 5)), reference)
    for mine, other in zip(ours, theirs, strict=True):
        assert_same_state(mine.scheduler, other.scheduler)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("end", [6, 7, 8, 20])
def test_a_scheduler_past_its_end_keeps_what_came_before(end: int, groups: int) -> None:
    real = real_optimizer(torch.optim.SGD, GROUPS[:groups], SGD)
    theirs = OneCycleLR(real, 0.1, end)
    reference = train(real, [Slot(theirs)], UPDATES)
    dummy = sgd(groups)
    ours = OneCycleLR(dummy, 0.1, end)
    recording = stepping.run(build(dummy, [Slot(ours)], UPDATES))
    assert recording.error == RunError(
        end,
        f"ValueError: Tried to step {end + 1} times. The specified number of total steps is {end}",
    )
    assert (recording.error.update, recording.error.message) == (reference.failed, reference.words)
    assert len(recording.curves["lr"]) == end + 1
    assert recording.curves["lr"].base is None  # the rows that were not reached are given back
    assert_equal(recording, reference)
    assert_same_state(ours, theirs)


class Moody:
    """Halves the lr at every third metric and refuses a negative one."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.calls = 0

    def step(self, metrics: float) -> None:
        if metrics < 0:
            raise RuntimeError(f"call {self.calls}: {metrics}")
        self.calls += 1
        if self.calls % 3 == 0:
            for group in self.optimizer.param_groups:
                group["lr"] /= 2


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("bad", [0, 1, 2, 3, 6, 7, 8, 13])
def test_a_scheduler_that_refuses_its_metric(bad: int, groups: int) -> None:
    metric = [1.0] * bad + [-1.0] * (20 - bad)
    real = real_optimizer(torch.optim.SGD, GROUPS[:groups], SGD)
    reference = train(real, [Slot(Moody(real), metric=metric)], 20)
    dummy = sgd(groups)
    recording = stepping.run(build(dummy, [Slot(Moody(dummy), metric=metric)], 20))
    assert recording.error == RunError(bad, f"RuntimeError: call {bad}: -1.0")
    assert_equal(recording, reference)


def test_an_error_between_two_schedulers_keeps_what_the_first_one_did() -> None:
    def slots(optimizer: Optimizer) -> list[Slot]:
        return [Slot(ExponentialLR(optimizer, 0.5)), Slot(OneCycleLR(optimizer, 0.1, 9))]

    real = real_optimizer(torch.optim.SGD, GROUPS, SGD)
    reference = train(real, slots(real), UPDATES)
    dummy = sgd(2)
    recording = stepping.run(build(dummy, slots(dummy), UPDATES))
    assert recording.error is not None
    assert recording.error.update == reference.failed == 9
    assert_equal(recording, reference)
    assert recording.after["lr"].tolist() == (recording.curves["lr"][-1] / 2).tolist()


def test_a_momentum_that_stands_still_is_no_curve() -> None:
    dummy = sgd(1)
    still = OneCycleLR(dummy, 0.1, 30, base_momentum=0.9, max_momentum=0.9)
    assert list(stepping.run(build(dummy, [Slot(still)], 20)).curves) == ["lr"]


def test_a_whole_number_is_recorded_as_a_float() -> None:
    dummy = dummy_optimizer(torch.optim.SGD, [{}], {"lr": 1})
    recording = stepping.run(build(dummy, [Slot(StepLR(dummy, 100))], 3))
    assert recording.curves["lr"].tolist() == [[1.0], [1.0], [1.0]]
    assert recording.after["lr"].dtype == "float64"


def test_torch_takes_its_own_step_only_where_it_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = LRScheduler.step

    def counted(self: LRScheduler, *args: Any) -> None:
        calls.append(type(self).__name__)
        original(self, *args)

    class Own(StepLR):
        def step(self, epoch: int | None = None) -> None:
            calls.append("own")
            super().step(epoch)

    monkeypatch.setattr(LRScheduler, "step", counted)
    dummy = sgd(1)
    light = build(dummy, [Slot(StepLR(dummy, 3))], 10)
    own = build(dummy, [Slot(Own(dummy, 3))], 10)
    calls.clear()
    stepping.run(light)
    assert calls == []
    stepping.run(own)
    assert calls == ["own", "Own"] * 10


def test_an_interrupt_leaves_no_light_step_behind() -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    dummy = sgd(2)
    scheduler = SCHEDULERS["SequentialLR"](dummy, UPDATES)
    before = [list(vars(each)) for each in family(scheduler)]
    with pytest.raises(KeyboardInterrupt):
        stepping.run(build(dummy, [Slot(scheduler)], UPDATES), interrupt)
    assert [list(vars(each)) for each in family(scheduler)] == before
    assert [each._get_lr_called_within_step for each in family(scheduler)] == [False] * 3


def test_progress_is_the_number_of_updates_done() -> None:
    done: list[int] = []
    dummy = sgd(1)
    stepping.run(build(dummy, [Slot(StepLR(dummy, 3))], 20), done.append)
    assert done == ([7, 14, 20] if stepping.CHUNK == 7 else [20])


def test_the_fast_path_is_for_plain_schedules_of_a_known_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dummy = sgd(2)
    slots = [Slot(StepLR(dummy, 3))]
    assert stepping.torch_is_known(), f"read what changed in torch {torch.__version__}"
    assert stepping.may_run(build(dummy, slots, 5))
    assert not stepping.may_run(build(dummy, slots, 5, own=False))
    dummy.param_groups[1]["lr"] = torch.tensor(0.1)
    assert not stepping.may_run(build(dummy, slots, 5))
    dummy.param_groups[1]["lr"] = 0.1
    monkeypatch.setattr(stepping, "KNOWN_TORCH", {})
    stepping.torch_is_known.cache_clear()
    assert not stepping.may_run(build(dummy, slots, 5))
    stepping.torch_is_known.cache_clear()
