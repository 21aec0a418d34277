"""The causes that need nothing but the plan's own values: read, or stepped, at another pace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.diagnosis.precision import Logged
from lrviz.curves.diagnosis.verdict import Cause
from lrviz.curves.events import Array

_SAMPLES = 12  # logged values by which the paces that cannot be are put aside
_PACES = 4096  # steps of the plan an update, at the most, that are tried
_SLOW = 1_000_000  # updates a step of the plan, at the most, that are tried

Indices = NDArray[np.int64]


def at(plan: Array, indices: Indices) -> Array:
    """Return the plan's values at `indices`; NaN where it has none."""
    inside = (indices >= 0) & (indices < len(plan))
    values: Array = np.where(inside, plan[np.clip(indices, 0, len(plan) - 1)], np.nan)
    return values


def shifted(logged: Logged, plan: Array, habits: tuple[str, str]) -> Iterator[tuple[Cause, Array]]:
    """Yield the causes by which rows show the neighbour of their update.

    Args:
        logged: The log.
        plan: The plan's values, one more than the log's last update where there is one.
        habits: Who writes the next update's value, and who the one before; either may be empty.
    """
    texts = {
        1: "the log shows the rate of the next update",
        -1: "the log shows the rate of the update before",
    }
    for shift, habit in zip((1, -1), habits, strict=True):
        indices = logged.updates + shift
        expected = at(plan, np.maximum(indices, 0))
        sentence = f"{texts[shift]}: it was read one step {'early' if shift > 0 else 'late'}"
        other = "a first step of the schedule was skipped"
        if shift > 0:
            other = "the scheduler is stepped before the first optimizer.step()"
        sentence += f", or {other}"
        if habit:
            sentence += f" ({habit})"
        advice = (
            "where each row is written after scheduler.step(), it shows what comes next, and the "
            "training itself followed the plan"
            if shift > 0
            else "where the log counts its updates from 1, all is well: its row n is update n - 1, "
            "and the training itself followed the plan"
        )
        cause = Cause("early" if shift > 0 else "late", sentence, advice, {"updates": shift})
        yield cause, expected


def fast_paces(logged: Logged, plan: Array) -> list[tuple[int, int]]:
    """Return the paces (k, j) at which update u may have used plan value k * u + j, k >= 2.

    j is 0 where the scheduler is stepped k times after each update, and k - 1 where it is stepped
    after each of k batches that make an update. Only a few values are looked at.
    """
    updates, values, some = _some(logged, plan)
    paces = np.arange(2, _PACES + 1)
    found = []
    for name in ("0", "k-1"):
        offset = np.zeros_like(paces) if name == "0" else paces - 1
        indices = paces[:, None] * updates[None, :] + offset[:, None]
        beyond = indices >= len(plan)
        fits = some.agrees(at(plan, indices)) | beyond
        enough = np.count_nonzero(~beyond, axis=1) >= min(2, len(values))
        kept = np.flatnonzero(fits.all(axis=1) & enough)
        found += [(int(paces[i]), int(offset[i])) for i in kept]
    return sorted(found)


def slow_paces(logged: Logged, plan: Array) -> list[tuple[int, int]]:
    """Return the paces (k, j) at which update u may have used plan value (u + j) // k, k >= 2.

    j is 0 where the scheduler is stepped after the last of k updates, and k - 1 where it is
    stepped after the first of them (`if i % k == 0`).
    """
    updates, _, some = _some(logged, plan)
    most = min(int(logged.updates[-1]) + 1, _SLOW)
    found: list[tuple[int, int]] = []
    for start in range(2, most + 1, 100_000):
        paces = np.arange(start, min(start + 100_000, most + 1))
        for offset in (np.zeros_like(paces), paces - 1):
            fits = some.agrees(at(plan, (updates[None, :] + offset[:, None]) // paces[:, None]))
            kept = np.flatnonzero(fits.all(axis=1))
            found += [(int(paces[i]), int(offset[i])) for i in kept]
    return sorted(found)


def _some(logged: Logged, plan: Array) -> tuple[Indices, Array, Logged]:
    """Return a few logged values that tell the most: the first ones, and some of the rest."""
    differ = np.flatnonzero(~logged.agrees(at(plan, logged.updates)))
    head = differ[: _SAMPLES // 2]
    rest = differ[np.linspace(0, len(differ) - 1, _SAMPLES // 2).astype(int)] if len(differ) else []
    chosen = np.unique(np.concatenate([head, rest]).astype(int))
    some = Logged(logged.updates[chosen], logged.values[chosen], logged.precision)
    return some.updates, some.values, some


@dataclass(frozen=True)
class Lag:
    """From a logged row on, a run was behind its plan.

    Attributes:
        row: Index of the row.
        least: By so many updates in all, at the least.
        most: Likewise, at the most: where the plan stands still several lags look the same.
    """

    row: int
    least: int
    most: int


def lags(logged: Logged, plan: Array, most: int) -> list[Lag] | None:
    """Return from which logged rows on the run was how many updates behind its plan.

    The lag only grows; it grows where a value cannot be explained otherwise, and by no more than
    needed. Where the plan stands still any lag fits, and none is added.

    Args:
        logged: The log.
        plan: The plan's values.
        most: Changes, at the most.

    Returns:
        The lags, by row; None where none explain the log.
    """
    found: list[Lag] = []
    lag = row = 0
    updates = logged.updates
    while True:
        fits = logged.agrees(at(plan, updates - lag))
        wrong = np.flatnonzero(~fits[row:])
        if not len(wrong):
            return found
        row += int(wrong[0])
        behind = np.arange(lag + 1, int(updates[row]) + 1)
        one = Logged(updates[row : row + 1], logged.values[row : row + 1], logged.precision)
        candidates = behind[one.agrees(at(plan, updates[row] - behind)).ravel()]
        if not len(candidates) or len(found) == most:
            return None
        found.append(_longest(logged, plan, row, candidates))
        lag = found[-1].least


def _longest(logged: Logged, plan: Array, row: int, candidates: Indices) -> Lag:
    """Return the lags that explain the most rows from `row` on."""
    best: list[int] = []
    length = -1
    for lag in candidates[:256].tolist():
        fits = logged.agrees(at(plan, logged.updates - lag))[row:]
        wrong = np.flatnonzero(~fits)
        reach = int(wrong[0]) if len(wrong) else len(fits)
        if reach > length:
            best, length = [lag], reach
        elif reach == length:
            best.append(lag)
    return Lag(row, best[0], best[-1])
