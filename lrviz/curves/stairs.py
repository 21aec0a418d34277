"""Values that stay as they are for long: an array that takes the room of its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.long import Long


class Stairs(Long):
    """What `np.repeat(states, repeats, axis=0)` holds, read as that array is.

    Args:
        states: Shape (K,) or (K, G), float64, K at least 1.
        ends: Shape (K,), ascending: the row behind the last that has a state.
    """

    def __init__(self, states: NDArray[np.float64], ends: NDArray[np.int64]) -> None:
        super().__init__((int(ends[-1]), *states.shape[1:]))
        self._states, self._ends = states, ends

    def _of(self, columns: tuple[Any, ...]) -> Stairs:
        return Stairs(self._states[(slice(None), *columns)], self._ends)

    def _extreme(self, of: np.ufunc) -> NDArray[np.float64]:
        found: NDArray[np.float64] = of.reduce(self._states, axis=0)
        return found

    def _take(self, rows: Any) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self._states[np.searchsorted(self._ends, rows, side="right")]
        return found

    def _slice(self, start: int, stop: int) -> NDArray[np.float64]:
        if start == stop:
            return self._states[:0]
        at = np.searchsorted(self._ends, [start, stop - 1], side="right")
        first, last = at.tolist()
        ends = np.minimum(self._ends[first : last + 1], stop)
        repeats = np.diff(ends, prepend=start)
        return np.repeat(self._states[first : last + 1], repeats, axis=0)
