"""What a scheduler's arguments count: how many calls of step() a fall or a warmup takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrviz.checking.subject import Subject, argument

if TYPE_CHECKING:
    from lrviz.building.built import Part


COUNTS = {
    "CosineAnnealingLR": "T_max",
    "StepLR": "step_size",
    "MultiStepLR": "milestones",
    "PolynomialLR": "total_iters",
    "CosineAnnealingWarmRestarts": "T_0",
    "LinearLR": "total_iters",
    "ConstantLR": "total_iters",
    "SequentialLR": "milestones",
}
"""The argument in which a class counts its steps."""


@dataclass(frozen=True)
class Horizon:
    """A count of calls that a scheduler is planned for.

    Attributes:
        path: Where it stands below the scheduler, e.g. `("T_max",)`.
        calls: The count.
        bounces: Beyond it the learning rate rises again.
    """

    path: tuple[str, ...]
    calls: int
    bounces: bool = False

    @property
    def name(self) -> str:
        """What to call it: the argument's own name, or what it is the product of."""
        return "epochs * steps_per_epoch" if self.path == ("epochs",) else self.path[-1]


def _counted(part: Part, name: str, *, bounces: bool = False) -> Horizon | None:
    value = argument(part, name)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return Horizon((name,), value, bounces)


def fall(subject: Subject, part: Part) -> Horizon | None:
    """Return the length of a scheduler's one fall; None where it has none, or no end."""
    match part.type:
        case "CosineAnnealingLR":
            return _counted(part, "T_max", bounces=True)
        case "PolynomialLR":
            return _counted(part, "total_iters")
        case "LinearLR":
            return None if rises(part) else _counted(part, "total_iters")
        case "OneCycleLR":
            return _one_cycle(part)
        case "LambdaLR":
            shape = subject.shape(part)
            total = shape.get("total")
            if not isinstance(total, int):
                return None
            return Horizon(("lr_lambda", "total"), total, shape["shape"] == "warmup_cosine")
        case _:
            waves = "cosine" in kind(part) and "restart" not in kind(part)
            return _counted(part, "num_training_steps", bounces=waves)


# Where the schedules of frameworks have their length, and that of their warmup.
_LENGTHS = (
    *("total_steps", "total_num_steps", "lr_decay_iters", "max_iters", "max_iter", "t_initial"),
    *("total_num_update", "max_steps"),
)
_WARMUPS = ("warmup_steps", "warmup_num_steps", "warmup_iters", "warmup_updates", "warmup_t")


def length_of(subject: Subject, part: Part) -> str:
    """Return the argument of a framework's schedule that has another length than the training.

    Empty where none has, or it does not count updates.
    """
    if part.updates_per_call != 1:
        return ""
    given = {name: part.arguments.get(name) for name in _LENGTHS}
    other = (name for name, n in given.items() if isinstance(n, int) and n != subject.updates)
    return next(other, "")


def warmup_of(part: Part) -> str:
    """Return the argument in which a framework's schedule has its warmup, in updates; or nothing.

    Of one that counts epochs nothing is returned.
    """
    if part.updates_per_call != 1:
        return ""
    return next((name for name in _WARMUPS if isinstance(part.arguments.get(name), int)), "")


def kind(part: Part) -> str:
    """Return a scheduler's class or function; of transformers' `get_scheduler` the one it names."""
    if part.type != "get_scheduler":
        return part.type
    name = str(getattr(argument(part, "name"), "value", argument(part, "name")))
    return f"get_{name.removesuffix('_with_min_lr')}_schedule_with_warmup"


def _one_cycle(part: Part) -> Horizon | None:
    epochs, each = argument(part, "epochs"), argument(part, "steps_per_epoch")
    if argument(part, "total_steps") is None and isinstance(epochs, int) and isinstance(each, int):
        return Horizon(("epochs",), epochs * each)
    return _counted(part, "total_steps")


def rises(part: Part) -> bool:
    """Tell whether a LinearLR or a ConstantLR ends higher than it starts."""
    if part.type == "LinearLR":
        start, end = argument(part, "start_factor"), argument(part, "end_factor")
        return start is not None and end is not None and bool(start < end)
    factor = argument(part, "factor") if part.type == "ConstantLR" else None
    return factor is not None and bool(factor < 1)


def warmup(subject: Subject, part: Part) -> Horizon | None:
    """Return how long a scheduler's warmup takes; None where it has none."""
    if part.type in ("LinearLR", "ConstantLR"):
        return _counted(part, "total_iters") if rises(part) else None
    count = subject.shape(part).get("warmup")
    if isinstance(count, int) and count > 0:
        return Horizon(("lr_lambda", "warmup"), count)
    found = _counted(part, "num_warmup_steps")
    return found if found is not None and found.calls > 0 else None


def floor(subject: Subject, part: Part) -> float:
    """Return where a fall of the looked-at group ends; 0 where nothing says."""
    for name in ("eta_min", "min_lr", "lr_end"):
        rates = subject.per_group(argument(part, name))
        if rates:
            return rates[subject.group]
    share = argument(part, "end_factor") if part.type == "LinearLR" else None
    share = subject.shape(part).get("min_ratio", share)
    return float(share) * subject.base if isinstance(share, int | float) else 0.0


def written_counts(subject: Subject, part: Part) -> list[int]:
    """Return the counts that the spec writes as whole numbers, not as durations."""
    name = COUNTS.get(part.type, "")
    raw = subject.node(part).get(name) if subject.node(part) else argument(part, name)
    values = raw if isinstance(raw, list) else [raw]
    return [each for each in values if isinstance(each, int) and not isinstance(each, bool)]


def in_epochs(name: str, counts: list[int]) -> str:
    """Write counts of epochs as an argument takes them."""
    shown = ", ".join(f"{each}ep" for each in counts)
    return f"{name}: [{shown}]" if len(counts) > 1 else f"{name}: {shown}"


def within(part: Part) -> Iterator[Part]:
    """Yield the schedulers in a part, at any depth."""
    for inner in part.parts:
        yield inner
        yield from within(inner)


def count_paths(subject: Subject, part: Part) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield path and value of each count that the spec writes as a whole number."""
    name = COUNTS.get(part.type, "")
    raw: Any = subject.node(part).get(name)
    if isinstance(raw, list):
        for index, each in enumerate(raw):
            if isinstance(each, int):
                yield (*part.path, name, index), each
    elif isinstance(raw, int):
        yield (*part.path, name), raw


def longest_count(subject: Subject, part: Part) -> tuple[str, tuple[str, ...], int]:
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
