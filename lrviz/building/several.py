"""Functions that return several optimizers of one training: a GAN's, or Muon's with AdamW."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch.optim import Optimizer

from lrviz.building.calls import unwrapped
from lrviz.errors import UsageError
from lrviz.spec.schedule import Schedule


class Several(UsageError):
    """A function returned several optimizers, each of which is a curve of its own.

    Args:
        schedule: The function's.
        optimizers: Those that it returned.
    """

    def __init__(self, schedule: Schedule, optimizers: Sequence[Any]) -> None:
        self._schedule = schedule
        self.names = named(optimizers)
        super().__init__(
            f"{schedule.source} returned {len(self.names)} optimizers, {', '.join(self.names)}; "
            "lrviz.plot and the command line show a curve of each, and this takes one: let it "
            "return one of them with its scheduler"
        )

    @property
    def schedules(self) -> list[Schedule]:
        """A schedule for each optimizer, named after it."""
        label = self._schedule.label
        return [
            replace(self._schedule, label=f"{label} ({name})", picked=index)
            for index, name in enumerate(self.names)
        ]


def named(optimizers: Sequence[Any]) -> list[str]:
    """Return a name for each optimizer: its class, and a number where that is another's too."""
    kinds = [type(each).__name__ for each in optimizers]
    counts = Counter(kinds)
    return [
        f"{kind} {kinds[:at].count(kind)}" if counts[kind] > 1 else kind
        for at, kind in enumerate(kinds)
    ]


def split(result: Any) -> list[tuple[Any, Any]]:
    """Return the optimizers in what a user's function returned, each with what belongs to it.

    Forms: optimizers alone; Lightning's `[optimizers], [schedulers]` and a dict for each optimizer;
    pairs `(optimizer, scheduler)`; optimizers and schedulers in a row, or by names of their own;
    schedulers on several optimizers.

    Returns:
        Optimizers, each with what a function that has it alone would have returned; none where
        there are not several.
    """
    if isinstance(result, Mapping) and not {"optimizer", "scheduler"} & set(result):
        result = tuple(result.values())  # by names of the user's own
    if not isinstance(result, tuple | list) or len(result) < 2:
        return []
    if all(isinstance(each, Mapping) and "optimizer" in each for each in result):
        return [(unwrapped(each["optimizer"]), each) for each in result]
    if all(_is_pair(each) for each in result):
        return [(unwrapped(each[0]), each) for each in result]
    lists = len(result) == 2 and all(isinstance(each, list | tuple) for each in result)
    items = [item for each in result for item in each] if lists else list(result)
    optimizers: list[Any] = []
    schedulers: list[tuple[Any, Any]] = []
    for item in items:
        own = unwrapped(item)
        if isinstance(own, Optimizer):
            optimizers.append(own)
        else:
            inner = item.get("scheduler") if isinstance(item, Mapping) else item
            schedulers.append((unwrapped(getattr(inner, "optimizer", None)), item))
    for optimizer, _ in schedulers:
        if isinstance(optimizer, Optimizer) and not any(each is optimizer for each in optimizers):
            optimizers.append(optimizer)
    if len(optimizers) < 2:
        return []
    found: list[tuple[Any, Any]] = []
    for each in optimizers:
        own = [item for optimizer, item in schedulers if optimizer is each]
        # In Lightning's lists a scheduler is stepped per epoch, in others per update.
        found.append((each, ([each], own) if lists else (each, own) if own else each))
    return found


def _is_pair(item: Any) -> bool:
    return (
        isinstance(item, tuple | list)
        and len(item) == 2
        and isinstance(unwrapped(item[0]), Optimizer)
        and not isinstance(unwrapped(item[1]), Optimizer)
    )
