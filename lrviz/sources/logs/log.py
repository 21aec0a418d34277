"""Log: the values that a training wrote of its learning rates, as they stand in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lrviz.errors import SpecError

Unit = Literal["update", "batch", "epoch", "sample"]
Precision = Literal["float64", "float32"] | int

_DIGITS = re.compile(r"[1-9][0-9]*(?:\.[0-9]*)?|0?\.0*([1-9][0-9]*)?")
_FULL = 12  # significant digits from which a number was written whole
_FEW = 4  # significant digits below which nobody prints a learning rate on purpose


@dataclass(frozen=True, eq=False)
class Series:
    """One logged quantity of one param group.

    Attributes:
        param: `lr`, `momentum` or another quantity of a param group.
        group: The param group's name; `0` where the log names none.
        steps: Shape (M,), strictly ascending: the row numbers as logged, in the log's unit.
        values: Shape (M,), float64.
    """

    param: str
    group: str
    steps: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Log:
    """What one training wrote.

    Attributes:
        label: The curve's name.
        source: What the user named it by.
        format: The format's title, e.g. `Hugging Face trainer_state.json`.
        series: One a logged quantity and param group; at least one.
        unit: What the row numbers count.
        shift: Row number n shows the value that update `n - shift` (0-based) used, in the habit
            of the format; 1 where rows count the updates that are done.
        habit: Why, in words; empty where rows count updates from 0.
        precision: `float64`: whole doubles; `float32`; or so many significant decimal digits.
        facts: What the file says of the training: `steps`, `epochs`, ...
        notes: What was to be said of reading it: restarts, a record cut short.
    """

    label: str
    source: str
    format: str
    series: tuple[Series, ...]
    unit: Unit = "update"
    shift: int = 0
    habit: str = ""
    precision: Precision = "float64"
    facts: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def series(
    param: str, group: str, numbers: Sequence[float], values: Sequence[float]
) -> tuple[Series, int]:
    """Return logged rows as a Series, and how many of them a restart replaced.

    Where a number comes again, or a smaller one, the training was begun again from there: what was
    written later is what the run went on with, and all that stood at or beyond it falls away.
    A number that is written twice with the same value is one row.

    Args:
        param: The quantity.
        group: The param group.
        numbers: The row numbers, as they stand in the file.
        values: As many values.

    >>> found, replaced = series("lr", "0", [0, 1, 2, 1, 2], [1.0, 0.5, 0.2, 0.4, 0.1])
    >>> found.steps.tolist(), found.values.tolist(), replaced
    ([0.0, 1.0, 2.0], [1.0, 0.4, 0.1], 2)
    """
    steps, column = np.array(numbers, dtype=np.float64), np.array(values, dtype=np.float64)
    if len(steps) < 2 or bool(np.all(np.diff(steps) > 0)):
        return Series(param, group, steps, column), 0
    # From the end: a row stays if its number is below all that were written after it.
    lowest = np.minimum.accumulate(steps[::-1])[::-1]
    kept = np.append(steps[:-1] < lowest[1:], True)
    again = np.append((steps[:-1] == steps[1:]) & (column[:-1] == column[1:]), False)
    replaced = int(np.count_nonzero(~kept & ~again))
    return Series(param, group, steps[kept], column[kept]), replaced


def restarts(replaced: int) -> tuple[str, ...]:
    """Return the note on rows that a restart replaced; none where there were none."""
    if not replaced:
        return ()
    what = "row was" if replaced == 1 else "rows were"
    return (f"{replaced:,} {what} written again after a restart; the later ones count",)


def digits(texts: Iterable[str]) -> Precision:
    """Return the precision of numbers by how they are written.

    Some writers round: `3.33e-05` is known to three digits. Nobody can tell `0.1` from a rounded
    number, so a log of short numbers only counts as whole doubles.

    >>> digits(["0.1", "0.00033333333333333335"]), digits(["0.010000", "0.0033333"])
    ('float64', 5)
    """
    most = 0
    for text in texts:
        mantissa = re.split("[eE]", text.strip().lstrip("+-"))[0]
        most = max(most, len(mantissa.replace(".", "").strip("0")))
    return most if _FEW <= most < _FULL else "float64"


def number(text: str) -> float | None:
    """Return the number that a cell holds, None for an empty one.

    Raises:
        ValueError: It is another text.
    """
    text = text.strip()
    return float(text) if text else None


def nothing(source: str, what: str, names: Sequence[str]) -> SpecError:
    """Return the error for a log in which no learning rate was found."""
    known = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return SpecError(f"{source}: no learning rate in this {what}; it has: {known or 'nothing'}")
