"""LRV2xx: the floor of a decay."""

from __future__ import annotations

from collections.abc import Iterator

from lrviz.checking import falls
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject
from lrviz.writing.numbers import lr

# The lowest share of the peak that published schedules end at, but for 0.
LEAST_SHARE = 1e-4
_SHARES = ("min_ratio", "min_lr_ratio", "min_lr_rate", "min_lr_factor", "cos_min_ratio")


@rule(
    "LRV207",
    "floor-above-lr",
    "warning",
    what="The floor of a decay is at or above the learning rate that it starts from.",
    why="The decay rises, or nothing changes. torch takes it without a word. Mostly the learning"
    " rate was lowered and the floor was not.",
    references=(
        "https://github.com/AmirmohammadRostami/KeywordsSpotting-EfficientNet-A0/issues/1",
    ),
    makes_pointless=("LRV201", "LRV202", "LRV208", "LRV302", "LRV501", "LRV601"),
)
def floor_above_lr(subject: Subject) -> Iterator[Fault]:
    """Compare each floor with the groups' own learning rates."""
    for part, name, bad in falls.high_floors(subject):
        group, low, high = bad[0]
        whose = f"group {group}'s lr" if len(subject.lrs) > 1 else "the lr"
        more = f", and of {len(bad) - 1} more groups" if len(bad) > 1 else ""
        yield Fault(
            f"{name} is {lr(low)}, {whose} {lr(high)}{more}: the decay"
            f" {'changes nothing' if low == high else 'rises'}",
            f"set {name} below {lr(high)}" + ("" if subject.foreign else ", as 0.01lr"),
            subject.place(part, name),
            groups=tuple(subject.trace.groups.index(each[0]) for each in bad),
        )


@rule(
    "LRV212",
    "rate-for-a-share",
    "warning",
    what="A share of the peak, as min_ratio, is given as a learning rate.",
    why="min_lr: 2e-5 is a rate in some libraries, and min_ratio: 2e-5 a share in others: the"
    " training then ends at 2e-5 of the peak, which is 0, and not at the floor that was meant.",
    references=("https://github.com/axolotl-ai-cloud/axolotl/pull/1062",),
)
def rate_for_a_share(subject: Subject) -> Iterator[Fault]:
    """Compare each share with the learning rate, and with the lowest that anybody takes."""
    for part, path, share in falls.shares(subject, _SHARES):
        if not 0 < share < LEAST_SHARE or not share <= subject.base < 1:
            continue
        right = f"{share / subject.base:.3g}"
        yield Fault(
            f"{path[-1]} is {lr(share)}, a share of the lr: the LR falls to"
            f" {lr(share * subject.base)}, not to {lr(share)}",
            f"set {path[-1]} to {right}, for a floor of {lr(share)}",
            subject.place(part, *path),
            edits=subject.edits((*part.path, *path), right),
        )


RULES = (floor_above_lr, rate_for_a_share)
