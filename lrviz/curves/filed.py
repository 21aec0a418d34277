"""Values of a very long run, in a file of the machine's temporary folder."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.long import Long
from lrviz.errors import UsageError

_ROWS = 1 << 16  # read at a time where all are

LONG = 1 << 25
"""Values from which on an array is not held in memory."""


def has_room(count: int) -> bool:
    """Say whether the temporary folder has room for so many values."""
    try:
        return shutil.disk_usage(tempfile.gettempdir()).free > 8 * count
    except OSError:  # there is no folder that may be written to
        return False


def held(blocks: Iterable[NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    """Return arrays, of so many values together, as one: in a file where there are `LONG`.

    Raises:
        UsageError: The folder is full.
    """
    if count < LONG or not has_room(count):
        return np.concatenate([np.empty(0), *blocks])
    store = Store()
    try:
        for block in blocks:
            store.write(block)
    except OSError as error:
        raise UsageError(
            f"{count:,} values of a metric do not fit into {tempfile.gettempdir()} "
            f"({error.strerror}); give fewer, or set TMPDIR to a folder with more room"
        ) from error
    return cast(NDArray[np.float64], Filed(store, (count, 1))[:, 0])


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
