"""The rows of one quantity, as a simulation fills them: in memory, as steps, or in a file."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from lrviz.curves import filed
from lrviz.curves.events import Array
from lrviz.curves.filed import Filed, Store
from lrviz.curves.stairs import Stairs

_FEW = 64  # updates that a step stands for, at least


class Rows(Protocol):
    """What is filled from its first row on, without a gap."""

    def put(self, start: int, states: Array, repeats: NDArray[np.int64]) -> None:
        """Fill rows from `start` on, with state j in repeats[j] of them."""

    def curve(self, updates: int) -> Array:
        """Return so many rows, shape (updates, G)."""


def rows(updates: int, groups: int, calls: int) -> Rows:
    """Return the rows of a quantity.

    Args:
        updates: How many there are.
        groups: The G of each.
        calls: So often at most they change.
    """
    if updates * groups < filed.LONG:
        return _Whole(updates, groups)
    if calls * _FEW <= updates:
        return _Steps()
    return (_File if filed.has_room(updates * groups) else _Whole)(updates, groups)


class _Whole:
    def __init__(self, updates: int, groups: int) -> None:
        self._array = np.empty((updates, groups))

    def put(self, start: int, states: Array, repeats: NDArray[np.int64]) -> None:
        stop = start + int(repeats.sum())
        once = stop - start == len(states) and repeats.all()
        self._array[start:stop] = states if once else np.repeat(states, repeats, axis=0)

    def curve(self, updates: int) -> Array:
        if updates == len(self._array):
            return self._array
        return self._array[:updates].copy()  # do not hold the memory of the whole training


class _File:
    """They go to a file as they come, since they are read in order, and by some thousand.

    An OSError says that the folder is full.
    """

    def __init__(self, updates: int, groups: int) -> None:
        del updates
        self._store, self._groups = Store(), groups

    def put(self, start: int, states: Array, repeats: NDArray[np.int64]) -> None:
        del start  # they come in order
        self._store.write(np.repeat(states, repeats, axis=0))

    def curve(self, updates: int) -> Array:
        return cast(Array, Filed(self._store, (updates, self._groups)))


class _Steps:
    def __init__(self) -> None:
        self._states: list[Array] = []
        self._ends: list[NDArray[np.int64]] = []

    def put(self, start: int, states: Array, repeats: NDArray[np.int64]) -> None:
        used = repeats > 0
        states, ends = states[used], (start + np.cumsum(repeats))[used]
        last = _lasts(states)
        self._states.append(states[last])
        self._ends.append(ends[last])

    def curve(self, updates: int) -> Array:
        del updates  # so many were put
        states, ends = np.concatenate(self._states), np.concatenate(self._ends)
        last = _lasts(states)
        return cast(Array, Stairs(states[last], ends[last]))


def _lasts(states: Array) -> NDArray[np.bool_]:
    """Flag each state that the next one differs from, by a bit at least."""
    bits = states.view(np.int64)
    return np.append((bits[1:] != bits[:-1]).any(axis=1), True)[: len(states)]
