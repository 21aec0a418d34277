"""What the command line says of a schedule, and nothing in what was built follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrviz.building.built import BuiltScheduler
from lrviz.document import place_of, unplaced
from lrviz.spec.schedule import Schedule

if TYPE_CHECKING:
    from torch.optim import Optimizer


def of_lr(schedule: Schedule, optimizer: Optimizer, lrs: Sequence[float]) -> list[str]:
    """Return a warning where the schedulers begin at rates of their own, whatever `--lr` says.

    Args:
        schedule: What was built.
        optimizer: After its schedulers were.
        lrs: The lr of each of its param groups before.
    """
    said = _said_of_lr(schedule)
    groups = zip(optimizer.param_groups, lrs, strict=True)
    if not said or any(group.get("initial_lr", lr) == lr for group, lr in groups):
        return []
    texts = " ".join(str(unplaced(member.node)) for member in schedule.members)
    if re.search(r"'[\d.eE+-]*lr'", texts):  # a share of the optimizer's: '0.1lr'
        return []
    return [f"{said}: without effect, its scheduler sets the rates"]


def _said_of_lr(schedule: Schedule) -> str:
    """Return the option of the command line that says the optimizer's lr, if one does."""
    if schedule.optimizer.lr is not None:
        return f"--lr {schedule.optimizer.lr}"
    place = place_of(schedule.optimizer.options, ("lr",))
    return str(place) if place is not None and place.file.startswith("--set") else ""


def by_function(
    schedule: Schedule,
    used: Optimizer,
    given: Optimizer | None,
    ways: Sequence[Sequence[BuiltScheduler]],
) -> tuple[str, ...]:
    """Return warnings of what a user's function was told and made no use of.

    Args:
        schedule: The function's.
        used: The optimizer that it returned.
        given: The one that it asked for; None where it did not.
        ways: The schedulers that it returned, read once for each interval that may be said.
    """
    found = []
    if given is not None and used is not given:
        found.append(
            f"it made an optimizer of its own, {type(used).__name__}: the one that it was given, "
            f"{schedule.optimizer.type}, and what is said of that (--optimizer, --lr, --set "
            "optimizer) act on nothing"
        )
    cadences = [[each.cadence for each in way] for way in ways]
    if schedule.stepped is not None and all(each == cadences[0] for each in cadences):
        found.append(
            f"--interval {schedule.stepped}: without effect, what it returned says when step() is "
            "called"
        )
    return tuple(found)


def of_scheduler(
    schedulers: Sequence[BuiltScheduler], used: str, beside: Sequence[str]
) -> tuple[str, ...]:
    """Return a warning where one of several optimizers has no scheduler.

    Args:
        schedulers: Its own.
        used: Its name.
        beside: The names of the others.
    """
    if schedulers or not beside:
        return ()
    others = ", ".join(beside)
    return (f"no scheduler acts on {used}, beside {others}: its lr stays as it is",)


def of_metric(schedule: Schedule, built: Sequence[BuiltScheduler]) -> tuple[str, ...]:
    """Return a warning where a function's schedulers look at no metric, and one was given."""
    if schedule.metric is None or any(each.metric is not None for each in built):
        return ()
    return (
        f"--metric {schedule.metric.file}:{schedule.metric.column}: without effect, no scheduler "
        "here looks at a metric",
    )


def of_epochs(schedule: Schedule, result: object) -> tuple[str, ...]:
    """Return a warning where a function says how many epochs there are, and others are shown.

    timm's `create_scheduler` returns `(scheduler, num_epochs)`.
    """
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], int | float)):
        return ()
    shown, per_epoch = schedule.length.updates, schedule.length.updates_per_epoch
    if per_epoch is not None and shown == result[1] * per_epoch:
        return ()
    return (
        f"it returned {result[1]:g} epochs, and {shown:,} updates are shown: "
        f"--epochs {result[1]:g} --steps-per-epoch N shows the whole training",
    )
