"""Measure what lrviz promises about time and memory, in one run, and print ratios.

    python -m tests.benchmarks.benchmark [startup] [memory] [long] [stepping] [groups] [monitor]
        [pictures]

Every figure is a median of 7, taken in turn with what it is compared with, so that a machine that
is slow for a while is slow for both. Exit code 1 says that a target was missed.
"""

from __future__ import annotations

import compileall
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Metric = NDArray[np.float64] | None
Make = Callable[[Any, int], Any]

REPEATS = 7
ROOT = Path(__file__).parents[2]

NAIVE = """
import matplotlib.pyplot as plt
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

for name in ("cosine", "onecycle"):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    if name == "cosine":
        scheduler = CosineAnnealingLR(optimizer, T_max=10000)
    else:
        scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=10000)
    lrs = []
    for step in range(10000):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < 9999:
            scheduler.step()
    plt.plot(lrs, label=name)
plt.legend()
plt.savefig("naive.png")
"""

TYPER_APP = """
import typer

app = typer.Typer()


@app.command()
def plot(source: str, steps: int = 1000) -> None:
    "Draw a schedule."


@app.command()
def table(source: str, steps: int = 1000) -> None:
    "Print a schedule."


app()
"""


class Report:
    """Prints a line a measurement and remembers whether all targets were met."""

    met = True

    def line(self, name: str, detail: str, ratio: float, target: float, *, least: bool) -> None:
        """Print a ratio beside the target that it must reach (`least`) or stay within."""
        met = ratio >= target if least else ratio <= target
        self.met = self.met and met
        bound = f"{'>=' if least else '<='} {target:g}"
        print(f"{name:<44} {detail:<38} {ratio:7.3f}  {bound:<8} {'met' if met else 'MISSED'}")


def lrviz(*arguments: str) -> list[str]:
    """Return the command line of the lrviz in this checkout."""
    return [sys.executable, "-m", "lrviz", *arguments]


def again(*arguments: str) -> list[str]:
    """Return the same, for what was simulated before: the run before the first is the miss."""
    return ["env", "LRVIZ_CACHE_DIR=cache", *lrviz(*arguments)]


def run(command: list[str], folder: Path) -> tuple[float, int]:
    """Run a command; return its wall time in seconds and its peak memory in bytes."""
    # Nothing is kept, but where a command says so itself.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LRVIZ_CACHE_DIR": ""}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with (folder / "output.txt").open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        words = (folder / "output.txt").read_text(errors="replace")
        raise SystemExit(f"{' '.join(command)} failed:\n{words}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def medians(commands: dict[str, list[str]], folder: Path) -> dict[str, tuple[float, float]]:
    """Return the median time and peak memory of each command, run in turn, after one run each."""
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
    for repeat in range(REPEATS + 1):
        for name, command in commands.items():
            measured = run(command, folder)
            if repeat:
                found[name].append(measured)
    return {
        name: (statistics.median(t for t, _ in runs), statistics.median(m for _, m in runs))
        for name, runs in found.items()
    }


def startup(report: Report) -> None:
    """Compare whole commands with what people run instead."""
    print("start-up: seconds of wall time, the command against what it is compared with")
    two = ("cosine", "onecycle", "--steps", "10000")
    pages = ("gallery", "preset:*", "-o", "gallery")
    compileall.compile_dir(ROOT / "lrviz", quiet=1)  # as pip does where it installs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "naive.py").write_text(NAIVE)
        (folder / "app.py").write_text(TYPER_APP)
        run(lrviz(*pages), folder)
        seconds = medians(
            {
                "plot": lrviz("plot", *two, "-o", "plot.png"),
                "script": [sys.executable, "naive.py"],
                "table": lrviz("table", *two),
                "import": [sys.executable, "-c", "import torch"],
                "check again": again("check", *two),
                "table again": again("table", *two),
                "plot again": again("plot", *two, "-o", "plot.png"),
                "gallery": lrviz(*pages, "--check"),
                "gallery again": again(*pages, "--check"),
                "help": lrviz("--help"),
                "typer": [sys.executable, "app.py", "--help"],
            },
            folder,
        )
    for name, other, words, target in (
        ("plot", "script", "lrviz plot : pyplot, SGD and a loop", 0.38),
        ("table", "import", "lrviz table : import torch", 0.75),
        ("check again", "import", "lrviz check, a second time : import torch", 0.3),
        ("table again", "import", "lrviz table, a second time : import torch", 0.3),
        ("plot again", "script", "lrviz plot, a second time : pyplot", 0.25),
        ("gallery again", "gallery", "gallery --check, a second time : the first", 0.3),
        ("help", "typer", "lrviz --help : --help of a Typer app", 1.3),
    ):
        ours, theirs = seconds[name][0], seconds[other][0]
        report.line(words, f"{ours:.3f} : {theirs:.3f}", ours / theirs, target, least=False)


def stepping(report: Report, updates: int = 20_000) -> None:
    """Compare the simulation with the loops that people write, for every torch scheduler."""
    from tests.cases import SCHEDULERS, metric_of

    print(f"stepping: µs an update of {updates:,}, one group; the loop, the bare steps, lrviz")
    gains, slowest = {}, (0.0, "")
    for name, make in SCHEDULERS.items():
        if "-" in name:  # a second case of a class
            continue
        values = metric_of(name, updates)
        metric = None if values is None else np.array(values)
        loop, bare, ours = median_times(make, metric, updates)
        gains[name] = loop / ours
        slowest = max(slowest, (ours / bare, name))
        print(f"  {name:<42} {loop:6.2f} {bare:6.2f} {ours:6.2f}{'':18} {loop / ours:7.1f}")
    gain = math.exp(statistics.fmean(map(math.log, gains.values())))
    report.line("the loop : lrviz", "geometric mean", gain, 18, least=True)
    least = min(gains, key=lambda name: gains[name])
    report.line("the loop : lrviz", f"least: {least}", gains[least], 10, least=True)
    report.line(
        "lrviz : bare scheduler.step()", f"slowest: {slowest[1]}", slowest[0], 1.05, least=False
    )


def median_times(make: Make, metric: Metric, updates: int) -> list[float]:
    """Return µs an update of the loop, of the bare steps, and of lrviz, which must be equal.

    A metric is an array for all three, and each reads it in the fastest way, as one list.
    """
    times: list[list[float]] = [[], [], []]
    for _ in range(REPEATS):
        (loop, expected), bare, (ours, found) = (
            time_loop(make, metric, updates),
            time_bare(make, metric, updates),
            time_lrviz(make, metric, updates),
        )
        if found != expected:
            raise SystemExit("lrviz and the loop differ")
        for kept, seconds in zip(times, (loop, bare, ours), strict=True):
            kept.append(seconds)
    return [statistics.median(kept) / updates * 1e6 for kept in times]


def real_sgd(groups: int = 1) -> Any:
    """Return the optimizer of the loops; without gradients, `step` is at its best."""
    import torch

    parameters = [{"params": [torch.zeros(1, 1, requires_grad=True)]} for _ in range(groups)]
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


def time_loop(
    make: Make, metric: Metric, updates: int, groups: int = 1
) -> tuple[float, list[float]]:
    """Time the loop with `optimizer.step()`; return its learning rates too, of the first group."""
    optimizer = real_sgd(groups)
    scheduler = make(optimizer, updates)
    lrs = []
    start = time.perf_counter()
    if metric is None:
        for _ in range(updates):
            lrs.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    else:
        for value in metric.tolist():
            lrs.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step(value)
    return time.perf_counter() - start, lrs


def time_bare(make: Make, metric: Metric, updates: int) -> float:
    """Time nothing but the calls of `scheduler.step()`."""
    optimizer = real_sgd()
    scheduler = make(optimizer, updates)
    optimizer.step()
    start = time.perf_counter()
    if metric is None:
        for _ in range(updates):
            scheduler.step()
    else:
        for value in metric.tolist():
            scheduler.step(value)
    return time.perf_counter() - start


def time_lrviz(
    make: Make, metric: Metric, updates: int, groups: int = 1
) -> tuple[float, list[float]]:
    """Time the simulation; return its learning rates too, of the first group."""
    import torch

    from lrviz.building.dummy import dummy_optimizer
    from lrviz.simulation.loop import run as simulate
    from tests.cases import SGD, build
    from tests.reference import Slot

    optimizer = dummy_optimizer(torch.optim.SGD, [{}] * groups, SGD)
    built = build(optimizer, [Slot(make(optimizer, updates))], updates)
    built = replace(built, schedulers=(replace(built.schedulers[0], metric=metric),))
    start = time.perf_counter()
    trace = simulate(built)
    return time.perf_counter() - start, trace.lr[:, 0].tolist()


def memory(report: Report, updates: int = 1_000_000) -> None:
    """Compare the peak memory of commands on a long training with that on a short one."""
    print(f"memory: bytes an update of {updates:,} and recorded quantity, at the peak")
    two = ("cosine", "onecycle", "--steps")
    quantities = 3  # the lr of both, and the momentum of onecycle
    commands = {}
    for name, output in (("table", ()), ("plot", ("-o", "plot.png"))):
        commands[name] = lrviz(name, *two, str(updates), *output)
        commands[f"short {name}"] = lrviz(name, *two, "1000", *output)
    with tempfile.TemporaryDirectory() as folder:
        peaks = medians(commands, Path(folder))
    for name in ("table", "plot"):
        long, short = peaks[name][1], peaks[f"short {name}"][1]
        each = (long - short) / (updates * quantities)
        detail = f"{long / 1e6:.0f} MB : {short / 1e6:.0f} MB"
        report.line(f"lrviz {name} : itself, 1,000 updates", detail, each, 16, least=False)


def main(arguments: Iterable[str]) -> int:
    """Run the parts that are named, or all; return the exit code."""
    from tests.benchmarks.costs import groups, long, monitor
    from tests.benchmarks.pictures import pictures

    # Memory before what imports torch: Linux counts this process's own as its children's.
    parts = {"startup": startup, "memory": memory, "long": long, "stepping": stepping}
    parts |= {"groups": groups, "monitor": monitor, "pictures": pictures}
    asked = list(arguments) or list(parts)
    report = Report()
    for name in sorted(asked, key=list(parts).index):
        parts[name](report)
    return 0 if report.met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
