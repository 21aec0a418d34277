"""Pages as a browser shows them, where Chromium is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1000,1200",
)


def path_of_chromium() -> str:
    """Return the path of Chromium, or of Chrome; skip without them."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("Chromium is not installed (on Debian: apt-get install chromium chromium-driver)")


def colours(page: Path, folder: Path) -> dict[str, int]:
    """Return how many pixels of a page have each colour, as `#RRGGBB`; skip without Chromium.

    Args:
        page: An HTML file.
        folder: Empty; for the profile and the screenshot, `page.png`.
    """
    browser = path_of_chromium()
    picture = folder / "page.png"
    profile = folder / "profile"
    profile.mkdir(parents=True)
    subprocess.run(
        [
            browser,
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with Image.open(picture) as image:
        pixels: NDArray[Any] = np.asarray(image.convert("RGB"), dtype=np.uint32)
    codes = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    values, counts = np.unique(codes, return_counts=True)
    return {f"#{value:06X}": int(number) for value, number in zip(values, counts, strict=True)}
