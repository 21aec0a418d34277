"""What rules say of more of the bugs that people hit, with the numbers of the run."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler

from lrviz.checking.runner import Finding, check
from lrviz.sources.loading import load_all

SGD = {"type": "SGD", "lr": 0.1, "momentum": 0.9}
EPOCHS = {"epochs": 90, "steps_per_epoch": 100}
STEPS = {"steps": 10000}
DEVICES = {"epochs": 10, "dataset_size": 64000, "batch_size": 16, "world_size": 4}
COSINE = {"type": "CosineAnnealingLR", "T_max": 9500}
TRANSFORMERS = "transformers.get_cosine_schedule_with_warmup"


def found(scheduler: Any, train: Any, **beside: Any) -> list[Finding]:
    spec = {"train": train, "optimizer": SGD, "scheduler": scheduler} | beside
    return list(check(load_all([spec]).schedules).at_least("warning"))


CASES = {
    "each count of a list": (
        {"type": "MultiStepLR", "milestones": [30, 60, 80]},
        EPOCHS,
        "LRV002",
        "milestones 30, 60, 80 are counted in updates, and read like a count of the 90 epochs:"
        " it is over after 80 of 9,000 updates, 0.8 epochs",
        "set `interval: epoch`, or write milestones: [30ep, 60ep, 80ep]",
    ),
    "a step decay that dies at once": (
        {"type": "StepLR", "step_size": 30},
        EPOCHS,
        "LRV002",
        "step_size 30 is counted in updates, and reads like a count of the 90 epochs:"
        " it is over after 30 of 9,000 updates, 0.3 epochs",
        "set `interval: epoch`, or write step_size: 30ep",
    ),
    "the phase behind a warmup": (
        {
            "type": "SequentialLR",
            "milestones": [5],
            "schedulers": [
                {"type": "LinearLR", "start_factor": 0.01, "total_iters": 5},
                {"type": "CosineAnnealingLR", "T_max": 85},
            ],
        },
        EPOCHS,
        "LRV002",
        "T_max 85 is counted in updates, and reads like a count of the 90 epochs:"
        " it is over after 85 of 8,995 updates, 0.85 epochs",
        "set `interval: epoch`, or write T_max: 85ep",
    ),
    "divided by the devices": (
        {"type": "CosineAnnealingLR", "T_max": 2500},
        DEVICES,
        "LRV004",
        "T_max is 2,500, 1/4 of the 10,000 steps of the scheduler, and world_size is 4:"
        " it was divided by that once too often",
        "set T_max to 10000",
    ),
    "counted in all devices' batches": (
        {"type": "CosineAnnealingLR", "T_max": 40000},
        DEVICES,
        "LRV004",
        "T_max is 40,000, 4 times the 10,000 steps of the scheduler, and world_size is 4:"
        " it counts the batches of all devices",
        "set T_max to 10000",
    ),
    "transformers, too short": (
        {"type": TRANSFORMERS, "num_warmup_steps": 500, "num_training_steps": 5000},
        STEPS,
        "LRV201",
        "the LR climbs from 0 at update 5,000 back to 0.1 at update 9,500:"
        " num_training_steps is 5,000, the scheduler takes 10,000 steps",
        "set num_training_steps to 10000; for restarts take CosineAnnealingWarmRestarts",
    ),
    "transformers, too long": (
        {"type": TRANSFORMERS, "num_warmup_steps": 500, "num_training_steps": 30000},
        STEPS,
        "LRV202",
        "the training ends at an LR of 0.07653, 76.5% of the peak:"
        " num_training_steps is 30,000, the scheduler takes 10,000 steps",
        "set num_training_steps to 10000",
    ),
    "transformers, a whole wave": (
        {
            "type": TRANSFORMERS,
            "num_warmup_steps": 500,
            "num_training_steps": 10000,
            "num_cycles": 1,
        },
        STEPS,
        "LRV303",
        "num_cycles is 1: the LR falls to 0 at update 5,250 and rises back to 0.1 at the end,"
        " 100% of the peak",
        "set num_cycles to 0.5, one fall",
    ),
    "a default of five steps": (
        {"type": "PolynomialLR"},
        STEPS,
        "LRV203",
        "from update 5 on the LR is 0: the last 9,995 updates, 100% of the training, learn nothing",
        "set total_iters to 10000",
    ),
    "a gamma for epochs": (
        {"type": "ExponentialLR", "gamma": 0.95},
        EPOCHS,
        "LRV203",
        "from update 135 on the LR is below a thousandth of its peak 0.1:"
        " the last 8,865 updates, 98.5% of the training, learn nothing",
        "a gamma of 0.999488 ends at a hundredth of the start",
    ),
    "a first cycle that is too long": (
        {"type": "CosineAnnealingWarmRestarts", "T_0": 20000},
        STEPS,
        "LRV302",
        "the training ends 50% into a cycle of 20,000 steps that began at update 0,"
        " at an LR of 0.05001, 50% of the peak",
        "set T_0 to 10000",
    ),
    "cycles that double": (
        {"type": "CosineAnnealingWarmRestarts", "T_0": 1000, "T_mult": 2},
        STEPS,
        "LRV302",
        "the training ends 37.5% into a cycle of 8,000 steps that began at update 7,000,"
        " at an LR of 0.06915, 69.2% of the peak",
        "set T_0 to 1429",
    ),
    "a warmup of LinearLR's default": (
        {
            "type": "SequentialLR",
            "milestones": [500],
            "schedulers": [{"type": "LinearLR", "start_factor": 0.01}, COSINE],
        },
        STEPS,
        "LRV104",
        "the warmup takes LinearLR's default of 5 steps, of 10,000:"
        " the LR goes from 0.001 to 0.1 in 5 steps",
        "add total_iters: 500, or 5%",
    ),
    "a composite that torch cannot begin": (
        {
            "type": "SequentialLR",
            "milestones": [500],
            "schedulers": [
                {"type": "LinearLR", "start_factor": 0.01, "total_iters": 500},
                {"type": "ChainedScheduler", "schedulers": [COSINE]},
            ],
        },
        STEPS,
        "LRV405",
        "torch raises after update 499 of 10,000, where the inner ChainedScheduler begins",
        "write its phases into the outer SequentialLR",
    ),
    "drops under restarts": (
        {
            "type": "ChainedScheduler",
            "schedulers": [
                {"type": "CosineAnnealingWarmRestarts", "T_0": 2500},
                {"type": "MultiStepLR", "milestones": [5000]},
            ],
        },
        STEPS,
        "LRV406",
        "CosineAnnealingWarmRestarts sets the LR from its own count at every step,"
        " and undoes what MultiStepLR did",
        "give them `begin:` and `end:`, so that one is done before the other starts",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bug_is_told_with_its_numbers(name: str) -> None:
    scheduler, train, code, message, advice = CASES[name]
    [only] = found(scheduler, train)
    assert (only.code, only.message, only.advice) == (code, message, advice)


def test_onecycle_per_epoch_has_its_steps_as_a_product() -> None:
    onecycle = {"type": "OneCycleLR", "max_lr": 0.1, "epochs": 90, "steps_per_epoch": 100}
    [only] = found(onecycle, EPOCHS, interval="epoch")
    assert (only.code, only.message) == (
        "LRV003",
        "epochs * steps_per_epoch is 9,000, but the scheduler is stepped once an epoch and takes"
        " 90 steps: 1% of it is ever run, and the LR goes from 0.004 to 0.004257",
    )


def test_one_epoch_has_no_step_per_epoch() -> None:
    train = {"epochs": 1, "steps_per_epoch": 100}
    [only] = found({"type": "CosineAnnealingLR", "T_max": 1}, train, interval="epoch")
    assert (only.code, only.message, only.advice) == (
        "LRV005",
        "CosineAnnealingLR never steps: its first step would come after epoch 1, and the training"
        " has 1 epoch of 100 updates; the LR stays at 0.1",
        "set `interval: step`",
    )


def test_a_floor_is_compared_with_each_group() -> None:
    optimizer = {"type": "AdamW", "lr": 0.1, "groups": {"a": {"lr": 0.001}, "b": {}}}
    [only] = found(
        {"type": "CosineAnnealingLR", "T_max": 10000, "eta_min": 0.01}, STEPS, optimizer=optimizer
    )
    assert (only.code, only.message) == (
        "LRV207",
        "eta_min is 0.01, group a's lr 0.001: the decay rises",
    )


def test_a_plateau_under_a_sequence_is_undone_at_its_milestone() -> None:
    spec = {
        "train": {"epochs": 20, "steps_per_epoch": 50},
        "optimizer": SGD,
        "metric": {"curve": "1"},
        "schedulers": [
            {
                "interval": "epoch",
                "scheduler": {
                    "type": "SequentialLR",
                    "milestones": [10],
                    "schedulers": [
                        {"type": "ConstantLR", "factor": 1.0},
                        {"type": "StepLR", "step_size": 5},
                    ],
                },
            },
            {"interval": "epoch", "scheduler": {"type": "ReduceLROnPlateau", "patience": 2}},
        ],
    }
    [only] = check(load_all([spec]).schedules).findings
    assert (only.code, only.message) == (
        "LRV406",
        "SequentialLR starts from the lr anew at update 500, and undoes what ReduceLROnPlateau did",
    )


RECIPES: dict[str, Any] = {
    "drops at the end too": {
        "interval": "epoch",
        "scheduler": {"type": "MultiStepLR", "milestones": [30, 60, 90]},
    },
    "warmup and cosine of torchvision": {
        "interval": "epoch",
        "scheduler": {
            "type": "SequentialLR",
            "milestones": [5],
            "schedulers": [
                {"type": "LinearLR", "start_factor": 0.01, "total_iters": 5},
                {"type": "CosineAnnealingLR", "T_max": 85},
            ],
        },
    },
    "a constant warmup": {
        "interval": "epoch",
        "scheduler": {
            "type": "SequentialLR",
            "milestones": [5],
            "schedulers": [
                {"type": "ConstantLR", "factor": 0.1, "total_iters": 5},
                {"type": "MultiStepLR", "milestones": [25, 55]},
            ],
        },
    },
    "restarts that fit": {
        "interval": "epoch",
        "scheduler": {"type": "CosineAnnealingWarmRestarts", "T_0": 30},
    },
    "a decay in small steps": {"scheduler": {"type": "StepLR", "step_size": 1, "gamma": 0.9997}},
    "the second half to zero": {
        "scheduler": {"type": "LambdaLR", "lr_lambda": "1 - max(0, step - 4500) / 4500"}
    },
    "hard restarts of transformers": {
        "scheduler": {
            "type": "transformers.get_cosine_with_hard_restarts_schedule_with_warmup",
            "num_warmup_steps": 500,
            "num_training_steps": 9000,
            "num_cycles": 3,
        }
    },
    "a phase at the peak": {
        "scheduler": {
            "type": "SequentialLR",
            "milestones": ["5%", "80%"],
            "schedulers": [
                {"type": "LinearLR", "start_factor": 0.01, "total_iters": "5%"},
                {"type": "ConstantLR", "factor": 1.0},
                {"type": "LinearLR", "start_factor": 1.0, "end_factor": 0.0, "total_iters": "20%"},
            ],
        }
    },
    "warmup, then a plateau": {
        "metric": {"curve": "1 - min(progress, 0.3)"},
        "schedulers": [
            {"scheduler": {"type": "LinearLR", "start_factor": 0.01, "total_iters": "1ep"}},
            {"interval": "epoch", "scheduler": {"type": "ReduceLROnPlateau", "patience": 5}},
        ],
    },
    "weight averaging": {
        "schedulers": [
            {
                "interval": "epoch",
                "end": 67,
                "scheduler": {"type": "CosineAnnealingLR", "T_max": 90},
            },
            {"interval": "epoch", "begin": 67, "scheduler": {"type": "SWALR", "swa_lr": 0.05}},
        ]
    },
    "a frozen group": {
        "optimizer": {"type": "AdamW", "lr": 1e-3, "groups": {"frozen": {"lr": 0.0}, "head": {}}},
        "scheduler": "cosine",
    },
}


@pytest.mark.parametrize("name", RECIPES)
def test_what_people_mean_raises_no_alarm(name: str) -> None:
    spec = {"train": EPOCHS, "optimizer": SGD} | RECIPES[name]
    report = check(load_all([spec]).schedules)
    assert [(each.code, each.message) for each in report.at_least("warning")] == []


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("ValueError: Tried to step 11 times", "make its own length that of the training"),
        ("ValueError: zip() argument 2 is longer than argument 1", "give it one value a group"),
        ("TypeError: step() missing 1 required positional argument: 'metrics'", "`metric:` in a"),
        ("TypeError: step() missing 1 required positional argument: 'epoch'", "is given the epoch"),
        ("KeyError: 'phase'", "these words are all that is known of the cause"),
    ],
)
def test_what_a_scheduler_raised_tells_what_to_do(message: str, advice: str) -> None:
    def make(optimizer: torch.optim.Optimizer) -> LRScheduler:
        class Raises(LRScheduler):
            def get_lr(self) -> list[float | torch.Tensor]:
                if self.last_epoch > 3:
                    kind, _, words = message.partition(": ")
                    raise {"KeyError": KeyError, "TypeError": TypeError}.get(kind, ValueError)(
                        words
                    )
                return [0.1]

        return Raises(optimizer)

    found = check(load_all([make]).schedules).findings
    [raised] = [each for each in found if each.code == "LRV006"]
    assert advice in raised.advice
