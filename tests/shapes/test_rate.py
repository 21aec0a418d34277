"""Each framework's schedule, == to what its own code gave once (tests/data/configs)."""

from __future__ import annotations

import inspect
import json
import math
from pathlib import Path
from typing import Any

import pytest

import lrviz
from lrviz.shapes import frameworks

DATA = Path(__file__).parents[1] / "data/configs"
CASES = [case for file in sorted(DATA.glob("rates*.json")) for case in json.loads(file.read_text())]
W, T, LR = 7, 40, 3e-4
GIVEN = {"num_warmup_steps": W, "num_training_steps": T}


def rates(name: str, arguments: dict[str, Any], lr: float, updates: int) -> list[float]:
    spec = {
        "train": {"steps": updates},
        "optimizer": {"type": "AdamW", "lr": lr},
        "scheduler": {"type": name, **arguments},
    }
    trace = lrviz.simulate(lrviz.load(spec)[0])
    return [float(each) for each in trace.lr[:, 0]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']}-{case['arguments']}")
def test_equal_to_the_values_that_the_framework_gave(case: dict[str, Any]) -> None:
    made = rates(case["type"], case["arguments"], case["lr"], case["updates"])
    assert {at: made[int(at)] for at in case["rates"]} == case["rates"]


TRANSFORMERS: list[tuple[str, dict[str, Any]]] = [
    ("constant", {}),
    ("constant_with_warmup", {}),
    ("linear", {}),
    ("cosine", {}),
    ("cosine", {"num_cycles": 1.0}),
    ("cosine_with_restarts", {"num_cycles": 3}),
    ("polynomial", {}),
    ("polynomial", {"lr_end": 1e-6, "power": 2.0}),
    ("inverse_sqrt", {}),
    ("inverse_sqrt", {"timescale": 100}),
    ("cosine_with_min_lr", {"min_lr": 1e-5}),
    ("cosine_with_min_lr", {"min_lr_rate": 0.1, "num_cycles": 1.5}),
    ("cosine_warmup_with_min_lr", {"min_lr": 1e-5}),
    ("cosine_warmup_with_min_lr", {"min_lr_rate": 0.1, "warmup_lr_rate": 0.2}),
    ("warmup_stable_decay", {"num_decay_steps": 10}),
    (
        "warmup_stable_decay",
        {
            "num_decay_steps": 11,
            "num_stable_steps": 9,
            "min_lr_ratio": 0.1,
            "warmup_type": "cosine",
            "decay_type": "1-sqrt",
        },
    ),
]


@pytest.mark.filterwarnings("ignore:Both num_training_steps")
@pytest.mark.parametrize(("name", "extra"), TRANSFORMERS, ids=str)
@pytest.mark.parametrize("warmup", [0, W])
def test_equal_to_the_installed_transformers(name: str, extra: dict[str, Any], warmup: int) -> None:
    import torch
    from transformers import get_scheduler

    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    scheduler = get_scheduler(name, optimizer, warmup, T, extra)
    theirs = []
    for _ in range(T + 5):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    parameters = inspect.signature(frameworks.of("transformers")[name]).parameters
    given = {**GIVEN, "num_warmup_steps": warmup}
    arguments = {key: value for key, value in given.items() if key in parameters}
    assert rates(f"transformers.{name}", {**arguments, **extra}, LR, T + 5) == theirs


def test_every_schedule_is_held_to_its_framework() -> None:
    held = {case["type"] for case in CASES} | {f"transformers.{name}" for name, _ in TRANSFORMERS}
    known = {f"{each}.{name}" for each in frameworks.frameworks() for name in frameworks.of(each)}
    assert held == known


def test_two_param_groups_have_rates_of_their_own() -> None:
    spec = {
        "train": {"steps": 20},
        "optimizer": {"type": "AdamW", "lr": 1e-3, "groups": {"a": {}, "b": {"lr": 1e-4}}},
        "scheduler": {"type": "nemo.CosineAnnealing", "max_steps": 20, "min_lr": 1e-5},
    }
    trace = lrviz.simulate(lrviz.load(spec)[0])
    assert list(trace.lr[0]) == [1e-3, 1e-4]
    halfway = 0.5 * (1 + math.cos(math.pi * 10 / 20))
    assert list(trace.lr[10]) == [(lr - 1e-5) * halfway + 1e-5 for lr in (1e-3, 1e-4)]
