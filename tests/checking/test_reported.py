"""Bugs of public threads, as specs: the right cause is named, and its advice mends them."""

from __future__ import annotations

from typing import Any

import pytest

from lrviz.checking.runner import Finding, check
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides

TRANSFORMERS = "transformers.get_cosine_schedule_with_warmup"


def spec(scheduler: Any, steps: int = 1000, **optimizer: Any) -> dict[str, Any]:
    return {
        "train": {"steps": steps},
        "optimizer": {"type": "AdamW", "lr": 1e-3} | optimizer,
        "scheduler": scheduler,
    }


def loud(given: dict[str, Any], *sets: str) -> list[Finding]:
    return list(check(load_all([given], Overrides(sets=sets)).schedules).at_least("warning"))


def by_hand(expression: Any) -> dict[str, Any]:
    return {"type": "LambdaLR", "lr_lambda": expression}


COSINE_198 = {"type": TRANSFORMERS, "num_warmup_steps": 22, "num_training_steps": 198}
MEGATRON = "step / 22 if step < 22 else 0.5 * (1 + cos(pi * min(1, (step - 22) / (198 - 22))))"
CASES: dict[str, tuple[dict[str, Any], str, str, str, str]] = {
    "a cosine whose warmup was subtracted twice": (
        spec(COSINE_198, 220, lr=1e-5),
        "LRV203",
        "num_training_steps is 198, the scheduler takes 220 steps: from update 198 on, 10% of the"
        " training, the fall is over, and the LR at most 3.472e-7, 3.47% of its peak",
        "set num_training_steps to 220",
        "scheduler.num_training_steps=220",
    ),
    "the same by hand": (
        spec(by_hand(MEGATRON), 220, lr=1e-5),
        "LRV203",
        "from update 195 on the LR is below a thousandth of its peak 1e-5: the last 25 updates,"
        " 11.4% of the training, learn nothing",
        "the fall ends at update 198: let it end with the training, at 220",
        "scheduler.lr_lambda=" + MEGATRON.replace("198", "220"),
    ),
    "a cosine that climbs back": (
        spec({"type": "CosineAnnealingLR", "T_max": 500}),
        "LRV201",
        "the LR climbs from 0 at update 500 back to 0.001 at the end: T_max is 500, the scheduler"
        " takes 1,000 steps",
        "set T_max to 1000; for restarts take CosineAnnealingWarmRestarts",
        "scheduler.T_max=1000",
    ),
    "a floor for a share": (
        spec(by_hand({"shape": "warmup_cosine", "warmup": "5%", "min_ratio": 2.2e-5}), lr=2.2e-4),
        "LRV212",
        "min_ratio is 2.2e-5, a share of the lr: the LR falls to 4.84e-9, not to 2.2e-5",
        "set min_ratio to 0.1, for a floor of 2.2e-5",
        "scheduler.lr_lambda.min_ratio=0.1",
    ),
    "a momentum that grows": (
        spec({"type": "CosineAnnealingLR", "T_max": 1000}, type="SGD", momentum=1.2),
        "LRV605",
        "the momentum is 1.2: it is a share of the last step that is kept, from 0 to below 1",
        "set it below 1, as 0.9",
        "optimizer.momentum=0.9",
    ),
    "a cycle's momentum that grows": (
        spec(
            {"type": "OneCycleLR", "max_lr": 0.1, "total_steps": 1000, "max_momentum": 1.05},
            type="SGD",
            lr=0.1,
            momentum=0.9,
        ),
        "LRV605",
        "the momentum is 1.05 at update 0: it is a share of the last step that is kept, from 0 to"
        " below 1",
        "set it below 1, as 0.9",
        "scheduler.max_momentum=0.9",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_right_cause_is_named_and_its_advice_mends_it(name: str) -> None:
    given, code, message, advice, mend = CASES[name]
    [finding] = loud(given)
    assert (finding.code, finding.message, finding.advice) == (code, message, advice)
    assert loud(given, mend) == []


def test_a_product_inside_of_a_sequence_is_not_told_to_become_another_sequence() -> None:
    chained = {
        "type": "ChainedScheduler",
        "schedulers": [
            {"type": "LinearLR", "start_factor": 0.01, "total_iters": 300},
            {"type": "ExponentialLR", "gamma": 0.99},
        ],
    }
    last = {"type": "ConstantLR", "factor": 0.1, "total_iters": 1000}
    given = {"type": "SequentialLR", "milestones": [500], "schedulers": [chained, last]}
    found = {each.code: each.advice for each in loud(spec(given))}
    assert (
        found["LRV404"] == "make them phases of the SequentialLR around them, 300 steps the first"
    )
    assert found["LRV405"] == "write its phases into the outer SequentialLR"
