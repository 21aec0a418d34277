"""Schedulers that take no notice of the optimizer's lr."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrviz.checking.runner import check
from lrviz.sources.loading import load


class Absolute(LRScheduler):
    """Rates of its own."""

    def get_lr(self) -> list[float | torch.Tensor]:
        return [1e-3 / (1 + self.last_epoch) for _ in self.base_lrs]


class Relative(LRScheduler):
    """Shares of the optimizer's lr, all below it."""

    def get_lr(self) -> list[float | torch.Tensor]:
        return [0.5 * float(base) / (1 + self.last_epoch) for base in self.base_lrs]


class Plain:
    """No LRScheduler, with rates of its own."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.taken = optimizer, 0
        self._set()

    def _set(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = 1e-3 * 0.99**self.taken

    def step(self) -> None:
        self.taken += 1
        self._set()


for kind in (Absolute, Relative, Plain):
    kind.__module__ = "project.schedules"


def findings(make: Any, **said: Any) -> list[str]:
    report = check(load(make, steps=50, **said))
    return [f"{each.advice}: {each.message}" for each in report.findings if each.code == "LRV602"]


@pytest.mark.parametrize("scheduler", [Absolute, Plain])
@pytest.mark.parametrize(("lr", "shown"), [(0.3, "0.3"), (1.1e-5, "1.1e-5")])
def test_an_lr_that_changes_nothing_is_told(scheduler: Any, lr: float, shown: str) -> None:
    rates = "0.001 at first and at most 0.001"
    assert findings(lambda optimizer: scheduler(optimizer), lr=lr) == [
        "let it take its rates from the optimizer, group['initial_lr'], or take lr out: "
        f"lr {shown} is never used: {scheduler.__name__} gives the same "
        f"rates, {rates}, with half of it"
    ]


def test_nobody_is_told_who_did_not_say_one() -> None:
    assert findings(lambda optimizer: Absolute(optimizer)) == []


def test_one_that_is_heard_is_not_told() -> None:
    assert findings(lambda optimizer: Relative(optimizer), lr=0.3) == []
    # The rate that is said is used: whether by chance is not known.
    assert findings(lambda optimizer: Absolute(optimizer), lr=1e-3) == []


def test_an_optimizer_of_the_code_s_own_is_another_matter() -> None:
    def make() -> Any:
        own = SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.2)
        return own, Absolute(own)

    assert findings(make, lr=0.3) == []
