"""Values that stay as they are for long: an array that takes the room of its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray


class Stairs(NDArrayOperatorsMixin):
    """What `np.repeat(states, repeats, axis=0)` holds, read as that array is.

    Single rows, slices of them and columns are taken from the states; whatever else an array is
    asked for is asked of the whole, which is made for it.

    Args:
        states: Shape (K,) or (K, G), float64, K at least 1.
        ends: Shape (K,), ascending: the row behind the last that has a state.
    """

    def __init__(self, states: NDArray[np.float64], ends: NDArray[np.int64]) -> None:
        self._states, self._ends = states, ends
        self.shape: tuple[int, ...] = (int(ends[-1]), *states.shape[1:])
        self.ndim, self.dtype = states.ndim, states.dtype
        self.size = int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        rows, others = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
        if isinstance(rows, slice) and rows.indices(len(self)) == (0, len(self), 1):
            return Stairs(self._states[(slice(None), *others)], self._ends)
        if isinstance(rows, slice):
            found = self._rows(*rows.indices(len(self)))
            return found[(slice(None), *others)] if others else found
        if isinstance(rows, int | np.integer) or (
            isinstance(rows, np.ndarray) and rows.dtype.kind == "i"
        ):
            at = self._states[self._at(np.where(np.less(rows, 0), rows + len(self), rows))]
            return at[others] if others else at
        return np.asarray(self)[key]

    def min(self, axis: int | None = None, **options: Any) -> Any:
        """Return the smallest value, as an array's method does."""
        return self._each_once(axis).min(axis=axis, **options)

    def max(self, axis: int | None = None, **options: Any) -> Any:
        """Return the largest value, likewise."""
        return self._each_once(axis).max(axis=axis, **options)

    def _each_once(self, axis: int | None) -> NDArray[np.float64]:
        """Return an array with the same extremes."""
        return self._states if axis in (None, 0) else np.asarray(self)

    def _at(self, rows: Any) -> Any:
        """Return the states that rows are in."""
        if np.any((rows < 0) | (rows >= len(self))):
            raise IndexError(f"row {rows} of {len(self)}")
        return np.searchsorted(self._ends, rows, side="right")

    def _rows(self, start: int, stop: int, step: int) -> NDArray[np.float64]:
        if step != 1 or stop <= start:
            found: NDArray[np.float64] = self._states[self._at(np.arange(start, stop, step))]
            return found
        first, last = self._at(np.array([start, stop - 1])).tolist()
        ends = np.minimum(self._ends[first : last + 1], stop)
        repeats = np.diff(ends, prepend=start)
        return np.repeat(self._states[first : last + 1], repeats, axis=0)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.float64]:
        if copy is False:
            raise ValueError("it is no array, and becomes one by a copy")
        return self._rows(0, len(self), 1).astype(dtype or self.dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = (np.asarray(each) if isinstance(each, Stairs) else each for each in inputs)
        return getattr(ufunc, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)
