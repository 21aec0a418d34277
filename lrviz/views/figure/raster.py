"""JPEG and WebP files of pictures, by Pillow, which matplotlib brings along."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

_QUALITY = 92  # of JPEG, at which thin lines keep clean edges


def encode(
    pixels: NDArray[np.uint8], file_format: str, dpi: float, texts: Mapping[str, str]
) -> bytes:
    """Return a picture as a JPEG file, on white, or as a WebP file that loses nothing.

    Args:
        pixels: Shape (height, width, 4): red, green, blue, alpha.
        file_format: `jpg`, `jpeg` or `webp`.
        dpi: Pixels an inch.
        texts: What the file says of itself, by the name of an Exif tag.
    """
    picture = Image.fromarray(pixels, "RGBA")
    exif = Image.Exif()
    for name, text in texts.items():
        exif[ExifTags.Base[name]] = text
    buffer = io.BytesIO()
    if file_format == "webp":
        picture.save(buffer, "WEBP", lossless=True, method=4, exif=exif)
    else:
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        paper.save(
            buffer, "JPEG", quality=_QUALITY, subsampling=0, dpi=(round(dpi), round(dpi)), exif=exif
        )
    return buffer.getvalue()
