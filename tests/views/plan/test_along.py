from __future__ import annotations

import math

import numpy as np
import pytest

from lrviz.curves.events import Array
from lrviz.views.plan.along import Lying, lying
from lrviz.views.plan.box import Box
from lrviz.views.plan.placing import Room

SIZE = 6.0, 4.0
NAME = 0.8, 0.14


def placed(*curves: Array, names: int | None = None) -> list[Lying | None]:
    room = Room(*SIZE)
    for curve in curves:
        room.take_curve(curve, curve)
    sizes = [NAME if names is None or index < names else None for index in range(len(curves))]
    return lying(room, [(curve, curve) for curve in curves], sizes)


def x() -> Array:
    room = Room(*SIZE)
    return np.linspace(0.0, SIZE[0], 2 * room.columns + 1)[1::2]


def corners(place: Lying) -> Array:
    angle = math.radians(place.angle)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    half = np.array([[a, b] for a in np.linspace(-0.4, 0.4, 30) for b in (-0.07, 0.07)])
    return np.asarray(half @ turn + place.middle, dtype=np.float64)


def away(place: Lying, curve: Array) -> float:
    """The least way from a name's long sides to a curve."""
    points = np.stack([x(), curve], axis=1)
    return float(np.min(np.linalg.norm(corners(place)[:, None] - points[None], axis=2)))


def test_names_lie_level_along_level_curves_and_nearest_to_their_own() -> None:
    curves = [np.full_like(x(), height) for height in (1.0, 1.5, 3.0)]
    places = placed(*curves)
    for place, own in zip(places, curves, strict=True):
        assert place is not None
        assert place.angle == 0
        assert 0.03 <= away(place, own) <= 0.1
        assert all(away(place, each) > 0.15 for each in curves if each is not own)


def test_a_name_follows_its_curve_and_lies_where_the_others_are_far() -> None:
    rising, falling = x() * 0.5 + 0.5, 3.5 - x() * 0.5
    places = placed(rising, falling)
    slope = math.degrees(math.atan(0.5))
    assert [round(place.angle) for place in places if place] == [round(slope), -round(slope)]
    for place, own, other in zip(places, (rising, falling), (falling, rising), strict=True):
        assert place is not None
        assert 0.03 <= away(place, own) <= 0.12
        assert away(place, other) > 0.6


def test_a_name_is_where_its_curve_has_left_the_others() -> None:
    other = np.full_like(x(), 2.0)
    leaving = np.where(x() > 4.0, 2.0 + (x() - 4.0), 2.0)
    places = placed(leaving, other)
    first, _ = places
    assert first is not None
    assert first.middle[0] > 4.0


def test_a_name_does_not_hang_over_a_bend_of_its_curve() -> None:
    bent = np.where(x() < 4.5, 3.0, np.maximum(3.0 - 3 * (x() - 4.5), 0.3))
    below = np.where(x() < 4.5, 2.55, np.nan)
    place, _ = placed(bent, below)
    assert place is not None
    points = corners(place)
    near = np.abs(points[:, 0, None] - x()[None]).argmin(axis=1)
    assert np.abs(points[:, 1] - bent[near]).max() < 0.25  # all of it is at its curve


def test_a_name_is_not_beside_what_lies_on_the_y_axis() -> None:
    hidden = np.where(x() < 0.04, 50 * x(), 2.5)
    around = [np.where(x() < 0.3, np.nan, 2.5 + by) for by in (-0.1, 0.1)]
    place, *_ = placed(hidden, *around, names=1)
    assert place is None or place.leader is not None or place.middle[1] > 1.9


def test_where_one_name_would_be_anybodys_there_are_none() -> None:
    close = [np.full_like(x(), 2.0 + 0.1 * index) for index in range(4)]
    assert placed(*close).count(None) == 2  # the outermost ones have a place
    assert placed(close[0], close[0]) == [None] * 2


def test_a_name_stands_to_the_side_of_a_curve_that_is_steep() -> None:
    one, other = (np.clip((x() - at) * 10 + 2.0, 0.5, 3.5) for at in (3.0, 3.6))
    pairs = (one, other), (other, one)
    for place, (own, apart), middle, side in zip(
        placed(one, other), pairs, (3.0, 3.6), (-1, 1), strict=True
    ):
        assert place is not None
        assert (place.angle, place.leader) == (0, None)
        assert 0.03 <= away(place, own) <= 0.2
        assert away(place, apart) > 0.3
        at = middle + (place.middle[1] - 2.0) / 10
        assert 0.4 <= side * (place.middle[0] - at) <= 0.6


def test_a_line_leads_to_a_name_that_has_no_place_beside_its_curve() -> None:
    own = np.full_like(x(), 2.0)
    around = [np.where(np.abs(x() - 3.0) < 0.25, np.nan, 2.0 + by) for by in (-0.1, 0.1)]
    place, *_ = placed(own, *around)
    assert place is not None
    assert place.leader is not None
    assert place.angle == 0
    start, height = place.leader
    assert height == pytest.approx(2.0, abs=0.01)
    assert abs(start - 3.0) < 0.2  # there it is alone
    assert np.min(np.abs(np.subtract.outer(corners(place)[:, 1], [1.9, 2.1]))) >= 0.03


def test_a_long_name_hides_too_much_for_that() -> None:
    room = Room(*SIZE)
    curves = [np.full_like(x(), height) for height in (2.0, 2.12, 1.88)]
    for curve in curves:
        room.take_curve(curve, curve)
    sizes = [(0.36 * room.width, 0.14), None, None]
    assert lying(room, [(curve, curve) for curve in curves], sizes) == [None] * 3
    sizes = [(0.34 * room.width, 0.14), None, None]
    assert lying(room, [(curve, curve) for curve in curves], sizes) == [None] * 3  # never across


def test_curves_without_a_name_are_in_the_way_all_the_same() -> None:
    level, near = np.full_like(x(), 2.0), np.where(x() < 3.0, 2.1, 3.5)
    places = placed(level, near, names=1)
    first, second = places
    assert second is None
    assert first is not None
    assert first.middle[1] < 2.0 or first.middle[0] > 3.0


def test_other_texts_stay_away_from_a_name() -> None:
    room = Room(*SIZE)
    level = np.full_like(x(), 2.0)
    room.take_curve(level, level)
    [place] = lying(room, [(level, level)], [NAME])
    assert place is not None
    left, bottom = place.middle[0] - NAME[0] / 2, place.middle[1] - NAME[1] / 2
    for apart, free in ((0.1, False), (0.15, False), (0.25, True)):
        beside = Box(left - apart - 0.5, bottom, 0.5, NAME[1])
        assert room.is_unwritten(beside) == free
    assert not room.is_unwritten(Box(left, bottom + NAME[1] + 0.01, 0.5, NAME[1]))


@pytest.mark.parametrize("steep", [10.0, 1000.0])
def test_no_name_stands_upright(steep: float) -> None:
    curve = np.clip((x() - 3.0) * steep + 2.0, 0.5, 3.5)
    places = placed(curve)
    assert places[0] is not None
    assert abs(places[0].angle) < 66
