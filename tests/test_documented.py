"""The values that torch's documentation and transformers' own tests print."""

from __future__ import annotations

from typing import Any

import pytest

import lrviz

# From the examples in the docstrings of torch 2.13; the last digit is often cut off.
TORCH: dict[str, tuple[float, dict[str, Any], dict[int, str]]] = {
    "StepLR": (
        0.05,
        {"type": "StepLR", "step_size": 30, "gamma": 0.1},
        {0: "0.05", 29: "0.05", 30: "0.005", 59: "0.005", 60: "0.0005", 89: "0.0005"},
    ),
    "MultiStepLR": (
        0.05,
        {"type": "MultiStepLR", "milestones": [30, 80], "gamma": 0.1},
        {29: "0.05", 30: "0.005", 79: "0.005", 80: "0.0005"},
    ),
    "ConstantLR": (
        0.05,
        {"type": "ConstantLR", "factor": 0.5, "total_iters": 40},
        {0: "0.025", 3: "0.025", 39: "0.025", 40: "0.05"},
    ),
    # This docstring counts from the first step() on: its "epoch == 0" is what update 1 uses.
    "LinearLR": (
        0.05,
        {"type": "LinearLR", "start_factor": 0.05, "total_iters": 40},
        {1: "0.003687", 2: "0.004875", 3: "0.006062", 4: "0.00725", 40: "0.05", 41: "0.05"},
    ),
    "SequentialLR": (
        0.05,
        {
            "type": "SequentialLR",
            "milestones": [20],
            "schedulers": [
                {"type": "ConstantLR", "factor": 0.1, "total_iters": 20},
                {"type": "ExponentialLR", "gamma": 0.9},
            ],
        },
        {0: "0.005", 1: "0.005", 19: "0.005", 20: "0.05", 21: "0.045", 22: "0.0405"},
    ),
    # It says lr = 0.05, and its numbers are those of 0.5.
    "ChainedScheduler": (
        0.5,
        {
            "type": "ChainedScheduler",
            "schedulers": [
                {"type": "ConstantLR", "factor": 0.1, "total_iters": 20},
                {"type": "ExponentialLR", "gamma": 0.9},
            ],
        },
        {0: "0.05", 1: "0.0450", 2: "0.0405", 19: "0.00675", 20: "0.06078", 21: "0.05470"},
    ),
}

# From tests/optimization/test_optimization.py of transformers: lr 10, 10 updates.
TRANSFORMERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "get_constant_schedule": ({}, ["10"] * 10),
    "get_constant_schedule_with_warmup": (
        {"num_warmup_steps": 4},
        ["0.0", "2.5", "5.0", "7.5"] + ["10.0"] * 6,
    ),
    "get_linear_schedule_with_warmup": (
        {"num_warmup_steps": 2, "num_training_steps": 10},
        ["0.0", "5.0", "10.0", "8.75", "7.5", "6.25", "5.0", "3.75", "2.5", "1.25"],
    ),
    "get_cosine_schedule_with_warmup": (
        {"num_warmup_steps": 2, "num_training_steps": 10},
        ["0.0", "5.0", "10.0", "9.61", "8.53", "6.91", "5.0", "3.08", "1.46", "0.38"],
    ),
    "get_cosine_with_hard_restarts_schedule_with_warmup": (
        {"num_warmup_steps": 2, "num_training_steps": 10, "num_cycles": 2},
        ["0.0", "5.0", "10.0", "8.53", "5.0", "1.46", "10.0", "8.53", "5.0", "1.46"],
    ),
    "get_polynomial_decay_schedule_with_warmup": (
        {"num_warmup_steps": 2, "num_training_steps": 10, "power": 2.0, "lr_end": 1e-7},
        ["0.0", "5.0", "10.0", "7.656", "5.625", "3.906", "2.5", "1.406", "0.625", "0.156"],
    ),
    "get_inverse_sqrt_schedule": (
        {"num_warmup_steps": 2},
        ["0.0", "5.0", "10.0", "8.165", "7.071", "6.325", "5.774", "5.345", "5.0", "4.714"],
    ),
}


def printed(value: float, text: str) -> bool:
    """Tell whether `text` is `value` to the digits that it has, rounded or cut off."""
    last_digit = 10.0 ** -len(text.partition(".")[2])
    return abs(value - float(text)) <= last_digit


@pytest.mark.parametrize("name", TORCH)
def test_torchs_documentation(name: str) -> None:
    lr, scheduler, expected = TORCH[name]
    spec = {
        "train": {"steps": 90},
        "optimizer": {"type": "SGD", "lr": lr},
        "scheduler": scheduler,
    }
    found = lrviz.simulate(spec).lr[:, 0]
    assert {
        step: found[step] for step, text in expected.items() if not printed(found[step], text)
    } == {}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_expectations(name: str) -> None:
    arguments, expected = TRANSFORMERS[name]
    spec = {
        "train": {"steps": 10},
        "optimizer": {"type": "AdamW", "lr": 10.0},
        "scheduler": {"type": f"transformers.{name}", **arguments},
    }
    found = lrviz.simulate(spec).lr[:, 0].tolist()
    assert [printed(value, text) for value, text in zip(found, expected, strict=True)] == [
        True
    ] * 10
