"""LRV0xx, first part: how a file is read, and whether the run takes place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lrviz.checking.edit import Edit
from lrviz.checking.rule import Fault, rule
from lrviz.checking.subject import Subject, numbers
from lrviz.writing.numbers import count, lr

# A number with an exponent, and the form of it that YAML 1.1, which PyYAML reads, takes for one:
# with a point and with a sign.
_EXPONENT = re.compile(r"[-+]?([0-9]+)(\.[0-9]*)?[eE]([-+]?)([0-9]+)")


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
    why="lrviz reads YAML 1.2, where it is a number. Many trainers read configs with PyYAML, where"
    " it is the text '1e-4', and fail at the optimizer: '<=' not supported between 'float' and"
    " 'str'. A warning where the file names classes by _target_ or class_path, as another program"
    " reads it then.",
    example="optimizer: {type: AdamW, lr: 1e-4}   # write 1.0e-4",
    references=(
        "https://github.com/hiyouga/LlamaFactory/issues/4014",
        "https://github.com/salesforce/ALBEF/issues/128",
    ),
)
def number_read_as_text(subject: Subject) -> Iterator[Fault]:
    """Look at the text of each number below `optimizer` and the schedulers."""
    schedule = subject.schedule
    found = list(numbers(subject.raw(("optimizer",)), ("optimizer",)))
    for part in subject.parts:
        found += numbers(subject.node(part), part.path)
    for path, _ in found:
        place = schedule.at(*path)
        text = subject.text(place) if place is not None else None
        legal = _legal(text) if text else None
        if place is None or text is None or legal is None or place.file.endswith(".json"):
            continue
        yield Fault(
            f"{text} is a number here, and text to a program that reads this file with PyYAML",
            f"write {legal}",
            schedule.at(*path, key=True),
            edits=(Edit(place, legal),),
            severity="warning" if subject.foreign else None,
        )


@rule(
    "LRV005",
    "never-stepped",
    "warning",
    what="A scheduler's step() is not called before the last update.",
    why="frequency, begin or a per-epoch interval leave no call in which the learning rate could"
    " change: the training runs at the learning rate it starts with.",
    example="""
train: {epochs: 1, steps_per_epoch: 5000}
interval: epoch                                 # the only step comes after the last update
scheduler: {type: CosineAnnealingLR, T_max: 1}
""",
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
            "let it begin earlier, and more often" if late else "set `interval: step`",
            place,
        )


@rule(
    "LRV006",
    "run-cut-short",
    "error",
    what="A scheduler raises before the training ends.",
    why="The training stops there, often after hours.",
    example="scheduler: my_project.schedules.FixedLengthLR   # raises in the last epoch",
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
        "make its own length that of the training",
        subject.place(last, "type") if last is not None else None,
        update=error.update,
    )


@rule(
    "LRV009",
    "unused-ignore",
    "warning",
    what="`check: {ignore: ...}` names a rule that finds nothing here.",
    why="The reason that stands beside it is no longer true, and the next real finding of that rule"
    " would be silenced by it.",
    example="check: {ignore: {LRV201: restarts are meant}}   # and nothing rebounds any more",
    references=("https://docs.astral.sh/ruff/rules/unused-noqa/",),
)
def unused_ignore(subject: Subject) -> Iterator[Fault]:
    """Find nothing: what an ignore silenced is known only when all rules of a file have run."""
    yield from ()


RULES = (number_read_as_text, never_stepped, run_cut_short, unused_ignore)
