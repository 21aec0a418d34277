"""The fewest vertices that draw a long curve as all of its values would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lrviz.events import Array

Indices = NDArray[np.intp]

_BINS = 64
_BLOCK = 1 << 16


def vertices(values: Array, bins: int) -> tuple[Array, Array]:
    """Return x and y of a polyline that shows `values`, the value t holding from t to t + 1.

    Up to `bins` / 2 changes of value are drawn as they are: horizontal lines and vertical jumps,
    whatever the number of updates. A curve of more changes is drawn through the first, least,
    greatest and last value of each bin (M4), so that no peak, spike or jump is lost, and through
    both ends of each jump, so that it is vertical.

    Args:
        values: Shape (N,), N >= 1, float64; what is not finite leaves a gap.
        bins: At least 1; two a pixel column are as good as all values.

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
        kept = np.union1d(m4(values, bins), _jumps(values, bins))
        breaks = np.array([len(kept)])
    else:
        kept = np.flatnonzero(finite)
        held = values[kept]
        kept = kept[np.union1d(m4(held, bins), _jumps(held, bins))]
        passed = np.cumsum(~finite)
        breaks = np.append(np.flatnonzero(np.diff(passed[kept])) + 1, len(kept))
    ends = kept[breaks - 1]  # the last of each stretch without a gap: its value holds for 1 more
    x = np.insert(kept.astype(np.float64), np.repeat(breaks, 2), np.repeat(ends + 1.0, 2))
    gaps = np.stack([values[ends], np.full(len(ends), np.nan)], axis=1).ravel()
    return x[:-1], np.insert(values[kept], np.repeat(breaks, 2), gaps)[:-1]


def m4(values: Array, bins: int) -> Indices:
    """Return the sorted indices of the first, least, greatest and last value of each bin.

    Args:
        values: Shape (N,), finite.
        bins: At least 1; all indices are returned where N <= 4 * bins.
    """
    size = len(values)
    if size <= 4 * bins:
        return np.arange(size)
    edges = np.arange(bins + 1) * size // bins
    found = [edges[:-1], edges[1:] - 1]
    for some in range(0, bins, _BINS):  # a part at a time: 10^8 values take no room of their own
        starts, ends = edges[some : some + _BINS], edges[some + 1 : some + _BINS + 1]
        starts = starts[: len(ends)]
        # Bins differ in length by one at most; the shorter ones repeat their last index.
        inside = np.minimum(starts[:, None] + np.arange(size // bins + 1), ends[:, None] - 1)
        binned, row = values[inside], np.arange(len(ends))
        found += [inside[row, binned.argmin(1)], inside[row, binned.argmax(1)]]
    return np.unique(np.concatenate(found))


def _jumps(values: Array, bins: int) -> Indices:
    """Return both ends of what a reader sees as jumps; none where these are the rule."""
    highest = 0.003 * (float(values.max()) / 2 - float(values.min()) / 2)  # halves cannot overflow
    found: list[Indices] = []
    for start in range(0, len(values), _BLOCK):
        rises = np.abs(np.diff(values[start : start + _BLOCK + 1] / 2))
        found.append(start + np.flatnonzero(rises > highest))
        if sum(map(len, found)) > bins:
            return np.array([], dtype=np.intp)
    before = np.concatenate(found)
    return np.union1d(before, before + 1)
