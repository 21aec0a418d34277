"""A slice of `tests.attacks.differ`: random trainings against a loop on real optimizers, ==."""

from __future__ import annotations

import json

import torch
from torch.optim import Optimizer, lr_scheduler
from transformers.optimization import TYPE_TO_SCHEDULER_FUNCTION

from tests.attacks import third_party
from tests.attacks.differ import WAYS, drawn, outcomes
from tests.attacks.trainings import MEASURED, TRANSFORMERS

RUNS = range(1000)
MOST = 120


def test_equals_the_loop_on_real_optimizers() -> None:
    tried = [*outcomes(RUNS, seed=0, most=MOST)]
    differs = [outcome for outcome, _ in tried if "DIFFERS" in outcome]
    assert not differs, "\n".join(differs)
    assert len([outcome for outcome, _ in tried if outcome.endswith("equal")]) > 800
    assert sum(updates for _, updates in tried) > 20_000


def test_the_slice_tries_all_that_there_is() -> None:
    cases = [drawn(0, number, MOST) for number in RUNS]
    text = json.dumps([case.spec for _, case, _ in cases])
    schedulers = {"SWALR", *(each.__name__ for each in subclasses(lr_scheduler))}
    optimizers = {name for name in dir(torch.optim) if is_optimizer(getattr(torch.optim, name))}
    functions = {each.__name__ for each in TYPE_TO_SCHEDULER_FUNCTION.values()}
    others = {each.__name__ for each in subclasses(third_party)} | {"NoLRScheduler"}
    assert functions == {*TRANSFORMERS, *MEASURED}
    wanted = {*schedulers, *optimizers, *functions, *others} - {"LRScheduler"}
    assert {name for name in wanted if f'{name}"' not in text} == set()
    assert {way for way, _, _ in cases} == set(WAYS)


def subclasses(module: object) -> list[type]:
    """Return the scheduler classes that a module has made public."""
    found = [each for name, each in vars(module).items() if not name.startswith("_")]
    return [
        each
        for each in found
        if isinstance(each, type) and issubclass(each, lr_scheduler.LRScheduler)
    ]


def is_optimizer(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Optimizer) and value is not Optimizer
