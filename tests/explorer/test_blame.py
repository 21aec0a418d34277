"""What torch refuses is said at the control that caused it."""

from __future__ import annotations

import pytest

from lrviz.document import KeyPath
from lrviz.explorer.answering import Answers
from lrviz.explorer.document import State
from lrviz.explorer.opening import Opened


def blamed(text: str) -> list[KeyPath]:
    """Return the paths of what is wrong in a spec."""
    state = State(text)
    return [each.path for each in Answers(Opened(state)).answer(state).problems]


NODE = ("schedules", "a", "scheduler")


@pytest.mark.parametrize(
    ("scheduler", "path"),
    [
        # Named in torch's words.
        ("{type: onecycle, pct_start: 1.5}", (*NODE, "pct_start")),
        ("{type: OneCycleLR, max_lr: 1lr, total_steps: -5}", (*NODE, "total_steps")),
        ("{type: CosineAnnealingWarmRestarts, T_0: 5, T_mult: 0}", (*NODE, "T_mult")),
        # Not named: the one without which it is built.
        ("{type: LinearLR, total_iters: 9, start_factor: 1.5}", (*NODE, "start_factor")),
        ("{type: LinearLR, start_factor: 0.5, end_factor: -1.0}", (*NODE, "end_factor")),
        (
            "{type: SequentialLR, milestones: [9], schedulers: "
            "[{type: ConstantLR, factor: 2.0}, cosine]}",
            (*NODE, "schedulers", 0, "factor"),
        ),
        ("{type: ReduceLROnPlateau, factor: 1.5}", (*NODE, "factor")),
        # Refused by lrviz.
        ("{type: StepLR, step_size: many}", (*NODE, "step_size")),
        ("{type: StepLR, step_size: 1, nope: 2}", (*NODE, "nope")),
        ("{type: StepLR}", (*NODE, "type")),
        ("{type: nope}", (*NODE, "type")),
        ("{type: warmup-cosine, warmup: [1]}", (*NODE, "warmup")),
    ],
)
def test_a_scheduler(scheduler: str, path: KeyPath) -> None:
    metric = ", metric: {curve: '1'}" if "Plateau" in scheduler else ""
    text = f"train: {{steps: 100}}\nschedules: {{a: {{scheduler: {scheduler}{metric}}}}}\n"
    assert blamed(text) == [path]


@pytest.mark.parametrize(
    ("optimizer", "key"),
    [
        ("{type: SGD, lr: -1.0}", "lr"),
        ("{type: SGD, lr: 0.1, momentum: -1.0}", "momentum"),
        ("{type: Adadelta, rho: 1.5}", "rho"),
        ("{type: AdamW, weight_decay: -1.0}", "weight_decay"),
        ("{type: AdamW, betas: [0.9, 1.5]}", "betas"),
        ("{type: AdamW, momentum: 0.9}", "momentum"),
        ("{type: Adan}", "type"),
    ],
)
def test_an_optimizer_once_for_all_its_curves(optimizer: str, key: str) -> None:
    text = f"train: {{steps: 100}}\noptimizer: {optimizer}\nschedules: {{a: cosine, b: linear}}\n"
    assert blamed(text) == [("optimizer", key)]


def test_a_metric_that_is_missing_is_said_at_its_control() -> None:
    text = "train: {steps: 100}\nschedules: {a: ReduceLROnPlateau}\n"
    assert blamed(text) == [("schedules", "a", "metric", "curve")]


def test_a_training() -> None:
    assert blamed("train: {steps: 0}\nschedules: {a: cosine}\n") == [("train", "steps")]
    assert blamed("train: {steps: 9, nope: 1}\nschedules: {a: cosine}\n") == [("train", "nope")]
    assert blamed("train: {}\nschedules: {a: cosine}\n") == [("train",)]
    assert blamed("schedules: 3\n") == [("schedules",)]
