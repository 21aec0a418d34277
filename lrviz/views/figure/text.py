"""The room that text takes, computed before anything is drawn."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from lrviz.views.figure.themes import settings


@dataclass(frozen=True)
class Type:
    """Text of one size in the style's font.

    Attributes:
        size: In points.
        weight: `normal` or `bold`.
    """

    size: float
    weight: str = "normal"

    @property
    def line(self) -> float:
        """Height of a line of text, in inches."""
        return self.size * 1.3 / 72

    def width(self, text: str) -> float:
        """Return the width of a text of one line, in inches."""
        generic = (tuple(settings["font.sans-serif"]), tuple(settings["font.serif"]))
        return _em(text, FontProperties(size=1, weight=self.weight), generic) * self.size / 72

    def shortened(self, text: str, room: float) -> str:
        """Return a text that fits in so many inches: its middle left out where it must be."""
        if self.width(text) <= room:
            return text
        least, most = 1, len(text) - 1
        while least < most:
            kept = (least + most + 1) // 2
            if self.width(_elided(text, kept)) <= room:
                least = kept
            else:
                most = kept - 1
        return _elided(text, least)

    def wrapped(self, text: str, room: float, lines: int) -> list[str]:
        """Return a text in at most so many lines that fit in so many inches."""
        found: list[str] = []
        for word in text.split():
            joined = f"{found[-1]} {word}" if found else word
            if found and (self.width(joined) <= room or len(found) == lines):
                found[-1] = joined
            else:
                found.append(word)
        return [self.shortened(line, room) for line in found]


@lru_cache(maxsize=4096)
def _em(text: str, font: FontProperties, _: tuple[tuple[str, ...], ...]) -> float:
    """Return the width of a text in a font of size 1; `_` is what the generic fonts stand for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of missing glyphs; drawing says so too
        width: float = text_to_path.get_text_width_height_descent(text, font, False)[0]
    return width


def _elided(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    return f"{text[:head]}\N{HORIZONTAL ELLIPSIS}{text[len(text) - kept + head :]}"
