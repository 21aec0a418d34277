"""A panel as what is written in it sees it: where its curves go, and what is still free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrviz.curves.events import Array
from lrviz.views.plan.along import Lying, lying
from lrviz.views.plan.bands import Band
from lrviz.views.plan.box import Box
from lrviz.views.plan.downsample import Way
from lrviz.views.plan.labels import PIXELS, WIDER, Font
from lrviz.views.plan.marks import Spot
from lrviz.views.plan.placing import Point, Room
from lrviz.views.plan.planning import Plan

Written = tuple[Spot, str, Box]
_FORMS = slice(0, 2), slice(2, 3)  # of a spot's texts: with the value, and with the place alone
_APART = 1.5  # em between two texts side by side
_HEADROOM = 0.25  # of a panel's height, at the most

# Where within a band its text may be, the best place first.
_ALONG = (0.5, *(0.5 + side * step / 20 for step in range(1, 10) for side in (-1, 1)))
_UP = (0.5, 0.35, 0.65, 0.2, 0.8)

# In inches.
_AXIS = 0.02
_AROUND_DOT = 0.05
_AROUND_END = 0.07
_PAD = 0.03
_DOTTED = 0.2  # between dots that are seen as a line
_WIDE = 2.5  # has room for a text in one line


def headroom(spots: Sequence[Spot], font: Font, size: Point) -> float:
    """Return the share of a panel's height that is left free above for what is marked.

    Args:
        spots: What is marked.
        font: To write in.
        size: Width and height of the panel, in inches.
    """
    if not spots:
        return 0.0
    several = size[0] <= _WIDE or any(spot.count > 1 for spot in spots)
    rows = max(len({spot.line for spot in spots}), 2 if several else 1)
    return min(_HEADROOM, (min(rows, 3) * font.line + _AROUND_DOT) / size[1])


class Ground:
    """The first panel of a plan; places are in inches from its lower left corner."""

    def __init__(self, plan: Plan, size: Point, ways: Sequence[Way]) -> None:
        """Take a plan, its first panel's width and height, and the way of each of its curves."""
        self._plan, self.size = plan, size
        self._scale = plan.scales[0]
        self._found: list[Written] | None = None
        self.untold: list[tuple[str, str]] = []
        """The names of curves whose bands no room was found for, and what is told of them."""
        lines = plan.panels[0].lines
        self.spots = [
            spot for spot in plan.spots if self._scale.low <= spot.value <= self._scale.high
        ]
        self._room = Room(*size)
        self._room.take_axes(_AXIS)
        edges = np.linspace(0, plan.end, self._room.columns + 1)
        self._swept = []
        for line, (at, values) in zip(lines, ways, strict=True):
            factor = plan.below.factors[line.trace]
            if line.steps is not None:  # a log's dots: where they are far apart nothing is between
                far = 1 + np.flatnonzero(np.diff(at) * factor * size[0] > _DOTTED * plan.end)
                at, values = np.insert(at, far, at[far]), np.insert(values, far, np.nan)
            low, high = reach(at * factor, size[1] * self._scale.fraction(values), edges)
            self._swept.append((low, high))
            self._room.take_curve(low, high)
            if line.last is not None:
                end = self.point((line.last + 1) * factor, float(line.values[line.last]))
                self._room.take_point(end, _AROUND_END)
        for spot in self.spots:
            self._room.take_point(self.point(spot.x, spot.value), _AROUND_DOT)

    def point(self, x: float, value: float) -> Point:
        """Return the place of a value at an x in the axis' unit."""
        height = float(self._scale.fraction(np.array([value]))[0])
        return self.size[0] * x / self._plan.end, self.size[1] * height

    def take(self, box: Box) -> None:
        """Take what else is written in the panel."""
        self._room.take_box(box)

    def written(self, font: Font) -> list[Written]:
        """Return what is written of the spots, and where: on no curve, no end and no other text.

        Of a spot that there is no room for, or that a note tells of, only its dot is seen. Where
        there is none for one of a kind, none of them is written at, and what they have together is.
        """
        if self._found is not None:
            return self._found
        found: list[Written] = []
        kinds: dict[object, list[Spot]] = {}
        for spot in self.spots:
            kinds.setdefault((spot.line, spot.kind) if spot.kind else id(spot), []).append(spot)
        for alike in kinds.values():
            if self._said(alike[0]) not in self._noted():
                found += self._all_or_one(alike, font)
        self._found = found
        return found

    def unsaid(self, font: Font) -> list[tuple[str, str]]:
        """Return what there is no room to write: the names of curves, and words."""
        told = {(spot.line, spot.kind or spot.x) for spot, _, _ in self.written(font)}
        left = {(spot.line, spot.kind or spot.x): spot for spot in reversed(self.spots)}
        spots = [self._said(spot) for key, spot in reversed(left.items()) if key not in told]
        return [*self.untold, *spots]

    def _noted(self) -> set[tuple[str, str]]:
        return {(label, word) for label, words in self._plan.unsaid for word in words}

    def _said(self, spot: Spot) -> tuple[str, str]:
        """Return what a note says of a spot: the name of its curve, and words."""
        return self._plan.panels[0].lines[spot.line].label, (spot.together or spot.texts)[-1]

    def _all_or_one(self, spots: Sequence[Spot], font: Font) -> list[Written]:
        if len(spots) == 1:
            return [each for each in [self._placed(spots[0], spots[0].texts, font)] if each]
        for form in _FORMS:
            kept = self._room.written()
            found = [self._placed(spot, spot.texts[form], font) for spot in spots]
            if all(found):
                return [each for each in found if each]
            self._room.take_back(kept)
        for spot in spots:
            if one := self._placed(spot, spot.together, font):
                return [one]
        return []

    def _placed(self, spot: Spot, texts: Sequence[str], font: Font) -> Written | None:
        """Return and take the place of one of some texts at a spot."""
        sizes = [self._size_of(text, font) for text in texts]
        point, apart = self.point(spot.x, spot.value), _APART * font.size / 72
        place = self._room.place(sizes, point, own=spot.line, apart=apart)
        if place is None and spot.given:  # a finding is said at any price
            place = self._room.place(sizes, point, apart=apart, reach=max(self.size))
        return None if place is None else (spot, texts[place[0]], place[1])

    def within(self, line: int, band: Band, font: Font) -> Box | None:
        """Return and take where a band's text is written: in its middle, else near it above.

        Args:
            line: Index of the curve that the band is of.
            band: What is told.
            font: To write in.
        """
        said = self._plan.panels[0].lines[line].label, band.text
        found = None if said in self._noted() else self._in_or_near(line, band, font)
        if found is None:
            self.untold.append(said)
        return found

    def _in_or_near(self, line: int, band: Band, font: Font) -> Box | None:
        width, height = self._size_of(band.text, font)
        factor = self._plan.below.factors[self._plan.panels[0].lines[line].trace]
        at, low, high = (
            self.size[0] * band.x * factor / self._plan.end,
            *(self.size[1] * self._scale.fraction(each) for each in (band.low, band.high)),
        )
        boxes = []
        for share in _ALONG:
            x = at[0] + share * (at[-1] - at[0])
            part = np.linspace(x - width / 2, x + width / 2, 9)
            bottom = float(np.interp(part, at, low).max())
            top = float(np.interp(part, at, high).min())
            if at[0] <= part[0] and part[-1] <= at[-1] and top - bottom > height + 4 * _PAD:
                boxes += [
                    Box(x - width / 2, bottom + up * (top - bottom) - height / 2, width, height)
                    for up in _UP
                    if min(up, 1 - up) * (top - bottom) > height / 2 + 2 * _PAD
                ]
        found = self._room.first_free(boxes, line)
        if found is None:
            middle = len(at) // 2
            near = float(at[middle]), float(high[middle])
            place = self._room.place([(width, height)], near, apart=_APART * font.size / 72)
            found = place[1] if place else None
        return found

    def _size_of(self, text: str, font: Font) -> Point:
        lines = text.split("\n")
        return PIXELS * max(map(font.width, lines)) + 2 * _PAD, len(lines) * font.line

    def along(self, names: Sequence[str | None], font: Font) -> list[Lying | None]:
        """Return the places of names along their curves, see `along.lying`.

        Args:
            names: One a curve; None where it has none.
            font: To write in.

        Returns:
            One a name; None where it has no place that makes clear whose it is.
        """
        sizes = [
            None if name is None else (WIDER * font.width(name), 0.85 * font.line) for name in names
        ]
        return lying(self._room, self._swept, sizes)


def reach(x: Array, y: Array, edges: Array) -> tuple[Array, Array]:
    """Return the least and the greatest height that a polyline has in each column.

    Args:
        x: Ascending, shape (V,).
        y: NaN in gaps, shape (V,).
        edges: Of the columns, ascending, shape (C + 1,).

    Returns:
        Shape (C,) each; NaN where the line is not. What is on an edge is in both its columns.

    >>> reach(np.array([0.0, 2.0, 2.0, 3.0]), np.array([1.0, 1.0, 5.0, 5.0]), np.arange(6.0))
    (array([ 1.,  1.,  1.,  5., nan]), array([ 1.,  5.,  5.,  5., nan]))
    """
    count = len(edges) - 1
    between = edges[(edges >= x[0]) & (edges <= x[-1])]
    near = np.interp(between, x, y)
    column = np.searchsorted(edges, between)
    left, right = np.searchsorted(edges, x) - 1, np.searchsorted(edges, x, "right") - 1
    place = np.concatenate([left, right, column - 1, column])
    height = np.concatenate([y, y, near, near])
    found = np.full((2, count), np.nan)
    inside = (place >= 0) & (place < count)
    with np.errstate(invalid="ignore"):
        np.fmin.at(found[0], place[inside], height[inside])
        np.fmax.at(found[1], place[inside], height[inside])
    return found[0], found[1]
