"""Where labels stand within a panel: near what they name, and on nothing that is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array
from lrviz.views.plan.box import Box

Point = tuple[float, float]
Cells = NDArray[np.bool_]

# In inches.
CELL = 0.02
"""Width and height of what is free or not as a whole."""
BESIDE = 0.06
"""Between a curve and its name."""
_CLEAR = 0.03  # between a curve's middle and a label
_REACH = 0.7  # from a point to its label
_LESSER = 0.1  # how much nearer a label that says less must be
_AT_ONCE = 200  # places whose leaders are looked at
_STEPS = 40  # of a leader
_BIT = 0.1  # of a leader, which may start where curves lie on each other


class Room:
    """What is still free of a panel; lengths are in inches from its lower left corner."""

    def __init__(self, width: float, height: float, character: Point | None = None) -> None:
        """Start with an empty panel; in a terminal, of characters of a width and height."""
        self.character = character
        shape = max(1, int(height / CELL + 1e-6)), max(1, int(width / CELL + 1e-6))
        self._drawn = np.zeros(shape, np.bool_)
        self._curves: list[NDArray[np.uint8]] = []  # in bits: there may be a thousand
        self._lying = np.zeros(shape, np.uint32)  # how many curves
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
        low, high = (low - _CLEAR) / CELL, (high + _CLEAR) / CELL
        for shift in (-1, 0, 1):
            column = np.flatnonzero(np.isfinite(low))
            start = np.clip(np.floor(low[column]), 0, rows).astype(np.intp)
            end = np.clip(np.ceil(high[column]), 0, rows).astype(np.intp)
            edges = np.zeros((rows + 1, self.columns), np.int8)
            to = np.clip(column + shift, 0, self.columns - 1)
            np.add.at(edges, (start, to), 1)
            np.add.at(edges, (end, to), -1)
            curve |= np.cumsum(edges[:-1], axis=0, dtype=np.int8) > 0
        self._drawn |= curve
        self._lying += curve
        self._curves.append(np.packbits(curve))

    def take_point(self, point: Point, radius: float) -> None:
        """Take a square around a point."""
        x, y = point
        self._drawn[_cells(Box(x - radius, y - radius, 2 * radius, 2 * radius))] = True

    def take_axes(self, width: float) -> None:
        """Take the strips of so many inches along the x axis and the y axis."""
        count = math.ceil(width / CELL)
        self._drawn[:count] = self._drawn[:, :count] = True

    def take_box(self, box: Box) -> None:
        """Take what a text covers."""
        self._written[_cells(box)] = True

    def written(self) -> Cells:
        """Return what texts cover so far."""
        return self._written.copy()

    def take_back(self, written: Cells) -> None:
        """Take back the texts that came after what `written` returned."""
        self._written = written

    def _take(self, points: Array) -> None:
        """Take the cells of points, shape (K, 2)."""
        most = np.array(self._written.shape[::-1]) - 1
        column, row = np.clip(points / CELL, 0, most).astype(np.intp).T
        self._written[row, column] = True

    @property
    def width(self) -> float:
        """The panel's width."""
        return self.columns * CELL

    @property
    def height(self) -> float:
        """The panel's height."""
        return self._drawn.shape[0] * CELL

    @property
    def beside(self) -> float:
        """How far from a curve its name is; characters have that room within them."""
        return BESIDE if self.character is None else 0.0

    def others(self, curve: int) -> Cells:
        """Return the cells of all curves but one, which is named by when it was taken."""
        own = np.unpackbits(self._curves[curve], count=self._drawn.size)
        return self._lying > own.reshape(self._drawn.shape)

    def are_free(self, points: Array) -> Cells:
        """Return which sets of points, shape (K, P, 2), are in the panel and on nothing drawn."""
        rows, columns = self._drawn.shape
        x, y = points[..., 0], points[..., 1]
        inside = (x >= 0) & (x < columns * CELL) & (y >= 0) & (y < rows * CELL)
        return np.asarray(inside.all(axis=1) & are_clear(points, self._drawn))

    def is_unwritten(self, box: Box) -> bool:
        """Return whether a box has no text on it."""
        return not self._written[_cells(box)].any()

    def first_free(self, boxes: Iterable[Box], own: int) -> Box | None:
        """Return and take the first of some boxes that has no text on it and no curve but one.

        Args:
            boxes: The best one first.
            own: Index of the curve that may lie on it, in the order in which they were taken.
        """
        taken = self.others(own) | self._written
        for box in boxes:
            if not taken[_cells(box)].any():
                self.take_box(box)
                return box
        return None

    def place(
        self,
        sizes: Sequence[Point],
        near: Point,
        *,
        own: int | None = None,
        apart: float = 0.0,
        reach: float = _REACH,
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
            reach: How far from the point it may be.

        Returns:
            The index of the size, and the box; None where there is none near.
        """
        best = self.nearest(sizes, near, None if own is None else self.others(own), reach)
        if best is None:
            return None
        self.take_led(best[2], near, apart)
        return best[1:]

    def nearest(
        self, sizes: Sequence[Point], near: Point, others: Cells | None, reach: float = _REACH
    ) -> tuple[float, int, Box] | None:
        """Return what `place` would take, and before it what it costs.

        Args:
            sizes: As in `place`.
            near: The point.
            others: What the way must not cross but for its first bit, besides texts.
            reach: As in `place`.
        """
        best = None
        crossed = self._written.copy()
        if others is not None:
            around = np.zeros_like(crossed)
            around[_cells(Box(near[0] - _BIT, near[1] - _BIT, 2 * _BIT, 2 * _BIT))] = True
            crossed |= others & ~around
        for index, (width, height) in enumerate(sizes):
            found = self._nearest(width, height, near, crossed, reach)
            if found is not None:
                cost = found[0] + _LESSER * index
                best = min(best or (cost, index, found[1]), (cost, index, found[1]))
        return best

    def take_led(self, box: Box, near: Point, apart: float) -> None:
        """Take a box, so much to its left and right, and the way to it from a point."""
        way = np.array(near) + np.linspace(0, 1, _STEPS)[:, None] * (np.array(box.middle) - near)
        self._take(way[np.abs(way - near).max(axis=1) > _BIT])
        self.take_box(Box(box.left - apart, box.bottom, box.width + 2 * apart, box.height))

    def _nearest(
        self, width: float, height: float, near: Point, crossed: Cells, reach: float
    ) -> tuple[float, Box] | None:
        """Return the cost of the best box of a size, and the box."""
        left, bottom = self._free(width, height, near, reach)
        x, y = left + width / 2, bottom + height / 2
        away = np.hypot(_distance(near[0], left, width), _distance(near[1], bottom, height))
        # Of places as near, the one that is more centred, and rather above than below.
        cost = away + 0.06 * np.abs(x - near[0]) / width + 0.05 * (y < near[1])
        order = np.argsort(cost, kind="stable")
        order = order[away[order] < reach]
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            clear = _is_clear(crossed, near, np.stack([x[some], y[some]], axis=1))
            if clear.any():
                best = some[int(np.argmax(clear))]
                at = float(left[best]), float(bottom[best])
                return float(cost[best]), Box(*at, width, height)
        return None

    def _free(self, width: float, height: float, near: Point, reach: float) -> tuple[Array, Array]:
        """Return where free boxes of a size begin, not much further than they may be."""
        lengths = height, width
        point = near[::-1]
        first = [max(0, int((at - reach - n) / CELL)) for at, n in zip(point, lengths, strict=True)]
        end = [1 + int((at + reach + n) / CELL) for at, n in zip(point, lengths, strict=True)]
        part = slice(first[0], end[0]), slice(first[1], end[1])
        rows, columns = (math.ceil(each / CELL) for each in lengths)
        found = np.nonzero(fits(self._drawn[part] | self._written[part], rows, columns))
        bottom, left = (
            (a + b.astype(np.float64)) * CELL for a, b in zip(first, found, strict=True)
        )
        return left, bottom


def _cells(box: Box) -> tuple[slice, slice]:
    """Return the rows and columns that a box touches."""
    left, bottom = (max(0, math.floor(each / CELL)) for each in (box.left, box.bottom))
    right, top = (max(0, math.ceil(each / CELL)) for each in (box.right, box.top))
    return slice(bottom, top), slice(left, right)


def _is_clear(crossed: Cells, start: Point, ends: Array) -> Cells:
    """Return whether the straight ways from a point to others, shape (K, 2), cross nothing."""
    way = np.linspace(0, 1, _STEPS)[:, None, None]
    points = np.array(start) + way * (ends - start)
    most = np.array(crossed.shape[::-1]) - 1
    column, row = np.moveaxis(np.clip(points / CELL, 0, most).astype(np.intp), 2, 0)
    return np.asarray(~crossed[row, column].any(axis=0))


def are_clear(points: Array, cells: Cells, grain: int = 1) -> Cells:
    """Return which sets of points, shape (K, P, 2), are on none of some cells of a room.

    Args:
        points: In inches.
        cells: From the room.
        grain: How many cells are looked at as one, in both directions.
    """
    rows, columns = (-(-each // grain) for each in cells.shape)
    whole = np.zeros((rows * grain, columns * grain), np.bool_)
    whole[: cells.shape[0], : cells.shape[1]] = cells
    coarse = whole.reshape(rows, grain, columns, grain).any(axis=(1, 3))
    at = (points * (1 / (CELL * grain))).astype(np.int32)
    column = np.clip(at[..., 0], 0, columns - 1)
    row = np.clip(at[..., 1], 0, rows - 1)
    return np.asarray(~coarse.ravel()[row * columns + column].any(axis=1))


def fits(taken: Cells, rows: int, columns: int) -> Cells:
    """Return for each cell whether a box of so many cells that begins there is free."""
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
