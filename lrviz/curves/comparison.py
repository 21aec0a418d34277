"""Comparison: whether schedules are the same, where they first differ, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from lrviz.curves.events import Array, Flags, Steps, blocks
from lrviz.curves.trace import Summary, Trace, summary

_FEW = 4  # schedules of which each is told of in words
_MANY = 12  # of which each is compared with each


@dataclass(frozen=True)
class Comparand:
    """What one schedule comes to.

    Attributes:
        label: The schedule's name.
        group: The param group that stands for it, the one with the highest peak; None where it is
            the only one.
        groups: How many param groups there are.
        updates: How many updates were simulated.
        summary: Peak, final, mean and share above half the peak of that group's learning rate.
    """

    label: str
    group: str | None
    groups: int
    updates: int
    summary: Summary


@dataclass(frozen=True)
class Point:
    """The two learning rates of one update (0-based)."""

    update: int
    first: float
    second: float

    @property
    def ratio(self) -> float:
        """The larger over the smaller, at least 1."""
        return max(self.first, self.second) / min(self.first, self.second)


@dataclass(frozen=True)
class Difference:
    """How two schedules differ over the updates that both have.

    Attributes:
        first: The one's label.
        second: The other's.
        updates: How many updates both have.
        lengths: How many each has.
        differs: The first update where the learning rates differ; None where none does.
        largest: Where their ratio is largest; None where no update has two that are above 0.
        unrated: Updates that differ and have no ratio: one of the two is 0, negative or not finite.
        unrated_from: The first of those.
        elsewhere: Where these are the same, what else is not, in words: another group or quantity.
    """

    first: str
    second: str
    updates: int
    lengths: tuple[int, int]
    differs: Point | None = None
    largest: Point | None = None
    unrated: int = 0
    unrated_from: int | None = None
    elsewhere: str | None = None

    @property
    def identical(self) -> bool:
        """Every group has the same values, and both have the same number of updates."""
        same_length = self.lengths[0] == self.lengths[1]
        return same_length and self.differs is None and self.elsewhere is None


@dataclass(frozen=True)
class Comparison:
    """Several schedules side by side.

    Attributes:
        comparands: What each comes to.
        differences: Of each but the first from the first.
        others: Of each pair of the others, where there are five to twelve schedules: then what
            differs from the first may still be alike.
    """

    comparands: tuple[Comparand, ...]
    differences: tuple[Difference, ...]
    others: tuple[Difference, ...] = ()

    @property
    def identical(self) -> bool:
        """All of them are the same."""
        return all(difference.identical for difference in self.differences)


def compare(traces: Sequence[Trace]) -> Comparison:
    """Compare each of the traces with the first of them.

    Two values are the same where they are equal bit for bit (0.0 and -0.0 are the same, and so are
    NaNs): no tolerance. What comes `after` the last update is not looked at: no update uses it.

    Args:
        traces: One or more; their lengths may differ.
    """
    first, *others = traces
    pairs = combinations(others, 2) if _FEW < len(traces) <= _MANY else ()
    return Comparison(
        tuple(map(_comparand, traces)),
        tuple(_difference(first, each) for each in others),
        tuple(_difference(one, other) for one, other in pairs),
    )


def _comparand(trace: Trace) -> Comparand:
    main, count = trace.main_group(), len(trace.groups)
    group = trace.groups[main] if count > 1 else None
    return Comparand(trace.label, group, count, trace.updates, _summary(trace, main))


def _summary(trace: Trace, group: int) -> Summary:
    found = summary(trace.values("lr", group))
    return replace(found, peak_at=trace.update(found.peak_at))


@dataclass(frozen=True, eq=False)
class _Common:
    """The values of the updates that two traces both have.

    Attributes:
        first: The one's, shape (M,).
        second: The other's.
        updates: Which updates they are; None: the first M.
    """

    first: Array
    second: Array
    updates: Steps | None

    def point(self, index: int) -> Point:
        """Return the two rates of one of them."""
        update = index if self.updates is None else int(self.updates[index])
        return Point(update, float(self.first[index]), float(self.second[index]))


def _common(one: Trace, other: Trace, param: str, groups: tuple[int, int]) -> _Common:
    first, second = (
        trace.values(param, group) for trace, group in zip((one, other), groups, strict=True)
    )
    if one.steps is None and other.steps is None:
        count = min(len(first), len(second))
        return _Common(first[:count], second[:count], None)
    each = [np.arange(len(t.lr)) if t.steps is None else t.steps for t in (one, other)]
    updates, at, there = np.intersect1d(each[0], each[1], return_indices=True)
    return _Common(first[at], second[there], updates)


@np.errstate(invalid="ignore", divide="ignore", over="ignore")
def _difference(one: Trace, other: Trace) -> Difference:
    lengths = (one.updates, other.updates)
    common = _common(one, other, "lr", (one.main_group(), other.main_group()))
    first, second = common.first, common.second
    updates = len(first)
    differs = _first_unequal(first, second)
    if differs is None:
        elsewhere = _elsewhere(one, other)
        return Difference(one.label, other.label, updates, lengths, elsewhere=elsewhere)
    largest, best, unrated, unrated_from = None, 0.0, 0, None
    for start, a, b in _pairs(first, second):
        rated = (a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b)
        ratio = np.where(rated, np.maximum(a / b, b / a), 0.0)
        at = int(np.argmax(ratio))
        if ratio[at] > best:
            best, largest = float(ratio[at]), common.point(start + at)
        without = np.flatnonzero(~rated & ~_equal(a, b))
        unrated += len(without)
        if unrated_from is None and len(without):
            unrated_from = common.point(start + int(without[0])).update
    return Difference(
        one.label,
        other.label,
        updates,
        lengths,
        common.point(differs),
        largest,
        unrated,
        unrated_from,
    )


def _pairs(first: Array, second: Array) -> Iterator[tuple[int, Array, Array]]:
    for (start, a), (_, b) in zip(blocks(first), blocks(second), strict=True):
        yield start, a, b


def _equal(a: Array, b: Array) -> Flags:
    equal: Flags = (a == b) | (np.isnan(a) & np.isnan(b))
    return equal


def _first_unequal(first: Array, second: Array) -> int | None:
    for start, a, b in _pairs(first, second):
        unequal = np.flatnonzero(~_equal(a, b))
        if len(unequal):
            return start + int(unequal[0])
    return None


def _elsewhere(one: Trace, other: Trace) -> str | None:
    """Return what differs in the other groups and quantities, None where nothing does."""
    counts = len(one.groups), len(other.groups)
    if counts[0] != counts[1]:
        return f"{one.label} has {counts[0]} param groups, {other.label} {counts[1]}"
    for param in dict.fromkeys((*one.curves, *other.curves)):
        if param not in one.curves or param not in other.curves:
            label = one.label if param in one.curves else other.label
            return f"the {param} of {label} moves, that of the other does not"
        for group, name in enumerate(one.groups):
            common = _common(one, other, param, (group, group))
            index = _first_unequal(common.first, common.second)
            if index is not None:
                update = common.point(index).update
                return f"the {param} of group {name} first differs at update {update:,}"
    return None
