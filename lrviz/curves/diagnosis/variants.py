"""What a diagnosis asks of a plan: what it would have done had something been otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lrviz.curves.events import Array


class Variants(Protocol):
    """The plan's schedule, run otherwise; each gives one group's values, None where it cannot be.

    An array may be shorter than was asked for: a scheduler may refuse to be stepped any further.
    """

    def longer(self, updates: int) -> Array | None:
        """Return the values where the same schedulers are stepped on for `updates` updates."""

    def of_length(self, total: int, updates: int) -> Array | None:
        """Return `updates` values of the schedule as written for a training of `total` updates."""

    def of_warmup(self, warmup: int) -> Array | None:
        """Return the values of the schedule with a warmup of so many updates."""

    def of_rate(self, factor: float) -> Array | None:
        """Return the values of the schedule with the optimizer's lr times `factor`."""

    def others(self) -> Iterator[tuple[str, Array]]:
        """Yield other schedules by name, over the same length and with the same lr."""
