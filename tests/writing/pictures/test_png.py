from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lrviz.writing.pictures.png import FORMAT
from tests.drawn import Stub


def drawn(alpha: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    page = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    page[:, :, 3] = alpha
    return page


@pytest.mark.parametrize(("alpha", "mode"), [(255, "RGB"), (254, "RGBA")])
def test_a_png_has_every_pixel(alpha: int, mode: str) -> None:
    page = drawn(alpha)
    data = FORMAT.encode(Stub(page), FORMAT.texts("bär, 学习"))
    image = Image.open(io.BytesIO(data))
    assert image.mode == mode
    assert np.array_equal(np.asarray(image), page[:, :, : len(mode)])
    assert image.info["dpi"] == pytest.approx((150, 150), abs=0.02)
    assert {key: image.info[key] for key in ("Software", "Source")} == {
        "Software": "lrviz",
        "Source": "bär, 学习",
    }
