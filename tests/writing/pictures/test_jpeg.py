from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lrviz.writing.pictures import jpeg
from lrviz.writing.provenance import written_by_lrviz
from tests.commands import lrviz
from tests.drawn import Stub

TEXTS = jpeg.FORMAT.texts("a.yaml")


def drawn(alpha: int = 255) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    pixels = np.full((40, 60, 4), 255, np.uint8)
    pixels[10:12, :, :3] = (31, 119, 180)
    pixels[:, :, 3] = alpha
    return pixels


def test_a_jpeg_has_its_size_and_its_resolution() -> None:
    with Image.open(io.BytesIO(jpeg.FORMAT.encode(Stub(drawn()), TEXTS))) as picture:
        assert (picture.format, picture.size, picture.info["dpi"]) == ("JPEG", (60, 40), (150, 150))
        assert picture.getpixel((30, 30)) == (255, 255, 255)


def test_what_is_transparent_is_white_in_a_jpeg() -> None:
    with Image.open(io.BytesIO(jpeg.FORMAT.encode(Stub(drawn(0)), TEXTS))) as picture:
        assert picture.getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.webp"])
def test_plot_writes_it_and_knows_it_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(
        "train: {steps: 9}\noptimizer: {type: SGD, lr: 1}\nscheduler: cosine\n"
    )
    ran = lrviz("plot", "a.yaml", "-o", name, "--size", "4x3", "--dpi", "100", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert written_by_lrviz(Path(name))
    with Image.open(name) as picture:
        assert picture.size == (400, 300)
    first = Path(name).read_bytes()
    lrviz("plot", f"{tmp_path}/a.yaml", "-o", name, "--size", "4x3", "--dpi", "100", "-q")
    assert Path(name).read_bytes() == first


@pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe0broken", b"RIFF\0\0\0\0WEBPbroken"])
def test_a_broken_file_is_not_ours(start: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(start)
    assert not written_by_lrviz(path)


def test_a_picture_of_others_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg.FORMAT.encode(Stub(drawn()), {"Software": "Camera"}))
    assert not written_by_lrviz(path)
