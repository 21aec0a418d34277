"""What a resumed training's rate is held against, for each order of loading and each scheduler."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

import lrviz
from lrviz.building.resumed import MOST, look, taken
from tests.commands import lrviz as command


def sgd() -> SGD:
    first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
    groups: list[dict[str, Any]] = [{"params": [first]}, {"params": [second], "lr": 0.3}]
    return SGD(groups, lr=0.1, momentum=0.9)


MAKES: dict[str, Callable[[Optimizer], Any]] = {
    "cosine": lambda o: CosineAnnealingLR(o, 1000),
    "onecycle": lambda o: OneCycleLR(o, [0.1, 0.3], 1000),
    "milestones": lambda o: MultiStepLR(o, [10, 300]),
    "steps": lambda o: StepLR(o, 30),
    "exponential": lambda o: ExponentialLR(o, 0.99),
    "polynomial": lambda o: PolynomialLR(o, 900, 2.0),
    "restarts": lambda o: CosineAnnealingWarmRestarts(o, 50, 2),
    "cyclic": lambda o: CyclicLR(o, 0.01, 0.1, step_size_up=30, cycle_momentum=False),
    "linear": lambda o: LinearLR(o, 0.1, total_iters=500),
    "held": lambda o: ConstantLR(o, 0.1, total_iters=50),
    "phases": lambda o: SequentialLR(
        o,
        [LinearLR(o, 0.1, total_iters=20), ExponentialLR(o, 0.99), StepLR(o, 50)],
        [20, 200],
    ),
    "a product": lambda o: ChainedScheduler(
        [LinearLR(o, 0.1, total_iters=20), ExponentialLR(o, 0.99)]
    ),
}
ORDERS = ("S s o", "S o s", "o S s", "S s", "S o", "o S", "S")
"""What is done in turn: S, the scheduler is built; s and o, a state is loaded."""


def resumed(name: str, steps: int, order: str) -> tuple[Optimizer, Any, list[float]]:
    """Return what is resumed with, and the rates of the run that was interrupted."""
    before = sgd()
    scheduler = MAKES[name](before)
    for _ in range(steps):
        for group in before.param_groups:  # so that the optimizer has a state
            group["params"][0].grad = torch.ones(1)
        before.step()
        scheduler.step()
    states = copy.deepcopy((before.state_dict(), scheduler.state_dict()))
    rates = [float(group["lr"]) for group in before.param_groups]
    after, new = sgd(), None
    for each in order.split():
        match each:
            case "S":
                new = MAKES[name](after)
            case "s":
                assert new is not None
                new.load_state_dict(states[1])
            case _:
                after.load_state_dict(states[0])
    return after, new, rates


@pytest.mark.filterwarnings("ignore:Please also save or load the state of the optimizer")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", MAKES)
def test_a_rate_that_is_right_is_never_called_wrong_and_a_wrong_one_mostly(
    name: str, order: str
) -> None:
    for steps in (1, 20, 21, 400):
        optimizer, scheduler, rates = resumed(name, steps, order)
        found = look(optimizer, [scheduler])
        here = [float(group["lr"]) for group in optimizer.param_groups]
        if "s" not in order and "o" not in order:
            assert found is None  # a new training, for all that can be seen
        elif "s" in order:
            assert found is not None
            assert found.taken == steps
            assert list(found.planned) == rates
            assert (found.wrong is None) == (here == pytest.approx(rates, rel=1e-6))
        else:  # the scheduler begins anew
            assert found is not None
            assert found.taken == 0
            assert found.wrong is None or here != pytest.approx(list(found.planned), rel=1e-6)


@pytest.mark.filterwarnings("ignore:Please also save or load the state of the optimizer")
def test_the_sentence_says_what_it_comes_of() -> None:
    optimizer, scheduler, _ = resumed("phases", 400, "o S s")
    found = look(optimizer, [scheduler])
    assert found is not None
    assert found.sentence == (
        "resumed at 0.01, and SequentialLR has taken 400 steps, after which it gives 1e-5: "
        "0.01 is what it begins with, so the optimizer's state was not loaded, or was loaded "
        "before the scheduler was built, which sets the LR back"
    )
    optimizer, scheduler, _ = resumed("cosine", 400, "S o")
    found = look(optimizer, [scheduler])
    assert found is not None
    assert found.sentence == (
        "resumed at 0.06545, and CosineAnnealingLR has taken 0 steps, after which it gives 0.1: "
        "its state was not loaded"
    )
    optimizer, scheduler, _ = resumed("cosine", 1, "S s o")
    optimizer.param_groups[1]["lr"] = 0.25
    found = look(optimizer, [scheduler])
    assert found is not None
    assert found.wrong == 1
    assert found.sentence == (
        "resumed at 0.25, and CosineAnnealingLR has taken 1 step, after which it gives 0.3"
    )


def test_nothing_is_said_where_it_cannot_be_told() -> None:
    optimizer = sgd()
    calls: list[int] = []

    def counted(step: int) -> float:
        calls.append(step)
        return 1.0

    schedulers: tuple[Any, ...] = (
        LambdaLR(optimizer, counted),
        ReduceLROnPlateau(optimizer),
        CyclicLR(optimizer, 0.1, 0.2, scale_fn=lambda x: 1.0, cycle_momentum=False),
    )
    for scheduler in schedulers:
        for _ in range(3):
            optimizer.step()
            scheduler.step(*([1.0] if isinstance(scheduler, ReduceLROnPlateau) else []))
        before = len(calls)
        assert look(optimizer, [scheduler]) is None
        assert len(calls) == before
    long = ExponentialLR(sgd(), 1.0)
    long.last_epoch = MOST + 1
    assert look(sgd(), [long]) is None
    assert look(optimizer, [StepLR(optimizer, 3), StepLR(optimizer, 3)]) is None
    fractional = CosineAnnealingWarmRestarts(optimizer, 10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fractional.step(3.5)
    assert look(optimizer, [fractional]) is None


def test_steps_are_counted_of_torchs_alone() -> None:
    optimizer = sgd()
    scheduler = MAKES["a product"](optimizer)
    for _ in range(7):
        optimizer.step()
        scheduler.step()
    assert taken(scheduler) == 7
    assert taken(object()) == 0
    assert taken(type("Mine", (), {"last_epoch": 9})()) == 0


def test_looking_changes_nothing() -> None:
    optimizer, scheduler, _ = resumed("phases", 21, "S s o")
    before = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    random = torch.random.get_rng_state()
    look(optimizer, [scheduler])
    after = (optimizer.state_dict(), scheduler.state_dict())
    assert repr(after) == repr(before)
    assert torch.equal(random, torch.random.get_rng_state())


SCHED = """\
import copy, torch
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR

def new():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.1)

def make(kind, argument, order, taken=400):
    optimizer = new()
    scheduler = kind(optimizer, argument)
    for _ in range(taken):
        optimizer.step()
        scheduler.step()
    states = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    again = new()
    for each in order:
        if each == "S":
            scheduler = kind(again, argument)
        elif each == "s":
            scheduler.load_state_dict(states[1])
        else:
            again.load_state_dict(states[0])
    return again, scheduler

def good():
    return make(CosineAnnealingLR, 1000, "Sso")
def late():
    return make(MultiStepLR, [100, 300], "Sso")
def unloaded():
    return make(MultiStepLR, [100, 300], "Ss")
def short():
    return make(CosineAnnealingLR, 700, "Sso")
"""


@pytest.mark.filterwarnings("ignore:Please also save or load the state of the optimizer")
def test_check_counts_the_steps_that_were_taken(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sched.py").write_text(SCHED)
    for name in ("good", "late"):
        assert command("check", f"sched.py:{name}", "--steps", "600").out == (
            "nothing found in 1 curve\n"
        )
    wrong = command("check", "sched.py:unloaded", "--steps", "600").out
    assert wrong.startswith(
        "sched.py:unloaded: error LRV801 resumed-off-plan [unloaded] resumed at 0.1, and "
        "MultiStepLR has taken 400 steps, after which it gives 0.001: "
    )
    assert wrong.endswith("1 error in 1 curve\n")
    early = command("check", "sched.py:short", "--steps", "600").out
    assert "update 300 back to" in early
    assert "T_max is 700, the scheduler takes 1,000 steps" in early


@pytest.mark.filterwarnings("ignore:Please also save or load the state of the optimizer")
def test_record_says_it_too() -> None:
    optimizer, scheduler, _ = resumed("phases", 400, "o S s")
    trace = lrviz.record(optimizer, scheduler, steps=5)
    assert trace.warnings[-1].startswith("resumed at 0.01, and SequentialLR has taken 400 steps")
    optimizer, scheduler, rates = resumed("phases", 400, "S s o")
    trace = lrviz.record(optimizer, scheduler, steps=5)
    assert trace.warnings == ()
    assert trace.lr[0].tolist() == rates
