"""LRV4xx, second part: schedulers side by side on one optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lrviz.checking.horizons import fall, warmup
from lrviz.checking.parts import Leaf, composites, leaves
from lrviz.checking.rule import Fault, rule
from lrviz.checking.rules.warmup import PEAK_REACHED
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr, percent

if TYPE_CHECKING:
    from lrviz.building.built import Part

# These compute the learning rate anew from their own count, whatever it was.
_ABSOLUTE = ("LambdaLR", "CosineAnnealingWarmRestarts", "OneCycleLR", "CyclicLR")


@rule(
    "LRV404",
    "chained-not-sequential",
    "warning",
    what="A warmup and a decay run at the same time, and their product never reaches the peak.",
    why="ChainedScheduler, and schedulers side by side, multiply from the first step on; what was"
    " meant is one after the other. The decay eats the warmup.",
    example="""
type: ChainedScheduler                                # write SequentialLR, milestones: [500]
schedulers:
  - {type: LinearLR, start_factor: 0.01, total_iters: 500}
  - {type: CosineAnnealingLR, T_max: 1000}
""",
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
        f"make them phases: type: SequentialLR, milestones: [{planned.calls}]",
        subject.place(inside if inside is not None else first.part, "type"),
        update=subject.peak_at,
    )


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
    example="""
schedulers:
  - scheduler: warmup-cosine                          # give it an `end:`
  - interval: epoch                                   # and this one a `begin:`
    metric: {file: val.csv, column: val_loss}
    scheduler: {type: ReduceLROnPlateau}
""",
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


RULES = (chained_not_sequential, overwritten_member)
