"""The room that text takes, computed before anything is drawn."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from lrviz.views.figure.themes import settings
from lrviz.writing.text import visible

_MISSING = re.compile(r"Glyph (\d+) ")
_SHOWN = 10  # characters in a warning


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
        """Return a text in at most so many lines that fit in so many inches.

        What is no letter of any font, such as a control character, is written out.
        """
        found: list[str] = []
        for word in map(visible, text.split()):
            joined = f"{found[-1]} {word}" if found else word
            if found and (self.width(joined) <= room or len(found) == lines):
                found[-1] = joined
            else:
                found.append(word)
        return [self.shortened(line, room) for line in found]


def behind() -> dict[str, Any]:
    """Return what hides the grid behind a text among curves, for matplotlib."""
    return {"facecolor": settings["axes.facecolor"], "edgecolor": "none", "pad": 0.8}


def one_line(text: str) -> str:
    """Return a text on one line, with what is no letter of any font written out."""
    return visible(" ".join(text.split()))


@contextmanager
def missing_glyphs_told_once() -> Iterator[None]:
    """Warn once of all characters that the fonts have nothing for, and not of each on its own."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    characters: dict[str, None] = {}  # an ordered set
    for each in caught:
        found = _MISSING.match(str(each.message))
        if found is None:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
        else:
            characters[chr(int(found[1]))] = None
    if characters:
        more = len(characters) - _SHOWN
        shown = "".join(characters)[:_SHOWN] + (f" and {more} more" if more > 0 else "")
        warnings.warn(
            f"the figure's fonts have nothing for {shown}, and a box stands for each; "
            "install a font that has it, such as Noto Sans CJK, or name one in a style file",
            stacklevel=4,
        )


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
