"""Whether a logged value is the planned one, as far as the log can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array, Flags

Precision = Literal["float64", "float32"] | int

ROUNDING = 1e-12
"""Relative difference of doubles up to which two ways to compute one formula may come apart."""

_NOISE = 1e-15  # of the largest value: what is left of one where another computation ends in 0
_FLOAT32 = 1.3e-7  # relative: one unit in the last place of a float32, and its rounding


@dataclass(frozen=True, eq=False)
class Logged:
    """The values that a log holds of one curve.

    Attributes:
        updates: Shape (M,), int64, ascending: the updates (0-based) that they belong to.
        values: Shape (M,), float64.
        precision: `float64`: whole doubles; `float32`; or so many significant decimal digits.
    """

    updates: NDArray[np.int64]
    values: Array
    precision: Precision = "float64"

    @property
    def resolution(self) -> float:
        """The largest relative difference that counts as none."""
        if self.precision == "float64":
            return ROUNDING
        if self.precision == "float32":
            return _FLOAT32
        return 0.51 * 10.0 ** (1 - self.precision)

    def words(self) -> str:
        """Return the precision in words: `to the bit`, `to float32`, `to 6 digits`."""
        if self.precision == "float64":
            return "to the bit"
        return f"to {self.precision}" + ("" if self.precision == "float32" else " digits")

    @np.errstate(invalid="ignore", over="ignore")
    def agrees(self, expected: Array) -> Flags:
        """Return which of the logged values are the `expected` ones; shape (M,), or (K, M).

        A value that is expected to be NaN agrees with NaN alone.
        """
        largest = np.max(np.abs(self.values[np.isfinite(self.values)]), initial=0.0)
        size = np.maximum(np.abs(self.values), np.abs(expected))
        if isinstance(self.precision, int):  # so many digits of the number as it is written
            size = 10.0 ** np.floor(np.log10(np.maximum(size, 1e-300)))
        near = np.abs(expected - self.values) <= self.resolution * size + _NOISE * largest
        nowhere = np.isnan(expected) & np.isnan(self.values)
        same: Flags = near | (expected == self.values) | nowhere
        return same

    def equals(self, expected: Array) -> Flags:
        """Return which of the logged values are the `expected` ones, doubles bit for bit."""
        if self.precision != "float64":
            return self.agrees(expected)
        same: Flags = (expected == self.values) | (np.isnan(expected) & np.isnan(self.values))
        return same
