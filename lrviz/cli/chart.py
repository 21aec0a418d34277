"""The chart that `plot`, `compare` and `info` draw in the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lrviz.curves.trace import Trace
    from lrviz.views.chart import ChartOptions

_PANEL = "Figure"
_WIDEST = 1000  # characters: wider than any terminal, and COLUMNS may say anything


@dataclass(frozen=True)
class Terminal:
    """Whether a chart is drawn in the terminal, and of what."""

    terminal: Annotated[
        bool,
        typer.Option(
            "--terminal",
            help="Draw in the terminal; a file is then written only where -o says so. The size is "
            "the terminal's: COLUMNS and LINES change it.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    ascii: Annotated[
        bool,
        typer.Option(
            "--ascii",
            help="Draw in the terminal, with nothing but ASCII.",
            rich_help_panel=_PANEL,
        ),
    ] = False

    @property
    def wanted(self) -> bool:
        """Whether the command line asks for a chart."""
        return self.terminal or self.ascii


def room(most: int) -> tuple[int, int]:
    """Return width and height for a chart that leaves a few lines of the terminal for a prompt.

    Args:
        most: The greatest height.
    """
    columns, lines = shutil.get_terminal_size((80, 24))
    return max(20, min(columns, _WIDEST)), max(8, min(lines - 3, most))


def has_dots() -> bool:
    """Tell whether braille characters can be written to stdout."""
    try:
        "⣿".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def chart_lines(traces: Sequence[Trace], options: ChartOptions) -> list[str]:
    """Return the lines of a chart, in colour where the options say so.

    Raises:
        UsageError: An option does not fit these traces.
    """
    from lrviz.views.chart import chart

    text = chart(traces, options)
    if not options.color:
        return [line.rstrip() for line in text.plain.split("\n")]
    from rich.console import Console

    console = Console(force_terminal=True, color_system="standard", width=options.width)
    with console.capture() as captured:
        console.print(text)
    return captured.get().splitlines()
