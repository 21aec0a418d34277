"""`lrviz compare`: a figure, the values side by side, and how the schedules differ."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from lrviz.cli.chart import Terminal, chart_lines
from lrviz.cli.console import emit, show
from lrviz.cli.drawing import Drawing, alone_on_stdout, draw, import_for
from lrviz.cli.options import Shared, Sources, required
from lrviz.cli.running import Run, load, simulated
from lrviz.cli.table import At, ComparisonFormat, at_of
from lrviz.cli.write import STDOUT, figure_targets
from lrviz.errors import UsageError

if TYPE_CHECKING:
    from lrviz.curves.comparison import Comparison
    from lrviz.curves.diagnosis.verdict import Verdict
    from lrviz.views.html.page import PageOptions
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
    targets = figure_targets(named, given) if named or not terminal.wanted else ()
    drawing.for_files(targets)
    alone_on_stdout(targets, {"--terminal": terminal.wanted, "--format": form})
    loaded = load(given, shared)
    # A function may return several optimizers, which shows when it is called.
    several = any(each.function is not None for each in loaded.schedules)
    if len(loaded.schedules) + len(loaded.logs) < 2 and not several:
        raise UsageError(
            f"compare needs two schedules or more, and {given[0]} is one; "
            f"name another, or draw it alone: lrviz plot {given[0]}"
        )
    if targets:
        import_for(targets)
        options = drawing.options(loaded.schedules, shared.param)
    else:
        drawing.without_picture()
    run = simulated(loaded, shared)
    # Before anything is written: --at, --param and --format may be wrong.
    told = _told(run, at, shared, form)
    if targets:

        def page() -> PageOptions:
            return drawing.page_options(run, told.tables, said=told.said)

        draw(run, options, shared, targets, page)
    if STDOUT not in targets:
        if terminal.wanted or (form in (None, "rich") and sys.stdout.isatty()):
            chart = drawing.chart_options(
                run.schedules, shared.param, most=16, ascii=terminal.ascii
            )
            emit(chart_lines(run.traces, chart))
            emit([""])
        told.show(form)
    run.finish()
    if exit_code and not told.same:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Told:
    """What is told of schedules beside each other, or of logs against a plan.

    Attributes:
        steps: The key steps.
        result: How schedules differ; None where there are verdicts.
        verdicts: What the logs say of the first plan.
    """

    steps: Grid
    result: Comparison | None
    verdicts: Sequence[Verdict]

    @property
    def same(self) -> bool:
        """Whether all are equal."""
        if self.result is not None:
            return self.result.identical
        return all(verdict.equal for verdict in self.verdicts)

    @property
    def tables(self) -> list[tuple[str, Grid]]:
        """The tables, each with its heading."""
        from lrviz.views.text.table import comparison, differences

        found = [("Key steps", self.steps)]
        if self.result is not None:
            found.append(("Comparison", comparison(self.result)))
            pairs = differences(self.result)
            found += [("Differences", pairs)] if pairs is not None else []
        return found

    @property
    def said(self) -> list[str]:
        """The sentences of the verdicts."""
        from lrviz.views.text.verdict import verdict_lines

        return [line for verdict in self.verdicts for line in verdict_lines(verdict)]

    def show(self, form: str | None) -> None:
        """Show it on stdout."""
        from lrviz.views.text.verdict import verdict_json, verdict_lines

        if form == "json":
            emit([verdict_json(list(self.verdicts))])
            return
        for verdict in self.verdicts:
            emit([*verdict_lines(verdict), ""])
        for number, (_, grid) in enumerate(self.tables):
            emit([""] if number else [])
            show(grid, form)


def _told(run: Run, at: list[str] | None, shared: Shared, form: str | None) -> _Told:
    from lrviz.curves.comparison import compare as compared
    from lrviz.simulation.logged import judge
    from lrviz.views.text.table import table

    params = (shared.param,) if shared.param else ()
    steps = table(run.traces, at_of(at, run.schedules), params)
    if run.logs and run.schedules:
        plan, schedule = run.plans[0], run.schedules[0]
        verdicts = [
            judge(plan, trace, schedule, log.habit)
            for log, trace in zip(run.logs, run.traces[len(run.plans) :], strict=True)
        ]
        return _Told(steps, None, verdicts)
    if form == "json":
        raise UsageError("--format json: it tells what a log says of a plan; name a log, too")
    return _Told(steps, compared(run.traces), ())
