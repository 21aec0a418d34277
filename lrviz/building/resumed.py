"""Schedulers that have taken steps before the first update looked at: a training resumed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrviz.building.dummy import IDLE
from lrviz.writing.numbers import lr

MOST = 100_000
"""Steps that are taken again to see what they give; more would take seconds."""

# What torch's recursions round otherwise from another beginning: of a rate, and of the first one.
_SAME, _NOTHING = 1e-6, 1e-9
# What they give hangs on a metric, on when they began, or on functions that may count their calls.
_UNKNOWN = ("ReduceLROnPlateau", "SWALR", "LambdaLR", "MultiplicativeLR")


@dataclass(frozen=True)
class Resumed:
    """What a training is resumed with, held against its scheduler.

    Attributes:
        scheduler: Its class.
        taken: The steps that it has taken.
        found: The rate of each group before the first update.
        planned: What the scheduler gives each group after so many steps.
        first: What it gives each group before its first.
    """

    scheduler: str
    taken: int
    found: tuple[float, ...]
    planned: tuple[float, ...]
    first: tuple[float, ...]

    @property
    def wrong(self) -> int | None:
        """The first group whose rate is not what its scheduler gives; None where all are right."""
        pairs = zip(self.found, self.planned, self.first, strict=True)
        return next((i for i, each in enumerate(pairs) if not _same(*each)), None)

    @property
    def sentence(self) -> str:
        """What is wrong with the first such group; empty where nothing is."""
        return "" if self.wrong is None else self.of_group(self.wrong)

    def of_group(self, group: int) -> str:
        """Return what is wrong with a group, and what it comes of; empty where nothing is."""
        found, planned, first = self.found[group], self.planned[group], self.first[group]
        if _same(found, planned, first):
            return ""
        steps = "step" if self.taken == 1 else "steps"
        said = (
            f"resumed at {lr(found)}, and {self.scheduler} has taken {self.taken:,} {steps}, after "
            f"which it gives {lr(planned)}"
        )
        if not self.taken:
            return f"{said}: its state was not loaded"
        if _same(found, first, first):
            return (
                f"{said}: {lr(found)} is what it begins with, so the optimizer's state was not "
                "loaded, or was loaded before the scheduler was built, which sets the LR back"
            )
        return said


def _same(one: float, other: float, first: float) -> bool:
    return abs(one - other) <= max(_SAME * max(abs(one), abs(other)), _NOTHING * abs(first))


def taken(scheduler: Any) -> int:
    """Return the steps that a scheduler of torch has taken; 0 for others, which do not tell."""
    inner = getattr(scheduler, "_schedulers", None)
    if type(scheduler).__name__ == "ChainedScheduler" and inner:
        return max(map(taken, inner))
    if not _is_torchs(scheduler):
        return 0
    count = getattr(scheduler, "last_epoch", 0)
    return max(0, int(count)) if isinstance(count, int | float) else 0


def look(optimizer: Optimizer, schedulers: Sequence[Any]) -> Resumed | None:
    """Hold an optimizer's rates against its scheduler; None where it cannot be told what is right.

    The scheduler is copied, put back to where its class begins, and stepped as often as it says
    that it was. That is done for one scheduler of torch's own, or a composite of them.

    Args:
        optimizer: Before the first update that is looked at.
        schedulers: All that act on it.
    """
    if len(schedulers) != 1:
        return None
    [scheduler] = schedulers
    steps = taken(scheduler)
    if not steps and not optimizer.state:
        return None  # a new training
    if steps > MOST or not all(map(_is_known, _all(scheduler))):
        return None
    groups = optimizer.param_groups
    if any("initial_lr" not in group for group in groups):
        return None
    found = tuple(float(group["lr"]) for group in groups)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the order of calls, which is not the user's here
            twin, again = _copied(optimizer, scheduler)
            _begin(again)
            first = tuple(float(group["lr"]) for group in twin.param_groups)
            for _ in range(steps):
                again.step()
    except Exception:  # noqa: BLE001  (a state that is not whole, a function that raises)
        return None
    pairs = zip(_all(scheduler), _all(again), strict=True)
    if any(_clock(one) != _clock(other) for one, other in pairs):
        return None  # it was stepped to an epoch of the caller's, not once a step
    planned = tuple(float(group["lr"]) for group in twin.param_groups)
    return Resumed(type(scheduler).__name__, steps, found, planned, first)


def _all(scheduler: Any) -> Iterator[Any]:
    yield scheduler
    for each in getattr(scheduler, "_schedulers", ()):
        yield from _all(each)


def _clock(scheduler: Any) -> tuple[Any, Any]:
    return getattr(scheduler, "last_epoch", None), getattr(scheduler, "T_cur", None)


def _is_torchs(scheduler: Any) -> bool:
    return type(scheduler).__module__.startswith("torch.optim.")


def _is_known(scheduler: Any) -> bool:
    return (
        _is_torchs(scheduler)
        and isinstance(scheduler, LRScheduler)
        and type(scheduler).__name__ not in _UNKNOWN
        and getattr(scheduler, "_scale_fn_custom", None) is None
    )


def _copied(optimizer: Optimizer, scheduler: Any) -> tuple[Any, Any]:
    """Return copies of an optimizer, with its groups' numbers alone, and of its scheduler."""
    twin = object.__new__(type(optimizer))
    groups = [{**group, "params": []} for group in optimizer.param_groups]
    vars(twin).update(IDLE, param_groups=copy.deepcopy(groups), state={})
    return twin, copy.deepcopy(scheduler, {id(optimizer): twin})


def _begin(scheduler: Any) -> None:
    """Put a scheduler of torch back to where it is once it was built (torch 2.13)."""
    for group in scheduler.optimizer.param_groups:
        group["lr"] = copy.deepcopy(group["initial_lr"])
    _begin_members(scheduler)


def _begin_members(scheduler: Any) -> None:
    members = getattr(scheduler, "_schedulers", None)
    if members is None:
        scheduler.last_epoch = -1
        scheduler._step_count = 0
        if hasattr(scheduler, "T_cur"):  # CosineAnnealingWarmRestarts
            scheduler.T_cur, scheduler.T_i = -1, scheduler.T_0
        scheduler._initial_step()
        return
    if type(scheduler).__name__ == "ChainedScheduler":
        for each in members:
            _begin_members(each)
        return
    scheduler.last_epoch = 0
    for each in members[1:]:
        for inner in _all(each):
            inner.last_epoch = -1
    _begin_members(members[0])
