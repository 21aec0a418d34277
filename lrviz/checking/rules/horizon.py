"""LRV2xx, first part: where a schedule ends, and where the training does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lrviz.checking.edit import Edit
from lrviz.checking.horizons import Horizon, fall, floor
from lrviz.checking.parts import Leaf
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr, percent

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


def _to_the_end(subject: Subject, leaf: Leaf, planned: Horizon) -> tuple[str, str]:
    """Return name and value that make a fall end with the scheduler's steps."""
    right = subject.written(leaf.part, planned.path[0], leaf.part.calls)
    return planned.name, right


@rule(
    "LRV201",
    "rebound",
    "warning",
    what="A cosine goes on beyond its end, and the learning rate climbs again.",
    why="Nothing stops CosineAnnealingLR at T_max: it is half a wave, and the next half goes up."
    " What was learned at low rates is undone in the last part of the training.",
    example="""
train: {steps: 18000}
scheduler: {type: CosineAnnealingLR, T_max: 9000}   # write 18000, or 100%
""",
    references=(
        "https://github.com/CodefyUI/CodefyUI/issues/205",
        "https://github.com/pytorch/pytorch/issues/11210",
    ),
    makes_pointless=("LRV202", "LRV203", "LRV302"),
)
def rebound(subject: Subject) -> Iterator[Fault]:
    """Look at the curve from each cosine's end to its last step."""
    for leaf in subject.leaves:
        part, planned = leaf.part, fall(subject, leaf.part)
        if planned is None or not planned.bounces or planned.calls >= part.calls:
            continue
        start = subject.update_of(part, planned.calls)
        stop = min(subject.updates, subject.update_of(part, part.calls))
        beyond = subject.lr[start:stop]
        if not len(beyond) or not float(beyond.max()) - float(beyond[0]) > REBOUND * subject.peak:
            continue
        top = start + int(np.argmax(beyond))
        where = "at the end" if top == subject.updates - 1 else f"at update {count(top)}"
        name, right = _to_the_end(subject, leaf, planned)
        epochs = subject.per_epoch and -(-subject.updates // subject.per_epoch)
        per_epoch = part.updates_per_call == 1 and planned.calls == epochs
        yield Fault(
            f"the LR climbs from {lr(float(beyond[0]))} at update {count(start)} back to"
            f" {lr(float(beyond.max()))} {where}: {name} is {count(planned.calls)}, the scheduler"
            f" takes {count(part.calls)} steps",
            f"set {name} to {right}"
            + (", or `interval: epoch`" if per_epoch else "")
            + "; for restarts take CosineAnnealingWarmRestarts",
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
    example="""
train: {epochs: 100, steps_per_epoch: 500}
interval: epoch
scheduler: {type: CosineAnnealingLR, T_max: 200}    # write 100, or 100%
""",
    references=(
        "https://github.com/CodefyUI/CodefyUI/issues/205",
        "https://github.com/wandb/senpai/pull/877",
    ),
    makes_pointless=("LRV102",),
)
def ends_high(subject: Subject) -> Iterator[Fault]:
    """Look at the last learning rate where a fall is longer than its steps."""
    for leaf in subject.leaves:
        part, planned = leaf.part, fall(subject, leaf.part)
        if planned is None or planned.calls <= part.calls or not subject.governs_end(leaf):
            continue
        end = floor(subject, part)
        if not subject.final - end > ENDS_HIGH * (subject.peak - end):
            continue
        name, right = _to_the_end(subject, leaf, planned)
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
    what="The learning rate is below a thousandth of the peak for the last tenth or more.",
    why="Those updates learn nothing: the schedule is over long before the training, or falls by a"
    " factor an update that was meant for an epoch.",
    example="""
train: {steps: 500}
scheduler: {type: ExponentialLR, gamma: 0.95}       # 7.7e-13 at the end
""",
    references=(
        "https://github.com/wandb/senpai/pull/462",
        "https://github.com/shayneobrien/coreference-resolution/issues/22",
    ),
)
def finished_early(subject: Subject) -> Iterator[Fault]:
    """Count the last updates whose learning rate is next to nothing."""
    least = DEAD * subject.peak * (1 - 1e-9)  # a thousandth itself is none of them, by rounding
    # A plateau's cuts answer the metric: that they come early is not the spec's doing.
    metric = any(leaf.part.type == "ReduceLROnPlateau" for leaf in subject.leaves)
    if not subject.peak > 0 or metric or not subject.final < least:
        return
    alive = subject.updates - int(np.argmax(subject.lr[::-1] >= least))
    tail = subject.updates - alive
    if tail <= DEAD_TAIL * subject.updates:
        return
    last = next((each for each in reversed(subject.leaves) if subject.governs_end(each)), None)
    planned = fall(subject, last.part) if last is not None else None
    advice, place = "let the fall end later, or at a higher LR", None
    edits: tuple[Edit, ...] = ()
    if last is not None:
        place = subject.place(last.part, "gamma")
        gamma = _gamma(last.part)
        if gamma is not None:
            advice = f"a gamma of {gamma} ends at a hundredth of the start"
        if planned is not None and planned.calls < last.part.calls:
            name, right = _to_the_end(subject, last, planned)
            advice, place = f"set {name} to {right}", subject.place(last.part, *planned.path)
            edits = subject.edits((*last.part.path, *planned.path), right)
    yield Fault(
        f"from update {count(alive)} on the LR is below a thousandth of its peak"
        f" {lr(subject.peak)}: the last {count(tail)} updates, {percent(tail / subject.updates)}"
        " of the training, learn nothing",
        advice,
        place,
        update=alive,
        edits=edits,
    )


def _gamma(part: Part) -> str | None:
    """Return the factor with which an ExponentialLR or a StepLR falls to a hundredth."""
    each = 1 if part.type == "ExponentialLR" else argument(part, "step_size")
    if part.type not in ("ExponentialLR", "StepLR") or not isinstance(each, int):
        return None
    return f"{0.01 ** (each / max(part.calls, each)):.6g}"


@rule(
    "LRV204",
    "onecycle-overrun",
    "error",
    what="OneCycleLR is stepped more often than its total_steps.",
    why="It raises `Tried to step ...` at the end, and what was not saved is lost. Mostly the"
    " number of batches was rounded down where the loader rounds up, or epochs were added.",
    example="""
train: {epochs: 30, dataset_size: 50000, batch_size: 512}   # 98 updates an epoch
scheduler: {type: OneCycleLR, max_lr: 0.1, total_steps: 2910}
""",
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
    for leaf in subject.leaves:
        part, planned = leaf.part, fall(subject, leaf.part)
        if part.type != "OneCycleLR" or planned is None or planned.calls >= part.calls:
            continue
        total, right = planned.name, subject.written(part, planned.path[0], part.calls)
        if "*" in total:
            each = int(argument(part, "steps_per_epoch"))
            total, right = "epochs", str(-(-part.calls // each))
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


RULES = (rebound, ends_high, finished_early, onecycle_overrun)
