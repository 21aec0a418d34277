"""LRV3xx: cycles and restarts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrviz.checking.counts import floor, kind
from lrviz.checking.edit import Edit
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr, percent

if TYPE_CHECKING:
    from lrviz.building.built import Part

# A cycle of a twentieth of the training that is not a whole one is left over, not planned.
NEAR_END = 0.05
# There, half of the peak says that the fall has not been used.
STILL_HIGH = 0.5
# A cycle whose last tenth (of its height) is missing has done its work: cosines are flat there.
UNFINISHED = 0.1
_WAVES = ("get_cosine_schedule_with_warmup", "get_cosine_with_min_lr_schedule_with_warmup")


@dataclass(frozen=True)
class _Cycle:
    """The last cycle: its first call, its length in calls, and the argument that sets it."""

    start: int
    length: int
    name: str


def _last_cycle(part: Part) -> _Cycle | None:
    """Return the cycle in which a scheduler's steps end; None where it has no cycles."""
    if part.type == "CyclicLR":
        up = argument(part, "step_size_up")
        down = argument(part, "step_size_down") or up
        if not isinstance(up, int | float) or not isinstance(down, int | float):
            return None
        whole = max(1, round(up + down))
        return _Cycle((part.calls - 1) // whole * whole, whole, "step_size_up")
    length, factor = argument(part, "T_0"), argument(part, "T_mult")
    if part.type != "CosineAnnealingWarmRestarts" or not isinstance(length, int) or length < 1:
        return None
    if not isinstance(factor, int) or factor <= 1:
        return _Cycle((part.calls - 1) // length * length, length, "T_0")
    start = 0
    while start + length < part.calls:
        start, length = start + length, length * factor
    return _Cycle(start, length, "T_0")


def _fitting(part: Part, cycle: _Cycle) -> int | None:
    """Return the T_0 with which the cycles that begin now end with the steps, rounded up."""
    first, factor = argument(part, "T_0"), argument(part, "T_mult") or 1
    if part.type != "CosineAnnealingWarmRestarts" or not isinstance(first, int):
        return None
    parts, length = 0, 1
    while length * first < cycle.start + cycle.length and parts < part.calls:
        parts, length = parts + 1, length + (factor ** (parts + 1) if factor > 1 else 1)
    # The cycle that has hardly begun goes: the others grow into its place.
    if (part.calls - cycle.start) * 2 < cycle.length and parts:
        length -= factor**parts if factor > 1 else 1
    return -(-part.calls // length)


def _mend(subject: Subject, part: Part, cycle: _Cycle) -> tuple[str, tuple[Edit, ...]]:
    fitting = _fitting(part, cycle)
    if fitting is None:
        return "choose a cycle that the steps are a multiple of", ()
    return f"set T_0 to {fitting}", subject.edits((*part.path, "T_0"), str(fitting))


@rule(
    "LRV301",
    "restart-near-end",
    "warning",
    what="The learning rate restarts at the peak in the last twentieth of the training.",
    why="The run ends with large steps that there is no time to recover from: the model that is"
    " saved is worse than the one before the restart.",
    references=("https://github.com/wandb/senpai/pull/453",),
    makes_pointless=("LRV302",),
)
def restart_near_end(subject: Subject) -> Iterator[Fault]:
    """Look at the last restart of each scheduler that has restarts."""
    for leaf in subject.leaves:
        part, cycle = leaf.part, _last_cycle(leaf.part)
        if cycle is None or part.type == "CyclicLR" or not subject.governs_end(leaf):
            continue
        left = part.calls - cycle.start
        if not cycle.start or left > NEAR_END * part.calls or left >= cycle.length:
            continue
        if not subject.final > STILL_HIGH * subject.peak:
            continue
        advice, edits = _mend(subject, part, cycle)
        at = subject.update_of(part, cycle.start)
        yield Fault(
            f"the LR restarts at update {count(at)} of {count(subject.updates)} and is"
            f" {lr(subject.final)} at the end, {percent(subject.final / subject.peak)} of the peak:"
            f" {left} {'step is' if left == 1 else 'steps are'} left for a cycle of"
            f" {count(cycle.length)}",
            advice,
            subject.place(part, cycle.name),
            update=at,
            edits=edits,
        )


@rule(
    "LRV302",
    "incomplete-last-cycle",
    "warning",
    what="The training ends in the middle of a cycle, at a high learning rate.",
    why="What a cycle is for comes at its end. The last one is cut off before it, and the model of"
    " the cycle before is likely the better one.",
    references=("https://github.com/wandb/senpai/pull/231",),
)
def incomplete_last_cycle(subject: Subject) -> Iterator[Fault]:
    """Look at the last learning rate where the last cycle is not whole."""
    for leaf in subject.leaves:
        part, cycle = leaf.part, _last_cycle(leaf.part)
        if cycle is None or not subject.governs_end(leaf):
            continue
        done = part.calls - cycle.start
        # One step short of a whole cycle is what whole cycles are: the last update comes before it.
        if done >= cycle.length - 1 or part.calls < 3:
            continue
        rates = subject.per_group(argument(part, "base_lr"))
        low = rates[subject.group] if rates else floor(subject, part)
        if not subject.final - low > UNFINISHED * (subject.peak - low):
            continue
        advice, edits = _mend(subject, part, cycle)
        start = subject.update_of(part, cycle.start)
        yield Fault(
            f"the training ends {percent(done / cycle.length)} into a cycle of"
            f" {count(cycle.length)} steps that began at update {count(start)}, at an LR of"
            f" {lr(subject.final)}, {percent(subject.final / subject.peak)} of the peak",
            advice,
            subject.place(part, cycle.name),
            update=subject.updates - 1,
            edits=edits,
        )


@rule(
    "LRV303",
    "full-cosine-wave",
    "warning",
    what="num_cycles makes a cosine of whole waves, which ends where it began.",
    why="In transformers' cosine a fall is half a wave: num_cycles is 0.5. With 1 the learning rate"
    " comes back to the peak at the end. Restarts are another schedule, cosine_with_restarts.",
    references=(
        "https://huggingface.co/docs/transformers/main_classes/optimizer_schedules",
        "https://github.com/huggingface/transformers/blob/main/src/transformers/optimization.py",
    ),
    makes_pointless=("LRV201", "LRV202"),
)
def full_cosine_wave(subject: Subject) -> Iterator[Fault]:
    """Look at the last learning rate of a cosine with more than one half wave."""
    for leaf in subject.leaves:
        part, shape = leaf.part, subject.shape(leaf.part)
        path = ("lr_lambda", "num_cycles") if shape else ("num_cycles",)
        given = argument(part, "scheduler_specific_kwargs") or {}
        waves = shape.get("num_cycles") if shape else argument(part, "num_cycles")
        if waves is None and isinstance(given, dict):
            waves = given.get("num_cycles")
        named = shape["shape"] == "warmup_cosine" if shape else kind(part) in _WAVES
        if not named or not isinstance(waves, int | float) or waves <= STILL_HIGH:
            continue
        begin = subject.update_of(part, 0)
        low = float(subject.lr[begin:].min()) if begin < subject.updates else subject.final
        after = subject.lr[max(begin, subject.peak_at) :]
        low = float(after.min()) if len(after) else low
        if not subject.final - low > UNFINISHED * (subject.peak - low):
            continue
        at = max(begin, subject.peak_at) + int(after.argmin())
        yield Fault(
            f"num_cycles is {waves:g}: the LR falls to {lr(low)} at update {count(at)} and rises"
            f" back to {lr(subject.final)} at the end, {percent(subject.final / subject.peak)} of"
            " the peak",
            "set num_cycles to 0.5, one fall",
            subject.place(part, *path),
            update=at,
            edits=subject.edits((*part.path, *path), "0.5"),
        )


RULES = (restart_near_end, incomplete_last_cycle, full_cosine_wave)
