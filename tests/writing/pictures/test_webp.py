from __future__ import annotations

import io

import numpy as np
from PIL import Image

from lrviz.writing.pictures.webp import FORMAT
from tests.drawn import Stub


def test_a_webp_loses_nothing() -> None:
    page = np.full((40, 60, 4), 255, np.uint8)
    page[10:12, :, :3] = (31, 119, 180)
    page[30, 5, 3] = 7
    written = FORMAT.encode(Stub(page), FORMAT.texts("a.yaml"))
    with Image.open(io.BytesIO(written)) as picture:
        assert picture.format == "WEBP"
        assert np.array_equal(np.asarray(picture.convert("RGBA")), page)
