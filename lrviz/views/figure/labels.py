"""Names of curves: at the curves' ends where they fit, else in rows below the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lrviz.views.figure.lines import Look
from lrviz.views.figure.text import Type
from lrviz.views.figure.themes import readable, settings

# In inches.
_GAP = 0.05
_LEADER = 0.28
_SAMPLE = 0.3
_COLUMN_GAP = 0.2


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


def margin(names: Sequence[Name], font: Type) -> float:
    """Return the width that names at the curves' ends take, in inches."""
    return 2 * _GAP + _LEADER + max(font.width(name.text) for name in names) + 0.08


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


def beside(names: Sequence[Name], font: Type, height: float) -> list[float] | None:
    """Return the heights, in inches, of names at the ends of their curves.

    Args:
        names: Of the panel's curves.
        font: Of the names.
        height: Of the panel, in inches.

    Returns:
        One a name, or None where they would stand too far from the ends to be read.
    """
    order = sorted(range(len(names)), key=lambda index: (names[index].height, -index))
    targets = [names[index].height * height for index in order]
    line = font.line
    if len(names) * line > height + line:
        return None
    placed = spread(targets, line, -0.6 * line, height + 0.4 * line)
    if max(abs(a - b) for a, b in zip(placed, targets, strict=True)) > 2.1 * line:
        return None
    heights = dict(zip(order, placed, strict=True))
    return [heights[index] for index in range(len(names))]


def draw_beside(
    fig: Figure, names: Sequence[Name], heights: Sequence[float], font: Type, box: Sequence[float]
) -> None:
    """Draw names at the ends of their curves, each with a stroke of its line that leads to it.

    Args:
        fig: Where to.
        names: Of the panel's curves.
        heights: From `beside`.
        font: Of the names.
        box: The panel's left, bottom, width and height, in inches.
    """
    left, bottom, width, height = box
    right = left + width + _GAP
    for name, at in zip(names, heights, strict=True):
        ends = (bottom + name.height * height, bottom + at)
        _stroke(fig, (right, right + _LEADER), ends, name.look)
        _write(fig, right + _LEADER + _GAP, bottom + at, name, font)


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
    font: Type

    @property
    def line(self) -> float:
        """Height of a row, in inches."""
        return self.font.line * 1.12

    @property
    def height(self) -> float:
        """Height of all rows, in inches."""
        return -(-len(self.names) // len(self.columns)) * self.line

    def draw(self, fig: Figure, left: float, top: float) -> None:
        """Draw it below `top` and to the right of `left`, in inches."""
        for index, name in enumerate(self.names):
            row, column = divmod(index, len(self.columns))
            x, y = left + sum(self.columns[:column]), top - (row + 0.5) * self.line
            _stroke(fig, (x, x + _SAMPLE), (y, y), name.look)
            _write(fig, x + _SAMPLE + 0.07, y, name, self.font)


def legend(names: Sequence[Name], font: Type, room: float) -> Legend:
    """Return names in as many columns as fit in `room` inches, and in at least two from 5 on."""
    least = 2 if len(names) > 4 else 1
    longest = room / least - _SAMPLE - 0.07 - _COLUMN_GAP
    names = [Name(font.shortened(n.text, longest), n.look, n.height) for n in names]
    widths = [_SAMPLE + 0.07 + font.width(name.text) + _COLUMN_GAP for name in names]
    for count in range(len(names), 0, -1):
        count = -(-len(names) // -(-len(names) // count))  # no more columns than the rows need
        columns = tuple(max(widths[column::count]) for column in range(count))
        if sum(columns) - _COLUMN_GAP <= room:
            break
    return Legend(tuple(names), columns, font)


def _stroke(fig: Figure, x: tuple[float, float], y: tuple[float, float], look: Look) -> None:
    width, height = fig.get_size_inches()
    fig.add_artist(
        Line2D(
            [each / width for each in x],
            [each / height for each in y],
            color=look.colour,
            linestyle=look.style,
            linewidth=0.8 * settings["lines.linewidth"],
            dash_capstyle="butt",
            solid_capstyle="butt",
        )
    )


def _write(fig: Figure, x: float, y: float, name: Name, font: Type) -> None:
    width, height = fig.get_size_inches()
    background = to_hex(settings["figure.facecolor"])
    fig.text(
        x / width,
        y / height,
        name.text,
        color=readable(name.look.colour, settings["text.color"], background),
        fontsize=font.size,
        va="center_baseline",
        parse_math=False,
    )
