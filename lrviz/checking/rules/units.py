"""LRV0xx, second part: in which unit a scheduler counts, and in which it is stepped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lrviz.checking.edit import Edit
from lrviz.checking.horizons import fall, warmup
from lrviz.checking.parts import Leaf
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, argument
from lrviz.writing.numbers import count, lr, percent

if TYPE_CHECKING:
    from lrviz.building.built import Part

# A per-update schedule that is over within this share of its steps was not meant per update; of
# the cases seen in projects none is above a hundredth, and real warmups are shorter than falls.
MOST_RUN = 0.1
# Per epoch, at least this many times as many steps are planned as are taken. Below, the run may
# just have been cut short (LRV202).
TIMES_TOO_LONG = 5
# Partial batches and dropped ones move a horizon by less than this share.
FACTOR_TOLERANCE = 0.01
_CAUSES = {
    "accumulate": "it counts batches, not updates",
    "world_size": "it counts the batches of all devices",
    "accumulate * world_size": "it counts the batches of all devices, not updates",
}

_COUNTS = {
    "CosineAnnealingLR": "T_max",
    "StepLR": "step_size",
    "MultiStepLR": "milestones",
    "PolynomialLR": "total_iters",
    "CosineAnnealingWarmRestarts": "T_0",
    "LinearLR": "total_iters",
    "ConstantLR": "total_iters",
    "SequentialLR": "milestones",
}
# A short warmup per update can be meant; a fall of some updates, or a drop, cannot.
_FALLS = {name for name in _COUNTS if name not in ("LinearLR", "ConstantLR", "SequentialLR")}


def _written_counts(subject: Subject, part: Part) -> list[int]:
    """Return the counts that the spec writes as whole numbers, not as durations."""
    name = _COUNTS.get(part.type, "")
    raw = subject.node(part).get(name) if subject.node(part) else argument(part, name)
    values = raw if isinstance(raw, list) else [raw]
    return [each for each in values if isinstance(each, int) and not isinstance(each, bool)]


@rule(
    "LRV002",
    "epochs-counted-as-updates",
    "warning",
    what="A scheduler whose counts are epochs is stepped once an update.",
    why="T_max: 90 is then over after 90 updates, a fraction of the first epoch: a cosine swings up"
    " and down for the rest of the training, a step decay is at zero before it has begun.",
    example="""
train: {epochs: 90, steps_per_epoch: 1251}
interval: step                                  # write epoch
scheduler: {type: CosineAnnealingLR, T_max: 90}
""",
    references=(
        "https://github.com/ivadomed/ivadomed/issues/57",
        "https://github.com/pytorch/pytorch/issues/11210",
    ),
    makes_pointless=("LRV104", "LRV201", "LRV202", "LRV203", "LRV301", "LRV302", "LRV401"),
)
def epochs_counted_as_updates(subject: Subject) -> Iterator[Fault]:
    """Compare the counts that are written with the number of epochs and of steps."""
    per_epoch = subject.per_epoch
    if per_epoch is None or per_epoch == 1:
        return
    epochs = -(-subject.trace.length.updates // per_epoch)
    seen: set[int] = set()
    for leaf in subject.leaves:
        part = leaf.part
        counts = _written_counts(subject, part)
        if part.member in seen or part.type not in _FALLS or part.updates_per_call != 1:
            continue
        longest = max(counts, default=0)
        if not 1 < longest <= min(epochs, MOST_RUN * part.calls) or _mild(subject, part):
            continue
        seen.add(part.member)
        name, over = _COUNTS[part.type], longest / per_epoch
        shown = f"{name} {', '.join(map(str, counts))}"
        verb, reads = ("are", "read") if len(counts) > 1 else ("is", "reads")
        yield Fault(
            f"{shown} {verb} counted in updates, and {reads} like a count of the {epochs:,} epochs:"
            f" it is over after {count(longest)} of {count(part.calls)} updates, {over:.3g} epochs",
            f"set `interval: epoch`, or write {_in_epochs(name, counts)}",
            subject.place(part, name),
            update=subject.update_of(part, longest),
            edits=_to_epochs(subject, leaf, epochs),
        )


def _mild(subject: Subject, part: Part) -> bool:
    # A decay in many small steps, meant per update: it does not die.
    return part.type == "StepLR" and subject.final > 1e-3 * subject.peak


def _in_epochs(name: str, counts: list[int]) -> str:
    shown = ", ".join(f"{each}ep" for each in counts)
    return f"{name}: [{shown}]" if len(counts) > 1 else f"{name}: {shown}"


def _to_epochs(subject: Subject, leaf: Leaf, epochs: int) -> tuple[Edit, ...]:
    """Return the edits that make `interval` epoch, or each count of the scheduler one of epochs."""
    top = subject.top(leaf.part)
    here = subject.edits((*subject.member_path(top), "interval"), "epoch")
    if here or subject.foreign:
        return here
    edits: list[Edit] = []
    for part in (top, *_within(top)):
        for path, value in _count_paths(subject, part):
            edit = subject.edits(path, f"{value}ep")
            if not edit or value > epochs:
                return ()
            edits += edit
    return tuple(edits)


def _within(part: Part) -> Iterator[Part]:
    for inner in part.parts:
        yield inner
        yield from _within(inner)


def _count_paths(subject: Subject, part: Part) -> Iterator[tuple[tuple[str | int, ...], int]]:
    name = _COUNTS.get(part.type, "")
    raw: Any = subject.node(part).get(name)
    if isinstance(raw, list):
        for index, each in enumerate(raw):
            if isinstance(each, int):
                yield (*part.path, name, index), each
    elif isinstance(raw, int):
        yield (*part.path, name), raw


@rule(
    "LRV003",
    "updates-counted-as-epochs",
    "warning",
    what="A scheduler whose counts are updates is stepped once an epoch.",
    why="Of T_max: 112590 only 90 steps are ever taken: the learning rate hardly moves, a warmup"
    " lasts for the whole training, and OneCycleLR never comes near its peak.",
    example="""
train: {epochs: 90, steps_per_epoch: 1251}
interval: epoch                                 # write step
scheduler: {type: CosineAnnealingLR, T_max: 112590}
""",
    references=(
        "https://github.com/galilai-group/stable-worldmodel/issues/280",
        "https://github.com/sthalles/SimCLR/issues/8",
        "https://github.com/Lightning-AI/pytorch-lightning/issues/5631",
    ),
    makes_pointless=(
        *("LRV101", "LRV102", "LRV202", "LRV208", "LRV209", "LRV211"),
        *("LRV302", "LRV401", "LRV403", "LRV407"),
    ),
)
def updates_counted_as_epochs(subject: Subject) -> Iterator[Fault]:
    """Compare the steps that are planned with those that are taken."""
    if subject.per_epoch is None or subject.per_epoch == 1:
        return
    seen: set[int] = set()
    for leaf in subject.leaves:
        part = leaf.part
        if subject.built.schedulers[part.member].interval != "epoch" or part.member in seen:
            continue
        name, path, planned = _planned(subject, part)
        taken = subject.top(part).calls
        if planned < TIMES_TOO_LONG * taken:
            continue
        seen.add(part.member)
        fits = planned <= (1 + MOST_RUN) * subject.trace.length.updates
        place = (*subject.member_path(part), "interval")
        yield Fault(
            f"{name} is {count(planned)}, but the scheduler is stepped once an epoch and takes"
            f" {count(taken)} {'step' if taken == 1 else 'steps'}: {percent(taken / planned)} of"
            f" it is ever run, and the LR goes from {lr(subject.at(0))} to {lr(subject.final)}",
            f"set `interval: step`, or {name} to {taken}" if fits else f"set {name} to {taken}",
            subject.place(part, *path),
            edits=subject.edits(place, "step") if fits else (),
        )


def _planned(subject: Subject, part: Part) -> tuple[str, tuple[str, ...], int]:
    """Return the longest count that a scheduler has: what to call it, its path, the count."""
    found = [each for each in (fall(subject, part), warmup(subject, part)) if each]
    counts = [(each.calls, each.name, each.path) for each in found]
    for name in ("step_size", "T_0", "step_size_up"):
        value = argument(part, name)
        if isinstance(value, int | float):
            counts.append((int(value), name, (name,)))
    milestones = argument(part, "milestones")
    if isinstance(milestones, list) and milestones:
        counts.append((min(milestones), "the first milestone", ("milestones",)))
    calls, name, path = max(counts, default=(0, "", ("type",)))
    return name, path, calls


@rule(
    "LRV004",
    "horizon-off-by-devices",
    "warning",
    what="A scheduler's horizon differs from its steps by the factor accumulate or world_size.",
    why="An update takes accumulate batches on world_size devices. A horizon counted in batches, or"
    " in one device's updates, is that many times too long, and the learning rate never gets down;"
    " one that was divided once too often is over that many times too early.",
    example="""
train: {epochs: 10, dataset_size: 64000, batch_size: 16, accumulate: 4}   # 10,000 updates
scheduler: {type: CosineAnnealingLR, T_max: 40000}
""",
    references=(
        "https://github.com/huggingface/diffusers/issues/4387",
        "https://github.com/huggingface/accelerate/issues/1382",
        "https://github.com/huggingface/accelerate/issues/963",
    ),
    makes_pointless=("LRV102", "LRV201", "LRV202", "LRV203"),
)
def horizon_off_by_devices(subject: Subject) -> Iterator[Fault]:
    """Compare the ratio of the steps planned to those taken with the factors of `train`."""
    train = subject.schedule.tree.get("train")
    given = train if isinstance(train, dict) else {}
    factors = {name: int(given.get(name, 1)) for name in ("accumulate", "world_size")}
    factors["accumulate * world_size"] = factors["accumulate"] * factors["world_size"]
    for leaf in subject.leaves:
        part, planned = leaf.part, fall(subject, leaf.part)
        if planned is None or not subject.governs_end(leaf) or planned.calls < 1:
            continue
        ratio = planned.calls / part.calls
        for name, factor in factors.items():
            longer = abs(ratio / factor - 1) < FACTOR_TOLERANCE
            shorter = abs(ratio * factor - 1) < FACTOR_TOLERANCE and part.type != "OneCycleLR"
            if factor == 1 or not (longer or shorter):
                continue
            times = f"{factor} times" if longer else f"1/{factor} of"
            cause = _CAUSES[name] if longer else "it was divided by that once too often"
            right = subject.written(part, planned.path[0], part.calls)
            yield Fault(
                f"{planned.name} is {count(planned.calls)}, {times} the {count(part.calls)} steps"
                f" of the scheduler, and {name} is {factor}:"
                f" {cause}",
                f"set {planned.name} to {right}",
                subject.place(part, *planned.path),
                edits=subject.edits((*part.path, *planned.path), right),
            )
            break


RULES = (epochs_counted_as_updates, updates_counted_as_epochs, horizon_off_by_devices)
