"""What the bytes of a picture depend on besides its traces and options."""

from __future__ import annotations

import zlib
from pathlib import Path

import matplotlib as mpl
from matplotlib.font_manager import fontManager


def drawn_with() -> tuple[object, ...]:
    """Return the releases of what draws, and the fonts that it finds, as plain data.

    Of lrviz's own themes: another style may depend on the user's own files.
    """
    fonts = {each.fname for each in (*fontManager.ttflist, *fontManager.afmlist)}
    return mpl.__version__, zlib.ZLIB_RUNTIME_VERSION, [_font(each) for each in sorted(fonts)]


def _font(name: str) -> tuple[str, int, int]:
    path = Path(name)
    if not path.is_file():
        return name, 0, 0
    status = path.stat()
    return name, status.st_size, status.st_mtime_ns
