"""Optimizers at work, under a monitor: silent as planned, and each fault told as what it is."""

from __future__ import annotations

import copy
import errno
import math
import os
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import distributed
from torch.optim import LBFGS, SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, LRScheduler, OneCycleLR, StepLR

import lrviz
from lrviz.errors import LrvizError, UsageError
from lrviz.live import monitoring
from lrviz.live.monitoring import Mismatch, MismatchError
from lrviz.live.writing import ScheduleWarning
from tests.commands import lrviz as command

STEPS = 400
PLAN: dict[str, Any] = {"steps": STEPS, "lr": 0.1}


def sgd(groups: int = 1, **options: Any) -> SGD:
    given: list[dict[str, Any]] = [
        {"params": [torch.nn.Parameter(torch.zeros(2))], "lr": 0.1 / (1 + index)}
        for index in range(groups)
    ]
    return SGD(given, **{"lr": 0.1, "momentum": 0.9, **options})


def scheduler(optimizer: Optimizer, name: str = "warmup-cosine") -> Any:
    [built] = lrviz.build(name, optimizer, **PLAN)
    return built.scheduler


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Collect what monitors tell."""
    found: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")

        def show(message: Warning | str, kind: type[Warning], *_: Any) -> None:
            if issubclass(kind, ScheduleWarning):
                found.append(str(message))

        warnings.showwarning = show  # type: ignore[assignment]
        yield found


def trained(optimizer: Optimizer, step: Callable[[int], object], updates: int) -> None:
    for t in range(updates):
        optimizer.step()
        step(t)


# As planned


@pytest.mark.parametrize("name", ["warmup-cosine", "onecycle", "step", "wsd", "exponential"])
def test_as_planned_it_is_silent(name: str, told: list[str]) -> None:
    optimizer = sgd()
    acting = scheduler(optimizer, name)
    with lrviz.monitor(optimizer, name, on_mismatch="raise", **PLAN) as watched:
        trained(optimizer, lambda t: acting.step() if t < STEPS - 1 else None, STEPS)
    assert (told, watched.update, watched.mismatch, watched.skipped) == ([], STEPS, None, 0)


def test_two_groups_and_a_momentum_that_moves(told: list[str]) -> None:
    optimizer = sgd(2)
    acting = OneCycleLR(optimizer, [0.1, 0.05], total_steps=STEPS)
    spec = {
        "train": {"steps": STEPS},
        "optimizer": {
            "type": "SGD",
            "momentum": 0.9,
            "groups": {"a": {"lr": 0.1}, "b": {"lr": 0.05}},
        },
        "scheduler": {"type": "OneCycleLR", "max_lr": [0.1, 0.05], "total_steps": STEPS},
    }
    with lrviz.monitor(optimizer, spec) as watched:
        trained(optimizer, lambda t: acting.step(), 50)
        assert told == []
        optimizer.param_groups[1]["momentum"] = 0.5
        optimizer.step()
    assert watched.mismatch is not None
    found = watched.mismatch
    assert (found.update, found.param, found.group, found.used) == (50, "momentum", 1, 0.5)
    assert told == [
        "schedule: update 50: the optimizer uses 0.5 as momentum in param group 1, the plan says "
        f"{lrviz.simulate(spec).curves['momentum'][50, 1]:.12g}"
    ]


@pytest.mark.parametrize("step", [1, 100, 4096, 8191, 8192, 8193])
def test_plans_are_held_in_blocks(step: int, told: list[str]) -> None:
    trace = lrviz.simulate("cosine", steps=10_000, lr=0.1)
    optimizer = sgd()
    with lrviz.monitor(optimizer, "cosine", steps=10_000, lr=0.1, start=step) as watched:
        optimizer.param_groups[0]["lr"] = float(trace.lr[step, 0])
        optimizer.step()
        optimizer.param_groups[0]["lr"] = float(trace.lr[step + 1, 0])
        optimizer.step()
        assert watched.mismatch is None
        optimizer.step()
    assert watched.mismatch is not None
    assert (watched.mismatch.update, watched.mismatch.planned) == (step + 2, trace.lr[step + 2, 0])
    assert len(told) == 1


def test_a_trace_and_the_schedulers_are_plans_too(told: list[str]) -> None:
    optimizer = sgd(2)
    acting = LambdaLR(optimizer, [lambda step: 1 / (1 + step), lambda step: 0.99**step])
    trained(optimizer, lambda t: acting.step(), 7)
    trace = lrviz.record(optimizer, acting, steps=600)
    with lrviz.monitor(optimizer, acting, on_mismatch="raise"):
        with lrviz.monitor(optimizer, trace, on_mismatch="raise") as watched:
            trained(optimizer, lambda t: acting.step(), 600)
        assert watched.update == 600
        optimizer.param_groups[0]["lr"] = 7.0
        with pytest.raises(MismatchError, match=r"update 600: the optimizer uses 7, the plan says"):
            optimizer.step()
    assert told == []


def test_nothing_of_the_training_changes() -> None:
    def states(watch: bool) -> Any:
        torch.manual_seed(0)
        optimizer = sgd(2, dampening=0.1)
        acting = ExponentialLR(optimizer, 0.9)
        watched = lrviz.monitor(optimizer, acting) if watch else None
        for _ in range(20):
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.grad = torch.randn(2)
            optimizer.step()
            acting.step()
        if watched is not None:
            watched.close()
        parameters = [group["params"][0].detach() for group in optimizer.param_groups]
        return optimizer.state_dict(), acting.state_dict(), parameters, torch.randn(3)

    (one, two, three, four), (ours, acted, moved, drawn) = states(False), states(True)
    assert one["param_groups"] == ours["param_groups"]
    assert two == acted
    assert all(torch.equal(a, b) for a, b in zip(three, moved, strict=True))
    assert torch.equal(four, drawn)


def test_closing_takes_the_hook_away(told: list[str]) -> None:
    optimizer = sgd()
    watched = lrviz.monitor(optimizer, "cosine", **PLAN)
    watched.close()
    watched.close()
    trained(optimizer, lambda t: None, 3)
    assert (watched.update, told, len(optimizer._optimizer_step_pre_hooks)) == (0, [], 0)


# What differs


def faulty(told: list[str], step: Callable[[Any, int], object], updates: int = 60) -> list[str]:
    optimizer = sgd()
    acting = scheduler(optimizer)
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN):
        trained(optimizer, lambda t: step(acting, t), updates)
    return told


def test_stepped_four_times_an_update(told: list[str]) -> None:
    first, cause = faulty(told, lambda acting, t: [acting.step() for _ in range(4)])
    assert first == "warmup-cosine: update 1: the optimizer uses 0.02, the plan says 0.005"
    assert cause.startswith("warmup-cosine: the run took 4 of the plan's steps for each update: ")


def test_stepped_every_tenth_update(told: list[str]) -> None:
    def step(acting: Any, t: int) -> None:
        if (t + 1) % 10 == 0:
            acting.step()

    first, cause = faulty(told, step)
    assert first == "warmup-cosine: update 1: the optimizer uses 0, the plan says 0.005"
    assert "one of the plan's steps for every 10 updates" in cause


def test_never_stepped(told: list[str]) -> None:
    [first] = faulty(told, lambda acting, t: None)
    assert first == "warmup-cosine: update 1: the optimizer uses 0, the plan says 0.005"


def test_begun_anew(told: list[str]) -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN):
        trained(optimizer, lambda t: acting.step(), 30)
        for group in optimizer.param_groups:
            group["lr"] = 0.1
            del group["initial_lr"]
        acting = scheduler(optimizer)
        trained(optimizer, lambda t: acting.step(), 40)
    first, cause = told
    planned = float(lrviz.simulate("warmup-cosine", **PLAN).lr[30, 0])
    assert first == f"warmup-cosine: update 30: the optimizer uses 0, the plan says {planned:.12g}"
    assert cause == "warmup-cosine: the schedule was begun anew at update 30"


def test_beyond_the_plan_it_is_told_once(told: list[str]) -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN):
        trained(optimizer, lambda t: acting.step(), STEPS + 5)
    assert told == [f"warmup-cosine: update {STEPS}: the plan ended before it"]


def test_raise_ends_the_run_at_the_first_difference() -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    with lrviz.monitor(optimizer, "warmup-cosine", on_mismatch="raise", **PLAN) as watched:
        trained(optimizer, lambda t: acting.step(), 5)
        optimizer.param_groups[0]["lr"] = 1.0
        with pytest.raises(MismatchError) as caught:
            optimizer.step()
    assert str(caught.value) == "update 5: the optimizer uses 1, the plan says 0.025"
    assert watched.mismatch is not None


def test_a_callable_is_called_at_once_and_with_the_cause() -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    found: list[Mismatch] = []
    with lrviz.monitor(optimizer, "warmup-cosine", on_mismatch=found.append, **PLAN):
        trained(optimizer, lambda t: [acting.step() for _ in range(4)], 60)
    first, second = found
    assert (first.update, first.verdict) == (1, None)
    assert (first.used, first.planned) == pytest.approx((0.02, 0.005), rel=1e-12)
    assert second.verdict is not None
    assert [each.name for each in second.verdict.causes][:1] == ["fast"]


class _Overflows(torch.amp.GradScaler):
    """A scaler that finds an overflow in the updates that it is told."""

    def __init__(self, skips: set[int]) -> None:
        super().__init__("cpu", init_scale=2.0)
        self.skips, self.seen = skips, -1

    def _maybe_opt_step(
        self, optimizer: Optimizer, optimizer_state: dict[str, Any], *args: Any, **kwargs: Any
    ) -> float | None:
        self.seen += 1
        value = 1.0 if self.seen in self.skips else 0.0
        optimizer_state["found_inf_per_device"] = {torch.device("cpu"): torch.tensor(value)}
        return super()._maybe_opt_step(optimizer, optimizer_state, *args, **kwargs)


def test_what_a_gradient_scaler_skips_is_a_shift(told: list[str]) -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    scaler = _Overflows({0, 20, 21})
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN) as watched:
        for _ in range(60):
            loss = sum(p.sum() for g in optimizer.param_groups for p in g["params"])
            assert isinstance(loss, torch.Tensor)
            scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            scaler.step(optimizer)
            scaler.update()
            acting.step()
    assert (watched.update, watched.skipped, watched.mismatch) == (57, 3, None)
    assert told == [
        "warmup-cosine: 3 updates were skipped by the gradient scaler: the schedule is 3 ahead of "
        "the updates"
    ]


# Optimizers of all sorts


def test_several_optimizers_each_with_a_plan(tmp_path: Path, told: list[str]) -> None:
    g, d = sgd(), AdamW([torch.nn.Parameter(torch.zeros(1))], lr=0.01)
    acting = [ExponentialLR(g, 0.9), StepLR(d, 5, 0.5)]
    plans = {
        "g": {
            "train": {"steps": 20},
            "optimizer": {"lr": 0.1},
            "scheduler": "ExponentialLR:gamma=0.9",
        },
        "d": lrviz.record(d, acting[1], steps=20),
    }
    plans["g"] = lrviz.record(g, acting[0], steps=20)
    with lrviz.monitor({"g": g, "d": d}, plans, log=tmp_path / "lr.csv") as watched:
        for _ in range(20):
            for optimizer, each in zip((g, d), acting, strict=True):
                optimizer.step()
                each.step()
    assert told == []
    assert [each.update for each in watched.values()] == [20, 20]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lr-d.csv", "lr-g.csv"]


def test_a_closure_is_one_update(told: list[str]) -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = LBFGS([parameter], lr=0.1, max_iter=5)
    acting = ExponentialLR(optimizer, 0.9)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (parameter**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with lrviz.monitor(optimizer, acting) as watched:
        for _ in range(6):
            optimizer.step(closure)  # type: ignore[no-untyped-call]
            acting.step()
    assert (watched.update, told) == (6, [])


def test_a_copy_is_not_counted_and_a_loaded_state_is_followed(told: list[str]) -> None:
    optimizer = sgd()
    acting = ExponentialLR(optimizer, 0.9)
    with lrviz.monitor(optimizer, acting) as watched:
        trained(optimizer, lambda t: acting.step(), 3)
        copy.deepcopy(optimizer).step()
        state = copy.deepcopy(optimizer.state_dict())
        optimizer.load_state_dict(state)
        trained(optimizer, lambda t: acting.step(), 3)
    assert (watched.update, told) == (6, [])


def test_a_rate_in_a_tensor(told: list[str]) -> None:
    optimizer = SGD([torch.nn.Parameter(torch.zeros(1))], lr=torch.tensor(0.5))
    acting = ExponentialLR(optimizer, 0.5)
    with lrviz.monitor(optimizer, acting):
        trained(optimizer, lambda t: acting.step(), 5)
        optimizer.param_groups[0]["lr"].fill_(3.0)
        optimizer.step()
    assert told == ["the schedulers: update 5: the optimizer uses 3, the plan says 0.015625"]


def test_it_is_said_at_the_line_of_the_update() -> None:
    optimizer = sgd()
    acting = ExponentialLR(optimizer, 1)
    with warnings.catch_warnings(record=True) as caught, lrviz.monitor(optimizer, acting):
        warnings.simplefilter("always", ScheduleWarning)
        optimizer.step()
        optimizer.param_groups[0]["lr"] = 9.0
        line = sys._getframe().f_lineno + 1
        optimizer.step()
    assert [(each.filename, each.lineno) for each in caught][:1] == [(__file__, line)]


def test_a_compiled_step_is_looked_at(told: list[str]) -> None:
    optimizer = sgd()
    acting = ExponentialLR(optimizer, 0.9)
    step = torch.compile(optimizer.step, backend="eager")
    with lrviz.monitor(optimizer, acting) as watched:
        for _ in range(4):
            for group in optimizer.param_groups:
                group["params"][0].grad = torch.ones(2)
            step()
            acting.step()
    assert (watched.update, told) == (4, [])


# The log


def test_the_log_is_what_was_used_to_the_bit(tmp_path: Path) -> None:
    optimizer = sgd(2)
    acting = LambdaLR(optimizer, [lambda step: 1 / (3 + step), lambda step: 0.97**step])
    rows = []
    log = tmp_path / "lr.csv"
    with lrviz.monitor(optimizer, log=log):
        for _ in range(30):
            rows.append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
            acting.step()
    header, *lines = log.read_text().splitlines()
    assert header == "step,lr/0,lr/1,lr/0-momentum,lr/1-momentum"
    assert [[float(each) for each in line.split(",")[1:3]] for line in lines] == rows
    plan = lrviz.simulate("cosine", steps=30, lr=0.1)
    assert lrviz.compare(plan, log).differs is not None


def test_a_resumed_run_appends_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    optimizer = sgd()
    acting = scheduler(optimizer)
    for start in (0, 40):
        with lrviz.monitor(optimizer, "warmup-cosine", log="lr.csv", start=start, **PLAN):
            trained(optimizer, lambda t: acting.step(), 40)
    assert told == ["warmup-cosine: lr.csv: rows from update 40 on are appended"]
    Path("plan.yaml").write_text(
        f"train: {{steps: {STEPS}}}\noptimizer: {{type: SGD, lr: 0.1}}\nscheduler: warmup-cosine\n"
    )
    ran = command("compare", "plan.yaml", "lr.csv", "-q", "-o", "a.png")
    assert ran.out.startswith("lr against plan: all 80 logged values are the plan's, to the bit.")
    with pytest.raises(LrvizError, match="has other columns, 'step,lr', than 'step,lr/0,lr/1"):
        lrviz.monitor(sgd(2), log="lr.csv")


KILLED = """
import os, signal, sys, time, torch, lrviz
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
[built] = lrviz.build("cosine", optimizer, steps=100_000, lr=0.1)
lrviz.monitor(optimizer, log="lr.csv")
begun = time.monotonic()
for t in range(100_000):
    optimizer.step()
    built.scheduler.step()
    if time.monotonic() - begun > 1.3:
        print(t, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_leaves_a_log_that_can_be_read(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == -9
    rows = (tmp_path / "lr.csv").read_text().splitlines()
    assert len(rows) > int(ran.stdout) / 3  # at most the last of the 1.3 seconds is lost
    plan = lrviz.simulate("cosine", steps=100_000, lr=0.1)
    assert lrviz.compare(plan, tmp_path / "lr.csv").equal


def test_without_a_close_it_is_written_at_the_end(tmp_path: Path) -> None:
    code = KILLED.replace("> 1.3", "> 99").replace("100_000", "10")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert len((tmp_path / "lr.csv").read_text().splitlines()) == 11


def test_one_rank_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_rank", lambda: 1)
    optimizer = sgd()
    with lrviz.monitor(optimizer, "cosine", log=tmp_path / "lr.csv", **PLAN) as watched:
        trained(optimizer, lambda t: None, 5)
    assert watched.mismatch is not None
    assert (told, list(tmp_path.iterdir())) == ([], [])


# Costs


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize(("groups", "most"), [(1, 2e-6), (100, 50e-6)])
def test_it_costs_little(groups: int, most: float, writes: bool, tmp_path: Path) -> None:
    optimizer = sgd(groups)
    for index, group in enumerate(optimizer.param_groups):
        group["lr"] = 0.1 / (3 + index)
    trace = lrviz.record(optimizer, [], steps=20_000)
    watched = lrviz.monitor(optimizer, trace, log=tmp_path / "lr.csv" if writes else None)

    def seconds() -> float:
        begun = time.thread_time()
        for _ in range(1000):
            watched._before(optimizer, (), {})
        return (time.thread_time() - begun) / 1000

    assert min(seconds() for _ in range(5)) < most
    assert watched.mismatch is None
    watched.close()


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    optimizer = sgd()
    watched = lrviz.monitor(
        optimizer, "constant", steps=1_000_000, lr=0.1, log=tmp_path / "lr.csv", on_mismatch="raise"
    )

    def peak(updates: int) -> int:
        tracemalloc.reset_peak()
        for _ in range(updates):
            watched._before(optimizer, (), {})
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        first = peak(20_000)
        assert peak(100_000) < first + 500_000  # of 100,000 rows the doubles alone take 2.4 MB
    finally:
        tracemalloc.stop()
    watched.close()
    assert len((tmp_path / "lr.csv").read_text().splitlines()) == 120_001


def test_a_full_disk_ends_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    def full(file: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    optimizer = sgd()
    log = tmp_path / "lr.csv"
    with lrviz.monitor(optimizer, log=log):
        monkeypatch.setattr(os, "write", full)
        optimizer.step()
    assert told == [f"{log} cannot be written: No space left on device; rows are missing"]


FORKED = """
import os, time, torch, lrviz
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
watched = lrviz.monitor(optimizer, log="lr.csv")
for _ in range(500):
    optimizer.step()
    if not os.fork():
        time.sleep(0.6)
        watched.close()
        os._exit(0)
watched.close()
for _ in range(500):
    os.wait()
"""


def test_a_fork_writes_no_row_of_its_parents(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKED.replace("500", "20")], cwd=tmp_path, check=True)
    rows = (tmp_path / "lr.csv").read_text().splitlines()
    assert rows == ["step,lr,lr-momentum", *(f"{t},0.1,0.0" for t in range(20))]


# What is asked for wrongly


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((3,), {}, "monitor wants a torch optimizer first, not an int"),
        ((sgd(),), {}, "monitor wants a plan, or a log to write"),
        ((sgd(), "cosine"), {"start": -1}, "start must be a whole number, at least 0, not -1"),
        (
            (sgd(), "cosine"),
            {"on_mismatch": "cry"},
            "on_mismatch must be 'warn', 'raise' or a callable, not 'cry'",
        ),
        (({"a": sgd()}, {"b": "cosine"}), {}, "a plan for each of a is wanted, by these names"),
        ((sgd(), "cosine"), {"start": "3"}, "start must be a whole number, at least 0, not '3'"),
        ((sgd(), "cosine"), {"start": 2.5}, "start must be a whole number, at least 0, not 2.5"),
        ((sgd(), "cosine"), {"log": 3}, "log must be the path of a file, not 3"),
        ((sgd(), "cosine"), {"step": 3}, "monitor takes no step; it takes what lrviz.load does"),
        (
            ({"a/b": sgd()},),
            {"log": "lr.csv"},
            "'a/b': a name stands in that of a log, and can have no slash",
        ),
    ],
)
def test_wrong_arguments(arguments: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        lrviz.monitor(*arguments, **options)
    assert str(caught.value) == message


# Assertions


def test_assert_schedule_is_for_tests() -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    lrviz.assert_schedule(optimizer, acting, "warmup-cosine", steps=STEPS, lr=0.1)
    with pytest.raises(AssertionError) as caught:
        lrviz.assert_schedule(optimizer, acting, lrviz.load("cosine", **PLAN)[0], steps=STEPS)
    assert str(caught.value) == (
        "update 0 uses 0, the plan says 0.1: it was another schedule: warmup-cosine, of the same "
        "length and lr"
    )
    assert acting.last_epoch == 0


def test_blocks_are_the_run_of_every_preset() -> None:
    from lrviz.building.factory import build_schedule
    from lrviz.simulation.loop import blocks

    for name in ("warmup-cosine", "onecycle", "sgdr", "plateau", "cosine-plateau", "multistep"):
        [schedule] = lrviz.load(name, steps=20_000, steps_per_epoch=100)
        found = list(blocks(build_schedule(schedule)))
        trace = lrviz.simulate(schedule)
        assert np.concatenate([each["lr"] for each in found]).tolist() == trace.lr.tolist()


class _Raises(LRScheduler):
    def get_lr(self) -> list[float | torch.Tensor]:
        if self.last_epoch > 5:
            raise RuntimeError("no more")
        return [0.1]


def test_a_plan_that_fails_ends_there(told: list[str]) -> None:
    optimizer = sgd()
    acting = _Raises(optimizer)
    with lrviz.monitor(optimizer, acting):
        trained(optimizer, lambda t: None, 9)
    assert told == ["the schedulers: update 6: the plan ended before it"]


def test_steps_too_many_are_no_skips_of_the_scaler(told: list[str]) -> None:
    parameter = torch.nn.Parameter(torch.ones(1))
    optimizer = SGD([parameter], lr=0.1)
    acting = scheduler(optimizer)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN) as watched:
        for _ in range(20):
            optimizer.zero_grad()
            scaler.scale(parameter.sum()).backward()  # type: ignore[no-untyped-call]
            scaler.step(optimizer)
            scaler.update()
            acting.step()
            acting.step()  # the fault
    assert watched.skipped == 0
    assert watched.mismatch is not None
    assert watched.mismatch.update == 1
    assert any("2 of the plan's steps for each update" in each for each in told)


def test_a_length_is_named_only_where_its_neighbours_do_not_explain(told: list[str]) -> None:
    optimizer = sgd()
    [built] = lrviz.build("warmup-cosine", optimizer, steps=800)
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN) as watched:
        trained(optimizer, lambda t: built.scheduler.step(), 300)
    assert watched.mismatch is not None
    named = [each for each in told if "updates, not" in each or "as for" in each]
    assert all("800" in each for each in named), told


def test_another_order_of_the_same_formula_is_rounding(told: list[str]) -> None:
    optimizer = sgd()
    half = LambdaLR(optimizer, lambda t: 0.5 * (1 + math.cos(math.pi * t / 50)))
    with lrviz.monitor(optimizer, "cosine", steps=50, lr=0.1, on_mismatch="raise"):
        trained(optimizer, lambda t: half.step(), 49)
    nudged = sgd()
    with lrviz.monitor(nudged, "constant", steps=50, lr=0.1):
        nudged.step()
        nudged.param_groups[0]["lr"] = 0.1 * (1 + 1e-11)
        nudged.step()
    assert len(told) == 1


def test_one_curve_is_that_of_every_group(told: list[str]) -> None:
    def groups(second: float) -> AdamW:
        both = [torch.zeros(1, requires_grad=True) for _ in range(2)]
        given: list[dict[str, Any]] = [{"params": both[:1]}, {"params": both[1:], "lr": second}]
        return AdamW(given, lr=0.1)

    alike = groups(0.1)
    spec = {
        "train": {"steps": 50},
        "optimizer": {"type": "AdamW", "lr": 0.1},
        "scheduler": {"type": "OneCycleLR", "max_lr": 0.1, "total_steps": 50},
    }
    cycle = OneCycleLR(alike, 0.1, total_steps=50)
    with lrviz.monitor(alike, spec, on_mismatch="raise"):
        trained(alike, lambda t: cycle.step(), 49)
    other = groups(5.0)
    with lrviz.monitor(other, "constant", steps=50, lr=0.1):
        other.step()
    assert told == ["constant: update 0: the optimizer uses 5 in param group 1, the plan says 0.1"]
    with pytest.raises(AssertionError, match="update 0 uses 5 as lr in param group 1"):
        lrviz.assert_schedule(other, LambdaLR(other, lambda t: 1.0), "constant", steps=9, lr=0.1)


def test_schedulers_are_a_plan_from_here_on(told: list[str]) -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    trained(optimizer, lambda t: acting.step(), 7)
    with lrviz.monitor(optimizer, acting, start=7, on_mismatch="raise") as watched:
        trained(optimizer, lambda t: acting.step(), 20)
    assert watched.update == 27
    with pytest.raises(LrvizError, match="per epoch: give steps_per_epoch"):
        lrviz.monitor(optimizer, {"scheduler": acting, "interval": "epoch"})
    with pytest.raises(LrvizError, match="interval must be 'step'"):
        lrviz.monitor(optimizer, acting, interval="bogus")


@pytest.mark.parametrize(("limit", "value"), [("_LOOKS", (3, 4, 6)), ("_SECONDS", 0.0)])
def test_the_search_for_a_cause_ends(
    limit: str, value: Any, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, limit, value)
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN) as watched:
        for update in range(9):
            optimizer.param_groups[0]["lr"] = 0.2 + (update * 7919 % 101) / 1000
            optimizer.step()
    assert len(told) == 1
    assert watched._ended
    assert watched._seen == []


def test_a_row_is_soon_in_the_log_and_a_part_of_one_is_mended(
    tmp_path: Path, told: list[str]
) -> None:
    log = tmp_path / "lr.csv"
    optimizer = sgd()
    with lrviz.monitor(optimizer, log=log):
        optimizer.step()
        end = time.monotonic() + 1
        while "0.9" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.01)  # an update that takes long
        assert log.read_text() == "step,lr,lr-momentum\n0,0.1,0.9\n"
    with log.open("a") as file:
        file.write("1,0.0")
    with lrviz.monitor(optimizer, log=log, start=1):
        optimizer.step()
        optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)]})
        optimizer.step()
    assert log.read_text().splitlines()[1:] == ["0,0.1,0.9", "1,0.1,0.9", "2,0.1,0.9"]


def test_a_row_of_an_update_that_is_refused_is_not_logged(tmp_path: Path) -> None:
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    with (
        lrviz.monitor(
            optimizer, "constant", steps=9, lr=0.1, log=tmp_path / "lr.csv", on_mismatch="raise"
        ),
        pytest.raises(LrvizError, match=r"update 0: the optimizer uses 0\.3"),
    ):
        optimizer.step()
    assert (tmp_path / "lr.csv").read_text() == "step,lr\n"


def test_only_what_the_plan_moves_is_held_against_another_optimizer(told: list[str]) -> None:
    def plan(optimizer: Optimizer) -> LRScheduler:
        return StepLR(optimizer, 5, 0.5)

    optimizer = AdamW([torch.zeros(1, requires_grad=True)], lr=0.1, weight_decay=0.3)
    acting = StepLR(optimizer, 5, 0.5)
    with lrviz.monitor(optimizer, plan, steps=20, lr=0.1) as watched:
        trained(optimizer, lambda t: acting.step(), 20)
    assert (watched.mismatch, told) == (None, [])


def test_schedulers_per_epoch_begin_with_an_epoch() -> None:
    optimizer = sgd()
    acting = scheduler(optimizer)
    with pytest.raises(UsageError) as caught:
        lrviz.monitor(optimizer, acting, start=7, interval="epoch", steps_per_epoch=5)
    assert str(caught.value) == (
        "the schedulers are stepped per epoch, and start=7 is within one of 5 updates: begin at an "
        "epoch's first update, or give a plan by name"
    )
    lrviz.monitor(optimizer, acting, start=10, interval="epoch", steps_per_epoch=5).close()


RANK = """
import os, torch, lrviz
from torch import distributed
rank = int(os.environ["RANK"])
distributed.init_process_group("gloo", init_method="file://" + os.path.abspath("store"),
                               rank=rank, world_size=2)
layer = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(layer.parameters(), lr=0.3)
with lrviz.monitor(optimizer, "constant", steps=9, lr=0.1, log="lr.csv"):
    for _ in range(5):
        layer(torch.ones(1, 2)).sum().backward()
        optimizer.step()
"""


def test_of_two_processes_one_writes_and_tells(tmp_path: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", RANK],
            cwd=tmp_path,
            env={**os.environ, "RANK": rank},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    told = [each.communicate()[1] for each in running]
    assert [each.returncode for each in running] == [0, 0]
    assert ["update 0: the optimizer uses 0.3" in each for each in told] == [True, False]
    rows = (tmp_path / "lr.csv").read_text().splitlines()
    assert rows == ["step,lr", *(f"{t},0.3" for t in range(5))]


@pytest.mark.parametrize(("enabled", "early"), [(False, False), (True, True)])
def test_no_scaler_skips_that_is_off_or_has_not_stepped(
    enabled: bool, early: bool, told: list[str]
) -> None:
    parameter = torch.nn.Parameter(torch.ones(1))
    optimizer = SGD([parameter], lr=0.1)
    acting = scheduler(optimizer)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0, enabled=enabled)
    if early:
        optimizer._opt_called = True  # type: ignore[attr-defined]  # torch warns of the order, too
        acting.step()  # the fault
    with lrviz.monitor(optimizer, "warmup-cosine", **PLAN) as watched:
        for _ in range(12):
            optimizer.zero_grad()
            scaler.scale(parameter.sum()).backward()  # type: ignore[no-untyped-call]
            scaler.step(optimizer)
            scaler.update()
            acting.step()
            if not early:
                acting.step()  # the fault
    assert watched.skipped == 0
    assert watched.mismatch is not None
    assert watched.mismatch.update == (0 if early else 1)
