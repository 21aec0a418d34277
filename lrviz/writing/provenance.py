"""The formats of picture files by name, and which files lrviz wrote."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrviz.writing.pictures.picture import PictureFormat

FORMATS: Mapping[str, str] = {
    "png": "lrviz.writing.pictures.png",
    "svg": "lrviz.writing.pictures.svg",
    "pdf": "lrviz.writing.pictures.pdf",
    "jpg": "lrviz.writing.pictures.jpeg",
    "jpeg": "lrviz.writing.pictures.jpeg",
    "webp": "lrviz.writing.pictures.webp",
}
"""Modules by the extension of a file's name, each with a `FORMAT`, imported when it is needed."""

PAGE = "html"
"""The extension of interactive pages, which are no pictures."""

GENERATOR = '<meta name="generator" content="lrviz">'
"""Stands in the first 4,096 bytes of every HTML file that lrviz writes."""


def picture_format(name: str) -> PictureFormat:
    """Return the format of files with this extension, one of `FORMATS`."""
    found: PictureFormat = import_module(FORMATS[name]).FORMAT
    return found


def written_by_lrviz(path: Path) -> bool:
    """Return whether `path` is a picture file or an HTML file that lrviz wrote.

    Only the marks of the formats count, in the format that the content has; the file's name does
    not matter. A file that does not exist or is not a regular one is not lrviz's.

    Raises:
        OSError: The file cannot be read.
    """
    if not path.is_file():
        return False
    from lrviz.writing.pictures.picture import FileEnds

    with path.open("rb") as file:
        start = file.read(4096)
        file.seek(max(0, path.stat().st_size - 65536))
        content = FileEnds(path, start, file.read())
    if start.startswith(b"<!doctype html>") and GENERATOR.encode() in start:
        return True
    return any(picture_format(name).has_mark(content) for name in FORMATS)
