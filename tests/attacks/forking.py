"""Runs whole command lines in forked processes: as real as new ones, without the imports.

A process may be given limits, another user or a signal, which none can in the one that tests.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lrviz.__main__ import main
from lrviz.cli import signals
from lrviz.cli.running import import_late
from tests.commands import Ran

EVERYTHING = (
    "lrviz.simulation.loop",
    "lrviz.gallery.pages",
    "lrviz.views.text.table",
    "lrviz.checking.fixing",
)


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Process:
    """A running command line, and the ends of the pipes that its streams go to."""

    number: int
    streams: tuple[int, int]

    def wait(self) -> Ran:
        """Return what came of it; the code is minus the signal where one killed it."""
        with ThreadPoolExecutor() as pool:
            out, err = pool.map(_read, self.streams)
        _, status = os.waitpid(self.number, 0)
        return Ran(os.waitstatus_to_exitcode(status), out, err)


def _read(stream: int) -> str:
    with os.fdopen(stream, encoding="utf-8") as opened:
        return opened.read()


def start(
    arguments: tuple[str, ...], folder: Path, prepare: Callable[[], None] = lambda: None
) -> Process:
    """Start `lrviz ARGUMENTS` in `folder`; `prepare` runs in the new process before it."""
    import_late(*EVERYTHING)
    out, err = os.pipe(), os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # until `main` is ready for them
    number = os.fork()
    if number:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        os.close(out[1])
        os.close(err[1])
        return Process(number, (out[0], err[0]))
    code = 99
    try:
        os.dup2(out[1], 1)
        os.dup2(err[1], 2)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")
        for end in (*out, *err):
            os.close(end)
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)
        sys.argv = ["lrviz", *arguments]
        signals.end_in_order = partial(_ready, signals.end_in_order)
        prepare()
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except BaseException:  # noqa: BLE001  (that of lrviz or of `prepare`, for who reads the test)
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _ready(end_in_order: Callable[[], None]) -> None:
    end_in_order()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def run(*arguments: str, folder: Path, prepare: Callable[[], None] = lambda: None) -> Ran:
    """Run `lrviz ARGUMENTS` in `folder`, and return what came of it."""
    return start(arguments, folder, prepare).wait()
