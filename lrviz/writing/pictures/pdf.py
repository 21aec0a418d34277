"""PDF files, by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping

from lrviz.writing.pictures.picture import Drawn, FileEnds, PictureFormat


def _texts(source: str) -> dict[str, str | None]:
    return {"Creator": "lrviz", "Subject": source or None, "Producer": None, "CreationDate": None}


def _encode(drawn: Drawn, texts: Mapping[str, str | None]) -> bytes:
    return drawn.vector("pdf", texts)


def _has_mark(content: FileEnds) -> bool:
    return content.start.startswith(b"%PDF") and b"/Creator (lrviz)" in content.end


FORMAT = PictureFormat(_texts, _encode, _has_mark)
