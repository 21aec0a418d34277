"""How curves look: colour, line style, and what keeps curves that coincide visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrviz.curves.events import Array
from lrviz.views.plan.palette import Colours, lightness, ramp
from lrviz.views.plan.panels import Line
from lrviz.views.plan.scales import YScale

# On and off, in line widths; the first ones can be followed where a curve moves fast. The first
# curve alone is solid.
_DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5, 2.2),
    (7, 2, 1.1, 2),
    (1.5, 1.5),
    (10, 2.5),
    (4, 1.6, 1.1, 1.6, 1.1, 1.6),
    (9, 1.8, 3, 1.8),
    (2.6, 1.3),
    (8, 1.6, 1.1, 1.6, 1.1, 1.6, 1.1, 1.6),
    (12, 4.5),
    (1.1, 3.0),
    (4, 4),
)
_SAMPLES = 400
_SAME = 0.006  # of the axis' height: curves so near are one on the page
_OFTEN = 0.15  # of the axis' length
_GREY = 16.0  # of L*: colours that are nearer to each other are one in a greyscale print
_RAMP = 4  # curves of one trace, from which on they are shades of one colour


@dataclass(frozen=True)
class Look:
    """How one curve is drawn.

    Attributes:
        colour: As the palette, or the style, has it.
        dashes: On and off in line widths; empty: solid.
        order: Curves of a higher one lie on top.
        dots: It is no line: a dot for each logged value.
        named: It is named; of a ramp of shades, the first, the middle and the last one are.
    """

    colour: str
    dashes: tuple[float, ...] = ()
    order: float = 2.0
    dots: bool = False
    named: bool = True


def looks(kin: Sequence[int], heights: Sequence[Array], colours: Colours) -> list[Look]:
    """Return a look for each curve.

    Colours are taken in turn, and from the second curve on the line style differs too, so that
    curves are told apart without colours: the first one is solid; of the others, the more one
    moves, the less it is broken. Curves that lie on each other for some of their way, and those
    that are one in greyscale, have different styles while there are any. What hides less, by its
    dashes and by how much it moves, lies on top.

    Four curves or more of one trace, which are param groups in their order, are shades of one
    colour in one line style.

    Args:
        kin: Of which trace each curve is.
        heights: Of each curve, see `sampled`.
        colours: The style's.
    """
    found: dict[int, Look] = {}
    families = _families(kin)
    turn = [colours.curves[index % len(colours.curves)] for index in range(len(families))]
    for family, colour, dashes in zip(
        families, turn, _styles(families, heights, turn), strict=True
    ):
        shades = ramp(colour, colours.back, len(family)) if len(family) > 1 else [colour]
        for at, (index, shade) in enumerate(zip(family, shades, strict=True)):
            named = len(family) == 1 or at in (0, len(family) // 2, len(family) - 1)
            order = 3 - _cover(dashes, heights[index])
            found[index] = Look(shade, dashes, order, named=named)
    return [found[index] for index in range(len(kin))]


def _families(kin: Sequence[int]) -> list[list[int]]:
    """Return the curves that share a colour and a line style, by the first of each."""
    found: list[list[int]] = []
    for trace in dict.fromkeys(kin):
        own = [index for index, each in enumerate(kin) if each == trace]
        found += [own] if len(own) >= _RAMP else [[index] for index in own]
    return found


def _styles(
    families: Sequence[Sequence[int]], heights: Sequence[Array], colours: Sequence[str]
) -> list[tuple[float, ...]]:
    """Return the dashes of each family."""
    firsts = [heights[family[0]] for family in families]
    found: dict[int, tuple[float, ...]] = {0: _DASHES[0]}
    shades = [lightness(colour) for colour in colours]
    for index in sorted(range(1, len(families)), key=lambda each: -round(_way(firsts[each]), 3)):
        used = list(found.values())
        apart = dict.fromkeys(_DASHES[1:], _GREY)  # how far those of a style are in lightness
        for other, style in found.items():
            touching = abs(other - index) == 1 or _on_each_other(firsts[index], firsts[other])
            away = 0.0 if touching else abs(shades[other] - shades[index])
            apart[style] = min(away, apart.get(style, _GREY))
        found[index] = min(_DASHES[1:], key=lambda each: (-apart[each], used.count(each)))
    return [found[index] for index in range(len(families))]


def _on_each_other(one: Array, other: Array) -> bool:
    """Return whether two curves lie on each other for some of their way."""
    return int(np.count_nonzero(np.abs(one - other) < _SAME)) >= _OFTEN * _SAMPLES


def _way(height: Array) -> float:
    """Return how far a curve goes up and down, 1 if it did so all the time."""
    return float(np.nansum(np.abs(np.diff(height)))) / _SAMPLES


def _cover(dashes: tuple[float, ...], height: Array) -> float:
    """Return how much of what lies below it a curve hides, 0 to 2: for its dashes and its way."""
    return _way(height) + (sum(dashes[::2]) / sum(dashes) if dashes else 1.0)


def sampled(line: Line, scale: YScale, end: float, factor: float) -> Array:
    """Return the heights of a curve at 400 places along the axis, NaN where it is not."""
    places = np.arange(_SAMPLES)
    places = places + places * 0.618 % 1  # one a bin, uneven, lest a cycle beats with them
    at = np.floor(places * (end / _SAMPLES) / factor).astype(np.intp)
    within = at < len(line.values)
    values = np.full(_SAMPLES, np.nan)
    values[within] = line.values[at[within]]
    return np.where(np.isfinite(values), scale.fraction(values), np.nan)
