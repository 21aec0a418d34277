"""Arrays of tens of millions of rows that are not held in memory, or not each row by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray


class Long(NDArrayOperatorsMixin, ABC):
    """What is read as an array of float64 is, of shape (N,) or (N, G), and made part by part.

    Single rows, slices of them, columns and extremes are read without the rest; whatever else an
    array is asked for is asked of the whole, which is made for it.
    """

    dtype = np.dtype(np.float64)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape, self.ndim = shape, len(shape)
        self.size = int(np.prod(shape, dtype=np.int64))

    @abstractmethod
    def _slice(self, start: int, stop: int) -> NDArray[np.float64]:
        """Return the rows from `start` to before `stop`, which lie within."""

    @abstractmethod
    def _take(self, rows: Any) -> NDArray[np.float64]:
        """Return rows by their indices, which lie within; shape as `rows`."""

    @abstractmethod
    def _of(self, columns: tuple[Any, ...]) -> Long:
        """Return the same rows with `[:, *columns]` taken of each."""

    @abstractmethod
    def _extreme(self, of: np.ufunc) -> NDArray[np.float64]:
        """Return the extremes of each column."""

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        rows, others = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
        rows = np.asarray(rows) if isinstance(rows, list) else rows
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if (start, stop, step) == (0, len(self), 1):
                return self._of(others)
            found = (
                self._slice(start, max(start, stop))
                if step == 1
                else self._take(np.arange(start, stop, step))
            )
            return found[(slice(None), *others)] if others else found
        if isinstance(rows, int | np.integer) or (
            isinstance(rows, np.ndarray) and rows.dtype.kind == "i"
        ):
            at = np.where(np.less(rows, 0), rows + len(self), rows)
            if np.any((at < 0) | (at >= len(self))):
                raise IndexError(f"row {rows} of {len(self)}")
            taken = self._take(at)
            return taken[others] if others else taken
        return np.asarray(self)[key]

    def min(self, axis: int | None = None, **options: Any) -> Any:
        """Return the smallest value, as an array's method does."""
        return self._reduced(np.minimum, axis).min(axis=axis, **options)

    def max(self, axis: int | None = None, **options: Any) -> Any:
        """Return the largest value, likewise."""
        return self._reduced(np.maximum, axis).max(axis=axis, **options)

    def _reduced(self, of: np.ufunc, axis: int | None) -> NDArray[np.float64]:
        """Return an array with the same extremes."""
        return self._extreme(of)[None] if axis in (None, 0) else np.asarray(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.float64]:
        if copy is False:
            raise ValueError("it is no array, and becomes one by a copy")
        return self._slice(0, len(self)).astype(dtype or self.dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = (np.asarray(each) if isinstance(each, Long) else each for each in inputs)
        return getattr(ufunc, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)
