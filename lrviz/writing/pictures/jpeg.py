"""JPEG files, on white."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image

from lrviz.writing.pictures.exif import exif, is_by_lrviz, texts
from lrviz.writing.pictures.picture import Drawn, FileEnds, PictureFormat

_QUALITY = 92  # at which thin lines keep clean edges


def _encode(drawn: Drawn, tags: Mapping[str, str | None]) -> bytes:
    picture = Image.fromarray(drawn.pixels(), "RGBA")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    buffer = io.BytesIO()
    dpi = round(drawn.dpi)
    paper.save(buffer, "JPEG", quality=_QUALITY, subsampling=0, dpi=(dpi, dpi), exif=exif(tags))
    return buffer.getvalue()


def _has_mark(content: FileEnds) -> bool:
    return content.start.startswith(b"\xff\xd8\xff") and is_by_lrviz(content.path)


FORMAT = PictureFormat(texts, _encode, _has_mark)
