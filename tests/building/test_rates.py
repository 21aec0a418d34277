"""What an update uses, where the optimizer makes it of the lr, against the real optimizers."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adagrad
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR
from transformers.optimization import Adafactor

import lrviz
from lrviz import catalog
from lrviz.building.rates import own_rate
from tests.commands import lrviz as command

ADAFACTOR: Any = Adafactor  # which has no types
SHOWN = "what update t uses is shown as effective_lr"


def used_by_adagrad(lr_decay: float, updates: int, gamma: float) -> list[float]:
    """Return the rates that a real Adagrad uses, read off what it does to a parameter of 0.

    With a gradient of 1, and nothing summed before, an update moves it by the rate.
    """
    rates = []
    parameter = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = Adagrad([parameter], lr=0.1, lr_decay=lr_decay, eps=0.0)
    scheduler = ExponentialLR(optimizer, gamma)
    for _ in range(updates):
        state = optimizer.state[parameter]
        state["sum"].zero_()  # so that the gradient's own square is all there is
        parameter.data.zero_()
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        rates.append(-float(parameter.detach()))
        scheduler.step()
    return rates


def test_adagrad_divides_the_lr() -> None:
    spec = {
        "train": {"steps": 50},
        "optimizer": {"type": "Adagrad", "lr": 0.1, "lr_decay": 0.1},
        "scheduler": {"type": "ExponentialLR", "gamma": 0.9},
    }
    trace = lrviz.simulate(spec)
    assert trace.curves["effective_lr"][:, 0].tolist() == used_by_adagrad(0.1, 50, 0.9)
    assert trace.after["effective_lr"].tolist() == [used_by_adagrad(0.1, 51, 0.9)[-1]]
    plain = lrviz.simulate("ExponentialLR:gamma=0.9", steps=50)
    assert trace.lr.tolist() == plain.lr.tolist()
    assert trace.warnings == (f"Adagrad divides the lr by 1 + t * 0.1 (lr_decay): {SHOWN}",)


def test_without_lr_decay_nothing_is_said() -> None:
    trace = lrviz.simulate("constant", steps=5, optimizer="Adagrad")
    assert (list(trace.curves), trace.warnings) == (["lr"], ())


def test_each_group_has_its_own() -> None:
    parameters = [torch.zeros(1, requires_grad=True) for _ in range(2)]

    def make() -> LambdaLR:
        groups: list[dict[str, Any]] = [
            {"params": [parameters[0]], "lr_decay": 0.5},
            {"params": [parameters[1]]},
        ]
        return LambdaLR(Adagrad(groups, lr=0.3), lambda t: 1.0)

    trace = lrviz.simulate(make, steps=3)
    assert trace.curves["effective_lr"].tolist() == [[0.3, 0.3], [0.3 / 1.5, 0.3], [0.15, 0.3]]


def test_updates_that_were_made_before_count() -> None:
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = Adagrad([parameter], lr=0.3, lr_decay=0.5)
    scheduler = LambdaLR(optimizer, lambda t: 1.0)
    for _ in range(2):
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        scheduler.step()
    trace = lrviz.record(optimizer, scheduler, steps=2)
    assert trace.curves["effective_lr"][:, 0].tolist() == [0.15, 0.3 / 2.5]
    assert float(optimizer.state[parameter]["step"]) == 2


def test_the_count_of_adagrad_ends_where_a_float32_does() -> None:
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = Adagrad([parameter], lr=1.0, lr_decay=1.0)
    optimizer.state[parameter]["step"].fill_(2**24 - 2)
    rate = own_rate(optimizer)
    assert rate is not None
    assert rate.effective is not None
    used = rate.effective(np.ones((4, 1)))[:, 0]
    for each in used.tolist():
        optimizer.state[parameter]["step"] += 1
        assert each == 1.0 / (1 + (float(optimizer.state[parameter]["step"]) - 1) * 1.0)


@pytest.mark.parametrize("name", ["AdamWScheduleFree", "SGDScheduleFree", "RAdamScheduleFree"])
def test_schedule_free_warms_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in with the real class's names, groups and count (schedulefree 1.4.1)."""

    def step(self: Any, closure: object = None) -> None:
        for group in self.param_groups:
            group["k"] += 1

    module = ModuleType("schedulefree")
    kind = type(name, (SGD,), {"step": step, "__module__": "schedulefree.adamw_schedulefree"})
    setattr(module, name, kind)
    monkeypatch.setitem(sys.modules, "schedulefree", module)

    def make(warmup: int = 4) -> LambdaLR:
        optimizer = kind([torch.zeros(1, requires_grad=True)], lr=0.0025)
        optimizer.param_groups[0].update(k=0, warmup_steps=warmup)
        return LambdaLR(optimizer, lambda t: 1.0)

    trace = lrviz.simulate(make, steps=6)
    wanted = [0.0025 * ((k + 1) / 4) for k in range(4)] + [0.0025] * 2
    assert trace.curves["effective_lr"][:, 0].tolist() == wanted
    assert trace.warnings == (
        f"{name} warms the lr up by itself, over 4 updates (warmup_steps): {SHOWN}",
    )
    assert "effective_lr" not in lrviz.simulate(lambda: make(0), steps=6).curves


NOTES = {
    "ASGD": "ASGD has a rate of its own: update t uses lr / (1 + lambd * lr * t) ** alpha with the "
    "lr of update t - 1, not the lr shown here",
    "Rprop": "Rprop takes the lr of its first update as the size of its first steps, and does not "
    "read it again: a scheduler has no effect",
}


def test_of_all_optimizers_of_torch_only_these_change_the_rate_themselves() -> None:
    said = {}
    for name in catalog.optimizer_names():
        trace = lrviz.simulate("constant", steps=3, optimizer=name, lr=0.1)
        own = [text for text in trace.warnings if text.startswith(f"{name} ")]
        if own:
            [said[name]] = own
    assert said == NOTES


def test_adafactor_takes_the_lr_as_a_bound() -> None:
    parameter = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer: Any = torch.optim.Adafactor([parameter], lr=2.0, eps=(None, 1.0))
    scheduler = ExponentialLR(optimizer, 0.9)
    used, rates = [], []
    for _ in range(20):
        # With a gradient of 1, and a size of at most eps[1], an update moves it by the rate.
        parameter.data.zero_()
        parameter.grad = torch.ones_like(parameter)
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        used.append(-float(parameter.detach()))
        scheduler.step()
    trace = lrviz.simulate("ExponentialLR:gamma=0.9", steps=20, optimizer="Adafactor", lr=2.0)
    assert trace.lr[:, 0].tolist() == rates
    assert trace.curves["effective_lr"][:, 0].tolist() == pytest.approx(used, rel=1e-12)
    assert used != pytest.approx(rates, rel=0.1)
    assert trace.warnings == (
        "Adafactor takes the lr as a bound, and uses min(lr, 1 / sqrt(t + 1)): "
        "what update t uses is shown as effective_lr",
    )
    below = lrviz.simulate("ExponentialLR:gamma=0.9", steps=20, optimizer="Adafactor", lr=0.1)
    assert (list(below.curves), below.warnings) == (["lr"], ())


def test_asgd_uses_the_lr_of_the_update_before() -> None:
    parameter = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.ASGD([parameter], lr=0.1, lambd=0.5, alpha=0.75)
    scheduler = ExponentialLR(optimizer, 0.5)
    before = 0.1
    for t in range(5):
        parameter.data.zero_()
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        used = before / (1 + 0.5 * before * t) ** 0.75
        assert -float(parameter.detach()) == pytest.approx(used, rel=1e-6)
        before = optimizer.param_groups[0]["lr"]
        scheduler.step()


def test_transformers_adafactor_with_relative_steps_does_not_read_the_lr() -> None:
    def rates(relative: bool, lr: float) -> list[float]:
        parameter = torch.zeros(1, requires_grad=True)
        optimizer: Any = ADAFACTOR(
            [parameter], lr=None if relative else 1e-3, relative_step=relative, warmup_init=relative
        )
        optimizer.param_groups[0]["lr"] = lr
        moved = []
        for _ in range(3):
            parameter.data.zero_()
            parameter.grad = torch.ones_like(parameter)
            optimizer.step()
            moved.append(float(parameter.detach()))
        return moved

    assert rates(True, 1.0) == rates(True, 9.0)
    assert rates(False, 1.0) != rates(False, 9.0)

    def make(relative: bool) -> LambdaLR:
        parameter = torch.zeros(1, requires_grad=True)
        optimizer: Any = ADAFACTOR(
            [parameter], lr=None, relative_step=relative, warmup_init=relative
        )
        optimizer.param_groups[0]["lr"] = 1e-3
        return LambdaLR(optimizer, lambda t: 1.0)

    assert lrviz.simulate(lambda: make(True), steps=3).warnings == (
        "Adafactor makes its rate of the count of updates (relative_step): it does not read the lr "
        "shown here",
    )
    assert lrviz.simulate(lambda: make(False), steps=3).warnings == ()


def test_rprop_does_not_read_the_lr_again() -> None:
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Rprop([parameter], lr=0.5, etas=(0.5, 1.0001))
    for lr in (0.5, 7.0):
        optimizer.param_groups[0]["lr"] = lr
        parameter.grad = torch.ones_like(parameter)
        before = float(parameter.detach())
        optimizer.step()
        assert before - float(parameter.detach()) == pytest.approx(0.5, rel=1e-3)


def test_a_step_of_ones_own_is_not_known() -> None:
    class Mine(Adagrad):
        def step(self, closure: Any = None) -> None:  # type: ignore[override]
            super().step(closure)

    parameter = torch.zeros(1, requires_grad=True)
    assert own_rate(Mine([parameter], lr_decay=0.1)) is None
    assert own_rate(type("Alike", (Adagrad,), {})([parameter], lr_decay=0.1)) is not None


def test_a_table_shows_it_beside_the_lr() -> None:
    ran = command(
        "table", "constant", "--steps", "3", "--optimizer", "Adagrad", "--set",
        "optimizer.lr_decay=0.5", "--format", "csv", "--at", "all", "--lr", "0.3",
    )  # fmt: skip
    assert ran.out.splitlines()[0] == "step,epoch,constant,constant:effective_lr"
    assert [row.split(",")[2:] for row in ran.out.splitlines()[1:4]] == [
        ["0.3", "0.3"],
        ["0.3", "0.19999999999999998"],
        ["0.3", "0.15"],
    ]


def test_check_says_it_too() -> None:
    args = ("constant", "--steps", "9", "--optimizer", "Adagrad", "--set", "optimizer.lr_decay=0.5")
    ran = command("check", *args, "--lr", "0.1")
    assert (
        ran.err == f"warning: constant: Adagrad divides the lr by 1 + t * 0.5 (lr_decay): {SHOWN}\n"
    )
