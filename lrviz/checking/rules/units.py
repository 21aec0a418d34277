"""LRV0xx: how a file is read, in which unit a scheduler counts, and whether the run takes place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lrviz.building.raised import remedy
from lrviz.checking.counts import (
    COUNTS,
    count_paths,
    fall,
    in_epochs,
    longest_count,
    within,
    written_counts,
)
from lrviz.checking.edit import Edit
from lrviz.checking.parts import Leaf
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, numbers
from lrviz.writing.numbers import count, lr, percent

if TYPE_CHECKING:
    from lrviz.building.built import Part

# A number with an exponent, and the form of it that YAML 1.1, which PyYAML reads, takes for one:
# with a point and with a sign.
_EXPONENT = re.compile(r"[-+]?([0-9]+)(\.[0-9]*)?[eE]([-+]?)([0-9]+)")
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

# A short warmup per update can be meant; a fall of some updates, or a drop, cannot.
_FALLS = {name for name in COUNTS if name not in ("LinearLR", "ConstantLR", "SequentialLR")}


def _legal(text: str) -> str | None:
    """Return a number as PyYAML reads one too, None where it stands so already."""
    found = _EXPONENT.fullmatch(text)
    if found is None or (found[2] is not None and found[3]):
        return None
    mantissa, _, exponent = text.lower().partition("e")
    point = "" if "." in mantissa else ".0"
    return f"{mantissa}{point}e{exponent if found[3] else '+' + exponent}"


@rule(
    "LRV001",
    "number-read-as-text",
    "info",
    what="A number is written as 1e-4, which PyYAML reads as text.",
    why="lrviz reads YAML 1.2, where it is a number. Some trainers read configs with PyYAML, where"
    " it is the text '1e-4', and fail at the optimizer: '<=' not supported between 'float' and"
    " 'str'. Looked for only in files that another program reads: configs of other frameworks, and"
    " those that name classes by _target_ or class_path.",
    references=(
        "https://github.com/hiyouga/LlamaFactory/issues/4014",
        "https://github.com/salesforce/ALBEF/issues/128",
    ),
)
def number_read_as_text(subject: Subject) -> Iterator[Fault]:
    """Look at the text of each number below `optimizer` and the schedulers."""
    schedule = subject.schedule
    if schedule.config is None and not subject.foreign:
        return
    found = list(numbers(subject.raw(("optimizer",)), ("optimizer",)))
    for part in subject.parts:
        found += numbers(subject.node(part), part.path)
    for path, _ in found:
        place = schedule.at(*path)
        text = subject.text(place) if place is not None else None
        legal = _legal(text) if text else None
        if place is None or legal is None or not place.file.endswith((".yaml", ".yml")):
            continue
        yield Fault(
            f"{text} is a number here, and text to a program that reads this file with PyYAML",
            f"write {legal}",
            schedule.at(*path, key=True),
            edits=(Edit(place, legal),),
        )


@rule(
    "LRV002",
    "epochs-counted-as-updates",
    "warning",
    what="A scheduler whose counts are epochs is stepped once an update.",
    why="T_max: 90 is then over after 90 updates, a fraction of the first epoch: a cosine swings up"
    " and down for the rest of the training, a step decay is at zero before it has begun.",
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
        counts = written_counts(subject, part)
        if part.member in seen or part.type not in _FALLS or part.updates_per_call != 1:
            continue
        longest = max(counts, default=0)
        if not 1 < longest <= min(epochs, MOST_RUN * part.calls) or _mild(subject, part):
            continue
        seen.add(part.member)
        name, over = COUNTS[part.type], longest / per_epoch
        shown = f"{name} {', '.join(map(str, counts))}"
        verb, reads = ("are", "read") if len(counts) > 1 else ("is", "reads")
        yield Fault(
            f"{shown} {verb} counted in updates, and {reads} like a count of the {epochs:,} epochs:"
            f" it is over after {count(longest)} of {count(part.calls)} updates, {over:.3g} epochs",
            f"{subject.stepping('epoch')}, or write {_longer(subject, name, counts, per_epoch)}",
            subject.place(part, name),
            update=subject.update_of(part, longest),
            edits=_to_epochs(subject, leaf, epochs),
        )


def _longer(subject: Subject, name: str, counts: list[int], per_epoch: int) -> str:
    """Write counts of epochs as an argument takes them that is counted in updates."""
    if not subject.foreign:
        return in_epochs(name, counts)
    found = ", ".join(str(each * per_epoch) for each in counts)
    return f"{name}: [{found}]" if len(counts) > 1 else f"{name}: {found}"


def _mild(subject: Subject, part: Part) -> bool:
    # A decay in many small steps, meant per update: it does not die.
    return part.type == "StepLR" and subject.final > 1e-3 * subject.peak


def _to_epochs(subject: Subject, leaf: Leaf, epochs: int) -> tuple[Edit, ...]:
    """Return the edits that make `interval` epoch, or each count of the scheduler one of epochs."""
    top = subject.top(leaf.part)
    here = subject.edits((*subject.member_path(top), "interval"), "epoch")
    if here or subject.foreign:
        return here
    edits: list[Edit] = []
    for part in (top, *within(top)):
        for path, value in count_paths(subject, part):
            edit = subject.edits(path, f"{value}ep")
            if not edit or value > epochs:
                return ()
            edits += edit
    return tuple(edits)


@rule(
    "LRV003",
    "updates-counted-as-epochs",
    "warning",
    what="A scheduler whose counts are updates is stepped once an epoch.",
    why="Of T_max: 112590 only 90 steps are ever taken: the learning rate hardly moves, a warmup"
    " lasts for the whole training, and OneCycleLR never comes near its peak.",
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
        name, path, planned = longest_count(subject, part)
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
            f"{subject.stepping('step')}, or set {name} to {taken}"
            if fits
            else f"set {name} to {taken}",
            subject.place(part, *path),
            edits=subject.edits(place, "step") if fits else (),
        )


@rule(
    "LRV004",
    "horizon-off-by-devices",
    "warning",
    what="A scheduler's horizon differs from its steps by the factor accumulate or world_size.",
    why="An update takes accumulate batches on world_size devices. A horizon counted in batches, or"
    " in one device's updates, is that many times too long, and the learning rate never gets down;"
    " one that was divided once too often is over that many times too early.",
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


@rule(
    "LRV005",
    "never-stepped",
    "warning",
    what="A scheduler's step() is not called before the last update.",
    why="frequency, begin or a per-epoch interval leave no call in which the learning rate could"
    " change: the training runs at the learning rate it starts with.",
    references=("https://github.com/Lightning-AI/pytorch-lightning/issues/17544",),
    makes_pointless=(
        *("LRV003", "LRV101", "LRV102", "LRV202", "LRV208", "LRV209", "LRV211"),
        *("LRV302", "LRV407", "LRV501"),
    ),
)
def never_stepped(subject: Subject) -> Iterator[Fault]:
    """Look for the first call that an update comes after."""
    for part, each in zip(subject.parts, subject.built.schedulers, strict=True):
        unit = subject.trace.length.unit(each.interval)
        first = -(-(each.begin + 1) // each.frequency) * each.frequency
        ended = each.end is not None and first > each.end
        plain = each.frequency == 1 and not each.begin and each.end is None and unit == 1
        updates = subject.trace.length.updates
        if plain or (first * unit < updates and not ended):
            continue
        name = "frequency" if each.frequency > 1 else "begin" if each.begin else "interval"
        place, _ = subject.beside(part, "end" if ended else name)
        when = f"its first step would come after {each.interval} {count(first)}"
        after = "`end` is before that" if ended else f"there are {count(updates)} updates"
        if each.interval == "epoch" and not ended:
            epochs = f"{updates / unit:.3g}"
            word = "epoch" if epochs == "1" else "epochs"
            after = f"the training has {epochs} {word} of {count(unit)} updates"
        late = each.begin or each.frequency > 1 or ended
        yield Fault(
            f"{part.type} never steps: {when}, and {after}; the LR stays at {lr(subject.at(0))}",
            "let it begin earlier, and more often" if late else subject.stepping("step"),
            place,
        )


@rule(
    "LRV006",
    "run-cut-short",
    "error",
    what="A scheduler raises before the training ends.",
    why="The training stops there, often after hours.",
    references=("https://github.com/pytorch/pytorch/issues/38170",),
    makes_pointless=("LRV102", "LRV202"),
)
def run_cut_short(subject: Subject) -> Iterator[Fault]:
    """Tell what the simulation was told."""
    error = subject.trace.error
    if error is None:
        return
    last = subject.parts[-1] if subject.parts else None
    yield Fault(
        f"the scheduler raises after update {count(error.update)} of"
        f" {count(subject.trace.length.updates)}: {error.message}",
        _after(error.message),
        subject.place(last, "type") if last is not None else None,
        update=error.update,
    )


def _after(message: str) -> str:
    """Return what to do about an exception, by its words; where they tell nothing, that."""
    known = remedy(message)
    if known is not None:
        return known
    return (
        "these words are all that is known of the cause; `lrviz check -v` shows where in the"
        " scheduler's code it was raised"
    )


@rule(
    "LRV009",
    "unused-ignore",
    "warning",
    what="`check: {ignore: ...}` names a rule that finds nothing here.",
    why="The reason that stands beside it is no longer true, and the next real finding of that rule"
    " would be silenced by it.",
    references=("https://docs.astral.sh/ruff/rules/unused-noqa/",),
)
def unused_ignore(subject: Subject) -> Iterator[Fault]:
    """Find nothing: what an ignore silenced is known only when all rules of a file have run."""
    yield from ()


RULES = (
    *(number_read_as_text, epochs_counted_as_updates, updates_counted_as_epochs),
    *(horizon_off_by_devices, never_stepped, run_cut_short, unused_ignore),
)
