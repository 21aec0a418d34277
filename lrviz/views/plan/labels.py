"""Where names of curves stand: at the curves' ends where they fit, else in rows below the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lrviz.views.plan.looks import Look

# In inches.
GAP = 0.05
LEADER = 0.28
SAMPLE = 0.3
TEXT = 0.07
"""Between a sample of a curve and its name."""
_COLUMN_GAP = 0.2

WIDER = 1.16
"""How much wider the font may be that a browser takes for an SVG's."""
PIXELS = 1.05
"""How much wider a text may be where its letters are on whole pixels."""


class Font(Protocol):
    """Text of one size, measured; lengths are in inches."""

    @property
    def size(self) -> float:
        """In points."""

    @property
    def line(self) -> float:
        """Height of a line."""

    def width(self, text: str) -> float:
        """Return the width of a text of one line."""

    def shortened(self, text: str, room: float) -> str:
        """Return a text that fits: its middle left out where it must be."""


@dataclass(frozen=True)
class Name:
    """A curve's name.

    Attributes:
        text: One line.
        look: Its curve's.
        height: Where the curve ends, from 0 at the lower to 1 at the upper edge of its panel.
    """

    text: str
    look: Look
    height: float


def margin(names: Sequence[Name], font: Font) -> float:
    """Return the width that names at the curves' ends take, in inches."""
    return 2 * GAP + LEADER + WIDER * max(font.width(name.text) for name in names) + 0.08


def spread(targets: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Return the positions nearest to `targets` that are at least `distance` apart.

    Args:
        targets: Ascending.
        distance: Between two neighbours.
        low: Least position.
        high: Greatest position, which gives way where there is no room.

    Returns:
        Ascending; the sum of squared moves is the least possible but for the ends.

    >>> spread([0.0, 0.0, 5.0], 1.0, -1.0, 6.0)
    [-0.5, 0.5, 5.0]
    """
    blocks: list[tuple[float, int]] = []  # mean of targets without the distances, and how many
    for index, target in enumerate(targets):
        block = (target - index * distance, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, size = blocks.pop()
            whole = size + block[1]
            block = ((mean * size + block[0] * block[1]) / whole, whole)
        blocks.append(block)
    flat = [mean for mean, size in blocks for _ in range(size)]
    highest = high - (len(flat) - 1) * distance
    return [max(low, min(each, highest)) + i * distance for i, each in enumerate(flat)]


def beside(names: Sequence[Name], font: Font, height: float, moved: float) -> list[float] | None:
    """Return the heights, in inches, of names at the ends of their curves.

    Args:
        names: Of the panel's curves.
        font: Of the names.
        height: Of the panel, in inches.
        moved: How far a name may be from its curve's end, in lines.

    Returns:
        One a name, or None where they would stand too far from the ends to be read.
    """
    order = sorted(range(len(names)), key=lambda index: (names[index].height, -index))
    targets = [names[index].height * height for index in order]
    line = font.line
    if len(names) * line > height + line:
        return None
    placed = spread(targets, line, -0.6 * line, height + 0.4 * line)
    if max(abs(a - b) for a, b in zip(placed, targets, strict=True)) > moved * line:
        return None
    heights = dict(zip(order, placed, strict=True))
    return [heights[index] for index in range(len(names))]


@dataclass(frozen=True)
class Legend:
    """Names in rows.

    Attributes:
        names: Row by row.
        columns: Width of each column, in inches.
        font: Of the names.
    """

    names: tuple[Name, ...]
    columns: tuple[float, ...]
    font: Font

    @property
    def line(self) -> float:
        """Height of a row, in inches."""
        return self.font.line * 1.12

    @property
    def height(self) -> float:
        """Height of all rows, in inches."""
        return -(-len(self.names) // len(self.columns)) * self.line


def legend(names: Sequence[Name], font: Font, room: float) -> Legend:
    """Return names in as many columns as fit in `room` inches, and in at least two from 5 on.

    What does not fit is shortened.
    """
    least = 2 if len(names) > 4 else 1
    for longest in (math.inf, (room / least - SAMPLE - TEXT - _COLUMN_GAP) / WIDER):
        names = [Name(font.shortened(n.text, longest), n.look, n.height) for n in names]
        texts = [font.width(name.text) for name in names]
        # In a wider font names come nearer to each other, and no further than the next sample.
        widths = [SAMPLE + TEXT + max(text + _COLUMN_GAP, WIDER * text + GAP) for text in texts]
        for count in range(len(names), (least if longest == math.inf else 1) - 1, -1):
            count = -(-len(names) // -(-len(names) // count))  # no more than the rows need
            columns = tuple(max(widths[column::count]) for column in range(count))
            last = SAMPLE + TEXT + WIDER * max(texts[count - 1 :: count])
            if sum(columns[:-1]) + last <= room:
                return Legend(tuple(names), columns, font)
    return Legend(tuple(names), columns, font)
