"""LRV6xx: the optimizer and its param groups."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lrviz.checking.again import unheard_lr
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr

if TYPE_CHECKING:
    from lrviz.building.built import Part

# A group whose rate stands still to the last bit while the others move by more than this share.
MOVES = 0.01
# What one would call another number, not another rounding of it.
SAME = 1e-6
# Updates from which on two curves that are one but for the first update are no coincidence.
MANY = 10
_OWN_RATES = ("OneCycleLR", "CyclicLR")
BUILT_AFTER = "add all groups first, then build the scheduler; or build another one for it"
# What people call a factor of a group's rate, which only code of their own would read.
_FACTOR = re.compile(r"lr_?(scale|mult|multiplier|factor|decay|ratio)|layer_decay")


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
    references=(
        "https://docs.pytorch.org/docs/stable/optim.html#per-parameter-options",
        "https://github.com/huggingface/transformers/issues/20029",
    ),
    makes_pointless=("LRV102", "LRV208"),
)
def group_left_behind(subject: Subject) -> Iterator[Fault]:
    """Look for columns that do not change, and for groups that the scheduler was built without."""
    groups, curve, rows = subject.trace.groups, subject.trace.lr, subject.sampled
    yield from _late(subject)
    yield from _left_out_at_first(subject)
    moves = rows.max(axis=0) - rows.min(axis=0)
    main = int(np.argmax(moves))
    if not moves[main] > MOVES * rows[:, main].max():
        return
    late = _added_late(subject)
    for index in np.flatnonzero((moves == 0) & (rows[0] != 0)):
        if (curve[:, index] != curve[0, index]).any():
            continue
        paths = [group.path for group in subject.schedule.optimizer.groups]
        path = paths[index] if len(paths) == len(groups) else ("optimizer",)
        added = " was added after the scheduler was built, and" if index in late else ""
        yield Fault(
            f"group {groups[index]}{added} stays at {lr(float(curve[0, index]))} in all"
            f" {count(subject.updates)} updates, while group {groups[main]} moves by"
            f" {lr(float(moves[main]))}",
            BUILT_AFTER if added else "lower its floor, or set its lr to 0 if it is to be frozen",
            subject.schedule.at(*path, key=True),
            groups=(int(index),),
        )


def _added_late(subject: Subject) -> list[int]:
    """Return the groups that no scheduler of torch's has taken note of, where it has of others."""
    groups = subject.built.optimizer.param_groups
    late = [index for index, group in enumerate(groups) if "initial_lr" not in group]
    return late if len(late) < len(groups) == len(subject.trace.groups) else []


def _late(subject: Subject) -> Iterator[Fault]:
    """Find groups that were added later, and that the schedule takes above their own lr."""
    for index in _added_late(subject):
        own, curve = subject.lrs[index], subject.trace.lr[:, index]
        top = int(np.argmax(curve))
        if curve[top] > own * (1 + MOVES):
            yield Fault(
                f"group {subject.trace.groups[index]} was added after the scheduler was built: it"
                f" goes from its own lr {lr(own)} up to {lr(float(curve[top]))}",
                BUILT_AFTER,
                None,
                update=top,
                groups=(index,),
            )


def _left_out_at_first(subject: Subject) -> Iterator[Fault]:
    """Find groups that update 0 uses at their own lr, where a warmup has begun for the others."""
    rates = np.vstack([subject.trace.lr[:2], subject.sampled[2:]])
    peaks = rates.max(axis=0)
    main = subject.main
    if subject.updates < MANY or not (peaks > 0).all() or not rates[0, main] < peaks[main] / 2:
        return
    shares = rates / peaks
    alike = np.isclose(shares[2:], shares[2:, [main]], rtol=1e-6, atol=1e-9).all(axis=0)
    own = (rates[0] == subject.lrs) & (shares[0] == 1) & (shares[1] < 1 / 2)
    for index in np.flatnonzero(alike & own):
        name, other = subject.trace.groups[index], subject.trace.groups[main]
        yield Fault(
            f"update 0 uses group {name}'s own lr, {lr(float(rates[0, index]))}, where group"
            f" {other} starts at {lr(float(rates[0, main]))} and both are warmed up from then on:"
            " what sets the first rates leaves it out",
            "give every group its rate before the first update",
            None,
            update=0,
            groups=(int(index),),
        )


@rule(
    "LRV602",
    "lr-has-no-effect",
    "warning",
    what="The optimizer's lr is written and not used: OneCycleLR's max_lr, or CyclicLR's, wins, or"
    " the rates of a scheduler of your own.",
    why="Whoever tunes lr then changes nothing. These schedulers overwrite it.",
    references=("https://github.com/pytorch/pytorch/issues/73305",),
)
def lr_has_no_effect(subject: Subject) -> Iterator[Fault]:
    """Compare the groups' lr with the rates that the cycle has."""
    stated = subject.raw(("optimizer", "lr")) is not None or subject.schedule.optimizer.lr
    unheard = unheard_lr(subject) if stated else None
    if unheard is not None:
        part = subject.leaves[0].part
        yield Fault(
            f"lr {lr(unheard)} is never used: {part.type} gives the same rates,"
            f" {lr(subject.at(0))} at first and at most {lr(subject.peak)}, with half of it",
            "let it take its rates from the optimizer, group['initial_lr'], or take lr out",
            subject.schedule.at("optimizer", "lr", key=True) or subject.place(part, "type"),
        )
        return
    for part, peaks in _cyclers(subject):
        ends = subject.per_group(argument(part, "base_lr"))
        divided = argument(part, "div_factor")
        if isinstance(divided, int | float) and divided:
            ends = tuple(each / divided for each in peaks)
        used = [*zip(subject.lrs, peaks, strict=True), *zip(subject.lrs, ends, strict=False)]
        if not stated or any(math.isclose(own, rate, rel_tol=SAME) for own, rate in used):
            continue
        own, peak = subject.lrs[subject.main], peaks[subject.main]
        start = f", {lr(ends[subject.main])} at the start" if ends else ""
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
    why="A single max_lr is every group's, and torch reads no lr_scale of a group: a backbone that"
    " was to be tuned at a tenth trains at the head's rate, and is wrecked.",
    references=(
        "https://github.com/katsura-jp/pytorch-cosine-annealing-with-warmup/issues/14",
        "https://github.com/flairNLP/flair/pull/2641",
        "https://github.com/facebookresearch/mae/issues/216",
    ),
    makes_pointless=("LRV602",),
)
def group_rates_lost(subject: Subject) -> Iterator[Fault]:
    """Compare the groups' lr with their rates at the peak, and the factors that they carry."""
    yield from _unread(subject)
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


def _unread(subject: Subject) -> Iterator[Fault]:
    """Find a factor of the rate in the groups that changes no rate."""
    groups, rows = subject.built.optimizer.param_groups, subject.sampled
    defaults = subject.built.optimizer.defaults
    names = dict.fromkeys(name for group in groups for name in group if _FACTOR.fullmatch(name))
    for name in names if len(groups) == len(subject.trace.groups) else ():
        given = [(group.get(name), index) for index, group in enumerate(groups)]
        factors = [(each, index) for each, index in given if isinstance(each, int | float)]
        low, high = min(factors, default=(1, 0)), max(factors, default=(1, 0))
        # The rates of the two are equal to the bit: nothing that moves them has read it.
        if name in defaults or low[0] == high[0] or (rows[:, low[1]] != rows[:, high[1]]).any():
            continue
        yield Fault(
            f"the groups' {name}, {lr(float(low[0]))} to {lr(float(high[0]))}, is lost: neither"
            f" the optimizer nor the scheduler reads it, and groups"
            f" {subject.trace.groups[low[1]]} and {subject.trace.groups[high[1]]} train at the"
            " same rates",
            f"give each group its own lr, lr * {name}",
            None,
            groups=tuple(index for _, index in factors),
        )


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
    curve = subject.trace.curves.get("momentum")
    groups = subject.built.optimizer.param_groups
    values = curve
    if values is None:
        fixed = [each.get("momentum", (each.get("betas") or (0.0,))[0]) for each in groups]
        values = np.array([fixed], dtype=float)
    bad = (values.max(axis=0) >= 1) | (values.min(axis=0) < 0)
    if not bad.any():
        return
    index = int(np.argmax(bad))
    update = int(np.argmax((values[:, index] >= 1) | (values[:, index] < 0)))
    value = float(values[update, index])
    name = "betas" if "betas" in groups[index] else "momentum"
    own = [each.path for each in subject.schedule.optimizer.groups]
    paths = [own[index], ("optimizer",)] if len(own) == len(bad) else [("optimizer",)]
    path = next((each for each in paths if subject.raw((*each, name)) is not None), paths[-1])
    place = subject.schedule.at(*path, name, key=True)
    # What has moved was moved by a cycle, whose own argument says how far.
    for part, _ in _cyclers(subject) if curve is not None else ():
        place = subject.place(part, "max_momentum" if value >= 1 else "base_momentum")
    whose = "the" if bad.all() else f"group {subject.trace.groups[index]}'s"
    yield Fault(
        f"{whose} momentum is {lr(value)}"
        + (f" at update {count(update)}" if curve is not None else "")
        + ": it is a share of the last step that is kept, from 0 to below 1",
        "set it below 1, as 0.9" if value >= 1 else "set it to 0 or above, as 0.9",
        place,
        update=update if curve is not None else None,
        groups=tuple(map(int, np.flatnonzero(bad))),
    )


RULES = (
    *(group_left_behind, lr_has_no_effect, momentum_switched_on, group_rates_lost),
    *(momentum_out_of_range,),
)
