"""LRV6xx: the optimizer and its param groups."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr

if TYPE_CHECKING:
    from lrviz.building.built import Part

# A group whose rate stands still to the last bit while the others move by more than this share.
MOVES = 0.01
# What one would call another number, not another rounding of it.
SAME = 1e-6
_OWN_RATES = ("OneCycleLR", "CyclicLR")


def _cyclers(subject: Subject) -> Iterator[tuple[Part, tuple[float, ...]]]:
    """Yield the schedulers that set learning rates of their own, with their peaks a group."""
    for leaf in subject.leaves:
        rates = subject.per_group(argument(leaf.part, "max_lr"))
        if leaf.part.type in _OWN_RATES and rates:
            yield leaf.part, rates


@rule(
    "LRV601",
    "group-left-behind",
    "warning",
    what="The learning rate of a param group stands still while the others follow the schedule.",
    why="Its parameters train at a constant rate to the end: a floor that is just its lr, a factor"
    " of its own in a list, or a group that was added after the scheduler was built.",
    references=("https://docs.pytorch.org/docs/stable/optim.html#per-parameter-options",),
)
def group_left_behind(subject: Subject) -> Iterator[Fault]:
    """Look for columns that do not change."""
    groups, curve, rows = subject.trace.groups, subject.trace.lr, subject.sampled
    moves = rows.max(axis=0) - rows.min(axis=0)
    main = int(np.argmax(moves))
    if not moves[main] > MOVES * rows[:, main].max():
        return
    for index in np.flatnonzero((moves == 0) & (rows[0] != 0)):
        if (curve[:, index] != curve[0, index]).any():
            continue
        paths = [group.path for group in subject.schedule.optimizer.groups]
        path = paths[index] if len(paths) == len(groups) else ("optimizer",)
        yield Fault(
            f"group {groups[index]} stays at {lr(float(curve[0, index]))} in all"
            f" {count(subject.updates)} updates, while group {groups[main]} moves by"
            f" {lr(float(moves[main]))}",
            "lower its floor, or set its lr to 0 if it is to be frozen",
            subject.schedule.at(*path, key=True),
        )


@rule(
    "LRV602",
    "lr-has-no-effect",
    "warning",
    what="The optimizer's lr is written and not used: OneCycleLR's max_lr, or CyclicLR's, wins.",
    why="Whoever tunes lr then changes nothing. These schedulers overwrite it when they are built.",
    references=("https://github.com/pytorch/pytorch/issues/73305",),
)
def lr_has_no_effect(subject: Subject) -> Iterator[Fault]:
    """Compare the groups' lr with the rates that the cycle has."""
    stated = subject.raw(("optimizer", "lr")) is not None or subject.schedule.optimizer.lr
    for part, peaks in _cyclers(subject):
        ends = subject.per_group(argument(part, "base_lr"))
        divided = argument(part, "div_factor")
        if isinstance(divided, int | float) and divided:
            ends = tuple(each / divided for each in peaks)
        used = [*zip(subject.lrs, peaks, strict=True), *zip(subject.lrs, ends, strict=False)]
        if not stated or any(math.isclose(own, rate, rel_tol=SAME) for own, rate in used):
            continue
        own, peak = subject.lrs[subject.group], peaks[subject.group]
        start = f", {lr(ends[subject.group])} at the start" if ends else ""
        yield Fault(
            f"lr {lr(own)} is never used: {part.type} goes up to its max_lr {lr(peak)}{start}",
            f"set lr to {peak!r}, or max_lr to {'1lr' if not subject.foreign else repr(own)}",
            subject.schedule.at("optimizer", "lr", key=True) or subject.place(part, "max_lr"),
            edits=subject.edits(("optimizer", "lr"), repr(peak)),
        )


@rule(
    "LRV603",
    "momentum-switched-on",
    "warning",
    what="A cycle gives momentum to an optimizer that was built without it.",
    why="OneCycleLR and CyclicLR cycle the momentum between 0.85 and 0.95 unless told not to; SGD"
    " with momentum 0 then trains with it, at up to 20 times the effective step.",
    references=("https://github.com/open-mmlab/mmcv/issues/2645",),
)
def momentum_switched_on(subject: Subject) -> Iterator[Fault]:
    """Look at the momentum where the optimizer's own is 0."""
    if subject.built.optimizer.defaults.get("momentum") != 0:
        return
    for part, _ in _cyclers(subject):
        curve = subject.trace.curves.get("momentum")
        if argument(part, "cycle_momentum") is not True or curve is None or not curve.max() > 0:
            continue
        yield Fault(
            f"{type(subject.built.optimizer).__name__} was given no momentum, and {part.type}"
            f" cycles it between {lr(float(curve.min()))} and {lr(float(curve.max()))}",
            "add cycle_momentum: false, or give the optimizer its momentum",
            subject.place(part, "cycle_momentum"),
            edits=subject.edits((*part.path, "cycle_momentum"), "false"),
        )


@rule(
    "LRV604",
    "group-rates-lost",
    "warning",
    what="Param groups with learning rates of their own all get the same one.",
    why="A single max_lr is every group's: a backbone that was to be tuned at a tenth trains at the"
    " head's rate, and is wrecked.",
    references=(
        "https://github.com/katsura-jp/pytorch-cosine-annealing-with-warmup/issues/14",
        "https://github.com/flairNLP/flair/pull/2641",
    ),
    makes_pointless=("LRV602",),
)
def group_rates_lost(subject: Subject) -> Iterator[Fault]:
    """Compare the groups' lr with their rates at the peak."""
    low, high = min(subject.lrs), max(subject.lrs)
    if math.isclose(low, high, rel_tol=SAME) or not low > 0:
        return
    at_peak = subject.trace.lr[subject.peak_at]
    if at_peak.max() != at_peak.min():
        return
    for part, peaks in _cyclers(subject):
        same = math.isclose(peaks[0], high, rel_tol=SAME) and not subject.foreign
        yield Fault(
            f"the groups' lrs, {lr(low)} to {lr(high)}, are lost: {part.type} takes all"
            f" {len(subject.lrs)} groups to {lr(peaks[0])}",
            "give max_lr a value a group" + ("" if subject.foreign else ", or 1lr for their own"),
            subject.place(part, "max_lr"),
            update=subject.peak_at,
            edits=subject.edits((*part.path, "max_lr"), "1lr") if same else (),
        )
        return


@rule(
    "LRV605",
    "momentum-out-of-range",
    "error",
    what="A momentum, or a beta, is 1 or more, or below 0.",
    why="With 1 nothing is ever forgotten, above it every step adds to the last: the parameters"
    " grow without end. torch takes it without a word, from SGD as from a cycle.",
    references=("https://github.com/pytorch/pytorch/pull/6000",),
    makes_pointless=("LRV603",),
)
def momentum_out_of_range(subject: Subject) -> Iterator[Fault]:
    """Look at the momentum of every group, in every update where it moves."""
    group: dict[str, Any] = subject.built.optimizer.param_groups[subject.group]
    curve = subject.trace.curves.get("momentum")
    fixed = group.get("momentum", (group.get("betas") or (0.0,))[0])
    values = np.array([fixed]) if curve is None else curve[:, subject.group]
    bad = (values >= 1) | (values < 0)
    if not bad.any():
        return
    update = int(np.argmax(bad))
    name = "betas" if "betas" in group else "momentum"
    # What has moved was moved by a cycle, whose own argument says how far.
    cycles = [part for part, _ in _cyclers(subject)] if curve is not None else []
    place = (
        subject.place(cycles[0], "max_momentum" if values[update] >= 1 else "base_momentum")
        if cycles
        else subject.schedule.at("optimizer", name, key=True)
    )
    yield Fault(
        f"the momentum is {lr(float(values[update]))}"
        + (f" at update {count(update)}" if curve is not None else "")
        + ": it is a share of the last step that is kept, from 0 to below 1",
        "set it below 1, as 0.9",
        place,
        update=update if curve is not None else None,
    )


RULES = (
    *(group_left_behind, lr_has_no_effect, momentum_switched_on, group_rates_lost),
    *(momentum_out_of_range,),
)
