"""Marks on the curves of a panel: a dot at each place, and beside it what happens there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from lrviz.views.figure.text import Type
from lrviz.views.figure.themes import readable, settings
from lrviz.views.plan.box import Box
from lrviz.views.plan.marks import Spot
from lrviz.views.plan.placing import Point, Room, swept
from lrviz.views.plan.planning import Plan

_ALARM = "#D1242F"
_DOT = 4.5  # points

_APART = 1.5  # em between two texts side by side
_HEADROOM = 0.25  # of a panel's height, at the most

# In inches.
_AROUND_DOT = 0.05
_AROUND_END = 0.07
_PAD = 0.03
_WIDE = 2.5  # has room for a text in one line
_LEADER_FROM = 0.11


def headroom(spots: Sequence[Spot], font: Type, size: Point) -> float:
    """Return the share of a panel's height that is left free above for what is marked.

    Args:
        spots: What is marked.
        font: To write in.
        size: Width and height of the panel, in inches.
    """
    if not spots:
        return 0.0
    rows = max(len({spot.line for spot in spots}), 1 if size[0] > _WIDE else 2)
    return min(_HEADROOM, (min(rows, 3) * font.line + _AROUND_DOT) / size[1])


class Ground:
    """A panel whose curves are drawn; places are in inches from its lower left corner."""

    def __init__(self, ax: Axes, plan: Plan) -> None:
        """Take an Axes, and what its curves are: the first panel of a plan."""
        self.ax, self.panel, self.looks = ax, plan.panels[0], plan.looks[0]
        self._scale, self._x, self._end = plan.scales[0], plan.below, plan.end
        box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
        self._size = box.width, box.height

    def mark(self, spots: Sequence[Spot], font: Type, taken: Sequence[Box] = ()) -> None:
        """Draw a dot at each spot, and beside it what it says, where there is room for that.

        What is written lies on no curve, on no end of a curve and on no other text.

        Args:
            spots: The most important first.
            font: To write in.
            taken: What else is written in the panel.
        """
        spots = [each for each in spots if self._scale.low <= each.value <= self._scale.high]
        room = self._room(taken)
        for spot in spots:
            self._dot(spot)
            room.take_point(self._point(spot.x, spot.value), _AROUND_DOT)
        for spot in spots:
            sizes = [self._size_of(text, font) for text in spot.texts]
            point, apart = self._point(spot.x, spot.value), _APART * font.size / 72
            found = room.place(sizes, point, own=spot.line, apart=apart)
            if found is None and spot.given:  # a finding is said at any price
                found = room.place(sizes, point, apart=apart)
            if found is not None:
                self._write(spot, spot.texts[found[0]], font, found[1])

    def _size_of(self, text: str, font: Type) -> Point:
        lines = text.split("\n")
        return max(map(font.width, lines)) + 2 * _PAD, len(lines) * font.line

    def _point(self, x: float, value: float) -> Point:
        width, height = self._size
        return width * x / self._end, height * float(self._scale.fraction(np.array([value]))[0])

    def _room(self, taken: Sequence[Box]) -> Room:
        """Return what is free between the curves, their ends, the edges and some boxes."""
        room = Room(*self._size)
        for box in taken:
            room.take_box(box)
        at = np.linspace(0, self._end, room.columns + 1)
        for line in self.panel.lines:
            factor = self._x.factors[line.trace]
            low, high = swept(line.values, at / factor)
            height = self._size[1]
            room.take_curve(height * self._scale.fraction(low), height * self._scale.fraction(high))
            if line.last is not None:
                end = self._point((line.last + 1) * factor, float(line.values[line.last]))
                room.take_point(end, _AROUND_END)
        return room

    def _colour(self, spot: Spot) -> str:
        return _ALARM if spot.given else self.looks[spot.line].colour

    def _dot(self, spot: Spot) -> None:
        self.ax.plot(
            [spot.x],
            [spot.value],
            "D" if spot.given else "o",
            color=self._colour(spot),
            markeredgecolor=self.ax.get_facecolor(),
            markeredgewidth=0.8,
            markersize=1.4 * _DOT if spot.given else _DOT,
            zorder=4,
            clip_on=False,
        )

    def _write(self, spot: Spot, text: str, font: Type, box: Box) -> None:
        """Write a text into a box; where they are apart a line leads from its spot to it."""
        x, y = self._point(spot.x, spot.value)
        away = max(box.left - x, x - box.right, box.bottom - y, y - box.top)
        background = to_hex(self.ax.get_facecolor())
        colour = readable(self._colour(spot), settings["text.color"], background)
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
        self.ax.annotate(
            text,
            (spot.x, spot.value),
            xytext=(72 * (box.left + box.width / 2 - x), 72 * (box.bottom + box.height / 2 - y)),
            textcoords="offset points",
            ha="center",
            va="center",
            color=colour,
            fontsize=font.size,
            linespacing=1.15,
            parse_math=False,
            zorder=5,
            arrowprops=leader if away > _LEADER_FROM else None,
        )
