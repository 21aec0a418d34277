"""PNG files of opaque pictures, at a third of the time that matplotlib's way takes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import numpy as np

from lrviz.writing.pictures.picture import Drawn, FileEnds, PictureFormat

_LEVEL = 3  # of zlib: drawings of lines get 15 % larger than at 6, in a third of the time
_RGB, _RGBA = 2, 6


def _encode(drawn: Drawn, texts: Mapping[str, str | None]) -> bytes:
    """Return a picture as a PNG file: without its alpha where no pixel is transparent.

    Rows are stored without a filter, which suits areas of one colour.

    Reference: PNG (third edition), W3C, 2025, sections 5 and 11.
    """
    pixels = drawn.pixels()
    opaque = bool((pixels[:, :, 3] == 255).all())
    height, width, _ = pixels.shape
    channels = 3 if opaque else 4
    rows = np.zeros((height, 1 + channels * width), np.uint8)  # each row starts with its filter
    rows[:, 1:] = pixels[:, :, :channels].reshape(height, -1)
    per_metre = round(drawn.dpi / 0.0254)
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, _RGB if opaque else _RGBA, 0, 0, 0)),
        *(_text(key, text) for key, text in texts.items() if text),
        (b"pHYs", struct.pack(">2IB", per_metre, per_metre, 1)),
        (b"IDAT", zlib.compress(rows.data, _LEVEL)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _texts(source: str) -> dict[str, str | None]:
    return {"Software": "lrviz", "Source": source or None}


def _has_mark(content: FileEnds) -> bool:
    start = content.start
    return start.startswith(b"\x89PNG\r\n\x1a\n") and b"tEXtSoftware\0lrviz" in start


def _text(key: str, text: str) -> tuple[bytes, bytes]:
    if text.isascii():
        return b"tEXt", f"{key}\0{text}".encode()
    return b"iTXt", f"{key}\0\0\0\0\0{text}".encode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    size, check = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(kind + data))
    return size + kind + data + check


FORMAT = PictureFormat(_texts, _encode, _has_mark)
