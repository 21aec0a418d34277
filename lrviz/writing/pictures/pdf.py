"""PDF files, by matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lrviz.writing.pictures.picture import Drawn, FileEnds, PictureFormat

TYPESETTING = "GDEF", "GPOS", "GSUB", "MATH", "kern"
"""The tables of a font by which letters are chosen and placed, which is done in a PDF."""


def _texts(source: str) -> dict[str, str | None]:
    return {"Creator": "lrviz", "Subject": source or None, "Producer": None, "CreationDate": None}


def _encode(drawn: Drawn, texts: Mapping[str, str | None]) -> bytes:
    with _no_typesetting():
        return drawn.vector("pdf", texts)


@contextmanager
def _no_typesetting() -> Iterator[None]:
    """Let the fonts that are embedded be read without `TYPESETTING`: a third of a PDF's time."""
    from fontTools import subset

    load_font = subset.load_font

    def load_letters(*args: Any, **kwargs: Any) -> Any:
        font = load_font(*args, **kwargs)
        for table in TYPESETTING:
            if table in font:
                del font[table]
        return font

    subset.load_font = load_letters
    try:
        yield
    finally:
        subset.load_font = load_font


def _has_mark(content: FileEnds) -> bool:
    return content.start.startswith(b"%PDF") and b"/Creator (lrviz)" in content.end


FORMAT = PictureFormat(_texts, _encode, _has_mark)
