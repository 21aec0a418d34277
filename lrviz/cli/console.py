"""What the commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

import typer

if TYPE_CHECKING:
    from lrviz.views.grid import Grid


def coloured(stream: TextIO) -> bool:
    """Tell whether colours go to `stream`: NO_COLOR, then FORCE_COLOR, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def emit(lines: Iterable[str], end: str = "\n") -> None:
    """Write lines to stdout, with `end` behind each."""
    sys.stdout.writelines(f"{line}{end}" for line in lines)
    sys.stdout.flush()


def show(grid: Grid, form: str | None) -> None:
    """Write a table to stdout.

    Args:
        grid: The table.
        form: `rich`, `plain` or `markdown`; None: rich on a terminal, else plain.
    """
    from lrviz.views.grid import RichGrid, markdown, plain

    if form is None:
        form = "rich" if sys.stdout.isatty() or coloured(sys.stdout) else "plain"
    if form == "rich":
        from rich.console import Console

        Console().print(RichGrid(grid))
        return
    width = shutil.get_terminal_size((80, 24)).columns
    emit(markdown(grid) if form == "markdown" else plain(grid, width))


def note(text: str) -> None:
    """Say something on stderr."""
    typer.echo(text, err=True)


def warn(text: str) -> None:
    """Say on stderr what the user should look at."""
    _headed("warning:", typer.colors.YELLOW, text)


def fail(text: str) -> None:
    """Say on stderr what went wrong."""
    _headed("error:", typer.colors.RED, text)


def heading(text: str) -> str:
    """Return a heading for stdout, bold where colours are shown."""
    return typer.style(text, bold=True) if coloured(sys.stdout) else text


def _headed(head: str, colour: str, text: str) -> None:
    shown = typer.style(head, fg=colour, bold=True) if coloured(sys.stderr) else head
    typer.echo(f"{shown} {text}", err=True, color=True)
