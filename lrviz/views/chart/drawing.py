"""From traces to a chart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.text import Text

from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.views.chart.cells import Ink, draw, inks
from lrviz.views.chart.frame import frame
from lrviz.views.chart.legend import Item, legend, printable
from lrviz.views.chart.options import ChartOptions
from lrviz.views.plan.panels import Line, panels
from lrviz.views.plan.planning import is_dot
from lrviz.views.plan.scales import units
from lrviz.views.plan.twins import as_one

_TALL = 10  # from so many lines on the y axis is named
_WIDE = 60  # from so many columns on the legend is indented
_INDENT = 6


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
    names = _names(panel.lines, look, traces, options, short)
    headed = options.height >= _TALL
    rows = options.height - headed - 2 - len(names)
    box = frame(panel, traces, options, rows)
    masks = [box.mask(line) for line in panel.lines]
    picture = draw(masks, look, ascii=options.ascii, short=short)
    faint = "dim" if options.color else ""
    lines = [Text(printable(box.heading, options.ascii))] if headed else []
    for margin, text, owners in zip(box.margins(), picture.text, picture.owners, strict=True):
        lines.append(Text.assemble((margin, faint), _coloured(text, owners.tolist(), look)))
    lines += [Text(foot, faint) for foot in box.feet()] + names
    for line in lines:
        line.truncate(options.width, pad=True)
    return Text("\n", no_wrap=True).join(lines)


def _coloured(text: str, owners: Sequence[int], inks: Sequence[Ink]) -> Text:
    found, start = Text(), 0
    for owner, run in groupby(owners):
        end = start + len(list(run))
        found.append(text[start:end], inks[owner].style if owner >= 0 else "")
        start = end
    return found


def _short(lines: Sequence[Line], traces: Sequence[Trace], options: ChartOptions) -> list[int]:
    """Return the curves that are no more than a cell of the chart."""
    x = units(options.x, traces)[0]
    pairs = zip(traces, x.factors, strict=True)
    end = max(trace.length.updates * factor for trace, factor in pairs)
    return [at for at, line in enumerate(lines) if is_dot(line, x, end, 1 / options.width)]


def _names(
    lines: Sequence[Line],
    inks: Sequence[Ink],
    traces: Sequence[Trace],
    options: ChartOptions,
    short: Sequence[int],
) -> list[Text]:
    """Return the lines of the legend."""
    indent = _INDENT if options.width >= _WIDE else 0
    entries = []
    for index, (line, look) in enumerate(zip(lines, inks, strict=True)):
        trace, stop = traces[line.trace], ""
        if trace.error:
            stop = f" (stopped after {trace.updates:,} updates)"
        elif index in short:
            stop = f" ({trace.updates:,} updates in one character; see --x progress)"
        entries.append(Item(look.sample, look.style, line.label + stop))
    found = legend(entries, options.width - indent, max(1, options.height // 3), options.ascii)
    return [Text(" " * indent) + line for line in found]
