"""Curves over each other: panels on one x axis, names at the curves' ends or below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike

from lrviz.curves.events import Array
from lrviz.views.figure import layout
from lrviz.views.figure.labels import draw_beside, draw_legend
from lrviz.views.figure.lines import draw
from lrviz.views.figure.marking import Ground, headroom
from lrviz.views.figure.page import Canvas, own_names, set_axes, tick_look
from lrviz.views.figure.text import Type, one_line
from lrviz.views.figure.themes import settings
from lrviz.views.plan import labels
from lrviz.views.plan.box import Box
from lrviz.views.plan.planning import Plan
from lrviz.views.plan.scales import Unit


class Sheet(Canvas):
    """A page of curves over each other."""

    def __init__(self, fig: Figure, plan: Plan, fonts: layout.Fonts, title: str | None) -> None:
        """Take a figure and what to draw in it; `title` None is the name of a lone trace."""
        if title is None and len(plan.traces) == 1:
            lines = plan.panels[0].lines
            title = lines[0].label if len(lines) == 1 else plan.traces[0].label
        super().__init__(fig, plan, fonts, title or "")
        self.names: list[labels.Name] = []

    def _names(self) -> list[labels.Name]:
        """Return the curves' names; none where the title is the only one's."""
        plan, scale = self.plan, self.plan.scales[0]
        lines = plan.panels[0].lines
        if len(lines) == 1 and self.title:
            return []
        found = []
        for name, line, look in zip(own_names(plan), lines, plan.looks[0], strict=True):
            last = line.last
            height = float(scale.fraction(line.values[[last]])[0]) if last is not None else 0.0
            if look.named:
                found.append(labels.Name(name, look, height))
        return found

    def fill(self) -> None:
        """Lay everything out and draw it."""
        fonts, plan = self.fonts, self.plan
        count = len(plan.panels)
        top = self.write_title() or layout.EDGE + (0 if plan.above else 0.5 * fonts.tick.line)
        if plan.above:
            top += layout.x_margin(fonts)
        bottom = self.foot + layout.x_margin(fonts)
        sizes = layout.heights(self.height - top - bottom, count)
        plan = plan.with_room_above(headroom(plan.spots, fonts.note, (self.width, sizes[0])))
        self.plan = plan
        self.names = self._names()
        y_axes = [
            layout.y_ticks(scale, size, fonts.tick)
            for scale, size in zip(plan.scales, sizes, strict=True)
        ]
        left = layout.left_margin([axis for _, axis in y_axes], fonts)
        right, beside = self._beside(sizes[0], left)
        legend = None
        if self.names and beside is None:
            legend_left, legend = self._legend(left)
            bottom += legend.height + 0.5 * fonts.tick.line
        width = self.width - left - right
        height = self.height - top - bottom
        if width < 0.6 or height < 0.35 * count + 0.1:
            raise self.refuse(0.6 - width, 1.5 * count - height)
        boxes = layout.boxes(Box(left, bottom, width, height), count)
        self.write_notes()
        self._draw_panels(boxes, [most for most, _ in y_axes])
        if beside is not None:
            draw_beside(self.fig, self.names, beside, fonts.tick, boxes[0])
        if legend is not None:
            draw_legend(
                self.fig, legend, legend_left, self.foot + legend.height + 0.2 * fonts.tick.line
            )

    def _beside(self, height: float, left: float) -> tuple[float, list[float] | None]:
        """Return the right margin, and the names' heights where they stand in it."""
        plan = self.plan
        edge = layout.EDGE + max(layout.EDGE, self._overhang(left))
        if not self.names:
            return edge, None
        lines = plan.panels[0].lines
        ends = [len(line.values) * plan.below.factors[line.trace] for line in lines]
        margin = labels.margin(self.names, self.fonts.tick)
        if min(ends) < 0.98 * plan.end or margin > 0.3 * self.width:
            return edge, None
        heights = labels.beside(self.names, self.fonts.tick, height)
        return (edge if heights is None else max(edge, margin)), heights

    def _overhang(self, left: float) -> float:
        """Return how far tick labels of the x axes reach beyond their right end, in inches."""
        plan, room, found = self.plan, self.width - left, 0.0
        for unit in (plan.below, plan.above):
            if unit is not None:
                end = plan.end * (unit.factors[0] / plan.below.factors[0])
                axis = layout.x_ticks(unit, end, room, self.fonts.tick)[1]
                short = room * max(0.0, 1 - axis.values[-1] / end)
                found = max(
                    found, labels.WIDER * self.fonts.tick.width(axis.labels[-1]) / 2 - short
                )
        return found

    def _legend(self, left: float) -> tuple[float, labels.Legend]:
        """Return where a legend starts, and the legend: up to a fifth of the page, if it can be."""
        fonts, edge = self.fonts, layout.EDGE
        for font, start in ((fonts.tick, left), (fonts.note, left), (fonts.note, edge)):
            legend = labels.legend(self.names, font, self.width - start - edge)
            if legend.height <= self.height / 5:
                break
        return start, legend

    def _draw_panels(self, boxes: Sequence[Box], most: Sequence[int]) -> None:
        plan, first, last = self.plan, None, len(boxes) - 1
        for index, box in enumerate(boxes):
            left, width, height = box.left, box.width, box.height
            ax = self.add_panel(box, first)
            first = first or ax
            set_axes(ax, plan, index, most[index], self.fonts.tick.size)
            name = plan.panels[index].title
            font = self.fonts.label
            fitting = font.size * height / (labels.WIDER * font.width(name))
            size = max(5.0, min(font.size, fitting))
            ax.set_ylabel(name, fontsize=size, va="top", parse_math=False)
            ax.yaxis.set_label_coords((layout.EDGE - left) / width, 0.5)
            draw(ax, plan.panels[index], plan.looks[index], plan.traces, plan.below)
            locator, _ = layout.x_ticks(plan.below, plan.end, width, self.fonts.tick)
            ax.xaxis.set_major_locator(locator)
            if index < last:
                ax.tick_params(axis="x", labelbottom=False)
            else:
                ax.set_xlabel(plan.below.name, fontsize=font.size, labelpad=3)
            if index == 0 and plan.above:
                self._add_top(ax, plan.above, width)
            if index == 0 and plan.spots:
                Ground(ax, plan).mark(plan.spots, self.fonts.note)

    def _add_top(self, ax: Axes, above: Unit, width: float) -> None:
        """Add the second x axis above a panel of so many inches."""
        factor = (above.factor or 1.0) / (self.plan.below.factor or 1.0)
        top = ax.secondary_xaxis("top", functions=(_times(factor), _times(1 / factor)))
        end, font = self.plan.end * factor, self.fonts.tick
        top.xaxis.set_major_locator(layout.x_ticks(above, end, width, font)[0])
        top.xaxis.set_major_formatter(FuncFormatter(lambda value, _: above.write(value)))
        top.tick_params(**tick_look("x", font.size))
        top.set_xlabel(above.name, fontsize=self.fonts.label.size, labelpad=3)
        top.spines["top"].set_visible(True)


def _times(factor: float) -> Callable[[ArrayLike], Array]:
    return lambda x: np.asarray(x) * factor


def draw_into(ax: Axes, plan: Plan) -> None:
    """Draw the first panel into an Axes of the user's, in the style that is in force.

    Several curves get a legend inside the axes, above the greatest value.
    """
    panel, font = plan.panels[0], Type(FontProperties(size=settings["xtick.labelsize"]).get_size())
    to_inches = ax.figure.dpi_scale_trans.inverted()
    box = ax.get_window_extent().transformed(to_inches)
    set_axes(ax, plan, 0, layout.y_ticks(plan.scales[0], box.height, font)[0], font.size)
    ax.xaxis.set_major_locator(layout.x_ticks(plan.below, plan.end, box.width, font)[0])
    ax.set_xlabel(plan.below.name)
    ax.set_ylabel(panel.title, parse_math=False)
    curves = draw(ax, panel, plan.looks[0], plan.traces, plan.below)
    taken = []
    if len(panel.lines) == 1:
        ax.set_title(one_line(panel.lines[0].label), parse_math=False)
    else:
        # matplotlib would leave out a name that begins with _, and read $ as mathematics.
        blank = [""] * len(curves)
        columns = -(-len(curves) // 4)
        legend = ax.legend(curves, blank, loc="upper right", ncols=columns, fontsize="small")
        for text, line in zip(legend.get_texts(), panel.lines, strict=True):
            text.set(text=one_line(line.label), parse_math=False)
        inner = legend.get_window_extent().transformed(to_inches).translated(-box.x0, -box.y0)
        taken.append(Box.between(*inner.extents))
        plan = plan.with_room_above(min(inner.height / box.height + 0.04, 0.6))
    note = Type(0.9 * font.size)
    plan = plan.with_room_above(headroom(plan.spots, note, (box.width, box.height)))
    ax.set_ylim(plan.scales[0].low, plan.scales[0].high)
    Ground(ax, plan).mark(plan.spots, note, taken)
