"""What a running optimizer is held against: a SOURCE, a Trace or schedulers to rows of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import torch
from torch.optim import Optimizer

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.calls import called, with_epochs
from lrviz.building.factory import build_schedule
from lrviz.building.functions import interpret
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.live.copying import adopt
from lrviz.simulation.loop import blocks
from lrviz.simulation.simulated import simulated
from lrviz.sources.loading import Source, load
from lrviz.spec.cadence import Cadence
from lrviz.spec.durations import MOST, Length
from lrviz.spec.models import Interval
from lrviz.spec.schedule import Schedule

Rows = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Plan:
    """What an optimizer's updates are to use.

    Attributes:
        label: Its name.
        blocks: The values of updates 0, 1, 2 ... in blocks, by quantity, shape (M, G).
        schedule: What it was made from, so that it can be run otherwise; None where it cannot.
        trace: It, where it is one.
        goes_on: Its first row is the update that comes next, not the training's first.
    """

    label: str
    blocks: Iterator[Rows]
    schedule: Schedule | None = None
    trace: Trace | None = None
    goes_on: bool = False

    def whole(self) -> Trace | None:
        """Return the plan from its first to its last update; None where it has no end."""
        if self.trace is not None:
            return self.trace
        return simulated(self.schedule) if self.schedule is not None else None


def plan_of(plan: Any, optimizer: Optimizer, overrides: dict[str, Any], start: int = 0) -> Plan:
    """Return what a plan's updates are to use.

    Args:
        plan: What `lrviz.load` takes, a Trace, or schedulers on `optimizer`: what these do from
            here on.
        optimizer: The one that is looked at.
        overrides: As for `lrviz.load`.
        start: The update that comes next.

    Raises:
        LrvizError: There is no such source, or it is none of one schedule.
    """
    if isinstance(plan, Trace):
        if plan.logged:
            raise UsageError("a log is no plan: it has not every update")
        return Plan(plan.label, iter([plan.curves]), trace=plan)
    if _are_schedulers(plan):
        unknown = set(overrides) - {"interval", "steps_per_epoch"}
        if unknown:
            raise UsageError(f"{', '.join(sorted(unknown))}: without effect on schedulers")
        _check_epochs(plan, overrides, start)
        return Plan("the schedulers", _ahead(optimizer, plan, overrides), goes_on=True)
    source: Source = plan
    schedules = [source] if isinstance(source, Schedule) else load(source, **overrides)
    if len(schedules) != 1:
        labels = ", ".join(each.label for each in schedules)
        raise UsageError(f"a plan is one schedule; pick one with '#label': {labels}")
    return Plan(schedules[0].label, blocks(build_schedule(schedules[0])), schedules[0])


def _are_schedulers(plan: Any) -> bool:
    each = plan[0] if isinstance(plan, list | tuple) and plan else plan
    if isinstance(each, Mapping):
        each = each.get("scheduler")
        return callable(getattr(each, "step", None))
    return isinstance(each, BuiltScheduler) or callable(getattr(each, "step", None))


def _check_epochs(plan: Any, how: dict[str, Any], start: int) -> None:
    """Refuse schedulers that are stepped per epoch where it is not known when the next one ends."""
    stepped = how.get("interval")
    if stepped not in (None, *get_args(Interval)):
        raise UsageError(f"interval must be 'step', 'epoch' or 'fraction', not {stepped!r}")
    listed = plan if isinstance(plan, list | tuple) else [plan]
    intervals = [
        each.get("interval", stepped or "epoch") if isinstance(each, Mapping) else stepped
        for each in listed
    ]
    each_epoch = how.get("steps_per_epoch")
    if "epoch" in intervals and each_epoch is None:
        raise UsageError("the schedulers are stepped per epoch: give steps_per_epoch")
    if "epoch" in intervals and each_epoch is not None and start % each_epoch:
        raise UsageError(
            f"the schedulers are stepped per epoch, and start={start} is within one of "
            f"{each_epoch} updates: begin at an epoch's first update, or give a plan by name"
        )


def _ahead(optimizer: Optimizer, given: Any, how: dict[str, Any]) -> Iterator[Rows]:
    """Step copies of schedulers, a block of updates ahead of the training."""
    listed: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
    length = Length(MOST, how.get("steps_per_epoch"))
    built = []
    for each in listed:
        if isinstance(each, Mapping):
            each = interpret([each], optimizer, how.get("interval"))[1][0]
        elif not isinstance(each, BuiltScheduler):
            each = called(each, Cadence(how.get("interval") or "step"))
        built.append(with_epochs(each, length))
    adopted = adopt(optimizer, [each.scheduler for each in built])
    copies = tuple(
        replace(each, scheduler=copy) for each, copy in zip(built, adopted.schedulers, strict=True)
    )
    groups = tuple(str(index) for index in range(len(optimizer.param_groups)))
    ahead = blocks(Built("plan", "plan", adopted.optimizer, copies, length, groups))
    while True:
        with adopted.unchanged(), torch.random.fork_rng(devices=[]):
            rows = next(ahead, None)
        if rows is None:
            return
        yield rows
