"""What stands around the curves of a terminal chart, and where they stand within it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.views.chart.axes import YAxis, x_ticks, y_axis
from lrviz.views.chart.cells import DOTS
from lrviz.views.chart.dots import Dots, columns, dots
from lrviz.views.chart.options import ChartOptions
from lrviz.views.plan.panels import Line, Panel
from lrviz.views.plan.scales import Unit, units, y_scale
from lrviz.writing.text import cells

_WIDE = 60  # from so many columns on the x axis is named
_TOGETHER = 0.98  # of the x axis: curves that all reach so far end together


@dataclass(frozen=True)
class Frame:
    """A chart without its curves and its legend.

    Attributes:
        heading: What the y axis shows.
        axis: The y axis.
        labels: Its tick labels, by row from the top.
        unit: Of the x axis.
        end: The x axis' upper end.
        rows: Of the drawing area.
        width: Of the drawing area, in terminal cells.
        gutter: Cells to the left of the y axis.
        ascii: Nothing but ASCII.
    """

    heading: str
    axis: YAxis
    labels: Mapping[int, str]
    unit: Unit
    end: float
    rows: int
    width: int
    gutter: int
    ascii: bool

    @property
    def cell(self) -> tuple[int, int]:
        """Rows and columns of dots in a character."""
        return (1, 1) if self.ascii else DOTS

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of dots in the drawing area."""
        return self.rows * self.cell[0], self.width * self.cell[1]

    def span(self, line: Line) -> float:
        """Return how many updates of a curve the x axis is."""
        return self.end / self.unit.factors[line.trace]

    def row(self, values: Array) -> Array:
        """Return the rows of dots of values, from the top."""
        return _dot(self.axis, values, self.rows, self.cell[0])

    def mask(self, line: Line) -> Dots:
        """Return the dots of a curve in the drawing area."""
        height, width = self.shape
        return dots(columns(line.values, self.span(line), width), self.row, height)

    def end_of(self, line: Line) -> int | None:
        """Return the row in which a curve ends, from the top; None where it ends too early."""
        if line.last is None or line.last + 1 < _TOGETHER * self.span(line):
            return None
        row = float(self.row(line.values[[line.last]])[0])
        return int(min(max(np.rint(row), 0), self.shape[0] - 1)) // self.cell[0]

    def margins(self) -> list[str]:
        """Return what stands to the left of each row: the y axis and its labels."""
        tick, plain = "+|" if self.ascii else "┤│"
        return [
            self.labels.get(row, "").rjust(self.gutter) + (tick if row in self.labels else plain)
            for row in range(self.rows)
        ]

    def feet(self) -> tuple[str, str]:
        """Return the x axis and the line of its labels."""
        corner, rule, tick = "+-+" if self.ascii else "└─┬"
        line = [rule] * self.width
        text = self.unit.name if self.gutter > len(self.unit.name) else ""
        for value, label in x_ticks(self.unit, self.end, self.width):
            column = min(int(value / self.end * self.width + 1e-9), self.width - 1)
            line[column] = tick
            start = self.gutter + 1 + column - len(label) // 2
            start = min(start, self.gutter + 1 + self.width - len(label))
            if start > len(text):
                text = text.ljust(start) + label
        return " " * self.gutter + corner + "".join(line), text


def frame(
    panel: Panel, traces: Sequence[Trace], options: ChartOptions, rows: int, margin: int
) -> Frame:
    """Return the frame for some curves.

    Args:
        panel: The curves.
        traces: Those that the curves are of.
        options: What was asked for.
        rows: Of the drawing area, at least 2.
        margin: Cells to the right of it.
    """
    values = [line.values for line in panel.lines]
    scale = y_scale(values, log=options.log, from_zero=panel.param == "lr", margin=0)
    axis, write = y_axis(scale, rows), scale.writer()
    down = 1 if options.ascii else DOTS[0]
    at = np.rint(_dot(axis, np.array(axis.ticks), rows, down)) // down
    labels = {int(row): write(tick, None) for row, tick in zip(at, axis.ticks, strict=True)}
    unit = units(options.x, traces)[0]
    pairs = zip(traces, unit.factors, strict=True)
    gutter = max(cells(label) for label in labels.values())
    if options.width >= _WIDE:
        gutter = max(gutter, len(unit.name) + 1)
    return Frame(
        heading=f"{panel.title}. {scale.note}" if scale.note else panel.title,
        axis=axis,
        labels=labels,
        unit=unit,
        end=max(trace.length.updates * factor for trace, factor in pairs),
        rows=rows,
        width=options.width - gutter - 1 - margin,
        gutter=gutter,
        ascii=options.ascii,
    )


def _dot(axis: YAxis, values: Array, rows: int, down: int) -> Array:
    """Return the rows of dots, from the top, of values; `down` dots are a row of the axis.

    A whole row of the axis is at the middle of its dots, where the axis' tick is.
    """
    return np.asarray((rows - 1 - axis.rows(values)) * down + (down - 1) // 2)
