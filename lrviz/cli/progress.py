"""A progress bar for simulations that take long."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 0.5  # seconds


@contextmanager
def progress(
    total: int, *, quiet: bool, what: str = "simulating"
) -> Iterator[Callable[[int], None]]:
    """Give a function to call with how much of `total`, in updates or else, is done.

    A bar is drawn on stderr, from half a second on, where stderr is a terminal; it is gone
    afterwards.
    """
    shown = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    started = time.monotonic()
    bar: Progress | None = None

    def advance(done: int) -> None:
        nonlocal bar
        if bar is None and shown and time.monotonic() - started > _PATIENCE:
            bar = _bar(total, what)
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _bar(total: int, what: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), Remaining())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task(what, total=total)
    bar.start()
    return bar
