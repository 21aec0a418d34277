"""Curves as characters: braille dots or ASCII marks, and whose each one is."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrviz.views.chart.dots import Dots
from lrviz.writing.text import cells

_COLOURS = ("cyan", "magenta", "yellow", "green", "red", "blue")
_LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
_MARKS = "*+xo#@%=&$" + string.ascii_uppercase + string.digits
_LETTER_EVERY = 14  # columns between two letters on a curve
_TURN = 2  # columns that each of several curves gets in turn where they coincide
DOTS = (4, 2)
"""Rows and columns of dots in a braille character."""
# The bit of each dot in a braille character, by row and column.
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Ink:
    """How one curve is told from the others.

    Attributes:
        mark: The character it is drawn with, or on braille dots the letter on it; may be empty.
        style: Its colour, for rich; empty: none.
        sample: What stands for it in the legend.
    """

    mark: str
    style: str
    sample: str


@dataclass(frozen=True, eq=False)
class Cells:
    """A drawing area.

    Attributes:
        text: What stands in each cell, shape (rows, columns), from the top.
        owners: The index of the curve that it shows, -1 for none, of the same shape.
    """

    text: NDArray[np.object_]
    owners: Indices

    def widened(self, columns: int) -> Cells:
        """Return the area with so many more columns at its right."""
        more = (0, 0), (0, columns)
        text = np.pad(self.text, more, constant_values=" ")
        return Cells(text, np.pad(self.owners, more, constant_values=-1))

    def write(self, text: str, row: int, column: int, owner: int) -> None:
        """Write a text from a cell on."""
        covered = row, slice(column, column + cells(text))
        self.text[covered], self.owners[covered] = "", owner
        self.text[row, column] = text


def inks(count: int, *, ascii: bool, color: bool) -> list[Ink]:
    """Return an ink for each of so many curves: no two are alike, up to some 40 of them."""
    lettered = count > 1  # colours alone are lost in a copy, and to who sees fewer of them
    found = []
    for index in range(count):
        style = _COLOURS[index % len(_COLOURS)] if color else ""
        if ascii:
            mark = _MARKS[index % len(_MARKS)]
            found.append(Ink(mark, style, mark))
        else:
            mark = _LETTERS[index % len(_LETTERS)] if lettered else ""
            found.append(Ink(mark, style, f"━{mark}━" if mark else "━━"))
    return found


def draw(
    masks: Sequence[Dots], inks: Sequence[Ink], *, ascii: bool, short: Sequence[int] = ()
) -> Cells:
    """Draw curves over each other; where some coincide, they take turns.

    Args:
        masks: The dots of each curve, at least one, all of shape (4 * rows, 2 * columns), or for
            ASCII (rows, columns).
        inks: One a curve.
        ascii: Draw in ASCII.
        short: The curves that may be no more than a cell, which shows their mark in any case.
    """
    down, across = (1, 1) if ascii else DOTS
    height, width = masks[0].shape
    blocks = (height // down, down, width // across, across)
    covered = np.stack([mask.reshape(blocks).any(axis=(1, 3)) for mask in masks])
    owners = _owners(covered)
    if ascii:
        for index in short:
            owners[_letter_places(covered[index], index, len(inks))] = index
        marks = np.array([*(look.mark for look in inks), " "])
        return Cells(marks[owners].astype(object), owners)
    dots = np.logical_or.reduce(masks).reshape(blocks)
    codes = (dots * _BITS[:, None, :]).sum(axis=(1, 3))
    text = np.where(codes > 0, 0x2800 + codes, ord(" "))
    for index in (*(each for each in range(len(inks)) if each not in short), *short):
        if inks[index].mark:
            at = _letter_places(covered[index], index, len(inks))
            text[at], owners[at] = ord(inks[index].mark), index
    return Cells(np.vectorize(chr, otypes=[object])(text), owners)


def _owners(covered: Dots) -> Indices:
    """Return whose each cell is, from covered, shape (curves, rows, columns)."""
    count = covered.sum(axis=0)
    turn = np.arange(covered.shape[2]) // _TURN % np.maximum(count, 1)
    owners = np.argmax(covered.cumsum(axis=0) == turn + 1, axis=0)
    return np.where(count > 0, owners, -1)


def _letter_places(covered: Dots, index: int, count: int) -> tuple[Indices, ...]:
    """Return the rows and columns of a curve's letters, in other columns than other curves'."""
    every = max(_LETTER_EVERY, count)
    present = np.flatnonzero(covered.any(axis=0))
    columns = present[present % every == (2 * index + 1) * every // (2 * count)]
    if not columns.size:
        columns = present[:1]
    return covered[:, columns].argmax(axis=0), columns
