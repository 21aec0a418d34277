"""The signals that end a process: they come as exceptions, so that what is open is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 128 + signal.SIGINT

_NUMBERS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_came: list[int] = []


class Ended(KeyboardInterrupt):
    """A signal asks the process to end, as Ctrl-C does.

    Attributes:
        code: What it then exits with: 128 and the signal's number, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


def end_in_order() -> None:
    """Let SIGTERM and SIGHUP raise `Ended`, unless the caller has them ignored.

    By themselves they would end it between two lines: with a temporary file left over, or a
    terminal without its cursor.
    """
    for number in _NUMBERS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


@contextmanager
def ended_at_once() -> Iterator[None]:
    """End the process without an exception within: the import of C code may lose one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, *_NUMBERS)}
    # Those of a program that uses lrviz stay.
    own = {n: each for n, each in kept.items() if each in (_end, signal.default_int_handler)}
    for number in own:
        signal.signal(number, lambda number, _: os._exit(128 + number))
    try:
        yield
    finally:
        for number, each in own.items():
            signal.signal(number, each)


def code_of(error: BaseException) -> int | None:
    """Return what to exit with where a signal is behind an error, else None.

    An import of C code makes an ImportError of what a signal raises within.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__
    if cause is None:
        return None
    return cause.code if isinstance(cause, Ended) else INTERRUPTED


def ended() -> None:
    """Raise `Ended` again if it was raised: other code may have made a KeyboardInterrupt of it."""
    for number in _came:
        raise Ended(number)


def _end(number: int, _: object) -> None:
    _came.append(number)
    ended()
