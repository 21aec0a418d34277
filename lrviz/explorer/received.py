"""Files that a page's user chose: they are read as SOURCEs are, and nothing beside them is."""

from __future__ import annotations

import re
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from lrviz.errors import LrvizError, UsageError
from lrviz.files import guarded
from lrviz.sources.configs.framework import FactError
from lrviz.sources.configs.kind import of_file
from lrviz.sources.grammar import kind, reference
from lrviz.sources.loading import Loaded, load_all
from lrviz.sources.overrides import Overrides

_FILES = TypeAdapter(list[tuple[str, Annotated[int, Field(ge=0)]]])
_PART = re.compile(r"(?!\.{1,2}$)[^\\:\x00]{1,200}").fullmatch  # of a path


@dataclass(frozen=True)
class Received:
    """A file or a folder that a page sent.

    Attributes:
        name: As the page says it.
        files: What is in it, by the paths below it; of a file by an empty one.
        folder: Where it lies while it is read.
    """

    name: str
    files: Mapping[str, bytes]
    folder: Path

    @property
    def plain(self) -> str:
        """Its name without folders."""
        return Path(self.name).name

    def read(self, overrides: Overrides) -> Loaded:
        """Return what it comes to.

        Raises:
            LrvizError: It is neither a spec, nor a config or a log, or something in it is wrong.
        """
        if not self.plain or self.plain.startswith("."):
            raise UsageError("the file has no name")
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            path = Path(folder) / self.plain
            for below, data in self.files.items():
                (path / below).parent.mkdir(parents=True, exist_ok=True)
                (path / below).write_bytes(data)
            prefix = f"{folder}/"
            try:
                loaded = _loaded(path, overrides)
            except LrvizError as error:
                kind_of = FactError if isinstance(error, FactError) else UsageError
                raise kind_of(str(error).replace(prefix, "")) from None
        schedules = [
            replace(each, source=each.source.removeprefix(prefix)) for each in loaded.schedules
        ]
        return replace(loaded, schedules=tuple(schedules))


def files_of(body: bytes) -> dict[str, bytes]:
    """Return the files of a folder that a page sends, by their paths below it.

    Args:
        body: The length of a list (32 bits, little-endian), that list as JSON, of the files'
            paths and sizes, and then what is in them.

    Raises:
        UsageError: It is none, or a path leads out of the folder.
    """
    try:
        (length,) = struct.unpack_from("<I", body)
        listed = _FILES.validate_json(body[4 : 4 + length])
    except (struct.error, ValidationError):
        raise UsageError("no folder of a page") from None
    found: dict[str, bytes] = {}
    at = 4 + length
    for path, size in listed:
        if PurePosixPath(path).is_absolute() or any(not _PART(each) for each in path.split("/")):
            raise UsageError(f"{path}: no path below the folder")
        found[path] = body[at : at + size]
        at += size
    if not found:
        raise UsageError("no log of a training in this folder")
    return found


def _loaded(path: Path, overrides: Overrides) -> Loaded:
    def only(other: Path) -> None:
        if not other.resolve().is_relative_to(path.resolve()):
            raise UsageError(f"{other.name}: a page reads no file beside the one it is given")

    with guarded(only):
        named = reference(str(path))
        if path.is_dir() and named.kind != "log":
            raise UsageError(f"{path.name}: no log of a training in this folder")
        if not named.kind:
            raise UsageError(f"{path.name}: neither a spec, nor a config or a log that is known")
        if kind(named.kind).runs_code and of_file(str(path), overrides) is None:
            raise UsageError(f"{path.name}: a page runs no code; name it on the command line")
        return load_all([str(path)], overrides)
