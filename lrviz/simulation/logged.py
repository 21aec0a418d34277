"""Logs beside what was simulated: a Log as a Trace, and what it says of a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrviz.curves.diagnosis.diagnose import Planned, diagnose
from lrviz.curves.diagnosis.precision import Logged
from lrviz.curves.diagnosis.verdict import Verdict
from lrviz.curves.events import Array, Steps
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.simulation.variants import Rerun
from lrviz.sources.logs.log import Log, Series
from lrviz.spec.durations import Length
from lrviz.spec.schedule import Schedule


def trace_of(log: Log, plan: Schedule | None = None) -> Trace:
    """Return a log as a Trace: a row for each update that has a logged learning rate.

    Args:
        log: What was read.
        plan: What says how long an epoch, a batch or a sample is; None: epochs are drawn as such,
            and batches as updates.

    Raises:
        UsageError: Rows are numbered in a unit that the plan does not tell the length of.
    """
    rates = [each for each in log.series if each.param == "lr"]
    groups = tuple(each.group for each in rates)
    by_group = {group: index for index, group in enumerate(groups)}
    found = [(each, _updates(log, each, plan)) for each in log.series if each.group in by_group]
    steps = np.unique(np.concatenate([u[u >= 0] for s, u in found if s.param == "lr"]))
    if not len(steps):
        raise UsageError(f"{log.source}: no row of it belongs to an update")
    curves: dict[str, Array] = {}
    for each, updates in found:
        curve = curves.setdefault(each.param, np.full((len(steps), len(groups)), np.nan))
        inside = np.isin(updates, steps)
        curve[np.searchsorted(steps, updates[inside]), by_group[each.group]] = each.values[inside]
    return Trace(
        label=log.label,
        source=log.source,
        groups=groups,
        curves=curves,
        after={},
        length=_length(log, plan, int(steps[-1]) + 1),
        warnings=log.notes,
        steps=steps,
        precision=log.precision,
    )


def _length(log: Log, plan: Schedule | None, updates: int) -> Length:
    if plan is not None:
        return Length(
            max(updates, plan.length.updates),
            plan.length.updates_per_epoch,
            plan.length.tokens_per_update,
            plan.length.epochs_only,
        )
    total = int(log.facts.get("steps", 0))
    return Length(max(updates, total), epochs_only=log.unit == "epoch")


def _updates(log: Log, series: Series, plan: Schedule | None) -> Steps:
    """Return the update (0-based) of each row; negative ones belong to none."""
    numbers = series.steps - log.shift
    if log.unit == "update" or (plan is None and log.unit in ("batch", "epoch")):
        return np.rint(numbers).astype(np.int64)
    train = plan.tree.get("train") if plan is not None else None
    given = train if isinstance(train, dict) else {}
    if log.unit == "epoch":
        each = plan.length.unit("epoch") if plan is not None else 1
        if plan is not None and plan.length.updates_per_epoch is None:
            raise UsageError(
                f"{log.source} has a row an epoch, and how many updates an epoch has is not known; "
                "give --steps-per-epoch"
            )
        # A row shows the end of its epoch.
        return np.rint((numbers + 1) * each).astype(np.int64) - 1
    if log.unit == "batch":
        return np.floor(numbers / int(given.get("accumulate", 1))).astype(np.int64)
    size = given.get("batch_size")
    if size is None:
        raise UsageError(
            f"{log.source} counts samples, and how many an update takes is not known; give "
            "--set train.batch_size=N, or number its rows with --log-x"
        )
    samples = int(size) * int(given.get("world_size", 1)) * int(given.get("accumulate", 1))
    return np.rint(numbers / samples).astype(np.int64)


def judge(plan: Trace, log: Trace, schedule: Schedule | None = None, habit: str = "") -> Verdict:
    """Say what a log tells of a plan: equal, what happened, or where they first differ.

    Each logged param group is held against the plan's of the same index; where there are not as
    many, the first against the first. The momentum, and what else both have, is held likewise.
    A cause counts where all the curves that differ have it.

    Args:
        plan: What was simulated.
        log: From `trace_of`.
        schedule: What the plan was made of, so that it can be run otherwise.
        habit: Who is known to log the neighbouring update; may be empty.
    """
    paired = len(log.groups) == len(plan.groups)
    params = ["lr", *(name for name in plan.curves if name != "lr" and name in log.curves)]
    verdicts = [
        found
        for param in params
        for index in range(len(log.groups) if paired else 1)
        if (found := _judged(plan, log, param, index, schedule, habit)) is not None
    ]
    wrong = [each for each in verdicts if not each.equal]
    first = wrong[0] if wrong else verdicts[0]
    if not paired:
        groups = f"the log has {len(log.groups)} param groups, the plan {len(plan.groups)}"
        note = f"{groups}: compared is {log.groups[0]} with {plan.groups[0]}"
        return replace(first, notes=(*first.notes, note))
    if not wrong:
        return first
    shared = [
        cause
        for cause in first.causes
        if all(
            any((one.name, one.parameters) == (cause.name, cause.parameters) for one in each.causes)
            for each in wrong
        )
    ]
    if len(shared) == len(first.causes):
        return first
    curves = "its param groups differ"
    if len({each.param for each in wrong}) > 1:
        curves = f"the learning rate and the {wrong[-1].param} differ"
    undecided = first.undecided or f"{curves} from the plan in different ways"
    return replace(first, causes=tuple(shared), undecided="" if shared else undecided)


def _judged(
    plan: Trace, log: Trace, param: str, group: int, schedule: Schedule | None, habit: str
) -> Verdict | None:
    """Hold one curve of a log against the plan's; None where the log has no value of it."""
    values, whole = log.values(param, group), plan.values(param, group)
    held = np.isfinite(values) | ~np.isfinite(whole).all()
    if not held.any():
        return None
    steps = log.steps if log.steps is not None else np.arange(len(values))
    planned = Planned(
        whole,
        plan.updates_per_epoch,
        None if schedule is None else Rerun(schedule, group, param),
        (habit, ""),
    )
    logged = Logged(steps[held], values[held], log.precision)
    return replace(diagnose(planned, logged, (plan.label, log.label)), param=param)
