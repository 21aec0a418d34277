"""Compare lrviz with a loop written by hand on real optimizers, on random trainings, with `==`.

    python -m tests.attacks.differ [--runs 20000] [--seed 0] [--most 5000] [--only NUMBER]

A training is handed to lrviz in one of the ways that there are: as a spec, as a function that
builds the objects, as the objects themselves (`lrviz.record`, also in mid-training), or its
schedulers are built by `lrviz.build` and trained with. What differs is printed with its number,
which `--only` runs again; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import Optimizer

import lrviz
from lrviz.building.built import BuiltScheduler
from lrviz.curves.trace import Trace
from lrviz.errors import ScheduleError
from lrviz.spec.cadence import Cadence
from tests.attacks.by_hand import optimizer_of, slots_of
from tests.attacks.trainings import Training, training
from tests.reference import Reference, Slot, train

TENSORS = {"SGD", "Adam", "AdamW"}  # take a tensor for a learning rate


def as_spec(case: Training, rng: Random) -> str:
    """Simulate the spec; what cannot be built by hand is refused with the same words."""
    optimizer = optimizer_of(case)
    try:
        slots = slots_of(case, optimizer)
    except Exception as error:  # noqa: BLE001
        expect_refusal(lambda: lrviz.simulate(case.spec, trust=True), error)
        return "refused"
    expected = train(optimizer, slots, case.updates, case.per_epoch)
    return compare(lrviz.simulate(case.spec, trust=True), expected)


def as_function(case: Training, rng: Random) -> str:
    """Simulate a function that builds everything, and returns it in a form of Lightning's."""
    tensors = case.spec["optimizer"]["type"] in TENSORS and rng.random() < 0.2

    def configure() -> Any:
        optimizer = optimizer_of(case, tensors)
        slots = slots_of(case, optimizer)
        said = [
            {"scheduler": each.scheduler, "interval": each.interval, "frequency": each.frequency}
            for each in slots
        ]
        one = len(said) == 1 and rng.random() < 0.5
        return {"optimizer": optimizer, "lr_scheduler": said[0]} if one else ([optimizer], said)

    def simulate() -> Trace:
        return lrviz.simulate(configure, steps=case.updates, steps_per_epoch=case.per_epoch)

    optimizer = optimizer_of(case, tensors)
    try:
        slots = slots_of(case, optimizer)
    except Exception as error:  # noqa: BLE001
        expect_refusal(simulate, error)
        return "refused"
    expected = train(optimizer, slots, case.updates, case.per_epoch)
    return compare(simulate(), expected)


def as_built(case: Training, rng: Random) -> str:
    """Train with what `lrviz.build` makes of the spec, and with what is built by hand."""
    mine, other = optimizer_of(case), optimizer_of(case)
    try:
        slots = slots_of(case, mine)
    except Exception as error:  # noqa: BLE001
        expect_refusal(lambda: lrviz.build(case.spec, other, trust=True), error)
        return "refused"
    built = [
        Slot(each.scheduler, each.interval, each.frequency, each.begin, each.end, slot.metric)
        for each, slot in zip(lrviz.build(case.spec, other, trust=True), slots, strict=True)
    ]
    expected = train(mine, slots, case.updates, case.per_epoch)
    assert repr(train(other, built, case.updates, case.per_epoch)) == repr(expected)
    return "equal"


def as_objects(case: Training, rng: Random) -> str:
    """Record objects, often in mid-training, and then train with these very objects."""
    tensors = case.spec["optimizer"]["type"] in TENSORS and rng.random() < 0.2
    optimizer = optimizer_of(case, tensors)
    try:
        slots = slots_of(case, optimizer)
    except Exception:  # noqa: BLE001
        return "not built"
    if rng.random() < 0.6:
        done = rng.randint(1, case.updates)
        train(optimizer, slots, done, case.per_epoch)
    trace = record(optimizer, slots, case, rng)
    return compare(trace, train(optimizer, slots, case.updates, case.per_epoch))


def record(optimizer: Optimizer, slots: list[Slot], case: Training, rng: Random) -> Trace:
    """Hand the schedulers over in one of the forms that `lrviz.record` takes."""
    whole = all(slot.begin == 0 and slot.end is None and slot.metric is None for slot in slots)
    length: dict[str, Any] = {"steps": case.updates, "steps_per_epoch": case.per_epoch}
    first = slots[0]
    if len(slots) == 1 and first.begin == 0 and first.end is None:
        said: dict[str, Any] = {"interval": first.interval, "frequency": first.frequency}
        return lrviz.record(optimizer, first.scheduler, metric=first.metric, **said, **length)
    if whole and rng.random() < 0.5:
        forms = [
            {"scheduler": each.scheduler, "interval": each.interval, "frequency": each.frequency}
            for each in slots
        ]
        return lrviz.record(optimizer, forms, **length)
    built = [
        BuiltScheduler(
            each.scheduler,
            Cadence(each.interval, each.frequency, each.begin, each.end),
            metric=None if each.metric is None else np.array(each.metric, dtype=np.float64),
        )
        for each in slots
    ]
    return lrviz.record(optimizer, built, **length)


WAYS: dict[str, tuple[Callable[[Training, Random], str], int]] = {
    "spec": (as_spec, 6),
    "function": (as_function, 2),
    "objects": (as_objects, 3),
    "build": (as_built, 1),
}


def expect_refusal(action: Callable[[], Any], error: Exception) -> None:
    """Check that lrviz refuses with the words of what torch raised."""
    words = f"{type(error).__name__}: {error}".removesuffix(".")
    with pytest.raises(ScheduleError) as refusal:
        action()
    assert words in refusal.value.message


def compare(trace: Trace, expected: Reference) -> str:
    """Check every number of a trace; return whether the run was cut short."""
    assert np.array_equal(trace.lr, np.array(expected.lr), equal_nan=True), "lr"
    assert np.array_equal(trace.final, np.array(expected.lr[-1]), equal_nan=True), "final"
    assert np.array_equal(trace.after["lr"], expected.after_lr, equal_nan=True), "after"
    failed = None if trace.error is None else (trace.error.update, trace.error.message)
    assert failed == (None if expected.failed is None else (expected.failed, expected.words))
    for name, seen in (("momentum", expected.momentum), ("weight_decay", expected.decay)):
        moving = np.array(seen)
        if name in trace.curves:
            assert np.array_equal(trace.curves[name], moving), name
        elif moving.size:
            assert (moving == moving[0]).all(), f"{name} moves"
    still = expected.momentum[0]
    after = trace.after["momentum"] if "momentum" in trace.curves else still
    assert np.array_equal(after, expected.after_momentum), "momentum after"
    return "equal" if failed is None else "cut short"


def drawn(seed: int, number: int, most: int) -> tuple[str, Training, Random]:
    """Return one way and training by their number, and where further chance comes from."""
    rng = Random(f"{seed}:{number}")
    names = list(WAYS)
    way = rng.choices(names, [WAYS[name][1] for name in names])[0]
    return way, training(rng, most, functions=way == "function"), rng


def attempt(way: str, case: Training, rng: Random) -> str:
    """Try one training; return how it went, and all about it where something differs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of odd compositions; the numbers count
        try:
            return f"{way}: {WAYS[way][0](case, rng)}"
        except (Exception, pytest.fail.Exception):  # noqa: BLE001
            shown = json.dumps(case.spec, default=repr)
            if len(shown) > 4000:
                shown = shown[:4000] + " ..."
            return f"{way}: DIFFERS\n{shown}\n{traceback.format_exc(limit=-4)}"


def outcomes(runs: range, seed: int, most: int) -> Iterator[tuple[str, int]]:
    """Try some trainings; yield how each went, and how many updates it has."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # such small tensors only wait for other threads
    try:
        for number in runs:
            way, case, rng = drawn(seed, number, most)
            outcome = attempt(way, case, rng)
            yield outcome.replace("DIFFERS", f"DIFFERS, number {number}", 1), case.updates
    finally:
        torch.set_num_threads(before)


def main() -> int:
    """Run the comparison; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=5_000, help="updates of a run, about")
    parser.add_argument("--only", type=int, help="one run by its number")
    options = parser.parse_args()
    runs = range(options.runs) if options.only is None else range(options.only, options.only + 1)
    counts, updates = Counter[str](), 0
    for outcome, length in outcomes(runs, options.seed, options.most):
        if "DIFFERS" in outcome:
            sys.stdout.write(f"{outcome}\n")
        counts[outcome.partition(",")[0]] += 1
        updates += length
        if counts.total() % 1000 == 0:
            sys.stderr.write(f"{counts.total():,} runs\n")
    summary = ", ".join(f"{name} {counts[name]:,}" for name in sorted(counts))
    sys.stdout.write(f"{len(runs):,} runs, {updates:,} updates: {summary}\n")
    return 1 if any("DIFFERS" in name for name in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
