"""A path to a Log: the format is told by the file, and a folder is searched for one log."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

from lrviz.errors import SpecError, UsageError
from lrviz.files import checked
from lrviz.sources import logs
from lrviz.sources.logs.format import HEAD, Format, Request
from lrviz.sources.logs.log import Log

_MOST = 10_000  # files of a folder that are looked at
KNOWN_BY_NAME = (
    *("trainer_state.json", "metrics.csv", "scalars.json", "summary.csv", "results.csv"),
    *("metrics.json", "*tfevents*", "*.wandb"),
)
"""What the logs in a folder are called."""


@cache
def formats() -> tuple[Format, ...]:
    """Return the formats that can be read: one a module of this folder, general ones last."""
    names = [each.name for each in pkgutil.iter_modules(logs.__path__)]
    modules = [import_module(f"{logs.__name__}.{name}") for name in names]
    found = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return tuple(sorted(found, key=lambda each: (each.rank, each.name)))


def format_of(path: Path) -> Format | None:
    """Return the format of the file, or of the folder that is one log, at `path`; None: none.

    Raises:
        UsageError: The file cannot be read.
    """
    head = b""
    if not path.is_dir():
        try:
            with checked(path).open("rb") as stream:
                head = stream.read(HEAD)
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    return next((each for each in formats() if each.recognises(path, head)), None)


def has_log(folder: Path) -> bool:
    """Tell whether a folder is a log, or has one in it."""
    if format_of(folder) is not None:
        return True
    return any(next(folder.rglob(pattern), None) is not None for pattern in KNOWN_BY_NAME)


def read_log(request: Request) -> Log:
    """Read the log at a path; of a folder, the one log that lies in it or below.

    Raises:
        UsageError: It is no log of a known format, or a folder has none or several.
        SpecError: It is broken.
    """
    path = checked(request.path)
    found = format_of(path)
    if found is None and path.is_dir():
        path = _in_folder(request)
        found = format_of(path)
    if found is None:
        known = ", ".join(each.title for each in formats())
        raise UsageError(f"{request.source}: no log that is known; these are: {known}")
    inner = Request(path, request.source, request.label, request.column, request.x)
    try:
        return found.read(inner)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise SpecError(f"{path}: does not fit into memory") from None


def _in_folder(request: Request) -> Path:
    """Return the one log below a folder; of Hugging Face's checkpoints, the last."""
    found: list[Path] = []
    for pattern in KNOWN_BY_NAME:
        for each in sorted(request.path.rglob(pattern))[:_MOST]:
            if each.is_file() and format_of(each):
                found.append(each.parent if "tfevents" in each.name else each)
    states = [each for each in found if each.name == "trainer_state.json"]
    if states:
        return max(states, key=_saved)
    found = list(dict.fromkeys(found))
    if not found:
        raise UsageError(
            f"{request.source}: no log in this folder; looked for {', '.join(KNOWN_BY_NAME)}"
        )
    if len(found) > 1:
        names = ", ".join(str(each) for each in found[:10])
        raise UsageError(f"{request.source}: several logs; name one of them: {names}")
    return found[0]


def _saved(path: Path) -> tuple[int, float]:
    """Return what tells which of several checkpoints' states was written last."""
    name = path.parent.name.rpartition("-")[2]
    # The state beside the checkpoints is written at the training's end.
    return (int(name) if name.isdigit() else 1 << 62, path.stat().st_mtime)
