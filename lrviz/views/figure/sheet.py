"""Curves over each other: panels on one x axis, names at the curves' ends or below."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import ArrayLike

from lrviz.curves.events import Array
from lrviz.views.figure import layout
from lrviz.views.figure.labels import draw_along, draw_beside, draw_legend
from lrviz.views.figure.lines import draw
from lrviz.views.figure.marking import mark, tell
from lrviz.views.figure.page import Canvas, set_axes, tick_look
from lrviz.views.figure.text import Type, one_line
from lrviz.views.plan import labels
from lrviz.views.plan.along import Lying
from lrviz.views.plan.bands import Band, of_panel
from lrviz.views.plan.box import Box
from lrviz.views.plan.downsample import Way, ways
from lrviz.views.plan.ground import Ground, headroom
from lrviz.views.plan.panels import own_names
from lrviz.views.plan.planning import Plan
from lrviz.views.plan.scales import Unit

# How far names may be from the ends of their curves, in lines.
_APART, _NEARLY = 0.3, 1.1
_LEAST_TYPE = 5.0  # points
_LEAST = 0.6  # inches of a panel, for names within it


@dataclass(frozen=True)
class Arrangement:
    """Where panels and names stand.

    Attributes:
        panels: From top to bottom.
        lacking: How much higher the page must be, that they can be read; 0 or less is none.
        ground: What is known of the first one, where names are in it.
        along: The places of names along the curves, within the first panel; None where a name has
            none, and empty where all are elsewhere.
        heights: Of names at the curves' ends, from the lower edge of the first panel.
        legend: Names below.
        legend_left: Where it starts.
    """

    panels: Sequence[Box]
    lacking: float
    ground: Ground | None = None
    along: Sequence[Lying | None] = ()
    heights: Sequence[float] | None = None
    legend: labels.Legend | None = None
    legend_left: float = 0.0


class Sheet(Canvas):
    """A page of curves over each other."""

    def __init__(self, fig: Figure, plan: Plan, fonts: layout.Fonts, title: str | None) -> None:
        """Take a figure and what to draw in it; `title` None is the name of a lone trace."""
        if title is None and len(plan.traces) == 1:
            lines = plan.panels[0].lines
            title = lines[0].label if len(lines) == 1 else plan.traces[0].label
        super().__init__(fig, plan, fonts, title or "")
        self.names: list[labels.Name] = []
        self._found: dict[tuple[float, int], list[Way]] = {}
        self._bands: dict[tuple[float, int], list[list[Band]]] = {}

    def _names(self) -> list[labels.Name]:
        """Return the curves' names; none where the title is the only one's."""
        plan, scale = self.plan, self.plan.scales[0]
        lines = plan.panels[0].lines
        if len(lines) == 1 and self.title:
            return []
        found = []
        for name, line, look in zip(
            own_names(plan.panels[0], plan.traces), lines, plan.looks[0], strict=True
        ):
            last = line.last
            height = float(scale.fraction(line.values[[last]])[0]) if last is not None else 0.0
            if look.named:
                found.append(labels.Name(one_line(name), look, height))
        return found

    def fill(self) -> None:
        """Lay everything out and draw it."""
        fonts, plan = self.fonts, self.plan
        count = len(plan.panels)
        top = self.write_title() or layout.EDGE + (0 if plan.above else 0.5 * fonts.tick.line)
        if plan.above:
            top += layout.top_margin(fonts)
        bottom = self.foot + layout.x_margin(fonts)
        sizes = layout.heights(self.height - top - bottom, count)
        plan = plan.with_room_above(headroom(plan.spots, fonts.note, (self.width, sizes[0])))
        self.plan = plan
        self.names = self._names()
        left = layout.left_margin(self._y_axes(sizes), fonts)
        self._note_uncounted(layout.boxes(self._between(left, bottom, top), count)[0])
        bottom = self.foot + layout.x_margin(fonts)
        page = self._placed(self._between(left, bottom, top), count)
        # A legend leaves less height, thus other ticks, whose labels may be wider.
        wider = layout.left_margin(self._y_axes([box.height for box in page.panels]), fonts)
        if wider > left:
            page = self._placed(self._between(wider, bottom, top), count)
        width, height = page.panels[0].width, page.panels[0].top - page.panels[-1].bottom
        lacking = max(page.lacking, 1.5 * count - height if height < 0.35 * count + 0.1 else 0.0)
        if width < 0.6 or lacking > 0:
            raise self.refuse(0.6 - width, lacking)
        self.write_notes()
        self._draw_panels(page)

    def _note_uncounted(self, box: Box) -> None:
        """Note the bands that are not counted even where a panel has nothing but curves in it.

        Others may find no place only beside names, and then the figure is laid out once more.
        """
        dense = self._dense(box.width)
        if self.plan.unsaid or not any(dense) or min(box.width, box.height) <= _LEAST:
            return
        ground = Ground(self.plan, (box.width, box.height), self._ways(box.width, 0))
        for line, own in enumerate(dense):
            for band in own:
                ground.within(line, band, self.fonts.tick)
        if ground.untold:
            self.plan = self.plan.telling(ground.untold)
            self.note()

    def _dense(self, width: float, index: int = 0) -> list[list[Band]]:
        """Return the bands of a panel's curves over so many inches."""
        key = width, index
        if key not in self._bands:
            plan, found = self.plan, self._ways(width, index)
            self._bands[key] = of_panel(plan.panels[index], found, plan.below, plan.end, width)
        return self._bands[key]

    def _y_axes(self, heights: Sequence[float]) -> list[layout.Axis]:
        """Return the ticks of the panels' y axes, which are so high."""
        pairs = zip(self.plan.scales, heights, strict=True)
        return [layout.y_ticks(scale, height, self.fonts.tick)[1] for scale, height in pairs]

    def _between(self, left: float, bottom: float, top: float) -> Box:
        """Return what is left of the page between margins, and one at the right without names."""
        return Box.between(left, bottom, self.width - self._edge(left), self.height - top)

    def _placed(self, outer: Box, count: int) -> Arrangement:
        """Return where panels and names stand within what is left of the page.

        Names stand at the curves' ends where these are apart, else along the curves, else at ends
        that are nearly apart, else near the curves with lines that lead to them. Where some have
        no place there they are below, and where most have none all are.
        """
        names, tick = self.names, self.fonts.tick
        panels, lacking = layout.boxes(outer, count), layout.lacking(outer.height, count)
        if not names:
            return Arrangement(panels, lacking)
        margin = labels.margin(names, tick) - self._edge(outer.left)
        narrower = Box.between(outer.left, outer.bottom, outer.right - max(0.0, margin), outer.top)
        at_ends = self._end_together() and margin <= 0.3 * self.width

        def ends(moved: float) -> Arrangement | None:
            heights = labels.beside(names, tick, panels[0].height, moved) if at_ends else None
            if heights is None:
                return None
            return Arrangement(layout.boxes(narrower, count), lacking, heights=heights)

        if found := ends(_APART):
            return found
        along = self._along(panels[0], ())
        whole = along is not None and None not in along[1]
        if along and whole and not any(place and place.leader for place in along[1]):
            return Arrangement(panels, lacking, *along)
        if found := ends(_NEARLY):
            return found
        if along and whole:
            return Arrangement(panels, lacking, *along)
        return self._below(outer, count, along[1] if along else [None] * len(names))

    def _below(self, outer: Box, count: int, places: Sequence[Lying | None]) -> Arrangement:
        """Return panels with a legend of the names that have no place, or of all if most have none.

        Args:
            outer: What is left of the page.
            count: Of panels.
            places: Of names along the curves of a panel without a legend below it.
        """
        rest: set[int] = set()
        missing = {index for index, place in enumerate(places) if place is None}
        while True:  # a legend makes the panel lower, and then others may have no place
            rest |= missing
            if 2 * len(rest) > len(places):
                rest = set(range(len(places)))
            left, legend = self._legend([self.names[each] for each in sorted(rest)], outer, count)
            below = legend.height + 0.5 * self.fonts.tick.line
            panels = layout.boxes(outer, count, below)
            found = self._along(panels[0], rest) if len(rest) < len(places) else None
            missing = {at for at, place in enumerate(found[1] if found else ()) if place is None}
            if found is None or missing <= rest:
                break
        lacking = layout.lacking(outer.height, count, below)
        page = Arrangement(panels, lacking, legend=legend, legend_left=left)
        return page if found is None else replace(page, ground=found[0], along=found[1])

    def _along(self, box: Box, but: Collection[int]) -> tuple[Ground, list[Lying | None]] | None:
        """Return a panel's ground, and where the names but some stand along its curves."""
        if min(box.width, box.height) <= _LEAST:
            return None
        ground = Ground(self.plan, (box.width, box.height), self._ways(box.width, 0))
        if any(spot.given for spot in ground.spots):  # a finding comes before a name
            ground.written(self.fonts.note)
        texts = iter(None if at in but else name.text for at, name in enumerate(self.names))
        looks = self.plan.looks[0]
        named = [next(texts) if look.named else None for look in looks]
        places = ground.along(named, self.fonts.tick)
        return ground, [place for place, look in zip(places, looks, strict=True) if look.named]

    def _ways(self, width: float, index: int) -> list[Way]:
        """Return the ways of a panel's curves over so many inches."""
        key = width, index
        if key not in self._found:
            plan, pixels = self.plan, width * self.fig.dpi
            self._found[key] = ways(plan.panels[index], plan.below, plan.end, pixels)
        return self._found[key]

    def _end_together(self) -> bool:
        plan = self.plan
        lines = plan.panels[0].lines
        ends = [len(line.values) * plan.below.factors[line.trace] for line in lines]
        return min(ends) >= 0.98 * plan.end

    def _edge(self, left: float) -> float:
        """Return the right margin without names in it."""
        edge = 2 * layout.EDGE
        for _ in range(2):  # a narrower panel has fewer ticks, of which the last may be at its end
            room = self.width - left - edge
            edge = max(edge, layout.EDGE + self._overhang(room))
        return edge

    def _overhang(self, room: float) -> float:
        """Return how far tick labels reach beyond the right end of x axes of so many inches."""
        plan, found = self.plan, 0.0
        for unit in (plan.below, plan.above):
            if unit is not None:
                end = plan.end * (unit.factors[0] / plan.below.factors[0])
                axis = layout.x_ticks(unit, end, room, self.fonts.tick)[1]
                short = room * max(0.0, 1 - axis.values[-1] / end)
                found = max(
                    found, labels.WIDER * self.fonts.tick.width(axis.labels[-1]) / 2 - short
                )
        return found

    def _legend(
        self, names: Sequence[labels.Name], outer: Box, count: int
    ) -> tuple[float, labels.Legend]:
        """Return where a legend starts, and the legend: of whole names and low, if it can be."""
        fonts, edge, few = self.fonts, layout.EDGE, self.height / 8
        most = -layout.lacking(outer.height, count, 0.5 * fonts.tick.line) * (1 - layout.FIRST)
        small = Type(max(_LEAST_TYPE, 0.85 * fonts.note.size))
        fitting = None
        wide = (fonts.tick, outer.left, few), (fonts.tick, edge, few)
        for font, start, room in (*wide, (fonts.note, edge, most), (small, edge, most)):
            legend = labels.legend(names, font, self.width - start - edge)
            if legend.height <= room:
                fitting = fitting or (start, legend)
                if list(legend.names) == list(names):
                    return start, legend
        return fitting or (start, legend)

    def _draw_panels(self, page: Arrangement) -> None:
        plan, first, last = self.plan, None, len(page.panels) - 1
        tick, font = self.fonts.tick, self.fonts.label
        for index, box in enumerate(page.panels):
            width, height = box.width, box.height
            ax = self.add_panel(box, first)
            first = first or ax
            ticks, _ = layout.y_ticks(plan.scales[index], height, tick)
            set_axes(ax, plan, index, ticks, tick.size)
            self._name_axis(ax, index, box, last)
            panel, found, looks = plan.panels[index], self._ways(width, index), plan.looks[index]
            dense = self._dense(width, index)
            draw(ax, panel, found, dense, looks, plan.traces, plan.below)
            locator, _ = layout.x_ticks(plan.below, plan.end, width, tick)
            ax.xaxis.set_major_locator(locator)
            if index < last:
                ax.tick_params(axis="x", labelbottom=False)
            else:
                ax.set_xlabel(plan.below.name, fontsize=font.size, labelpad=3)
            if index == 0 and plan.above:
                self._add_top(ax, plan.above, width)
            if index == 0 and (plan.spots or any(dense)):
                ground = page.ground or Ground(plan, (width, height), found)
                tell(ax, ground, dense, looks, tick)
                mark(ax, ground, looks, self.fonts.note)
                self.unsaid = ground.unsaid(self.fonts.note)
        draw_along(self.fig, self.names, page.along, tick, page.panels[0])
        if page.heights is not None:
            draw_beside(self.fig, self.names, page.heights, tick, page.panels[0])
        if page.legend is not None:
            top = self.foot + page.legend.height + 0.2 * tick.line
            draw_legend(self.fig, page.legend, page.legend_left, top)

    def _name_axis(self, ax: Axes, index: int, box: Box, last: int) -> None:
        """Write what a panel shows to its left; where it is low, also beside the x axes."""
        name, font = self.plan.panels[index].title, self.fonts.label
        beyond = layout.x_margin(self.fonts)
        least = box.bottom - (beyond if index == last else 0)
        most = box.top + (beyond if index == 0 and self.plan.above else 0)
        room, width = most - least, labels.WIDER * font.width(name)
        size = max(5.0, min(font.size, font.size * room / width))
        half = min(room, width * size / font.size) / 2
        middle = min(max(box.middle[1], least + half), most - half)
        ax.set_ylabel(name, fontsize=size, va="top", parse_math=False)
        ax.yaxis.set_label_coords(
            (layout.EDGE - box.left) / box.width, (middle - box.bottom) / box.height
        )

    def _add_top(self, ax: Axes, above: Unit, width: float) -> None:
        """Add the second x axis above a panel of so many inches."""
        factor = (above.factor or 1.0) / (self.plan.below.factor or 1.0)
        top = ax.secondary_xaxis("top", functions=(_times(factor), _times(1 / factor)))
        end, font = self.plan.end * factor, self.fonts.tick
        top.xaxis.set_major_locator(layout.x_ticks(above, end, width, font)[0])
        top.xaxis.set_major_formatter(FuncFormatter(lambda value, _: above.write(value)))
        top.tick_params(**tick_look("x", font.size))
        pad = 3 + 72 * layout.feet(self.fonts)
        top.set_xlabel(above.name, fontsize=self.fonts.label.size, labelpad=pad)
        top.spines["top"].set_visible(True)


def _times(factor: float) -> Callable[[ArrayLike], Array]:
    return lambda x: np.asarray(x) * factor
