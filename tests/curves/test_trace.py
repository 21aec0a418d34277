"""Trace: its views, its figures, and the columns that tables are made of."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from lrviz.curves.comparison import compare
from lrviz.curves.events import BLOCK
from lrviz.curves.groups import columns
from lrviz.curves.trace import Summary, peak, summary
from lrviz.errors import UsageError
from lrviz.views.text.table import table
from tests.traces import trace


def test_values_are_views_and_final_is_what_the_last_update_used() -> None:
    made = trace([[0.1, 0.2], [0.3, 0.4]], groups=("a", "b"))
    assert np.shares_memory(made.values("lr", 1), made.lr)
    assert made.values("lr", 1).tolist() == [0.2, 0.4]
    assert made.final.tolist() == [0.3, 0.4]
    assert made.updates == 2


@pytest.mark.parametrize("at", [0, BLOCK - 1, BLOCK, 3 * BLOCK - 1])
def test_the_peak_is_the_first_of_its_value(at: int) -> None:
    values = np.zeros(3 * BLOCK)
    values[at:] = 2.0
    assert peak(values) == (2.0, at)
    values[0] = math.nan
    assert peak(values) == (2.0, max(1, at))


def test_peaks_of_curves_that_are_not_finite() -> None:
    lost = peak(np.full(3, math.nan))
    assert math.isnan(lost[0])
    assert lost[1] == 0
    assert peak(np.array([1.0, math.inf, math.nan])) == (math.inf, 1)
    assert peak(np.array([-math.inf, -1.0])) == (-1.0, 1)


def test_figures_over_several_blocks() -> None:
    values = np.concatenate([np.full(BLOCK, 0.5), np.full(BLOCK, 1.0), np.full(2 * BLOCK, 0.25)])
    assert summary(values) == Summary(1.0, BLOCK, 0.25, 0.5, 0.25)


def test_half_the_peak_itself_is_not_above_it() -> None:
    assert summary(np.array([1.0, 0.5, 0.5, 0.5000001])).above_half == 0.5


def test_figures_of_one_update_and_of_lost_ones() -> None:
    assert summary(np.array([0.3])) == Summary(0.3, 0, 0.3, 0.3, 1.0)
    lost = summary(np.array([math.inf, -math.inf, 1.0]))
    assert (lost.peak, lost.peak_at, lost.final) == (math.inf, 0, 1.0)
    assert math.isnan(lost.mean)


def test_groups_are_one_shape_up_to_a_factor() -> None:
    base = np.linspace(0.1, 1, 50)
    groups = ("a", "b", "c")
    assert trace(np.outer(base, [0.1, 0.0, 3.0]), groups=groups).one_shape()
    assert trace(np.full((9, 3), 0.0), groups=groups).one_shape()
    other = np.outer(base, [0.1, 1.0, 3.0])
    other[25, 0] *= 1.001
    assert not trace(other, groups=groups).one_shape()
    other[25, 0] = math.nan
    assert not trace(other, groups=groups).one_shape()


def test_the_main_group_has_the_highest_peak_and_is_the_first_of_several() -> None:
    groups = ("a", "b", "c")
    assert trace([[1, 3, 3], [2, 0, 3]], groups=groups).main_group() == 1
    assert trace([[math.nan, 1, 0], [math.nan, 0, 2]], groups=groups).main_group() == 2


def test_columns_are_named_by_label_group_and_quantity() -> None:
    one = trace([[0.1, 0.2]], label="x", groups=("head", "body"), after=[7.0, 8.0])
    two = trace([0.1], label="y", momentum=[0.9])
    made = columns([one, two])
    assert [curve.name for curve in made] == ["x/head", "x/body", "y", "y:momentum"]
    assert [curve.trace for curve in made] == [0, 0, 1, 1]
    assert made[1].after == 8.0
    assert [curve.name for curve in columns([one, two], ["momentum"])] == ["y:momentum"]


def test_only_the_ends_of_more_than_two_like_groups_are_shown() -> None:
    groups = tuple(f"layers.{i}" for i in range(4))
    like = trace(np.outer([1.0, 0.5], [1, 2, 3, 4]), groups=groups)
    assert [curve.group for curve in columns([like], all_groups=False)] == [0, 3]
    assert [curve.group for curve in columns([like])] == [0, 1, 2, 3]
    unlike = trace([[1, 2, 3, 4], [4, 3, 2, 1]], groups=groups)
    assert [curve.group for curve in columns([unlike], all_groups=False)] == [0, 1, 2, 3]
    pair = trace(np.outer([1.0, 0.5], [1, 2]), groups=("a", "b"))
    assert [curve.group for curve in columns([pair], all_groups=False)] == [0, 1]


def test_a_quantity_that_no_trace_has_is_an_error_that_names_those_it_has() -> None:
    with pytest.raises(UsageError) as caught:
        columns([trace([0.1], momentum=[0.9])], ["momentun"])
    assert caught.value.message == (
        "no momentun to show: these schedules move lr, momentum; did you mean momentum?"
    )


def test_a_million_updates_take_a_few_megabytes_beside_the_trace() -> None:
    t = np.arange(1_000_000)
    one = trace(0.05 * (1 + np.cos(np.pi * t / len(t))), label="one")
    two = trace(np.stack([np.minimum(t / 1e4, 1), t / 1e6], axis=1), label="two", groups=("a", "b"))
    tracemalloc.start()
    table([one, two])
    compare([one, two])
    peak_memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_memory < 6e6
