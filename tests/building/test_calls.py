"""Schedulers that are not called as torch's are, from functions, Lightning's forms and `record`.

The stand-ins have the classes, modules and signatures of timm 1.0.31 and mmengine 0.10.7. Against
the real ones, with two groups, noise and both clocks, every value was `==` too.
"""

from __future__ import annotations

import warnings
import weakref
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    LambdaLR,
    ReduceLROnPlateau,
)

import lrviz
from lrviz.errors import FollowError, SpecError, UsageError
from lrviz.spec.models import Interval
from tests.commands import lrviz as command

WAY = "{}() is called after each {} with how many are done, as timm's train.py does"


def sgd() -> SGD:
    first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
    groups: list[dict[str, Any]] = [{"params": [first]}, {"params": [second], "lr": 0.2}]
    return SGD(groups, lr=0.1)


class Scheduler:
    """timm's base class: the caller says how many epochs, or updates, are done."""

    def __init__(self, optimizer: Optimizer, t_in_epochs: bool = True) -> None:
        self.optimizer, self.t_in_epochs = optimizer, t_in_epochs
        self.base_values = [group["lr"] for group in optimizer.param_groups]

    def step(self, epoch: int, metric: float | None = None) -> None:
        if self.t_in_epochs:
            self.update(epoch)

    def step_update(self, num_updates: int, metric: float | None = None) -> None:
        if not self.t_in_epochs:
            self.update(num_updates)

    def update(self, t: int) -> None:
        for group, base in zip(self.optimizer.param_groups, self.base_values, strict=True):
            group["lr"] = base / (1 + t)


class PlateauLRScheduler(Scheduler):
    def step(self, epoch: int, metric: float | None = None) -> None:
        assert metric is not None
        for group, base in zip(self.optimizer.param_groups, self.base_values, strict=True):
            group["lr"] = base * metric + epoch


Scheduler.__module__ = "timm.scheduler.scheduler"
PlateauLRScheduler.__module__ = "timm.scheduler.plateau_lr"


class Mine(Scheduler):
    """Somebody's own on timm's base."""


def by_hand(in_epochs: bool, updates: int, per_epoch: int) -> list[list[float]]:
    """The loop of timm's train.py."""
    optimizer = sgd()
    scheduler = Mine(optimizer, in_epochs)
    rows = []
    for t in range(updates):
        rows.append([group["lr"] for group in optimizer.param_groups])
        scheduler.step_update(num_updates=t + 1)
        if (t + 1) % per_epoch == 0:
            scheduler.step((t + 1) // per_epoch)
    return rows


@pytest.mark.parametrize("in_epochs", [True, False])
@pytest.mark.parametrize("form", ["alone", "a pair", "Lightning's", "recorded"])
def test_it_is_told_how_many_are_done(form: str, in_epochs: bool) -> None:
    def make() -> Any:
        optimizer = sgd()
        scheduler = Mine(optimizer, in_epochs)
        if form == "alone":
            return scheduler
        if form == "a pair":
            return optimizer, scheduler
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler}}

    if form == "recorded":
        optimizer = sgd()
        scheduler = Mine(optimizer, in_epochs)
        trace = lrviz.record(optimizer, scheduler, steps=11, steps_per_epoch=4)
        assert optimizer.param_groups[0]["lr"] == 0.1
    else:
        trace = lrviz.simulate(make, steps=11, steps_per_epoch=4)
    assert trace.lr.tolist() == by_hand(in_epochs, 11, 4)
    way = WAY.format("step", "epoch") if in_epochs else WAY.format("step_update", "update")
    assert (trace.warnings, trace.error) == ((f"Mine: {way}",), None)
    assert trace.interval == ("epoch" if in_epochs else "step")


def test_an_epochs_length_is_asked_for() -> None:
    with pytest.raises(UsageError, match="give steps_per_epoch"):
        lrviz.simulate(lambda: Mine(sgd()), steps=11)


def test_timms_pair_of_a_scheduler_and_its_epochs() -> None:
    def make() -> Any:
        return Mine(sgd()), 3

    trace = lrviz.simulate(make, steps=12, steps_per_epoch=4)
    assert trace.lr.tolist() == by_hand(True, 12, 4)
    assert len(trace.warnings) == 1
    shorter = lrviz.simulate(make, steps=11, steps_per_epoch=4)
    assert shorter.warnings[0] == (
        "it returned 3 epochs, and 11 updates are shown: --epochs 3 --steps-per-epoch N shows the "
        "whole training"
    )


# Metrics


@pytest.fixture
def csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("val.csv").write_text("loss,acc\n" + "".join(f"1.0,{i}.0\n" for i in range(12)))
    return tmp_path


def plateau() -> tuple[SGD, ReduceLROnPlateau]:
    optimizer = sgd()
    return optimizer, ReduceLROnPlateau(optimizer, patience=1)


def by_hand_on_plateau(values: list[float]) -> list[float]:
    optimizer, scheduler = plateau()
    rates = []
    for value in values:
        rates.append(float(optimizer.param_groups[1]["lr"]))
        scheduler.step(value)
    return rates


def test_a_functions_plateau_sees_the_metric_of_the_command_line(csv: Path) -> None:
    del csv
    trace = lrviz.simulate(plateau, steps=12, metric="val.csv:loss")
    assert trace.lr[:, 1].tolist() == by_hand_on_plateau([1.0] * 12)
    rising = lrviz.simulate(plateau, steps=12, metric="val.csv:acc")
    assert rising.lr[:, 1].tolist() == by_hand_on_plateau([float(i) for i in range(12)])
    assert trace.lr[3, 1] == 0.2 * 0.1


def test_timms_plateau_is_told_both(csv: Path) -> None:
    del csv
    trace = lrviz.simulate(
        lambda: PlateauLRScheduler(sgd()), steps=6, steps_per_epoch=2, metric="val.csv:acc"
    )
    assert trace.lr[:, 0].tolist() == [0.1, 0.1, 1.0, 1.0, 0.1 + 2, 0.1 + 2]


def test_without_one_it_says_what_to_give(csv: Path) -> None:
    (csv / "mine.py").write_text(
        "import torch\n"
        "from torch.optim.lr_scheduler import ReduceLROnPlateau as P\n"
        "def bare(optimizer):\n    return P(optimizer)\n"
        "def lit(optimizer):\n"
        "    return {'optimizer': optimizer, 'lr_scheduler': {'scheduler': P(optimizer)},\n"
        "            'monitor': 'acc'}\n"
        "def inner(optimizer):\n"
        "    return [optimizer], [{'scheduler': P(optimizer), 'monitor': 'loss'}]\n"
    )
    for name, unit, column in (
        ("bare", "update", "val_loss"),
        ("lit", "epoch", "acc"),
        ("inner", "epoch", "loss"),
    ):
        args = ("mine.py:" + name, "--steps", "6", "--steps-per-epoch", "2")
        ran = command("table", *args)
        assert ran.code == 2
        assert ran.err.splitlines()[-1] == (
            f"error: mine.py:{name}: ReduceLROnPlateau looks at a metric; give its values, one an "
            f"{unit}: --metric FILE:COLUMN, as in --metric val.csv:{column}"
        )
        assert command("check", *args).err.splitlines()[-1] == ran.err.splitlines()[-1]
        assert command("table", *args, "--metric", "val.csv:loss").code == 0


def test_a_metric_that_nothing_sees_is_told(csv: Path) -> None:
    said = f"--metric {csv / 'val.csv'}:loss: without effect, no scheduler here looks at a metric"
    for make in (lambda optimizer: LambdaLR(optimizer, lambda t: 1.0), lambda step: 0.1):
        assert said in lrviz.simulate(make, steps=4, metric="val.csv:loss").warnings
    ran = command("table", "cosine", "--metric", "val.csv:loss")
    assert ran.err == (
        "error: --metric: for configs of other frameworks, and none is read; "
        "a spec of lrviz says it itself\n"
    )


# Wrappers, weak references, counters


class OptimWrapper:
    """mmengine's: no optimizer itself, with the groups of the one in it."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer

    @property
    def param_groups(self) -> Any:
        return self.optimizer.param_groups

    def step(self) -> None:
        self.optimizer.step()


class Halving:
    """mmengine's schedulers: on the wrapper, which count its steps, and warn."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        assert optimizer.step.__func__
        assert optimizer.step.__self__ is optimizer

    def step(self) -> None:
        warnings.warn("Detected call of `scheduler.step()` before `optimizer.step()`", stacklevel=2)
        for group in self.optimizer.param_groups:
            group["lr"] /= 2


def test_a_wrapped_optimizer_is_the_one_in_it() -> None:
    def make() -> Any:
        wrapper = OptimWrapper(sgd())
        return wrapper, Halving(wrapper)

    trace = lrviz.simulate(make, steps=3)
    assert trace.lr.tolist() == [[0.1, 0.2], [0.05, 0.1], [0.025, 0.05]]
    assert trace.warnings == ()
    alone = lrviz.simulate(lambda: Halving(OptimWrapper(sgd())), steps=3)
    assert alone.lr.tolist() == trace.lr.tolist()


def test_record_takes_a_wrapper() -> None:
    wrapper = OptimWrapper(sgd())
    trace = lrviz.record(wrapper, Halving(wrapper), steps=3)  # type: ignore[call-overload]
    assert trace.lr.tolist() == [[0.1, 0.2], [0.05, 0.1], [0.025, 0.05]]
    assert wrapper.param_groups[0]["lr"] == 0.1


def test_the_idle_step_of_a_given_optimizer_is_a_method() -> None:
    trace = lrviz.simulate(Halving, steps=2, lr=0.5)
    assert trace.lr.tolist() == [[0.5], [0.25]]


class _ParamScheduler:
    """mmengine's base class, which says of itself when it is stepped."""

    def __init__(self, optimizer: Any, by_epoch: bool) -> None:
        self.optimizer, self.by_epoch = optimizer, by_epoch

    def step(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] /= 2


_ParamScheduler.__module__ = "mmengine.optim.scheduler.param_scheduler"


class OfMmengine(_ParamScheduler):
    """One of its schedulers."""


def test_mmengines_say_themselves_when_they_are_stepped() -> None:
    def make(*by_epoch: bool) -> Any:
        wrapper = OptimWrapper(sgd())
        return wrapper, [OfMmengine(wrapper, each) for each in by_epoch]

    def rates(*by_epoch: bool) -> list[float]:
        trace = lrviz.simulate(lambda: make(*by_epoch), epochs=2, steps_per_epoch=2)
        return [float(each) for each in trace.lr[:, 0]]

    assert rates(True) == [0.1, 0.1, 0.05, 0.05]
    assert rates(False) == [0.1, 0.05, 0.025, 0.0125]
    assert rates(False, True) == [0.1, 0.05, 0.0125, 0.00625]
    trace = lrviz.simulate(lambda: make(False, True), epochs=2, steps_per_epoch=2)
    assert trace.warnings == tuple(
        f"OfMmengine: step() is called after each {unit} (by_epoch is {by_epoch}), as mmengine's "
        "ParamSchedulerHook does"
        for unit, by_epoch in [("update", False), ("epoch", True)]
    )


@pytest.mark.parametrize("refer", [weakref.ref, weakref.proxy])
def test_a_weak_reference_to_the_optimizer_is_named_as_what_it_is(refer: Any) -> None:
    class Weak:
        def __init__(self, optimizer: Optimizer) -> None:
            self.reference = refer(optimizer)

        def step(self) -> None: ...

    optimizer, another = sgd(), sgd()
    with pytest.raises(FollowError) as caught:
        lrviz.record(optimizer, Weak(optimizer), steps=3)
    assert caught.value.message == (
        "scheduler, a Weak, has its optimizer by a weak reference, which a copy would share with "
        "your training: pass a function that builds the optimizer and the scheduler to "
        "lrviz.simulate, or name it on the command line as `module:callable`"
    )
    with pytest.raises(UsageError, match="is not on the optimizer that was given"):
        lrviz.record(optimizer, Weak(another), steps=3)


# step(epoch + i / iters)


def told(make: Any, updates: int, iters: int) -> list[list[float]]:
    """The loop of torch's documentation of CosineAnnealingWarmRestarts."""
    used = sgd()
    scheduler = make(used)
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, that the epoch is deprecated for most
        for t in range(updates):
            epoch, i = divmod(t, iters)
            rows.append([group["lr"] for group in used.param_groups])
            used.step()
            scheduler.step(epoch + i / iters)
    return rows


@pytest.mark.parametrize("iters", [1, 3, 7, 10])
@pytest.mark.parametrize(("first", "times"), [(1, 1), (3, 1), (2, 2), (5, 3)])
def test_a_fraction_of_the_epoch_is_given(first: int, times: int, iters: int) -> None:
    def make(optimizer: Optimizer) -> CosineAnnealingWarmRestarts:
        return CosineAnnealingWarmRestarts(optimizer, first, times, eta_min=0.01)

    rows = told(make, 12 * iters - 2 if iters > 2 else 12, iters)
    length: dict[str, Any] = {"steps": len(rows), "steps_per_epoch": iters}
    spec = {
        "train": length,
        "optimizer": {"type": "SGD", "groups": {"a": {"lr": 0.1}, "b": {"lr": 0.2}}},
        "scheduler": {
            "type": "CosineAnnealingWarmRestarts",
            "T_0": first,
            "T_mult": times,
            "eta_min": 0.01,
        },
        "interval": "fraction",
    }
    assert lrviz.simulate(spec).lr.tolist() == rows
    plain = lrviz.simulate(lambda: (used := sgd(), make(used)), interval="fraction", **length)
    assert plain.lr.tolist() == rows
    used = sgd()
    recorded = lrviz.record(used, make(used), interval="fraction", **length)
    assert recorded.lr.tolist() == rows


def test_torchs_closed_forms_are_given_it_too() -> None:
    rows = told(lambda used: CosineAnnealingLR(used, 6), 40, 7)
    spec = {
        "train": {"steps": 40, "steps_per_epoch": 7},
        "optimizer": {"type": "SGD", "groups": {"a": {"lr": 0.1}, "b": {"lr": 0.2}}},
        "scheduler": {"type": "CosineAnnealingLR", "T_max": "100%"},  # 5 epochs and 5/7: 6
        "interval": "fraction",
    }
    trace = lrviz.simulate(spec)
    assert trace.lr.tolist() == rows
    assert trace.warnings[0].startswith("The epoch parameter in `scheduler.step()` was not neces")


@pytest.mark.parametrize(
    ("scheduler", "length", "message"),
    [
        (
            {"type": "CosineAnnealingWarmRestarts", "T_0": 3},
            {"steps": 40},
            "interval: fraction, and how long an epoch is is not known; add `steps_per_epoch:` (or "
            "dataset_size and batch_size) to `train:`, or --steps-per-epoch",
        ),
        (
            {"type": "CosineAnnealingWarmRestarts", "T_0": 3},
            {"epochs": 40},
            "interval: fraction, and how many updates an epoch has is not known; add "
            "`steps_per_epoch:` to `train:`, or --steps-per-epoch",
        ),
        (
            {
                "type": "SequentialLR",
                "milestones": [3],
                "schedulers": [{"type": "StepLR", "step_size": 3}] * 2,
            },
            {"steps": 40, "steps_per_epoch": 4},
            "interval: fraction is for schedulers whose step() takes the epoch alone, as that of "
            "CosineAnnealingWarmRestarts; SequentialLR's does not",
        ),
        (
            {"type": "ReduceLROnPlateau"},
            {"steps": 40, "steps_per_epoch": 4},
            "interval: fraction is for schedulers whose step() takes the epoch alone, as that of "
            "CosineAnnealingWarmRestarts; ReduceLROnPlateau's does not",
        ),
    ],
)
def test_only_what_takes_an_epoch_is_given_one(
    scheduler: Any, length: dict[str, int], message: str
) -> None:
    spec = {"train": length, "scheduler": scheduler, "interval": "fraction"}
    with pytest.raises(SpecError) as caught:
        lrviz.simulate(spec)
    assert caught.value.message == message


def test_a_restart_stands_where_the_curve_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w.yaml").write_text(
        "train: {epochs: 12, steps_per_epoch: 7}\noptimizer: {type: SGD, lr: 1.0}\n"
        "scheduler: {type: CosineAnnealingWarmRestarts, T_0: 3, T_mult: 2}\ninterval: fraction\n"
    )
    lr = lrviz.simulate("w.yaml").lr[:, 0]
    assert (lr[64], lr[63] < 0.01) == (1.0, True)  # 9 epochs, and one update that is given 9.0
    ran = command("check", "w.yaml")
    assert "25% into a cycle of 12 steps that began at update 64, at an LR of 0.879" in ran.out


SAID = (
    "CosineAnnealingWarmRestarts: step() is called without an argument, T_0 3 is in updates; for a "
    "loop that calls step(epoch + i / iters), give --interval fraction"
)


def test_where_neither_says_how_it_is_called_that_is_said() -> None:
    def make(optimizer: Optimizer) -> Any:
        return CosineAnnealingWarmRestarts(optimizer, 3)

    def dictionary(optimizer: Optimizer) -> Any:
        scheduler = {"scheduler": make(optimizer), "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": scheduler}

    length: dict[str, Any] = {"steps": 20, "steps_per_epoch": 5}
    assert lrviz.simulate(make, **length).warnings == (SAID,)
    assert lrviz.simulate(make, steps=20).warnings == (SAID,)
    for how in get_args(Interval):
        assert lrviz.simulate(make, interval=how, **length).warnings == ()
    assert lrviz.simulate(dictionary, **length).warnings == ()
    # Three epochs of ten are more than the training has: 3 is in updates.
    assert lrviz.simulate(make, steps=20, steps_per_epoch=10).warnings == ()
