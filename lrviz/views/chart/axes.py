"""The axes of a terminal chart: round values on whole rows, and their labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrviz.curves.events import Array
from lrviz.views.plan.scales import Unit, YScale, even_ticks

# Ticks within a decade, and how many rows it must have for them.
_WITHIN = (
    (30, (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)),
    (12, (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)),
    (5, (1.0, 2.0, 5.0)),
)
_FEW = 4  # rows, of which an axis needs as many for round ticks
_DECADES = (1, 2, 3, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class YAxis:
    """Where values stand, in rows from the lowest one (0) up.

    Attributes:
        log: Rows go by the logarithm to base 10.
        origin: The value, or its logarithm, that stands on row `row`.
        row: Next to the lowest row.
        scale: Rows to 1, or to a decade.
        ticks: The values that are labelled, ascending.
    """

    log: bool
    origin: float
    row: int
    scale: float
    ticks: tuple[float, ...]

    def rows(self, values: Array) -> Array:
        """Return the rows of values; on a logarithmic axis -inf for what is not positive."""
        if self.log:
            with np.errstate(divide="ignore"):
                values = np.log10(np.maximum(values, 0))
        return np.asarray(self.row + (values - self.origin) * self.scale)


def y_axis(reach: YScale, rows: int) -> YAxis:
    """Return an axis of so many rows, at least 2, that has a place for all values in `reach`."""
    if reach.log:
        return _log_axis(math.log10(reach.low), math.log10(reach.high), rows)
    axis = _linear_axis(reach.low, reach.high, rows)
    return YAxis(False, axis.origin, axis.row, axis.scale, (0.0,)) if reach.empty else axis


def _linear_axis(low: float, high: float, rows: int) -> YAxis:
    """Return the axis whose ticks are a whole number of rows apart, so that each is exact.

    Where there is no room for that, the two ends are its ticks.
    """
    power = math.floor(math.log10((high - low) / rows))
    steps = (m * 10.0**e for e in range(power, power + 4) for m in (1, 2, 2.5, 5))
    fitted = (_fitted(low, high, step, rows) for step in steps)
    axes = [axis for axis in fitted if axis is not None]
    if rows < _FEW or not axes:
        return YAxis(False, low, 0, (rows - 1) / (high - low), (low, high))
    return max(axes, key=lambda axis: _worth(axis, low, high, rows))


def _fitted(low: float, high: float, step: float, rows: int) -> YAxis | None:
    """Return the highest axis with ticks at multiples of `step`, or None where none fits."""
    first = math.ceil(low / step - 1e-9)
    for between in range(math.floor((rows - 1) * step / (high - low) + 1e-9), 0, -1):
        row = math.ceil((first - low / step) * between - 1e-9)
        if row + (high / step - first) * between < rows - 1 + 1e-6:
            count = (rows - 1 - row) // between + 1
            ticks = tuple((first + index) * step for index in range(count))
            return YAxis(False, first * step, row, between / step, ticks)
    return None


def _worth(axis: YAxis, low: float, high: float, rows: int) -> float:
    """Return how good an axis is: how well filled, with a tick at the greatest value or without.

    Ticks much closer or much farther apart than four rows, or a sixth of all, are worse, and so
    are fewer than four; one is not enough.
    """
    filled = (high - low) * axis.scale / (rows - 1)
    if len(axis.ticks) < 2:
        return filled - 1
    between = (axis.ticks[1] - axis.ticks[0]) * axis.scale
    off = abs(math.log2(between / max(4, rows / 6)))
    at_top = any(math.isclose(tick, high, rel_tol=1e-6) for tick in axis.ticks)
    return filled + 0.1 * at_top - 0.12 * off - 0.05 * max(0, 4 - len(axis.ticks))


def _log_axis(low: float, high: float, rows: int) -> YAxis:
    """Return the axis from 10 ** low on the lowest to 10 ** high on the highest row.

    Where it has no round value, the two ends are its ticks.
    """
    scale = (rows - 1) / (high - low)
    within = next((each for room, each in _WITHIN if scale >= room), (1.0,))
    step = next((each for each in _DECADES if each * scale >= min(2, rows - 1)), _DECADES[-1])
    decades = range(math.floor(low), math.floor(high) + 1)
    ticks = (m * 10.0**e for e in decades if e % step == 0 for m in within)
    margin = 1e-9
    within_reach = [tick for tick in ticks if low - margin <= math.log10(tick) <= high + margin]
    return YAxis(True, low, 0, scale, tuple(within_reach or (10.0**low, 10.0**high)))


def x_ticks(unit: Unit, end: float, width: int) -> tuple[tuple[float, str], ...]:
    """Return an x axis' ticks with their labels, as many as fit side by side.

    Args:
        unit: Of the axis.
        end: Its upper end; the lower one is 0.
        width: In terminal cells.
    """
    for most in range(11, 1, -1):
        ticks = [
            (value, unit.write(value)) for value in even_ticks(0.0, end, most, whole=unit.whole)
        ]
        if len(ticks) * (max(len(label) for _, label in ticks) + 2) <= width:
            break
    return tuple(ticks)
