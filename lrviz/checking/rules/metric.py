"""LRV5xx: schedulers that follow a metric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr

if TYPE_CHECKING:
    from lrviz.building.built import Part
    from lrviz.curves.events import Steps

# Two cuts in a row happen on a real plateau; three, each at the first chance there is, from the
# first check on, mean that the metric never counted as better.
CUTS = 3
# Metrics are taken over an epoch; where epochs are unknown, over a hundredth of the training.
LEAST_WAIT = 0.01


@dataclass(frozen=True)
class _Plateau:
    """A ReduceLROnPlateau that nothing else acts beside.

    Attributes:
        part: Its arguments.
        patience: Checks without a better metric that it bears.
        cooldown: Checks after a cut that do not count.
        cuts: The updates that use a lower learning rate than the one before.
    """

    part: Part
    patience: int
    cooldown: int
    cuts: Steps


def _plateaus(subject: Subject) -> Iterator[_Plateau]:
    """Yield the plateaus, each with the cuts that the curve shows."""
    windows = [
        (subject.update_of(part, 0), subject.update_of(part, part.calls)) for part in subject.parts
    ]
    for index, part in enumerate(subject.parts):
        patience, cooldown = argument(part, "patience"), argument(part, "cooldown")
        start, stop = windows[index]
        others = [each for i, each in enumerate(windows) if i != index]
        alone = all(min(stop, end) <= max(start, begin) for begin, end in others)
        if part.type != "ReduceLROnPlateau" or not alone or not isinstance(patience, int):
            continue
        window = subject.lr[start : stop + 1]
        cuts = np.flatnonzero(np.diff(window) < 0) + start + 1
        yield _Plateau(part, patience, cooldown if isinstance(cooldown, int) else 0, cuts)


@rule(
    "LRV501",
    "plateau-never-fires",
    "warning",
    what="ReduceLROnPlateau never cuts the learning rate.",
    why="With a patience of N the cut comes after the N + 1st check without a better metric, and"
    " the first check only sets the mark: N + 2 checks are needed at least. Where there are fewer"
    " it cannot fire at all; only info where this metric merely kept improving.",
    references=(
        "https://github.com/pytorch/pytorch/issues/119763",
        "https://github.com/rmchurch/disruptcnn/issues/3",
    ),
)
def plateau_never_fires(subject: Subject) -> Iterator[Fault]:
    """Look for a window without a cut."""
    for found in _plateaus(subject):
        part, needed = found.part, found.patience + 2
        if len(found.cuts) or not part.calls:
            continue
        used = part.calls - (subject.update_of(part, part.calls) >= subject.updates)
        if needed > used:
            yield Fault(
                f"patience {count(found.patience)} needs {count(needed)} checks to cut the LR, and"
                f" {count(used)} {'is' if used == 1 else 'are'} made before the last update",
                f"set patience below {max(used - 1, 1)}, or check more often",
                subject.place(part, "patience"),
            )
        else:
            yield Fault(
                f"this metric never stalls for {count(found.patience + 1)} checks:"
                f" the LR stays at {lr(subject.final)} in {count(used)} checks",
                "nothing to do where the metric is an example; else a lower patience",
                subject.place(part, "patience"),
                severity="info",
            )


@rule(
    "LRV502",
    "plateau-always-fires",
    "warning",
    what="ReduceLROnPlateau cuts the learning rate whenever it can, from the first check on.",
    why="The metric never counts as better: mode is min and it is an accuracy, or threshold is"
    " larger than its improvements. The learning rate is gone after a few epochs.",
    references=("https://github.com/md-mohaiminul/ViS4mer/issues/4",),
    makes_pointless=("LRV203",),
)
def plateau_always_fires(subject: Subject) -> Iterator[Fault]:
    """Compare the checks up to the last cut with those that so many cuts need."""
    for found in _plateaus(subject):
        part, cuts = found.part, len(found.cuts)
        if cuts < CUTS:
            continue
        last = int(found.cuts[-1])
        checks = round(last / part.updates_per_call) - part.start
        if checks > 1 + cuts * (found.patience + 1) + (cuts - 1) * found.cooldown:
            continue
        metric = subject.built.schedulers[part.member].metric
        mode = argument(part, "mode")
        other = "max" if mode == "min" else "min"
        grows = metric is not None and len(metric) > 1 and bool(metric[-1] > metric[0])
        wrong = metric is not None and grows == (mode == "min")
        yield Fault(
            f"it cuts the LR at each of its first {cuts} chances, in {count(checks)} checks:"
            f" {lr(subject.at(last))} from update {count(last)} on"
            + (
                f"; mode is {mode}, and the metric {'grows' if grows else 'falls'}" if wrong else ""
            ),
            f"set mode to {other}" if wrong else "set a higher patience or a lower threshold",
            subject.place(part, "mode" if wrong else "patience"),
            update=int(found.cuts[0]),
            edits=subject.edits((*part.path, "mode"), other) if wrong else (),
        )


@rule(
    "LRV503",
    "plateau-per-update",
    "warning",
    what="ReduceLROnPlateau checks after each update, and its patience is less than an epoch.",
    why="A patience of 10 means ten evaluations. Checked with every update it is ten batches, whose"
    " losses are noise: the learning rate is cut again and again.",
    references=(
        "https://github.com/Lightning-AI/pytorch-lightning/issues/1156",
        "https://github.com/abhishekkrthakur/wtfml/issues/7",
    ),
    makes_pointless=("LRV203", "LRV501", "LRV502"),
)
def plateau_per_update(subject: Subject) -> Iterator[Fault]:
    """Compare the patience, in updates, with an epoch."""
    for part in subject.parts:
        built, patience = subject.built.schedulers[part.member], argument(part, "patience")
        if part.type != "ReduceLROnPlateau" or built.interval != "step":
            continue
        least = subject.per_epoch or LEAST_WAIT * subject.updates
        if not isinstance(patience, int) or least <= 1:
            continue
        waits = (patience + 1) * part.updates_per_call
        if waits >= least:
            continue
        known = subject.per_epoch is not None
        share = f"an epoch has {count(int(least))}" if known else f"of {count(subject.updates)}"
        yield Fault(
            f"it is checked once in {count(int(part.updates_per_call))}"
            f" {'update' if part.updates_per_call == 1 else 'updates'} and waits for"
            f" {count(int(waits))} of them, {share}",
            subject.stepping("epoch") if known else "check it once an epoch, or raise patience",
            subject.place(part, "patience"),
            edits=subject.edits((*subject.member_path(part), "interval"), "epoch") if known else (),
        )


RULES = (plateau_never_fires, plateau_always_fires, plateau_per_update)
