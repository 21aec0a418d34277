"""Where names lie along curves: each where it is plain whose name it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lrviz.curves.events import Array, Steps
from lrviz.views.plan.box import Box
from lrviz.views.plan.placing import BESIDE, CELL, Cells, Point, Room, are_clear

_EVERY = 6  # columns at which a name may be
_SAMPLES = 17  # of a curve beside a name
_STEEPEST = math.radians(65)
_LEVEL = math.radians(6)  # a name beside a curve that is as level as that is level

# In inches.
_AWAY = (0.6, 0.4, 0.25, 0.15)  # between a name and the next curve: the more the better
_STAND_OFF = 0.3  # between a curve and its name, on the mean over its length
_ENOUGH, _MORE = 0.25, 0.3  # more than enough is worth that share of it
# What a name to the side of its curve counts as, and the least between it and others.
_ASIDE = 0.4, 0.25
_ASIDE_IN_TEXT = 0.12, 0.15  # the same where a letter says whose it is
_OFF_AXIS = 0.06  # a curve that is upright nearer to the y axis is not seen
_BENT = 2.0  # times that: what a name counts as that its curve is not beside all along
_TURNED = 0.06  # what a name that is not level counts as
_ALONE = 0.1  # from where a line leads to a name, to the next curve
_AROUND = np.linspace(-_ALONE, _ALONE, 7)
_WIDEST = 0.35  # of a panel: a longer name hides more than a line to it tells
_BETWEEN = np.array([0.25, 0.5, 0.75, 1.0])[:, None, None]  # of the way from a curve to its name
_STARTS = 24  # places from which a line may lead
_GRAIN = 2  # cells between the points of a name at which something may be drawn


class Lying(NamedTuple):
    """A name's place.

    Attributes:
        middle: Of the name, in inches from the panel's lower left corner.
        angle: In degrees, counterclockwise.
        leader: Where on its curve a line to it begins; None where it lies beside the curve.
    """

    middle: Point
    angle: float
    leader: Point | None = None


def lying(
    room: Room, swept: Sequence[tuple[Array, Array]], sizes: Sequence[Point | None]
) -> list[Lying | None]:
    """Return the places of names along their curves, and take them.

    A name is level or follows its curve, above it or below; it lies on no curve, and of all
    curves its own is by far the nearest. Where it may be at several places it is where the others
    are farthest away. Where there is none, a line leads to it from where its curve is alone. In a
    room of characters names are level, on whole characters, and no lines lead to them.

    Args:
        room: The panel; its curves are taken.
        swept: Least and greatest height of each curve in each of the room's columns.
        sizes: Width and height of each curve's name; None where it has none.

    Returns:
        One a curve; None where it has no name, or there is no place for it.
    """
    wanted = [index for index, size in enumerate(sizes) if size is not None]
    places = {index: _places(room, index, swept[index], sizes[index] or (0, 0)) for index in wanted}
    found: list[Lying | None] = [None] * len(sizes)
    for index in sorted(wanted, key=lambda each: len(places[each])):  # the least free ones first
        size = sizes[index] or (0.0, 0.0)
        for place in places[index]:
            box = _around(place, size)
            if room.is_unwritten(box):
                room.take_box(box if room.character else _with_gap(box, size[1]))
                found[index] = place
                break
        else:
            if room.character is None:
                found[index] = _led(room, index, swept[index], size)
    return found


def _places(room: Room, index: int, swept: tuple[Array, Array], size: Point) -> list[Lying]:
    """Return where a curve's name may lie, the best place first."""
    others = room.others(index)
    x, y, angle, gap, turn, cost, least = _candidates(room, swept, size, others)
    clear = np.zeros(len(x))
    free = room.are_free(_points(x, y, angle, size, _GRAIN * CELL))
    left = np.flatnonzero(free)
    for away in _AWAY:
        if not len(left):
            break
        grain = int(away / 4 / CELL)  # farther away a coarser look will do
        around = 2 * (away - BESIDE)
        larger = size[0] + around, size[1] + around
        points = _points(x[left], y[left], angle[left], larger, max(_GRAIN, grain) * CELL)
        ok = are_clear(points, others, grain)
        clear[left[ok]] = away
        left = left[~ok]
    for share in (0.5, 1.0):  # on its other side none is nearer than its own curve
        near = np.flatnonzero(clear)
        far = share * gap[near]
        beyond = x[near] + far * np.cos(turn[near]), y[near] + far * np.sin(turn[near])
        points = _points(*beyond, angle[near], size, _GRAIN * CELL)
        clear[near[~are_clear(points, others)]] = 0.0
    worth = (
        np.minimum(clear, _ENOUGH + _MORE * (clear - _ENOUGH))
        - cost
        - 0.1 * np.abs(x / room.width - 0.5)
    )
    order = np.argsort(-worth, kind="stable")
    return [
        Lying((float(x[at]), float(y[at])), math.degrees(angle[at]))
        for at in order
        if clear[at] >= least[at]
    ]


def _led(room: Room, index: int, swept: tuple[Array, Array], size: Point) -> Lying | None:
    """Return and take the place of a name that a line leads to, level."""
    cell, others = room.width / room.columns, room.others(index)
    best: tuple[float, Box, Point] | None = None
    if size[0] > _WIDEST * room.width:
        return None
    for column in np.linspace(0, room.columns - 1, _STARTS + 2)[1:-1].astype(np.intp):
        low, high = swept[0][column], swept[1][column]
        if not high - low < _ALONE:  # upright, or not there
            continue
        start = float(column + 0.5) * cell, float(low + high) / 2
        around = [(start[0] + x, start[1] + y) for x in _AROUND for y in _AROUND]
        if are_clear(np.array([around]), others)[0]:
            near = room.nearest([size], start, others)
            if near is not None and (best is None or near[0] < best[0]):
                best = near[0], near[2], start
    if best is None:
        return None
    _, box, start = best
    room.take_led(box, start, 0.0)
    return Lying(box.middle, 0.0, start)


def _candidates(
    room: Room, swept: tuple[Array, Array], size: Point, others: Cells
) -> tuple[Array, ...]:
    """Return where a name may be, seven of shape (K,).

    These are x and y of the middles, the angles of the names, how far on the mean the curve is, the
    directions away from it, what that counts as, and how far away the others must be.
    """
    middle = np.arange(0, room.columns, _EVERY)
    level = np.zeros(len(middle))
    found = [*_over_and_under(room, swept, size, others, middle, level), _aside(room, swept, size)]
    if room.character is None:
        slopes = _slopes(swept, middle, size[0] / CELL)
        found += _over_and_under(room, swept, size, others, middle, slopes)
    return tuple(np.concatenate(found, axis=1))


def _slopes(swept: tuple[Array, Array], middle: Steps, length: float) -> Array:
    """Return the slopes of a curve from one end of a name to its other end, so many columns."""
    high, slopes = swept[1], np.zeros(len(middle))
    for _ in range(2):
        half = np.cos(np.arctan(slopes)) * length / 2
        ends = np.rint(middle + np.outer([-1, 1], half)).astype(np.intp)
        ends = np.clip(ends, 0, len(high) - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = np.nan_to_num((high[ends[1]] - high[ends[0]]) / ((ends[1] - ends[0]) * CELL))
    return slopes


def _over_and_under(
    room: Room,
    swept: tuple[Array, Array],
    size: Point,
    others: Cells,
    middle: Steps,
    slopes: Array,
) -> list[Array]:
    """Return the candidates above and below a curve, at columns and of slopes of shape (C,)."""
    low, high = swept
    width, height = size
    part = np.linspace(-0.5, 0.5, _SAMPLES)
    angle = np.arctan(slopes)
    reach = np.outer(part, np.cos(angle) * width)
    at = np.rint(middle + reach / CELL).astype(np.intp)
    within = ((at >= 0) & (at < room.columns)).all(axis=0)
    within &= (slopes == 0) | ((np.abs(angle) <= _STEEPEST) & (np.abs(angle) > _LEVEL))
    at = np.clip(at, 0, room.columns - 1)
    line = reach * slopes  # the name's middle line, but for its height
    found = []
    for side, edge in ((1, high), (-1, low)):
        over = side * (edge[at] - line)
        top = over.max(axis=0)
        gap = (top - over.mean(axis=0)) * np.cos(angle)
        x, y = (middle + 0.5) * CELL, top + (height / 2 + room.beside) / np.cos(angle)
        if room.character is not None:
            across, up = room.character
            x = np.rint((x - width / 2) / across) * across + width / 2
            y, least = (np.ceil(y / up - 0.5) + 0.5) * up, y
            gap += y - least
        fits = within & np.isfinite(top) & (gap <= _STAND_OFF)
        way = edge[at] + _BETWEEN * (side * top + line - edge[at])[None]
        points = np.stack(np.broadcast_arrays((middle + 0.5) * CELL + reach, way), axis=-1)
        points = points.reshape(-1, len(middle), 2).swapaxes(0, 1)
        fits[fits] = are_clear(points[fits], others)  # none is between the curve and its name
        turn, least = angle + side * math.pi / 2, np.full(len(x), _AWAY[-1])
        cost = _BENT * gap + _TURNED * (angle != 0)
        found.append(np.stack([x, side * y, angle, gap, turn, cost, least])[:, fits])
    return found


def _aside(room: Room, swept: tuple[Array, Array], size: Point) -> Array:
    """Return the candidates to the left and to the right of a curve, where it leaves their rows."""
    low, high = swept
    width, height = size
    across, up = room.character or (CELL, _EVERY * CELL)
    y = np.arange(up / 2, room.height, up)
    with np.errstate(invalid="ignore"):
        there = (low <= y[:, None] + height / 2) & (high >= y[:, None] - height / 2)
    edges = np.diff(np.pad(there, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, column = np.nonzero(edges)
    seen = column * CELL >= _OFF_AXIS
    row, column = row[seen], column[seen]
    side = np.asarray(-edges[row, column], np.float64)
    left = column * CELL + side * (width / 2 + room.beside) - width / 2
    left = side * np.ceil(side * left / across - 1e-6) * across
    gap, least = _ASIDE if room.character is None else _ASIDE_IN_TEXT
    one, x = np.ones(len(row)), left + width / 2
    found = np.stack([x, y[row], 0 * one, gap * one, np.arccos(side), gap * one, least * one])
    if room.character is None:
        return found
    further = found.copy()
    further[0] += side * across
    further[[3, 5]] += across
    return np.concatenate([found, further], axis=1)


def _points(x: Array, y: Array, angle: Array, size: Point, grain: float) -> Array:
    """Return points all over boxes, so many inches from each other: shape (K, P, 2)."""
    along, across = (np.linspace(-each / 2, each / 2, 2 + int(each / grain)) for each in size)
    u, v = (each.ravel() for each in np.meshgrid(along, across))
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.stack([x[:, None] + u * cos - v * sin, y[:, None] + u * sin + v * cos], axis=2)


def _with_gap(box: Box, height: float) -> Box:
    """Return a name's box with what keeps other texts away: 1.5 em beside it, a bit above it."""
    beside, above = 1.4 * height, 0.2 * height
    return Box(
        box.left - beside, box.bottom - above, box.width + 2 * beside, box.height + 2 * above
    )


def _around(place: Lying, size: Point) -> Box:
    """Return the upright box around a name."""
    angle = math.radians(place.angle)
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    width, height = size[0] * cos + size[1] * sin, size[0] * sin + size[1] * cos
    x, y = place.middle
    return Box(x - width / 2, y - height / 2, width, height)
