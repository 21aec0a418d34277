"""Where labels stand within a panel: near what they name, and on nothing that is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array
from lrviz.views.plan.box import Box

Point = tuple[float, float]
Cells = NDArray[np.bool_]

# In inches.
_CELL = 0.02
_CLEAR = 0.03  # between a curve's middle and a label
_REACH = 0.7  # from a point to its label
_LESSER = 0.1  # how much nearer a label that says less must be
_AT_ONCE = 200  # places whose leaders are looked at
_STEPS = 40  # of a leader
_BIT = 0.1  # of a leader, which may start where curves lie on each other

_SWEPT = 2**19  # updates of a curve that are looked at at a time, more or less


class Room:
    """What is still free of a panel; lengths are in inches from its lower left corner."""

    def __init__(self, width: float, height: float) -> None:
        """Start with an empty panel."""
        shape = max(1, int(height / _CELL)), max(1, int(width / _CELL))
        self._drawn = np.zeros(shape, np.bool_)
        self._curves: list[Cells] = []
        self._written = np.zeros(shape, np.bool_)

    @property
    def columns(self) -> int:
        """Into how many columns `take_curve` divides the panel."""
        return self._drawn.shape[1]

    def take_curve(self, low: Array, high: Array) -> None:
        """Take what a curve goes through.

        Args:
            low: Its least height in each column, NaN where it is not.
            high: Its greatest height in each column.
        """
        rows = self._drawn.shape[0]
        curve = np.zeros_like(self._drawn)
        low, high = (low - _CLEAR) / _CELL, (high + _CLEAR) / _CELL
        for shift in (-1, 0, 1):
            column = np.flatnonzero(np.isfinite(low))
            start = np.clip(np.floor(low[column]), 0, rows).astype(np.intp)
            end = np.clip(np.ceil(high[column]), 0, rows).astype(np.intp)
            edges = np.zeros((rows + 1, self.columns), np.int8)
            to = np.clip(column + shift, 0, self.columns - 1)
            np.add.at(edges, (start, to), 1)
            np.add.at(edges, (end, to), -1)
            curve |= np.cumsum(edges[:-1], axis=0) > 0
        self._drawn |= curve
        self._curves.append(curve)

    def take_point(self, point: Point, radius: float) -> None:
        """Take a square around a point."""
        x, y = point
        self._fill(self._drawn, Box(x - radius, y - radius, 2 * radius, 2 * radius))

    def take_box(self, box: Box) -> None:
        """Take what a text covers."""
        self._fill(self._written, box)

    def _take(self, points: Array) -> None:
        """Take the cells of points, shape (K, 2)."""
        most = np.array(self._written.shape[::-1]) - 1
        column, row = np.clip(points / _CELL, 0, most).astype(np.intp).T
        self._written[row, column] = True

    def is_free(self, box: Box) -> bool:
        """Return whether nothing is drawn or written in a box that lies within the panel."""
        rows, columns = self._drawn.shape
        left, bottom = math.floor(box.left / _CELL), math.floor(box.bottom / _CELL)
        right, top = math.ceil(box.right / _CELL), math.ceil(box.top / _CELL)
        if left < 0 or bottom < 0 or right > columns or top > rows:
            return False
        part = slice(bottom, top), slice(left, right)
        return not (self._drawn[part].any() or self._written[part].any())

    def place(
        self, sizes: Sequence[Point], near: Point, *, own: int | None = None, apart: float = 0.0
    ) -> tuple[int, Box] | None:
        """Return and take the free box that is nearest to a point.

        The straight way from the point to the middle of the box crosses no text, and with `own`
        no other curve but for its first bit.

        Args:
            sizes: Width and height of the boxes to choose from, the best first.
            near: The point.
            own: Index of the curve that it is on, in the order in which they were taken; None
                where the way may cross curves.
            apart: How far to the left and to the right the next box must stay away.

        Returns:
            The index of the size, and the box; None where there is none near.
        """
        best = None
        crossed = self._written.copy()
        for index, curve in enumerate(self._curves):
            if own is not None and index != own:
                crossed |= curve
        around = np.zeros_like(crossed)
        self._fill(around, Box(near[0] - _BIT, near[1] - _BIT, 2 * _BIT, 2 * _BIT))
        crossed &= ~around | self._written
        for index, (width, height) in enumerate(sizes):
            found = self._nearest(width, height, near, crossed)
            if found is not None:
                cost = found[0] + _LESSER * index
                best = min(best or (cost, index, found[1]), (cost, index, found[1]))
        if best is None:
            return None
        box = best[2]
        way = np.array(near) + np.linspace(0, 1, _STEPS)[:, None] * (np.array(box.middle) - near)
        self._take(way[np.abs(way - near).max(axis=1) > _BIT])
        self.take_box(Box(box.left - apart, box.bottom, box.width + 2 * apart, box.height))
        return best[1:]

    def _nearest(
        self, width: float, height: float, near: Point, crossed: Cells
    ) -> tuple[float, Box] | None:
        """Return the cost of the best box of a size, and the box."""
        left, bottom = self._free(width, height, near)
        x, y = left + width / 2, bottom + height / 2
        away = np.hypot(_distance(near[0], left, width), _distance(near[1], bottom, height))
        # Of places as near, the one that is more centred, and rather above than below.
        cost = away + 0.06 * np.abs(x - near[0]) / width + 0.05 * (y < near[1])
        order = np.argsort(cost, kind="stable")
        order = order[away[order] < _REACH]
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            clear = _is_clear(crossed, near, np.stack([x[some], y[some]], axis=1))
            if clear.any():
                best = some[int(np.argmax(clear))]
                at = float(left[best]), float(bottom[best])
                return float(cost[best]), Box(*at, width, height)
        return None

    def _free(self, width: float, height: float, near: Point) -> tuple[Array, Array]:
        """Return where free boxes of a size begin, not much further than they may be."""
        lengths = height, width
        point = near[::-1]
        first = [
            max(0, int((at - _REACH - n) / _CELL)) for at, n in zip(point, lengths, strict=True)
        ]
        end = [1 + int((at + _REACH + n) / _CELL) for at, n in zip(point, lengths, strict=True)]
        part = slice(first[0], end[0]), slice(first[1], end[1])
        rows, columns = (math.ceil(each / _CELL) for each in lengths)
        found = np.nonzero(_fits(self._drawn[part] | self._written[part], rows, columns))
        bottom, left = (
            (a + b.astype(np.float64)) * _CELL for a, b in zip(first, found, strict=True)
        )
        return left, bottom

    def _fill(self, cells: Cells, box: Box) -> None:
        left, bottom = (max(0, math.floor(each / _CELL)) for each in (box.left, box.bottom))
        right, top = (max(0, math.ceil(each / _CELL)) for each in (box.right, box.top))
        cells[bottom:top, left:right] = True


def _is_clear(crossed: Cells, start: Point, ends: Array) -> Cells:
    """Return whether the straight ways from a point to others, shape (K, 2), cross nothing."""
    way = np.linspace(0, 1, _STEPS)[:, None, None]
    points = np.array(start) + way * (ends - start)
    most = np.array(crossed.shape[::-1]) - 1
    column, row = np.moveaxis(np.clip(points / _CELL, 0, most).astype(np.intp), 2, 0)
    return np.asarray(~crossed[row, column].any(axis=0))


def _fits(taken: Cells, rows: int, columns: int) -> Cells:
    """Return for each lower left cell whether a box of so many cells is free."""
    if rows > taken.shape[0] or columns > taken.shape[1]:
        return np.zeros((0, 0), np.bool_)
    sums = np.zeros((taken.shape[0] + 1, taken.shape[1] + 1), np.int64)
    np.cumsum(np.cumsum(taken, axis=0), axis=1, out=sums[1:, 1:])
    within = sums[rows:, columns:] - sums[:-rows, columns:]
    within -= sums[rows:, :-columns] - sums[:-rows, :-columns]
    return np.asarray(within == 0)


def _distance(point: float, start: Array, length: float) -> Array:
    """Return how far a point is from stretches that start at `start`."""
    return np.asarray(np.maximum(0.0, np.maximum(start - point, point - start - length)))


def swept(values: Array, at: Array) -> tuple[Array, Array]:
    """Return the least and the greatest value that a curve has in each column.

    A column holds the updates that it begins with, ends in, and all between.

    Args:
        values: Shape (N,).
        at: Where the columns begin, and the last one ends, in updates; shape (C + 1,), ascending.

    Returns:
        Shape (C,) each; NaN beyond the curve's end and where nothing is finite.

    >>> swept(np.array([1.0, 3.0, 2.0]), np.array([0.0, 1.5, 3.0, 4.0]))
    (array([ 1.,  2., nan]), array([ 3.,  3., nan]))
    """
    last = len(values) - 1
    within = at[:-1] < len(values)
    first, end = at[:-1][within].astype(np.intp), at[1:][within].astype(np.intp)
    pairs = np.stack([first, np.minimum(end, last) + 1], axis=1)
    found = np.full((2, len(within)), np.nan)
    parts = []
    # Some columns at a time: a copy of a long curve would take as much memory as the curve.
    for some in np.array_split(pairs, 1 + len(values) // _SWEPT):
        if len(some):
            start, stop = some[0, 0], some[-1, 1]
            part = values[start:stop]
            finite = np.append(np.where(np.isfinite(part), part, np.nan), np.nan)
            at_once = (some - start).ravel()
            parts.append([least.reduceat(finite, at_once)[::2] for least in (np.fmin, np.fmax)])
    if parts:
        found[:, within] = np.concatenate(parts, axis=1)
    return found[0], found[1]
