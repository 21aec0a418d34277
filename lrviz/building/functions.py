"""Functions of users that build a schedule, or are one: `module:callable`."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lrviz.building import unheard
from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.calls import (
    called,
    may_be_told,
    notes_of,
    takes_metric,
    unwrapped,
    with_epochs,
    with_values,
)
from lrviz.building.dummy import IDLE
from lrviz.building.quantities import readers
from lrviz.building.raised import by_torch, remedy
from lrviz.building.rates import own_rate
from lrviz.building.resumed import look
from lrviz.building.several import Several, split
from lrviz.errors import LrvizError, ScheduleError, UsageError, kind_of, shown, words
from lrviz.spec.cadence import Cadence
from lrviz.spec.models import Interval
from lrviz.spec.schedule import Schedule

_FORMS = (
    "a scheduler, (optimizer, scheduler), or what Lightning's configure_optimizers returns: "
    '{"optimizer": ..., "lr_scheduler": ...}, or [optimizer], [scheduler]'
)
_INTERVALS: tuple[Interval, ...] = ("step", "epoch")  # those that a form of Lightning may say
_LIGHTNING = {
    "scheduler",
    "interval",
    "frequency",
    "monitor",
    "strict",
    "name",
    "reduce_on_plateau",
}


def build_function(schedule: Schedule, optimizer: Optimizer) -> Built:
    """Build what a schedule's function makes.

    The function is called with those of `optimizer`, `steps`, `epochs` and `steps_per_epoch` that
    its signature names, and returns a scheduler, `(optimizer, scheduler)`, or one of the forms of
    Lightning's `configure_optimizers`. A function of one other argument is itself the schedule:
    step -> lr, step being 0, 1, 2 ...

    Args:
        schedule: One with a function.
        optimizer: What the function is given where it asks for one.

    Raises:
        UsageError: It asks for something else, or returns something else.
        ScheduleError: It raised.
    """
    function: Callable[..., Any] = schedule.function or (lambda: None)
    required, optional = _parameters(function)
    known = _known(schedule, optimizer)
    unknown = [name for name in required if name not in (*known, "epochs", "steps_per_epoch")]
    if len(required) == 1 and unknown:
        for group in optimizer.param_groups:
            group["lr"] = 1.0  # LambdaLR multiplies, and 1.0 * f(step) is f(step)
        scheduler = _called(schedule, lambda: LambdaLR(optimizer, function))
        built = BuiltScheduler(scheduler, Cadence(schedule.stepped or "step"))
        return _built(schedule, optimizer, (built,), unheard.of_metric(schedule, [built]))
    if unknown:
        raise UsageError(
            f"{schedule.source} wants {', '.join(unknown)}; it can have optimizer, steps, epochs, "
            "steps_per_epoch, or be a function of the step alone"
        )
    missing = [name for name in required if name not in known]
    if missing:
        raise UsageError(
            f"{schedule.source} wants {' and '.join(missing)}; give --steps-per-epoch or --epochs"
        )
    wanted = {*required, *optional} & set(known)
    result = _called(schedule, lambda: function(**{name: known[name] for name in wanted}))
    apart = split(result)
    if apart:
        if schedule.picked is None:
            raise Several(schedule, [each for each, _ in apart])
        result = apart[schedule.picked][1]
    used, schedulers = interpret(result, optimizer, schedule.stepped)
    schedulers = [with_epochs(each, schedule.length) for each in schedulers]
    schedulers = [_with_metric(schedule, each, result) for each in schedulers]
    _check_optimizer(schedule, used)
    if used is not optimizer:
        vars(used).update(IDLE)  # its own step may want a closure, or gradients
    ways = [interpret(result, optimizer, each)[1] for each in _INTERVALS]
    asked_for = optimizer if "optimizer" in wanted else None
    warned = (
        *unheard.by_function(schedule, used, asked_for, ways),
        *unheard.of_metric(schedule, schedulers),
        *unheard.of_epochs(schedule, result),
    )
    beside = [type(each).__name__ for each, _ in apart if each is not used]
    notes = (
        *notes_of(schedulers),
        *(_told(schedulers, schedule) if ways[0] != ways[1] else ()),
        *unheard.of_scheduler(schedulers, type(used).__name__, beside),
    )
    return _built(schedule, used, tuple(schedulers), warned, notes)


def interpret(
    result: Any, optimizer: Optimizer, interval: Interval | None = None
) -> tuple[Optimizer, list[BuiltScheduler]]:
    """Read what a user's function returned.

    Args:
        result: A scheduler; `(optimizer, scheduler)`; an optimizer alone; Lightning's forms, whose
            schedulers are stepped per epoch unless they say otherwise.
        optimizer: What the function was given.
        interval: When `step()` is called, where the result does not say.

    Raises:
        UsageError: It is something else, or has more than one optimizer.
    """
    if isinstance(result, Mapping) and "optimizer" in result:
        named = result.get("lr_scheduler")
        return result["optimizer"], [] if named is None else [_lightning(named, interval)]
    if isinstance(result, Optimizer):
        return result, []
    if isinstance(result, tuple | list) and len(result) == 2:
        first, second = unwrapped(result[0]), result[1]
        if isinstance(second, int | float) and callable(getattr(first, "step", None)):
            return interpret(first, optimizer, interval)  # timm's (scheduler, num_epochs)
        if isinstance(first, Optimizer) and not isinstance(second, Optimizer):
            each = second if isinstance(second, list | tuple) else [second]
            return first, [_one(item, interval) for item in each]
        if isinstance(first, list | tuple) and isinstance(second, list | tuple):
            return _only(first), [_lightning(item, interval) for item in second]
    if isinstance(result, tuple | list) and result:
        if all(isinstance(each, Optimizer | Mapping) for each in result):
            return interpret(_only(result), optimizer, interval)
        return _of_schedulers(list(result), optimizer, interval)
    return _of_schedulers([result], optimizer, interval)


def _of_schedulers(
    results: list[Any], optimizer: Optimizer, interval: Interval | None
) -> tuple[Optimizer, list[BuiltScheduler]]:
    built = [_one(each, interval) for each in results]
    on = [unwrapped(getattr(each.scheduler, "optimizer", optimizer)) for each in built]
    if any(each is not on[0] for each in on):
        raise UsageError("the schedulers that were returned act on different optimizers")
    return on[0], built


def _one(item: Any, interval: Interval | None) -> BuiltScheduler:
    if isinstance(item, Mapping):
        return _lightning(item, interval)
    if isinstance(item, type) or not callable(getattr(item, "step", None)):
        raise UsageError(f"{kind_of(item)} was returned; return {_FORMS}")
    return called(item, Cadence(interval or "step"))


def _lightning(item: Any, interval: Interval | None) -> BuiltScheduler:
    if not isinstance(item, Mapping):
        return _one(item, interval or "epoch")
    unknown = set(item) - _LIGHTNING
    if "scheduler" not in item or unknown:
        what = f"unknown keys {', '.join(map(str, unknown))}" if unknown else "no 'scheduler'"
        raise UsageError(f"lr_scheduler has {what}; it has: {', '.join(sorted(_LIGHTNING))}")
    stepped = item.get("interval", interval or "epoch")
    if "interval" in item and stepped not in _INTERVALS:
        raise UsageError(f"interval must be 'step' or 'epoch', not {stepped!r}")
    found = _one(item["scheduler"], stepped)
    frequency = counted("frequency", item.get("frequency", 1))
    return replace(found, cadence=replace(found.cadence, frequency=frequency))


def counted(name: str, value: Any) -> int:
    """Return a count that user code gives.

    Raises:
        UsageError: It is no whole number, or less than 1.
    """
    try:
        count = operator.index(value)
    except TypeError:
        count = 0
    if count < 1 or isinstance(value, bool):
        raise UsageError(f"{name} must be a whole number, at least 1, not {value!r}")
    return count


def _only(optimizers: Any) -> Any:
    if len(optimizers) != 1:
        raise UsageError(f"{len(optimizers)} optimizers were returned; look at one at a time")
    return optimizers[0]


def _told(schedulers: Sequence[BuiltScheduler], schedule: Schedule) -> list[str]:
    """Return notes of what may be meant where neither the function nor the user says it."""
    if schedule.stepped is not None:
        return []
    stepped = [each for each in schedulers if each.interval == "step"]
    return list(filter(None, (may_be_told(each, schedule.length) for each in stepped)))


def _parameters(function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """Return the names of the required and of the optional arguments."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a builtin that tells nothing: math.cos
        return ["step"], []
    named = [
        each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    required = [each.name for each in named if each.default is each.empty]
    return required, [each.name for each in named if each.name not in required]


def _with_metric(schedule: Schedule, built: BuiltScheduler, result: Any) -> BuiltScheduler:
    """Return a scheduler with the metric's values where it looks at one."""
    if not takes_metric(built.scheduler):
        return built
    if schedule.metric is not None:
        return with_values(built, schedule.metric, schedule.length, schedule.folder)
    unit = "epoch" if built.interval == "epoch" else "update"
    column = _monitored(result) or "val_loss"
    raise UsageError(
        f"{schedule.source}: {type(built.scheduler).__name__} looks at a metric; give its values, "
        f"one an {unit}: --metric FILE:COLUMN, as in --metric val.csv:{column}"
    )


def _monitored(result: Any) -> str | None:
    """Return what a form of Lightning's says that its scheduler monitors."""
    if isinstance(result, Mapping):
        inner = result.get("monitor") or _monitored(result.get("lr_scheduler"))
        return inner if isinstance(inner, str) else None
    if isinstance(result, list | tuple):
        return next(filter(None, map(_monitored, result)), None)
    return None


def _known(schedule: Schedule, optimizer: Optimizer) -> dict[str, Any]:
    length = schedule.length
    known: dict[str, Any] = {"optimizer": optimizer, "steps": length.updates}
    if length.updates_per_epoch:
        known["steps_per_epoch"] = length.updates_per_epoch
        known["epochs"] = -(-length.updates // length.updates_per_epoch)
    return known


def _check_optimizer(schedule: Schedule, optimizer: Any) -> None:
    """Check that what a user's function built has the numbers that a simulation reads."""
    groups = getattr(optimizer, "param_groups", None)
    if groups is None:
        kind = type(optimizer).__name__
        raise UsageError(f"the 'optimizer' that was returned is a {kind}, not a torch optimizer")
    if not groups:
        raise ScheduleError(f"{schedule.source}: the optimizer has no param groups")
    for index, group in enumerate(groups):
        if "lr" not in readers(group):
            raise ScheduleError(
                f"{schedule.source}: param group {index} has no lr that is a number "
                f"(it is {shown(group.get('lr'))})"
            )


def _called(schedule: Schedule, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except (LrvizError, KeyboardInterrupt):
        raise
    except BaseException as error:
        known = remedy(words(error)) if by_torch(error) else None
        why = f"; {known}" if known else ""
        raise ScheduleError(f"{schedule.source} raised {words(error)}{why}") from error


def _built(
    schedule: Schedule,
    optimizer: Optimizer,
    schedulers: tuple[BuiltScheduler, ...],
    warned: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Built:
    resumed = look(optimizer, [each.scheduler for each in schedulers])
    if resumed is not None and resumed.sentence:
        warned = (*warned, resumed.sentence)
    return Built(
        label=schedule.label,
        source=schedule.source,
        optimizer=optimizer,
        schedulers=schedulers,
        length=schedule.length,
        groups=tuple(_names(optimizer)),
        warnings=(*schedule.warnings, *warned),
        notes=notes,
        rate=own_rate(optimizer),
        resumed=resumed,
    )


def _names(optimizer: Optimizer) -> Iterator[str]:
    for index, group in enumerate(optimizer.param_groups):
        yield str(group.get("name", index))
