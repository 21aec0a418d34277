"""LRV2xx, second part: the values of a decay, and the places of its drops."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lrviz.checking.parts import composites
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.errors import Place
from lrviz.writing.numbers import count, lr

if TYPE_CHECKING:
    from lrviz.building.built import Part

# Less than rounding in float32 trainers moves a rate by: nobody decays that little on purpose.
FLAT = 1e-9
# A drop that belongs to the very end (30, 60, 90 of 90 epochs) is a habit and does no harm.
AT_THE_END = 1
_FALLING = (
    *("StepLR", "MultiStepLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR"),
    *("CosineAnnealingWarmRestarts", "OneCycleLR", "CyclicLR"),
)


def _first(bad: NDArray[np.bool_]) -> tuple[int, int]:
    """Return update and group of the first value that is flagged, shape (N, G)."""
    rows = np.flatnonzero(bad.any(axis=1))
    update = int(rows[0])
    return update, int(np.argmax(bad[update]))


def _of_group(subject: Subject, group: int) -> str:
    names = subject.trace.groups
    return f" of group {names[group]}" if len(names) > 1 else ""


@rule(
    "LRV205",
    "negative-lr",
    "error",
    what="A learning rate is negative.",
    why="The optimizer climbs the loss instead of descending it. It comes of linear formulas that"
    " run past their end, and of an eta_min or an end factor below 0.",
    example="""
train: {steps: 1000}
scheduler: {type: LambdaLR, lr_lambda: "1 - step / 800"}    # write max(0, 1 - step / 800)
""",
    references=("https://github.com/pytorch/torchtitan/pull/1261",),
    makes_pointless=("LRV201", "LRV202", "LRV203", "LRV401"),
)
def negative_lr(subject: Subject) -> Iterator[Fault]:
    """Look at the lowest value of all groups."""
    if math.isnan(subject.bounds[0]) or not subject.bounds[0] < 0:
        return
    update, group = _first(subject.trace.lr < 0)
    number = int(np.count_nonzero((subject.trace.lr < 0).any(axis=1)))
    yield Fault(
        f"the LR{_of_group(subject, group)} is {lr(float(subject.trace.lr[update, group]))} at"
        f" update {count(update)}, and negative in {count(number)} of {count(subject.updates)}"
        " updates",
        "let the fall end at the training's end, or keep it at 0 with max(0, ...)",
        _cause(subject),
        update=update,
    )


@rule(
    "LRV206",
    "non-finite-lr",
    "error",
    what="A learning rate is NaN or infinite.",
    why="Every parameter is NaN after that update.",
    example="scheduler: {type: StepLR, step_size: 1, gamma: 10}    # 1e308 and beyond",
    references=("https://github.com/keras-team/keras/pull/18722",),
    makes_pointless=(
        *("LRV102", "LRV201", "LRV202", "LRV203", "LRV205", "LRV301", "LRV302", "LRV401"),
        *("LRV208", "LRV404", "LRV601"),
    ),
)
def non_finite_lr(subject: Subject) -> Iterator[Fault]:
    """Look for values that are no numbers."""
    if all(map(math.isfinite, subject.bounds)):
        return
    update, group = _first(~np.isfinite(subject.trace.lr))
    yield Fault(
        f"the LR{_of_group(subject, group)} is {lr(float(subject.trace.lr[update, group]))} at"
        f" update {count(update)}, after {lr(float(subject.trace.lr[max(update - 1, 0), group]))}",
        "keep factors at 1 or below, and divisors above 0",
        _cause(subject),
        update=update,
    )


def _cause(subject: Subject) -> Place | None:
    last = subject.leaves[-1].part if subject.leaves else None
    names = ("lr_lambda", "eta_min", "gamma", "end_factor", "factor", "max_lr")
    given = [name for name in names if last is not None and name in subject.node(last)]
    return subject.place(last, *(given or ["type"])[:1]) if last is not None else None


@rule(
    "LRV207",
    "floor-above-lr",
    "warning",
    what="The floor of a decay is at or above the learning rate that it starts from.",
    why="The decay rises, or nothing changes. torch takes it without a word. Mostly the learning"
    " rate was lowered and the floor was not.",
    example="""
optimizer: {type: AdamW, lr: 1.0e-4}
scheduler: {type: CosineAnnealingLR, T_max: 100%, eta_min: 1.0e-3}    # write 0.01lr
""",
    references=(
        "https://github.com/AmirmohammadRostami/KeywordsSpotting-EfficientNet-A0/issues/1",
    ),
    makes_pointless=("LRV201", "LRV202", "LRV208", "LRV302", "LRV501", "LRV601"),
)
def floor_above_lr(subject: Subject) -> Iterator[Fault]:
    """Compare each floor with the groups' own learning rates."""
    for leaf in subject.leaves:
        part = leaf.part
        for name in ("eta_min", "min_lr", "lr_end"):
            floors = subject.per_group(argument(part, name))
            pairs = list(zip(subject.trace.groups, floors, subject.lrs, strict=False))
            bad = [each for each in pairs if each[1] >= each[2] > 0]
            if not bad:
                continue
            group, low, high = bad[0]
            whose = f"group {group}'s lr" if len(pairs) > 1 else "the lr"
            more = f", and of {len(bad) - 1} more groups" if len(bad) > 1 else ""
            yield Fault(
                f"{name} is {lr(low)}, {whose} {lr(high)}{more}: the decay"
                f" {'changes nothing' if low == high else 'rises'}",
                f"set {name} below {lr(high)}" + ("" if subject.foreign else ", as 0.01lr"),
                subject.place(part, name),
            )


@rule(
    "LRV208",
    "flat-decay",
    "warning",
    what="A schedule that should decay never changes the learning rate.",
    why="The training runs at a constant learning rate, under the name of a cosine or a step decay:"
    " a gamma or an end factor of 1, a power of 0, a ratio of 1.",
    example="scheduler: {type: StepLR, step_size: 10%, gamma: 1.0}",
    references=(
        "https://github.com/AmirmohammadRostami/KeywordsSpotting-EfficientNet-A0/issues/1",
    ),
)
def flat_decay(subject: Subject) -> Iterator[Fault]:
    """Compare the lowest with the highest learning rate."""
    falling = [leaf.part for leaf in subject.leaves if _should_fall(subject, leaf.part)]
    if not falling or len(falling) < len(subject.leaves) or subject.updates < 3:
        return
    if not subject.peak - float(subject.lr.min()) <= FLAT * abs(subject.peak):
        return
    if any(part.calls < 3 for part in falling) or subject.peak == 0:
        return
    part = falling[-1]
    names = ("gamma", "end_factor", "power", "eta_min", "lr_lambda")
    name = next((each for each in names if each in subject.node(part)), "type")
    yield Fault(
        f"the LR is {lr(subject.peak)} in all {count(subject.updates)} updates, and {part.type}"
        " is there to change it",
        "give it a value that changes the LR, or write `type: constant`",
        subject.place(part, name),
        update=0,
    )


def _should_fall(subject: Subject, part: Part) -> bool:
    shape = subject.shape(part).get("shape")
    return part.type in _FALLING or (shape is not None and shape != "constant")


@rule(
    "LRV209",
    "milestone-beyond-end",
    "warning",
    what="A milestone of MultiStepLR lies beyond the scheduler's last step.",
    why="Its drop never comes: the milestones are in another unit than the steps, belong to a"
    " longer training, or count from the start of the training where the phase has its own count."
    " Only info where it is the end itself.",
    example="""
train: {epochs: 50, steps_per_epoch: 100}
interval: epoch
scheduler: {type: MultiStepLR, milestones: [30, 60, 80]}
""",
    references=("https://github.com/bshall/Tacotron/issues/3",),
    makes_pointless=("LRV208",),
)
def milestone_beyond_end(subject: Subject) -> Iterator[Fault]:
    """Compare each milestone with the steps of its phase."""
    for leaf in subject.leaves:
        part = leaf.part
        milestones = argument(part, "milestones")
        if part.type != "MultiStepLR" or not isinstance(milestones, list):
            continue
        late = [index for index, each in enumerate(milestones) if each >= part.calls]
        if not late:
            continue
        shown = ", ".join(count(milestones[index]) for index in late)
        beyond = max(milestones) - part.calls >= AT_THE_END
        phase = f" (it counts from its phase's start, step {part.start})" if part.start else ""
        yield Fault(
            f"the {'drops' if len(late) > 1 else 'drop'} at {shown} never"
            f" {'come' if len(late) > 1 else 'comes'}: the scheduler takes {count(part.calls)}"
            f" {'step' if part.calls == 1 else 'steps'}{phase}",
            f"take {'them' if len(late) > 1 else 'it'} out, or place"
            f" {'them' if len(late) > 1 else 'it'} below {count(part.calls)}",
            subject.place(part, "milestones"),
            severity=None if beyond else "info",
        )


@rule(
    "LRV210",
    "milestones-unsorted",
    "warning",
    what="Milestones are not in ascending order, or one stands there twice.",
    why="SequentialLR looks them up as a sorted list and runs the wrong phase; MultiStepLR drops"
    " twice at a repeated one. Mostly a digit is missing.",
    example="scheduler: {type: MultiStepLR, milestones: [30, 6, 80]}    # 60",
    references=("https://github.com/amalF/Kervolution/issues/8",),
    makes_pointless=("LRV401", "LRV403", "LRV407"),
)
def milestones_unsorted(subject: Subject) -> Iterator[Fault]:
    """Compare each milestone with the next."""
    sequences = [each for part in subject.parts for each, _ in composites(part)]
    for part in (*(leaf.part for leaf in subject.leaves), *sequences):
        milestones = argument(part, "milestones")
        if not isinstance(milestones, list):
            continue
        wrong = [(one, two) for one, two in pairwise(milestones) if one >= two]
        if not wrong:
            continue
        one, two = wrong[0]
        what = f"{one} stands there twice" if one == two else f"{one} comes before {two}"
        yield Fault(
            f"milestones {', '.join(map(count, milestones))} do not ascend: {what}",
            "look for a missing digit, or sort them"
            if one != two
            else "place each drop once; gamma squared is written as gamma",
            subject.place(part, "milestones"),
        )


@rule(
    "LRV211",
    "step-size-beyond-end",
    "warning",
    what="The first drop of StepLR comes after its last step.",
    why="The learning rate never changes. The step size is in another unit than the steps, or"
    " belongs to a longer training.",
    example="""
train: {epochs: 20, steps_per_epoch: 100}
interval: epoch
scheduler: {type: StepLR, step_size: 30, gamma: 0.1}
""",
    references=("https://github.com/bshall/Tacotron/issues/3",),
    makes_pointless=("LRV208",),
)
def step_size_beyond_end(subject: Subject) -> Iterator[Fault]:
    """Compare the step size with the steps of its phase."""
    for leaf in subject.leaves:
        part, size = leaf.part, argument(leaf.part, "step_size")
        if part.type != "StepLR" or not isinstance(size, int) or size < part.calls:
            continue
        if part.calls < 3:  # too short to have a drop at all
            continue
        yield Fault(
            f"the first drop would come after {count(size)} steps, the scheduler takes"
            f" {count(part.calls)}: the LR stays at {lr(subject.at(0))}",
            f"set step_size below {count(part.calls)}" + ("" if subject.foreign else ", as 30%"),
            subject.place(part, "step_size"),
        )


RULES = (
    negative_lr,
    non_finite_lr,
    floor_above_lr,
    flat_decay,
    milestone_beyond_end,
    milestones_unsorted,
    step_size_beyond_end,
)
