"""What a user's function may ask for and return."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import ExponentialLR, LinearLR, LRScheduler

import lrviz
from lrviz.building.functions import interpret
from lrviz.errors import UsageError


def sgd() -> Optimizer:
    return SGD([torch.zeros(1, requires_grad=True)], lr=1.0)


def halving(optimizer: Optimizer) -> LRScheduler:
    return ExponentialLR(optimizer, 0.5)


def lightning(optimizer: Optimizer, **config: Any) -> Any:
    return {
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": halving(optimizer), **config},
    }


FORMS: dict[str, Any] = {
    "scheduler": lambda o: (halving(o), "step", 1),
    "pair": lambda o: ((o, halving(o)), "step", 1),
    "pair-of-list": lambda o: ((o, [halving(o)]), "step", 1),
    "list": lambda o: ([halving(o)], "step", 1),
    "dict": lambda o: ({"optimizer": o, "lr_scheduler": halving(o)}, "epoch", 1),
    "config": lambda o: (lightning(o), "epoch", 1),
    "config-said": lambda o: (lightning(o, interval="step", frequency=2, monitor="x"), "step", 2),
    "two-lists": lambda o: (([o], [halving(o)]), "epoch", 1),
    "two-lists-config": lambda o: (
        ([o], [{"scheduler": halving(o), "interval": "step"}]),
        "step",
        1,
    ),
    "one-dict-in-a-tuple": lambda o: ((lightning(o),), "epoch", 1),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    optimizer = sgd()
    result, interval, frequency = FORMS[form](optimizer)
    used, [built] = interpret(result, sgd())
    assert used is optimizer
    assert built.scheduler.optimizer is optimizer
    assert (built.interval, built.frequency) == (interval, frequency)


def test_an_optimizer_alone_keeps_its_lr() -> None:
    def make() -> Optimizer:
        return sgd()

    assert lrviz.simulate(make, steps=3).lr[:, 0].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (3, "an int was returned; return a scheduler, (optimizer, scheduler)"),
        (None, "a NoneType was returned; return a scheduler"),
        (ExponentialLR, "a type was returned; return a scheduler"),
        (
            {"optimizer": sgd(), "lr_scheduler": {"sched": 1}},
            "lr_scheduler has unknown keys sched; it has: frequency, interval, monitor",
        ),
        (
            {"optimizer": sgd(), "lr_scheduler": {"scheduler": 1, "interval": "batch"}},
            "interval must be 'step' or 'epoch', not 'batch'",
        ),
        ([halving(sgd()), halving(sgd())], "the schedulers that were returned act on different"),
    ],
)
def test_what_is_no_form(result: Any, message: str) -> None:
    with pytest.raises(UsageError) as error:
        interpret(result, sgd())
    assert str(error.value).startswith(message)


def test_a_users_own_optimizer_is_never_stepped() -> None:
    class Careful(SGD):
        def step(self, closure: Any = None) -> None:  # type: ignore[override]
            raise AssertionError("stepped")

    def make() -> Any:
        optimizer = Careful([{"params": [torch.zeros(1, requires_grad=True)], "name": "w"}], lr=1.0)
        return optimizer, [halving(optimizer), LinearLR(optimizer, 0.5, total_iters=2)]

    trace = lrviz.simulate(make, steps=4)
    assert trace.lr[:, 0].tolist() == [0.5, 0.375, 0.25, 0.125]
    assert trace.warnings == ()
    assert trace.groups == ("w",)


def test_interval_of_the_command_line_fills_in() -> None:
    def make(optimizer: Optimizer) -> LRScheduler:
        return halving(optimizer)

    trace = lrviz.simulate(make, epochs=2, steps_per_epoch=2, interval="epoch", lr=1.0)
    assert trace.lr[:, 0].tolist() == [1.0, 1.0, 0.5, 0.5]


def test_lightning_steps_per_epoch_and_needs_to_know_it() -> None:
    with pytest.raises(UsageError, match="how many updates an epoch has is not known"):
        lrviz.simulate(lightning, steps=5)


def test_a_builtin_is_a_function_of_the_step() -> None:
    assert lrviz.simulate(math.sqrt, steps=3).lr[:, 0].tolist() == [0.0, 1.0, math.sqrt(2)]


def test_a_file_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "helper.py").write_text("HALF = 0.5\n")
    (tmp_path / "train.py").write_text(
        "from torch.optim.lr_scheduler import ExponentialLR\n"
        "from helper import HALF\n"
        "def make(optimizer, steps=None):\n"
        "    return ExponentialLR(optimizer, HALF)\n"
    )
    monkeypatch.chdir(tmp_path)
    assert lrviz.simulate("train.py:make", steps=2, lr=1.0).lr[:, 0].tolist() == [1.0, 0.5]
