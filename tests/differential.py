"""Random trainings, and torch objects built for them by hand: what lrviz is compared with.

`cases` gives specs as plain data; `by_hand` builds what such a spec means with torch's own
constructors, and shares no code with lrviz.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st
from torch.optim import lr_scheduler, swa_utils

from tests.reference import Slot, real_optimizer

LRS = st.sampled_from([1.0, 0.1, 0.3, 1e-3, 3e-4, 7.123456789e-5]) | st.floats(1e-6, 10.0)
FACTORS = st.sampled_from([0.1, 0.5, 0.9, 1.0 / 3.0]) | st.floats(0.01, 0.99)
COUNTS = st.integers(1, 12) | st.integers(1, 120)
LAMBDAS = {
    "0.95 ** step": lambda step: math.pow(0.95, step),
    "1 / (1 + 0.1 * step)": lambda step: 1.0 / (1.0 + 0.1 * step),
    "min((step + 1) ** -0.5, (step + 1) * 40 ** -1.5)": lambda step: min(
        math.pow(step + 1.0, -0.5), (step + 1.0) * math.pow(40.0, -1.5)
    ),
    "0.5 if step % 10 < 5 else 1": lambda step: 0.5 if step % 10.0 < 5.0 else 1.0,
}
LEAVES = [
    "LambdaLR",
    "MultiplicativeLR",
    "StepLR",
    "MultiStepLR",
    "ConstantLR",
    "LinearLR",
    "ExponentialLR",
    "PolynomialLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "OneCycleLR",
    "SWALR",
]
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9},
    "Adadelta": {},
    "Adafactor": {},
    "Adagrad": {},
    "Adam": {"betas": [0.9, 0.95]},
    "Adamax": {},
    "AdamW": {"weight_decay": 0.1},
    "ASGD": {},
    "Muon": {},
    "NAdam": {},
    "RAdam": {},
    "RMSprop": {"momentum": 0.5},
    "Rprop": {},
    "SparseAdam": {},
}


@st.composite
def leaves(draw: st.DrawFn, groups: int) -> dict[str, Any]:
    """A scheduler that stands alone: its class and arguments."""

    def per_group(values: st.SearchStrategy[float]) -> Any:
        if draw(st.booleans()):
            return draw(st.lists(values, min_size=groups, max_size=groups))
        return draw(values)

    name = draw(st.sampled_from(LEAVES))
    arguments: dict[str, Callable[[], dict[str, Any]]] = {
        "LambdaLR": lambda: {"lr_lambda": draw(lambdas(groups))},
        "MultiplicativeLR": lambda: {"lr_lambda": draw(lambdas(groups))},
        "StepLR": lambda: {"step_size": draw(COUNTS), "gamma": draw(FACTORS)},
        "MultiStepLR": lambda: {
            "milestones": draw(st.lists(COUNTS, min_size=1, max_size=4)),
            "gamma": draw(FACTORS),
        },
        "ConstantLR": lambda: {"factor": draw(FACTORS), "total_iters": draw(COUNTS)},
        "LinearLR": lambda: {
            "start_factor": draw(FACTORS),
            "end_factor": draw(st.sampled_from([1.0, 0.5, 0.0])),
            "total_iters": draw(COUNTS),
        },
        "ExponentialLR": lambda: {"gamma": draw(FACTORS)},
        "PolynomialLR": lambda: {
            "total_iters": draw(COUNTS),
            "power": draw(st.sampled_from([1.0, 2.0, 0.9])),
        },
        "CosineAnnealingLR": lambda: {"T_max": draw(COUNTS), "eta_min": draw(FACTORS) * 1e-3},
        "CosineAnnealingWarmRestarts": lambda: {
            "T_0": draw(COUNTS),
            "T_mult": draw(st.integers(1, 3)),
            "eta_min": 1e-5,
        },
        "CyclicLR": lambda: {
            "base_lr": per_group(LRS),
            "max_lr": per_group(LRS),
            "step_size_up": draw(COUNTS),
            "step_size_down": draw(st.none() | COUNTS),
            "mode": draw(st.sampled_from(["triangular", "triangular2", "exp_range"])),
            "gamma": draw(FACTORS),
            "cycle_momentum": draw(st.booleans()),
        },
        "OneCycleLR": lambda: {
            "max_lr": per_group(LRS),
            "total_steps": draw(st.integers(2, 200)),
            "pct_start": draw(st.sampled_from([0.3, 0.1, 0.45])),
            "anneal_strategy": draw(st.sampled_from(["cos", "linear"])),
            "three_phase": draw(st.booleans()),
            "cycle_momentum": draw(st.booleans()),
        },
        "SWALR": lambda: {
            "swa_lr": per_group(LRS),
            "anneal_epochs": draw(st.integers(0, 20)),
            "anneal_strategy": draw(st.sampled_from(["cos", "linear"])),
        },
    }
    return {"type": name, **arguments[name]()}


def lambdas(groups: int) -> st.SearchStrategy[Any]:
    """One expression, or one a group."""
    one = st.sampled_from(sorted(LAMBDAS))
    return one | st.lists(one, min_size=groups, max_size=groups)


@st.composite
def trees(draw: st.DrawFn, groups: int, depth: int = 2) -> dict[str, Any]:
    """A scheduler: a leaf, or a composite of others as deep as `depth`."""
    kinds = ["leaf"] * 3 + (["SequentialLR", "ChainedScheduler"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "leaf":
        return draw(leaves(groups))
    members = draw(st.lists(trees(groups, depth - 1), min_size=1, max_size=3))
    if kind == "ChainedScheduler":
        return {"type": kind, "schedulers": members}
    gaps = draw(st.lists(st.integers(1, 25), min_size=len(members) - 1, max_size=len(members) - 1))
    milestones = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    return {"type": kind, "schedulers": members, "milestones": milestones}


@st.composite
def slots(draw: st.DrawFn, groups: int, updates: int) -> dict[str, Any]:
    """A member of `schedulers`: a scheduler or ReduceLROnPlateau, and when it is stepped."""
    begin = draw(st.just(0) | st.integers(0, 30))
    slot: dict[str, Any] = {
        "interval": draw(st.sampled_from(["step", "epoch"])),
        "frequency": draw(st.sampled_from([1, 1, 2, 3])),
        "begin": begin,
    }
    if draw(st.booleans()):
        slot["end"] = begin + draw(st.integers(1, 60))
    if draw(st.integers(0, 4)):
        return {**slot, "scheduler": draw(trees(groups))}
    values = st.lists(st.floats(0.0, 3.0), min_size=updates, max_size=updates)
    plateau = {
        "type": "ReduceLROnPlateau",
        "factor": draw(FACTORS),
        "patience": draw(st.integers(0, 4)),
        "mode": draw(st.sampled_from(["min", "max"])),
        "threshold_mode": draw(st.sampled_from(["rel", "abs"])),
        "cooldown": draw(st.integers(0, 2)),
        "min_lr": draw(st.sampled_from([0.0, 1e-4])),
    }
    return {**slot, "metric": {"values": draw(values)}, "scheduler": plateau}


@st.composite
def cases(draw: st.DrawFn, max_updates: int = 120) -> dict[str, Any]:
    """A whole spec of one schedule, all counts absolute."""
    updates = draw(st.integers(1, max_updates))
    name = draw(st.sampled_from(sorted(OPTIMIZERS)))
    groups = draw(st.sampled_from([1, 1, 2, 3, 5]))
    optimizer: dict[str, Any] = {"type": name, "lr": draw(LRS), **OPTIMIZERS[name]}
    if groups > 1:
        options = st.fixed_dictionaries({}, optional={"lr": LRS})
        optimizer["groups"] = {f"g{index}": draw(options) for index in range(groups)}
    if draw(st.booleans()):
        schedulers = [{"scheduler": draw(trees(groups))}]
    else:
        schedulers = draw(st.lists(slots(groups, updates), min_size=1, max_size=3))
    return {
        "train": {"steps": updates, "steps_per_epoch": draw(st.integers(1, 20))},
        "optimizer": optimizer,
        "schedulers": schedulers,
    }


def by_hand(case: dict[str, Any]) -> tuple[torch.optim.Optimizer, list[Slot]]:
    """Build what a case means, as one would write it in a training script."""
    described = dict(case["optimizer"])
    cls = getattr(torch.optim, described.pop("type"))
    groups = list(described.pop("groups", {"0": {}}).values())
    if "betas" in described:
        described["betas"] = tuple(described["betas"])
    optimizer = real_optimizer(cls, groups, described)
    built = []
    for slot in case["schedulers"]:
        built.append(
            Slot(
                scheduler=scheduler_by_hand(slot["scheduler"], optimizer),
                interval=slot.get("interval", "step"),
                frequency=slot.get("frequency", 1),
                begin=slot.get("begin", 0),
                end=slot.get("end"),
                metric=slot["metric"]["values"] if "metric" in slot else None,
            )
        )
    return optimizer, built


def scheduler_by_hand(node: dict[str, Any], optimizer: torch.optim.Optimizer) -> Any:
    """Build one scheduler, its members first."""
    arguments = dict(node)
    name = arguments.pop("type")
    if name == "SWALR":
        return swa_utils.SWALR(optimizer, **arguments)
    if "schedulers" in arguments:
        members = [scheduler_by_hand(each, optimizer) for each in arguments["schedulers"]]
        if name == "ChainedScheduler":
            return lr_scheduler.ChainedScheduler(members, optimizer)
        return lr_scheduler.SequentialLR(optimizer, members, arguments["milestones"])
    if "lr_lambda" in arguments:
        text = arguments["lr_lambda"]
        many = isinstance(text, list)
        arguments["lr_lambda"] = [LAMBDAS[each] for each in text] if many else LAMBDAS[text]
    return getattr(lr_scheduler, name)(optimizer, **arguments)
