"""Plans and planted faults: a cause that is named must be the one that was planted.

    python -m tests.attacks.diagnoses --pairs 10000 --seed 0

Each pair is a random plan and a random thing that may happen to it in a training, made by stepping
the plan's own schedulers in a loop with the fault in it, logged at random intervals and precisions.
To name none is allowed; to name others only is not. The exit code is 1 if one was named wrongly.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import dataclass

import numpy as np

from lrviz.curves.diagnosis.diagnose import Planned, diagnose
from lrviz.curves.diagnosis.precision import Logged, Precision
from lrviz.curves.events import Array
from lrviz.simulation.simulated import simulated
from lrviz.simulation.variants import Rerun
from lrviz.sources.loading import load
from lrviz.spec.schedule import Schedule

PLANS = (
    *(
        "cosine",
        "linear",
        "warmup-cosine",
        "warmup-linear",
        "onecycle",
        "exponential",
        "polynomial",
    ),
    *("inverse-sqrt", "wsd", "step", "multistep", "sgdr", "noam", "constant"),
)
FAULTS = (
    *("none", "early", "late", "fast", "batches", "slow", "first", "length", "peak", "warmup"),
    *("behind", "anew", "remapped"),
)
NAMES = {"batches": "fast", "first": "slow", "none": ""}


@dataclass(frozen=True)
class Pair:
    """A plan, what happened to it, and what was logged."""

    plan: Schedule
    fault: str
    number: int
    at: int
    values: Array
    logged: Logged

    def __str__(self) -> str:
        length = self.plan.length.updates
        return (
            f"{self.plan.source} over {length}: {self.fault} {self.number} at {self.at}; "
            f"{len(self.logged.updates)} values, {self.logged.precision}"
        )


def random_pair(rng: random.Random, plans: tuple[str, ...]) -> Pair | None:
    """Return a random pair; None where the fault cannot happen to the plan."""
    length = rng.choice([60, 100, 237, 500, 1000, 2000])
    name = rng.choice(plans)
    plan = load(name, steps=length, lr=rng.choice([0.1, 3e-4, 1e-3, 0.05]))[0]
    fault = rng.choice(FAULTS)
    number, at = _numbers(rng, fault, length)
    values = happened(plan, fault, number, at)
    if values is None:
        return None
    interval = rng.choice([1, 1, 2, 5, 10, 50])
    first = rng.choice([0, 0, interval - 1, rng.randrange(0, length // 3)])
    updates = np.arange(first, len(values), interval)
    if len(updates) < 3:
        return None
    precision: Precision = rng.choice(["float64", "float64", "float32", 6])
    return Pair(plan, fault, number, at, values, logged(values, updates, precision))


def _numbers(rng: random.Random, fault: str, length: int) -> tuple[int, int]:
    if fault in ("fast", "batches", "slow", "first"):
        return rng.choice([2, 3, 4, 8, 10]), 0
    if fault in ("length", "remapped"):
        return rng.choice([length // 2, length * 2, length + 7, int(length * 1.3)]), length // 3
    if fault == "warmup":
        return rng.randrange(2, max(3, length // 3)), 0
    if fault == "behind":
        return rng.randrange(1, 4), rng.randrange(2, length // 2)
    return rng.choice([2, 3, 10]), rng.randrange(length // 4, 3 * length // 4)


def happened(plan: Schedule, fault: str, number: int, at: int) -> Array | None:
    """Return what each update of a training used in which a fault happened to a plan."""
    length = plan.length.updates
    variants = Rerun(plan)
    long = variants.longer(length * (number if fault in ("fast", "batches") else 1) + 2)
    if long is None or len(long) < length:
        return None
    updates = np.arange(length)
    if fault == "fast":
        updates = updates * number
    elif fault == "batches":
        updates = updates * number + number - 1
    elif fault == "slow":
        updates = updates // number
    elif fault == "first":
        updates = (updates + number - 1) // number
    elif fault == "early":
        updates = updates + 1
    elif fault == "late":
        updates = np.maximum(updates - 1, 0)
    elif fault == "behind":
        updates = np.where(updates >= at, updates - number, updates)
    elif fault == "anew":
        updates = np.where(updates >= at, updates - at, updates)
    if fault == "length":
        return variants.of_length(number, length)
    if fault == "peak":
        return variants.of_rate(float(number))
    if fault == "warmup":
        return variants.of_warmup(number)
    if fault == "remapped":
        other = variants.of_length(number, length)
        if other is None or len(other) < length:
            return None
        return np.where(updates >= at, other, long[:length])
    inside = updates < len(long)
    values: Array = long[updates[inside]]
    return values


def logged(values: Array, updates: np.ndarray, precision: Precision) -> Logged:
    """Return what a log of a precision shows of some updates."""
    seen = values[updates]
    if precision == "float32":
        seen = seen.astype(np.float32).astype(np.float64)
    elif isinstance(precision, int):
        seen = np.array([float(f"{value:.{precision}g}") for value in seen])
    return Logged(updates.astype(np.int64), seen, precision)


def judged(pair: Pair) -> str:
    """Return `right`, `none` (none named), `same` (the fault changes nothing) or `wrong`."""
    values = simulated(pair.plan).values("lr", 0)
    planned = Planned(values, None, Rerun(pair.plan))
    verdict = diagnose(planned, pair.logged, ("plan", "log"))
    expected = NAMES.get(pair.fault, pair.fault)
    if verdict.equal:
        return "right" if pair.fault == "none" else "same"
    names = {cause.name for cause in verdict.causes}
    if not names:
        return "none"
    first = verdict.differs
    if expected == "behind" and first is not None and pair.number == 1:
        expected = "late" if pair.at <= int(pair.logged.updates[0]) else expected
    return "right" if expected in names else f"wrong: {', '.join(sorted(names))}"


def main() -> int:
    """Judge random pairs; return 1 if a cause was named wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for index in range(arguments.pairs):
        rng = random.Random(f"{arguments.seed}:{index}")
        pair = random_pair(rng, PLANS)
        if pair is None:
            continue
        result = judged(pair)
        counts[(pair.fault, result.partition(":")[0])] += 1
        if result.startswith("wrong"):
            print(f"{index}: {pair}: {result}")  # noqa: T201
    for fault in FAULTS:
        row = {name: counts[(fault, name)] for name in ("right", "none", "same", "wrong")}
        print(f"{fault:10} " + "  ".join(f"{k} {v:5}" for k, v in row.items()))  # noqa: T201
    return int(any(name == "wrong" and count for (_, name), count in counts.items()))


if __name__ == "__main__":
    sys.exit(main())
