from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.spec.durations import Length
from lrviz.views.plan.scales import even_ticks, units, y_scale


def trace(label: str, length: Length, updates: int | None = None) -> Trace:
    lr = np.full((updates or length.updates, 1), 0.1)
    return Trace(label, label, ("0",), {"lr": lr}, {"lr": lr[-1]}, length)


def cosine(count: int) -> Array:
    return np.asarray(0.05 * (1 + np.cos(np.pi * np.arange(count) / count)))


@pytest.mark.parametrize(
    ("end", "most", "ticks"),
    [
        (10_000, 6, [0, 2_000, 4_000, 6_000, 8_000, 10_000]),
        (10_000, 5, [0, 2_500, 5_000, 7_500, 10_000]),
        (90, 10, list(range(0, 91, 10))),
        (90, 8, [0, 15, 30, 45, 60, 75, 90]),
        (90, 5, [0, 30, 60, 90]),
        (112_590, 8, [0, 20_000, 40_000, 60_000, 80_000, 100_000]),
        (5, 8, [0, 1, 2, 3, 4, 5]),
        (1, 8, [0, 1]),
        (7, 4, [0, 5]),
    ],
)
def test_ticks_are_round_and_end_at_the_end_where_they_can(
    end: int, most: int, ticks: list[int]
) -> None:
    assert even_ticks(0, end, most, whole=True) == ticks


@pytest.mark.parametrize("end", [1, 2, 3, 7, 13, 99, 101, 1_251, 99_999, 10**8])
@pytest.mark.parametrize("most", [2, 3, 5, 9])
def test_there_are_never_more_ticks_than_asked_for(end: int, most: int) -> None:
    ticks = even_ticks(0, end, most, whole=True)
    assert ticks[0] == 0
    assert ticks[-1] <= end
    assert all(tick == int(tick) for tick in ticks)
    assert len(ticks) <= most


def test_updates_below_and_epochs_above_or_the_other_way_round() -> None:
    traces = [trace("a", Length(5_000, 1_000)), trace("b", Length(2_000, 1_000))]
    below, above = units(None, traces)
    assert (below.name, above and above.name) == ("update", "epoch")
    assert above is not None
    assert above.factor == 1 / 1_000
    below, above = units("epoch", traces)
    assert (below.name, above and above.name) == ("epoch", "update")


def test_a_second_axis_needs_one_factor_for_all() -> None:
    traces = [trace("a", Length(5_000, 1_000)), trace("b", Length(5_000, 500))]
    assert units(None, traces)[1] is None
    below, above = units("epoch", traces)
    assert below.factors == (1 / 1_000, 1 / 500)
    assert above is None


def test_epochs_alone_are_the_x_axis() -> None:
    below, above = units(None, [trace("a", Length(90, 1, epochs_only=True))])
    assert (below.name, below.factor, above) == ("epoch", 1.0, None)


def test_tokens_stand_above_updates_or_below() -> None:
    traces = [trace("a", Length(100, None, Fraction(3_200_000)))]
    below, above = units("tokens", traces)
    assert (below.name, below.factor, below.write(3.2e8)) == ("tokens", 3.2e6, "320M")
    assert above is not None
    assert above.name == "update"
    swapped = units("step", traces)[1]
    assert swapped is not None
    assert swapped.name == "tokens"


def test_progress_aligns_the_ends() -> None:
    traces = [trace("a", Length(100)), trace("b", Length(50))]
    below, above = units("progress", traces)
    assert (below.factors, below.write(50), above) == ((1.0, 2.0), "50%", None)


def test_progress_is_that_of_the_training_also_where_a_run_was_cut_short() -> None:
    below, _ = units("progress", [trace("a", Length(100), updates=40)])
    assert below.factors == (1.0,)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            "epoch",
            "b: how many updates an epoch has is not known; "
            "give --steps-per-epoch, or use --x step or --x progress",
        ),
        (
            "tokens",
            "a: how many tokens an update has is not known; "
            "give tokens_per_update in its spec, or use --x step or --x progress",
        ),
    ],
)
def test_an_unknown_unit_is_an_error_that_names_the_curve(x: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        units(x, [trace("a", Length(100, 10)), trace("b", Length(100))])
    assert str(caught.value) == message


def test_a_linear_axis_reaches_from_below_zero_to_above_the_peak() -> None:
    scale = y_scale([np.array([0.1, 0.05])], log=False, from_zero=True)
    assert -0.01 < scale.low < 0 < 0.1 < scale.high < 0.11
    near = y_scale([np.array([0.95, 0.85])], log=False, from_zero=False)
    assert 0.83 < near.low < 0.85 < 0.95 < near.high < 0.97


def test_negative_values_are_on_the_axis() -> None:
    scale = y_scale([np.array([0.1, -0.05])], log=False, from_zero=True)
    assert scale.low < -0.05 < 0.1 < scale.high


@pytest.mark.parametrize("values", [[0.0], [0.0, -0.0], [np.nan], [np.inf, -np.inf], [5e-324]])
@pytest.mark.parametrize("log", [False, True])
def test_where_nothing_can_be_seen_the_axis_is_linear_and_starts_at_zero(
    values: list[float], log: bool
) -> None:
    scale = y_scale([np.array(values)], log=log, from_zero=True)
    assert (scale.empty, scale.log, scale.low, scale.high) == (True, False, -0.05, 1.0)
    assert scale.note == ("Nothing is above zero: the axis is linear." if log else "")


def test_a_constant_of_another_quantity_has_room_around_it() -> None:
    scale = y_scale([np.full(5, 0.9)], log=False, from_zero=False)
    assert scale.low < 0.85 < 0.95 < scale.high


def test_a_logarithmic_axis_holds_all_values_of_an_ordinary_curve() -> None:
    scale = y_scale([np.geomspace(1e-7, 10, 1_000)], log=True, from_zero=True)
    assert scale.log
    assert 2e-8 < scale.low < 1e-7 < 10 < scale.high < 50


def test_the_last_values_of_a_cosine_do_not_take_up_most_of_a_logarithmic_axis() -> None:
    values = cosine(100_000)
    assert values.min() < 1e-10
    scale = y_scale([values], log=True, from_zero=True)
    assert scale.low == 1e-4
    assert y_scale([0.003 * values], log=True, from_zero=True).low == 1e-7


def test_a_fall_that_takes_little_of_a_logarithmic_axis_is_shown_whole() -> None:
    values = np.repeat([0.1, 0.01, 1e-3, 1e-4, 1e-5], [50, 30, 10, 9, 1])
    assert 2e-6 < y_scale([values], log=True, from_zero=True).low < 1e-5
    values[-1] = 1e-6
    assert y_scale([values], log=True, from_zero=True).low == 1e-4


def test_a_long_exponential_is_shown_whole() -> None:
    values: Array = 0.1 * 0.98 ** np.arange(2_000, dtype=np.float64)
    assert y_scale([values], log=True, from_zero=True).low < values.min() == values[-1] < 1e-17


def test_what_is_not_positive_does_not_count_on_a_logarithmic_axis() -> None:
    values = np.array([0.0, -1.0, 1e-3, np.nan, np.inf, 0.1])
    scale = y_scale([values, np.zeros(3)], log=True, from_zero=True)
    assert scale.log
    assert 1e-4 < scale.low <= 1e-3 < 0.1 < scale.high < 0.2


def test_heights_follow_the_axis() -> None:
    linear = y_scale([np.array([0.0, 1.0])], log=False, from_zero=True)
    assert linear.fraction(np.array([linear.low, linear.high, 99.0])).tolist() == [0.0, 1.0, 1.0]
    log = y_scale([np.array([1e-4, 1.0])], log=True, from_zero=True)
    low, middle, high = log.fraction(np.array([0.0, 1e-2, 1e3]))
    assert (low, high) == (0.0, 1.0)
    assert middle == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "log", "labels"),
    [
        ([3e-4, 0.0], False, ["0", "1e-4", "3e-4"]),
        ([0.1, 0.0], False, ["0", "0.0001", "0.0003"]),
        ([0.1, 1e-3], True, ["0", "0.0001", "0.0003"]),
        ([0.1, 1e-5], True, ["0", "1e-4", "3e-4"]),
    ],
)
def test_one_axis_has_one_notation(values: list[float], log: bool, labels: list[str]) -> None:
    write = y_scale([np.array(values)], log=log, from_zero=True).writer()
    assert [write(value, None) for value in (0.0, 1e-4, 0.00030000000000000003)] == labels


def test_ticks_that_differ_little_are_told_apart() -> None:
    write = y_scale([np.array([0.9, 0.90001])], log=False, from_zero=False).writer()
    assert (write(0.9, None), write(0.900002, None)) == ("0.9", "0.900002")
