"""Every scheduler that torch has, on trainings of some tens of updates, and how they are run."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
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

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.dummy import dummy_optimizer
from lrviz.spec.cadence import Cadence
from lrviz.spec.durations import Length
from tests.reference import Slot

Make = Callable[[Optimizer, int], Any]

GROUPS: list[dict[str, Any]] = [{}, {"lr": 0.03}]
SGD: dict[str, Any] = {"lr": 0.1, "momentum": 0.9}


def nested(optimizer: Optimizer, n: int) -> SequentialLR:
    """Return a SequentialLR in another; torch warns, without a reason, while it builds that."""
    with warnings.catch_warnings(action="ignore"):
        inner = [ConstantLR(optimizer, 0.5, 3), ExponentialLR(optimizer, 0.9)]
        outer = [SequentialLR(optimizer, inner, [n // 8]), StepLR(optimizer, 5)]
        return SequentialLR(optimizer, outer, [n // 2])


# A training of n calls; each class comes to every branch of its own within it.
SCHEDULERS: dict[str, Make] = {
    "LambdaLR": lambda o, n: LambdaLR(o, lambda step: 1 / (1 + step)),
    "MultiplicativeLR": lambda o, n: MultiplicativeLR(o, lambda step: 0.9 + step / (20 * n)),
    "StepLR": lambda o, n: StepLR(o, max(1, n // 5), gamma=0.3),
    "MultiStepLR": lambda o, n: MultiStepLR(o, [n // 3, n // 2, n // 2], gamma=0.3),
    "ConstantLR": lambda o, n: ConstantLR(o, 0.3, n // 4),
    "LinearLR": lambda o, n: LinearLR(o, 0.1, 0.9, n // 3),
    "ExponentialLR": lambda o, n: ExponentialLR(o, 0.97),
    "PolynomialLR": lambda o, n: PolynomialLR(o, 2 * n // 3, power=1.7),
    "CosineAnnealingLR": lambda o, n: CosineAnnealingLR(o, max(1, n // 2), eta_min=0.001),
    "CosineAnnealingWarmRestarts": lambda o, n: CosineAnnealingWarmRestarts(o, max(1, n // 7), 2),
    "CyclicLR": lambda o, n: CyclicLR(o, 0.01, [0.1, 0.2][: len(o.param_groups)], max(1, n // 6)),
    "CyclicLR-exp": lambda o, n: CyclicLR(
        o, 0.01, 0.1, max(1, n // 6), mode="exp_range", gamma=0.99, cycle_momentum=False
    ),
    "OneCycleLR": lambda o, n: OneCycleLR(o, 0.1, n + 1),
    "OneCycleLR-linear": lambda o, n: OneCycleLR(
        o, 0.1, n + 1, anneal_strategy="linear", three_phase=True, cycle_momentum=False
    ),
    "SWALR": lambda o, n: SWALR(o, 0.05, max(1, n // 2)),
    "SequentialLR": lambda o, n: SequentialLR(
        o, [LinearLR(o, 0.1, total_iters=n // 4), CosineAnnealingLR(o, n + 1)], [n // 4]
    ),
    "SequentialLR-nested": lambda o, n: nested(o, n),
    "ChainedScheduler": lambda o, n: ChainedScheduler(
        [ConstantLR(o, 0.1, n // 4), ExponentialLR(o, 0.97)], o
    ),
    "ReduceLROnPlateau": lambda o, n: ReduceLROnPlateau(o, factor=0.5, patience=2, min_lr=0.01),
}


def metric_of(name: str, length: int) -> list[float] | None:
    """Return a metric with several plateaus for the scheduler that needs one."""
    if name != "ReduceLROnPlateau":
        return None
    return [1.0 / (1 + i // 7) + (i * 7919 % 13) / 100 for i in range(length)]


def sgd(groups: int) -> Optimizer:
    """Return a dummy SGD with momentum and as many groups."""
    return dummy_optimizer(torch.optim.SGD, GROUPS[:groups], SGD)


def build(
    optimizer: Optimizer,
    slots: list[Slot],
    updates: int,
    updates_per_epoch: int | None = None,
    *,
    own: bool = True,
) -> Built:
    """Return the same as what the reference loop gets, for lrviz."""
    schedulers = tuple(
        BuiltScheduler(
            slot.scheduler,
            Cadence(slot.interval, slot.frequency, slot.begin, slot.end),
            None if slot.metric is None else np.array(slot.metric),
        )
        for slot in slots
    )
    names = tuple(f"g{i}" for i in range(len(optimizer.param_groups)))
    length = Length(updates, updates_per_epoch)
    return Built("curve", "source", optimizer, schedulers, length, names, own=own)
