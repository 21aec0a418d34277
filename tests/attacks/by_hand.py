"""What a random training means, built with the constructors of torch, transformers and others.

It shares no code with lrviz: durations, shares, groups and spellings are read here once more, from
what the documentation says of them.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import torch
from torch.optim import Optimizer, lr_scheduler, swa_utils

from tests.attacks.trainings import CURVES, LAMBDAS, Training
from tests.reference import Slot, real_optimizer

RATES = {"max_lr", "base_lr", "swa_lr", "min_lr"}  # of torch's: these take one a group
TAKE_A_RATE_A_GROUP = {"CyclicLR", "OneCycleLR", "SWALR", "ReduceLROnPlateau"}
DURATION = re.compile(r"rest|[0-9.]+(%|ep|ba)")
SHARES = RATES | {"eta_min", "lr_end", "lr"}


@dataclass(frozen=True)
class Phase:
    """Where a scheduler stands: what a count and a share mean there.

    Attributes:
        training: The whole.
        per_call: Updates between two calls of step().
        start: Calls before the phase.
        total: Calls in it.
        lrs: The groups' own learning rates.
        lr: The optimizer's.
    """

    training: Training
    per_call: int
    start: int
    total: int
    lrs: list[float]
    lr: float


def optimizer_of(training: Training, tensors: bool = False) -> Optimizer:
    """Build the optimizer; with `tensors` its learning rates are tensors, as for CUDA graphs."""
    options = dict(training.spec["optimizer"])
    cls = getattr(torch.optim, options.pop("type"))
    groups = []
    for group in options.pop("groups", {"only": {}}).values():
        own = dict(group)
        count, decay = own.pop("count", 1), own.pop("lr_decay", 1.0)
        if isinstance(own.get("lr"), str):
            own["lr"] = share(own["lr"]) * options["lr"]
        for index in range(count):
            scaled = {"lr": options["lr"] * decay ** (count - index)} if decay != 1.0 else {}
            groups.append({**own, **scaled})
    if "betas" in options:
        options["betas"] = tuple(options["betas"])
    optimizer = real_optimizer(cls, groups, options)
    if tensors:
        for group in optimizer.param_groups:
            group["lr"] = torch.tensor(group["lr"], dtype=torch.float64)
    return optimizer


def slots_of(training: Training, optimizer: Optimizer) -> list[Slot]:
    """Build the schedulers on an optimizer, in their order."""
    lrs = [float(group["lr"]) for group in optimizer.param_groups]
    lr = float(training.spec["optimizer"]["lr"])
    built = []
    for written in training.slots:
        interval, frequency = written.get("interval", "step"), written.get("frequency", 1)
        unit = training.per_epoch if interval == "epoch" else 1
        begin, end = written.get("begin", 0), written.get("end")
        units = range(training.updates // unit)
        due = [i for i in units if (i + 1) % frequency == 0 and i >= begin]
        due = [i for i in due if end is None or i < end]
        before = len([i for i in range(begin) if (i + 1) % frequency == 0])
        phase = Phase(training, unit * frequency, before, max(1, len(due)), lrs, lr)
        scheduler = scheduler_of(written["scheduler"], phase, optimizer)
        metric = None
        if "metric" in written:
            metric = metric_of(written["metric"], training, unit)
        built.append(Slot(scheduler, interval, frequency, begin, end, metric))
    return built


def metric_of(written: dict[str, Any], training: Training, unit: int) -> list[float]:
    """Return the metric's values, one a unit of the interval."""
    if "values" in written:
        values: list[float] = written["values"]
        return values
    curve = CURVES[written["curve"]]
    starts = range(0, training.updates // unit * unit, unit)
    return [curve(t, t / training.per_epoch, t / training.updates) for t in starts]


def scheduler_of(node: Any, phase: Phase, optimizer: Optimizer) -> Any:
    """Build one scheduler, its members first."""
    name, given = read(node)
    make = callable_of(name)
    if "schedulers" in given:
        return composite(make, given, phase, optimizer)
    per_group = name in TAKE_A_RATE_A_GROUP
    arguments = {key: value_of(key, each, phase, per_group) for key, each in given.items()}
    return make(optimizer, **arguments)


def read(node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the name and the arguments of a node in any spelling; torch's names are short."""
    [key] = {"type", "_target_", "class_path"} & set(node)
    name = re.sub(r"^torch\.optim\.\w+\.", "", node[key])
    if key == "class_path":
        return name, node["init_args"]
    return name, {k: v for k, v in node.items() if k not in (key, "_partial_")}


def callable_of(name: str) -> Any:
    """Import a class or a function."""
    if name == "SWALR":
        return swa_utils.SWALR
    if "." not in name:
        return getattr(lr_scheduler, name)
    module, _, last = name.rpartition(".")
    if module == "transformers":  # where an older one has all of them
        module = "transformers.optimization"
    return getattr(importlib.import_module(module), last)


def composite(make: Any, given: dict[str, Any], phase: Phase, optimizer: Optimizer) -> Any:
    """Build a SequentialLR, whose members have phases of their own, or a ChainedScheduler."""
    if "milestones" not in given:
        return make(
            [scheduler_of(each, phase, optimizer) for each in given["schedulers"]], optimizer
        )
    milestones = [count(each, phase) for each in given["milestones"]]
    starts, ends = [0, *milestones], [*milestones, phase.total]
    members = []
    for each, start, end in zip(given["schedulers"], starts, ends, strict=True):
        part = replace(phase, start=phase.start + start, total=max(1, end - start))
        members.append(scheduler_of(each, part, optimizer))
    return make(optimizer, members, milestones)


def value_of(key: str, value: Any, phase: Phase, per_group: bool) -> Any:
    """Return an argument as the constructor takes it."""
    if isinstance(value, list):
        return [value_of(key, each, phase, per_group=False) for each in value]
    if key == "lr_lambda":
        return lambda_of(value, phase.total)
    if not isinstance(value, str):
        return value
    if key in SHARES:
        many = per_group and key in RATES and len(phase.lrs) > 1
        part = share(value)
        return [part * lr for lr in phase.lrs] if many else part * phase.lr
    if key == "pct_start":
        return float(Fraction(value.removesuffix("%")) / 100)
    return count(value, phase) if DURATION.fullmatch(value) else value


def lambda_of(text: str, total: int) -> Callable[[int], float]:
    """Return what an expression computes."""
    return lambda step: LAMBDAS[text](step, total)


def share(text: str) -> float:
    """Return 0.1 for `0.1lr`."""
    return float(text.removesuffix("lr") or 1)


def count(value: int | str, phase: Phase) -> int:
    """Return a number of calls: rounded half to even, and 0 only where it is written."""
    if isinstance(value, int):
        return value
    training = phase.training
    if value == "rest":
        return max(1, round(Fraction(training.updates, phase.per_call) - phase.start))
    number, unit = Fraction(value.rstrip("%epba")), value.lstrip("0123456789.")
    updates = {"%": training.updates * number / 100, "ep": training.per_epoch * number}
    exact = updates.get(unit, number) / phase.per_call
    return max(1, round(exact)) if exact else 0
