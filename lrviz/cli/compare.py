"""`lrviz compare`: a figure, the values side by side, and how the schedules differ."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lrviz.cli.chart import Terminal, chart_lines
from lrviz.cli.console import emit, show
from lrviz.cli.drawing import Drawing, draw
from lrviz.cli.options import Shared, Sources, required
from lrviz.cli.running import Run, import_late, load, simulated
from lrviz.cli.table import At, ComparisonFormat, at_of
from lrviz.cli.write import picture_targets
from lrviz.errors import UsageError

if TYPE_CHECKING:
    from lrviz.views.text.grid import Grid


def compare(
    drawing: Drawing,
    terminal: Terminal,
    shared: Shared,
    sources: Sources = None,
    at: At = None,
    form: Annotated[
        ComparisonFormat | None,
        typer.Option(
            "--format", help="rich on a terminal, else plain; json for a log against a plan."
        ),
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
    # A function may return several optimizers, which shows when it is called.
    several = any(each.function is not None for each in loaded.schedules)
    if len(loaded.schedules) + len(loaded.logs) < 2 and not several:
        raise UsageError(
            f"compare needs two schedules or more, and {given[0]} is one; "
            f"name another, or draw it alone: lrviz plot {given[0]}"
        )
    if targets:
        import_late("lrviz.views.figure")
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
    if run.logs and run.schedules:
        same = _judged(run, steps, form)
    elif form == "json":
        raise UsageError("--format json: it tells what a log says of a plan; name a log, too")
    else:
        show(steps, form)
        emit([""])
        result = compared(run.traces)
        show(table.comparison(result), form)
        same = result.identical
    run.finish()
    if exit_code and not same:
        raise typer.Exit(1)


def _judged(run: Run, steps: Grid, form: str | None) -> bool:
    """Show what the logs say of the first plan; return whether all are equal to it."""
    from lrviz.simulation.logged import judge
    from lrviz.views.text.verdict import verdict_json, verdict_lines

    plan, schedule = run.plans[0], run.schedules[0]
    verdicts = [
        judge(plan, trace, schedule, log.habit)
        for log, trace in zip(run.logs, run.traces[len(run.plans) :], strict=True)
    ]
    if form == "json":
        emit([verdict_json(verdicts)])
    else:
        for verdict in verdicts:
            emit([*verdict_lines(verdict), ""])
        show(steps, form)
    return all(verdict.equal for verdict in verdicts)
