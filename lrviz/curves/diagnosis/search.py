"""Searches for the one number with which a plan, run otherwise, gives what was logged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from lrviz.curves.diagnosis.causes import at
from lrviz.curves.diagnosis.precision import Logged
from lrviz.curves.events import Array, Flags

Rerun = Callable[[int], Array | None]
"""The values of the plan's schedule with another length, or another warmup."""

_PINS = 3  # logged values at which a factor is looked for
_STAIRS = 8  # different values up to which a log is a staircase
_DROPS = 4  # of a staircase, whose places tell a number


def whole_number(logged: Logged, rows: Flags, rerun: Rerun, tried: Sequence[int]) -> int | None:
    """Return the number with which `rerun` gives all the logged values of `rows`, or None.

    At a few logged values the numbers that agree are found by halving between those `tried`: the
    planned value there rises or falls with the number, as with the length of a decay or a warmup.

    Args:
        logged: The log.
        rows: Shape (M,): which of its rows must be explained.
        rerun: Gives the values for a number.
        tried: Ascending; between two of them the number is looked for.
    """
    known: dict[int, Array | None] = {}

    def run(number: int) -> Array | None:
        if number not in known:
            known[number] = rerun(number)
        return known[number]

    def explains(number: int) -> bool:
        values = run(number)
        return values is not None and bool(logged.agrees(at(values, logged.updates))[rows].all())

    for number in tried:
        if explains(number):
            return number
    pins = _pins(logged, rows)
    for low, high in pairwise(tried):
        least, most = low, high
        for row in pins:
            found = _agreeing(logged, row, run, least, most)
            if found is None:
                break
            least, most = found
        else:
            for number in dict.fromkeys((least, most, (least + most) // 2)):
                if explains(number):
                    return number
    return None


def _pins(logged: Logged, rows: Flags) -> list[int]:
    """Return rows that tell a number best: the middle of a fall, and both sides of drops."""
    chosen = np.flatnonzero(rows & np.isfinite(logged.values))
    values = logged.values[chosen]
    if not len(values):
        return []
    middle = int(np.argmin(np.abs(values - (values.max() + values.min()) / 2)))
    spread = [middle, len(chosen) // 4, (3 * len(chosen)) // 4]
    if len(np.unique(values)) <= _STAIRS:
        changes = np.flatnonzero(np.diff(values))[:_DROPS]
        spread += [side for change in changes for side in (int(change), int(change) + 1)]
    return list(dict.fromkeys(int(chosen[at]) for at in spread))


def _agreeing(
    logged: Logged, row: int, run: Callable[[int], Array | None], low: int, high: int
) -> tuple[int, int] | None:
    """Return the least and the greatest number of a range whose value of a row is the logged one.

    The value is taken to rise, or to fall, over the whole range.
    """
    update = int(logged.updates[row])
    one = Logged(logged.updates[row : row + 1], logged.values[row : row + 1], logged.precision)

    def side(number: int) -> int | None:
        """Return -1, 0 or 1: below, equal to or above the logged value."""
        values = run(number)
        if values is None or update >= len(values) or np.isnan(values[update]):
            return None
        if one.agrees(values[update : update + 1])[0]:
            return 0
        return 1 if values[update] > one.values[0] else -1

    first, last = side(low), side(high)
    if first is None or last is None or (first == last and first != 0):
        return None
    least = low if first == 0 else _boundary(side, low, high, first)
    most = high if last == 0 else _boundary(side, high, low, last)
    if least is None or most is None or least > most:
        return None
    return least, most


def _boundary(side: Callable[[int], int | None], beyond: int, within: int, sign: int) -> int | None:
    """Return the number next to where `side` is no longer `sign`, seen from `beyond`."""
    while abs(within - beyond) > 1:
        middle = (beyond + within) // 2
        here = side(middle)
        if here is None:
            return None
        if here == sign:
            beyond = middle
        else:
            within = middle
    return within


def rate(logged: Logged, rows: Flags, rerun: Callable[[float], Array | None]) -> float | None:
    """Return the factor on the optimizer's lr with which `rerun` gives the values of `rows`.

    A schedule is affine in it: factor times one curve, above another that stays.
    """
    one, two = rerun(1.0), rerun(2.0)
    if one is None or two is None:
        return None
    base, doubled = at(one, logged.updates), at(two, logged.updates)
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = 1 + (logged.values - base) / (doubled - base)
    usable = rows & np.isfinite(factors) & (np.abs(doubled - base) > 1e-3 * np.abs(doubled))
    for row in np.flatnonzero(usable)[np.argsort(-np.abs(doubled - base)[usable])][:_PINS]:
        for digits in (3, 6, 12):  # people write short numbers
            factor = float(f"{factors[row]:.{digits}g}")
            values = rerun(factor)
            if values is None:
                return None
            if logged.agrees(at(values, logged.updates)).all():
                return factor
    return None
