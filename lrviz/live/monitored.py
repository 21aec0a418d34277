"""The public ways to look at a run: an optimizer and a plan to a Monitor, or to an assertion."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, overload

import numpy as np
from torch.optim import Optimizer

from lrviz.building.calls import unwrapped
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError, kind_of
from lrviz.live.monitoring import Monitor, OnMismatch
from lrviz.live.plans import plan_of
from lrviz.live.rows import ROUNDING
from lrviz.live.tracing import record
from lrviz.simulation.logged import judge
from lrviz.simulation.simulated import simulated
from lrviz.sources.grammar import reference
from lrviz.sources.loading import load
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import Schedule
from lrviz.writing.numbers import count, lr

Log = str | os.PathLike[str] | None


class Monitors(dict[str, Monitor]):
    """The monitors of several optimizers, by name; a context that closes all."""

    def __enter__(self) -> Monitors:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close each."""
        for each in self.values():
            each.close()


@overload
def monitor(
    optimizer: Optimizer,
    plan: Any = None,
    *,
    start: int = 0,
    log: Log = None,
    on_mismatch: OnMismatch = "warn",
    **overrides: Any,
) -> Monitor: ...


@overload
def monitor(
    optimizer: Mapping[str, Optimizer],
    plan: Mapping[str, Any] | None = None,
    *,
    start: int | Mapping[str, int] = 0,
    log: Log = None,
    on_mismatch: OnMismatch = "warn",
    **overrides: Any,
) -> Monitors: ...


def monitor(
    optimizer: Optimizer | Mapping[str, Optimizer],
    plan: Any = None,
    *,
    start: int | Mapping[str, int] = 0,
    log: Log = None,
    on_mismatch: OnMismatch = "warn",
    **overrides: Any,
) -> Monitor | Monitors:
    """Hold what each update of a running optimizer uses against a plan, and log it.

    A hook before the optimizer's own step reads the learning rate of every param group, and the
    momentum where the plan moves it; nothing is changed. The first update that differs is told at
    once, and its cause as soon as enough updates tell it apart from others. Updates that torch's
    GradScaler skips, while the schedule is stepped, are a shift: `close()` tells how many.

    Args:
        optimizer: Yours; or several by name, each with a plan.
        plan: What `lrviz.load` takes (a path, a name, a mapping, a Schedule), a Trace, or the
            schedulers on the optimizer: what these would do from here on. None: it is only logged.
        start: The update, 0-based, that comes next: of a training that is resumed. Of several
            optimizers by their names, where they have not made as many.
        log: A CSV file, one row an update, as exact doubles; what is in it already stays, and
            `lrviz compare PLAN LOG` reads it. Of several optimizers each has its own:
            `lr-NAME.csv`. In a distributed run rank 0 writes, and tells.
        on_mismatch: `warn`; `raise` ends the run at the first difference; or what is called with a
            `Mismatch`, once at once, and once with its cause.
        **overrides: As for `lrviz.load`; of schedulers `interval` and `steps_per_epoch`.

    Returns:
        The monitor; close it, or use it in a `with` statement.

    Raises:
        UsageError: There is neither a plan nor a log, or the plan is none of one schedule.
        MismatchError: From `optimizer.step()`, with `on_mismatch="raise"`.

    >>> import torch
    >>> sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    >>> with monitor(sgd, "linear", steps=2, lr=1.0, on_mismatch="raise") as watched:
    ...     sgd.step()
    >>> watched.update
    1
    """
    if isinstance(optimizer, Mapping):
        return _each(optimizer, plan, start, log, on_mismatch, overrides)
    optimizer = unwrapped(optimizer)
    if not isinstance(optimizer, Optimizer):
        raise UsageError(f"monitor wants a torch optimizer first, not {kind_of(optimizer)}")
    if plan is None and log is None:
        raise UsageError("monitor wants a plan, or a log to write")
    modes: tuple[object, ...] = ("warn", "raise")
    if on_mismatch not in modes and not callable(on_mismatch):
        raise UsageError(f"on_mismatch must be 'warn', 'raise' or a callable, not {on_mismatch!r}")
    whole: Any = start
    if not isinstance(whole, int) or whole < 0:
        raise UsageError(f"start must be a whole number, at least 0, not {start!r}")
    if log is not None and not isinstance(log, str | os.PathLike):
        raise UsageError(f"log must be the path of a file, not {log!r}")
    unknown = sorted(set(overrides) - {each.name for each in fields(Overrides)})
    if unknown:
        raise UsageError(f"monitor takes no {', '.join(unknown)}; it takes what lrviz.load does")
    held = None if plan is None else plan_of(plan, optimizer, overrides, whole)
    return Monitor(optimizer, held, whole, log, on_mismatch)


def _each(
    optimizers: Mapping[str, Optimizer],
    plans: Any,
    start: int | Mapping[str, int],
    log: Log,
    on_mismatch: OnMismatch,
    overrides: dict[str, Any],
) -> Monitors:
    if plans is not None and (not isinstance(plans, Mapping) or not set(plans) <= set(optimizers)):
        raise UsageError(f"a plan for each of {', '.join(optimizers)} is wanted, by these names")
    found = Monitors()
    for name, optimizer in optimizers.items():
        if log is not None and re.search(r"[\\/\0]", name):
            raise UsageError(f"{name!r}: a name stands in that of a log, and can have no slash")
        path = None if log is None else Path(os.fspath(log))
        own = None if path is None else path.with_name(f"{path.stem}-{name}{path.suffix}")
        plan = None if plans is None else plans.get(name)
        if plan is not None or own is not None:
            first = start.get(name, 0) if isinstance(start, Mapping) else start
            found[name] = monitor(
                optimizer, plan, start=first, log=own, on_mismatch=on_mismatch, **overrides
            )
    return found


def assert_schedule(
    optimizer: Optimizer,
    scheduler: Any,
    plan: Any,
    *,
    steps: int,
    interval: Any = None,
    steps_per_epoch: int | None = None,
    **overrides: Any,
) -> None:
    """Assert that objects of yours will do what a plan says, in a test of your own.

    Args:
        optimizer: As for `lrviz.record`, which looks at what they will do, and leaves them.
        scheduler: Likewise.
        plan: What `lrviz.load` takes, or a Trace.
        steps: Updates.
        interval: As for `lrviz.record`.
        steps_per_epoch: Likewise, and of the plan where it does not say.
        **overrides: As for `lrviz.load`, of the plan.

    Raises:
        AssertionError: They differ; with the first update that does, and what is known of why.
    """
    found = record(
        optimizer, scheduler, steps=steps, interval=interval, steps_per_epoch=steps_per_epoch
    )
    schedule: Schedule | None = None
    if isinstance(plan, str) and reference(plan).kind == "name":
        overrides.setdefault("steps", steps)  # a name has no length of its own
    if not isinstance(plan, Trace):
        [schedule] = [plan] if isinstance(plan, Schedule) else load(plan, **overrides)
    whole = plan if schedule is None else simulated(schedule)
    verdict = judge(whole, found, schedule)
    first = verdict.differs
    if first is not None:
        of = "" if verdict.param == "lr" else f"{verdict.param} "
        told = f"{of}{lr(first.logged, 12)}, the plan says {lr(first.planned, 12)}"
        raise AssertionError(f"update {count(first.update)} uses {told}: {verdict.sentence}")
    _assert_every_group(whole, found)


def _assert_every_group(plan: Trace, found: Trace) -> None:
    """Assert that every quantity of every group is as planned, but for rounding.

    Raises:
        AssertionError: One is not.
    """
    if len(plan.groups) not in (1, len(found.groups)):
        raise AssertionError(
            f"the optimizer has {len(found.groups)} param groups, the plan {len(plan.groups)}"
        )
    rows = min(len(plan.lr), len(found.lr))
    if rows < len(found.lr):
        raise AssertionError(
            f"the plan ends at update {count(rows - 1)}, and steps={len(found.lr)} go beyond it"
        )
    apart = set(plan.curves) ^ set(found.curves)
    for name in sorted(apart):
        moves, stays = ("plan", "schedulers") if name in plan.curves else ("schedulers", "plan")
        raise AssertionError(f"the {moves} move {name}, and the {stays} do not")
    for name, curve in plan.curves.items():
        planned = np.broadcast_to(curve[:rows], (rows, len(found.groups)))
        used = found.curves[name][:rows]
        wrong = ~np.isclose(used, planned, rtol=ROUNDING, atol=0, equal_nan=True)
        if wrong.any():
            update, group = (int(each) for each in np.argwhere(wrong)[0])
            raise AssertionError(
                f"update {count(update)} uses {lr(float(used[update, group]), 12)} as {name} in "
                f"param group {group}, the plan says {lr(float(planned[update, group]), 12)}"
            )
