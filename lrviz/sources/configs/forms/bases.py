"""The files that a config's `_base_` or `_BASE_` names, one reached through another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lrviz.document import read_text
from lrviz.errors import Place, SpecError
from lrviz.files import checked
from lrviz.sources.configs.unread import Unread

_MOST_BASES = 100
_LARGEST = 1_000_000  # bytes


def read_base(
    key: str, name: Any, folder: Path, above: tuple[Path, ...], place: Place | None
) -> tuple[Path, str]:
    """Return a base's path and text.

    Args:
        key: The key that names it.
        name: What stands there.
        folder: Of the file that names it.
        above: The files that lead to it, resolved.
        place: Of the name.

    Raises:
        SpecError: It is no file of this machine, leads back to one above, or cannot be read.
    """
    if not isinstance(name, str) or isinstance(name, Unread) or "://" in name or "::" in name:
        raise SpecError(f"{key}: must be a file of this machine, not {name}", place)
    path = folder / name
    if path.resolve() in above:
        raise SpecError(f"{key}: {name} leads back to itself", place)
    if len(above) > _MOST_BASES:
        raise SpecError(f"{key}: more than {_MOST_BASES} files", place)
    try:
        if path.stat().st_size > _LARGEST:
            raise SpecError(f"{key}: {name} is larger than any config", place)
        return path, read_text(checked(path).read_bytes(), str(path))
    except OSError as error:
        problem = f"{key}: {name} cannot be read: {error.strerror or error}"
        raise SpecError(problem, place) from None
