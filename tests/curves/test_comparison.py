"""Comparison: identical or not, the first difference, the largest ratio."""

from __future__ import annotations

import math

import numpy as np
import pytest
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from lrviz.curves.comparison import Point, compare
from lrviz.curves.events import BLOCK
from tests.traces import stepped, trace


def test_the_same_curve_is_identical_whatever_comes_after() -> None:
    values = stepped(lambda o: CosineAnnealingLR(o, 50), 50)
    result = compare([trace(values, label="a", after=1), trace(values, label="b", after=2)])
    assert result.identical
    (difference,) = result.differences
    assert (difference.differs, difference.largest, difference.elsewhere) == (None, None, None)
    assert difference.updates == 50


@pytest.mark.parametrize("at", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_one_bit_is_a_difference_and_its_update_is_found(at: int) -> None:
    values = np.full(2 * BLOCK + 1, 0.1)
    other = values.copy()
    other[at] = np.nextafter(0.1, 1)
    result = compare([trace(values), trace(other)])
    assert not result.identical
    point = Point(at, 0.1, 0.10000000000000002)
    assert result.differences[0].differs == point
    assert result.differences[0].largest == point
    assert point.ratio == 0.10000000000000002 / 0.1


def test_signed_zeros_and_nans_are_the_same() -> None:
    one, other = trace([0.0, math.nan, math.inf]), trace([-0.0, math.nan, math.inf])
    assert compare([one, other]).identical


def test_the_largest_ratio_of_either_side_and_its_first_update() -> None:
    result = compare([trace([1.0, 2.0, 8.0, 1.0]), trace([1.0, 8.0, 2.0, 2.0])])
    (difference,) = result.differences
    assert difference.differs == Point(1, 2.0, 8.0)
    assert difference.largest == Point(1, 2.0, 8.0)
    assert difference.largest.ratio == 4.0
    assert difference.unrated == 0


def test_updates_without_a_ratio_are_counted() -> None:
    one = trace([0.0, 0.0, 1.0, -1.0, math.nan, math.inf, 2.0])
    other = trace([0.0, 0.1, 1.5, 1.0, 1.0, 1.0, 0.0])
    (difference,) = compare([one, other]).differences
    assert difference.largest == Point(2, 1.0, 1.5)
    assert (difference.unrated, difference.unrated_from) == (5, 1)


def test_without_a_single_ratio_there_is_no_largest() -> None:
    (difference,) = compare([trace([0.0, 0.0]), trace([0.1, 0.2])]).differences
    assert difference.differs == Point(0, 0.0, 0.1)
    assert difference.largest is None
    assert (difference.unrated, difference.unrated_from) == (2, 0)


def test_lengths_that_differ_are_never_identical_and_compared_where_both_are() -> None:
    (difference,) = compare([trace([0.3, 0.2, 0.1]), trace([0.3, 0.2])]).differences
    assert not difference.identical
    assert difference.differs is None
    assert (difference.updates, difference.lengths) == (2, (3, 2))


def test_the_group_with_the_highest_peak_stands_for_a_schedule() -> None:
    one = trace([[0.1, 0.4], [0.1, 0.2]], label="x", groups=("body", "head"))
    result = compare([one, trace([0.4, 0.2], label="y")])
    assert [summary.group for summary in result.comparands] == ["head", None]
    assert result.comparands[0].summary.peak == 0.4
    (difference,) = result.differences
    assert difference.differs is None
    assert difference.elsewhere == "x has 2 param groups, y 1"
    assert not result.identical


def test_another_group_and_another_quantity_that_differ_are_named() -> None:
    groups = ("body", "head")
    one = trace([[0.1, 0.4], [0.1, 0.2]], label="x", groups=groups)
    other = trace([[0.1, 0.4], [0.3, 0.2]], label="y", groups=groups)
    (difference,) = compare([one, other]).differences
    assert difference.elsewhere == "the lr of group body first differs at update 1"
    moving = trace([0.1, 0.1], label="y", momentum=[0.9, 0.8])
    (difference,) = compare([trace([0.1, 0.1], label="x"), moving]).differences
    assert difference.elsewhere == "the momentum of y moves, that of the other does not"
    assert not difference.identical


def test_each_is_compared_with_the_first() -> None:
    result = compare([trace([1.0], label="a"), trace([1.0], label="b"), trace([2.0], label="c")])
    assert [(d.first, d.second, d.identical) for d in result.differences] == [
        ("a", "b", True),
        ("a", "c", False),
    ]
    assert not result.identical


def test_real_schedules() -> None:
    n = 1000
    cosine = trace(stepped(lambda o: CosineAnnealingLR(o, n), n), label="cosine")
    cycle = trace(stepped(lambda o: OneCycleLR(o, 0.1, total_steps=n), n), label="onecycle")
    result = compare([cosine, cycle])
    assert result.comparands[1].summary.peak_at == 299
    assert result.comparands[0].summary.final == cosine.lr[-1, 0]
    (difference,) = result.differences
    assert difference.differs == Point(0, 0.1, cycle.lr[0, 0])
    assert difference.largest is not None
    ratios = np.maximum(cosine.lr / cycle.lr, cycle.lr / cosine.lr)[:, 0]
    assert difference.largest.update == int(np.argmax(ratios))
    assert difference.largest.ratio == ratios.max()
