"""Functions of users that build a schedule, or are one: `module:callable`."""

from __future__ import annotations

import inspect
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lrviz.adoption import interpret
from lrviz.errors import LrvizError, ScheduleError, UsageError
from lrviz.factory import Built, BuiltScheduler
from lrviz.optimizers import build_optimizer
from lrviz.spec import Schedule


def build_function(schedule: Schedule, optimizer: Optimizer | None = None) -> Built:
    """Build what a schedule's function makes.

    The function is called with those of `optimizer`, `steps`, `epochs` and `steps_per_epoch` that
    its signature names, and returns a scheduler, `(optimizer, scheduler)`, or one of the forms of
    Lightning's `configure_optimizers`. A function of one other argument is itself the schedule:
    step -> lr, step being 0, 1, 2 ...

    Raises:
        UsageError: It asks for something else, or returns something else.
        ScheduleError: It raised.
    """
    function = schedule.function
    if function is None:
        raise UsageError(f"{schedule.label} has no function")
    length = schedule.length
    known: dict[str, Any] = {"steps": length.updates, "steps_per_epoch": length.updates_per_epoch}
    if length.updates_per_epoch:
        known["epochs"] = -(-length.updates // length.updates_per_epoch)
    parameters = inspect.signature(function).parameters.values()
    required = [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    unknown = [name for name in required if name not in (*known, "optimizer", "epochs")]
    optimizer = optimizer or build_optimizer(schedule)
    if len(required) == 1 and unknown:
        for group in optimizer.param_groups:
            group["lr"] = 1.0  # LambdaLR multiplies: 1.0 * f(step) is f(step)
        scheduler = _called(schedule, lambda: LambdaLR(optimizer, function))
        return _built(schedule, optimizer, (BuiltScheduler(scheduler),))
    if unknown or ("epochs" in required and "epochs" not in known):
        names = ", ".join(unknown) or "epochs"
        hint = "" if unknown else "; --epochs or --steps-per-epoch gives it"
        raise UsageError(
            f"{schedule.source} wants {names}; it can have optimizer, steps, epochs, "
            f"steps_per_epoch{hint}"
        )
    wanted = {each.name for each in parameters} & {*known, "optimizer"}
    arguments = {name: {**known, "optimizer": optimizer}[name] for name in wanted}
    result = _called(schedule, lambda: function(**arguments))
    used, schedulers = interpret(result, optimizer)
    return _built(schedule, used, tuple(schedulers))


def _called(schedule: Schedule, action: Any) -> Any:
    try:
        return action()
    except LrvizError:
        raise
    except Exception as error:  # a user's function may raise anything
        raise ScheduleError(f"{schedule.source} raised {type(error).__name__}: {error}") from error


def _built(
    schedule: Schedule, optimizer: Optimizer, schedulers: tuple[BuiltScheduler, ...]
) -> Built:
    return Built(
        label=schedule.label,
        source=schedule.source,
        optimizer=optimizer,
        schedulers=schedulers,
        length=schedule.length,
        groups=tuple(str(index) for index in range(len(optimizer.param_groups))),
    )
