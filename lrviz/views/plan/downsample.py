"""The fewest vertices that draw a long curve as all of its values would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array
from lrviz.views.plan.panels import Panel
from lrviz.views.plan.scales import Unit

Indices = NDArray[np.intp]
Way = tuple[Array, Array]
"""x, in updates, and y of a polyline: ascending x, NaN in gaps."""

_BLOCK = 1 << 16
_DENSE = 4  # turns a bin


def vertices(values: Array, bins: int) -> tuple[Array, Array]:
    """Return x and y of a polyline that shows `values`, the value t holding from t to t + 1.

    Up to `bins` / 2 changes of value are drawn as they are: horizontal lines and vertical jumps,
    whatever the number of updates. A curve of more changes is drawn through the first, least,
    greatest and last value of each bin (M4), so that no peak, spike or jump is lost, and through
    both ends of each jump, so that it is vertical. One that turns several times in each bin
    fills what lies between its least and greatest values: these alone are drawn, of larger bins.

    Args:
        values: Shape (N,), N >= 1, float64; what is not finite leaves a gap.
        bins: At least 1; three for two pixel columns are as good as all values.

    Returns:
        x (in updates, from 0 to N) and y, NaN in gaps.

    Reference: Jugel et al., "M4: A Visualization-Oriented Time Series Data Aggregation", 2014.

    >>> x, y = vertices(np.array([0.1, 0.1, 0.05]), bins=100)
    >>> x.tolist(), y.tolist()
    ([0.0, 2.0, 2.0, 3.0], [0.1, 0.1, 0.05, 0.05])
    """
    finite = np.isfinite(values)
    changed = values[1:] != values[:-1]
    if not finite.all():
        values = np.where(finite, values, np.nan)
        changed = (values[1:] != values[:-1]) & (finite[1:] | finite[:-1])
    if 2 * np.count_nonzero(changed) < bins:
        starts = np.concatenate(([0], np.flatnonzero(changed) + 1))
        edges = np.append(starts, len(values)).astype(np.float64)
        return np.repeat(edges, 2)[1:-1], np.repeat(values[starts], 2)
    if finite.all():
        kept = _outline(values, bins)
        breaks = np.array([len(kept)])
    else:
        kept = np.flatnonzero(finite)
        held = values[kept]
        kept = kept[_outline(held, bins)]
        passed = np.cumsum(~finite)
        breaks = np.append(np.flatnonzero(np.diff(passed[kept])) + 1, len(kept))
    ends = kept[breaks - 1]  # the last of each stretch without a gap: its value holds for 1 more
    x = np.insert(kept.astype(np.float64), np.repeat(breaks, 2), np.repeat(ends + 1.0, 2))
    gaps = np.stack([values[ends], np.full(len(ends), np.nan)], axis=1).ravel()
    return x[:-1], np.insert(values[kept], np.repeat(breaks, 2), gaps)[:-1]


def ways(panel: Panel, x: Unit, end: float, pixels: float) -> list[Way]:
    """Return the way of each line of a panel; of a log, from one logged value to the next.

    Args:
        panel: The lines.
        x: The unit of the x axis.
        end: Where it ends.
        pixels: Its length.
    """
    found = []
    for line in panel.lines:
        share = min(1.0, len(line.values) * x.factors[line.trace] / end)
        if line.steps is None:
            found.append(vertices(line.values, max(50, round(1.5 * pixels * share))))
        else:
            found.append((line.steps.astype(np.float64), line.values[line.steps]))
    return found


def _outline(values: Array, bins: int) -> Indices:
    """Return the sorted indices of the finite values through which a curve is drawn."""
    jumps, turns = _jumps_and_turns(values, bins)
    if turns > _DENSE * bins:
        return np.union1d(m4(values, -(-2 * bins // 3), ends=False), [0, len(values) - 1])
    return np.union1d(m4(values, bins), jumps)


def m4(values: Array, bins: int, *, ends: bool = True) -> Indices:
    """Return the sorted indices of the first, least, greatest and last value of each bin.

    Args:
        values: Shape (N,), finite.
        bins: At least 1; all of N // bins values, and one of the rest. All indices are returned
            where N <= 4 * bins.
        ends: The first and the last values too, not the least and the greatest alone.
    """
    size = len(values)
    if size <= 4 * bins:
        return np.arange(size)
    length = size // bins
    starts = np.arange(0, size, length)
    whole = size - size % length
    found = [starts, np.minimum(starts + length, size) - 1] if ends else []
    for least in (np.argmin, np.argmax):
        found.append(starts[: whole // length] + least(values[:whole].reshape(-1, length), axis=1))
        if whole < size:
            found.append(whole + least(values[whole:], keepdims=True))
    return np.unique(np.concatenate(found))


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def _jumps_and_turns(values: Array, bins: int) -> tuple[Indices, int]:
    """Return both ends of what a reader sees as jumps, and how often the curve turns.

    Where jumps are the rule there are none.
    """
    half = float(values.max()) / 2 - float(values.min()) / 2  # cannot overflow
    found: list[Indices] = []
    turns = 0
    for start in range(0, len(values), _BLOCK):
        steps = np.diff(values[start : start + _BLOCK + 1])
        turns += int(np.count_nonzero(steps[1:] * steps[:-1] < 0))
        found.append(start + np.flatnonzero(np.abs(steps, out=steps) > 0.006 * half))
    before = np.concatenate(found)
    if len(before) > bins:
        return np.array([], dtype=np.intp), turns
    return np.union1d(before, before + 1), turns
