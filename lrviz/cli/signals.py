"""The signals that end a process: they come as exceptions, so that what is open is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 128 + signal.SIGINT

# SIGHUP is unknown to Windows.
_ENDING = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]
_came: list[int] = []


def end_in_order() -> None:
    """Let the signals that end the process raise a KeyboardInterrupt, as Ctrl-C does.

    By themselves they would end it between two lines: with a temporary file left over, or a
    terminal without its cursor. What the caller has ignored, as nohup does, stays so.
    """
    for number in _ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)


def code() -> int | None:
    """Return what to exit with where a signal has asked for the end: 128 and its number.

    Whatever is raised afterwards is its doing: code in C may lose the KeyboardInterrupt and raise
    an error of its own, as imports and matplotlib's renderers do.
    """
    return 128 + _came[0] if _came else None


@contextmanager
def ended_at_once() -> Iterator[None]:
    """End the process without an exception within: the import of C code may lose one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in _ENDING}
    # Those of a program that uses lrviz stay.
    own = {n: each for n, each in kept.items() if each in (_end, signal.default_int_handler)}
    for number in own:
        signal.signal(number, lambda number, _: os._exit(128 + number))
    try:
        yield
    finally:
        for number, each in own.items():
            signal.signal(number, each)


def _end(number: int, _: object) -> None:
    _came.append(number)
    raise KeyboardInterrupt
