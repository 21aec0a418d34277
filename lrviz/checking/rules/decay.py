"""LRV2xx: the decay: where it ends, its values, and the places of its drops."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from lrviz.checking import falls, unplanned
from lrviz.checking.counts import fall, floor
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr, percent


@rule(
    "LRV201",
    "rebound",
    "warning",
    what="A cosine goes on beyond its end, and the learning rate climbs again.",
    why="Nothing stops CosineAnnealingLR at T_max: it is half a wave, and the next half goes up."
    " What was learned at low rates is undone in the last part of the training.",
    references=(
        "https://github.com/CodefyUI/CodefyUI/issues/205",
        "https://github.com/pytorch/pytorch/issues/11210",
    ),
    makes_pointless=("LRV202", "LRV203", "LRV302"),
)
def rebound(subject: Subject) -> Iterator[Fault]:
    """Look at the curve from each cosine's end to its last step."""
    yield from unplanned.rebound(subject)
    for part, planned, start, top in falls.climbs(subject):
        if not subject.at(top) - subject.at(start) > falls.ENDS_HIGH * subject.peak:
            continue  # hardly a climb: LRV203 says that the fall is over early
        where = "at the end" if top == subject.updates - 1 else f"at update {count(top)}"
        name, right = planned.name, subject.written(part, planned.path[0], part.calls)
        yield Fault(
            f"the LR climbs from {lr(subject.at(start))} at update {count(start)} back to"
            f" {lr(subject.at(top))} {where}: {name} is {count(planned.calls)}, the scheduler"
            f" takes {count(part.calls)} steps",
            f"set {name} to {right}{falls.or_per_epoch(subject, part, planned)}; for restarts take"
            " CosineAnnealingWarmRestarts",
            subject.place(part, *planned.path),
            update=start,
            edits=subject.edits((*part.path, *planned.path), right),
        )


@rule(
    "LRV202",
    "ends-high",
    "warning",
    what="The training ends in the middle of the fall.",
    why="The schedule is planned for more steps than are taken, so the low rates, where most of the"
    " final quality comes from, are never used. The loss looks plausible; the result is worse.",
    references=(
        "https://github.com/CodefyUI/CodefyUI/issues/205",
        "https://github.com/wandb/senpai/pull/877",
    ),
    makes_pointless=("LRV102",),
)
def ends_high(subject: Subject) -> Iterator[Fault]:
    """Look at the last learning rate where a fall is longer than its steps."""
    yield from unplanned.ends_high(subject)
    for leaf in subject.leaves:
        part, planned = leaf.part, fall(subject, leaf.part)
        if planned is None or planned.calls <= part.calls or not subject.governs_end(leaf):
            continue
        end = floor(subject, part)
        if not subject.final - end > falls.ENDS_HIGH * (subject.peak - end):
            continue
        name, right = planned.name, subject.written(part, planned.path[0], part.calls)
        yield Fault(
            f"the training ends at an LR of {lr(subject.final)},"
            f" {percent(subject.final / subject.peak)} of the peak: {name} is"
            f" {count(planned.calls)}, the scheduler takes {count(part.calls)} steps",
            f"set {name} to {right}",
            subject.place(part, *planned.path),
            update=subject.updates - 1,
            edits=() if "*" in name else subject.edits((*part.path, *planned.path), right),
        )


@rule(
    "LRV203",
    "finished-early",
    "warning",
    what="The fall is over before the training is: the last tenth or more learns next to nothing.",
    why="Those updates learn nothing: the schedule is over long before the training, or falls by a"
    " factor an update that was meant for an epoch.",
    references=(
        "https://github.com/wandb/senpai/pull/462",
        "https://github.com/shayneobrien/coreference-resolution/issues/22",
    ),
)
def finished_early(subject: Subject) -> Iterator[Fault]:
    """Count the last updates whose learning rate is next to nothing."""
    for part, planned, start, top in falls.climbs(subject):
        if subject.at(top) - subject.at(start) > falls.ENDS_HIGH * subject.peak:
            continue  # a rebound
        end = subject.update_of(part, part.calls)
        right = subject.written(part, planned.path[0], part.calls)
        share = percent((min(end, subject.updates) - start) / subject.updates)
        yield Fault(
            f"{planned.name} is {count(planned.calls)}, the scheduler takes {count(part.calls)}"
            f" steps: from update {count(start)} on, {share} of the training, the fall is over,"
            f" and the LR at most {lr(subject.at(top))}, {percent(subject.at(top) / subject.peak)}"
            " of its peak",
            f"set {planned.name} to {right}{falls.or_per_epoch(subject, part, planned)}",
            subject.place(part, *planned.path),
            update=start,
            edits=subject.edits((*part.path, *planned.path), right),
        )
    alive = falls.dead_from(subject)
    if alive is None:
        return
    tail = subject.updates - alive
    advice, place, edits = falls.later_end(subject)
    low = "0" if subject.at(alive) == 0 else f"below a thousandth of its peak {lr(subject.peak)}"
    yield Fault(
        f"from update {count(alive)} on the LR is {low}: the last {count(tail)} updates,"
        f" {percent(tail / subject.updates)} of the training, learn nothing",
        advice,
        place,
        update=alive,
        edits=edits,
    )


@rule(
    "LRV204",
    "onecycle-overrun",
    "error",
    what="OneCycleLR is stepped more often than its total_steps.",
    why="It raises `Tried to step ...` at the end, and what was not saved is lost. Mostly the"
    " number of batches was rounded down where the loader rounds up, or epochs were added.",
    references=(
        "https://github.com/vLAR-group/GrowSP/issues/11",
        "https://github.com/A4Bio/PiFold/issues/6",
        "https://github.com/pytorch/pytorch/issues/38170",
    ),
    makes_pointless=("LRV004", "LRV006", "LRV102", "LRV202", "LRV203"),
)
def onecycle_overrun(subject: Subject) -> Iterator[Fault]:
    """Look for its error, and for the scheduler that it is of."""
    error = subject.trace.error
    if error is None or "Tried to step" not in error.message:
        return
    for part, planned, total, right in falls.overruns(subject):
        yield Fault(
            f"OneCycleLR raises after update {count(error.update)} of"
            f" {count(subject.trace.length.updates)}: it is planned for {count(planned.calls)}"
            f" steps and stepped {count(part.calls)} times",
            f"set {total} to {right}",
            subject.place(part, *planned.path),
            update=error.update,
            edits=subject.edits((*part.path, *planned.path), right),
        )
        return


@rule(
    "LRV205",
    "negative-lr",
    "error",
    what="A learning rate is negative.",
    why="The optimizer climbs the loss instead of descending it. It comes of linear formulas that"
    " run past their end, and of an eta_min or an end factor below 0.",
    references=("https://github.com/pytorch/torchtitan/pull/1261",),
    makes_pointless=("LRV201", "LRV202", "LRV203", "LRV401"),
)
def negative_lr(subject: Subject) -> Iterator[Fault]:
    """Look at the lowest value."""
    if math.isnan(subject.bounds[0]) or not subject.bounds[0] < 0:
        return
    update, number = int(np.argmax(subject.lr < 0)), int(np.count_nonzero(subject.lr < 0))
    yield Fault(
        f"the LR is {lr(subject.at(update))} at update {count(update)}, and negative in"
        f" {count(number)} of {count(subject.updates)} updates",
        "let the fall end at the training's end, or keep it at 0 with max(0, ...)",
        falls.cause(subject),
        update=update,
    )


@rule(
    "LRV206",
    "non-finite-lr",
    "error",
    what="A learning rate is NaN or infinite.",
    why="Every parameter is NaN after that update.",
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
    update = int(np.argmax(~np.isfinite(subject.lr)))
    yield Fault(
        f"the LR is {lr(subject.at(update))} at update {count(update)}, after"
        f" {lr(subject.at(max(update - 1, 0)))}",
        "keep factors at 1 or below, and divisors above 0",
        falls.cause(subject),
        update=update,
    )


@rule(
    "LRV208",
    "flat-decay",
    "warning",
    what="A schedule that should decay never changes the learning rate.",
    why="The training runs at a constant learning rate, under the name of a cosine or a step decay:"
    " a gamma or an end factor of 1, a power of 0, a ratio of 1.",
    references=(
        "https://github.com/AmirmohammadRostami/KeywordsSpotting-EfficientNet-A0/issues/1",
    ),
)
def flat_decay(subject: Subject) -> Iterator[Fault]:
    """Compare the lowest with the highest learning rate."""
    yield from unplanned.flat(subject)
    falling = [leaf.part for leaf in subject.leaves if falls.should_fall(subject, leaf.part)]
    if not falling or len(falling) < len(subject.leaves) or subject.updates < 3:
        return
    if subject.resumed:  # what changed the LR may lie before
        return
    if not falls.is_flat(subject) or any(part.calls < 3 for part in falling):
        return
    part = falling[-1]
    yield Fault(
        f"the LR is {lr(subject.peak)} in all {count(subject.updates)} updates, and {part.type}"
        " is there to change it",
        "give it a value that changes the LR, or write `type: constant`",
        subject.place(part, falls.first_given(subject, part)),
        update=0,
    )


@rule(
    "LRV209",
    "milestone-beyond-end",
    "warning",
    what="A milestone of MultiStepLR lies beyond the scheduler's last step.",
    why="Its drop never comes: the milestones are in another unit than the steps, belong to a"
    " longer training, or count from the start of the training where the phase has its own count."
    " Only info where it is the end itself.",
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
        never, it = ("drops", "come"), "them"
        if len(late) == 1:
            never, it = ("drop", "comes"), "it"
        steps = f"{count(part.calls)} {'step' if part.calls == 1 else 'steps'}"
        phase = f" (it counts from its phase's start, step {part.start})" if part.start else ""
        yield Fault(
            f"the {never[0]} at {shown} never {never[1]}: the scheduler takes {steps}{phase}",
            f"take {it} out, or place {it} below {count(part.calls)}",
            subject.place(part, "milestones"),
            severity=None if max(milestones) > part.calls else "info",
        )


@rule(
    "LRV210",
    "milestones-unsorted",
    "warning",
    what="Milestones are not in ascending order, or one stands there twice.",
    why="SequentialLR looks them up as a sorted list and runs the wrong phase; MultiStepLR drops"
    " twice at a repeated one. Mostly a digit is missing.",
    references=("https://github.com/amalF/Kervolution/issues/8",),
    makes_pointless=("LRV401", "LRV403", "LRV407"),
)
def milestones_unsorted(subject: Subject) -> Iterator[Fault]:
    """Compare each milestone with the next."""
    for part, milestones, (one, two) in falls.unsorted(subject):
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
    references=("https://github.com/bshall/Tacotron/issues/3",),
    makes_pointless=("LRV208",),
)
def step_size_beyond_end(subject: Subject) -> Iterator[Fault]:
    """Compare the step size with the steps of its phase."""
    for leaf in subject.leaves:
        part, size = leaf.part, argument(leaf.part, "step_size")
        if part.type != "StepLR" or not isinstance(size, int) or size < max(3, part.calls):
            continue
        yield Fault(
            f"the first drop would come after {count(size)} steps, the scheduler takes"
            f" {count(part.calls)}: the LR stays at {lr(subject.at(0))}",
            f"set step_size below {count(part.calls)}" + ("" if subject.foreign else ", as 30%"),
            subject.place(part, "step_size"),
        )


RULES = (
    *(rebound, ends_high, finished_early, onecycle_overrun, negative_lr, non_finite_lr),
    *(flat_decay, milestone_beyond_end, milestones_unsorted),
    *(step_size_beyond_end,),
)
