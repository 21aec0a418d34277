"""What the curve alone shows, of schedulers whose arguments tell no length: written by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lrviz import catalog
from lrviz.checking import beyond
from lrviz.checking.counts import fall, length_of, warmup, warmup_of
from lrviz.checking.rule import Fault
from lrviz.checking.subject import Subject
from lrviz.curves.features import breaks_off, climb_again, cut_off, rises_short_of
from lrviz.errors import Place
from lrviz.writing.numbers import count, lr, percent

# Of the optimizer's lr: from where on a peak below it may be meant to be it, and where it is.
PEAK_REACHED = (0.4, 0.8)

_BY_HAND = ("LambdaLR", "MultiplicativeLR")


def is_unplanned(subject: Subject) -> bool:
    """Tell whether one scheduler, of which no argument tells a length, makes the whole curve."""
    if len(subject.leaves) != 1 or subject.trace.error is not None:
        return False
    part = subject.leaves[0].part
    torchs = part.type in catalog.class_names() and part.type not in _BY_HAND
    known = fall(subject, part) or warmup(subject, part) or subject.shape(part)
    return not torchs and not known


def rebound(subject: Subject) -> Iterator[Fault]:
    """Find a curve that falls, and then climbs until its end."""
    climb = climb_again(subject.lr) if is_unplanned(subject) else None
    if climb is None:
        return
    low, last = climb
    named = length_of(subject, subject.leaves[0].part)
    yield Fault(
        f"the LR climbs from {lr(subject.at(low))} at update {count(low)} back to"
        f" {lr(subject.at(last))} at the end",
        _as_long(subject)
        if named
        else "let it stop where the fall ends: hold the step below its length, as"
        f" min(step, {low}), or make the length that of the training, {count(subject.updates)}",
        _place(subject, length_of(subject, subject.leaves[0].part)),
        update=low,
    )


def ends_high(subject: Subject) -> Iterator[Fault]:
    """Find a curve that stops in the middle of its fall."""
    share = cut_off(subject.lr) if is_unplanned(subject) else None
    if share is not None:
        end = beyond.bottom(subject)
        longer = "the schedule is as for a longer training"
        yield Fault(
            f"the training ends at an LR of {lr(subject.final)}, {percent(share)} of the peak, and"
            f" in the middle of the fall: {longer if end is None else _until(end)}",
            _as_long(subject),
            _place(subject, length_of(subject, subject.leaves[0].part)),
            update=subject.updates - 1,
        )


def warmup_reaches_end(subject: Subject) -> Iterator[Fault]:
    """Find a curve that only rises, and does not reach the optimizer's lr."""
    if not is_unplanned(subject):
        return
    # A framework's own, which may cut it to the training.
    name = warmup_of(subject.leaves[0].part)
    given = subject.leaves[0].part.arguments[name] if name else 0
    if given >= subject.updates > 1 and subject.at(0) < subject.final:
        yield Fault(
            f"the warmup takes {count(given)} steps of {count(subject.updates)}: the LR rises until"
            f" the end, where it is {lr(subject.final)}",
            _shorter(subject),
            _place(subject, name),
            update=subject.updates - 1,
        )
        return
    # A function of the step alone gives the rate itself: the peak is what it would reach later on.
    alone = subject.schedule.function is not None and set(subject.lrs) == {1.0}
    if alone:
        top = beyond.summit(subject)
        if top is not None and rises_short_of(subject.lr, top[1]):
            yield Fault(
                f"the LR rises until the end, where it is {lr(subject.final)}: the warmup would"
                f" be over at update {count(top[0])}, at {lr(top[1])}, and the training has"
                f" {count(subject.updates)}",
                f"shorten the warmup, to {count(max(1, subject.updates // 20))} updates",
                None,
                update=subject.updates - 1,
            )
    elif rises_short_of(subject.lr, subject.base):
        yield Fault(
            f"the LR rises until the end, where it is {lr(subject.final)},"
            f" {percent(subject.final / subject.base)} of lr {lr(subject.base)}: the warmup is"
            f" longer than the {count(subject.updates)} updates of the training",
            _shorter(subject),
            _place(subject, warmup_of(subject.leaves[0].part)),
            update=subject.updates - 1,
        )


def peak_never_reached(subject: Subject) -> Iterator[Fault]:
    """Find a curve that rises and falls, with its summit well below the optimizer's lr.

    So do a rise and a fall that are multiplied, and a rise that is left too early. An lr of 1 is a
    unit, and what peaks far below the lr takes it as one, as the schedule of the Transformer does.
    """
    if not is_unplanned(subject) or subject.base == 1 or not subject.base > 0:
        return
    share, at = subject.peak / subject.base, subject.peak_at
    within = 0 < at < subject.updates - 1 and subject.at(0) < subject.peak > subject.final
    if within and PEAK_REACHED[0] <= share < PEAK_REACHED[1] and _one_summit(subject, at):
        yield Fault(
            f"the LR is at most {lr(subject.peak)} (update {count(at)}), {percent(share)} of lr"
            f" {lr(subject.base)}",
            "let the fall begin where the rise ends, or set the LR that is meant",
            _place(subject),
            update=at,
        )


def _one_summit(subject: Subject, at: int) -> bool:
    """Tell whether a curve rises to its peak, and from there falls: no waves, no steps between."""
    moves = np.sign(np.diff(subject.lr))
    return bool((moves[:at] >= 0).all() and (moves[at:] <= 0).all())


def flat(subject: Subject) -> Iterator[Fault]:
    """Find a curve that never changes in the training, and would behind its end."""
    still = subject.updates > 1 and subject.peak > 0 and bool((subject.lr == subject.peak).all())
    change = beyond.first_change(subject) if still and is_unplanned(subject) else None
    if change is not None and change > subject.updates:  # one at the end itself changes nothing
        yield Fault(
            f"the LR is {lr(subject.peak)} in all {count(subject.updates)} updates: it would change"
            f" at update {count(change)} first",
            f"make its length that of the training, {count(subject.updates)} updates",
            _place(subject),
            update=0,
        )


def jump(subject: Subject) -> Iterator[Fault]:
    """Find a rise that breaks off with a jump."""
    at = breaks_off(subject.lr) if is_unplanned(subject) else None
    if at is not None:
        beside = max(
            abs(subject.at(at - 1) - subject.at(at - 2)), abs(subject.at(at + 1) - subject.at(at))
        )
        yield Fault(
            f"the LR jumps from {lr(subject.at(at - 1))} to {lr(subject.at(at))} at update"
            f" {count(at)}, where the rise ends; the steps beside it are {lr(beside)}",
            "let the rise end at the LR that what follows starts at",
            _place(subject),
            update=at,
        )


def _until(end: tuple[int, float]) -> str:
    return f"it would be over at update {count(end[0])}, at {lr(end[1])}"


def _as_long(subject: Subject) -> str:
    name = length_of(subject, subject.leaves[0].part)
    if name:
        return f"set {name} to {subject.updates}, the length of the training"
    return f"make its length that of the training, {count(subject.updates)} updates"


def _shorter(subject: Subject) -> str:
    name, updates = warmup_of(subject.leaves[0].part), max(1, subject.updates // 20)
    if name:
        return f"shorten the warmup: write {name}: {updates}"
    return f"shorten the warmup, to {count(updates)} updates{'' if subject.foreign else ' or 5%'}"


def _place(subject: Subject, name: str = "") -> Place | None:
    """Return where an argument stands, or the function where there is none."""
    return subject.place(subject.leaves[0].part, name or "lr_lambda")
