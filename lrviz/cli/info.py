"""`lrviz info`: what one preset or scheduler is, and how it is written."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from lrviz.cli.chart import chart_lines, has_dots
from lrviz.cli.console import coloured, emit, heading
from lrviz.cli.running import import_late
from lrviz.errors import LrvizError, UsageError

if TYPE_CHECKING:
    from lrviz.spec.schedule import Schedule

_STEPS = 1000


def complete_name(incomplete: str) -> list[str]:
    """Return the presets, schedulers and optimizers that begin with `incomplete`."""
    from lrviz import catalog

    names = (*catalog.names(), *catalog.optimizer_names())
    return [name for name in names if name.startswith(incomplete)]


def info(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A preset, or a scheduler or an optimizer of torch.",
            autocompletion=complete_name,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show what a preset or a scheduler does: arguments, curve, and the code to paste.

    lrviz info OneCycleLR
    """
    from lrviz import catalog
    from lrviz.views.text.about import about, about_optimizer, example, yaml_lines

    if name is None:
        raise UsageError("info needs a NAME, e.g. lrviz info cosine (`lrviz list` shows all)")
    width = max(20, min(shutil.get_terminal_size((80, 24)).columns, 100) - 2)
    optimizer = catalog.optimizer_class(name)
    if optimizer is not None:
        for section in about_optimizer(optimizer, width):
            _section(section.title, section.lines)
        return
    found = catalog.find(name)
    for section in about(found, width):
        _section(section.title, section.lines)
    document = example(found)
    try:
        schedule = _schedule(found.name, document)
        curve = _curve(schedule, width)
    except LrvizError as error:
        # A later torch may have a class whose arguments nothing here has an example of.
        _section("Curve", [f"none: {error.message}"])
        return
    from lrviz.views.text.code import torch_code

    _section(f"Over {_STEPS:,} updates", curve)
    _section("In a spec", yaml_lines(document, width))
    _section("In PyTorch", torch_code(schedule))


def _section(title: str, lines: Iterable[str]) -> None:
    emit([heading(title), *(f"  {line}".rstrip() for line in lines), ""])


def _schedule(name: str, document: dict[str, object]) -> Schedule:
    from lrviz.sources.loading import load

    [schedule] = load({"train": {"steps": _STEPS}, "schedules": {name: document}})
    return schedule


def _curve(schedule: Schedule, width: int) -> list[str]:
    import_late("lrviz.simulation.simulated")
    from lrviz.simulation.simulated import simulated
    from lrviz.views.chart import ChartOptions

    options = ChartOptions(
        width=min(width, 72), height=9, ascii=not has_dots(), color=coloured(sys.stdout)
    )
    return chart_lines([simulated(schedule)], options)
