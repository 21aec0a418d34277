"""LRV8xx: a training that is resumed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject
from lrviz.spec.schedule import Schedule
from lrviz.writing.numbers import count, lr

# Of a rate: what torch's recursions round otherwise from another beginning.
SAME = 1e-6
_WITHOUT = {
    "no-scheduler": "without the scheduler's state",
    "no-optimizer": "without the optimizer's state",
    "nothing": "with neither the scheduler's state nor the optimizer's",
    "optimizer-first": "with the optimizer's state loaded before the scheduler was built, which"
    " sets the LR",
}
_ADVICE = (
    "build the optimizer and the scheduler, load the scheduler's state, and the optimizer's last"
)
_OF_ANOTHER = (
    "a scheduler's state brings back the length that it was saved with, and functions have the new"
    " one: plan the length before the run, or give what is left a schedule of its own, that begins"
    " at the checkpoint's LR"
)


@rule(
    "LRV801",
    "resumed-off-plan",
    "error",
    what="A training that is resumed goes on at another learning rate than the schedule's.",
    why="The scheduler goes on from the rate that stands in the optimizer, and most of torch's"
    " compute the next from the last: one wrong rate at the resume makes all that follow wrong.",
    references=(
        "https://github.com/pytorch/pytorch/issues/65342",
        "https://github.com/pytorch/pytorch/issues/119168",
    ),
)
def resumed_off_plan(subject: Subject) -> Iterator[Fault]:
    """Compare what follows the resume with the plan, or what was built with its own schedule."""
    resumed = subject.built.resumed
    said = resumed.of_group(subject.group) if resumed is not None else ""
    if said:
        yield Fault(said, _ADVICE, None, update=0)
    schedule, again = subject.schedule, subject.restart
    if again is None:
        return
    start = schedule.start
    rows = min(len(again.lr), subject.updates - start)
    plan, found = subject.lr[start : start + rows], again.values("lr", subject.group)[:rows]
    without, advice = _said(schedule)
    largest = np.maximum(np.abs(plan), np.abs(found))
    off = np.flatnonzero(np.abs(plan - found) > SAME * np.maximum(largest, SAME * subject.peak))
    if not len(off):
        return
    row = int(off[0])
    yield Fault(
        f"resumed at update {count(start)} {without}: update"
        f" {count(start + row)} uses {lr(float(found[row]))}, where the schedule has"
        f" {lr(float(plan[row]))}",
        advice,
        schedule.at("train", "resume", key=True),
        update=start + row,
        edits=() if schedule.planned else subject.edits(("train", "resume"), "all"),
    )


def _said(schedule: Schedule) -> tuple[str, str]:
    """Return what was done otherwise than it should be, and the advice."""
    if schedule.planned is None:
        return _WITHOUT[schedule.resume], _ADVICE + "; `resume: all` shows it"
    return (
        f"from a run that was planned for {count(schedule.planned)} updates and not for"
        f" {count(schedule.length.updates)}",
        _OF_ANOTHER,
    )


RULES = (resumed_off_plan,)
