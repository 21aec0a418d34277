"""What the curve alone shows, of schedulers whose arguments tell no length: written by hand."""

from __future__ import annotations

from collections.abc import Iterator

from lrviz import catalog
from lrviz.checking.counts import fall, warmup
from lrviz.checking.rule import Fault
from lrviz.checking.subject import Subject
from lrviz.curves.features import climb_again, cut_off, rises_short_of
from lrviz.errors import Place
from lrviz.writing.numbers import count, lr, percent

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
    yield Fault(
        f"the LR climbs from {lr(subject.at(low))} at update {count(low)} back to"
        f" {lr(subject.at(last))} at the end",
        "let it stop where the fall ends: hold the step below its length, as"
        f" min(step, {low}), or make the length that of the training, {count(subject.updates)}",
        _place(subject),
        update=low,
    )


def ends_high(subject: Subject) -> Iterator[Fault]:
    """Find a curve that stops in the middle of its fall."""
    share = cut_off(subject.lr) if is_unplanned(subject) else None
    if share is not None:
        yield Fault(
            f"the training ends at an LR of {lr(subject.final)}, {percent(share)} of the peak, and"
            " in the middle of the fall: the schedule is as for a longer training",
            f"make its length that of the training, {count(subject.updates)} updates",
            _place(subject),
            update=subject.updates - 1,
        )


def warmup_reaches_end(subject: Subject) -> Iterator[Fault]:
    """Find a curve that only rises, and does not reach the optimizer's lr."""
    # A function of the step alone gives the rate itself: there is no lr to be reached.
    alone = subject.schedule.function is not None and set(subject.lrs) == {1.0}
    if not alone and is_unplanned(subject) and rises_short_of(subject.lr, subject.base):
        yield Fault(
            f"the LR rises until the end, where it is {lr(subject.final)},"
            f" {percent(subject.final / subject.base)} of lr {lr(subject.base)}: the warmup is"
            f" longer than the {count(subject.updates)} updates of the training",
            f"shorten the warmup, to {count(max(1, subject.updates // 20))} updates or 5%",
            _place(subject),
            update=subject.updates - 1,
        )


def _place(subject: Subject) -> Place | None:
    return subject.place(subject.leaves[0].part, "lr_lambda")
