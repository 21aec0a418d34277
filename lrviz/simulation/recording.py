"""What a loop records: the curves of the param groups, and why it ended early."""

from __future__ import annotations

from dataclasses import dataclass

from lrviz.curves.events import Array
from lrviz.curves.trace import RunError
from lrviz.errors import LrvizError, traceback_of, words


@dataclass(frozen=True)
class Recording:
    """What a loop recorded; the fields mean what those of `Trace` do."""

    curves: dict[str, Array]
    after: dict[str, Array]
    error: RunError | None


def failure(update: int, error: BaseException) -> RunError:
    """Return that `error`, caught where a scheduler was called, ended a run after `update`."""
    if isinstance(error, LrvizError):
        return RunError(update, error.message)
    return RunError(update, words(error), traceback_of(error))
