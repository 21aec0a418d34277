"""A curve on a grid of dots: no peak, spike or jump is lost, however many values a column has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array

Dots = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Columns:
    """What a curve does in each of C columns; NaN where it has no finite value.

    Attributes:
        low: The least value, shape (C,).
        high: The greatest value, shape (C,).
        first: The value at the column's left edge, shape (C,).
        last: The value at its right edge, shape (C,).
    """

    low: Array
    high: Array
    first: Array
    last: Array


def columns(values: Array, span: float, count: int) -> Columns:
    """Return what a curve does in each column, the value t holding from t to t + 1.

    Args:
        values: Shape (N,), N >= 1; what is not finite leaves a gap.
        span: How many values the columns stand for, at least N: a shorter curve ends before them.
        count: C, at least 1. A column without a value to itself shows the one it lies within.

    >>> columns(np.array([3.0, 1.0, 9.0, 2.0]), span=4, count=2).high.tolist()
    [3.0, 9.0]
    """
    if not np.isfinite(values).all():
        values = np.where(np.isfinite(values), values, np.nan)
    size = len(values)
    edges = np.arange(count + 1) * (span / count)
    start = np.floor(edges[:-1] + 1e-9).astype(np.intp)
    stop = np.maximum(np.ceil(edges[1:] - 1e-9).astype(np.intp), start + 1)
    drawn = start < size
    start, stop = start[drawn], np.minimum(stop[drawn], size)
    found = np.full((4, count), np.nan)
    # reduceat takes pairs of indices below N, so that the last value is looked at on its own.
    pairs = np.stack([start, np.minimum(stop, size - 1)], axis=1).ravel()
    for row, least_or_greatest in ((0, np.fmin), (1, np.fmax)):
        reduced = least_or_greatest.reduceat(values, pairs)[::2]
        found[row, drawn] = np.where(stop == size, least_or_greatest(reduced, values[-1]), reduced)
    found[2, drawn], found[3, drawn] = values[start], values[stop - 1]
    return Columns(*found)


def dots(curve: Columns, row: Callable[[Array], Array], height: int) -> Dots:
    """Return the dots of a curve, shape (height, C), the top row first.

    Every column is filled from its greatest to its least value, and on to the end of the column
    before it, so that a jump is a vertical line.

    Args:
        curve: The curve.
        row: From values to rows as floats, 0 at the top; those outside of 0 ... height - 1 are
            left out.
        height: Of the grid, in dots.
    """
    top, bottom, first, last = (
        np.rint(row(each)) for each in (curve.high, curve.low, curve.first, curve.last)
    )
    before = np.where(np.isnan(first[1:]), np.nan, last[:-1])
    top[1:] = np.where(before < top[1:], before + 1, top[1:])
    bottom[1:] = np.where(before > bottom[1:], before - 1, bottom[1:])
    rows = np.arange(height)[:, None]
    return (rows >= top) & (rows <= bottom)
