"""Events: each at its exact update, on torch's own curves, and none where a curve is smooth."""

from __future__ import annotations

import math
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch.optim import SGD
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    SequentialLR,
    StepLR,
)

from lrviz.curves.events import BLOCK, Kind, blocks, find_events
from tests.traces import Array, stepped

Found = list[tuple[int, Kind]]


def events(values: Array, limit: int = 12) -> Found:
    return [(event.step, event.kind) for event in find_events(values, limit).largest]


def one_cycle(optimizer: SGD, n: int, strategy: str, *, three: bool) -> OneCycleLR:
    return OneCycleLR(
        optimizer,
        0.1,
        total_steps=n,
        anneal_strategy=strategy,  # type: ignore[arg-type]  # torch says str in the docs
        three_phase=three,
    )


def warmup_cosine(optimizer: SGD, n: int) -> SequentialLR:
    warm, rest = LinearLR(optimizer, 0.1, 1, n // 10), CosineAnnealingLR(optimizer, n - n // 10)
    return SequentialLR(optimizer, [warm, rest], [n // 10])


def two_decays(optimizer: SGD, n: int) -> SequentialLR:
    ends = (0.01, 0.1)
    parts: list[Any] = [ExponentialLR(optimizer, end ** (1 / n)) for end in ends]
    return SequentialLR(optimizer, parts, [n // 2])


def wsd(step: int, n: int) -> float:
    """Linear warmup to n/10, stable until 8n/10, then a cosine that starts with no slope."""
    if step < n // 10:
        return step / (n // 10)
    progress = max(0.0, (step - 8 * n // 10) / (n - 8 * n // 10))
    return 0.5 * (1 + math.cos(math.pi * progress))


# What a curve of n updates must give; torch restarts the second decay at the initial rate.
EXPECTED: dict[str, tuple[Callable[[SGD, int], Any], Callable[[int], Found]]] = {
    "cosine": (lambda o, n: CosineAnnealingLR(o, n), lambda n: []),
    "cosine and back": (lambda o, n: CosineAnnealingLR(o, n // 2), lambda n: [(n // 2, Kind.LOW)]),
    "exponential": (lambda o, n: ExponentialLR(o, 0.001 ** (1 / n)), lambda n: []),
    "linear": (lambda o, n: LinearLR(o, 1, 0.01, n), lambda n: []),
    "warmup to the end": (lambda o, n: LinearLR(o, 0.01, 1, n), lambda n: []),
    "linear warmup": (lambda o, n: LinearLR(o, 0.1, 1, n // 10), lambda n: [(n // 10, Kind.LEVEL)]),
    "constant warmup": (lambda o, n: ConstantLR(o, 0.3, n // 10), lambda n: [(n // 10, Kind.JUMP)]),
    "polynomial": (lambda o, n: PolynomialLR(o, n // 2, 2), lambda n: [(n // 2, Kind.LEVEL)]),
    "inverse sqrt": (lambda o, n: LambdaLR(o, lambda t: (t + 1) ** -0.5), lambda n: []),
    "inverse square": (lambda o, n: LambdaLR(o, lambda t: (t + 1) ** -2.0), lambda n: []),
    "range test": (lambda o, n: LambdaLR(o, lambda t: 1e-6 * 1e7 ** (t / n)), lambda n: []),
    "warmup cosine": (warmup_cosine, lambda n: [(n // 10, Kind.HIGH)]),
    "wsd": (
        lambda o, n: LambdaLR(o, lambda t: wsd(t, n)),
        lambda n: [(n // 10, Kind.LEVEL), (8 * n // 10, Kind.DEPARTURE)],
    ),
    "joint": (two_decays, lambda n: [(n // 2, Kind.JUMP)]),
    "milestones": (
        lambda o, n: MultiStepLR(o, [n // 3, n // 2, n // 2 + 1]),
        lambda n: [(n // 3, Kind.JUMP), (n // 2, Kind.JUMP), (n // 2 + 1, Kind.JUMP)],
    ),
    "steps on a decay": (
        lambda o, n: ChainedScheduler([StepLR(o, n // 2), ExponentialLR(o, 0.01 ** (1 / n))]),
        lambda n: [(n // 2, Kind.JUMP)],
    ),
    "restarts": (
        lambda o, n: CosineAnnealingWarmRestarts(o, n // 10, 2),
        lambda n: [(n // 10, Kind.JUMP), (3 * n // 10, Kind.JUMP), (7 * n // 10, Kind.JUMP)],
    ),
    "triangles": (
        lambda o, n: CyclicLR(o, 0.01, 0.1, n // 5),
        lambda n: [
            (n // 5, Kind.HIGH),
            (2 * n // 5, Kind.LOW),
            (3 * n // 5, Kind.HIGH),
            (4 * n // 5, Kind.LOW),
        ],
    ),
    # pct_start * total_steps - 1 is the peak, 2 * pct_start * total_steps - 2 the joint.
    "one cycle": (
        lambda o, n: one_cycle(o, n + 10, "cos", three=False),
        lambda n: [(3 * (n + 10) // 10 - 1, Kind.HIGH)],
    ),
    "three phases": (
        lambda o, n: one_cycle(o, n + 10, "cos", three=True),
        lambda n: [(3 * (n + 10) // 10 - 1, Kind.HIGH), (6 * (n + 10) // 10 - 2, Kind.KINK)],
    ),
    "three straight phases": (
        lambda o, n: one_cycle(o, n + 10, "linear", three=True),
        lambda n: [(3 * (n + 10) // 10 - 1, Kind.HIGH), (6 * (n + 10) // 10 - 2, Kind.KINK)],
    ),
}


@pytest.mark.parametrize("n", [100, 1000, 10_000])
@pytest.mark.parametrize("name", EXPECTED)
def test_each_event_of_a_torch_curve_is_found_at_its_update_and_no_other(name: str, n: int) -> None:
    make, expected = EXPECTED[name]
    assert events(stepped(lambda optimizer: make(optimizer, n), n)) == expected(n)


@pytest.mark.parametrize("milestone", [1, 2, 5, 50, 97, 98])
def test_a_milestone_is_found_wherever_it_lies(milestone: int) -> None:
    values = stepped(lambda o: MultiStepLR(o, [milestone]), 100)
    assert values[milestone - 1] == 0.1
    assert values[milestone] == pytest.approx(0.01, rel=1e-15)
    assert events(values) == [(milestone, Kind.JUMP)]


def test_a_milestone_is_found_however_small_the_rates_have_become() -> None:
    values = stepped(lambda o: StepLR(o, 10), 120)
    assert values[-1] < 1e-10 * values[0]
    assert events(values) == [(step, Kind.JUMP) for step in range(10, 120, 10)]


@pytest.mark.parametrize("offset", range(-3, 4))
def test_events_at_the_edges_of_the_blocks_are_found_once(offset: int) -> None:
    t = np.arange(2 * BLOCK + 100, dtype=np.float64)
    edge = BLOCK + offset
    curves = {
        Kind.JUMP: np.where(t < edge, 1.0, 0.5),
        Kind.HIGH: -abs(t - edge),
        Kind.LOW: abs(t - edge) / BLOCK,
        Kind.KINK: np.where(t < edge, t, edge + (t - edge) / 2),
        Kind.LEVEL: np.minimum(t, edge),
        Kind.DEPARTURE: np.maximum(t, edge),
    }
    for kind, values in curves.items():
        assert events(values) == [(edge, kind)]


@pytest.mark.parametrize("n", [10_000, 300_000])
def test_rounding_is_no_event_even_in_float32(n: int) -> None:
    t = np.arange(n)
    cosine = 0.05 * (1 + np.cos(np.pi * t / n))
    for values in (cosine, cosine.astype(np.float32).astype(np.float64), 0.1 + 1e-17 * cosine):
        assert events(values) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_peak_with_a_side_too_flat_to_be_seen_is_where_the_curve_is_highest(sign: int) -> None:
    rise = np.linspace(0, 5e-5, 1001)
    fall = 5e-5 * (0.5 + 0.5 * np.cos(np.pi * np.arange(1, 5001) / 1e8))  # 15 steps of rounding
    peak = Kind.HIGH if sign > 0 else Kind.LOW
    assert events(sign * np.concatenate([rise, fall])) == [(1000, peak)]
    assert events(sign * np.concatenate([fall[::-1], rise[::-1]])) == [(5000, peak)]


@pytest.mark.parametrize("lost", [[math.nan], [math.nan, math.nan], [math.inf]])
def test_a_turn_in_which_values_are_lost_is_that_loss_alone(lost: list[float]) -> None:
    values = [0.0, 1, 2, 3, *lost, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6]
    assert events(np.array(values)) == [(4, Kind.NOT_FINITE), (len(lost) + 7, Kind.LOW)]


def test_the_largest_are_kept_and_the_others_counted() -> None:
    values = np.full(10_000, 1.0)
    for k in range(1, 40):
        values[k * 200 :] *= 0.5 if k in (7, 20) else 0.99
    found = find_events(values, 2)
    assert [event.step for event in found.largest] == [1400, 4000]
    assert found.more == 37
    assert find_events(values, 39).more == 0
    assert find_events(values, 0).largest == ()


def test_noise_is_counted_and_costs_no_memory() -> None:
    values = np.random.default_rng(0).random(500_000)
    tracemalloc.start()
    found = find_events(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.largest) == 12
    assert found.more > 100_000
    assert peak < 6e6


def test_values_that_are_not_finite_are_an_event_and_hide_no_other() -> None:
    values = np.full(400, 1.0)
    values[100:] = 0.1
    values[200:210] = np.nan
    values[300:] = np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = events(values)
    assert (100, Kind.JUMP) in found
    assert [step for step, kind in found if kind is Kind.NOT_FINITE] == [200, 300]


@pytest.mark.parametrize("values", [[0.1], [0.1, 0.2], [0.1, 0.1, 0.1], [0.0] * 50, [np.nan] * 9])
def test_the_shortest_and_the_emptiest_curves_have_no_events(values: list[float]) -> None:
    assert find_events(np.array(values)).largest == ()


@pytest.mark.parametrize("width", [1, 3, BLOCK + 1])
def test_blocks_are_all_rows_once_whatever_the_width(width: int) -> None:
    values = np.arange(5.0 * width).reshape(5, width)
    parts = list(blocks(values))
    assert np.array_equal(np.concatenate([block for _, block in parts]), values)
    assert [start for start, _ in parts] == list(np.cumsum([0, *(len(b) for _, b in parts)])[:-1])
    assert all(block.size <= max(BLOCK, width) for _, block in parts)
