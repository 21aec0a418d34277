"""From a schedule to real objects: arguments resolved, checked, and given to torch."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

import lrviz
from lrviz.building.built import Built
from lrviz.building.factory import build_schedule
from lrviz.errors import ScheduleError, SpecError
from lrviz.sources.loading import load


def built(spec: Any, **overrides: Any) -> Built:
    [schedule] = load(spec, **overrides)
    return build_schedule(schedule)


def one(scheduler: Any, /, train: Any = None, **beside: Any) -> Any:
    """Return the attributes of the one scheduler that a spec gives."""
    spec = {"train": train or {"steps": 1000}, "scheduler": scheduler, **beside}
    [found] = built(spec).schedulers
    return found.scheduler


EPOCHS = {"epochs": 90, "steps_per_epoch": 100}


@pytest.mark.parametrize(
    ("text", "train", "interval", "frequency", "expected"),
    [
        ("5%", {"steps": 1000}, "step", 1, 50),
        ("0.05dur", {"steps": 1000}, "step", 1, 50),
        ("100%", {"steps": 7}, "step", 1, 7),
        ("3ep", EPOCHS, "step", 1, 300),
        ("3ep", EPOCHS, "epoch", 1, 3),
        ("50%", EPOCHS, "epoch", 1, 45),
        ("300ba", EPOCHS, "epoch", 1, 3),
        ("50%", {"steps": 1000}, "step", 4, 125),
        ("375Mtok", {"tokens": 300e9, "tokens_per_update": 3e6}, "step", 1, 125),
        ("rest", {"steps": 1000}, "step", 1, 1000),
        ("30ep", {"epochs": 90}, "step", 1, 30),
    ],
)
def test_a_duration_is_a_number_of_calls(
    text: str, train: Any, interval: str, frequency: int, expected: int
) -> None:
    beside: dict[str, Any] = {"frequency": frequency}
    if "epochs" not in train or "steps_per_epoch" in train:
        beside["interval"] = interval
    assert one({"type": "StepLR", "step_size": text}, train, **beside).step_size == expected


def test_rest_counts_from_the_phases_start() -> None:
    scheduler = one(
        {
            "type": "SequentialLR",
            "milestones": ["10%", 400],
            "schedulers": [
                {"type": "LinearLR", "total_iters": "10%"},
                {"type": "ConstantLR", "total_iters": "rest"},
                {"type": "CosineAnnealingLR", "T_max": "rest"},
            ],
        }
    )
    members = scheduler._schedulers
    assert scheduler._milestones == [100, 400]
    assert [members[0].total_iters, members[1].total_iters, members[2].T_max] == [100, 900, 600]


def test_total_is_the_calls_of_the_phase() -> None:
    scheduler = one(
        {
            "type": "SequentialLR",
            "milestones": [100],
            "schedulers": [
                {"type": "LambdaLR", "lr_lambda": "total"},
                {"type": "LambdaLR", "lr_lambda": "total"},
            ],
        }
    )
    assert [each.lr_lambdas[0](0) for each in scheduler._schedulers] == [100.0, 900.0]
    each_epoch = one({"type": "LambdaLR", "lr_lambda": "total"}, EPOCHS, interval="epoch")
    assert each_epoch.lr_lambdas[0](0) == 90.0


def test_total_of_a_member_that_begins_and_ends() -> None:
    members = {
        "train": {"steps": 100},
        "schedulers": [
            {"begin": 20, "end": "50%", "scheduler": {"type": "LambdaLR", "lr_lambda": "total"}},
            {"begin": "30%", "frequency": 5, "scheduler": {"type": "StepLR", "step_size": "rest"}},
        ],
    }
    first, second = built(members).schedulers
    assert (first.begin, first.end, second.begin, second.frequency) == (20, 50, 30, 5)
    assert first.scheduler.lr_lambdas[0](0) == 30.0
    assert second.scheduler.step_size == 14  # calls at 34, 39 ... 99


def test_a_duration_of_less_than_a_call_is_one_and_said() -> None:
    found = built({"train": {"steps": 10}, "scheduler": {"type": "StepLR", "step_size": "1%"}})
    assert found.schedulers[0].scheduler.step_size == 1
    assert found.warnings == ("step_size: 1% of the training is 0.1 updates: taken as 1",)


def test_shares_of_the_lr_are_the_groups_own_where_a_list_is_taken() -> None:
    optimizer = {"type": "SGD", "lr": 0.4, "momentum": 0.9, "groups": {"a": {"lr": 1.0}, "b": {}}}
    cycled = one({"type": "OneCycleLR", "max_lr": "0.5lr", "total_steps": 10}, optimizer=optimizer)
    assert [group["max_lr"] for group in cycled.optimizer.param_groups] == [0.5, 0.2]
    averaged = one({"type": "SWALR", "swa_lr": "0.1lr"}, optimizer=optimizer)
    assert [group["swa_lr"] for group in averaged.optimizer.param_groups] == [0.1, 0.1 * 0.4]
    cosine = one({"type": "CosineAnnealingLR", "T_max": 5, "eta_min": "0.1lr"}, optimizer=optimizer)
    assert cosine.eta_min == 0.1 * 0.4
    assert one({"type": "CosineAnnealingLR", "T_max": 5, "eta_min": "lr"}).eta_min == 0.1


def test_a_share_is_one_number_where_no_list_is_said_to_be_taken() -> None:
    optimizer = {"type": "SGD", "lr": 0.2, "groups": {"a": {}, "b": {"lr": 0.02}}}
    scheduler = {
        "type": "transformers.get_polynomial_decay_schedule_with_warmup",
        "num_warmup_steps": 0,
        "num_training_steps": 10,
        "lr_end": "0.05lr",
    }
    trace = lrviz.simulate({"train": {"steps": 11}, "optimizer": optimizer, "scheduler": scheduler})
    assert trace.final.tolist() == [0.05 * 0.2, 0.02 * (0.05 * 0.2 / 0.2)]


def test_a_share_of_the_lr_follows_the_command_lines() -> None:
    [schedule] = load("cosine:eta_min=0.5lr", lr=3.0)
    assert build_schedule(schedule).schedulers[0].scheduler.eta_min == 1.5


def test_percent_of_a_float() -> None:
    scheduler = one({"type": "OneCycleLR", "max_lr": 1.0, "total_steps": 100, "pct_start": "29%"})
    assert scheduler._schedule_phases[0]["end_step"] == float(0.29 * 100) - 1


def test_the_users_own_value_is_passed_on() -> None:
    scheduler = one({"type": "OneCycleLR", "max_lr": 1, "total_steps": 1e2})
    assert type(scheduler.optimizer.param_groups[0]["max_lr"]) is int
    assert scheduler.total_steps == 100
    assert type(scheduler.total_steps) is int


def test_layer_wise_decay() -> None:
    found = built(
        {
            "train": {"steps": 3},
            "optimizer": {
                "type": "AdamW",
                "lr": 1e-3,
                "groups": {"layers": {"count": 12, "lr_decay": 0.75}, "head": {}},
            },
            "scheduler": "constant",
        }
    )
    lrs = [group["lr"] for group in found.optimizer.param_groups]
    assert lrs == [1e-3 * 0.75 ** (12 - layer) for layer in range(12)] + [1e-3]
    assert found.groups == (*(f"layers.{layer}" for layer in range(12)), "head")


def test_groups_inherit_the_optimizers_options() -> None:
    groups = {"a": {"weight_decay": 0.0}, "b": {"lr": "0.1lr"}}
    found = built(
        {
            "train": {"steps": 3},
            "optimizer": {"type": "AdamW", "lr": 0.2, "weight_decay": 0.3, "groups": groups},
            "scheduler": "constant",
        }
    )
    options = [(g["lr"], g["weight_decay"]) for g in found.optimizer.param_groups]
    assert options == [(0.2, 0.0), (0.1 * 0.2, 0.3)]


def test_parts_are_what_was_built() -> None:
    spec = {
        "train": EPOCHS,
        "interval": "epoch",
        "scheduler": {
            "type": "SequentialLR",
            "milestones": ["5ep"],
            "schedulers": [
                {"type": "LinearLR", "total_iters": "5ep"},
                {"type": "CosineAnnealingLR", "T_max": "rest"},
            ],
        },
    }
    [part] = built(spec).parts
    assert (part.type, part.arguments, part.calls) == ("SequentialLR", {"milestones": [5]}, 90)
    first, second = part.parts
    assert (first.start, first.calls, second.start, second.calls) == (0, 5, 5, 85)
    assert second.arguments == {"T_max": 85}
    assert second.defaults == {"eta_min": 0.0}
    assert second.path == ("scheduler", "schedulers", 1)
    assert second.updates_per_call == Fraction(100)


def test_counts_that_look_like_epochs_are_pointed_out() -> None:
    multistep = {"type": "MultiStepLR", "milestones": [30, 60, 80]}
    assert built({"train": EPOCHS, "scheduler": multistep}).warnings == (
        "stepped per update: milestones 30, 60, 80 are updates; did you mean interval: epoch?",
    )
    assert built({"train": EPOCHS, "interval": "step", "scheduler": multistep}).warnings == ()
    assert built({"train": {"steps": 90}, "scheduler": multistep}).warnings == ()
    late = {"type": "MultiStepLR", "milestones": [3000, 9000]}
    assert built({"train": EPOCHS, "scheduler": late}).warnings == ()


@pytest.mark.parametrize("name", sorted(set(dir(torch.optim)) & {"SGD", "Adam", "Muon", "ASGD"}))
def test_optimizers_by_name_and_by_path(name: str) -> None:
    spec = {"train": {"steps": 3}, "scheduler": "constant"}
    for written in (name, f"torch.optim.{name}"):
        found = built({**spec, "optimizer": {"type": written}})
        assert isinstance(found.optimizer, getattr(torch.optim, name))
        # torch's own default, not lrviz's
        real = getattr(torch.optim, name)([torch.zeros(2, 2, requires_grad=True)])
        assert found.optimizer.defaults == real.defaults


def test_a_dotted_path_needs_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_sched.py").write_text(
        "from torch.optim.lr_scheduler import LRScheduler\n"
        "class Halve(LRScheduler):\n"
        "    def __init__(self, opt, every: int = 2):\n"
        "        self.every = every\n"
        "        super().__init__(opt)\n"
        "    def get_lr(self):\n"
        "        return [lr * 0.5 ** (self.last_epoch // self.every) for lr in self.base_lrs]\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    spec = {
        "train": {"steps": 4},
        "optimizer": {"type": "SGD", "lr": 1.0},
        "scheduler": {"type": "my_sched.Halve", "every": "50%"},
    }
    with pytest.raises(SpecError, match=r"importing it runs its code; .* add --trust"):
        built(spec)
    assert lrviz.simulate(spec, trust=True).lr[:, 0].tolist() == [1.0, 1.0, 0.5, 0.5]
    assert not built(spec, trust=True).own


@pytest.mark.parametrize(
    "path",
    [
        "torch.os.system",
        "torch.serialization.load",
        "torch.optim.lr_scheduler.warnings.warn",
        "torch.optim.SGD",
        "transformers.utils.import_utils.os.system",
        "transformers.Trainer",
        "transformers.optimization.logger.warning",
        "os.system",
    ],
)
def test_no_other_path_is_reached_without_trust(path: str) -> None:
    with pytest.raises(SpecError):
        built({"train": {"steps": 3}, "scheduler": {"type": path}})


def test_transformers_functions_are_the_real_ones() -> None:
    import transformers

    spec = {
        "train": {"steps": 50},
        "optimizer": {"type": "AdamW", "lr": 3e-4},
        "scheduler": {
            "type": "transformers.get_cosine_schedule_with_warmup",
            "num_warmup_steps": "10%",
            "num_training_steps": "100%",
        },
    }
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=3e-4)
    real = transformers.get_cosine_schedule_with_warmup(optimizer, 5, 50)
    expected = []
    for _ in range(50):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        real.step()
    assert lrviz.simulate(spec).lr[:, 0].tolist() == expected


def test_what_runs_without_trust_runs_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import optimization

    def get_half(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.ConstantLR(optimizer, 0.5, 9)

    # transformers 4 has some of its schedules in that module only.
    get_half.__module__ = optimization.__name__
    monkeypatch.setattr(optimization, "get_half", get_half, raising=False)
    spec = {"train": {"steps": 2}, "scheduler": {"type": "transformers.get_half"}}
    for trust in (False, True):
        assert lrviz.simulate(spec, lr=1.0, trust=trust).lr[:, 0].tolist() == [0.5, 0.5]


def test_build_gives_the_real_schedulers_on_your_optimizer() -> None:
    parameter = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.AdamW([parameter], lr=0.01)
    [found] = lrviz.build("warmup-linear:warmup=2", optimizer, steps=10)
    assert found.scheduler.optimizer is optimizer
    assert isinstance(found.scheduler, lr_scheduler.LambdaLR)
    lrs = []
    for _ in range(10):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        found.scheduler.step()
    same = lrviz.simulate("warmup-linear:warmup=2", steps=10, lr=0.01)
    assert np.array_equal(same.lr[:, 0], np.array(lrs))


def test_build_needs_no_metric_for_a_real_training() -> None:
    optimizer = torch.optim.SGD([torch.zeros(3, requires_grad=True)], lr=0.01)
    [found] = lrviz.build({"train": {"steps": 5}, "scheduler": "ReduceLROnPlateau"}, optimizer)
    assert found.metric is None


def test_build_gives_the_metric_that_the_spec_has() -> None:
    optimizer = torch.optim.SGD([torch.zeros(3, requires_grad=True)], lr=0.01)
    metric = {"values": [3, 2, 1, 1, 1, 7]}
    spec = {"train": {"steps": 5}, "metric": metric, "scheduler": "ReduceLROnPlateau"}
    [found] = lrviz.build(spec, optimizer)
    assert found.metric is not None
    assert found.metric.tolist() == [3.0, 2.0, 1.0, 1.0, 1.0]


def test_a_function_that_builds_the_pair() -> None:
    def make(optimizer: Any, steps: int, epochs: int, steps_per_epoch: int) -> Any:
        assert (steps, epochs, steps_per_epoch) == (10, 2, 5)
        return lr_scheduler.ExponentialLR(optimizer, 0.5)

    trace = lrviz.simulate(make, epochs=2, steps_per_epoch=5, lr=1.0)
    assert trace.lr[:3, 0].tolist() == [1.0, 0.5, 0.25]
    assert trace.label == "make"


def test_a_plain_function_is_the_lr_itself() -> None:
    trace = lrviz.simulate(lambda step: 0.25 * step, steps=4, lr=7.0)
    assert trace.lr[:, 0].tolist() == [0.0, 0.25, 0.5, 0.75]


def test_a_function_that_raises_or_asks_too_much() -> None:
    def fails(optimizer: Any) -> Any:
        raise ValueError("not today")

    def asks(optimizer: Any, model: Any) -> Any:
        return optimizer

    with pytest.raises(ScheduleError, match=r"^fails raised ValueError: not today$"):
        lrviz.simulate(fails)
    with pytest.raises(lrviz.LrvizError, match=r"^asks wants model; it can have optimizer, steps"):
        lrviz.simulate(asks)


def test_several_schedules_are_not_one() -> None:
    spec = {"train": {"steps": 3}, "schedules": {"a": "cosine", "b": "linear"}}
    with pytest.raises(lrviz.LrvizError, match="has 2 schedules; pick one with '#label': a, b"):
        lrviz.simulate(spec)


def test_frequency_and_metric_of_epochs() -> None:
    spec = {
        "train": {"epochs": 5, "steps_per_epoch": 2},
        "optimizer": {"type": "SGD", "lr": 1.0},
        "interval": "epoch",
        "frequency": 2,
        "metric": {"values": [5, 3, 9, 3]},
        "scheduler": {"type": "ReduceLROnPlateau", "factor": 0.5, "patience": 0},
    }
    # values 1 and 3 are seen, after epochs 1 and 3; the second is no better
    assert lrviz.simulate(spec).lr[:, 0].tolist() == [1.0] * 8 + [0.5] * 2
    [found] = built(spec).schedulers
    assert found.metric is not None
    assert found.metric.tolist() == [5.0, 3.0, 9.0, 3.0]
