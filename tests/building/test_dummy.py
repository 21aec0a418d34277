"""The dummy optimizer has the real class's groups, defaults and messages, at no cost."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch.optim import Optimizer

from lrviz.building.dummy import dummy_optimizer
from lrviz.errors import ScheduleError

CLASSES: list[type[Optimizer]] = [
    cls
    for name in sorted(torch.optim.__all__)
    if isinstance(cls := getattr(torch.optim, name), type)
    and issubclass(cls, Optimizer)
    and cls is not Optimizer
]


def settings(optimizer: Optimizer) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in group.items() if key != "params"}
        for group in optimizer.param_groups
    ]


def parameter() -> torch.Tensor:
    return torch.zeros(1, 1, requires_grad=True)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_groups_and_defaults_are_those_of_the_real_class(cls: type[Optimizer]) -> None:
    groups: list[dict[str, Any]] = [{"lr": 0.25}]
    if cls is not torch.optim.LBFGS:
        groups.append({})
    make: Any = cls
    real = make([{**group, "params": [parameter()]} for group in groups], lr=0.5)
    dummy = dummy_optimizer(cls, groups, {"lr": 0.5})
    assert settings(dummy) == settings(real)
    assert [group["lr"] for group in dummy.param_groups] == [0.25, 0.5][: len(groups)]
    assert dummy.defaults == real.defaults
    assert isinstance(dummy, cls)
    assert type(dummy).__name__ == cls.__name__
    assert type(dummy).__module__ == cls.__module__


def test_step_moves_nothing_and_the_real_class_still_steps() -> None:
    dummy = dummy_optimizer(torch.optim.SGD, [{}], {"lr": 1.0})
    (moved,) = dummy.param_groups[0]["params"]
    moved.grad = torch.ones(1, 1)
    dummy.step()
    assert moved.item() == 0.0
    weight = parameter()
    weight.grad = torch.ones(1, 1)
    torch.optim.SGD([weight], lr=1.0).step()
    assert weight.item() == -1.0


def test_a_group_given_is_not_changed() -> None:
    group = {"lr": 0.5}
    dummy_optimizer(torch.optim.AdamW, [group], {})
    assert group == {"lr": 0.5}


def test_a_refused_argument_is_reported_in_the_words_of_torch() -> None:
    with pytest.raises(ScheduleError) as caught:
        dummy_optimizer(torch.optim.SGD, [{}], {"lr": -1})
    assert str(caught.value) == ("SGD refuses its arguments: ValueError: Invalid learning rate: -1")


def test_lbfgs_says_that_it_takes_no_groups() -> None:
    with pytest.raises(ScheduleError) as caught:
        dummy_optimizer(torch.optim.LBFGS, [{}, {}], {})
    assert str(caught.value) == (
        "LBFGS refuses its arguments: ValueError: "
        "LBFGS doesn't support per-parameter options (parameter groups)"
    )


def test_a_class_with_groups_of_its_own_making_keeps_them() -> None:
    class Doubling(torch.optim.SGD):
        def add_param_group(self, param_group: dict[str, Any]) -> None:
            super().add_param_group({**param_group, "lr": 2 * param_group["lr"]})

    dummy = dummy_optimizer(Doubling, [{"lr": 0.5}], {"lr": 0.1})
    assert dummy.param_groups[0]["lr"] == 1.0


def test_a_torch_that_does_not_wrap_add_param_group(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = vars(Optimizer)["add_param_group"].__wrapped__
    monkeypatch.setattr(Optimizer, "add_param_group", plain)
    dummy = dummy_optimizer(torch.optim.SGD, [{"lr": 0.5}, {}], {"lr": 0.1})
    assert [group["lr"] for group in dummy.param_groups] == [0.5, 0.1]


def test_torch_dynamo_is_never_imported() -> None:
    program = """
import sys, torch
from lrviz.building.dummy import dummy_optimizer
classes = [c for c in vars(torch.optim).values() if isinstance(c, type)]
for cls in classes:
    if issubclass(cls, torch.optim.Optimizer) and cls is not torch.optim.Optimizer:
        optimizer = dummy_optimizer(cls, [{}], {})
        optimizer.load_state_dict(optimizer.state_dict())
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
        optimizer.step()
        scheduler.step()
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
