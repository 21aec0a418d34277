"""Paths of a command line: whether something is there, and why what is there is not read."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from lrviz.errors import UsageError

_ENDINGS = (
    *(".yaml", ".yml", ".json", ".toml", ".py"),
    *(".csv", ".tsv", ".jsonl", ".log", ".txt", ".wandb", ".db", ".out"),
)


def is_there(path: str) -> bool:
    """Tell whether there is such a file or folder; what cannot be a path is not there."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return False


def is_path(text: str) -> bool:
    """Tell whether a text is a path by its looks: no preset, class or module is called so.

    >>> is_path("lr.csv"), is_path("runs/3"), is_path("cosine"), is_path("torch.optim")
    (True, True, False, False)
    """
    return text.endswith(_ENDINGS) or "/" in text or os.sep in text


def refused(path: str) -> UsageError:
    """Return the error for a path at which there is nothing, or nothing that is read."""
    at = Path(path)
    if not is_there(path):
        return UsageError(f"{path}: no such file{near_file(at, at.suffix)}")
    if at.is_dir():
        return UsageError(f"{path}: a folder, not a spec; name the files in it")
    if at.is_file() and at.stat().st_size == 0:
        return UsageError(f"{path}: an empty file")
    return UsageError(
        f"{path}: no spec, whose name ends in .yaml, .yml or .json, and no log that is known; "
        "what another log holds is read from a CSV file with the columns step and lr"
    )


def near_file(path: Path, endings: str | tuple[str, ...]) -> str:
    """Return a hint at a file that may have been meant, or at the folder that is not there."""
    try:
        names = [each.name for each in path.parent.iterdir() if each.name.endswith(endings)]
    except (OSError, ValueError):
        return f"; there is no folder {path.parent}"
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean {path.parent / near[0]}?" if near else ""
