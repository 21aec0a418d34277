"""Fonts for what the figure's own fonts have no letters for, such as Chinese and Japanese."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matplotlib.font_manager import FontEntry, FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font

from lrviz.views.figure.themes import settings

_MOST = 3  # fonts that are added
_BOXES = "Last Resort"  # a font whose letters are boxes that say which letter is lacking
_LATER = ("Serif", "Mono", "Light", "Thin", "Black")  # of fonts that have the same letters


def borrowed(texts: Iterable[str]) -> list[str]:
    """Return installed fonts that have the letters which those of the style in force lack.

    Args:
        texts: What is to be written.
    """
    lacking = {each for text in texts if not text.isascii() for each in text if each.isprintable()}
    lacking = {each for each in lacking if ord(each) > 127}
    for family in settings["font.family"] if lacking else ():
        lacking -= _held(findfont(FontProperties(family=[family])), lacking)
    found: list[str] = []
    for entry in _installed() if lacking else ():
        held = _held(entry.fname, lacking)
        if held:
            found.append(entry.name)
            lacking -= held
        if not lacking or len(found) == _MOST:
            break
    return found


def _installed() -> Iterator[FontEntry]:
    """Yield upright fonts of the usual weight, plain ones first."""
    usual = [
        each
        for each in fontManager.ttflist
        if each.style == "normal" and not each.name.startswith(_BOXES)
    ]
    named = {each.name: each for each in usual if str(each.weight) in ("400", "normal", "regular")}
    yield from sorted(
        named.values(), key=lambda each: (any(word in each.name for word in _LATER), each.name)
    )


def _held(file: str, characters: set[str]) -> set[str]:
    """Return which characters a font has."""
    try:
        font = FT2Font(file)
    except (OSError, RuntimeError):  # one that was removed, or is broken
        return set()
    return {each for each in characters if font.get_char_index(ord(each))}
