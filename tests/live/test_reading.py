"""What the functions in a scheduler may read, and what is refused or put back."""

from __future__ import annotations

import argparse
import functools
import itertools
import math
import random
import sys
import types
import weakref
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, LRScheduler

import lrviz
from lrviz.errors import FollowError
from lrviz.live.standins import ADVICE

THIS = "test_reading.py"


def sgd() -> Optimizer:
    return SGD([torch.zeros(2, requires_grad=True)], lr=1.0, momentum=0.9)


def recorded(function: Callable[[int], float], optimizer: Optimizer | None = None) -> list[float]:
    optimizer = optimizer or sgd()
    scheduler = LambdaLR(optimizer, function)
    values: list[float] = lrviz.record(optimizer, scheduler, steps=3).lr[:, 0].tolist()
    return values


def refusal(scheduler: Any, optimizer: Optimizer | None = None) -> str:
    """Return why a scheduler is not followed, without the advice."""
    with pytest.raises(FollowError) as error:
        lrviz.record(optimizer or scheduler.optimizer, scheduler, steps=3)
    assert error.value.message.endswith(f": {ADVICE}")
    return error.value.message.removesuffix(f": {ADVICE}")


def line(function: Any) -> str:
    return f"{THIS}:{function.__code__.co_firstlineno}"


@dataclass
class Settings:
    """Settings as users write them."""

    warmup: int = 2
    milestones: list[int] = field(default_factory=lambda: [1, 2])
    optimizer: Any = None

    def factor(self, step: int) -> float:
        return step / self.warmup

    @property
    def half(self) -> float:
        return self.warmup / 4


MILESTONES = [1, 2]
SETTINGS: dict[str, Any] = {"gamma": 0.5, "milestones": [1, 2]}
NAMESPACE = argparse.Namespace(warmup=2)


def helper(step: int) -> float:
    return float(SETTINGS["gamma"]) ** sum(step >= each for each in MILESTONES)


def test_globals_that_are_only_read() -> None:
    assert recorded(lambda step: helper(step)) == [1.0, 0.5, 0.25]
    assert recorded(lambda step: step / NAMESPACE.warmup) == [0.0, 0.5, 1.0]
    assert recorded(lambda step: math.cos(0) * abs(step)) == [0.0, 1.0, 2.0]


def test_closures_that_are_only_read() -> None:
    milestones, settings = [1, 2], Settings()
    table = np.array([1.0, 0.5, math.nan])
    tensor = torch.tensor([1.0, 0.5, 0.25], dtype=torch.bfloat16)
    assert recorded(lambda step: 0.5 ** sum(step >= m for m in milestones)) == [1.0, 0.5, 0.25]
    assert recorded(lambda step: step / settings.warmup) == [0.0, 0.5, 1.0]
    assert recorded(lambda step: settings.half * step) == [0.0, 0.5, 1.0]
    assert recorded(lambda step: settings.factor(step)) == [0.0, 0.5, 1.0]
    assert recorded(settings.factor) == [0.0, 0.5, 1.0]
    assert recorded(lambda step: float(table[step % 2])) == [1.0, 0.5, 1.0]
    assert recorded(lambda step: float(tensor[step])) == [1.0, 0.5, 0.25]


def test_what_is_read_of_an_object_that_leads_to_the_optimizer() -> None:
    optimizer = sgd()
    trainer = types.SimpleNamespace(optimizer=optimizer, settings=Settings())
    assert recorded(lambda step: step / trainer.settings.warmup, optimizer) == [0.0, 0.5, 1.0]


def test_the_length_of_a_loader() -> None:
    dataset = torch.utils.data.TensorDataset(torch.zeros(1 << 20))
    loader = torch.utils.data.DataLoader(dataset, batch_size=1 << 19)
    assert recorded(lambda step: step / len(loader)) == [0.0, 0.5, 1.0]


class Lightning(torch.nn.Module):
    """A module that knows the optimizer, as a LightningModule does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)
        self.settings = Settings()
        self.optimizer = SGD(self.parameters(), lr=1.0)

    def factor(self, step: int) -> float:
        return self.scaled(step) / self.settings.warmup

    def scaled(self, step: int) -> float:
        return step * 1.0

    def norm(self, step: int) -> float:
        return float(self.layer.weight.detach().norm())

    def rate(self, step: int) -> float:
        return float(self.optimizer.param_groups[0]["lr"])


def test_a_method_of_a_module() -> None:
    module = Lightning()
    assert recorded(module.factor, module.optimizer) == [0.0, 0.5, 1.0]
    assert recorded(lambda step: module.factor(step), module.optimizer) == [0.0, 0.5, 1.0]


def test_a_method_of_a_module_that_reads_more() -> None:
    module = Lightning()
    assert refusal(LambdaLR(module.optimizer, module.norm)) == (
        f"scheduler.lr_lambdas[0]: the function norm ({line(module.norm)}) reads the model through "
        "its argument 'self', which the simulation does not train"
    )
    assert refusal(LambdaLR(module.optimizer, module.rate)) == (
        f"scheduler.lr_lambdas[0]: the function rate ({line(module.rate)}) reads the optimizer "
        "through its argument 'self.optimizer'"
    )


def test_the_optimizer_in_a_closure() -> None:
    opt = sgd()

    def halving(step: int) -> float:
        return float(opt.param_groups[0]["lr"]) / 2

    assert refusal(LambdaLR(opt, halving)) == (
        f"scheduler.lr_lambdas[0]: the function halving ({line(halving)}) reads the optimizer "
        "through its closure variable 'opt'"
    )


def _reaching(opt: Optimizer) -> dict[str, tuple[Any, str]]:
    """Return functions that reach the optimizer, and what they are said to read."""
    trainer = types.SimpleNamespace(opt=opt, many=[{"opt": opt}])
    groups, group = opt.param_groups, opt.param_groups[0]
    settings = Settings(optimizer=opt)
    weak: Any = weakref.ref(opt)
    cached = functools.lru_cache(lambda step: len(opt.defaults))
    scheduler = ExponentialLR(opt, 0.5)

    def inner(step: int) -> float:
        return (lambda: len(groups))() * 1.0

    def default(step: int, o: Any = opt) -> float:
        return len(o.defaults) * 1.0

    return {
        "groups": (inner, "the optimizer's param_groups through its closure variable 'groups'"),
        "group": (
            lambda step: group["lr"],
            "a param group of the optimizer through its closure variable 'group'",
        ),
        "default": (default, "the optimizer through the default argument 'o'"),
        "attribute": (
            lambda step: len(trainer.opt.state),
            "the optimizer through its closure variable 'trainer.opt'",
        ),
        "container": (
            lambda step: trainer.many[0]["opt"].defaults["lr"],
            "the optimizer through its closure variable 'trainer.many[0]['opt']'",
        ),
        "whole": (
            lambda step: vars(settings)["warmup"],
            "the optimizer through its closure variable 'settings.optimizer'",
        ),
        "alias": (
            lambda step: [it := opt, it.defaults["lr"]][1],
            "the optimizer through its closure variable 'opt'",
        ),
        "weak": (
            lambda step: weak().defaults["lr"],
            "the optimizer through its closure variable 'weak'",
        ),
        "cached": (cached, "the optimizer through its closure variable 'opt'"),
        "scheduler": (
            lambda step: scheduler.last_epoch,
            "another scheduler through its closure variable 'scheduler', "
            "which the simulation does not step",
        ),
        "other": (
            lambda step: Other.optimizer.defaults["lr"],
            "another optimizer through the global variable 'Other.optimizer', "
            "which the simulation does not step",
        ),
    }


class Other:
    """Holds an optimizer of another training."""

    optimizer = sgd()


@pytest.mark.parametrize("name", _reaching(sgd()))
def test_ways_to_reach_the_optimizer(name: str) -> None:
    opt = sgd()
    function, reads = _reaching(opt)[name]
    message = refusal(LambdaLR(opt, function))
    assert message.startswith("scheduler.lr_lambdas[0]: the function ")
    assert message.endswith(f" reads {reads}")


def test_a_function_that_reads_its_own_scheduler() -> None:
    optimizer = sgd()
    holder: list[LambdaLR] = []
    scheduler = LambdaLR(optimizer, lambda step: float(holder[0].last_epoch) if holder else 1.0)
    holder.append(scheduler)
    assert refusal(scheduler).endswith(
        "reads the scheduler through its closure variable 'holder[0]'"
    )


class Global(LRScheduler):
    """A scheduler of a script: its method reads a global variable."""

    def get_lr(self) -> list[float | torch.Tensor]:
        return [group["lr"] / 2 for group in SCRIPT["optimizer"].param_groups]


SCRIPT: dict[str, Any] = {"optimizer": sgd()}


def test_a_method_that_reads_a_global_optimizer() -> None:
    SCRIPT["optimizer"] = optimizer = sgd()
    assert refusal(Global(optimizer)) == (
        f"scheduler: the function get_lr ({line(Global.get_lr)}) reads the optimizer through the "
        "global variable 'SCRIPT['optimizer']'"
    )


def test_weak_references_in_a_scheduler() -> None:
    optimizer = sgd()
    scheduler: Any = ExponentialLR(optimizer, 0.5)
    scheduler.back = weakref.ref(optimizer)
    assert refusal(scheduler) == "scheduler.back: the ReferenceType there reads the optimizer"


CALLS = {"calls": 0}
counted = 0


def count_global(step: int) -> float:
    CALLS["calls"] += 1
    return 1.0


def count_assigned(step: int) -> float:
    global counted
    counted += 1
    return 1.0


def count_own(step: int) -> float:
    count_own.calls = step  # type: ignore[attr-defined]
    return 1.0


def _nonlocal() -> Callable[[int], float]:
    calls = 0

    def function(step: int) -> float:
        nonlocal calls
        calls += 1
        return 1.0

    return function


def test_assigning_to_variables_is_refused_beforehand() -> None:
    before = counted
    assert refusal(LambdaLR(sgd(), count_assigned)) == (
        f"scheduler.lr_lambdas[0]: the function count_assigned ({line(count_assigned)}) assigns to "
        "the global variable 'counted', which would change your training"
    )
    assert counted == before + 1  # torch's own first step, as the scheduler was built
    function = _nonlocal()
    assert refusal(LambdaLR(sgd(), function)) == (
        f"scheduler.lr_lambdas[0]: the function function ({line(function)}) assigns to "
        "its closure variable 'calls', which would change your training"
    )


class Shape:
    """A class with a state of its own."""

    calls: ClassVar[int] = 0
    seen: ClassVar[list[int]] = []

    @classmethod
    def count(cls, step: int) -> float:
        cls.calls += 1
        return 1.0

    @staticmethod
    def append(step: int) -> float:
        Shape.seen.append(step)
        return 1.0


@dataclass(frozen=True)
class Frozen:
    """A frozen object that is changed all the same."""

    calls: int = 0


def _changing() -> dict[str, tuple[Callable[[int], float], Any]]:
    """Return functions that change what they read, and what that is."""
    # Any: what returns None is used as a value below.
    values: tuple[Any, ...] = ([0], {"a": 1}, {1}, deque([1]), Counter({"a": 1}))
    items, table, numbers, names, counter = values
    others: tuple[Any, ...] = (Settings(), Frozen(), np.zeros(3), types.ModuleType("made_up"))
    settings, frozen, array, module = others
    tensor = torch.zeros(3)
    vars(module).update(__file__="made_up.py", calls=0)

    def grow_module(step: int) -> float:
        module.calls += 1
        return 1.0

    return {
        "list": (lambda step: items.append(step) or 1.0, items),
        "cell": (lambda step: items.__setitem__(0, 5) or 1.0, items),
        "dict": (lambda step: table.setdefault("b", step) + 1.0, table),
        "set": (lambda step: numbers.add(step + 5) or 1.0, numbers),
        "deque": (lambda step: names.append(step) or 1.0, names),
        "counter": (lambda step: counter.update(["a"]) or 1.0, counter),
        "attribute": (lambda step: settings.__setattr__("warmup", 9) or 1.0, settings),
        "new": (lambda step: settings.__setattr__("other", 9) or 1.0, settings),
        "deleted": (lambda step: vars(settings).pop("warmup", 1) * 1.0, settings),
        "frozen": (lambda step: frozen.__dict__.update(calls=9) or 1.0, frozen),
        "deep": (lambda step: settings.milestones.append(1) or 1.0, settings.milestones),
        "array": (lambda step: array.fill(2.0) or 1.0, array),
        "tensor": (lambda step: float(tensor.add_(1)[0]), tensor),
        "bound": (items.count, items),
        "global": (count_global, CALLS),
        "function": (count_own, count_own),
        "class": (Shape.count, Shape),
        "class-list": (Shape.append, Shape.seen),
        "module": (grow_module, module),
    }


def _shown(value: Any) -> str:
    if isinstance(value, type | types.FunctionType | types.ModuleType):
        return repr({key: each for key, each in vars(value).items() if key[:2] != "__"})
    held = getattr(value, "__dict__", None)
    return repr((value, sorted(held.items())) if held else value)


@pytest.mark.parametrize("name", [name for name in _changing() if name != "bound"])
def test_what_is_changed_is_put_back(name: str) -> None:
    function, value = _changing()[name]
    scheduler = LambdaLR(sgd(), lambda step: 1.0)
    scheduler.lr_lambdas = [function]
    before = _shown(value)
    message = refusal(scheduler)
    assert _shown(value) == before
    assert message.startswith("scheduler.lr_lambdas[0]")
    assert message.endswith("and stepping changes it (it has been put back)")


def test_the_message_names_what_is_changed() -> None:
    calls = [0]

    def count(step: int) -> float:
        calls[0] += 1
        return 1.0

    scheduler = LambdaLR(sgd(), count)
    assert calls == [1]
    assert refusal(scheduler) == (
        f"scheduler.lr_lambdas[0]: the function count ({line(count)}) shares its closure variable "
        "'calls' with your training, and stepping changes it (it has been put back)"
    )
    assert calls == [1]


def test_a_method_of_a_builtin_is_watched() -> None:
    values = [0.5, 0.25, 0.125, 0.0625]
    scheduler: Any = LambdaLR(sgd(), lambda step: 1.0)
    scheduler.lr_lambdas = [values.pop]
    assert "shares" in refusal(scheduler)
    assert values == [0.5, 0.25, 0.125, 0.0625]


def test_what_is_changed_is_put_back_when_interrupted() -> None:
    calls = [0]

    def interrupt(step: int) -> float:
        calls[0] = step
        if step == 2:
            raise KeyboardInterrupt
        return 1.0

    optimizer = sgd()
    scheduler = LambdaLR(optimizer, interrupt)
    with pytest.raises(KeyboardInterrupt):
        lrviz.record(optimizer, scheduler, steps=5)
    assert calls == [0]


class Sharing(LRScheduler):
    """A scheduler that changes what its own function reads."""

    def __init__(self, optimizer: Optimizer, settings: Any, function: Any) -> None:
        self.settings, self.function = settings, function
        super().__init__(optimizer)

    def get_lr(self) -> list[float | torch.Tensor]:
        self.settings.warmup += 1
        return [self.function(self.last_epoch)]


def test_what_a_function_reads_is_not_copied_away_from_it() -> None:
    settings = Settings()
    scheduler = Sharing(sgd(), settings, lambda step: settings.warmup * 1.0)
    assert settings.warmup == 3
    assert refusal(scheduler).startswith("scheduler.function: the function <lambda>")
    assert settings.warmup == 3


def _used_up() -> dict[str, tuple[Any, str]]:
    generator, counter, rng = (1.0 for _ in range(99)), itertools.count(1), random.Random(0)
    numpy_rng, torch_rng = np.random.default_rng(0), torch.Generator()
    weak = weakref.proxy(MODULE)
    return {
        "generator": (lambda step: next(generator), "a generator through"),
        "count": (lambda step: float(next(counter)), "a count through"),
        "random": (lambda step: rng.random(), "a Random through"),
        "module": (lambda step: random.random(), "a Random through"),
        "numpy": (lambda step: float(numpy_rng.random()), "a Generator through"),
        "numpy-global": (lambda step: float(np.random.rand()), "a RandomState through"),
        "torch": (
            lambda step: float(torch.rand((), generator=torch_rng)),
            "a Generator through",
        ),
        "proxy": (lambda step: weak.factor(step), ""),
        "meta": (lambda step: float(len(META + 0)), "a Tensor through"),
        "model": (lambda step: float(len(list(MODULE.parameters()))), "the model through"),
        "parameter": (lambda step: float(len(PARAMETER.tolist())), "the model through"),
    }


MODULE = Lightning()
PARAMETER = torch.nn.Parameter(torch.zeros(3))
META = torch.zeros(3, device="meta")


@pytest.mark.parametrize("name", _used_up())
def test_what_reading_uses_up_or_training_moves(name: str) -> None:
    function, reads = _used_up()[name]
    scheduler = LambdaLR(sgd(), lambda step: 1.0)
    scheduler.lr_lambdas = [function]
    state = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    assert f" reads {reads}" in refusal(scheduler)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == state  # type: ignore[index]


def test_a_logger_and_a_stream_may_be_read() -> None:
    import logging

    logger = logging.getLogger("train")

    def function(step: int) -> float:
        logger.debug("step %d", step)
        print(step, file=sys.__stderr__)
        return 1.0

    assert recorded(function) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages", "project"])
def test_what_is_installed_outside_of_this_environment_is_no_code_of_the_user(folder: str) -> None:
    text = "last = 0\ndef half(step):\n    global last\n    last = step\n    return 0.5\n"
    names: dict[str, Any] = {}
    exec(compile(text, f"/opt/base/{folder}/sched.py", "exec"), names)
    scheduler = LambdaLR(sgd(), names["half"])
    if folder == "project":
        assert "assigns to the global variable 'last'" in refusal(scheduler)
    else:
        assert lrviz.record(scheduler.optimizer, scheduler, steps=2).lr[:, 0].tolist() == [0.5, 0.5]
