"""Key steps: which updates a table shows, and why."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
)

from lrviz.curves.keysteps import key_steps, resolve, split
from lrviz.curves.trace import RunError, Trace
from lrviz.errors import UsageError
from lrviz.spec.durations import Length
from tests.traces import Array, stepped, trace

ALLOWED = (
    "; allowed are updates (500), shares (50%), epochs (30ep), tokens (375Mtok), first, peak, last,"
    " after and all"
)


def named(made: Trace, limit: int = 12) -> dict[int, str]:
    return {key.step: ", ".join(key.names) for key in key_steps(made, limit=limit).steps}


def per_epoch(rates: Array, per: int) -> Trace:
    return trace(np.repeat(rates, per), per_epoch=per, interval="epoch")


def test_a_smooth_curve_has_first_peak_quarters_last_and_after() -> None:
    cosine = trace(stepped(lambda o: CosineAnnealingLR(o, 10_000), 10_000))
    assert named(cosine) == {
        0: "first, peak",
        2500: "25%",
        5000: "50%",
        7500: "75%",
        9999: "last",
        10_000: "after",
    }


def test_milestones_carry_their_factor_and_share_their_row_with_a_quarter() -> None:
    made = trace(stepped(lambda o: MultiStepLR(o, [50, 60], gamma=0.2), 100))
    assert named(made) == {
        0: "first, peak",
        25: "25%",
        50: "drop x0.2, 50%",
        60: "drop x0.2",
        75: "75%",
        99: "last",
        100: "after",
    }


def test_the_end_of_a_warmup_is_told_from_a_peak_and_from_a_cycle() -> None:
    warm = trace(
        stepped(
            lambda o: SequentialLR(
                o, [LinearLR(o, 0.1, 1, 10), CosineAnnealingWarmRestarts(o, 45)], [10]
            ),
            100,
        )
    )
    assert named(warm)[10] == "end of warmup, peak"
    assert named(warm)[55] == "restart"
    cycle = trace(stepped(lambda o: CyclicLR(o, 0.01, 0.1, 20), 100))
    assert named(cycle)[20] == "peak"
    assert named(cycle)[40] == "low"
    assert named(cycle)[60] == "high"
    rising = trace(stepped(lambda o: LinearLR(o, 0.1, 1, 99), 100))
    assert named(rising)[99] == "peak, last"
    constant = trace(stepped(lambda o: ConstantLR(o, 0.5, 30), 100))
    assert named(constant)[30] == "end of warmup, peak, rise x2"


def test_a_warmup_goes_on_where_each_epoch_takes_the_rate_down() -> None:
    values = [min(1.0, (t + 1) / 30) * 0.9 ** (t // 10) for t in range(100)]
    assert values[9] > values[10] < values[29]
    names = named(trace(values))
    assert names[29] == "end of warmup, peak"
    assert [step for step, name in names.items() if "warmup" in name] == [29]
    # What is lower once, and lies still there or comes back no higher, has ended its warmup.
    for rest in ([0.5] * 10 + [2.0] * 10, [0.5, 0.6, *[1.0] * 18]):
        assert named(trace([*np.linspace(0, 1, 10), *rest]))[9].startswith("end of warmup")


def test_below_zero_a_rise_is_no_restart_and_no_warmup() -> None:
    values = np.concatenate([np.linspace(1, -0.5, 40), np.linspace(-0.2, -0.9, 40)])
    assert named(trace(values))[40] == "rise to -0.2, 50%"
    restarted = np.concatenate([np.linspace(1, -0.5, 40), np.linspace(0.2, 0.1, 40)])
    assert named(trace(restarted))[40] == "restart, 50%"
    rising = np.concatenate([np.linspace(-1, -0.2, 41), np.linspace(-0.2, -1, 60)[1:]])
    assert named(trace(rising))[40] == "peak"


def test_a_peak_after_the_warmup_is_a_row_of_its_own() -> None:
    values = np.concatenate([np.linspace(0, 1, 21)[1:], np.linspace(1, 0.5, 40), np.full(40, 2.0)])
    names = named(trace(values))
    assert names[19] == "end of warmup"
    assert names[60] == "peak, restart"


def test_one_cycle_in_three_phases() -> None:
    made = trace(stepped(lambda o: OneCycleLR(o, 0.1, total_steps=1010, three_phase=True), 1000))
    assert named(made)[302] == "end of warmup, peak"
    assert named(made)[604] == "kink"


def test_stable_then_decay() -> None:
    values = [min(1.0, (t + 1) / 50, (1000 - t) / 200) for t in range(1000)]
    names = named(trace(values))
    assert names[49] == "end of warmup, peak"
    assert names[800] == "decay starts"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([1.0] * 10 + [0.0] * 10, "drop to 0"),
        ([0.0] * 10 + [1.0] * 10, "end of warmup, peak, rise from 0"),
        ([1.0] * 10 + [math.nan] * 10, "not finite"),
        ([*np.linspace(1, 0.5, 11), *[0.5] * 9], "levels off"),
        ([1.0] * 11 + [*np.linspace(1, 2, 10)[1:]], "rise starts"),
    ],
)
def test_the_names_of_events(values: list[float], name: str) -> None:
    made = named(trace(values))
    assert name in (made.get(10, "").removesuffix(", 50%"))


def test_what_is_stepped_per_epoch_is_read_at_its_epochs() -> None:
    cosine = per_epoch(stepped(lambda o: CosineAnnealingLR(o, 90), 90), 13)
    assert [name for name in named(cosine).values() if "%" not in name] == [
        "first, peak",
        "last",
        "after",
    ]
    steps = per_epoch(stepped(lambda o: MultiStepLR(o, [30, 60]), 90), 13)
    drops = {step: name for step, name in named(steps).items() if "drop" in name}
    assert drops == {390: "drop x0.1", 780: "drop x0.1"}
    restarts = per_epoch(stepped(lambda o: CosineAnnealingWarmRestarts(o, 30), 90), 13)
    assert {step for step, name in named(restarts).items() if "restart" in name} == {390, 780}


def test_a_short_training_by_epochs_lists_each_change() -> None:
    names = named(per_epoch(stepped(lambda o: CosineAnnealingLR(o, 4), 4), 100))
    assert names[100] == "drop x0.854, 25%"
    assert names[200] == "drop x0.586, 50%"
    assert names[300] == "drop x0.293, 75%"
    lost = per_epoch(np.array([1.0, 1.0, 1.0, np.nan, np.nan]), 100)
    assert named(lost)[300] == "not finite"


def test_stairs_by_epochs_behind_a_warmup_by_updates_are_not_events() -> None:
    cosine = stepped(lambda o: CosineAnnealingWarmRestarts(o, 60), 90)
    values = np.repeat(cosine, 20)
    values[:50] = values[50] * np.arange(50) / 50
    names = named(trace(values, per_epoch=20))
    assert {step: name for step, name in names.items() if "%" not in name} == {
        0: "first",
        50: "end of warmup",
        1200: "peak, restart",
        1799: "last",
        1800: "after",
    }


def test_stairs_are_listed_where_they_are_few() -> None:
    values = np.repeat(stepped(lambda o: MultiStepLR(o, [3, 6]), 9), 20)
    values[:30] *= np.arange(1, 31) / 30
    names = named(trace(values, per_epoch=20))
    assert names[60] == "drop x0.1"
    assert names[120] == "drop x0.1"


def test_events_of_groups_with_other_shapes_are_rows_too() -> None:
    one = stepped(lambda o: MultiStepLR(o, [30]), 100)
    two = stepped(lambda o: MultiStepLR(o, [70]), 100, lr=0.01)
    made = trace(np.stack([one, two], axis=1), groups=("head", "body"))
    assert named(made)[30] == "drop x0.1"
    assert named(made)[70] == "drop x0.1"


def test_how_many_events_are_left_out_is_said() -> None:
    made = trace(stepped(lambda o: MultiStepLR(o, range(100, 2000, 100), gamma=0.8), 2100))
    found = key_steps(made, limit=5)
    assert found.more == 14
    listed = [key.step for key in found.steps if any("drop" in name for name in key.names)]
    assert listed == [100, 200, 300, 400, 500]


@pytest.mark.parametrize("count", range(1, 10))
def test_the_shortest_trainings(count: int) -> None:
    names = named(trace(np.linspace(1, 0.1, count)))
    expected: dict[int, list[str]] = {0: ["first", "peak"]}
    for share in (1, 2, 3) if count >= 4 else ():
        expected.setdefault(round(Fraction(share * count, 4)), []).append(f"{25 * share}%")
    expected.setdefault(count - 1, []).append("last")
    expected.setdefault(count, []).append("after")
    assert names == {step: ", ".join(each) for step, each in expected.items()}


def test_a_constant_and_a_lost_curve() -> None:
    assert named(trace([0.1] * 3)) == {0: "first, peak", 2: "last", 3: "after"}
    assert named(trace([math.nan] * 3)) == {0: "first, peak", 2: "last", 3: "after"}


def test_a_run_that_an_error_ended_keeps_the_shares_of_what_was_asked_for() -> None:
    made = trace([0.1] * 60, updates=100, error=RunError(59, "ValueError: no"))
    assert named(made) == {0: "first, peak", 25: "25%", 50: "50%", 59: "last", 60: "after"}


MADE = Trace(
    label="a",
    source="a",
    groups=("", ""),
    curves={"lr": np.stack([np.linspace(0, 1, 1000), np.r_[5, np.linspace(2, 3, 999)]], axis=1)},
    after={"lr": np.zeros(2)},
    length=Length(1000, 100, Fraction(32)),
)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("first", ("first", 0)),
        ("peak", ("peak", 0)),
        ("last", ("last", 999)),
        ("after", ("after", 1000)),
        (0, ("asked for", 0)),
        ("999", ("asked for", 999)),
        ("1000", ("asked for", None)),
        ("0%", ("0%", 0)),
        ("12.5%", ("12.5%", 125)),
        ("0.05%", ("0.05%", 0)),
        ("0.15%", ("0.15%", 2)),
        ("99.99%", ("99.99%", 999)),
        ("100%", ("100%", 999)),
        ("101%", ("101%", None)),
        ("0.5dur", ("0.5dur", 500)),
        ("3ep", ("3ep", 300)),
        ("10ep", ("10ep", 999)),
        ("500ba", ("500ba", 500)),
        ("3200tok", ("3200tok", 100)),
    ],
)
def test_tokens(token: str | int, expected: tuple[str, int | None]) -> None:
    assert resolve(token, MADE) == expected


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("-1", "--at: '-1' is no step"),
        ("lst", "--at: 'lst' is no step; did you mean last?"),
        ("", "--at: '' is no step"),
        ("1.5", "--at: '1.5' is no step"),
        ("rest", "--at: 'rest' is no step; did you mean first?"),
        (True, "--at: 'True' is no step"),
    ],
)
def test_what_is_no_step_is_an_error_that_says_what_is(token: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(token, MADE)
    assert caught.value.message == message + ALLOWED


def test_a_unit_that_means_nothing_here_is_an_error() -> None:
    with pytest.raises(UsageError) as caught:
        resolve("3ep", trace([0.1] * 10))
    assert caught.value.message.startswith("--at: 3ep")
    assert "steps_per_epoch" in caught.value.message


def test_texts_are_split_at_commas() -> None:
    assert split(["0, 500,50%", 7, "last"]) == ("0", "500", "50%", 7, "last")


def test_a_lambda_that_reaches_its_peak_between_two_updates() -> None:
    made = trace(stepped(lambda o: LambdaLR(o, lambda t: min(t / 10.5, 1 - (t - 10.5) / 90)), 100))
    assert [step for step, name in named(made).items() if "kink" in name or "high" in name] == []


def test_a_jump_below_0_is_told_by_where_it_leads() -> None:
    values = np.repeat([0.1, -0.1, -0.269, -0.02, 0.2], 40)
    names = [name for step in key_steps(trace(values)).steps for name in step.names]
    jumps = [name for name in names if name.startswith(("drop", "rise"))]
    assert jumps == ["drop to -0.1", "drop to -0.269", "rise to -0.02", "rise to 0.2"]
