"""How many calls of step() a scheduler's fall, or its warmup, takes, by its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrviz.checking.subject import Subject, argument

if TYPE_CHECKING:
    from lrviz.building.built import Part


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
            waves = "cosine" in part.type and "restart" not in part.type
            return _counted(part, "num_training_steps", bounces=waves)


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
