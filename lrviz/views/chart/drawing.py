"""From traces to a chart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.text import Text

from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.views.chart.arranging import Arranger
from lrviz.views.chart.cells import Ink, draw, inks
from lrviz.views.chart.options import ChartOptions
from lrviz.views.plan.panels import Line, panels
from lrviz.views.plan.planning import is_dot
from lrviz.views.plan.scales import units
from lrviz.views.plan.twins import as_one


def chart(traces: Sequence[Trace], options: ChartOptions | None = None) -> Text:
    """Draw traces over each other, in text.

    Each value holds for its update, as in a figure: drops are vertical, and a spike of a single
    update is seen at any width. Curves that coincide take turns.

    Args:
        traces: At least one; curves of different lengths stop where they end.
        options: How; None: the defaults.

    Returns:
        `options.height` lines, each of exactly `options.width` terminal cells; without styles
        where no colour was asked for. Labels are shown as they are, control characters escaped.

    Raises:
        UsageError: There is no trace, or an option does not fit these traces.
    """
    options = options or ChartOptions()
    if not traces:
        raise UsageError("nothing to draw: no schedule was given")
    traces, _ = as_one(traces, options.param)
    panel = panels(traces, options.param, options.groups)[0]
    look = inks(len(panel.lines), ascii=options.ascii, color=options.color)
    short = _short(panel.lines, traces, options)
    notes = _notes(panel.lines, traces, short)
    page = Arranger(panel, traces, options, look, notes).arranged()
    area = page.area
    picture = draw(area.masks, look, ascii=options.ascii, short=short).widened(area.margin)
    for label in (*area.counts, *area.names):
        picture.write(label.text, label.row, label.column, label.curve)
    faint = "dim" if options.color else ""
    lines = [Text(page.heading)] if page.heading else []
    for margin, text, owners in zip(area.box.margins(), picture.text, picture.owners, strict=True):
        lines.append(Text.assemble((margin, faint), _coloured(text, owners.tolist(), look)))
    lines += [*(Text(foot, faint) for foot in area.box.feet()), *page.below]
    for line in lines:
        line.truncate(options.width, pad=True)
    return Text("\n", no_wrap=True).join(lines)


def _coloured(text: Sequence[str], owners: Sequence[int], inks: Sequence[Ink]) -> Text:
    found, start = Text(), 0
    for owner, run in groupby(owners):
        end = start + len(list(run))
        found.append("".join(text[start:end]), inks[owner].style if owner >= 0 else "")
        start = end
    return found


def _short(lines: Sequence[Line], traces: Sequence[Trace], options: ChartOptions) -> list[int]:
    """Return the curves that are no more than a cell of the chart."""
    x = units(options.x, traces)[0]
    pairs = zip(traces, x.factors, strict=True)
    end = max(trace.length.updates * factor for trace, factor in pairs)
    return [at for at, line in enumerate(lines) if is_dot(line, x, end, 1 / options.width)]


def _notes(lines: Sequence[Line], traces: Sequence[Trace], short: Sequence[int]) -> dict[int, str]:
    """Return what is said of curves behind their names, by their index."""
    found = {
        index: f" ({len(lines[index].values):,} updates in one character; see --x progress)"
        for index in short
    }
    for index, line in enumerate(lines):
        if traces[line.trace].error:
            found[index] = f" (stopped after {traces[line.trace].updates:,} updates)"
    return found
