"""Logs as SOURCEs: a file that a training wrote, or a folder with one; `file.csv:column` of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lrviz.errors import UsageError
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides
from lrviz.sources.paths import is_there
from lrviz.sources.reference import Reference

if TYPE_CHECKING:
    from lrviz.sources.logs.log import Log

_NONE = (".yaml", ".yml", ".py", ".toml")  # what is never a log


def _parse(source: str) -> Reference | None:
    """Take a log apart; only what is there is one, and its first bytes are looked at."""
    head, colon, column = source.rpartition(":")
    for file, picked in ((source, None), (head, column)):
        if file and not file.endswith(_NONE) and (picked is None or colon) and is_there(file):
            from lrviz.sources.logs.reading import format_of, has_log

            path = Path(file)
            if path.is_dir():
                if not has_log(path):
                    return None
            elif format_of(path) is None:
                return None
            return Reference(source, "log", file, file=file, picked=picked)
    return None


def _read(reference: Reference, overrides: Overrides) -> list[Origin]:
    del overrides
    raise UsageError(f"{reference.text} is a log, and no schedule; name a schedule")


def log(reference: Reference, x: str | None = None) -> Log:
    """Read the log that a SOURCE names.

    Args:
        reference: Of the kind `log`.
        x: The column that numbers the rows, where the user says it.

    Raises:
        LrvizError: It is broken, or it cannot be told which columns are meant.
    """
    from lrviz.sources.logs.format import Request
    from lrviz.sources.logs.reading import read_log

    path = Path(reference.name)
    named = path if path.name not in ("", "..") else path.resolve()
    label = reference.label or (named.parent.name if named.stem == "metrics" else named.stem)
    return read_log(Request(path, reference.text, label or named.name, reference.picked, x))


LOG = Kind("log", _parse, _read, runs_code=False)
