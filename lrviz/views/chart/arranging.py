"""Where everything of a chart stands: curves, their names among them, a legend for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rich.text import Text

from lrviz.curves.trace import Trace
from lrviz.views.chart.bands import counted, dense, outlined
from lrviz.views.chart.cells import Ink
from lrviz.views.chart.dots import Dots
from lrviz.views.chart.frame import Frame, frame
from lrviz.views.chart.legend import Item, legend, printable, shortened
from lrviz.views.chart.naming import Label, along, at_ends
from lrviz.views.chart.options import ChartOptions
from lrviz.views.plan.panels import Panel, own_names
from lrviz.writing.text import cells

_TALL = 10  # from so many lines on the y axis is named
_WIDE = 60  # from so many columns on the legend is indented
_INDENT = 6
_MARGIN = 0.3  # of the width, that names at the ends of curves may take
_NEARLY = 1.0  # rows between a curve's end and its name


@dataclass(frozen=True, eq=False)
class Area:
    """The curves of a chart, and what is written among them.

    Attributes:
        box: What is around them.
        masks: The dots of each.
        names: Those that are written beside their curves.
        counts: What is written into bands of dense cycles.
        notes: What has no place there, by the index of the curve.
        margin: Cells to the right of the curves.
    """

    box: Frame
    masks: Sequence[Dots]
    names: Sequence[Label]
    counts: Sequence[Label]
    notes: Mapping[int, str]
    margin: int = 0


@dataclass(frozen=True, eq=False)
class Arrangement:
    """A chart, laid out.

    Attributes:
        heading: Above it; empty: there is none.
        area: The curves.
        below: The lines of the legend.
    """

    heading: str
    area: Area
    below: Sequence[Text]


@dataclass(frozen=True, eq=False)
class Arranger:
    """Lays out a chart.

    Names stand at the curves' ends where these are apart, else beside the curves, else at ends that
    are nearly apart; below is what has no place among the curves, and what is noted. The name of a
    trace that is alone is in the heading.

    Attributes:
        panel: The curves.
        traces: Those that the curves are of.
        options: What was asked for.
        inks: One a curve.
        notes: What is to be said of curves, by their index.
    """

    panel: Panel
    traces: Sequence[Trace]
    options: ChartOptions
    inks: Sequence[Ink]
    notes: Mapping[int, str] = field(default_factory=dict)

    def arranged(self) -> Arrangement:
        """Return where everything stands."""
        below: list[Text] = []
        while True:  # what has no place among the curves takes rows from them
            area = self._area(self.options.height - self._headed - 2 - len(below))
            legend = self._legend(area)
            if len(legend) <= len(below):
                break
            below = legend
        legend += [Text()] * (len(below) - len(legend))
        return Arrangement(self._heading(area.box) if self._headed else "", area, legend)

    @property
    def _headed(self) -> bool:
        return self.options.height >= _TALL

    @property
    def _names(self) -> list[str]:
        """The curves' names, with what the heading does not say of them."""
        found = [line.label for line in self.panel.lines]
        found = own_names(self.panel, self.traces) if self._headed else found
        return [printable(name, self.options.ascii) for name in found]

    def _heading(self, box: Frame) -> str:
        ascii, width = self.options.ascii, self.options.width
        what, lines = printable(box.heading, ascii), self.panel.lines
        if len({line.trace for line in lines}) > 1:
            return what
        name = lines[0].label if len(lines) == 1 else self.traces[lines[0].trace].label
        shown = shortened(printable(name, ascii), width - cells(what) - 2, ascii)
        return f"{shown}: {what}" if shown else what

    def _legend(self, area: Area) -> list[Text]:
        """Return the lines of what is not named among the curves, or noted."""
        options, notes = self.options, {**area.notes, **self.notes}
        named = {label.curve for label in area.names}
        if len(self.inks) == 1 and self._headed:
            named = {0}
        entries = [
            Item(ink.sample, ink.style, name + notes.get(index, ""))
            for index, (name, ink) in enumerate(zip(self._names, self.inks, strict=True))
            if index in notes or index not in named
        ]
        if not entries:
            return []
        indent = _INDENT if options.width >= _WIDE else 0
        most = max(1, options.height // 3)
        found = legend(entries, options.width - indent, most, options.ascii)
        return [Text(" " * indent) + line for line in found]

    def _area(self, rows: int) -> Area:
        """Return so many rows of curves with their names."""
        area = self._drawn(rows, 0)
        if len(self.inks) == 1:
            return area
        names = [f"{ink.mark} {name}" for ink, name in zip(self.inks, self._names, strict=True)]
        if found := self._at_ends(names, rows, moved=0):
            return found
        beside = along(names, area.masks, self.options.ascii)
        if len(beside) < len(names) and (found := self._at_ends(names, rows, moved=_NEARLY)):
            return found
        return replace(area, names=beside)

    def _at_ends(self, names: Sequence[str], rows: int, moved: float) -> Area | None:
        """Return the curves with their names at their ends, if these are apart."""
        margin = 1 + max(map(cells, names))
        if margin > _MARGIN * self.options.width:
            return None
        area = self._drawn(rows, margin)
        ends = [area.box.end_of(line) for line in self.panel.lines]
        if None in ends:
            return None
        labels = at_ends(names, [end or 0 for end in ends], rows, area.box.width + 1, moved)
        return replace(area, names=labels, margin=margin) if labels else None

    def _drawn(self, rows: int, margin: int) -> Area:
        """Return the curves in so many rows, so many cells from the right."""
        box = frame(self.panel, self.traces, self.options, rows, margin)
        masks = [box.mask(line) for line in self.panel.lines]
        bands = [dense(line, box) for line in self.panel.lines]
        masks = [
            outlined(mask, own, line, box)
            for mask, own, line in zip(masks, bands, self.panel.lines, strict=True)
        ]
        counts, notes = counted(self.panel.lines, masks, bands, box)
        return Area(box, masks, (), counts, notes)
