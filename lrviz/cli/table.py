"""`lrviz table`: the learning rate at the steps that matter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lrviz.cli.console import emit, show
from lrviz.cli.options import Shared, Sources, required
from lrviz.cli.running import simulated
from lrviz.cli.watch import Watch, rounds
from lrviz.views.text.formats import EXPORTS, GRIDS, writer

if TYPE_CHECKING:
    from lrviz.sources.loading import Loaded
    from lrviz.spec.schedule import Schedule

DEFAULT = "lrviz.yaml"

if TYPE_CHECKING:
    TableFormat = str
    ComparisonFormat = str
else:  # what Typer reads
    ComparisonFormat = Literal[("rich", *GRIDS, "json")]
    TableFormat = Literal[("rich", *GRIDS, *EXPORTS)]

At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="STEPS",
        help="Steps to show besides those found: 500, 50%, 30ep, last, after, separated by commas; "
        "or all.",
    ),
]


def table(
    shared: Shared,
    sources: Sources = None,
    at: At = None,
    form: Annotated[
        TableFormat | None,
        typer.Option(
            "--format",
            help="rich on a terminal, else plain. csv and json have every digit, every param group "
            "and, with --at all, every update.",
        ),
    ] = None,
    watch: Watch = False,
) -> None:
    """Show the learning rate at the key steps: peak, milestones, restarts, quarters, end.

    Without a SOURCE it reads lrviz.yaml here.

    lrviz table warmup-cosine --steps 10000 --at 100,99%
    """
    given = tuple(sources or ())
    if not given and Path(DEFAULT).is_file():
        given = (DEFAULT,)

    def once(loaded: Loaded) -> None:
        run = simulated(loaded, shared)
        wanted = at_of(at, run.schedules)
        params = (shared.param,) if shared.param else ()
        if form is not None and form in EXPORTS:
            emit(writer(form)(run.traces, wanted, params), end="")
        else:
            from lrviz.views.text.table import table as grid

            show(grid(run.traces, wanted, params), form)
        run.finish()

    rounds(watch, required(given, "table"), shared, once)


def at_of(at: list[str] | None, schedules: tuple[Schedule, ...]) -> tuple[str | int, ...]:
    """Return the steps that `--at` names, or else the specs."""
    if at:
        return tuple(at)
    return tuple(dict.fromkeys(step for each in schedules for step in each.table.at))
