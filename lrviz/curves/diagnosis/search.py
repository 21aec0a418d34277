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

_PINS = 3  # logged values at which a number is looked for


def whole_number(logged: Logged, rows: Flags, rerun: Rerun, tried: Sequence[int]) -> int | None:
    """Return the number with which `rerun` gives all the logged values of `rows`, or None.

    At a few logged values the number is bracketed by those `tried` and then halved in: the planned
    value there rises or falls with the number, as it does with the length of a decay or a warmup.

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
    for row in _pins(logged, rows):
        for low, high in pairwise(tried):
            found = _halved(logged, row, run, low, high)
            for number in found:
                if explains(number):
                    return number
    return None


def _pins(logged: Logged, rows: Flags) -> list[int]:
    """Return the rows whose values lie in the middle: neither a plateau nor an end."""
    chosen = np.flatnonzero(rows & np.isfinite(logged.values))
    values = logged.values[chosen]
    if not len(values):
        return []
    middle = np.abs(values - (values.max() + values.min()) / 2)
    spread = [int(np.argmin(middle)), len(chosen) // 4, (3 * len(chosen)) // 4]
    return list(dict.fromkeys(int(chosen[i]) for i in spread[:_PINS]))


def _halved(
    logged: Logged, row: int, run: Callable[[int], Array | None], low: int, high: int
) -> list[int]:
    """Return the numbers between two, at which the value of a row crosses the logged one."""
    update, value = int(logged.updates[row]), float(logged.values[row])

    def above(number: int) -> bool | None:
        values = run(number)
        if values is None or update >= len(values) or np.isnan(values[update]):
            return None
        return bool(values[update] > value)

    first, last = above(low), above(high)
    if first is None or last is None or first == last:
        return []
    while high - low > 1:
        middle = (low + high) // 2
        here = above(middle)
        if here is None:
            return []
        if here == first:
            low = middle
        else:
            high = middle
    return [low, high]


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
