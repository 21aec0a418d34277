"""Cycles too dense to be told apart: what they reach, and how many they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lrviz.curves.events import Array, Steps
from lrviz.views.plan.downsample import Way
from lrviz.views.plan.panels import Line, Panel
from lrviz.views.plan.scales import Unit

FAINT = 0.22
"""How opaque a band is."""

_DENSE = 4 / 96
"""Inches, 4 CSS pixels: two strokes of a line that are nearer leave no ground between them."""
_FEWEST = 10  # cycles
_BLOCK = 1 << 16
_EVEN = 0.02  # of their length: cycles that differ by less are of one length


@dataclass(frozen=True, eq=False)
class Band:
    """A stretch of a curve in which its cycles are dense.

    Attributes:
        start: Its first update.
        end: The update after its last one.
        cycles: How many begin there.
        even: They are of one length.
        x: In updates, shape (K,), ascending from `start` to `end`.
        low: The least value near each x, shape (K,).
        high: The greatest.
    """

    start: int
    end: int
    cycles: int
    even: bool
    x: Array
    low: Array
    high: Array

    @property
    def text(self) -> str:
        """What it holds, in words."""
        return f"{self.cycles:,} {'cycles' if self.even else 'ups and downs'}"


def bands(line: Line, way: Way, near: float) -> list[Band]:
    """Return the stretches of a curve in which cycles are shorter than so many updates.

    Args:
        line: A curve; of a log, and where a value is not finite, there are none.
        way: What it is drawn through, see `downsample`.
        near: How far apart on the page can be told.
    """
    if line.steps is not None or len(_turns(way[1])) < 2 * _FEWEST:
        return []
    values = line.values
    if near < 2 or not np.isfinite(values).all():
        return []
    edges = np.concatenate(([0], _turns(values, near), [len(values)]))
    dense = np.concatenate(([False], edges[2:] - edges[:-2] < near, [False]))
    found = []
    for first, last in np.flatnonzero(dense[1:] != dense[:-1]).reshape(-1, 2):
        runs = int(last - first) + 1
        if runs >= 2 * _FEWEST:
            own = edges[first : last + 2]
            found.append(_band(values, own, near))
    return found


def of_panel(
    panel: Panel, ways: Sequence[Way], x: Unit, end: float, inches: float
) -> list[list[Band]]:
    """Return the bands of each line of a panel: where more than one cycle is on 4 CSS pixels.

    Args:
        panel: The lines.
        ways: One a line.
        x: The unit of the x axis.
        end: Where it ends.
        inches: Its length.
    """
    return [
        bands(line, way, _DENSE * end / x.factors[line.trace] / inches)
        for line, way in zip(panel.lines, ways, strict=True)
    ]


def _turns(values: Array, level: float = np.inf) -> Steps:
    """Return the updates from which on a curve goes the other way.

    Level stretches are no turns, but for those of so many updates: their begin and their end are.
    """
    found, way, last = [], 0, -1
    for start in range(0, len(values) - 1, _BLOCK):
        before, after = values[start : start + _BLOCK], values[start + 1 : start + _BLOCK + 1]
        rises, falls = after > before[: len(after)], after < before[: len(after)]
        if start - last <= level and (rises | falls).all():  # at a glance: nothing is level
            found.append(start + 1 + np.flatnonzero(rises[1:] != rises[:-1]))
            if way and (way > 0) != rises[0]:
                found.append(np.array([start]))
            way, last = 1 if rises[-1] else -1, start + len(after) - 1
            continue
        signs = rises.astype(np.int8) - falls
        moving = np.flatnonzero(signs)
        if moving.size:
            signs = np.concatenate(([way or signs[moving[0]]], signs[moving]))
            moves = np.concatenate(([last], start + moving))
            held = np.diff(moves) > level
            found += [moves[:-1][held] + 1, moves[1:][held | (signs[1:] != signs[:-1])]]
            way, last = int(signs[-1]), int(moves[-1])
    if len(values) - 1 - last > level:
        found.append(np.array([last + 1]))
    turns = np.unique(np.concatenate(found)) if found else np.array([], dtype=np.int64)
    return turns[(turns > 0) & (turns < len(values))]


def _band(values: Array, edges: Steps, near: float) -> Band:
    """Return the band between so many edges, of which each two are a cycle."""
    start, end, ways = int(edges[0]), int(edges[-1]), np.diff(edges)
    # Of ways up and ways down, those that take longer: a curve may begin or end with the other.
    cycles = len(max(ways[::2], ways[1::2], key=np.sum))
    # Whole cycles: an outline over parts of them goes up and down with what they hold.
    every = max(1, round(near * cycles / (end - start)))
    starts = edges[: 2 * every * max(1, cycles // every) : 2 * every] - start
    low, high = (each.reduceat(values[start:end], starts) for each in (np.minimum, np.maximum))
    middle = start + (starts + np.append(starts[1:], end - start)) / 2
    lengths = np.diff(edges[1:-1:2])
    even = bool(np.ptp(lengths) <= max(1.0, _EVEN * float(lengths[0])))
    x = np.concatenate(([start], middle, [end]))
    ends = [np.concatenate((each[:1], each, each[-1:])) for each in (low, high)]
    return Band(start, end, cycles, even, x, *ends)


def outlined(way: Way, found: Sequence[Band]) -> Way:
    """Return what is drawn of a curve: its way, and around each of its bands a closed line."""
    x, y = way
    gap = np.array([np.nan])
    xs, ys = [], []
    ends = [0.0, *(at for band in found for at in (band.start, band.end)), np.inf]
    for (after, before), band in zip(list(pairwise(ends))[::2], [*found, None], strict=True):
        part = (x >= after) & (x <= before)
        if after < before and part.any():
            xs += [x[part], gap]
            ys += [y[part], gap]
        if band is not None:
            xs += [band.x, band.x[::-1], band.x[:1], gap]
            ys += [band.high, band.low[::-1], band.high[:1], gap]
    return np.concatenate(xs[:-1]), np.concatenate(ys[:-1])
