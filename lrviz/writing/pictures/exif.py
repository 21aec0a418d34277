"""The texts of formats that carry them as Exif's tags, by Pillow, which matplotlib brings along."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import ExifTags, Image


def texts(source: str) -> dict[str, str | None]:
    """Return what a file says of itself, by the names of tags."""
    return {"Software": "lrviz", "ImageDescription": source or None}


def exif(tags: Mapping[str, str | None]) -> Image.Exif:
    """Return those tags that have a text."""
    found = Image.Exif()
    for name, text in tags.items():
        if text:
            found[ExifTags.Base[name]] = text
    return found


def is_by_lrviz(path: Path) -> bool:
    """Return whether a picture says that lrviz is the software that wrote it."""
    try:
        with Image.open(path) as picture:
            return bool(picture.getexif().get(ExifTags.Base.Software) == "lrviz")
    except (OSError, ValueError, SyntaxError):  # which Pillow raises of what is broken
        return False
