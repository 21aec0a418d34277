"""Bugs of public threads, as specs: the right cause is named, and its advice mends them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR, LRScheduler, MultiStepLR

from lrviz.checking.runner import Finding, check
from lrviz.errors import ScheduleError
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides
from lrviz.views.text import findings

COSINE = "transformers.get_cosine_schedule_with_warmup"
LINEAR = "transformers.get_linear_schedule_with_warmup"


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


def by_name(name: str, steps: int, **more: float) -> dict[str, Any]:
    given = {"name": name, "num_warmup_steps": 20, "num_training_steps": steps}
    specific = {"scheduler_specific_kwargs": more} if more else {}
    return {"type": "transformers.get_scheduler"} | given | specific


COSINE_198 = {"type": COSINE, "num_warmup_steps": 22, "num_training_steps": 198}
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
    "updates counted in rollouts, linear": (
        spec({"type": LINEAR, "num_warmup_steps": 10, "num_training_steps": 250}, lr=1e-6),
        "LRV203",
        "from update 250 on the LR is 0: the last 750 updates, 75% of the training, learn nothing",
        "set num_training_steps to 1000",
        "scheduler.num_training_steps=1000",
    ),
    "updates counted in rollouts, by name": (
        spec(by_name("cosine", 250), lr=1e-4),
        "LRV201",
        "the LR climbs from 0 at update 250 back to 1e-4 at update 480: num_training_steps is 250,"
        " the scheduler takes 1,000 steps",
        "set num_training_steps to 1000; for restarts take CosineAnnealingWarmRestarts",
        "scheduler.num_training_steps=1000",
    ),
    "the same with a floor": (
        spec(by_name("cosine_with_min_lr", 250, min_lr_rate=0.1), lr=1e-4),
        "LRV201",
        "the LR climbs from 1e-5 at update 250 back to 1e-4 at update 480: num_training_steps is"
        " 250, the scheduler takes 1,000 steps",
        "set num_training_steps to 1000; for restarts take CosineAnnealingWarmRestarts",
        "scheduler.num_training_steps=1000",
    ),
    "a wave for a fall": (
        spec(by_name("cosine", 1000, num_cycles=1.0), lr=1e-4),
        "LRV303",
        "num_cycles is 1: the LR falls to 0 at update 510 and rises back to 1e-4 at the end, 100%"
        " of the peak",
        "set num_cycles to 0.5, one fall",
        "scheduler.scheduler_specific_kwargs.num_cycles=0.5",
    ),
    "a warmup that constant does not have": (
        spec(by_name("constant", 1000), lr=1e-4),
        "LRV105",
        "num_warmup_steps is 20, and update 0 uses the peak 1e-4: constant has no warmup",
        "name constant_with_warmup, or take num_warmup_steps out",
        "scheduler.name=constant_with_warmup",
    ),
    "a constant of another project": (
        spec(by_hand("cos(99 * pi * step / (200 * 1999))")),
        "LRV202",
        "the training ends at an LR of 7.129e-4, 71.3% of the peak, and in the middle of the fall:"
        " it would be over at update 2,020, at 0",
        "make its length that of the training, 1,000 updates",
        "scheduler.lr_lambda=cos(pi * step / 2000)",
    ),
    "a warmup of another training": (
        spec(by_hand("min(1, (step + 1) / 5000)")),
        "LRV101",
        "the LR rises until the end, where it is 2e-4, 20% of lr 0.001: the warmup is longer than"
        " the 1,000 updates of the training",
        "shorten the warmup, to 50 updates or 5%",
        "scheduler.lr_lambda=min(1, (step + 1) / 50)",
    ),
    "a whole schedule of another training": (
        spec({"type": COSINE, "num_warmup_steps": 15000, "num_training_steps": 150001}, 500),
        "LRV101",
        "the warmup takes 15,000 steps of 500: the LR rises until the end, where it is 3.327e-5",
        "set num_training_steps to 500, the length of this training, and num_warmup_steps: 25, or"
        " 5%",
        "scheduler={type: " + COSINE + ", num_warmup_steps: 25, num_training_steps: 500}",
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


FALLING = "min(1, step / 100) * (1.01 - progress)"
FROZEN = "10 * max(0, 1 - step / 100)"


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_group_that_freezes_is_told_of_itself(at: int) -> None:
    names = ["conv", "norm"]
    names.insert(at, "bias")
    lambdas = [FALLING, FALLING]
    lambdas.insert(at, FROZEN)
    given = spec(by_hand(lambdas), type="SGD", lr=0.01, groups={name: {} for name in names})
    [finding] = loud(given)
    assert (finding.code, finding.groups) == ("LRV203", ("bias",))
    assert finding.message == (
        "in group bias: from update 100 on the LR is 0: the last 900 updates, 90% of the training,"
        " learn nothing"
    )
    # A peak lower than the others' hides nothing, and a later end mends it.
    given["scheduler"]["lr_lambda"][at] = "0.1 * max(0, 1 - step / 100)"
    assert [(each.code, each.groups) for each in loud(given)] == [("LRV203", ("bias",))]
    given["scheduler"]["lr_lambda"][at] = "10 * max(0, 1 - step / 1000)"
    assert loud(given) == []


def test_groups_with_the_same_finding_share_a_line() -> None:
    given = spec(
        by_hand([FROZEN, FALLING, FROZEN]), lr=0.01, groups={"a": {}, "b": {}, "c": {"lr": 0.001}}
    )
    report = check(load_all([given]).schedules)
    assert [(each.code, each.groups) for each in report.findings] == [
        ("LRV103", ("b",)),
        ("LRV203", ("a", "c")),
    ]
    [_, annotation] = findings.github(report)
    assert "in groups a, c: from update 100 on the LR is 0" in annotation
    # What all groups have is said of none of them.
    given = spec({"type": "CosineAnnealingLR", "T_max": 500, "eta_min": 1e-5}, groups={"a": {}})
    given["optimizer"]["groups"]["b"] = {"lr": 2e-3}
    [finding] = loud(given)
    assert (finding.code, finding.groups) == ("LRV201", ())
    assert finding.message.startswith("the LR climbs from 1e-5 at update 500 back to 0.002 at the")


def test_a_negative_rate_of_a_lower_group_is_found() -> None:
    given = spec(by_hand(["1.01 - progress", "0.9 - progress"]), groups={"conv": {}, "bias": {}})
    [finding] = loud(given)
    assert (finding.code, finding.groups) == ("LRV205", ("bias",))
    assert finding.message == (
        "in group bias: the LR is -1e-6 at update 901, and negative in 99 of 1,000 updates"
    )


def of(make: Callable[..., Any], steps: int = 100) -> list[Finding]:
    return list(check(load_all([make], Overrides(steps=steps)).schedules).at_least("warning"))


def adamw(*groups: dict[str, Any]) -> torch.optim.AdamW:
    given = [{"params": [torch.nn.Parameter(torch.zeros(2))]} | each for each in groups]
    return torch.optim.AdamW(given, lr=1e-3)


def with_late_group(optimizer: torch.optim.Optimizer, scheduler: Any) -> Any:
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(3))], "lr": 1e-4})
    return optimizer, scheduler


def test_a_group_that_was_added_late_and_rises_above_its_lr() -> None:
    def make() -> Any:
        optimizer = adamw({})
        return with_late_group(optimizer, LinearLR(optimizer, 0.1, total_iters=10))

    [finding] = of(make)
    assert (finding.code, finding.groups) == ("LRV601", ("1",))
    assert finding.message == (
        "group 1 was added after the scheduler was built: it goes from its own lr 1e-4 up to 0.001"
    )


def test_a_group_that_was_added_late_and_falls_with_the_others_is_none() -> None:
    def make() -> Any:
        optimizer = adamw({})
        return with_late_group(optimizer, MultiStepLR(optimizer, [30, 60]))

    assert of(make) == []


def test_a_group_that_was_added_late_and_never_moves() -> None:
    class Kept:
        """Sets the rates of the groups that there were."""

        def __init__(self, optimizer: torch.optim.Optimizer) -> None:
            self.inner, self.groups = LambdaLR(optimizer, lambda step: 1.0), optimizer.param_groups
            self.steps, self.count = 0, len(self.groups)

        def step(self) -> None:
            self.steps += 1
            for group in self.groups[: self.count]:
                group["lr"] = group["initial_lr"] * (1 - self.steps / 100)

    def make() -> Any:
        optimizer = adamw({})
        return with_late_group(optimizer, Kept(optimizer))

    [finding] = of(make)
    assert (finding.code, finding.groups) == ("LRV601", ("1",))
    assert finding.message == (
        "group 1 was added after the scheduler was built, and stays at 1e-4 in all 100 updates,"
        " while group 0 moves by 9.9e-4"
    )


def test_a_factor_in_the_groups_that_nothing_reads() -> None:
    def make(steps: int) -> Any:
        optimizer = adamw({"lr_scale": 0.3164}, {"lr_scale": 0.5625}, {"lr_scale": 1.0})
        return optimizer, CosineAnnealingLR(optimizer, steps)

    def mended(steps: int) -> Any:
        scales = (0.3164, 0.5625, 1.0)
        optimizer = adamw(*({"lr": 1e-3 * each, "lr_scale": each} for each in scales))
        return optimizer, CosineAnnealingLR(optimizer, steps)

    [finding] = of(make)
    assert finding.code == "LRV604"
    assert finding.message == (
        "the groups' lr_scale, 0.3164 to 1, is lost: neither the optimizer nor the scheduler reads"
        " it, and groups 0 and 2 train at the same rates"
    )
    assert finding.advice == "give each group its own lr, lr * lr_scale"
    assert of(mended) == []


class Short(LRScheduler):
    """Has one rate before it starts, whatever the groups are."""

    def get_lr(self) -> list[float | torch.Tensor]:
        return [0.0] if self.last_epoch < 1 else [each * 0.5 for each in self.base_lrs]


def test_a_scheduler_with_one_rate_for_two_groups_is_told_why() -> None:
    with pytest.raises(ScheduleError) as caught:
        of(lambda: Short(adamw({}, {"lr": 1e-4})))
    assert caught.value.message.endswith(
        "raised ValueError: zip() argument 2 is shorter than argument 1; it has fewer rates than"
        " the optimizer has param groups: one was added after the scheduler was built, or its list"
        " has one value for all; give it one value a group"
    )

    def careless() -> Any:
        return [one for one, _ in zip([1, 2], [3], strict=True)]

    with pytest.raises(ScheduleError) as caught:
        of(careless)
    assert caught.value.message.endswith("zip() argument 2 is shorter than argument 1")


class OneRate:
    """Before its first step it has a rate for one group only."""

    def __init__(self, optimizer: torch.optim.Optimizer, first: int) -> None:
        self.groups, self.steps = optimizer.param_groups, 0
        self.base = [group["lr"] for group in self.groups]
        for group in self.groups[:first]:
            group["lr"] = 0.0

    def step(self) -> None:
        self.steps += 1
        share = min(self.steps / 10, (100 - self.steps) / 90)
        for group, base in zip(self.groups, self.base, strict=True):
            group["lr"] = base * share


def test_a_group_that_the_first_rates_leave_out() -> None:
    def make(first: int) -> Any:
        optimizer = adamw({}, {"lr": 1e-4})
        return optimizer, OneRate(optimizer, first)

    [finding] = of(lambda: make(1))
    assert (finding.code, finding.groups) == ("LRV601", ("1",))
    assert finding.message == (
        "update 0 uses group 1's own lr, 1e-4, where group 0 starts at 0 and both are warmed up"
        " from then on: what sets the first rates leaves it out"
    )
    assert of(lambda: make(2)) == []


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
