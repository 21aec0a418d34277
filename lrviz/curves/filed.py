"""Values of a very long run, in a file of the machine's temporary folder."""

from __future__ import annotations

import tempfile
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.long import Long

_ROWS = 1 << 16  # read at a time where all are


class Store:
    """A file without a name, which is gone with the last that holds it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)

    def write(self, values: NDArray[np.float64]) -> None:
        """Add values behind those that are there; an OSError says that there is no room."""
        self._file.write(values.tobytes())

    def read(self, start: int, count: int) -> NDArray[np.float64]:
        """Return so many values from one on."""
        self._file.seek(8 * start)
        return np.frombuffer(self._file.read(8 * count))


class Filed(Long):
    """An array of shape (N, G) that a file holds row by row, or columns of it.

    Args:
        store: Of N G values.
        shape: (N, G).
        columns: What is taken of its rows, as keys of (rows, G) arrays, in turn.
    """

    def __init__(
        self,
        store: Store,
        shape: tuple[int, int],
        columns: tuple[tuple[Any, ...], ...] = (),
    ) -> None:
        self._store, self._whole, self._columns = store, shape, columns
        super().__init__((shape[0], *self._cut(np.empty((0, shape[1]))).shape[1:]))

    def _cut(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        for columns in self._columns:
            rows = rows[(slice(None), *columns)]
        return rows

    def _of(self, columns: tuple[Any, ...]) -> Filed:
        taken = (*self._columns, columns) if columns else self._columns
        return Filed(self._store, self._whole, taken)

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
        groups = self._whole[1]
        return self._cut(
            self._store.read(start * groups, (stop - start) * groups).reshape(-1, groups)
        )
