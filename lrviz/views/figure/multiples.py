"""Small multiples: a panel a trace, all on the same axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Locator

from lrviz.views.figure import layout
from lrviz.views.figure.labels import draw_legend
from lrviz.views.figure.lines import draw
from lrviz.views.figure.marking import mark, tell
from lrviz.views.figure.page import Canvas, own_names, set_axes
from lrviz.views.figure.text import one_line
from lrviz.views.figure.themes import settings
from lrviz.views.plan import labels
from lrviz.views.plan.bands import of_panel
from lrviz.views.plan.box import Box
from lrviz.views.plan.downsample import ways
from lrviz.views.plan.ground import Ground, headroom
from lrviz.views.plan.placing import Point
from lrviz.views.plan.planning import Plan

_SHAPE = 1.55  # width of a panel to its height
_LEAST = 10.0  # width of a panel, in heights of a tick's label
_GAP = 0.16  # inches between rows, and at least between columns


def columns(count: int, width: float, fonts: layout.Fonts) -> int:
    """Return in how many columns so many panels stand on a page of so many inches.

    The grid is about as wide as high, and has as few gaps as may be.
    """
    most = min(count, max(1, int(width / (_LEAST * fonts.tick.line))))
    square = min(most, math.ceil(math.sqrt(count)))
    return min({square, min(square + 1, most)}, key=lambda each: (-count % each, each))


def page_height(plan: Plan, width: float, fonts: layout.Fonts, title: str | None) -> float:
    """Return the height of a page of small multiples that gives its panels their shape."""
    traces = len({line.trace for line in plan.panels[0].lines})
    count = columns(traces, width, fonts)
    rows = -(-traces // count)
    panel = (width - 0.7) / count - _GAP
    head = fonts.tick.line * 1.2
    around = layout.x_margin(fonts) + 2 * layout.EDGE + (fonts.title.line + 0.16 if title else 0)
    return rows * (panel / _SHAPE + head + _GAP) + around


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


class Multiples(Canvas):
    """A page of small multiples."""

    def __init__(self, fig: Figure, plan: Plan, fonts: layout.Fonts, title: str | None) -> None:
        """Take a figure and what to draw in it."""
        super().__init__(fig, plan, fonts, title or "")
        shown = dict.fromkeys(line.trace for line in plan.panels[0].lines)
        self.parts = [plan.only(trace) for trace in shown]
        self.columns = columns(len(self.parts), self.width, fonts)
        self.rows = -(-len(self.parts) // self.columns)

    def fill(self) -> None:
        """Lay everything out and draw it."""
        fonts = self.fonts
        top = self.write_title() or layout.EDGE
        bottom = self.foot + layout.x_margin(fonts)
        each = (self.height - top - bottom) / self.rows
        size = self.width / self.columns, 0.75 * each
        room = max(headroom(part.spots, fonts.note, size) for part in self.parts)
        self.parts = [part.with_room_above(room) for part in self.parts]
        plan = self.parts[0]
        ticks, y_axis = layout.y_ticks(plan.scales[0], 0.75 * each, fonts.tick)
        left = layout.left_margin([y_axis], fonts)
        ends = fonts.tick.width(plan.below.write(plan.end))
        gap = max(_GAP, ends / 2 + fonts.tick.width("0") / 2 + _GAP)
        right = layout.EDGE + max(layout.EDGE, ends / 2)
        width = (self.width - left - right - (self.columns - 1) * gap) / self.columns
        heads = [self._head(part, width) for part in self.parts]
        head = 1.25 * fonts.tick.line + max(head.height for head in heads)
        height = each - head - _GAP + _GAP / self.rows
        if width < 0.5 or height < 0.3:
            raise self.refuse(self.columns * (0.5 - width), self.rows * (0.6 - height))
        self.write_notes()
        first = None
        for index, (part, above) in enumerate(zip(self.parts, heads, strict=True)):
            row, column = divmod(index, self.columns)
            x = left + column * (width + gap)
            y = self.height - top - row * (height + head + _GAP)
            self._write_head(above, x, y)
            ax = self.add_panel(Box(x, y - head - height, width, height), first, y=True)
            first = first or ax
            self._draw(ax, part, ticks, (width, height))
            is_last = index + self.columns >= len(self.parts)
            ax.tick_params(axis="x", labelbottom=is_last)
            ax.tick_params(axis="y", labelleft=column == 0)
        middle = bottom + (self.height - top - bottom) / 2
        look = {"fontsize": fonts.label.size, "color": settings["axes.labelcolor"]}
        self.write(
            plan.panels[0].title, layout.EDGE, middle, rotation=90, va="center", ha="left", **look
        )
        centre = left + (self.width - left - right) / 2
        self.write(plan.below.name, centre, self.foot, va="bottom", ha="center", **look)

    def _head(self, part: Plan, width: float) -> Head:
        font = self.fonts.tick
        names = own_names(part)
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

    def _draw(self, ax: Axes, part: Plan, ticks: Locator, size: Point) -> None:
        set_axes(ax, part, 0, ticks, self.fonts.tick.size)
        locator, _ = layout.x_ticks(part.below, part.end, size[0], self.fonts.tick)
        ax.xaxis.set_major_locator(locator)
        panel = part.panels[0]
        found = ways(panel, part.below, part.end, size[0] * self.fig.dpi)
        dense = of_panel(panel, found, part.below, part.end, size[0])
        draw(ax, panel, found, dense, part.looks[0], part.traces, part.below)
        if part.spots or any(dense):
            ground = Ground(part, size, found)
            tell(ax, ground, dense, part.looks[0], self.fonts.note)
            mark(ax, ground, part.looks[0], self.fonts.note)
