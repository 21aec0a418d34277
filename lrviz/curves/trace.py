"""Trace: what each update of a training used, as it was simulated, or as a log tells it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array, blocks
from lrviz.spec.durations import Length
from lrviz.writing.display import Displayed

Precision = Literal["float64", "float32"] | int


@dataclass(frozen=True)
class RunError:
    """What a scheduler did that ended the simulation early.

    Attributes:
        update: 0-based update after which it failed; the trace holds `update + 1` rows.
        message: The type and the words of what `step()` raised, e.g. `ValueError: Tried to step
            101 times...`, or what it left behind that is no number.
        traceback: Of what it raised, as Python prints one; empty where nothing was raised.
    """

    update: int
    message: str
    traceback: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Trace(Displayed):
    """The values that the optimizer updates of a training used; a notebook draws it.

    Attributes:
        label: The curve's name.
        source: What the user named it by, e.g. `cosine` or `configs/vit.yaml#small`.
        groups: Names of the G param groups.
        curves: `lr`, and each other quantity that moved (`momentum` for SGD's momentum and for
            betas[0], `weight_decay` ...), each an array of shape (M, G), float64: row i is what
            update `steps[i]` used, which is update i where `steps` is None. Tens of millions of
            rows are a `Long`, which reads as that array does.
        after: For each of `curves` the G values that the update behind the last would use; no
            update does. Empty for a log.
        length: The length asked for; `length.updates` > M where `error` cut the run short.
        interval: `epoch` where every scheduler is stepped per epoch, else `step`.
        warnings: What torch warned of and what lrviz rounded, each once.
        error: Why the run ended early, or None.
        steps: The updates (0-based) of the rows, shape (M,), strictly ascending; None: all, from 0.
            Those of a training that is resumed are all from one on.
        precision: Of the values: `float64`: whole doubles, `float32`, or so many decimal digits.
    """

    label: str
    source: str
    groups: tuple[str, ...]
    curves: Mapping[str, Array]
    after: Mapping[str, Array]
    length: Length
    interval: str = "step"
    warnings: tuple[str, ...] = ()
    error: RunError | None = None
    steps: NDArray[np.int64] | None = None
    precision: Precision = "float64"

    @property
    def lr(self) -> Array:
        """The learning rates, shape (M, G): row i is what its update used."""
        return self.curves["lr"]

    @property
    def updates(self) -> int:
        """N, the updates that were simulated; of a log, those up to the last that it has."""
        return len(self.lr) if self.steps is None else int(self.steps[-1]) + 1

    @property
    def updates_per_epoch(self) -> int | None:
        """Updates an epoch, or None where it is not known."""
        return self.length.updates_per_epoch

    @property
    def final(self) -> Array:
        """The learning rates of the last update, shape (G,)."""
        last: Array = self.lr[-1]
        return last

    @property
    def cut_short(self) -> str | None:
        """Why the curve ends early, in a sentence; None where it does not."""
        if self.error is None:
            return None
        return (
            f"{self.label}: its scheduler failed after update {self.error.update:,} of "
            f"{self.length.updates:,}, and the curve ends there: {self.error.message}"
        )

    @property
    def logged(self) -> bool:
        """It is a log's: rows are what was logged, and others may lie between them."""
        return self.steps is not None and not self.after

    def reaches(self, update: int) -> bool:
        """Tell whether an update has a value: of a log, that of the nearest that was logged."""
        return update < self.updates and (self.logged or update >= self.update(0))

    def update(self, row: int) -> int:
        """Return the update that a row is of."""
        return row if self.steps is None else int(self.steps[row])

    def row(self, update: int) -> int:
        """Return the row of an update, or of the nearest one that has a row."""
        if self.steps is None:
            return update
        at = int(np.searchsorted(self.steps, update))
        near = [each for each in (at - 1, at) if 0 <= each < len(self.steps)]
        return min(near, key=lambda each: abs(int(self.steps[each]) - update))  # type: ignore[index]

    def has(self, update: int) -> bool:
        """Tell whether an update has a row."""
        if not 0 <= update < self.updates:
            return False
        return self.steps is None or int(self.steps[self.row(update)]) == update

    def values(self, param: str = "lr", group: int = 0) -> Array:
        """Return one group's values, shape (M,): a view, not a copy."""
        column: Array = self.curves[param][:, group]
        return column

    def by_update(self, param: str = "lr", group: int = 0) -> Array:
        """Return one group's values, shape (N,); NaN for updates that have no row."""
        values = self.values(param, group)
        if self.steps is None:
            return values
        spread = np.full(self.updates, np.nan)
        spread[self.steps] = values
        return spread

    def main_group(self, param: str = "lr") -> int:
        """Return the index of the group with the highest peak, the first of several."""
        peaks = [peak(self.values(param, group))[0] for group in range(len(self.groups))]
        return max(
            range(len(peaks)), key=lambda group: (not math.isnan(peaks[group]), peaks[group])
        )

    @np.errstate(invalid="ignore", over="ignore")
    def one_shape(self, param: str = "lr") -> bool:
        """Say whether all groups are one curve up to a constant factor, to 1e-9 of each value."""
        curve = self.curves[param]
        if curve.shape[1] == 1:
            return True
        main = self.main_group(param)
        highest, at = peak(curve[:, main])
        if math.isnan(highest) or highest == 0:
            return bool(np.array_equal(curve, np.broadcast_to(curve[:, main, None], curve.shape)))
        factors = curve[at] / highest
        return all(
            np.allclose(block, block[:, main, None] * factors, rtol=1e-9, atol=1e-12 * abs(highest))
            for _, block in blocks(curve)
        )


@dataclass(frozen=True)
class Summary:
    """What one curve comes to.

    Attributes:
        peak: Its largest value; NaN where all are NaN.
        peak_at: The first row (0-based) that has it.
        final: The last value.
        mean: The mean of all values.
        above_half: The share of values, in [0, 1], that are more than half the peak.
    """

    peak: float
    peak_at: int
    final: float
    mean: float
    above_half: float


@np.errstate(invalid="ignore")
def summary(values: Array) -> Summary:
    """Return what a curve comes to, read in blocks.

    Args:
        values: Shape (N,), N at least 1.

    >>> summary(np.array([1.0, 4.0, 2.0, 3.0]))
    Summary(peak=4.0, peak_at=1, final=3.0, mean=2.5, above_half=0.5)
    """
    highest, at = peak(values)
    above = 0
    sums = []
    for _, block in blocks(values):
        sums.append(float(np.sum(block)))
        above += int(np.count_nonzero(block > highest / 2))
    total = math.fsum(sums) if all(map(math.isfinite, sums)) else sum(sums)
    return Summary(highest, at, float(values[-1]), total / len(values), above / len(values))


def peak(values: Array, first: int = 0, stop: int | None = None) -> tuple[float, int]:
    """Return the largest value and the first update that uses it; (NaN, first) if all are NaN.

    Args:
        values: Shape (N,), one an update.
        first: The update to begin with.
        stop: The update to end before; None for all.
    """
    highest, at = math.nan, first
    for start, block in blocks(values, first, stop):
        if not np.isnan(block).all():
            index = int(np.nanargmax(block))
            if not block[index] <= highest:
                highest, at = float(block[index]), start + index
    return highest, at
