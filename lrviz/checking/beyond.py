"""What a schedule that is a function of the step would do behind the training's end."""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz.checking.subject import Subject

# How far is looked: a schedule planned for more than that many times the training is none.
_TIMES = 1024

# A scheduler that is no function of the step is stepped so often at most: a fraction of a second.
_FURTHER = 20_000

Factor = Callable[[int], float]


def factor(subject: Subject) -> Factor | None:
    """Return the looked-at group's function of the step, where it makes the whole curve.

    None where there is none, or where it does not give the last rate again: it remembers.
    """
    schedulers = subject.built.schedulers
    if len(schedulers) != 1 or len(subject.leaves) != 1 or subject.trace.error is not None:
        return None
    lambdas = getattr(schedulers[0].scheduler, "lr_lambdas", None)
    if not isinstance(lambdas, list) or len(lambdas) != len(subject.lrs):
        return None
    if subject.leaves[0].part.updates_per_call != 1 or subject.leaves[0].part.start:
        return None
    given = lambdas[subject.group]

    def guarded(step: int) -> float:
        try:
            return float(given(step))
        except (Exception, SystemExit):  # noqa: BLE001  (code of others, asked for what it is not for)
            return math.nan

    last = guarded(subject.updates - 1)
    return guarded if math.isclose(last * subject.base, subject.final, rel_tol=1e-12) else None


def summit(subject: Subject) -> tuple[int, float] | None:
    """Return the update at which a rise behind the training's end is over, and the rate there.

    None where it never is, within a thousand times the training.
    """
    given = factor(subject)
    return None if given is None else _turn(given, subject, 1.0)


def bottom(subject: Subject) -> tuple[int, float] | None:
    """Return the update at which a fall behind the training's end is over, and the rate there.

    It is over at 0, too, where the formula goes on.
    """
    given = factor(subject)
    return None if given is None else _turn(given, subject, -1.0)


def first_change(subject: Subject) -> int | None:
    """Return the update, behind the training's end, at which a constant rate changes at last."""
    given = factor(subject)
    if given is None:
        return _stepped_on(subject)
    low, start = subject.updates - 1, given(subject.updates - 1)
    for high in (subject.updates * 2**power for power in range(1, _TIMES.bit_length())):
        if given(high) != start:
            break
        low = high
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if given(middle) == start else (low, middle)
    return high if math.isfinite(given(high)) else None


def _stepped_on(subject: Subject) -> int | None:
    """Return the same of a scheduler that is no function of the step: by stepping it further.

    Only where it counts its own steps, as LRScheduler does, and is given no metric.
    """
    schedulers = subject.built.schedulers
    count = getattr(schedulers[0].scheduler, "last_epoch", None) if len(schedulers) == 1 else None
    if not isinstance(count, int) or schedulers[0].metric is not None:
        return None
    [built], group = schedulers, subject.built.optimizer.param_groups[subject.group]
    cadence, unit = built.cadence, subject.trace.length.unit(built.interval)
    first = cadence.begin + count * cadence.frequency
    for index in range(first, first + _FURTHER):
        try:
            now = float(group["lr"])
            if now == subject.final and (index + 1) % cadence.frequency == 0:
                built.step(index)
        except (Exception, SystemExit):  # noqa: BLE001  (code of others, asked for what it is not for)
            return None
        if now != subject.final:
            return index * unit if math.isfinite(now) else None
    return None


def _turn(given: Factor, subject: Subject, sign: float) -> tuple[int, float] | None:
    """Return where what rises (falls, with sign -1) does so no more: by doubling, then halving."""

    def rises(step: int) -> bool:
        on = sign > 0 or given(step) > 0
        return on and sign * given(step + 1) > sign * given(step)

    low = subject.updates - 1
    high = low
    while rises(high):
        low, high = high, 2 * high
        if high > _TIMES * subject.updates:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rises(middle) else (low, middle)
    # Where it grows beyond all numbers, or fails, it has not turned.
    known = math.isfinite(given(high)) and math.isfinite(given(high + 1))
    rate = max(0.0, given(high) * subject.base)
    return (high, rate) if known and high > subject.updates else None
