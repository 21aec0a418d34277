"""`lrviz plot`: schedules drawn over each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from lrviz.cli.chart import Terminal, chart_lines
from lrviz.cli.console import emit, note
from lrviz.cli.drawing import Drawing, alone_on_stdout, draw, import_for
from lrviz.cli.options import Shared, Sources, required
from lrviz.cli.running import Run, simulated, user_code
from lrviz.cli.table import at_of
from lrviz.cli.watch import Watch, rounds
from lrviz.cli.write import figure_targets
from lrviz.errors import UsageError

if TYPE_CHECKING:
    from lrviz.checking.runner import Report
    from lrviz.sources.loading import Loaded
    from lrviz.views.html.page import PageOptions
    from lrviz.views.plan.marks import Mark


def plot(
    drawing: Drawing,
    terminal: Terminal,
    shared: Shared,
    sources: Sources = None,
    show: Annotated[
        bool,
        typer.Option(
            "--show",
            help="Open a window; a file is then written only where -o says so.",
            rich_help_panel="Figure",
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Mark on the curves what lrviz check finds, and say it on stderr.",
            rich_help_panel="Figure",
        ),
    ] = False,
    watch: Watch = False,
) -> None:
    """Draw schedules over each other, into one figure.

    lrviz plot cosine onecycle --steps 10000
    """
    given = required(sources, "plot")
    named = drawing.outputs or ()
    targets = figure_targets(named, given) if named or not (show or terminal.wanted) else ()
    if not show:
        drawing.for_files(targets)
    alone_on_stdout(targets, {"--terminal": terminal.wanted, "--watch": watch})
    if show and watch:
        raise UsageError("--show and --watch at once; with --watch, open the file it writes")
    if check and not (targets or show):
        raise UsageError("--check marks a picture; name a file with -o, or run lrviz check")

    def once(loaded: Loaded) -> None:
        if check and not loaded.schedules:
            loaded.without_logs("--check looks at a plan; name that, too")
        if targets or show:
            import_for(targets, show)
            options = drawing.options(loaded.schedules, shared.param)
        else:
            drawing.without_picture()
        run = simulated(loaded, shared)
        report = _report(run, shared) if check else None
        if report is not None:
            options = replace(options, marks=_marks(report))

        def page() -> PageOptions:
            from lrviz.views.text.table import table

            params = (shared.param,) if shared.param else ()
            steps = table(run.traces, at_of(None, run.schedules), params)
            return drawing.page_options(run, [("Key steps", steps)], report=report)

        if targets or show:
            draw(run, options, shared, targets, page, show)
        if terminal.wanted:
            chart = drawing.chart_options(
                run.schedules, shared.param, most=30, ascii=terminal.ascii
            )
            emit(chart_lines(run.traces, chart))
        run.finish()

    style = drawing.style or ""
    rounds(watch, given, shared, once, [style] if style.endswith(".mplstyle") else [])


def _report(run: Run, shared: Shared) -> Report:
    """Return what the rules find, and say it on stderr."""
    from lrviz.checking.fixing import promised
    from lrviz.checking.runner import UNUSED_IGNORE, Selection, check
    from lrviz.views.text.findings import lines, unstyled

    with user_code(shared.verbose):  # which builds once more what it simulates no more
        report = check(run.schedules, Selection(ignore=(UNUSED_IGNORE,)), traces=run.plans)
        report = promised(report, shared.overrides())
    if not shared.quiet:
        for line in lines(report):
            note(unstyled(line))
    return report


def _marks(report: Report) -> tuple[Mark, ...]:
    """Return where the figure shows what the rules find."""
    from lrviz.views.plan.marks import Mark

    return tuple(
        Mark(each.label, each.update, f"{each.code} {each.name}", each.groups)
        for each in report.findings
        if each.update is not None
    )
