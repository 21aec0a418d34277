"""A sheet with everything in its place: title, panels, names and notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import ArrayLike

from lrviz.errors import UsageError
from lrviz.events import Array
from lrviz.views.figure import labels, layout
from lrviz.views.figure.lines import draw
from lrviz.views.figure.plan import Plan
from lrviz.views.figure.text import Type
from lrviz.views.figure.themes import settings
from lrviz.views.figure.ticks import y_locator
from lrviz.views.scales import Unit


class Sheet:
    """A figure being filled; lengths are in inches."""

    def __init__(self, fig: Figure, plan: Plan, fonts: layout.Fonts, title: str | None) -> None:
        """Take a figure and what to draw in it; `title` None is the name of a lone curve."""
        self.fig, self.plan, self.fonts = fig, plan, fonts
        self.width, self.height = (float(each) for each in fig.get_size_inches())
        lines = plan.panels[0].lines
        alone = title is None and len(lines) == 1
        self.title = lines[0].label if alone else title or ""
        self.names = [] if alone else self._names()

    def _names(self) -> list[labels.Name]:
        plan = self.plan
        found = []
        for line, look in zip(plan.panels[0].lines, plan.looks[0], strict=True):
            finite = line.values[np.isfinite(line.values)]
            height = float(plan.scales[0].fraction(finite[-1:])[0]) if finite.size else 0.0
            found.append(labels.Name(" ".join(line.label.split()), look, height))
        return found

    def fill(self) -> None:
        """Lay everything out and draw it."""
        fonts, plan = self.fonts, self.plan
        count = len(plan.panels)
        top = self._write_title()
        if plan.above:
            top += layout.x_margin(fonts)
        notes = self._note_lines()
        foot = layout.EDGE + len(notes) * fonts.note.line
        bottom = foot + layout.x_margin(fonts)
        sizes = layout.heights(self.height - top - bottom, count)
        y_axes = [
            layout.y_ticks(scale, size, fonts.tick)
            for scale, size in zip(plan.scales, sizes, strict=True)
        ]
        left = layout.left_margin([axis for _, axis in y_axes], fonts)
        right, beside = self._beside(sizes[0], left)
        legend = None
        if self.names and beside is None:
            legend = labels.legend(self.names, fonts.tick, self.width - left - layout.EDGE)
            bottom += legend.height + 0.5 * fonts.tick.line
        width = self.width - left - right
        height = self.height - top - bottom
        if width < 0.6 or height < 0.35 * count + 0.1:
            raise UsageError(
                f"{self.width:g}x{self.height:g} inches have no room for this figure and what is "
                "written around it: give a larger size"
            )
        outer = (left, bottom, width, height)
        boxes = layout.boxes(outer, count)
        self._write_notes(notes)
        self._draw_panels(boxes, [most for most, _ in y_axes])
        if beside is not None:
            labels.draw_beside(self.fig, self.names, beside, fonts.tick, boxes[0])
        if legend is not None:
            legend.draw(self.fig, left, foot + legend.height + 0.2 * fonts.tick.line)

    def _beside(self, height: float, left: float) -> tuple[float, list[float] | None]:
        """Return the right margin, and the names' heights where they stand in it."""
        plan = self.plan
        axis = layout.x_ticks(plan.below, plan.end, self.width - left, self.fonts.tick)[1]
        edge = layout.EDGE + max(layout.EDGE, self.fonts.tick.width(axis.labels[-1]) / 2)
        if not self.names:
            return edge, None
        lines = plan.panels[0].lines
        ends = [len(line.values) * plan.below.factors[line.trace] for line in lines]
        margin = labels.margin(self.names, self.fonts.tick)
        if min(ends) < 0.98 * plan.end or margin > 0.3 * self.width:
            return edge, None
        heights = labels.beside(self.names, self.fonts.tick, height)
        return (edge if heights is None else max(edge, margin)), heights

    def _write_title(self) -> float:
        """Return the title's height with what is around it."""
        font = self.fonts.title
        lines = font.wrapped(self.title, self.width - 2 * layout.EDGE, 3)
        if not lines:
            return layout.EDGE + (0 if self.plan.above else 0.5 * self.fonts.tick.line)
        self.fig.text(
            layout.EDGE / self.width,
            1 - layout.EDGE / self.height,
            "\n".join(lines),
            fontsize=font.size,
            fontweight=font.weight,
            va="top",
            parse_math=False,
        )
        return 2 * layout.EDGE + len(lines) * font.line

    def _note_lines(self) -> list[str]:
        """Return what is below the picture, in at most a fifth of the height."""
        font, room = self.fonts.note, self.width - 2 * layout.EDGE
        most = max(2, int(0.2 * self.height / font.line))
        lines: list[str] = []
        for index, note in enumerate(self.plan.notes):
            more = font.wrapped(note, room, 2)
            if len(lines) + len(more) > most:
                return [*lines[: most - 1], f"and {len(self.plan.notes) - index} more notes"]
            lines += more
        return lines

    def _write_notes(self, lines: Sequence[str]) -> None:
        font = self.fonts.note
        for index, line in enumerate(reversed(lines)):
            self.fig.text(
                layout.EDGE / self.width,
                (layout.EDGE + index * font.line) / self.height,
                line,
                fontsize=font.size,
                color=settings["axes.edgecolor"],
                va="bottom",
                parse_math=False,
            )

    def _draw_panels(self, boxes: Sequence[layout.Box], most: Sequence[int]) -> None:
        plan, first, last = self.plan, None, len(boxes) - 1
        for index, (left, bottom, width, height) in enumerate(boxes):
            share = (left / self.width, bottom / self.height)
            size = (width / self.width, height / self.height)
            ax = self.fig.add_axes((*share, *size), sharex=first)
            first = first or ax
            set_axes(ax, plan, index, most[index], self.fonts.tick.size)
            name = plan.panels[index].title
            font = self.fonts.label
            fitting = font.size * height / font.width(name)
            ax.set_ylabel(name, fontsize=max(6.0, min(font.size, fitting)), va="top")
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

    def _add_top(self, ax: Axes, above: Unit, width: float) -> None:
        """Add the second x axis above a panel of so many inches."""
        factor = (above.factor or 1.0) / (self.plan.below.factor or 1.0)
        top = ax.secondary_xaxis("top", functions=(_times(factor), _times(1 / factor)))
        end, font = self.plan.end * factor, self.fonts.tick
        top.xaxis.set_major_locator(layout.x_ticks(above, end, width, font)[0])
        top.xaxis.set_major_formatter(FuncFormatter(lambda value, _: above.write(value)))
        top.tick_params(**_tick_look("x", font.size))
        top.set_xlabel(above.name, fontsize=self.fonts.label.size, labelpad=3)
        top.spines["top"].set_visible(True)


def set_axes(ax: Axes, plan: Plan, index: int, most: int, size: float) -> None:
    """Set the limits, ticks and grid of a panel.

    Args:
        ax: The panel.
        plan: What is drawn.
        index: Which of its panels.
        most: How many ticks to ask of the y axis.
        size: Of tick labels, in points.
    """
    scale = plan.scales[index]
    ax.set_xlim(0, plan.end)
    if scale.log:
        ax.set_yscale("log")
        ax.yaxis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=12))
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_ylim(scale.low, scale.high)
    ax.yaxis.set_major_locator(y_locator(scale, most))
    ax.yaxis.set_major_formatter(FuncFormatter(scale.writer()))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plan.below.write(value)))
    for axis in ("x", "y"):
        ax.tick_params(**_tick_look(axis, size))
    ax.grid(axis="y", which="major", linewidth=0.8)


def _tick_look(axis: str, size: float) -> dict[str, Any]:
    """Return what fixes the look of ticks, which else follows the settings at drawing time."""
    label = settings[f"{axis}tick.labelcolor"]
    colour = settings[f"{axis}tick.color"]
    labelcolour = colour if label == "inherit" else label
    return {
        "axis": axis,
        "which": "both",
        "color": colour,
        "labelcolor": labelcolour,
        "labelsize": size,
    }


def _times(factor: float) -> Callable[[ArrayLike], Array]:
    return lambda x: np.asarray(x) * factor


def draw_into(ax: Axes, plan: Plan) -> None:
    """Draw the first panel into an Axes of the user's, in the style that is in force.

    Several curves get a legend inside the axes, above the greatest value.
    """
    panel, font = plan.panels[0], Type(FontProperties(size=settings["xtick.labelsize"]).get_size())
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    set_axes(ax, plan, 0, layout.y_ticks(plan.scales[0], box.height, font)[0], font.size)
    ax.xaxis.set_major_locator(layout.x_ticks(plan.below, plan.end, box.width, font)[0])
    ax.set(xlabel=plan.below.name, ylabel=panel.title)
    draw(ax, panel, plan.looks[0], plan.traces, plan.below)
    if len(panel.lines) == 1:
        ax.set_title(panel.lines[0].label, parse_math=False)
        return
    legend = ax.legend(loc="upper right", ncols=-(-len(panel.lines) // 4), fontsize="small")
    taken = legend.get_window_extent().height / ax.get_window_extent().height + 0.04
    scale = plan.scales[0]
    if scale.log:
        ax.set_ylim(scale.low, scale.low * (scale.high / scale.low) ** (1 / (1 - min(taken, 0.6))))
    else:
        ax.set_ylim(scale.low, scale.low + (scale.high - scale.low) / (1 - min(taken, 0.6)))
