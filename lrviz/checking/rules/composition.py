"""LRV4xx: schedulers composed: one after the other, and side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lrviz.checking import unplanned
from lrviz.checking.counts import fall, warmup
from lrviz.checking.parts import Leaf, composites, leaves
from lrviz.checking.rule import Fault, rule
from lrviz.checking.rules.warmup import PEAK_REACHED
from lrviz.checking.subject import Subject, argument
from lrviz.errors import Place
from lrviz.writing.numbers import count, lr, percent

if TYPE_CHECKING:
    from lrviz.building.built import Part

# The end of a warmup is a kink; a jump there is this many times the steps around it, and at least
# this share of the peak: less is what a warmup's own last step is.
JUMP_TIMES = 3
JUMP_SHARE = 0.05
# total_iters a step longer than the phase is a matter of counting, which nobody sees.
MOST_UNFINISHED = 0.02
# These compute the learning rate anew from their own count, whatever it was.
_ABSOLUTE = ("LambdaLR", "CosineAnnealingWarmRestarts", "OneCycleLR", "CyclicLR")


def _sequences(subject: Subject) -> Iterator[tuple[Part, tuple[Part, ...], list[int]]]:
    """Yield every SequentialLR with what it stands in and its milestones."""
    for top in subject.parts:
        for part, parents in composites(top):
            milestones = argument(part, "milestones")
            if part.type == "SequentialLR" and isinstance(milestones, list):
                yield part, parents, milestones


def _milestone(subject: Subject, part: Part, index: int) -> Place | None:
    return subject.schedule.at(*part.path, "milestones", index) or subject.place(part, "type")


@rule(
    "LRV401",
    "phase-jump",
    "warning",
    what="The learning rate jumps where one phase of SequentialLR hands over to the next.",
    why="A warmup that ends at another value than the next phase starts at does the opposite of"
    " what it is for: one update at a sudden high rate.",
    references=(
        "https://github.com/microsoft/Swin-Transformer/pull/278",
        "https://github.com/threestudio-project/threestudio/issues/226",
    ),
)
def phase_jump(subject: Subject) -> Iterator[Fault]:
    """Compare the step at each milestone behind a rise with those beside it."""
    yield from unplanned.jump(subject)
    for part, _, milestones in _sequences(subject):
        for index, milestone in enumerate(milestones):
            steps = [subject.update_of(part, milestone + each) for each in (-2, -1, 0, 1)]
            if milestone < 2 or steps[-1] >= subject.updates or not part.parts:
                continue
            before, last, first, after = (subject.at(step) for step in steps)
            start = subject.at(subject.update_of(part, milestones[index - 1] if index else 0))
            size = abs(first - last)
            beside = max(abs(last - before), abs(after - first))
            if not (last > start and size > JUMP_SHARE * subject.peak):
                continue
            if size <= JUMP_TIMES * beside:
                continue
            yield Fault(
                f"the LR jumps from {lr(last)} to {lr(first)} at update {count(steps[2])}, where"
                f" the rise of phase {index + 1} ends; the steps beside it are {lr(beside)}",
                "let the rise end at the LR that the next phase starts at",
                _milestone(subject, part, index),
                update=steps[2],
            )


@rule(
    "LRV402",
    "milestone-zero",
    "warning",
    what="SequentialLR has a milestone 0.",
    why="The phase before it has no step, yet it sets the first learning rate; which one update 0"
    " gets has changed between versions of torch.",
    references=("https://github.com/pytorch/pytorch/issues/185872",),
    makes_pointless=("LRV104", "LRV401", "LRV403"),
)
def milestone_zero(subject: Subject) -> Iterator[Fault]:
    """Look for a milestone 0."""
    for part, _, milestones in _sequences(subject):
        if 0 not in milestones:
            continue
        index = milestones.index(0)
        skipped = part.parts[index].type if index < len(part.parts) else "a phase"
        yield Fault(
            f"milestone 0 leaves no step to {skipped}, and update 0 uses {lr(subject.at(0))}",
            f"take {skipped} and its milestone out, or give it a step",
            _milestone(subject, part, index),
            update=0,
        )


@rule(
    "LRV403",
    "phase-too-short",
    "warning",
    what="A phase of SequentialLR ends before its scheduler has.",
    why="A warmup of 8 steps in a phase of 4 gets half way, and the next phase begins with a jump."
    " total_iters and the milestone are two numbers for one thing.",
    references=("https://github.com/wandb/senpai/pull/320",),
    makes_pointless=("LRV401",),
)
def phase_too_short(subject: Subject) -> Iterator[Fault]:
    """Compare what each phase's scheduler is planned for with the phase."""
    for leaf in subject.leaves:
        part = leaf.part
        planned = warmup(subject, part) or fall(subject, part)
        if leaf.sequence is None or planned is None or subject.governs_end(leaf):
            continue
        if planned.calls * (1 - MOST_UNFINISHED) <= part.calls or part.type == "ConstantLR":
            continue
        end = subject.update_of(part, part.calls)
        if end >= subject.updates:
            continue
        yield Fault(
            f"{planned.name} is {count(planned.calls)}, but the phase ends after"
            f" {count(part.calls)} {'step' if part.calls == 1 else 'steps'}, at"
            f" {percent(part.calls / planned.calls)} of it: the LR goes from"
            f" {lr(subject.at(end - 1))} to {lr(subject.at(end))} at update {count(end)}",
            f"set {planned.name} to {part.calls}",
            subject.place(part, *planned.path),
            update=end,
            edits=subject.edits((*part.path, *planned.path), str(part.calls)),
        )


@rule(
    "LRV405",
    "nested-sequential",
    "warning",
    what="A SequentialLR, or a ChainedScheduler, is a phase of a SequentialLR.",
    why="torch (2.13 and before) steps the inner one once while it is built: it runs one update"
    " early. As a later phase it cannot begin at all: torch raises NotImplementedError.",
    references=("https://github.com/pytorch/pytorch/issues/196243",),
    makes_pointless=("LRV006", "LRV401"),
)
def nested_sequential(subject: Subject) -> Iterator[Fault]:
    """Look for composites whose parent is a SequentialLR."""
    for top in subject.parts:
        for part, parents in composites(top):
            begin = subject.update_of(part, 0)
            nested = bool(parents) and parents[-1].type == "SequentialLR"
            if not nested or begin >= subject.trace.length.updates:
                continue
            error = subject.trace.error
            stopped = error is not None and error.update == begin - 1
            yield Fault(
                _stopped(subject, part) if stopped else _early(subject, part),
                "write its phases into the outer SequentialLR",
                subject.place(part, "type"),
                update=begin - 1 if stopped else begin,
                severity="error" if stopped else None,
            )


def _stopped(subject: Subject, part: Part) -> str:
    begin, updates = subject.update_of(part, 0), subject.trace.length.updates
    return (
        f"torch raises after update {count(begin - 1)} of {count(updates)}, where the inner"
        f" {part.type} begins"
    )


def _early(subject: Subject, part: Part) -> str:
    milestones = argument(part, "milestones")
    shown = ", ".join(count(part.start + each) for each in milestones or ())
    what = f"milestones {shown} come" if shown else "values come"
    begin = count(subject.update_of(part, 0))
    return f"the inner {part.type} runs one step early from update {begin} on: its {what} too soon"


@rule(
    "LRV407",
    "phase-never-begins",
    "warning",
    what="A milestone of SequentialLR lies at or beyond the scheduler's last step.",
    why="The phase behind it never begins: the training ends in the phase before, often the warmup."
    " The milestone is in another unit than the steps, or belongs to a longer training.",
    references=("https://github.com/bshall/Tacotron/issues/3",),
    makes_pointless=("LRV403", "LRV202"),
)
def phase_never_begins(subject: Subject) -> Iterator[Fault]:
    """Compare each milestone with the steps that there are."""
    for part, _, milestones in _sequences(subject):
        late = [index for index, each in enumerate(milestones) if each >= part.calls]
        if not late or part.calls < 3:
            continue
        index = late[0]
        behind = part.parts[index + 1].type if index + 1 < len(part.parts) else "the next phase"
        yield Fault(
            f"{behind} never begins: its milestone is {count(milestones[index])}, the scheduler"
            f" takes {count(part.calls)} steps",
            f"place the milestone below {count(part.calls)}",
            _milestone(subject, part, index),
        )


@rule(
    "LRV404",
    "chained-not-sequential",
    "warning",
    what="A warmup and a decay run at the same time, and their product never reaches the peak.",
    why="ChainedScheduler, and schedulers side by side, multiply from the first step on; what was"
    " meant is one after the other. The decay eats the warmup.",
    references=(
        "https://github.com/Noble-Lab/casanovo/pull/249",
        "https://github.com/mosaicml/composer/pull/99",
    ),
    makes_pointless=("LRV102",),
)
def chained_not_sequential(subject: Subject) -> Iterator[Fault]:
    """Look for a warmup beside a fall where the peak is missed."""
    flat = [leaf for leaf in subject.leaves if leaf.sequence is None]
    rising = [(leaf, found) for leaf in flat if (found := warmup(subject, leaf.part))]
    falling = [leaf for leaf in flat if _falls(subject, leaf)]
    if not rising or not falling or not 0 <= subject.peak < PEAK_REACHED * subject.base:
        return
    first, planned = rising[0]
    others = [leaf for leaf in falling if leaf is not first]
    if not others or planned.calls >= subject.top(first.part).calls:
        return
    inside = first.parents[-1] if first.parents else None
    yield Fault(
        f"{first.part.type} rises for {count(planned.calls)} steps while {others[0].part.type}"
        f" falls: the LR is at most {lr(subject.peak)} (update {count(subject.peak_at)}),"
        f" {percent(subject.peak / subject.base)} of lr {lr(subject.base)}",
        _in_turn(first, planned.calls),
        subject.place(inside if inside is not None else first.part, "type"),
        update=subject.peak_at,
    )


def _in_turn(leaf: Leaf, calls: int) -> str:
    """Return what makes phases of schedulers; a SequentialLR cannot stand in another one."""
    if any(each.type == "SequentialLR" for each in leaf.parents):
        return f"make them phases of the SequentialLR around them, {calls} steps the first"
    return f"make them phases: type: SequentialLR, milestones: [{calls}]"


def _falls(subject: Subject, leaf: Leaf) -> bool:
    types = ("StepLR", "MultiStepLR", "ExponentialLR")
    return leaf.part.type in types or fall(subject, leaf.part) is not None


@rule(
    "LRV406",
    "overwritten-member",
    "warning",
    what="A scheduler overwrites what another one on the same optimizer did.",
    why="LambdaLR, CosineAnnealingWarmRestarts, OneCycleLR and CyclicLR compute the learning rate"
    " from their own count, and SequentialLR starts anew at its milestones: a plateau's cut, or a"
    " drop, beside them is undone at their next step.",
    references=(
        "https://github.com/pytorch/pytorch/issues/82859",
        "https://github.com/pytorch/pytorch/issues/129565",
    ),
    makes_pointless=("LRV102", "LRV404", "LRV501", "LRV502"),
)
def overwritten_member(subject: Subject) -> Iterator[Fault]:
    """Look for schedulers that are stepped in the same part of the training."""
    for tracks in _tracks(subject):
        for one in tracks:
            how = _overwrites(subject, one)
            others = [each for each in tracks if each is not one and _overlap(subject, one, each)]
            if how is None or not others:
                continue
            names = " and ".join(dict.fromkeys(each.type for each in others))
            yield Fault(
                f"{one.type} {how}, and undoes what {names} did",
                "give them `begin:` and `end:`, so that one is done before the other starts",
                subject.place(one, "type"),
            )
            return


def _tracks(subject: Subject) -> Iterator[tuple[Part, ...]]:
    """Yield the schedulers that are stepped side by side."""
    yield subject.parts
    for top in subject.parts:
        for part, _ in composites(top):
            if part.type == "ChainedScheduler":
                yield part.parts


def _overwrites(subject: Subject, part: Part) -> str | None:
    """Say how a scheduler sets the learning rate anew, if it does."""
    found = [leaf.part.type for leaf in leaves(part) if leaf.part.type in _ABSOLUTE]
    if found:
        inside = f" (in it {found[0]})" if found[0] != part.type else ""
        return f"sets the LR from its own count at every step{inside}"
    milestones = argument(part, "milestones")
    if part.type == "SequentialLR" and isinstance(milestones, list) and milestones:
        updates = [subject.update_of(part, each) for each in milestones]
        return f"starts from the lr anew at update {', '.join(map(count, updates))}"
    return None


def _overlap(subject: Subject, one: Part, two: Part) -> bool:
    """Tell whether `one` is still stepped once `two` has begun to act."""
    first, second = _window(subject, one), _window(subject, two)
    if one.type == "SequentialLR" and not _absolute(one):
        milestones = argument(one, "milestones") or [0]
        first = (first[0], min(first[1], subject.update_of(one, max(milestones))))
    return max(first[0], second[0]) < min(first[1], second[1])


def _absolute(part: Part) -> bool:
    return any(leaf.part.type in _ABSOLUTE for leaf in leaves(part))


def _window(subject: Subject, part: Part) -> tuple[int, int]:
    """Return the updates between which a scheduler is stepped."""
    return subject.update_of(part, 0), subject.update_of(part, part.calls)


RULES = (
    *(phase_jump, milestone_zero, phase_too_short, chained_not_sequential),
    *(nested_sequential, overwritten_member, phase_never_begins),
)
