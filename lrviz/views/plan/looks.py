"""How curves look: colour, line style, and what keeps curves that coincide visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lrviz.curves.events import Array
from lrviz.views.plan.panels import Line
from lrviz.views.plan.scales import YScale

# On and off, in line widths; the first ones can be followed where a curve moves fast.
_DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5, 2.2),
    (7, 2, 1.1, 2),
    (1.1, 1.7),
    (10, 2.5),
    (4, 1.6, 1.1, 1.6, 1.1, 1.6),
)
_PIECE = 4.0  # of a curve that coincides with others, in line widths
_SAMPLES = 400
_SAME = 0.006  # of the axis' height: curves so near are one on the page
_OFTEN = 0.15  # of the axis' length


@dataclass(frozen=True)
class Look:
    """How one curve is drawn.

    Attributes:
        colour: As the palette, or the style, has it.
        dashes: On and off in line widths; empty: solid.
        order: Curves of a higher one lie on top.
        dots: It is no line: a dot for each logged value.
    """

    colour: str
    dashes: tuple[float, ...] = ()
    order: float = 2.0
    dots: bool = False


def looks(heights: Sequence[Array], solid: int, colours: Sequence[str]) -> list[Look]:
    """Return a look for each curve.

    Colours are taken in turn. More than `solid` curves differ by line style too: the more a
    curve moves, the less it is broken. What hides less, by its dashes and by how much it moves,
    lies on top. Curves of one line style that
    coincide share the line between them: each one is dashed so that it leaves to all those below
    it a piece of the same length.

    Args:
        heights: Of each curve, see `sampled`.
        solid: Up to so many curves are told apart by colour alone.
        colours: The style's, in turn.
    """
    found = [Look(colours[index % len(colours)]) for index in range(len(heights))]
    if len(heights) > min(solid, len(colours)):
        _style(found, heights)
    for members in _coincident(heights, [look.dashes for look in found]):
        period = _PIECE * len(members)
        for depth, index in enumerate(members):
            on = period - _PIECE * depth
            dashes = (on, period - on) if depth else ()
            found[index] = replace(found[index], dashes=dashes)
    pairs = zip(found, heights, strict=True)
    return [replace(look, order=3 - _cover(look.dashes, height)) for look, height in pairs]


def _style(found: list[Look], heights: Sequence[Array]) -> None:
    """Give looks their line styles, each as often as the others."""
    styles = min(len(_DASHES), len(found))
    moving = sorted(range(len(found)), key=lambda index: -round(_way(heights[index]), 3))
    taken = set()
    for rank, index in enumerate(moving):
        first = rank * styles // len(found)
        # The next ones for a further curve of the same colour, until all are taken.
        order = (_DASHES[(first + more) % styles] for more in range(styles))
        each = [replace(found[index], dashes=dashes) for dashes in order]
        found[index] = next((look for look in each if look not in taken), each[0])
        taken.add(found[index])


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


def _coincident(heights: Sequence[Array], dashes: Sequence[tuple[float, ...]]) -> list[list[int]]:
    """Return the sets of like curves of which each lies on another one for some of its way."""
    sets: list[list[int]] = []
    for index, height in enumerate(heights):
        for members in sets:
            near = (np.abs(heights[other] - height) < _SAME for other in members)
            if dashes[index] == dashes[members[0]] and any(
                np.count_nonzero(each) >= _OFTEN * _SAMPLES for each in near
            ):
                members.append(index)
                break
        else:
            sets.append([index])
    return [members for members in sets if len(members) > 1]
