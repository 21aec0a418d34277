"""`lrviz.record`: the trace is what training on would give, and the training stays as it is."""

from __future__ import annotations

import copy
import functools
import math
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adam, NAdam, Optimizer
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import get_cosine_schedule_with_warmup

import lrviz
from lrviz.curves.trace import Trace
from lrviz.errors import FollowError, UsageError, kind_of
from lrviz.live.standins import ADVICE, TensorStandIn
from tests.cases import GROUPS, SCHEDULERS, metric_of
from tests.reference import Reference, Slot, real_optimizer, train


class State:
    """All that an optimizer and its schedulers hold, and which objects these are."""

    def __init__(self, optimizer: Optimizer, *schedulers: Any) -> None:
        groups = optimizer.param_groups
        self.ids = [id(each) for each in (optimizer, groups, *groups, optimizer.state)]
        self.ids += [id(param) for group in groups for param in group["params"]]
        self.ids += [id(each) for holder in (optimizer, *schedulers) for each in _held(holder)]
        self.values = copy.deepcopy(optimizer.state_dict())
        self.schedulers = [copy.deepcopy(_plain(each)) for each in schedulers]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and _equal(vars(self), vars(other))


def _held(holder: Any) -> list[Any]:
    return [*vars(holder), *vars(holder).values()]


def _plain(scheduler: Any) -> dict[str, Any]:
    """Return a scheduler's __dict__, its members' in place of them, without the optimizer."""
    held = {key: each for key, each in vars(scheduler).items() if key != "optimizer"}
    if "_schedulers" in held:
        held["_schedulers"] = [_plain(each) for each in held["_schedulers"]]
    return held


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, functools.partial):
        return (one.func, one.args) == (other.func, other.args)
    return bool(one == other)


def sgd(lr: Any = 1.0, groups: int = 1) -> Optimizer:
    members: list[dict[str, Any]] = [
        {"params": [torch.zeros(2, requires_grad=True)]} for _ in range(groups)
    ]
    return SGD(members, lr=lr, momentum=0.9)


def assert_equal(trace: Trace, reference: Reference) -> None:
    assert trace.lr.tolist() == reference.lr
    assert trace.after["lr"].tolist() == reference.after_lr
    if "momentum" in trace.curves:
        assert trace.curves["momentum"].tolist() == reference.momentum
    else:
        assert all(row == reference.momentum[0] for row in reference.momentum)


@pytest.mark.parametrize("trained", [0, 1, 13])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_trace_is_what_training_on_gives(name: str, trained: int) -> None:
    optimizer = real_optimizer(NAdam, GROUPS, {"lr": 0.1})
    scheduler = SCHEDULERS[name](optimizer, 60)
    metric = metric_of(name, 60)
    train(optimizer, [Slot(scheduler, metric=metric)], trained)
    ahead = None if metric is None else metric[trained:]

    before = State(optimizer, scheduler)
    trace = lrviz.record(optimizer, scheduler, steps=40, metric=ahead)
    assert State(optimizer, scheduler) == before
    assert trace.warnings == ()
    assert trace.error is None

    assert_equal(trace, train(optimizer, [Slot(scheduler, metric=ahead)], 40))


def test_twice_gives_the_same() -> None:
    optimizer = sgd(groups=2)
    scheduler = SCHEDULERS["SequentialLR"](optimizer, 20)
    first, second = (lrviz.record(optimizer, scheduler, steps=20) for _ in range(2))
    assert first.lr.tolist() == second.lr.tolist()


def test_a_tensor_lr_is_not_written_to() -> None:
    lr = torch.tensor(0.5)
    optimizer = Adam([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = ExponentialLR(optimizer, 0.5)
    trace = lrviz.record(optimizer, scheduler, steps=3)
    assert trace.lr[:, 0].tolist() == [0.5, 0.25, 0.125]
    assert optimizer.param_groups[0]["lr"] is lr
    assert lr.item() == 0.5
    assert [float(each) for each in scheduler.get_last_lr()] == [0.5]


def test_several_schedulers_and_intervals() -> None:
    def make() -> tuple[Optimizer, list[Any]]:
        optimizer = real_optimizer(SGD, GROUPS, {"lr": 0.1, "momentum": 0.9})
        return optimizer, [ExponentialLR(optimizer, 0.9), StepLR(optimizer, 2, gamma=0.5)]

    optimizer, (first, second) = make()
    forms = [{"scheduler": first, "interval": "step", "frequency": 2}, {"scheduler": second}]
    trace = lrviz.record(optimizer, forms, steps=22, steps_per_epoch=4)
    assert trace.label == "ExponentialLR + StepLR"
    assert trace.interval == "step"
    optimizer, (first, second) = make()
    slots = [Slot(first, frequency=2), Slot(second, interval="epoch")]
    assert_equal(trace, train(optimizer, slots, 22, 4))


def test_interval_and_frequency() -> None:
    optimizer = sgd()
    scheduler = ExponentialLR(optimizer, 0.5)
    trace = lrviz.record(
        optimizer, scheduler, steps=9, interval="epoch", frequency=2, steps_per_epoch=2, label="x"
    )
    assert trace.lr[:, 0].tolist() == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25]
    assert (trace.label, trace.interval, trace.updates_per_epoch) == ("x", "epoch", 2)


def test_what_build_returned() -> None:
    spec = {
        "train": {"steps": 6},
        "schedulers": [
            {"scheduler": {"type": "ExponentialLR", "gamma": 0.5}, "end": 2},
            {"scheduler": {"type": "ReduceLROnPlateau", "patience": 0}, "begin": 3},
        ],
        "metric": {"values": [1.0] * 6},
    }
    optimizer = sgd()
    built = lrviz.build(spec, optimizer)
    trace = lrviz.record(optimizer, built, steps=6, metric=[1.0] * 6)
    assert trace.lr.tolist() == lrviz.simulate(spec, lr=1.0).lr.tolist()
    assert trace.lr[:, 0].tolist() == [1.0, 0.5, 0.25, 0.25, 0.25, 0.25 * 0.1]


def test_no_scheduler_keeps_the_lr() -> None:
    trace = lrviz.record(sgd(0.3), [], steps=3)
    assert trace.lr[:, 0].tolist() == [0.3, 0.3, 0.3]
    assert trace.label == "constant"


def test_names_of_the_groups() -> None:
    params = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    groups: list[dict[str, Any]] = [{"params": params[0], "name": "head"}, {"params": params[1]}]
    optimizer = SGD(groups, lr=1.0)
    trace = lrviz.record(optimizer, ExponentialLR(optimizer, 0.5), steps=2)
    assert trace.groups == ("head", "1")


def test_transformers_partial() -> None:
    optimizer = sgd()
    scheduler = get_cosine_schedule_with_warmup(optimizer, 10, 50)
    train(optimizer, [Slot(scheduler)], 7)
    trace = lrviz.record(optimizer, scheduler, steps=43)
    assert_equal(trace, train(optimizer, [Slot(scheduler)], 43))


def test_a_scheduler_past_its_end() -> None:
    optimizer = sgd()
    scheduler = OneCycleLR(optimizer, 0.1, 10)
    trace = lrviz.record(optimizer, scheduler, steps=50)
    assert trace.updates == 11
    assert trace.error is not None
    assert trace.error.message.startswith("ValueError: Tried to step 11 times.")
    assert scheduler.last_epoch == 0


class Stateful(LRScheduler):
    """A scheduler of the user's: it overrides step, and keeps a list and a callable of its own."""

    factors: ClassVar[tuple[float, ...]] = (1.0, 0.5, 0.25)

    def __init__(self, optimizer: Optimizer) -> None:
        self.history: deque[float] = deque(maxlen=3)
        self.alias = self.history
        self.groups = optimizer.param_groups
        super().__init__(optimizer)

    def step(self, epoch: int | None = None) -> None:
        self.history.append(self.groups[0]["lr"])
        assert self.alias is self.history
        super().step(epoch)

    def get_lr(self) -> list[float | torch.Tensor]:
        return [
            base * self.factors[len(self.history) % 3] + self.last_epoch for base in self.base_lrs
        ]


def test_a_scheduler_of_the_users() -> None:
    optimizer = sgd(groups=2)
    scheduler = Stateful(optimizer)
    train(optimizer, [Slot(scheduler)], 1)
    held = list(scheduler.history)
    trace = lrviz.record(optimizer, scheduler, steps=5)
    assert list(scheduler.history) == held
    assert scheduler.groups is optimizer.param_groups
    assert_equal(trace, train(optimizer, [Slot(scheduler)], 5))


class Counter:
    """A callable with a state of its own, in slots."""

    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, step: int) -> float:
        self.calls += 1
        return 1 / self.calls

    def bound(self, step: int) -> float:
        return self(step)


@pytest.mark.parametrize("bound", [False, True])
def test_a_callable_is_copied_with_its_state(bound: bool) -> None:
    optimizer = sgd()
    counter = Counter()
    scheduler = LambdaLR(optimizer, counter.bound if bound else counter)
    assert lrviz.record(optimizer, scheduler, steps=3).lr[:, 0].tolist() == [1.0, 0.5, 1 / 3]
    assert counter.calls == 1


def _of_the_optimizer(optimizer: Optimizer, step: int) -> float:
    return float(optimizer.param_groups[0]["initial_lr"]) * 0.5**step


def test_a_partial_of_the_optimizer_is_one_of_the_copy() -> None:
    optimizer = sgd(2.0)
    scheduler = LambdaLR(optimizer, functools.partial(_of_the_optimizer, optimizer))
    assert lrviz.record(optimizer, scheduler, steps=3).lr[:, 0].tolist() == [4.0, 2.0, 1.0]


class Allocations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The sizes of all tensors that operations return."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and not isinstance(result, TensorStandIn):
            self.largest = max(self.largest, result.nbytes)
        return result


def test_parameters_and_state_are_not_copied() -> None:
    param = torch.nn.Parameter(torch.zeros(1 << 20))
    param.grad = torch.zeros_like(param)
    optimizer = Adam([param], lr=0.1)
    scheduler = CosineAnnealingLR(optimizer, 100)
    train(optimizer, [Slot(scheduler)], 2)
    references = sys.getrefcount(param), param._version
    with Allocations() as seen:
        trace = lrviz.record(optimizer, scheduler, steps=50)
    assert seen.largest == 0
    assert (sys.getrefcount(param), param._version) == references
    assert trace.lr[0, 0] == optimizer.param_groups[0]["lr"]


def test_a_view_is_copied_without_its_storage() -> None:
    optimizer = sgd()
    scheduler: Any = StepLR(optimizer, 1)
    scheduler.seen = torch.zeros(1 << 20)[5:7]
    with Allocations() as seen:
        lrviz.record(optimizer, scheduler, steps=2)
    assert 0 < seen.largest < 100


def test_parameters_on_the_meta_device() -> None:
    with torch.device("meta"):
        model = torch.nn.Linear(1 << 15, 1 << 15)
    optimizer = SGD(model.parameters(), lr=1.0)
    trace = lrviz.record(optimizer, ExponentialLR(optimizer, 0.5), steps=2)
    assert trace.lr[:, 0].tolist() == [1.0, 0.5]


def test_a_scheduler_may_hold_what_is_not_copied() -> None:
    optimizer = sgd()
    scheduler: Any = StepLR(optimizer, 1)
    scheduler.model = torch.nn.Linear(2, 2)
    scheduler.loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(3)))
    scheduler.big = torch.empty(1 << 23, dtype=torch.float64)
    scheduler.other = sgd()
    scheduler.weights = {scheduler.model.weight: 0.5}
    trace = lrviz.record(optimizer, scheduler, steps=2)
    assert trace.lr[:, 0].tolist() == [1.0, 0.1]


class Using(LRScheduler):
    """A scheduler that does something with what it holds; an error of that is swallowed."""

    def __init__(self, optimizer: Optimizer, use: Callable[[Any], Any], **held: Any) -> None:
        vars(self).update(held)
        self.use = use
        super().__init__(optimizer)

    def get_lr(self) -> list[float | torch.Tensor]:
        try:
            return [float(self.use(self)) for _ in self.base_lrs]
        except Exception:  # noqa: BLE001
            return [0.0]


def _param(scheduler: Any) -> Any:
    return scheduler.optimizer.param_groups[0]["params"][0]


STOOD_IN = "which the simulation neither copies nor trains, and the scheduler uses it as it steps"


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            lambda self: _param(self).grad is None,
            "optimizer.param_groups[0]['params'][0] is a parameter of the model",
        ),
        (
            lambda self: torch.norm(_param(self)),
            "optimizer.param_groups[0]['params'][0] is a parameter of the model",
        ),
        (
            lambda self: torch.stack([_param(self)]).norm(),
            "optimizer.param_groups[0]['params'][0] is a parameter of the model",
        ),
        (lambda self: _param(self) * 2, "optimizer.param_groups[0]['params'][0] is a parameter"),
        (lambda self: self.model(1), "scheduler.model is the model Linear"),
        (lambda self: self.model.weight.norm(), "scheduler.model is the model Linear"),
        (lambda self: self.nested["big"][0][0], "scheduler.nested['big'][0] is a Tensor of 67,108"),
        (lambda self: len(self.optimizer.state), "optimizer.state is the optimizer's state"),
        (lambda self: self.optimizer.hook(), "optimizer.hook is an attribute of the optimizer"),
    ],
)
def test_what_is_not_copied_is_not_used(use: Callable[[Any], Any], message: str) -> None:
    optimizer: Any = sgd()
    optimizer.hook = lambda: 1.0
    held = {"model": torch.nn.Linear(2, 2), "nested": {"big": [torch.zeros(1 << 23).double()]}}
    scheduler = Using(optimizer, use, **held)
    with pytest.raises(FollowError) as error:
        lrviz.record(optimizer, scheduler, steps=3)
    assert str(error.value).startswith(message)
    assert str(error.value).endswith(f"{STOOD_IN}: {ADVICE}")


def test_a_stand_in_tells_what_training_does_not_change() -> None:
    optimizer = sgd()
    optimizer.add_param_group({"params": torch.zeros(3, 5, requires_grad=True)})

    def use(self: Any) -> float:
        params = [param for group in self.optimizer.param_groups for param in group["params"]]
        assert all(isinstance(param, torch.Tensor) for param in params)
        assert params[1].shape == (3, 5)
        return float(sum(param.numel() for param in params))

    trace = lrviz.record(optimizer, Using(optimizer, use), steps=1)
    assert trace.lr.tolist() == [[17.0, 17.0]]


def test_attributes_of_the_optimizer_that_are_numbers_are_there() -> None:
    optimizer: Any = sgd()
    optimizer.scale, optimizer.scales = 4.0, [2.0]

    def use(self: Any) -> float:
        self.optimizer.scales[0] += 1
        return float(self.optimizer.scale * self.optimizer.scales[0])

    scheduler = Using(optimizer, use)
    assert optimizer.scales == [3.0]
    assert lrviz.record(optimizer, scheduler, steps=2).lr[:, 0].tolist() == [12.0, 16.0]
    assert optimizer.scales == [3.0]


def numbers() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("held", "place", "words"),
    [
        (threading.Lock(), "", "a lock, which cannot be copied (TypeError: cannot pickle '_thr"),
        (
            {"a": [1, numbers()]},
            "['a'][1]",
            "a generator, which cannot be copied (TypeError",
        ),
        ([Counter(), sys.stderr], "[1]", ""),
    ],
)
def test_what_cannot_be_copied_is_named(held: Any, place: str, words: str) -> None:
    optimizer = sgd()
    scheduler: Any = ChainedScheduler([StepLR(optimizer, 1)], optimizer)
    scheduler._schedulers[0].held = held
    scheduler._schedulers[0].cycle = scheduler
    with pytest.raises(FollowError) as error:
        lrviz.record(optimizer, scheduler, steps=3)
    kind = words or f"{kind_of(sys.stderr)}, which cannot be copied"
    assert str(error.value).startswith(f"scheduler._schedulers[0].held{place} is {kind}")
    assert str(error.value).endswith(f"stepping would change the real one: {ADVICE}")


def test_step_hooks_are_not_run_and_that_is_said() -> None:
    optimizer = sgd()
    optimizer.register_step_post_hook(lambda *_: pytest.fail("run"))
    trace = lrviz.record(optimizer, StepLR(optimizer, 1), steps=2)
    assert trace.warnings == (
        "the optimizer has step hooks, which are not run: what they do to the lr is not seen",
    )


def test_an_optimizer_that_refuses_to_step_is_not_stepped() -> None:
    class Careful(SGD):
        def step(self, closure: Any = None) -> Any:
            raise AssertionError("stepped")

    optimizer = Careful([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = ExponentialLR(optimizer, 0.5)
    assert lrviz.record(optimizer, scheduler, steps=2).lr[:, 0].tolist() == [1.0, 0.5]


def test_random_numbers_of_torch_are_given_back() -> None:
    optimizer = sgd()
    scheduler = LambdaLR(optimizer, lambda step: float(torch.rand(())))
    state = torch.get_rng_state()
    trace = lrviz.record(optimizer, scheduler, steps=5)
    assert len(set(trace.lr[:, 0])) == 5
    assert torch.equal(torch.get_rng_state(), state)


def test_metric_of_a_plateau() -> None:
    optimizer = sgd()
    scheduler = ReduceLROnPlateau(optimizer, patience=0)
    options: dict[str, Any] = {"steps": 7, "interval": "epoch", "steps_per_epoch": 2}
    trace = lrviz.record(optimizer, scheduler, metric=[1, 1, 1], **options)
    assert trace.lr[:, 0].tolist() == [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1 * 0.1]
    assert scheduler.best == math.inf
    with pytest.raises(UsageError) as error:
        lrviz.record(optimizer, scheduler, metric=np.ones(2), **options)  # type: ignore[call-overload]
    assert str(error.value) == (
        "metric has 2 values, and ReduceLROnPlateau needs 3, one an epoch: "
        "give more values, or fewer steps"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps must be a whole number, at least 1, not 0"),
        ({"steps": True}, "steps must be a whole number, at least 1, not True"),
        ({"steps": 2.5}, "steps must be a whole number, at least 1, not 2.5"),
        ({"frequency": 0}, "frequency must be a whole number, at least 1, not 0"),
        ({"steps_per_epoch": -1}, "steps_per_epoch must be a whole number, at least 1, not -1"),
        ({"interval": "batch"}, "interval must be 'step', 'epoch' or 'fraction', not 'batch'"),
        (
            {"interval": "epoch"},
            "StepLR is stepped per epoch, and how many updates an epoch has is not known; "
            "give steps_per_epoch",
        ),
        ({"metric": [1.0]}, "no scheduler here looks at a metric; take metric=... out"),
        ({"metric": [1.0, math.nan]}, "metric[1] is nan: a finite number is needed"),
        ({"metric": ["low"]}, "metric must be a list of numbers"),
        (
            {"metric": [[1.0]]},
            "metric must be a list of numbers, not an array of shape (1, 1)",
        ),
        ({"optimizer": StepLR}, "record wants a torch optimizer first, not a type"),
        ({"scheduler": StepLR}, "record wants a scheduler, with step(); this is a type"),
        ({"scheduler": 3}, "record wants a scheduler, with step(); this is an int"),
        (
            {"scheduler": [StepLR(sgd(), 1)]},
            "scheduler, a StepLR, is not on the optimizer that was given",
        ),
        (
            {"scheduler": ReduceLROnPlateau(sgd())},
            "ReduceLROnPlateau needs a metric to step on; add metric=[...], a value an update",
        ),
    ],
)
def test_wrong_arguments(options: dict[str, Any], message: str) -> None:
    optimizer = sgd()
    arguments: dict[str, Any] = {"optimizer": optimizer, "scheduler": StepLR(optimizer, 1)}
    with pytest.raises(UsageError) as error:
        lrviz.record(**{**arguments, "steps": 3, **options})
    assert str(error.value) == message
