"""Cadence: after which updates of a training a scheduler's `step()` is called."""

from __future__ import annotations

from dataclasses import dataclass

from lrviz.spec.durations import Length
from lrviz.spec.models import Interval


@dataclass(frozen=True)
class Cadence:
    """When `step()` is called: after a unit i (0-based) with begin <= i < end, every n-th time.

    Attributes:
        interval: What the unit is: `step`, an update; `epoch`, a full epoch; `fraction`, an update
            too, after which `step` is given how many epochs are done.
        frequency: Only where (i + 1) % frequency == 0.
        begin: First unit whose call is made.
        end: First unit whose call is made no more; None for the training's end.
    """

    interval: Interval = "step"
    frequency: int = 1
    begin: int = 0
    end: int | None = None

    @property
    def missed(self) -> int:
        """What a scheduler counts that `begin` leaves out: calls; nothing where it is told."""
        return 0 if self.interval == "fraction" else self.begin // self.frequency

    def per_count(self, length: Length) -> int:
        """Return the updates of what a scheduler counts by one: of a call, or of an epoch.

        >>> length = Length(100, updates_per_epoch=10)
        >>> [Cadence(each, 2).per_count(length) for each in ("step", "epoch", "fraction")]
        [2, 20, 10]
        """
        if self.interval == "fraction":
            return length.unit("epoch")
        return length.unit(self.interval) * self.frequency

    def counts(self, length: Length) -> int:
        """Return how far a scheduler counts in a training of this length; begun ones are whole.

        >>> Cadence("fraction").counts(Length(101, updates_per_epoch=10))
        11
        """
        if self.interval != "fraction":
            return self.calls(length)
        indices = self.indices(length)
        return -(-(indices[-1] + 1) // length.unit("epoch")) if indices else 0

    def units(self, length: Length) -> int:
        """Return how many whole units a training has."""
        return length.updates // length.unit(self.interval)

    def indices(self, length: Length) -> range:
        """Return the units after which a call is made, in a training of this length.

        >>> list(Cadence(frequency=2, begin=1).indices(Length(8)))
        [1, 3, 5, 7]
        """
        units = self.units(length)
        stop = units if self.end is None else min(self.end, units)
        # The first i >= begin with (i + 1) % frequency == 0.
        return range(self.begin + -(self.begin + 1) % self.frequency, stop, self.frequency)

    def after(self, length: Length) -> range:
        """Return the updates after which a call is made, in a training of this length.

        >>> list(Cadence("epoch").after(Length(10, updates_per_epoch=4)))
        [3, 7]
        """
        unit, indices = length.unit(self.interval), self.indices(length)
        first, every = (indices.start + 1) * unit - 1, indices.step * unit
        return range(first, first + len(indices) * every, every)

    def calls(self, length: Length) -> int:
        """Return how many calls are made in a training of this length."""
        return len(self.indices(length))

    def due(self, update: int, length: Length) -> int | None:
        """Return the unit that ends with an update and after which a call is made; None: none.

        >>> epochs = Cadence("epoch", end=1)
        >>> [epochs.due(t, Length(8, updates_per_epoch=4)) for t in (2, 3, 4, 7)]
        [None, 0, None, None]
        """
        index, rest = divmod(update + 1, length.unit(self.interval))
        index -= 1
        if rest or index < self.begin or (self.end is not None and index >= self.end):
            return None
        return index if (index + 1) % self.frequency == 0 else None
