"""A plan held against a log: equal, or what explains every value, or the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lrviz.curves.diagnosis.causes import Lag, at, fast_paces, lags, shifted, slow_paces
from lrviz.curves.diagnosis.precision import Logged
from lrviz.curves.diagnosis.search import rate, whole_number
from lrviz.curves.diagnosis.variants import Variants
from lrviz.curves.diagnosis.verdict import Cause, FirstDifference, Verdict
from lrviz.curves.events import Array, Flags
from lrviz.writing import numbers

_DISTINCT = 3  # different values that must speak for a cause with one number
_FEW_DIGITS = 6  # digits up to which twice as many must
_CHANGES = 8  # skips, or restarts, at the most
_SKIPPED = 20  # updates in a row that a scaler may skip; more lost at once are a restart
_LONGEST = 200_000  # updates up to which a plan is run again for a cause that another explains
_MOST = 20_000_000  # updates that the plan's schedule is stepped on for a pace


@dataclass(frozen=True, eq=False)
class Planned:
    """One curve of a plan.

    Attributes:
        values: Shape (N,): what update t was to use.
        updates_per_epoch: Updates an epoch, or None.
        variants: The plan's schedule, to be run otherwise; None where only values are known.
        habits: Who logs the next update's value, and who that of the one before; may be empty.
    """

    values: Array
    updates_per_epoch: int | None = None
    variants: Variants | None = None
    habits: tuple[str, str] = ("", "")


def diagnose(plan: Planned, logged: Logged, labels: tuple[str, str]) -> Verdict:
    """Hold a log against a plan.

    A cause is named where it explains every logged value within the log's precision, and where
    enough different values speak for it; if several do, all are, the simplest first.

    Args:
        plan: What was to be.
        logged: What was; at least one value.
        labels: Of the plan and of the log.
    """
    last = int(logged.updates[-1])
    values = _long_enough(plan, last + 2)
    expected = at(values, logged.updates)
    agrees = logged.agrees(expected)
    notes = tuple(_notes(plan, logged, agrees))
    base = Verdict(
        labels[0],
        labels[1],
        len(logged.updates),
        int(logged.updates[0]),
        last,
        logged.words(),
        notes=notes,
    )
    if agrees.all():
        rounding = int(np.count_nonzero(~logged.equals(expected)))
        return replace(base, rounding=rounding)
    row = int(np.flatnonzero(~agrees)[0])
    differs = FirstDifference(
        int(logged.updates[row]), float(expected[row]), float(logged.values[row])
    )
    causes = _simplest_first(plan, list(_found(plan, values, logged, agrees)))
    undecided = "" if causes else _why_not(logged, agrees)
    return replace(
        base,
        differs=differs,
        largest=_largest(logged.values, expected),
        causes=causes,
        undecided=undecided,
    )


def _long_enough(plan: Planned, updates: int) -> Array:
    """Return the plan's values, stepped on beyond its end where the log goes on."""
    if updates <= len(plan.values) or plan.variants is None or updates > _MOST:
        return plan.values
    longer = plan.variants.longer(updates)
    return plan.values if longer is None else longer


def _notes(plan: Planned, logged: Logged, agrees: Flags) -> Iterator[str]:
    last, count = int(logged.updates[-1]), len(plan.values)
    interval = int(np.median(np.diff(logged.updates))) if len(logged.updates) > 1 else 1
    if last + interval < count:
        yield (
            f"the log ends at update {last:,}, the plan at {count - 1:,}"
            + (": it ended early, or is still running" if agrees.all() else "")
        )
    elif last >= count:
        yield f"the log goes on to update {last:,}, beyond the plan's last, {count - 1:,}"


@np.errstate(invalid="ignore", divide="ignore")
def _largest(values: Array, expected: Array) -> float:
    size = np.maximum(np.abs(values), np.abs(expected))
    relative = np.where(size > 0, np.abs(values - expected) / size, 0.0)
    return float(np.nanmax(relative, initial=0.0))


def _why_not(logged: Logged, agrees: Flags) -> str:
    distinct = len(np.unique(logged.values[~agrees]))
    if distinct < _needed(logged):
        count = "one value" if distinct == 1 else f"{distinct} different values"
        return f"{count} off the plan cannot tell a cause"
    return "no known cause explains every logged value"


def _needed(logged: Logged) -> int:
    """Return how many different values must speak for a cause."""
    if isinstance(logged.precision, int) and logged.precision <= _FEW_DIGITS:
        return 2 * _DISTINCT
    return _DISTINCT


def _found(plan: Planned, values: Array, logged: Logged, agrees: Flags) -> Iterator[Cause]:
    """Yield the causes that explain the log, those that cost little first."""
    needed = _needed(logged)
    if len(np.unique(logged.values[~agrees])) < needed:
        return
    found = []
    for cause, expected in _cheap(plan, values, logged):
        if logged.agrees(expected).all():
            found.append(cause)
            yield cause
    for cause in _behind(values, logged, needed):
        found.append(cause)
        yield cause
    if plan.variants is not None and (not found or len(values) <= _LONGEST):
        yield from _run_again(plan, plan.variants, values, logged, agrees)


def _simplest_first(plan: Planned, causes: list[Cause]) -> tuple[Cause, ...]:
    """Return causes once each; an epoch's updates are the likelier pace than a number beside it."""
    told = {each.sentence: each for each in causes}

    def foreign(cause: Cause) -> bool:
        pace = cause.parameters.get("steps_per_update", cause.parameters.get("updates_per_step"))
        return pace is not None and pace != plan.updates_per_epoch

    home = any(each.name in ("fast", "slow") and not foreign(each) for each in told.values())
    return tuple(sorted(told.values(), key=foreign) if home else told.values())


def _cheap(plan: Planned, values: Array, logged: Logged) -> Iterator[tuple[Cause, Array]]:
    yield from shifted(logged, values, plan.habits)
    for pace, offset in slow_paces(logged, values):
        yield _slow(pace, offset, plan), at(values, (logged.updates + offset) // pace)
    last = int(logged.updates[-1])
    paces = fast_paces(logged, _stepped_on(plan, values))
    # A schedule that comes round has aliases, paces at which one update is beyond its whole length.
    within = [each for each in paces if each[0] <= len(plan.values)]
    for pace, offset in within or paces:
        updates = pace * last + offset + 1
        longer = values
        if updates > len(values) and plan.variants is not None and updates <= _MOST:
            longer = _or(plan.variants.longer(updates), values)
        yield _fast(pace, offset, plan), at(longer, pace * logged.updates + offset)


def _or(longer: Array | None, values: Array) -> Array:
    return values if longer is None else longer


def _stepped_on(plan: Planned, values: Array) -> Array:
    """Return so much of the plan that the first paces can be told, a few times its length."""
    updates = min(max(4 * len(values), 1000), 1_000_000)
    if plan.variants is None or updates <= len(values):
        return values
    return _or(plan.variants.longer(updates), values)


def _fast(pace: int, offset: int, plan: Planned) -> Cause:
    sentence = f"the run took {pace:,} of the plan's steps for each update: "
    if pace == plan.updates_per_epoch:
        sentence += "it was stepped after every update where the plan steps after every epoch"
        advice = "step the scheduler at the end of each epoch"
    elif offset:
        sentence += f"it was stepped after each of the {pace:,} batches that make an update"
        advice = "step the scheduler only where the optimizer steps"
    else:
        sentence += (
            f"it was stepped once for each of {pace:,} processes, or {pace:,} times an update"
        )
        advice = (
            f"step it once an update, or multiply its lengths by {pace:,} where the framework "
            "steps once a process (accelerate does)"
        )
    return Cause("fast", sentence, advice, {"steps_per_update": pace})


def _slow(pace: int, offset: int, plan: Planned) -> Cause:
    sentence = f"the run took one of the plan's steps for every {pace:,} updates"
    if offset:
        sentence += ", after the first of them"
    advice = "step the scheduler after each update"
    if pace == plan.updates_per_epoch:
        sentence += ": it was stepped per epoch where the plan steps per update"
    else:
        advice += f", unless the plan counts {pace:,} times as much as the run"
    return Cause("slow", sentence, advice, {"updates_per_step": pace})


def _behind(values: Array, logged: Logged, needed: int) -> Iterator[Cause]:
    """Yield the causes by which the run fell behind its plan, or began it anew."""
    changes = lags(logged, values, _CHANGES)
    if not changes:
        return
    ends = [each.row for each in changes[1:]] + [len(logged.updates)]
    for each, end in zip(changes, ends, strict=True):
        if len(np.unique(logged.values[each.row : end])) < needed:
            return
    restarts = [
        restart for each in changes if (restart := _restart(values, logged, each)) is not None
    ]
    if len(restarts) == len(changes):
        places = ", ".join(each.written for each in restarts)
        sentence = f"the schedule was begun anew at update{'s' * (len(changes) > 1)} {places}"
        advice = "restore the scheduler's state with the optimizer's: scheduler.load_state_dict"
        yield Cause("anew", sentence, advice, {"update": restarts[0].least})
    steps = list(pairwise([Lag(0, 0, 0), *changes]))
    if max(after.least - before.least for before, after in steps) > _SKIPPED:
        return
    parts = []
    for before, after in steps:
        more = _Range(after.least - before.least, after.most - before.least)
        updates = "update" if more == _Range(1, 1) else "updates"
        parts.append(f"{more.written} {updates} {_between(logged, after.row)}")
    sentence = f"the schedule fell behind by {', by '.join(parts)}: its steps were skipped there"
    advice = (
        "a few are what a gradient scaler skips where values overflow; else look at what calls "
        "scheduler.step()"
    )
    parameters = {"updates": changes[-1].least, "update": int(logged.updates[changes[0].row])}
    yield Cause("behind", sentence, advice, parameters)


class _Range(NamedTuple):
    """Whole numbers, of which a log cannot tell which it is."""

    least: int
    most: int

    @property
    def written(self) -> str:
        return f"{self.least:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"


def _restart(values: Array, logged: Logged, lag: Lag) -> _Range | None:
    """Return the updates at which the plan may have begun anew up to a row; None: at none.

    The first update after a restart may still use the rate that the optimizer's state holds.
    """
    rows = np.arange(len(logged.updates))
    here = int(logged.updates[lag.row])
    found = []
    for update in range(max(lag.least, 2), min(lag.most, here) + 1):
        between = (logged.updates > update) & (rows < lag.row)
        if logged.agrees(at(values, logged.updates - update))[between].all():
            found.append(update)
    return _Range(found[0], found[-1]) if found else None


def _between(logged: Logged, row: int) -> str:
    here = int(logged.updates[row])
    before = int(logged.updates[row - 1]) + 1 if row else 0
    return f"at update {here:,}" if before >= here else f"between updates {before:,} and {here:,}"


def _run_again(
    plan: Planned, variants: Variants, values: Array, logged: Logged, agrees: Flags
) -> Iterator[Cause]:
    """Yield the causes for which the plan's schedule is run with something otherwise."""
    count, last = len(plan.values), int(logged.updates[-1])
    every = np.ones(len(agrees), dtype=bool)
    lengths = sorted({*_spread(count, last), count})
    resumed = list(_remapped(variants, logged, agrees, lengths, count))
    tried = sorted({*lengths, *(int(each.parameters["updates"]) for each in resumed)})
    total = whole_number(logged, every, lambda n: variants.of_length(n, last + 1), tried)
    if total is not None and total != count:
        sentence = f"the schedule ran as for a training of {total:,} updates, not {count:,}"
        advice = "give it the run's own length: an epoch had another number of updates, or devices"
        yield Cause("length", sentence, advice, {"updates": total})
    factor = rate(logged, every, variants.of_rate)
    if factor is not None and factor != 1:
        written = numbers.lr(factor, 6)
        sentence = f"the learning rate was {written} times the planned one"
        advice = "look for a rule that scales it with the batch size or the number of devices"
        yield Cause("peak", sentence, advice, {"factor": factor})
    warmups = sorted({0, 1, 2, 3, *_spread(max(1, last // 8), last)})
    warmup = whole_number(logged, every, variants.of_warmup, [w for w in warmups if w < last])
    if warmup is not None:
        sentence = f"its warmup took {numbers.amount(warmup, 'update')}"
        yield Cause("warmup", sentence, "look at what the warmup counts", {"updates": warmup})
    yield from resumed
    for name, other in variants.others():
        if logged.agrees(at(other, logged.updates)).all():
            yield Cause("family", f"it was another schedule: {name}, of the same length and lr")


def _remapped(
    variants: Variants, logged: Logged, agrees: Flags, lengths: list[int], count: int
) -> Iterator[Cause]:
    """Yield the cause by which a resumed run went on with the curve of another length."""
    row = int(np.flatnonzero(~agrees)[0])
    rest = np.arange(len(agrees)) >= row
    if row < 2:
        return
    last = int(logged.updates[-1])
    total = whole_number(logged, rest, lambda n: variants.of_length(n, last + 1), lengths)
    if total is not None and total != count:
        sentence = (
            f"from update {int(logged.updates[row]):,} on the schedule ran as for a training of "
            f"{total:,} updates, not {count:,}: it was resumed with another length"
        )
        advice = "resume with the length that the run began with, or plan the jump"
        parameters = {"updates": total, "update": int(logged.updates[row])}
        yield Cause("remapped", sentence, advice, parameters)


def _spread(count: int, last: int) -> list[int]:
    """Return numbers around a length, and between half of the log and 64 times the plan."""
    low, high = max(2, min(count, last + 1) // 16), 64 * max(count, last + 1)
    found = np.unique(np.geomspace(low, high, 25).round().astype(int)).tolist()
    return [*found, last + 1, max(2, last)]
