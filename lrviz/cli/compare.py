"""`lrviz compare`: a figure, the values side by side, and how the schedules differ."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lrviz.cli.chart import Terminal, chart_lines
from lrviz.cli.console import emit, show
from lrviz.cli.drawing import Drawing, draw
from lrviz.cli.options import Shared, Sources, required
from lrviz.cli.running import import_late, load, simulated
from lrviz.cli.table import At, GridFormat, at_of
from lrviz.cli.write import picture_targets
from lrviz.errors import UsageError


def compare(
    drawing: Drawing,
    terminal: Terminal,
    shared: Shared,
    sources: Sources = None,
    at: At = None,
    form: Annotated[
        GridFormat | None,
        typer.Option("--format", help="rich on a terminal, else plain."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where they differ, for use in CI.")
    ] = False,
) -> None:
    """Compare schedules: a figure, the key steps side by side, and how they differ.

    lrviz compare cosine onecycle --steps 10000 --lr 3e-4
    """
    given = required(sources, "compare")
    named = drawing.outputs or ()
    targets = picture_targets(named, given) if named or not terminal.wanted else ()
    drawing.for_files(targets)
    loaded = load(given, shared)
    if len(loaded.schedules) < 2:
        raise UsageError(
            f"compare needs two schedules or more, and {given[0]} is one; "
            f"name another, or draw it alone: lrviz plot {given[0]}"
        )
    if targets:
        import_late("lrviz.simulation.loop", "lrviz.views.figure")
        options = drawing.options(loaded.schedules, shared.param)
    else:
        drawing.without_picture()
    run = simulated(loaded, shared)
    from lrviz.curves.comparison import compare as compared
    from lrviz.views.text import table

    # Before anything is written: --at and --param may be wrong.
    params = (shared.param,) if shared.param else ()
    steps = table.table(run.traces, at_of(at, run.schedules), params)
    if targets:
        draw(run, options, shared, targets, show=False)
    if terminal.wanted or (form in (None, "rich") and sys.stdout.isatty()):
        chart = drawing.chart_options(run.schedules, shared.param, most=16, ascii=terminal.ascii)
        emit(chart_lines(run.traces, chart))
        emit([""])
    show(steps, form)
    emit([""])
    result = compared(run.traces)
    show(table.comparison(result), form)
    run.finish()
    if exit_code and not result.identical:
        raise typer.Exit(1)
