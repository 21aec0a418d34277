"""Small multiples: panels for each trace, all on the same axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Locator

from lrviz.views.figure import layout
from lrviz.views.figure.labels import draw_legend
from lrviz.views.figure.lines import draw
from lrviz.views.figure.marking import mark, tell
from lrviz.views.figure.page import Canvas, set_axes
from lrviz.views.figure.text import one_line
from lrviz.views.figure.themes import settings
from lrviz.views.plan import labels
from lrviz.views.plan.bands import of_panel
from lrviz.views.plan.box import Box
from lrviz.views.plan.downsample import ways
from lrviz.views.plan.ground import Ground, headroom
from lrviz.views.plan.panels import own_names
from lrviz.views.plan.planning import Plan

_SHAPE = 1.55  # width of a panel to its height
_LEAST = 10.0  # width of a panel, in heights of a tick's label
_LOWER = 0.5  # height of a panel below the first one of a trace, to that one's, at the most
_GAP = 0.16  # inches between rows, and at least between columns
_REST = 1 / layout.FIRST - 1  # of a first panel's height: what a legend and other panels may have
_LEAST_HIGH = 0.3  # inches of a first panel


def columns(count: int, width: float, fonts: layout.Fonts) -> int:
    """Return in how many columns so many panels stand on a page of so many inches.

    The grid is about as wide as high, and has as few gaps as may be.
    """
    most = min(count, max(1, int(width / (_LEAST * fonts.tick.line))))
    square = min(most, math.ceil(math.sqrt(count)))
    return min({square, min(square + 1, most)}, key=lambda each: (-count % each, each))


def page_height(plan: Plan, width: float, fonts: layout.Fonts, title: str | None) -> float:
    """Return the height of a page of small multiples that gives its panels their shape."""
    parts = _parts(plan)
    count = columns(len(parts), width, fonts)
    below = _below(parts, count)
    panel = ((width - 0.7) / count - _GAP) / _SHAPE
    head = fonts.tick.line * 1.2
    around = layout.x_margin(fonts) + 2 * layout.EDGE + (fonts.title.line + 0.16 if title else 0)
    rows = len(below) * (panel + head + _GAP)
    others = [min(each * (_LOWER * panel + fonts.note.line), panel * _REST) for each in below]
    return rows + sum(others) + around


def _parts(plan: Plan) -> list[Plan]:
    """Return the plan of each trace."""
    return [
        plan.only(trace) for trace in dict.fromkeys(line.trace for line in plan.panels[0].lines)
    ]


def _below(parts: Sequence[Plan], count: int) -> list[int]:
    """Return how many panels stand below the first one of a trace, at the most, in each row."""
    lower = [len(part.panels) - 1 for part in parts]
    return [max(lower[start : start + count]) for start in range(0, len(lower), count)]


@dataclass(frozen=True)
class Head:
    """What stands above a panel.

    Attributes:
        title: The trace's name.
        names: Those of its lines, where there are several.
    """

    title: str
    names: labels.Legend | None

    @property
    def height(self) -> float:
        """Height of the names, in inches."""
        return self.names.height if self.names else 0.0


@dataclass(frozen=True)
class Cells:
    """The sizes of all cells, in inches.

    Attributes:
        left: Where the first one's panel begins.
        right: The page's right margin.
        gap: Between columns.
        width: Of a panel.
        head: Height of what stands above a first panel.
        height: Of a first panel.
        lower: Of each panel below it.
    """

    left: float
    right: float
    gap: float
    width: float
    head: float
    height: float
    lower: float


class Multiples(Canvas):
    """A page of small multiples."""

    def __init__(self, fig: Figure, plan: Plan, fonts: layout.Fonts, title: str | None) -> None:
        """Take a figure and what to draw in it."""
        super().__init__(fig, plan, fonts, title or "")
        self.parts = _parts(plan)
        self.columns = columns(len(self.parts), self.width, fonts)
        self.below = _below(self.parts, self.columns)
        self.rows = len(self.below)
        self._shared: dict[str, Axes] = {}
        """Of each quantity the panel whose y axis the others share."""
        self._y: dict[str, tuple[Locator, layout.Axis]] = {}

    def fill(self) -> None:
        """Lay everything out and draw it."""
        fonts = self.fonts
        top = self.write_title() or layout.EDGE
        bottom = self.foot + layout.x_margin(fonts)
        each = (self.height - top - bottom) / (self.rows + _LOWER * sum(self.below))
        size = self.width / self.columns, 0.75 * each
        room = max(headroom(part.spots, fonts.note, size) for part in self.parts)
        self.parts = [part.with_room_above(room) for part in self.parts]
        self._y, left = self._ticks(0.75 * each, 0.75 * _LOWER * each), 0.0
        for _ in range(2):  # other ticks may be wider, and a narrower cell's legend higher
            axes = [axis for _, axis in self._y.values()]
            left = max(left, layout.left_margin(axes, fonts))
            cells, heads = self._cells(left, self.height - top - bottom)
            self._y = self._ticks(cells.height, cells.lower)
        left, gap, width, head = cells.left, cells.gap, cells.width, cells.head
        self.write_notes()
        y = self.height - top
        for row, below in enumerate(self.below):
            for column in range(min(self.columns, len(self.parts) - row * self.columns)):
                index, x = row * self.columns + column, left + column * (width + gap)
                self._write_head(heads[index], x, y)
                self._draw_cell(index, Box(x, y - head - cells.height, width, cells.height), cells)
            y -= head + cells.height + below * (cells.lower + self._name) + _GAP
        middle = bottom + (self.height - top - bottom) / 2
        if any(self.below):  # then beside a panel that it names
            middle = self.height - top - head - cells.height / 2
        look = {"fontsize": fonts.label.size, "color": settings["axes.labelcolor"]}
        name = self.plan.panels[0].title
        self.write(name, layout.EDGE, middle, rotation=90, va="center", ha="left", **look)
        centre = left + (self.width - left - cells.right) / 2
        self.write(self.plan.below.name, centre, self.foot, va="bottom", ha="center", **look)

    def _cells(self, left: float, room: float) -> tuple[Cells, list[Head]]:
        """Return the sizes of the cells of a page with so much height for them, and their heads.

        A first panel has 60 % of the height that it and the panels and names of its cell have.
        """
        fonts, others, most = self.fonts, sum(self.below), max(self.below)
        ends = fonts.tick.width(self.plan.below.write(self.plan.end))
        gap = max(_GAP, ends / 2 + fonts.tick.width("0") / 2 + _GAP)
        right = layout.EDGE + max(layout.EDGE, ends / 2)
        width = (self.width - left - right - (self.columns - 1) * gap) / self.columns
        heads = [self._head(part, width) for part in self.parts]
        names = max(head.height for head in heads)
        head = 1.25 * fonts.tick.line + names
        free = room - self.rows * head - (self.rows - 1) * _GAP
        half = (free - others * self._name) / (self.rows + _LOWER * others)
        height, lower = half, _LOWER * half
        least = max(_LEAST_HIGH, names / _REST, layout.LOWEST / _LOWER if others else 0.0)
        if others and _REST * half - names < most * (lower + self._name):
            height = (free + names * others / most) / (self.rows + _REST * others / most)
            lower = (_REST * height - names) / most - self._name
            least = max(least, (most * (layout.LOWEST + self._name) + names) / _REST)
        if width < 0.5 or height < least:
            lacking = (self.rows + _REST * others / max(1, most)) * (least - height)
            raise self.refuse(self.columns * (0.5 - width), lacking)
        return Cells(left, right, gap, width, head, height, lower), heads

    @property
    def _name(self) -> float:
        """Height of a lower panel's name, and of what is around it, in inches."""
        usual = 1.6 * self.fonts.note.line
        beside = [len(part.panels) for part in self.parts]
        pairs = zip(beside, beside[1:], range(1, len(beside)), strict=False)
        if any(one < other for one, other, at in pairs if at % self.columns):
            # To the left of a tick of it stands the last tick of the x axis of another trace.
            return max(usual, layout.TICK + 1.6 * self.fonts.tick.line)
        return usual

    def _ticks(self, height: float, lower: float) -> dict[str, tuple[Locator, layout.Axis]]:
        """Return the ticks of each quantity, where first panels and others are so high."""
        scales = [self.parts[0].scales[0], *self.plan.scales[1:]]
        heights = [height, *(lower for _ in scales[1:])]
        return {
            panel.param: layout.y_ticks(scale, high, self.fonts.tick)
            for panel, scale, high in zip(self.plan.panels, scales, heights, strict=True)
        }

    def _draw_cell(self, index: int, box: Box, cells: Cells) -> None:
        """Draw the panels of one trace, of which the first one has this place."""
        part, height = self.parts[index], cells.lower
        beside = self.parts[index - 1].panels if index % self.columns else ()
        last = index + self.columns >= len(self.parts)
        for number, panel in enumerate(part.panels):
            if number:
                font = self.fonts.note
                y = box.bottom - 0.6 * self._name
                self.write(panel.title, box.left, y, fontsize=font.size, va="center_baseline")
                box = Box(box.left, box.bottom - self._name - height, box.width, height)
            ax = self._draw(part, number, box)
            lowest = number == len(part.panels) - 1
            ax.tick_params(axis="x", labelbottom=last and lowest)
            told = any(each.param == panel.param for each in beside)
            ax.tick_params(axis="y", labelleft=not told)

    def _head(self, part: Plan, width: float) -> Head:
        font = self.fonts.tick
        names = [one_line(each) for each in own_names(part.panels[0], part.traces)]
        if len(names) == 1:
            return Head(font.shortened(names[0], width), None)
        label = one_line(part.traces[part.panels[0].lines[0].trace].label)
        pairs = zip(names, part.looks[0], strict=True)
        named = [labels.Name(name, look, 0.0) for name, look in pairs if look.named]
        legend = labels.legend(named, self.fonts.note, width)
        return Head(font.shortened(label, width), legend)

    def _write_head(self, head: Head, x: float, y: float) -> None:
        font = self.fonts.tick
        self.write(head.title, x, y - 0.55 * font.line, fontsize=font.size, va="center_baseline")
        if head.names:
            draw_legend(self.fig, head.names, x, y - 1.1 * font.line)

    def _draw(self, part: Plan, number: int, box: Box) -> Axes:
        """Draw one panel of a trace; return it."""
        panel, looks, tick = part.panels[number], part.looks[number], self.fonts.tick
        alike = self._shared.get(panel.param)
        ax = self.add_panel(box, alike or next(iter(self._shared.values()), None), y=bool(alike))
        self._shared.setdefault(panel.param, ax)
        set_axes(ax, part, number, self._y[panel.param][0], tick.size)
        ax.xaxis.set_major_locator(layout.x_ticks(part.below, part.end, box.width, tick)[0])
        found = ways(panel, part.below, part.end, box.width * self.fig.dpi)
        dense = of_panel(panel, found, part.below, part.end, box.width)
        draw(ax, panel, found, dense, looks, part.traces, part.below)
        if number == 0 and (part.spots or any(dense)):
            ground = Ground(part, (box.width, box.height), found)
            tell(ax, ground, dense, looks, self.fonts.note)
            mark(ax, ground, looks, self.fonts.note)
            self.unsaid += ground.unsaid(self.fonts.note)
        return ax
