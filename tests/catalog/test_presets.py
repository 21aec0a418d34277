"""The presets: they fit every length, follow every lr, and do what their summaries say."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler
from transformers import optimization

import lrviz
from lrviz import catalog

NAMES = catalog.preset_names()
# Names that people have in their scripts: one may be added, none may go.
PUBLIC = [
    "constant",
    "step",
    "multistep",
    "exponential",
    "linear",
    "polynomial",
    "cosine",
    "sgdr",
    "cyclic",
    "cyclic-triangular2",
    "onecycle",
    "onecycle-smith",
    "plateau",
    "cosine-plateau",
    "warmup-constant",
    "warmup-linear",
    "warmup-cosine",
    "warmup-cosine-min",
    "inverse-sqrt",
    "noam",
    "inverse-time",
    "wsd",
    "range-test",
]


def lrs(source: str, steps: int = 1000, lr: float = 1.0) -> list[float]:
    """The learning rate of every update, and of the one after the last."""
    trace = lrviz.simulate(source, steps=steps, lr=lr)
    assert trace.error is None
    assert trace.updates == steps
    return [*trace.lr[:, 0].tolist(), float(trace.after["lr"][0])]


def jumps(curve: list[float]) -> list[int]:
    """The updates that use another lr than the update before."""
    return [t for t, (before, now) in enumerate(pairwise(curve), start=1) if now != before]


def test_public_names() -> None:
    assert set(PUBLIC) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_documented(name: str) -> None:
    preset = catalog.preset(name)
    assert preset is not None
    assert re.fullmatch(r"[A-Z][^\n]{20,72}\.", preset.summary)
    assert preset.when.endswith((".", ")."))
    assert preset.reference
    assert all(param.help.endswith(".") for param in preset.params.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_param_is_used(name: str) -> None:
    preset = catalog.preset(name)
    assert preset is not None
    assert set(re.findall(r"\$(\w+)", preset.text)) == set(preset.params)


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 100, 10000])
@pytest.mark.parametrize("name", NAMES)
def test_fits_every_length(name: str, steps: int) -> None:
    curve = lrs(name, steps)
    assert all(0.0 <= lr <= 1.0 for lr in curve[:-1])
    assert math.isfinite(curve[-1])


# torch's linear annealing is a rounding error below max_lr.
@pytest.mark.parametrize("steps", [100, 10000])
@pytest.mark.parametrize("name", sorted({*NAMES} - {"onecycle-smith"}))
def test_peak_is_the_lr(name: str, steps: int) -> None:
    assert max(lrs(name, steps, lr=3e-4)) == 3e-4


@pytest.mark.parametrize("steps", [1, 3, 100, 1000])
@pytest.mark.parametrize("name", NAMES)
def test_twice_the_lr_is_twice_the_curve(name: str, steps: int) -> None:
    assert lrs(name, steps, lr=2 * 3e-4) == [2 * lr for lr in lrs(name, steps, lr=3e-4)]


@pytest.mark.parametrize("name", sorted({*NAMES} - {"onecycle", "onecycle-smith"}))
def test_needs_no_momentum(name: str) -> None:
    trace = lrviz.simulate(name, steps=10, optimizer="Adagrad")
    assert trace.error is None


def transformers_loop(
    make: Callable[..., LRScheduler], steps: int, **arguments: Any
) -> list[list[float]]:
    """The lr of every update of a real optimizer with two param groups."""
    groups: list[dict[str, Any]] = [
        {"params": [torch.nn.Parameter(torch.zeros(1))]},
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.003},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    scheduler = make(optimizer, **arguments)
    rows = []
    for _ in range(steps):
        rows.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return rows


TWINS: list[tuple[dict[str, Any], float, Callable[..., LRScheduler], dict[str, Any]]] = [
    ({"type": "warmup-constant"}, 0.05, optimization.get_constant_schedule_with_warmup, {}),
    ({"type": "warmup-linear"}, 0.1, optimization.get_linear_schedule_with_warmup, {}),
    ({"type": "warmup-cosine"}, 0.05, optimization.get_cosine_schedule_with_warmup, {}),
    (
        {"type": "warmup-cosine", "num_cycles": 1.5},
        0.05,
        optimization.get_cosine_schedule_with_warmup,
        {"num_cycles": 1.5},
    ),
    (
        {"type": "warmup-cosine-min"},
        0.01,
        optimization.get_cosine_with_min_lr_schedule_with_warmup,
        {"min_lr_rate": 0.1},
    ),
    ({"type": "inverse-sqrt"}, 0.05, optimization.get_inverse_sqrt_schedule, {}),
    ({"type": "wsd"}, 0.01, optimization.get_wsd_schedule, {"decay_type": "1-sqrt"}),
    (
        {"type": "wsd", "decay_type": "cosine", "min_ratio": 0.1},
        0.01,
        optimization.get_wsd_schedule,
        {"decay_type": "cosine", "min_lr_ratio": 0.1},
    ),
]


@pytest.mark.parametrize("steps", [100, 1000])
@pytest.mark.parametrize(("scheduler", "warmup", "make", "arguments"), TWINS)
def test_equals_transformers(
    scheduler: dict[str, Any],
    warmup: float,
    make: Callable[..., LRScheduler],
    arguments: dict[str, Any],
    steps: int,
) -> None:
    trace = lrviz.simulate(
        {
            "train": {"steps": steps},
            "optimizer": {"type": "SGD", "lr": 0.1, "groups": {"a": {}, "b": {"lr": 0.003}}},
            "scheduler": scheduler,
        }
    )
    phases = {
        "num_warmup_steps": round(warmup * steps),
        "num_decay_steps": steps // 5,
        "num_training_steps": steps,
    }
    known = inspect.signature(make).parameters
    taken = {name: count for name, count in phases.items() if name in known}
    assert trace.lr.tolist() == transformers_loop(make, steps, **taken, **arguments)


def test_constant() -> None:
    assert set(lrs("constant")) == {1.0}


def test_step_drops_at_30_60_90() -> None:
    curve = lrs("step")
    assert jumps(curve) == [300, 600, 900]
    assert curve[299:301] == [1.0, 0.1]
    assert curve[900] == pytest.approx(1e-3, rel=1e-12)


def test_multistep_drops_at_50_75() -> None:
    assert jumps(lrs("multistep")) == [500, 750]
    assert jumps(lrs("multistep:milestones=30%,60%,90%,gamma=0.5")) == [300, 600, 900]


def test_exponential_is_a_line_on_a_log_axis() -> None:
    curve = lrs("exponential")
    assert np.diff(np.log(curve)) == pytest.approx(np.log(0.01) / 1000, rel=1e-9)
    assert lrs("exponential:end_ratio=0.25")[-1] == 0.25


def test_linear_ends_at_zero() -> None:
    curve = lrs("linear")
    assert curve[:1] == [1.0]
    assert curve[500] == pytest.approx(0.5, rel=1e-12)
    assert curve[-1] == 0.0


def test_polynomial_has_the_power_of_deeplab() -> None:
    assert lrs("polynomial")[500] == pytest.approx(0.5**0.9, rel=1e-12)


def test_cosine_is_half_a_wave() -> None:
    curve = lrs("cosine")
    assert curve[250] == pytest.approx((1 + math.cos(math.pi / 4)) / 2, rel=1e-12)
    assert curve[-1] == 0.0


@pytest.mark.parametrize("steps", [100, 101, 1000, 10007, 99999])
def test_sgdr_never_restarts_at_the_end(steps: int) -> None:
    curve = lrs("sgdr", steps)
    restarts = [t for t in range(1, steps) if curve[t] > curve[t - 1]]
    assert len(restarts) == 2
    assert [curve[t] for t in restarts] == [1.0, 1.0]
    assert curve[-2] < 0.03


def test_cyclic_comes_back_to_the_base() -> None:
    curve = lrs("cyclic")
    peaks = [t for t in range(1, 1000) if curve[t - 1] < curve[t] > curve[t + 1]]
    assert peaks == [100, 300, 500, 700, 900]
    assert curve[0] == curve[-1] == 0.25


def test_cyclic_triangular2_halves_its_peaks() -> None:
    curve = lrs("cyclic-triangular2")
    assert [curve[t] - 0.25 for t in (100, 300, 500)] == [0.75, 0.375, 0.1875]


def test_onecycle_has_the_defaults_of_torch() -> None:
    trace = lrviz.simulate("onecycle", steps=1000, lr=1.0)
    plain = lrviz.simulate(
        {
            "train": {"steps": 1000},
            "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
            "scheduler": {"type": "OneCycleLR", "max_lr": 1.0, "total_steps": 1000},
        }
    )
    assert trace.lr.tolist() == plain.lr.tolist()
    assert trace.curves["momentum"].tolist() == plain.curves["momentum"].tolist()


def test_onecycle_smith_spends_45_45_10() -> None:
    trace = lrviz.simulate("onecycle-smith", steps=1000, lr=1.0)
    curve = trace.lr[:, 0].tolist()
    assert [curve[t] for t in (0, 898)] == pytest.approx([0.1, 0.1], rel=1e-12)
    assert curve[448] < curve[449] == 1.0 > curve[450]
    assert curve[999] == pytest.approx(0.001, rel=1e-9)
    assert trace.curves["momentum"][[0, 449, 898], 0].tolist() == pytest.approx([0.95, 0.85, 0.95])


def test_plateau_drops_15_percent_after_the_last_gain() -> None:
    curve = lrs("plateau")
    # The last gain is seen after update 300; the 151st value without one after update 451.
    assert jumps(curve) == [452, 802, 953]
    assert curve[452] == 0.1


def test_cosine_plateau_changes_hands_at_the_floor() -> None:
    curve = lrs("cosine-plateau")
    cosine = lrs("cosine:eta_min=0.1lr", steps=600)
    assert curve[:601] == cosine
    assert curve[600] == pytest.approx(0.1, rel=1e-12)
    assert jumps(curve[600:]) == [152, 253, 354]
    assert curve[752] == curve[600] / 2


def test_noam_is_the_papers_formula() -> None:
    curve = lrs("noam")
    paper = [min(n**-0.5, n * 40**-1.5) * 40**0.5 for n in range(1, 1002)]
    assert curve == pytest.approx(paper, rel=1e-12)
    assert curve[38] < curve[39] == 1.0 > curve[40]


def test_inverse_time() -> None:
    curve = lrs("inverse-time")
    assert [curve[t] for t in (0, 100, 1000)] == [1.0, 1 / 2, 1 / 11]
    assert lrs("inverse-time:rate=0.5,decay_steps=10")[10] == 1 / 1.5


def test_wsd_is_stable_from_1_to_80_percent() -> None:
    curve = lrs("wsd")
    assert curve[9] == 0.9
    assert set(curve[10:801]) == {1.0}
    assert curve[801] == 1 - math.sqrt(1 / 200)
    assert curve[-1] == 0.0
    assert jumps(lrs("wsd:warmup=0,decay=1%"))[:1] == [991]


def test_range_test_reaches_the_lr_with_the_last_update() -> None:
    curve = lrs("range-test", steps=7)
    assert curve[:7] == pytest.approx([10.0**k for k in range(-6, 1)], rel=1e-12)
    assert curve[6] == 1.0
