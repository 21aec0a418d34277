"""The colours of lrviz's own themes, for figures and pages alike."""

from __future__ import annotations

from dataclasses import dataclass

# The hues of Okabe and Ito ("Color Universal Design"), of a lightness as far apart as 3:1 with the
# ground allows: two neighbours are 14 of L* apart or more, so that a greyscale print keeps them,
# and any two at all 10 of CIEDE2000, also under each of the three kinds of colour blindness.
_ON_LIGHT = (
    "#0072B2",
    "#DF7B0C",
    "#035437",
    "#262324",
    "#9F7BFE",
    "#7A0408",
    "#666406",
    "#239FB0",
)
_ON_DARK = (
    "#56B4E9",
    "#FFCDA0",
    "#5AA000",
    "#F8F2F4",
    "#8A7CFF",
    "#D0004A",
    "#D6E73C",
    "#2387B7",
)


@dataclass(frozen=True)
class Colours:
    """What curves are drawn in, as `#RRGGBB`.

    Attributes:
        curves: In turn.
        back: What they are seen on.
    """

    curves: tuple[str, ...]
    back: str


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, as `#RRGGBB`.

    Attributes:
        text: Of what is read.
        muted: Of axes and ticks.
        grid: Of grid lines.
        back: Behind everything.
        curves: In turn.
    """

    text: str
    muted: str
    grid: str
    back: str
    curves: tuple[str, ...]


_RAMP = 3.2, 13.0  # contrasts of its ends

LIGHT = Palette("#24292F", "#6E7781", "#E4E7EB", "#FFFFFF", _ON_LIGHT)
DARK = Palette("#E6EDF3", "#8B949E", "#272D35", "#0D1117", _ON_DARK)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, section 1.4.3).

    >>> round(contrast("#000000", "#ffffff"), 6), contrast("#777777", "#777777")
    (21.0, 1.0)
    """
    darker, lighter = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (lighter + 0.05) / (darker + 0.05)


def lightness(colour: str) -> float:
    """Return L* of CIELAB, 0 to 100, of a colour: what a greyscale print has of it.

    >>> lightness("#000000"), round(lightness("#FFFFFF"), 6)
    (0.0, 100.0)
    """
    luminance = _luminance(_rgb(colour))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def readable(colour: str, text: str, background: str) -> str:
    """Return `colour`, moved towards the colour of `text` until it can be read as text (4.5:1)."""
    for part in range(11):
        found = mixed(colour, text, part / 10)
        if contrast(found, background) >= 4.5:
            break
    return found


def mixed(one: str, other: str, part: float) -> str:
    """Return a colour between two, 0 at the first and 1 at the second.

    >>> mixed("#000000", "#FF8000", 0.5)
    '#804000'
    """
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * part)):02X}" for a, b in pairs)


def ramp(colour: str, back: str, count: int) -> list[str]:
    """Return so many shades of a colour, from the one nearest to `back` to the one farthest away.

    The nearest has a contrast of 3.2:1 with it, the farthest of 13:1, and what lies between is of
    even steps in lightness.

    Args:
        colour: `#RRGGBB`.
        back: What they are seen on, `#RRGGBB`.
        count: At least 2.
    """
    ground = _luminance(_rgb(back))
    ends = [
        (ground + 0.05) / ratio - 0.05 if ground > 0.18 else (ground + 0.05) * ratio - 0.05
        for ratio in _RAMP
    ]
    low, high = (max(0.0, min(1.0, end)) ** (1 / 3) for end in ends)
    steps = (low + (high - low) * index / (count - 1) for index in range(count))
    return [_shade(_rgb(colour), step**3) for step in steps]


def _shade(rgb: tuple[float, ...], luminance: float) -> str:
    """Return a colour, mixed with black or white until it has a luminance, 0 to 1."""
    to = 1.0 if _luminance(rgb) < luminance else 0.0
    least, most = 0.0, 1.0
    for _ in range(20):
        part = (least + most) / 2
        mixed = tuple(each + (to - each) * part for each in rgb)
        if (_luminance(mixed) < luminance) == (to == 1.0):
            least = part
        else:
            most = part
    return "#" + "".join(f"{round(255 * each):02X}" for each in mixed)


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def _luminance(rgb: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
