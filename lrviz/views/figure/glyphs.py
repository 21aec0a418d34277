"""Fonts for what the figure's own fonts have no letters for, such as Chinese and Japanese."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from matplotlib.font_manager import (
    FontEntry,
    FontProperties,
    findfont,
    findSystemFonts,
    fontManager,
    weight_dict,
)
from matplotlib.ft2font import FT2Font

from lrviz.views.figure.themes import settings

_MOST = 3  # fonts that are added
_MOST_OFF = 100  # from the usual weight, 400: some have no other
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
    for entry in _candidates() if lacking else ():
        held = _held(entry.fname, lacking)
        if held:
            found.append(entry.name)
            lacking -= held
            _stand_in(entry)
        if not lacking or len(found) == _MOST:
            break
    return found


def _candidates() -> Iterator[FontEntry]:
    """Yield the fonts that may be taken."""
    yield from _usual(fontManager.ttflist)
    yield from _usual(_new())


def _new() -> Iterator[FontEntry]:
    """Yield the fonts that were installed after matplotlib wrote its list of them."""
    known = {each.fname for each in fontManager.ttflist}
    for file in sorted(set(findSystemFonts()) - known):
        count = len(fontManager.ttflist)
        try:
            fontManager.addfont(file)
        except (OSError, RuntimeError):  # broken, or of a kind that it does not read
            continue
        yield from fontManager.ttflist[count:]


def _usual(fonts: Iterable[FontEntry]) -> list[FontEntry]:
    """Return upright fonts, of each family that of the usual weight, plain ones first."""
    named: dict[str, FontEntry] = {}
    for each in fonts:
        upright = each.style == "normal" and not each.name.startswith(_BOXES)
        if upright and _off(each) <= min(_MOST_OFF, _off(named.get(each.name, each))):
            named[each.name] = each
    return sorted(
        named.values(), key=lambda each: (any(word in each.name for word in _LATER), each.name)
    )


def _stand_in(font: FontEntry) -> None:
    """Let a font be what is taken for the weights that its family lacks, without a warning."""
    has = {_weight(each) for each in fontManager.ttflist if each.name == font.name}
    lacks = {400, 700} - has
    fontManager.ttflist += [replace(font, weight=weight) for weight in sorted(lacks)]


def _weight(font: FontEntry) -> int:
    return weight_dict.get(str(font.weight)) or int(font.weight)


def _off(font: FontEntry) -> int:
    """Return how far a font is from the usual weight."""
    return abs(_weight(font) - 400)


def _held(file: str, characters: set[str]) -> set[str]:
    """Return which characters a font has."""
    try:
        font = FT2Font(file)
    except (OSError, RuntimeError):  # one that was removed, or is broken
        return set()
    return {each for each in characters if font.get_char_index(ord(each))}
