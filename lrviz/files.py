"""Files that a text names are read only after a look here, where a caller may have a say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_guard: ContextVar[Callable[[Path], None] | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(guard: Callable[[Path], None]) -> Iterator[None]:
    """Within the context, have `guard` raise before a file is read that may not be."""
    token = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(token)


def checked(path: Path) -> Path:
    """Return a path that may be read.

    Raises:
        LrvizError: It may not, in the words of the guard.
    """
    guard = _guard.get()
    if guard is not None:
        guard(path)
    return path
