"""The light and the bulk forms of single classes: every branch, in chunks, `==` to torch's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from torch.optim.swa_utils import SWALR

from lrviz.building.dummy import dummy_optimizer
from lrviz.simulation import bulk, filling, light, stepping
from lrviz.simulation.bulk import parts, plateaus
from lrviz.spec.expressions import lr_lambda
from tests.cases import GROUPS, build
from tests.reference import Slot, real_optimizer, train
from tests.simulation.test_stepping import assert_equal, assert_same_state, settings

UPDATES = 50
Make = Callable[[Optimizer], Any]


def _narrow(count: int) -> Any:
    return np.float32(1 / (1 + count))


CASES: dict[str, Make] = {
    "a cosine down, up and down": lambda o: CosineAnnealingLR(o, 11, eta_min=0.01),
    "a cosine down to nothing": lambda o: CosineAnnealingLR(o, UPDATES),
    "a cosine of one step": lambda o: CosineAnnealingLR(o, 1),
    "a cosine behind a warmup": lambda o: SequentialLR(
        o, [ConstantLR(o, 0.1, 5), CosineAnnealingLR(o, 17)], [5]
    ),
    "a cosine beside a decay": lambda o: ChainedScheduler(
        [ExponentialLR(o, 0.9), CosineAnnealingLR(o, 30)], o
    ),
    "warm restarts of one length": lambda o: CosineAnnealingWarmRestarts(o, 7),
    "growing ones, above a floor": lambda o: CosineAnnealingWarmRestarts(o, 3, 3, eta_min=0.02),
    "warm restarts behind a warmup": lambda o: SequentialLR(
        o, [ConstantLR(o, 0.1, 5), CosineAnnealingWarmRestarts(o, 4, 2)], [5]
    ),
    "warm restarts that are let go on": lambda o: SequentialLR(
        o, [CosineAnnealingWarmRestarts(o, 4), ExponentialLR(o, 0.9)], [13]
    ),
    "cycles with two slopes": lambda o: CyclicLR(o, 0.01, 0.3, 3, 8),
    "cycles that halve": lambda o: CyclicLR(o, 0.01, 0.3, 4, mode="triangular2"),
    "cycles that decay": lambda o: CyclicLR(o, 0.01, 0.3, 4, mode="exp_range", gamma=0.97),
    "a scale of one's own": lambda o: CyclicLR(
        o, 0.01, 0.3, 4, scale_fn=lambda x: 1 / (1 + x), scale_mode="iterations"
    ),
    "a momentum for each group": lambda o: CyclicLR(
        o, [0.01, 0.02][: len(o.param_groups)], 1, 4, base_momentum=0.3, max_momentum=0.7
    ),
    "cycles without momentum": lambda o: CyclicLR(o, 0.01, 0.3, 4, cycle_momentum=False),
    "one cycle in two phases": lambda o: OneCycleLR(o, 0.5, UPDATES),
    "in three": lambda o: OneCycleLR(o, 0.5, UPDATES, three_phase=True, pct_start=0.2),
    "in lines": lambda o: OneCycleLR(o, 1, UPDATES, anneal_strategy="linear", three_phase=True),
    "without a warmup": lambda o: OneCycleLR(o, 0.5, UPDATES, pct_start=0.0),
    "one cycle that ends too early": lambda o: OneCycleLR(o, 0.5, UPDATES - 9),
    "two on one optimizer": lambda o: ChainedScheduler(
        [OneCycleLR(o, 0.5, UPDATES), ExponentialLR(o, 0.9)], o
    ),
    "averaged": lambda o: SWALR(o, 0.05, 11),
    "averaged at once": lambda o: SWALR(o, 0.05, 0),
    "averaged in a line": lambda o: SWALR(o, 1, 11, anneal_strategy="linear"),
    "averaged beside a decay": lambda o: ChainedScheduler(
        [ExponentialLR(o, 0.9), SWALR(o, 0.05, 11)], o
    ),
    "a line up to a level": lambda o: LinearLR(o, 0.1, 0.9, 31),
    "a line down to nothing": lambda o: LinearLR(o, 1, 0, 29),
    "a power's decay": lambda o: PolynomialLR(o, 31, power=1.7),
    "a root's": lambda o: PolynomialLR(o, 2 * UPDATES, power=0.5),
    "a power that grows beyond all bounds": lambda o: PolynomialLR(o, 31, power=-1.0),
    "factors in a chain": lambda o: ChainedScheduler(
        [LinearLR(o, 0.1, total_iters=9), MultiStepLR(o, [3, 20, 20, 41], 0.3), StepLR(o, 7, 0.9)],
        o,
    ),
    "a cosine in a chain": lambda o: ChainedScheduler(
        [LinearLR(o, 0.1, total_iters=9), CosineAnnealingLR(o, 31), ExponentialLR(o, 0.99)], o
    ),
    "a cosine with a floor in a chain": lambda o: ChainedScheduler(
        [LinearLR(o, 0.1, total_iters=9), CosineAnnealingLR(o, 31, 0.01)], o
    ),
    "one of a chain that fails": lambda o: ChainedScheduler(
        [ExponentialLR(o, 0.9), ConstantLR(o, 0.0, 30), ExponentialLR(o, 0.99)], o
    ),
    "parts that move seldom": lambda o: SequentialLR(
        o, [ConstantLR(o, 0.1, 5), MultiStepLR(o, [2, 9, 9], 0.3), StepLR(o, 3, 0.9)], [8, 30]
    ),
    "a function of all groups": lambda o: LambdaLR(o, lambda t: 1 / (1 + t)),
    "a function for each": lambda o: LambdaLR(
        o, [lambda t: t, lambda t: 1 / t if t else 1][: len(o.param_groups)]
    ),
    "an expression": lambda o: LambdaLR(o, lr_lambda("exp(-step / 9) + step % 3", UPDATES)),
    "an expression that arrays cannot have": lambda o: LambdaLR(
        o, lr_lambda("1 / (step - 30) if step > 30 else 1", UPDATES)
    ),
    "an expression that fails": lambda o: LambdaLR(o, lr_lambda("1 / (step - 30)", UPDATES)),
    "a function that fails": lambda o: LambdaLR(o, lambda t: 1 / (t - 30)),
    "a function of numpy's": lambda o: LambdaLR(o, _narrow),
    "factors of a function": lambda o: MultiplicativeLR(
        o, [lambda t: 1 - t / 99, lambda t: 2 / (1 + t)][: len(o.param_groups)]
    ),
    "a part that has no form": lambda o: SequentialLR(
        o, [OneCycleLR(o, 0.5, 40, pct_start=0.0), ExponentialLR(o, 0.9)], [30]
    ),
    "a cycle whose momentum stays before": lambda o: SequentialLR(
        o, [ExponentialLR(o, 0.9), OneCycleLR(o, 0.5, 20)], [27]
    ),
    "averaged behind a decay": lambda o: SequentialLR(
        o, [ExponentialLR(o, 0.9), SWALR(o, 0.05, 6)], [20]
    ),
}
PLATEAUS: dict[str, dict[str, Any]] = {
    "relative": {"threshold": 0.05},
    "absolute": {"threshold_mode": "abs", "threshold": 0.05},
    "the larger the better": {"mode": "max", "threshold": 0.05},
    "absolutely larger": {"mode": "max", "threshold_mode": "abs", "threshold": 0},
    "with a pause": {"cooldown": 4, "patience": 0},
    "soon": {"threshold": 0, "patience": 2},
    "late": {"patience": 15, "cooldown": 9},
    "with a floor": {"min_lr": 0.02, "eps": 0.005, "factor": 0.5, "patience": 1},
}
METRIC = [abs(math.sin(i * i)) + 1 / (1 + i) for i in range(UPDATES)]
METRIC[20], METRIC[33], METRIC[34] = math.nan, math.inf, -math.inf


@pytest.fixture(autouse=True, params=[1, 1000], ids=["in-bulk", "step-by-step"])
def _chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "CHUNK", 23)
    monkeypatch.setattr(plateaus, "_PIECE", 4)
    if request.param == 1:
        monkeypatch.setattr(parts, "LEAST", 1)
    else:
        monkeypatch.setattr(filling, "bulk", lambda *_: None)
        monkeypatch.setattr(filling, "jointly", lambda *_: None)


def hold(
    make: Make,
    kind: type[Optimizer],
    groups: list[dict[str, Any]],
    metric: list[float] | None = None,
) -> None:
    """Train with a scheduler, and hold what lrviz makes of it against that."""
    real = real_optimizer(kind, groups, {"lr": 0.1})
    theirs = make(real)
    reference = train(real, [Slot(theirs, metric=metric)], UPDATES)
    dummy = dummy_optimizer(kind, groups, {"lr": 0.1})
    ours = make(dummy)
    assert_equal(stepping.run(build(dummy, [Slot(ours, metric=metric)], UPDATES)), reference)
    assert_same_state(ours, theirs)
    assert settings(dummy) == settings(real)


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_a_scheduler(name: str, groups: int, kind: type[Optimizer]) -> None:
    hold(CASES[name], kind, GROUPS[:groups])


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", PLATEAUS)
def test_a_plateau(name: str, groups: int) -> None:
    hold(lambda o: ReduceLROnPlateau(o, **PLATEAUS[name]), torch.optim.SGD, GROUPS[:groups], METRIC)


@pytest.mark.parametrize("second", [9, 22, 23, 24])  # amid a chunk of 23, and about its end
@pytest.mark.parametrize("groups", [1, 2])
def test_schedulers_that_take_turns(groups: int, second: int) -> None:
    hold_several(
        groups,
        lambda o: [
            Slot(LinearLR(o, 0.1, 1, 40), end=second),
            Slot(ExponentialLR(o, 0.9), frequency=2, begin=second, end=40),
            Slot(LambdaLR(o, lambda step: 1 / (1 + step)), begin=45),
        ],
    )


def test_below_zero_the_zero_of_a_cosine_has_its_sign() -> None:
    real = real_optimizer(torch.optim.SGD, GROUPS[:1], {"lr": 0.1})
    theirs = ChainedScheduler([StepLR(real, 10, -0.9), CosineAnnealingLR(real, 31)], real)
    reference = train(real, [Slot(theirs)], UPDATES)
    dummy = dummy_optimizer(torch.optim.SGD, GROUPS[:1], {"lr": 0.1})
    ours = ChainedScheduler([StepLR(dummy, 10, -0.9), CosineAnnealingLR(dummy, 31)], dummy)
    trace = stepping.run(build(dummy, [Slot(ours)], UPDATES))
    assert_equal(trace, reference)
    lrs = trace.curves["lr"]
    assert np.signbit(lrs).tolist() == np.signbit(reference.lr).tolist()
    assert (lrs[31, 0], lrs[30, 0] < 0) == (0, True)


@pytest.mark.parametrize("groups", [1, 2])
def test_schedulers_that_are_called_together(groups: int) -> None:
    hold_several(
        groups,
        lambda o: [
            Slot(LinearLR(o, 0.1, 0.9, 30)),
            Slot(CosineAnnealingLR(o, 40)),  # and up again
            Slot(StepLR(o, 7, 0.9)),
        ],
    )
    hold_several(
        groups,
        lambda o: [Slot(ExponentialLR(o, 0.9), begin=5), Slot(LinearLR(o, 0.1, 1, 30), begin=4)],
    )


def test_a_plateau_that_another_scheduler_joins() -> None:
    metric = [1 / (1 + min(step, 20)) for step in range(UPDATES)]
    hold_several(
        2,
        lambda o: [
            Slot(ReduceLROnPlateau(o, patience=2), metric=metric),
            Slot(ExponentialLR(o, 0.9), begin=23, end=46),
        ],
    )


def hold_several(groups: int, make: Callable[[Optimizer], list[Slot]]) -> None:
    """Hold schedulers of one optimizer, with when they are called, against a training."""
    optimizers = [
        of(torch.optim.SGD, GROUPS[:groups], {"lr": 0.1})
        for of in (real_optimizer, dummy_optimizer)
    ]
    theirs, ours = map(make, optimizers)
    assert_equal(
        stepping.run(build(optimizers[1], ours, UPDATES)), train(optimizers[0], theirs, UPDATES)
    )
    for our, their in zip(ours, theirs, strict=True):
        assert_same_state(our.scheduler, their.scheduler)


@pytest.mark.parametrize(
    "name", ["a cosine down, up and down", "averaged", "averaged at once", "factors in a chain"]
)
def test_so_many_groups_that_a_step_is_made_on_all_at_once(name: str) -> None:
    hold(CASES[name], torch.optim.SGD, [{"lr": 0.1 / (1 + i)} for i in range(20)])


def test_each_class_that_has_a_light_form_is_taken_apart_above() -> None:
    kinds = {*light._RATES, *light._STEPS, *bulk._FORMS}
    found = {ReduceLROnPlateau}
    for make in CASES.values():
        made = make(dummy_optimizer(torch.optim.SGD, GROUPS, {"lr": 0.1}))
        found |= {type(each) for each in (made, *getattr(made, "_schedulers", ()))}
    assert kinds <= found
