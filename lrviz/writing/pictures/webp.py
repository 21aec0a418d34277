"""WebP files that lose nothing."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image

from lrviz.writing.pictures.exif import exif, is_by_lrviz, texts
from lrviz.writing.pictures.picture import Drawn, FileEnds, PictureFormat


def _encode(drawn: Drawn, tags: Mapping[str, str | None]) -> bytes:
    buffer = io.BytesIO()
    picture = Image.fromarray(drawn.pixels(), "RGBA")
    picture.save(buffer, "WEBP", lossless=True, method=4, exif=exif(tags))
    return buffer.getvalue()


def _has_mark(content: FileEnds) -> bool:
    is_webp = (content.start[:4], content.start[8:12]) == (b"RIFF", b"WEBP")
    return is_webp and is_by_lrviz(content.path)


FORMAT = PictureFormat(texts, _encode, _has_mark)
