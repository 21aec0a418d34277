"""Schedulers whose `step()` is not called as torch's are: known by their class."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

from lrviz.building.built import BuiltScheduler
from lrviz.building.resumed import taken
from lrviz.curves import filed
from lrviz.errors import UsageError
from lrviz.spec import metrics
from lrviz.spec.cadence import Cadence
from lrviz.spec.durations import Length
from lrviz.spec.metrics import Metric
from lrviz.spec.models import Interval


@dataclass(frozen=True)
class Call:
    """How a training calls a scheduler.

    Attributes:
        method: The method's name.
        interval: When it is called, whatever is said elsewhere; None: as is said.
        counted: Its first argument is how many updates, or epochs, are done.
        metric: It takes a metric.
        note: The same in words, where that is not torch's way; else empty.
    """

    method: str = "step"
    interval: Interval | None = None
    counted: bool = False
    metric: bool = False
    note: str = ""


def _timm(scheduler: Any) -> Call:
    metric = type(scheduler).__name__ == "PlateauLRScheduler"
    if getattr(scheduler, "t_in_epochs", True):
        return Call("step", "epoch", counted=True, metric=metric, note=_note("step", "epoch"))
    return Call("step_update", "step", counted=True, note=_note("step_update", "update"))


def _note(method: str, unit: str) -> str:
    return f"{method}() is called after each {unit} with how many are done, as timm's train.py does"


def _mmengine(scheduler: Any) -> Call:
    unit: Interval = "epoch" if scheduler.by_epoch else "step"
    after = "epoch" if scheduler.by_epoch else "update"
    return Call(
        interval=unit,
        note=f"step() is called after each {after} (by_epoch is {scheduler.by_epoch}), as "
        "mmengine's ParamSchedulerHook does",
    )


# By the package and a class that a scheduler is of: timm 1.0 (scheduler/scheduler.py), mmengine
# 0.10 (optim/scheduler/param_scheduler.py, hooks/param_scheduler_hook.py).
_BY_CLASS: Mapping[tuple[str, str], Callable[[Any], Call]] = {
    ("timm", "Scheduler"): _timm,
    ("mmengine", "_ParamScheduler"): _mmengine,
}


def call_of(scheduler: Any) -> Call:
    """Return how a training calls a scheduler: as torch's, where its class is not known."""
    for each in type(scheduler).__mro__:
        known = _BY_CLASS.get((each.__module__.partition(".")[0], each.__name__))
        if known is not None:
            return known(scheduler)
    return Call()


def called(scheduler: Any, cadence: Cadence) -> BuiltScheduler:
    """Return a scheduler of somebody's with the way in which a training calls it."""
    scheduler, times = unprepared(scheduler)
    call = call_of(scheduler)
    if call.interval is not None:
        cadence = replace(cadence, interval=call.interval)
    argument = _done if call.counted else None
    return BuiltScheduler(
        scheduler,
        cadence,
        method=call.method,
        argument=argument,
        taken=taken(scheduler),
        times=times,
    )


def _done(index: int) -> float:
    return index + 1


def with_epochs(built: BuiltScheduler, length: Length) -> BuiltScheduler:
    """Return a scheduler that is given the epochs that are done, where its interval is `fraction`.

    After update i of an epoch, both from 0, `step(epoch + i / iters)` is called, as torch's
    documentation of CosineAnnealingWarmRestarts has it (2.13, `optim/lr_scheduler.py`); iters are
    the updates of an epoch.

    Raises:
        UsageError: How long an epoch is is not known, or the scheduler takes no epoch.
    """
    if built.interval != "fraction":
        return built
    scheduler = built.scheduler
    name, per_epoch = type(scheduler).__name__, length.updates_per_epoch
    if takes_metric(scheduler) or "epoch" not in inspect.signature(scheduler.step).parameters:
        raise UsageError(
            f"interval: fraction is for schedulers whose step() takes the epoch alone, as that of "
            f"CosineAnnealingWarmRestarts; {name}'s does not"
        )
    if per_epoch is None or length.epochs_only:
        raise UsageError(
            "interval: fraction, and how many updates an epoch has is not known; give "
            "steps_per_epoch (--steps-per-epoch)"
        )

    def given(index: int) -> float:
        epoch, i = divmod(index, per_epoch)
        return epoch + i / per_epoch

    return replace(built, argument=given)


def notes_of(built: Iterable[BuiltScheduler]) -> list[str]:
    """Return in words how schedulers are called, of those that are not called as torch's."""
    calls = [(type(each.scheduler).__name__, call_of(each.scheduler).note) for each in built]
    return [f"{name}: {note}" for name, note in calls if note]


def may_be_told(built: BuiltScheduler, length: Length) -> str:
    """Return a note where a scheduler may be meant to be given the epoch, and is not.

    Args:
        built: Stepped per update, which nothing said.
        length: How long the training is.
    """
    cycle = getattr(built.scheduler, "T_0", None)
    if type(built.scheduler) is not CosineAnnealingWarmRestarts or cycle is None:
        return ""
    if cycle * (length.updates_per_epoch or 1) > length.updates:
        return ""  # its first cycle would be longer than the training
    return (
        f"CosineAnnealingWarmRestarts: step() is called without an argument, T_0 {cycle} is in "
        "updates; for a loop that calls step(epoch + i / iters), give --interval fraction"
    )


def takes_metric(scheduler: Any) -> bool:
    """Tell whether a scheduler is given a metric, as ReduceLROnPlateau is."""
    found = inspect.signature(type(scheduler).step).parameters.get("metrics")
    required = found is not None and found.default is inspect.Parameter.empty
    return required or call_of(scheduler).metric


def with_values(
    built: BuiltScheduler, metric: Metric, length: Length, folder: Path
) -> BuiltScheduler:
    """Return a scheduler with the metric's values that its calls are given.

    Raises:
        SpecError: There are too few, or they cannot be read.
    """
    indices = built.cadence.indices(length)
    count = indices[-1] + 1 if indices else 0
    read = metrics.read(metric, count=count, length=length, interval=built.interval, folder=folder)
    return replace(built, metric=filed.held(read, count))


def unprepared(scheduler: Any) -> tuple[Any, int]:
    """Return the scheduler that accelerate has prepared, and its steps an update; or itself.

    accelerate 1.15, `scheduler.py`: its AcceleratedScheduler steps once for each process, unless
    the processes share a batch; it looks at its own optimizer, of which a copy would be another's.
    """
    inner = getattr(scheduler, "scheduler", None)
    if inner is None or not hasattr(scheduler, "step_with_optimizer"):
        return scheduler, 1
    state = sys.modules["accelerate.state"]
    alone = scheduler.split_batches or not scheduler.step_with_optimizer
    return inner, 1 if alone else int(state.AcceleratorState().num_processes)


def unwrapped(optimizer: Any) -> Any:
    """Return the torch optimizer in a wrapper that has its param groups; or itself.

    It makes the updates, and has the hooks of its step. mmengine 0.10: OptimWrapper; accelerate 1:
    AcceleratedOptimizer, which is an Optimizer without hooks.
    """
    inner = getattr(optimizer, "optimizer", None)
    wraps = isinstance(inner, Optimizer) and not hasattr(optimizer, "_optimizer_step_pre_hooks")
    return unwrapped(inner) if wraps and hasattr(optimizer, "param_groups") else optimizer
