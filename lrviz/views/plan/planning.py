"""What a figure shows, decided before it is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.views.plan.looks import Look, looks, sampled
from lrviz.views.plan.marks import Spot, once, spots
from lrviz.views.plan.options import FigureOptions
from lrviz.views.plan.palette import Colours
from lrviz.views.plan.panels import Line, Panel, own_names, panels
from lrviz.views.plan.scales import Unit, YScale, span, units, y_scale
from lrviz.views.plan.twins import as_one
from lrviz.writing import numbers as formatting

_CROWD = 10  # schedules over each other that can still be told apart
_NAMED, _FEW = 6, 3  # curves in a note, and of more than so many
_SEEN = 0.005  # of the x axis: a shorter curve is a stroke at its edge


@dataclass(frozen=True)
class Plan:
    """All that is known of a figure before it is laid out.

    Attributes:
        traces: What is drawn.
        panels: From top to bottom.
        looks: For each panel, one a line.
        scales: The y axis of each panel.
        below: Unit of the x axis.
        above: Unit of the second x axis, if there is one.
        end: Where the x axis ends, in `below`.
        spots: What is marked in the first panel.
        grid: Each trace has a panel of its own.
        unshown: What moves too, and has no panel.
        unsaid: By the name of a curve, what there is no room to say of it.
    """

    traces: tuple[Trace, ...]
    panels: tuple[Panel, ...]
    looks: tuple[tuple[Look, ...], ...]
    scales: tuple[YScale, ...]
    below: Unit
    above: Unit | None
    end: float
    spots: tuple[Spot, ...] = ()
    grid: bool = False
    unshown: tuple[str, ...] = ()
    unsaid: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def first(self) -> Plan:
        """Return the plan of the first panel alone."""
        return replace(
            self,
            panels=self.panels[:1],
            looks=self.looks[:1],
            scales=self.scales[:1],
            unshown=tuple(panel.param for panel in self.panels[1:]),
        )

    def telling(self, unsaid: Sequence[tuple[str, str]]) -> Plan:
        """Return the plan with a note of the words that curves have no room for."""
        words: dict[str, list[str]] = {}
        for label, word in unsaid:
            words.setdefault(label, []).append(word)
        return replace(self, unsaid=tuple((label, tuple(each)) for label, each in words.items()))

    def only(self, trace: int) -> Plan:
        """Return a plan of what the panels have of one trace, without those that have nothing."""
        own = [
            [at for at, line in enumerate(panel.lines) if line.trace == trace]
            for panel in self.panels
        ]
        parts = [
            (
                replace(panel, lines=tuple(panel.lines[at] for at in lines)),
                tuple(looks[at] for at in lines),
                scale,
            )
            for panel, looks, scale, lines in zip(
                self.panels, self.looks, self.scales, own, strict=True
            )
            if lines
        ]
        shown, looks, scales = zip(*parts, strict=True)
        spots = [spot for spot in self.spots if spot.line in own[0]]
        spots = [replace(spot, line=own[0].index(spot.line)) for spot in spots]
        return replace(self, panels=shown, looks=looks, scales=scales, spots=tuple(spots))

    def with_room_above(self, share: float) -> Plan:
        """Return the plan with that share of the first panel left free above its curves."""
        return replace(self, scales=(self.scales[0].with_room_above(share), *self.scales[1:]))

    @property
    def notes(self) -> list[str]:
        """What the reader would not see in the picture alone, one sentence or two each."""
        found = []
        for trace in self.traces:
            if trace.error is not None:
                at, asked = trace.error.update, trace.length.updates
                found.append(
                    f"{trace.label} ends after update {at:,} of {asked:,}: {trace.error.message}"
                )
        first = self.panels[0]
        dots = [
            f"{name} ({len(line.values):,} updates)"
            for line, name in zip(first.lines, self._names(first), strict=True)
            if self.traces[line.trace].error is None and is_dot(line, self.below, self.end)
        ]
        if dots:
            found.append(
                f"A dot on this axis: {_listed(dots)}; --x progress draws every curve over its "
                "whole length."
            )
        found += [f"No room for the {each}: --param {each} draws it." for each in self.unshown]
        if self.unsaid:
            listed = ", ".join(f"{label} ({', '.join(words)})" for label, words in self.unsaid)
            found.append(f"No room for words at {listed}.")
        if not self.grid and len(self.traces) > _CROWD:
            found.append(f"{len(self.traces)} curves: --grid gives each a panel of its own.")
        for panel, scale in zip(self.panels, self.scales, strict=True):
            found += [scale.note] if scale.note else []
            names = self._names(panel)
            found += _outside(panel.lines, names, scale)
            for line, name in zip(panel.lines, names, strict=True):
                lost = len(line.values) - int(np.count_nonzero(np.isfinite(line.values)))
                if lost and self.traces[line.trace].steps is None:
                    found.append(
                        f"{name}: {lost:,} of {len(line.values):,} values of the "
                        f"{panel.title} are not finite and leave a gap."
                    )
        return found

    def _names(self, panel: Panel) -> list[str]:
        """Return what the lines of a panel are called in notes."""
        return own_names(panel, self.traces, more=False)


def is_dot(line: Line, x: Unit, end: float, seen: float = _SEEN) -> bool:
    """Return whether a curve is too short to be seen: below that share of an x axis to `end`."""
    return line.steps is None and len(line.values) * x.factors[line.trace] < seen * end


def _outside(lines: Sequence[Line], names: Sequence[str], scale: YScale) -> list[str]:
    """Return sentences on the curves that leave a panel at its lower or its upper edge."""
    lows, highs = [], []
    for line, name in zip(lines, names, strict=True):
        low, high = span(line.values) or (np.inf, -np.inf)
        if low < scale.low:
            lows.append((_written(low), low, name))
        if high > scale.high:
            highs.append((_written(high), high, name))
    found = []
    for where, towards, ends, furthest in (
        ("Below", "down", lows, min),
        ("Above", "up", highs, max),
    ):
        if len(ends) > 2 or len({end for end, _, _ in ends}) == 1:
            named = _listed([name for _, _, name in ends])
            if len(ends) == len(lines) > 2:
                named = f"all {len(ends)} curves"
            end = _written(furthest(value for _, value, _ in ends))
            found.append(f"{where} the axis: {named} ({towards} to {end}).")
        elif ends:
            each = (f"{name} ({towards} to {end})" for end, _, name in ends)
            found.append(f"{where} the axis: {', '.join(each)}.")
    return found


def _listed(names: Sequence[str]) -> str:
    few = len(names) if len(names) <= _NAMED else _FEW
    more = f" and {len(names) - few} more" if few < len(names) else ""
    return ", ".join(names[:few]) + more


def _written(value: float) -> str:
    return formatting.typeset(formatting.lr(value, 2))


def plan(traces: Sequence[Trace], options: FigureOptions, colours: Colours) -> Plan:
    """Decide what a figure shows, and how each curve looks.

    Args:
        traces: At least one.
        options: What was asked for.
        colours: The style's.

    Raises:
        UsageError: An option does not fit these traces.
    """
    names: dict[str, str] = {}
    if not options.grid:
        traces, names = as_one(traces, options.param)
    given = [replace(mark, label=names.get(mark.label, mark.label)) for mark in options.marks]
    below, above = units(options.x, traces)
    pairs = zip(traces, below.factors, strict=True)
    end = max(trace.length.updates * factor for trace, factor in pairs)
    shown = panels(traces, options.param, options.groups)
    scales = tuple(
        y_scale(
            [line.values for line in panel.lines],
            log=options.log and (panel.param == "lr" or options.param is not None),
            from_zero=panel.param == "lr",
        )
        for panel in shown
    )
    first = shown[0]
    heights = [sampled(line, scales[0], end, below.factors[line.trace]) for line in first.lines]
    look = (
        _by_trace(first, heights, colours)
        if options.grid
        else looks([line.trace for line in first.lines], heights, colours)
    )
    look = [
        replace(each, dots=True, dashes=()) if line.steps is not None else each
        for line, each in zip(first.lines, look, strict=True)
    ]
    marked = spots(traces, first, below, annotate=options.annotate, marks=given)
    if not options.grid:
        marked = once(marked)
    own = {(line.trace, line.group): each for line, each in zip(first.lines, look, strict=True)}
    of_trace = {line.trace: own[line.trace, line.group] for line in reversed(first.lines)}
    others = [
        tuple(own.get((line.trace, line.group), of_trace[line.trace]) for line in panel.lines)
        for panel in shown[1:]
    ]
    all_looks = (tuple(look), *others)
    return Plan(tuple(traces), shown, all_looks, scales, below, above, end, marked, options.grid)


def _by_trace(panel: Panel, heights: Sequence[Array], colours: Colours) -> list[Look]:
    """Return a look for each line, where each trace has a panel of its own."""
    found = []
    for _, lines in groupby(range(len(heights)), key=lambda at: panel.lines[at].trace):
        own = [heights[at] for at in lines]
        found += looks([0] * len(own), own, colours)
    return found
