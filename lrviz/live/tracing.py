"""`lrviz.record`: the trace of objects that user code built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args, overload

import numpy as np
import torch
from torch.optim import Optimizer

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.calls import (
    called,
    notes_of,
    takes_metric,
    unprepared,
    unwrapped,
    with_epochs,
)
from lrviz.building.functions import counted, interpret
from lrviz.building.rates import own_rate
from lrviz.building.resumed import look
from lrviz.building.several import named
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError, kind_of
from lrviz.live.copying import adopt
from lrviz.simulation.loop import run
from lrviz.spec.cadence import Cadence
from lrviz.spec.durations import Length
from lrviz.spec.models import Interval


@overload
def record(
    optimizer: Optimizer,
    scheduler: Any,
    *,
    steps: int,
    metric: Sequence[float] | None = None,
    interval: Interval | None = None,
    frequency: int = 1,
    steps_per_epoch: int | None = None,
    label: str | None = None,
) -> Trace: ...


@overload
def record(
    optimizer: Sequence[Optimizer],
    scheduler: Any,
    *,
    steps: int,
    metric: Sequence[float] | None = None,
    interval: Interval | None = None,
    frequency: int = 1,
    steps_per_epoch: int | None = None,
    label: str | None = None,
) -> list[Trace]: ...


def record(
    optimizer: Optimizer | Sequence[Optimizer],
    scheduler: Any,
    *,
    steps: int,
    metric: Sequence[float] | None = None,
    interval: Interval | None = None,
    frequency: int = 1,
    steps_per_epoch: int | None = None,
    label: str | None = None,
) -> Trace | list[Trace]:
    """Trace an optimizer and the schedulers on it that your code built, and leave both as they are.

    The trace goes on from their present state: row t is what update t from now would use, as in
    a loop of `optimizer.step()` and `scheduler.step()`, equal bit for bit. Copies are stepped, and
    `optimizer.step()` is not run. Parameters, the optimizer's state and models are never copied;
    other tensors and arrays that a scheduler holds are, up to 32 MiB in all. So parameters may be
    of any size, on any device, and a scheduler may hold a model; it may not use it.

    The functions in a scheduler (`lr_lambda`) are not copied. They may read numbers, settings and
    tables. They may not read the optimizer, the scheduler or the model, which the simulation does
    not move, nor change anything: a counter that one counts up is put back, and is an error.
    Only what the functions and the classes of your own code read is looked at, and only as far as
    it is plain to see: not what `eval` or `getattr` with a computed name reads.

    Args:
        optimizer: Yours, at any point of its training; or a list of several that are trained
            together, each of which has its schedulers among those given.
        scheduler: Any object with `step()` on `optimizer`; or one of Lightning's dicts,
            `{"scheduler": ..., "interval": ..., "frequency": ...}`; or what `lrviz.build`
            returned; or a list of these, in the order in which they are stepped.
        steps: Updates to simulate, at least 1.
        metric: What schedulers such as ReduceLROnPlateau are given, finite: value i belongs to
            update i, or to epoch i for a scheduler stepped per epoch, both from 0.
        interval: `step` or `epoch`: when `scheduler.step()` is called, where the scheduler's dict
            does not say; `fraction`: after each update, as `step(epoch + i / steps_per_epoch)`.
            None: `epoch` for Lightning's dicts, else `step`.
        frequency: Call it every so many updates, or epochs, where the dict does not say.
        steps_per_epoch: Updates an epoch; an epoch begins with update 0.
        label: The trace's; None for the scheduler's class.

    Returns:
        The Trace, or a list with one for each of several optimizers, named after them. If a
        scheduler raised, it ends there and `trace.error` says why.

    Raises:
        UsageError: An argument is wrong, or the scheduler is on another optimizer.
        FollowError: The scheduler holds what cannot be copied, or reads what cannot be followed.

    >>> sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    >>> halving = torch.optim.lr_scheduler.ExponentialLR(sgd, gamma=0.5)
    >>> record(sgd, halving, steps=3).lr[:, 0].tolist()
    [1.0, 0.5, 0.25]
    >>> sgd.param_groups[0]["lr"], halving.last_epoch
    (1.0, 0)
    """
    if isinstance(optimizer, list | tuple):
        how: dict[str, Any] = {
            "steps": steps,
            "metric": metric,
            "interval": interval,
            "frequency": frequency,
            "steps_per_epoch": steps_per_epoch,
        }
        return _each(optimizer, scheduler, how, label)
    optimizer = unwrapped(optimizer)
    if not isinstance(optimizer, Optimizer):
        raise UsageError(f"record wants a torch optimizer first, not {kind_of(optimizer)}")
    if interval is not None and interval not in get_args(Interval):
        raise UsageError(f"interval must be 'step', 'epoch' or 'fraction', not {interval!r}")
    per_epoch = None if steps_per_epoch is None else counted("steps_per_epoch", steps_per_epoch)
    length = Length(counted("steps", steps), per_epoch)
    frequency = counted("frequency", frequency)
    given = scheduler if isinstance(scheduler, list | tuple) else [scheduler]
    schedulers = [_built_scheduler(each, optimizer, interval, frequency) for each in given]
    schedulers = [with_epochs(each, length) for each in schedulers]
    schedulers = _with_metric(schedulers, metric, length)
    resumed = look(optimizer, [built.scheduler for built in schedulers])
    adopted = adopt(optimizer, [built.scheduler for built in schedulers])
    label = (
        label or " + ".join(type(built.scheduler).__name__ for built in schedulers) or "constant"
    )
    built = Built(
        label=label,
        source=label,
        optimizer=adopted.optimizer,
        schedulers=tuple(
            replace(built, scheduler=copied)
            for built, copied in zip(schedulers, adopted.schedulers, strict=True)
        ),
        length=length,
        groups=tuple(str(each.get("name", i)) for i, each in enumerate(optimizer.param_groups)),
        warnings=(
            *_warnings(optimizer),
            *notes_of(schedulers),
            *([resumed.sentence] if resumed is not None and resumed.sentence else ()),
        ),
        rate=own_rate(optimizer),
    )
    with adopted.unchanged(), torch.random.fork_rng(devices=[]):
        return run(built)


def _each(
    optimizers: Sequence[Optimizer], schedulers: Any, how: dict[str, Any], label: str | None
) -> list[Trace]:
    """Record several optimizers, each with those of the schedulers that act on it."""
    given = list(schedulers) if isinstance(schedulers, list | tuple) else [schedulers]
    own = [[each for each in given if _acts_on(each, optimizer)] for optimizer in optimizers]
    strays = [each for each in given if not any(each in of for of in own)]
    if strays:
        kind = type(strays[0]).__name__
        raise UsageError(f"scheduler[{given.index(strays[0])}], a {kind}, is on none of them")
    metric = how["metric"]
    traces = []
    for name, optimizer, acting in zip(named(optimizers), optimizers, own, strict=True):
        looks = any(takes_metric(_scheduler(each)) for each in acting)
        one = {**how, "metric": metric if looks else None}
        title = name if label is None else f"{label} ({name})"
        traces.append(record(optimizer, acting, **one, label=title))
    return traces


def _scheduler(item: Any) -> Any:
    if isinstance(item, BuiltScheduler):
        return item.scheduler
    return unprepared(item.get("scheduler") if isinstance(item, Mapping) else item)[0]


def _acts_on(item: Any, optimizer: Optimizer) -> bool:
    return unwrapped(getattr(_scheduler(item), "optimizer", None)) is optimizer


def _built_scheduler(
    item: Any, optimizer: Optimizer, interval: Interval | None, frequency: int
) -> BuiltScheduler:
    if isinstance(item, BuiltScheduler):
        return item
    if isinstance(item, Mapping):
        return interpret([{"frequency": frequency, **item}], optimizer, interval)[1][0]
    if isinstance(item, type) or not callable(getattr(item, "step", None)):
        raise UsageError(f"record wants a scheduler, with step(); this is {kind_of(item)}")
    return called(item, Cadence(interval or "step", frequency))


def _with_metric(
    schedulers: list[BuiltScheduler], metric: Sequence[float] | None, length: Length
) -> list[BuiltScheduler]:
    values = None if metric is None else _values(metric)
    takers = [takes_metric(built.scheduler) for built in schedulers]
    if values is not None and not any(takers):
        raise UsageError("no scheduler here looks at a metric; take metric=... out")
    result = []
    for built, takes in zip(schedulers, takers, strict=True):
        found = (values if built.metric is None else built.metric) if takes else None
        if takes:
            _check_metric(built, found, length)
        result.append(replace(built, metric=found))
    return result


def _values(metric: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        values = np.asarray(metric, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError("metric must be a list of numbers") from None
    if values.ndim != 1:
        raise UsageError(f"metric must be a list of numbers, not an array of shape {values.shape}")
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise UsageError(f"metric[{wrong[0]}] is {values[wrong[0]]}: a finite number is needed")
    return values


def _check_metric(built: BuiltScheduler, values: Any, length: Length) -> None:
    name = type(built.scheduler).__name__
    unit = "epoch" if built.interval == "epoch" else "update"
    if values is None:
        raise UsageError(f"{name} needs a metric to step on; add metric=[...], a value an {unit}")
    indices = built.cadence.indices(length)
    needed = indices[-1] + 1 if indices else 0
    if len(values) < needed:
        raise UsageError(
            f"metric has {len(values):,} values, and {name} needs {needed:,}, one an {unit}: "
            "give more values, or fewer steps"
        )


def _warnings(optimizer: Optimizer) -> tuple[str, ...]:
    hooks = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
    if any(getattr(optimizer, name, None) for name in hooks):
        return (
            "the optimizer has step hooks, which are not run: what they do to the lr is not seen",
        )
    return ()
