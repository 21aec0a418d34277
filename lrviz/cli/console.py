"""What the commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

import typer

from lrviz.errors import cut
from lrviz.views.text.formats import writer
from lrviz.writing.text import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lrviz.views.text.grid import Grid


def coloured(stream: TextIO) -> bool:
    """Tell whether colours go to `stream`: NO_COLOR, then FORCE_COLOR, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def emit(lines: Iterable[str], end: str = "\n") -> None:
    """Write lines to stdout, with `end` behind each.

    Raises:
        OSError: stdout is closed or full; the command ends with it, see `app`.
    """
    sys.stdout.writelines(f"{line}{end}" for line in lines)
    sys.stdout.flush()


def emit_bytes(data: bytes) -> None:
    """Write bytes to stdout.

    Raises:
        OSError: stdout is closed or full; the command ends with it, see `app`.
    """
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def emit_rich(*renderables: RenderableType, soft_wrap: bool = False) -> None:
    """Write to stdout what rich renders, in its own width unless `soft_wrap`."""
    from rich.console import Console

    console = Console(soft_wrap=soft_wrap)
    with console.capture() as captured:  # rich's own way to write has an exit code of its own
        for each in renderables:
            console.print(each, highlight=False, crop=False)
    emit([captured.get()], end="")


def give_up(stream: TextIO) -> None:
    """Let what a stream still holds, and all that comes, go nowhere: it cannot be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show(grid: Grid, form: str | None) -> None:
    """Write a table to stdout.

    Args:
        grid: The table.
        form: `rich` or one of `formats.GRIDS`; None: rich on a terminal, else plain.
    """
    if form is None:
        form = "rich" if sys.stdout.isatty() or coloured(sys.stdout) else "plain"
    if form == "rich":
        from lrviz.views.text.grid import RichGrid

        emit_rich(RichGrid(grid))
        return
    emit(writer(form)(grid, shutil.get_terminal_size((80, 24)).columns))


def note(text: str) -> None:
    """Say something on stderr, in one line."""
    _say(visible(text))


def warn(text: str) -> None:
    """Say on stderr what the user should look at, in one line."""
    _say(f"{_head('warning:', typer.colors.YELLOW)} {visible(text)}")


def fail(text: str) -> None:
    """Say on stderr what went wrong, in as many lines as it has."""
    lines = "\n".join(map(visible, cut(text).split("\n")))
    _say(f"{_head('error:', typer.colors.RED)} {lines}")


def listen(quiet: bool) -> bool:
    """Say what Python warns of and matplotlib logs as `warn` does, or with -q not at all.

    Returns:
        `quiet`, as the callback of an option must.
    """
    if quiet:
        warnings.simplefilter("ignore")
    logger = logging.getLogger("matplotlib")
    logger.setLevel(logging.ERROR if quiet else logging.WARNING)
    if not any(isinstance(each, _Warner) for each in logger.handlers):
        logger.addHandler(_Warner())
    return quiet


class _Warner(logging.Handler):
    """Says what is logged, each text once: matplotlib misses a font once a label."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        text = " ".join(record.getMessage().split())
        if text not in self._said:
            self._said.add(text)
            warn(text)


def heading(text: str) -> str:
    """Return a heading for stdout, bold where colours are shown."""
    return typer.style(text, bold=True) if coloured(sys.stdout) else text


def _head(text: str, colour: str) -> str:
    return typer.style(text, fg=colour, bold=True) if coloured(sys.stderr) else text


def _say(text: str) -> None:
    try:
        typer.echo(text, err=True, color=True)
    except (OSError, ValueError):  # nobody listens, or user code has closed it: no reason to stop
        give_up(sys.stderr)
