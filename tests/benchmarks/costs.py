"""What an update costs with many param groups, in a very long run, and where it is monitored."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

    from tests.benchmarks.benchmark import Report

GROUPS = (10, 100, 1_000)
LONG = 100_000_000
SECONDS, MIB = 15, 300
GROUPED = ("CosineAnnealingLR", "OneCycleLR", "StepLR", "SWALR", "LambdaLR", "MultiplicativeLR")
LONG_RUNS = {
    "cosine": ("cosine",),
    "StepLR": ("StepLR:step_size=1000000",),
    "cosine per epoch": ("cosine", "--interval", "epoch", "--steps-per-epoch", "10000"),
}
MONITORED = {1: 2.0, 100: 50.0}  # µs an update, by param groups


def groups(report: Report, updates: int = 200) -> None:
    """Compare how the cost of an update grows with the param groups: the loop's, and lrviz's."""
    from tests.benchmarks.benchmark import REPEATS, time_loop, time_lrviz
    from tests.cases import SCHEDULERS

    print("groups: µs an update, the loop and lrviz; then how much slower grows what lrviz takes")
    for name in GROUPED:
        make, costs = SCHEDULERS[name], {}
        for count in (1, *GROUPS):
            times: tuple[list[float], list[float]] = [], []
            for _ in range(REPEATS):
                for kept, run in zip(times, (time_loop, time_lrviz), strict=True):
                    kept.append(run(make, None, updates, count)[0] / updates * 1e6)
            costs[count] = [statistics.median(each) for each in times]
        for count in GROUPS:
            loop, ours = costs[count]
            growth = (ours / costs[1][1]) / (loop / costs[1][0])
            report.line(
                f"{name}, {count:,} groups", f"{loop:.1f} : {ours:.1f}", growth, 1, least=False
            )


def long(report: Report) -> None:
    """Show a table of 10^8 updates: its seconds, and its memory beside that of `import torch`."""
    from tests.benchmarks.benchmark import lrviz, medians

    print(f"long: a table of {LONG:,} updates, in seconds and in MiB beyond import torch")
    commands = {"import": [sys.executable, "-c", "import torch"]}
    for name, source in LONG_RUNS.items():
        commands[name] = lrviz("table", *source, "--steps", str(LONG))
    with tempfile.TemporaryDirectory() as folder:
        found = medians(commands, Path(folder))
    for name in LONG_RUNS:
        seconds, room = found[name][0], (found[name][1] - found["import"][1]) / 2**20
        report.line(f"{name} : {SECONDS} s", f"{seconds:.1f}", seconds / SECONDS, 1, least=False)
        report.line(f"{name} : {MIB} MiB", f"{room:.0f}", room / MIB, 1, least=False)


def monitor(report: Report, updates: int = 2_000) -> None:
    """Time what `lrviz.monitor` adds to an update, with and without a log."""
    import lrviz
    from tests.benchmarks.benchmark import REPEATS

    print("monitor: µs that it adds to an update, against its limit")
    for count, most in MONITORED.items():
        for log in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                optimizer = different(count)
                plan = lrviz.record(optimizer, [], steps=updates * REPEATS)
                path = Path(folder) / "lr.csv" if log else None
                times = []
                with lrviz.monitor(optimizer, plan, log=path) as watched:
                    for _ in range(REPEATS):
                        start = time.perf_counter()
                        for _ in range(updates):
                            watched._before(optimizer, (), {})
                        times.append((time.perf_counter() - start) / updates * 1e6)
                assert watched.mismatch is None
            spent = statistics.median(times)
            name = f"{count} group{'s' * (count > 1)}{', with a log' * log} : {most:g} µs"
            report.line(name, f"{spent:.2f}", spent / most, 1, least=False)


def different(count: int) -> torch.optim.Optimizer:
    """Return an optimizer of so many param groups, no two of one lr."""
    import torch

    lrs = np.geomspace(1e-4, 0.1, count).tolist()
    parameters = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in lrs]
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
