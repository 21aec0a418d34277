"""Values of a very long run, in a file of the machine's temporary folder."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.long import Long

_ROWS = 1 << 16  # read at a time where all are


class Filed(Long):
    """An array of shape (N, G) that a file holds row by row, or columns of it.

    Args:
        file: Of 8 N G bytes, open for reading; it is gone with the last array that reads it.
        shape: (N, G).
        columns: What is taken of its rows, as keys of (rows, G) arrays, in turn.
    """

    def __init__(
        self,
        file: BinaryIO,
        shape: tuple[int, int],
        columns: tuple[tuple[Any, ...], ...] = (),
    ) -> None:
        self._file, self._whole, self._columns = file, shape, columns
        super().__init__((shape[0], *self._cut(np.empty((0, shape[1]))).shape[1:]))

    def _cut(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        for columns in self._columns:
            rows = rows[(slice(None), *columns)]
        return rows

    def _of(self, columns: tuple[Any, ...]) -> Filed:
        taken = (*self._columns, columns) if columns else self._columns
        return Filed(self._file, self._whole, taken)

    def _extreme(self, of: np.ufunc) -> NDArray[np.float64]:
        parts = [
            of.reduce(self._slice(start, min(start + _ROWS, len(self))), axis=0)
            for start in range(0, len(self), _ROWS)
        ]
        found: NDArray[np.float64] = of.reduce(parts, axis=0)
        return found

    def _take(self, rows: Any) -> NDArray[np.float64]:
        order, places = np.unique(rows, return_inverse=True)
        found = np.concatenate([self._slice(0, 0), *(self._slice(at, at + 1) for at in order)])
        return found[places.reshape(np.shape(rows))]

    def _slice(self, start: int, stop: int) -> NDArray[np.float64]:
        width = 8 * self._whole[1]
        self._file.seek(start * width)
        data = self._file.read((stop - start) * width)
        return self._cut(np.frombuffer(data).reshape(-1, self._whole[1]))
