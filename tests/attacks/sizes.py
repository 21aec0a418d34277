"""Run commands on very long trainings, and on specs of very many curves, groups and lines.

    python -m tests.attacks.sizes

One curve of 10,000,000 updates takes at most 200 MiB more than one of 1,000, in each command; every
spec is read, simulated and shown within a minute and 1 GiB. What does not is marked, and the exit
code is 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
UPDATES = 10_000_000
MORE = 200  # MiB
SECONDS, MOST = 60, 1024
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("table",),
    ("table", "--at", "all", "--format", "csv"),
    ("table", "--at", "all", "--format", "json"),
    ("plot", "-o", "a.png"),
    ("plot", "-o", "a.html"),
    ("plot", "-o", "a.svg", "--log", "--annotate", "--check"),
    ("plot", "--terminal"),
    ("check",),
)


@dataclass(frozen=True)
class Cost:
    """What a process took: its exit code, seconds, and MiB at the peak."""

    code: int
    seconds: float
    memory: float


def cost(*arguments: str, folder: Path) -> Cost:
    """Run lrviz in a process; return what it took."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "lrviz", *arguments],
        stdout=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(process.returncode, time.perf_counter() - start, usage.ru_maxrss / 1024)


def schedules(count: int) -> str:
    """Return a spec of so many schedules, of five kinds."""
    kinds = (
        "{type: StepLR, step_size: 30%}",
        "{type: CosineAnnealingLR, T_max: 100%}",
        "{type: OneCycleLR, max_lr: 1lr, total_steps: 100%}",
        "{type: LinearLR, total_iters: 10%}",
        "{type: ExponentialLR, gamma: 0.99}",
    )
    lines = [f"  s{i:03}: {{scheduler: {kinds[i % len(kinds)]}}}" for i in range(count)]
    return "\n".join(["train: {steps: 1000}", "schedules:", *lines, ""])


def groups(count: int) -> str:
    """Return a spec of so many param groups on one curve."""
    layers = f"groups: {{layers: {{count: {count}, lr_decay: 0.99}}}}"
    return (
        f"train: {{steps: 1000}}\noptimizer: {{type: AdamW, lr: 0.001, {layers}}}\n"
        "scheduler: warmup-cosine\n"
    )


def own_curves(count: int) -> str:
    """Return a spec of so many param groups, each on a curve of its own."""
    lambdas = ", ".join(f'"1 / (1 + step / {i + 1})"' for i in range(count))
    head, _, _ = groups(count).partition("scheduler:")
    return f"{head}scheduler: {{type: LambdaLR, lr_lambda: [{lambdas}]}}\n"


def lines(count: int) -> str:
    """Return a spec of at least so many lines, nine a schedule."""
    each = (
        "  curve-{}:\n    interval: step\n    optimizer:\n      type: SGD\n      lr: 0.{:04}\n"
        "    scheduler:\n      type: CosineAnnealingLR\n      T_max: 100%\n      eta_min: 0.01lr\n"
    )
    parts = (each.format(i, i + 1) for i in range(-(-count // 9)))
    return "".join(("train: {steps: 1000}\nschedules:\n", *parts))


def metric(count: int) -> str:
    """Return a spec with a metric of so many values, a line each."""
    values = "".join(f"    - {2 - i / count}\n" for i in range(count))
    return (
        f"train: {{steps: {count}}}\nmetric:\n  values:\n{values}"
        "scheduler: {type: ReduceLROnPlateau, patience: 5}\n"
    )


SPECS = {
    "200 schedules": schedules(200),
    "1,000 param groups": groups(1000),
    "1,000 param groups, each its own": own_curves(1000),
    "5,000 lines": lines(5000),
    "a metric of 20,000 lines": metric(20_000),
}


def long_trainings(folder: Path) -> Iterator[tuple[bool, str]]:
    """Yield, of each command, whether its memory stays within bounds, and a line about it."""
    for command in COMMANDS:
        arguments = (command[0], "cosine", *command[1:], "-q", "--steps")
        short, long = (cost(*arguments, str(n), folder=folder) for n in (1000, UPDATES))
        more = long.memory - short.memory
        fine = short.code in (0, 1) and long.code == short.code and more <= MORE
        yield fine, f"{more:5.0f} MiB more, {long.seconds:5.1f} s  {' '.join(command)}"


def sized(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command whose figure has room for hundreds of names."""
    pixels = any(each.endswith(".png") for each in command)
    return (*command, "--size", "20x30", *(("--dpi", "50") if pixels else ()))


def large_specs(folder: Path) -> Iterator[tuple[bool, str]]:
    """Yield, of each spec and command, whether it stays within bounds, and a line about it."""
    for name, text in SPECS.items():
        (folder / "spec.yaml").write_text(text)
        for command in (*COMMANDS, ("plot", "--grid", "-o", "grid.png")):
            if "-o" in command and ("--grid" not in command or "groups" in name):
                command = sized(command)
            took = cost(command[0], "spec.yaml", *command[1:], "-q", folder=folder)
            fine = took.code in (0, 1) and took.seconds <= SECONDS and took.memory <= MOST
            yield (
                fine,
                f"{took.memory:5.0f} MiB, {took.seconds:5.1f} s, code {took.code}  "
                f"{name}: {' '.join(command)}",
            )


def main() -> int:
    """Run everything; return the exit code."""
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for part in (long_trainings, large_specs):
            for fine, line in part(Path(folder)):
                sys.stdout.write(f"{line}{'' if fine else '  MISSED'}\n")
                sys.stdout.flush()
                missed += not fine
    sys.stdout.write(f"{missed} missed\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
