"""What the rules about decays share: where a fall should end, and what is to blame for a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lrviz.checking.counts import Horizon, fall, length_of
from lrviz.checking.edit import Edit
from lrviz.checking.parts import composites
from lrviz.checking.subject import Subject, argument
from lrviz.errors import Place
from lrviz.writing.numbers import count

if TYPE_CHECKING:
    from lrviz.building.built import Part

# A rise of less than a hundredth of the peak is not worth a change: a cosine that is up to 6 % of
# its length past its end has not risen more.
REBOUND = 0.01
# People stop cosines early on purpose, at the last percents. From a tenth of the peak on, the low
# rates that decay is for have not been seen.
ENDS_HIGH = 0.1
# Published schedules end at 1e-2 to 1e-3 of the peak, some at 0. Below a thousandth nothing is
# learned any more; all that fall to 0 in one go spend less than a tenth of the training there.
DEAD = 1e-3
DEAD_TAIL = 0.1
# Less than rounding in float32 trainers moves a rate by: nobody decays that little on purpose.
FLAT = 1e-9
_FALLING = (
    *("StepLR", "MultiStepLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR"),
    *("CosineAnnealingWarmRestarts", "OneCycleLR", "CyclicLR"),
)


def gentle_gamma(part: Part) -> str | None:
    """Return the factor with which an ExponentialLR or a StepLR falls to a hundredth."""
    each = 1 if part.type == "ExponentialLR" else argument(part, "step_size")
    if part.type not in ("ExponentialLR", "StepLR") or not isinstance(each, int):
        return None
    return f"{0.01 ** (each / max(part.calls, each)):.6g}"


def cause(subject: Subject) -> Place | None:
    """Return where the argument stands that most likely made the last values."""
    last = subject.leaves[-1].part if subject.leaves else None
    names = ("lr_lambda", "eta_min", "gamma", "end_factor", "factor", "max_lr")
    given = [name for name in names if last is not None and name in subject.node(last)]
    return subject.place(last, *(given or ["type"])[:1]) if last is not None else None


def should_fall(subject: Subject, part: Part) -> bool:
    """Tell whether a scheduler is there to make the rate fall."""
    shape = subject.shape(part).get("shape")
    return part.type in _FALLING or (shape is not None and shape != "constant")


def climbs(subject: Subject) -> Iterator[tuple[Part, Horizon, int, int]]:
    """Yield the schedulers whose curve climbs behind the end of their fall.

    By a hundredth of the peak at least; each with its length, the update of the end, and that of
    the highest rate behind it.
    """
    for leaf in subject.leaves:
        part, planned = leaf.part, fall(subject, leaf.part)
        if planned is None or not planned.bounces or planned.calls >= part.calls:
            continue
        start = subject.update_of(part, planned.calls)
        beyond = subject.lr[start : min(subject.updates, subject.update_of(part, part.calls))]
        if len(beyond) and float(beyond.max()) - float(beyond[0]) > REBOUND * subject.peak:
            yield part, planned, start, start + int(np.argmax(beyond))


def shares(
    subject: Subject, names: tuple[str, ...]
) -> Iterator[tuple[Part, tuple[str, ...], float]]:
    """Yield the arguments of these names that are numbers: their scheduler, path and value."""
    for leaf in subject.leaves:
        part = leaf.part
        inner = argument(part, "scheduler_specific_kwargs")
        found: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [
            ((), part.arguments),
            (("lr_lambda",), subject.shape(part)),
            (("scheduler_specific_kwargs",), inner if isinstance(inner, Mapping) else {}),
        ]
        for path, given in found:
            for name in names:
                value = given.get(name)
                if isinstance(value, int | float):
                    yield part, (*path, name), float(value)


def dead_from(subject: Subject) -> int | None:
    """Return the update from which on the rate is next to nothing; None where that is not early.

    It is where that is a tenth of the training; or where it is 0, and the fall planned to be over.
    """
    least = DEAD * subject.peak * (1 - 1e-9)  # a thousandth itself is none of them, by rounding
    # A plateau's cuts answer the metric: that they come early is not the spec's doing.
    metric = any(leaf.part.type == "ReduceLROnPlateau" for leaf in subject.leaves)
    if not subject.peak > 0 or metric or not subject.final < least:
        return None
    alive = subject.updates - int(np.argmax(subject.lr[::-1] >= least))
    if subject.updates - alive > DEAD_TAIL * subject.updates:
        return alive
    # A fall that is planned to be over earlier leaves updates at 0, however few.
    planned = [fall(subject, leaf.part) for leaf in subject.leaves if subject.governs_end(leaf)]
    short = any(
        each is not None and each.calls < leaf.part.calls
        for each, leaf in zip(planned, filter(subject.governs_end, subject.leaves), strict=True)
    )
    idle = int(np.argmax(subject.lr[::-1] != 0))
    return subject.updates - idle if short and idle > 1 else None


def later_end(subject: Subject) -> tuple[str, Place | None, tuple[Edit, ...]]:
    """Return how the last fall is made to end later, where that stands, and the edits for it."""
    advice = "let the fall end later, or at a higher LR"
    last = next((each for each in reversed(subject.leaves) if subject.governs_end(each)), None)
    if last is None:
        return advice, None, ()
    planned = fall(subject, last.part)
    if planned is not None and planned.calls < last.part.calls:
        name = planned.name
        right = subject.written(last.part, planned.path[0], last.part.calls)
        edits = subject.edits((*last.part.path, *planned.path), right)
        return f"set {name} to {right}", subject.place(last.part, *planned.path), edits
    gamma, name = gentle_gamma(last.part), length_of(subject, last.part)
    if name and last.part.arguments[name] < subject.updates:
        advice = f"set {name} to {subject.updates}, the length of the training"
        return advice, subject.place(last.part, name), ()
    if gamma is not None:
        advice = f"a gamma of {gamma} ends at a hundredth of the start"
    elif (still := still_from(subject)) < subject.updates - 1:
        advice = (
            f"the fall ends at update {count(still)}: let it end with the training, at"
            f" {count(subject.updates)}"
        )
    return advice, subject.place(last.part, first_given(subject, last.part)), ()


def still_from(subject: Subject) -> int:
    """Return the first update from which on the rate is the last one's to the bit."""
    other = subject.lr[::-1] != subject.final
    return subject.updates - int(np.argmax(other)) if other.any() else 0


def is_flat(subject: Subject) -> bool:
    """Tell whether the rate never changes, but for rounding."""
    moved = subject.peak - float(subject.lr.min())
    return moved <= FLAT * abs(subject.peak) and subject.peak != 0


def overruns(subject: Subject) -> Iterator[tuple[Part, Horizon, str, str]]:
    """Yield each OneCycleLR that is stepped beyond its end, with what to set, and to what."""
    for leaf in subject.leaves:
        part, planned = leaf.part, fall(subject, leaf.part)
        if part.type != "OneCycleLR" or planned is None or planned.calls >= part.calls:
            continue
        total, right = planned.name, subject.written(part, planned.path[0], part.calls)
        if "*" in total:
            each = int(argument(part, "steps_per_epoch"))
            total, right = "epochs", str(-(-part.calls // each))
        yield part, planned, total, right


def high_floors(subject: Subject) -> Iterator[tuple[Part, str, list[tuple[str, float, float]]]]:
    """Yield schedulers with a floor that is not below a group's lr: its name; group, floor, lr."""
    for leaf in subject.leaves:
        for name in ("eta_min", "min_lr", "lr_end"):
            floors = subject.per_group(argument(leaf.part, name))
            pairs = zip(subject.trace.groups, floors, subject.lrs, strict=False)
            bad = [each for each in pairs if each[1] >= each[2] > 0]
            if bad:
                yield leaf.part, name, bad


def unsorted(subject: Subject) -> Iterator[tuple[Part, list[int], tuple[int, int]]]:
    """Yield schedulers whose milestones do not ascend, and the first two that do not."""
    sequences = [each for part in subject.parts for each, _ in composites(part)]
    for part in (*(leaf.part for leaf in subject.leaves), *sequences):
        milestones = argument(part, "milestones")
        if isinstance(milestones, list):
            wrong = [pair for pair in pairwise(milestones) if pair[0] >= pair[1]]
            if wrong:
                yield part, milestones, wrong[0]


def or_per_epoch(subject: Subject, part: Part, planned: Horizon) -> str:
    """Return ``, or `interval: epoch` `` where a fall of all epochs is stepped per update."""
    epochs = subject.per_epoch and -(-subject.updates // subject.per_epoch)
    meant = part.updates_per_call == 1 and planned.calls == epochs
    if not meant:
        return ""
    return f", or {subject.stepping('epoch').removeprefix('set ')}"


def first_given(subject: Subject, part: Part) -> str:
    """Return the argument that says how far a scheduler falls, else `type`."""
    names = ("gamma", "end_factor", "power", "eta_min", "lr_lambda")
    return next((each for each in names if each in subject.node(part)), "type")
