"""When schedulers are called in a training, as ranges of updates are simulated."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lrviz.building.built import BuiltScheduler
from lrviz.curves.events import Array
from lrviz.simulation.bulk.parts import Metrics
from lrviz.simulation.light import Moving
from lrviz.spec.durations import Length


@dataclass(frozen=True)
class Calls:
    """The calls of one scheduler within a range of updates: call j comes after update after[j]."""

    scheduler: Any
    after: NDArray[np.int64]
    metrics: list[float] | None

    def arguments(self) -> Iterator[Any]:
        """Yield the metric of each call, or its number where `step` takes no metric."""
        return iter(range(len(self.after)) if self.metrics is None else self.metrics)

    def few(self, moving: Moving) -> tuple[NDArray[np.int64], Iterator[Any]]:
        """Return those that may move anything, as `joined` does, by the scheduler's count."""
        first = self.scheduler.last_epoch + 1
        counts = moving(first, self.scheduler.last_epoch + len(self.after))
        return self.after[np.array(counts, np.int64) - first], iter(counts)

    def ready(self) -> list[Callable[[], object]]:
        """Return the calls with their arguments filled in."""
        if self.metrics is None:
            return [self.scheduler.step] * len(self.after)
        return [partial(self.scheduler.step, metric) for metric in self.metrics]


@dataclass(frozen=True)
class Timeline:
    """All calls of one scheduler: call j comes after update after[j], its t or e is indices[j]."""

    scheduler: Any
    after: range
    indices: range
    metric: Array | None

    @classmethod
    def of(cls, built: BuiltScheduler, length: Length) -> Timeline:
        """Return the calls of a scheduler in a training of `length`."""
        cadence = built.cadence
        return cls(built.scheduler, cadence.after(length), cadence.indices(length), built.metric)

    def is_called(self, start: int, stop: int) -> bool:
        """Say whether any call comes after an update t with start <= t < stop."""
        return bisect_left(self.after, start) < bisect_left(self.after, stop)

    @property
    def moves(self) -> int:
        """How many calls, at most, move anything."""
        patience = getattr(self.scheduler, "patience", None)
        if type(self.scheduler) is ReduceLROnPlateau and isinstance(patience, int):
            return len(self.after) // max(1, patience + 1)
        return len(self.after)

    def metrics_from(self, update: int) -> Metrics | None:
        """Return the metrics of the calls after an update and later, None without any."""
        if self.metric is None:
            return None
        metric, indices = self.metric, self.indices[bisect_left(self.after, update) :]

        def of(first: int, stop: int) -> Array:
            part = indices[first:stop]
            found: Array = metric[part.start : part.stop : part.step]
            return found

        return of

    def between(self, start: int, stop: int) -> Calls:
        """Return the calls that come after an update t with start <= t < stop."""
        part = slice(bisect_left(self.after, start), bisect_left(self.after, stop))
        after, indices = self.after[part], self.indices[part]
        metrics = None
        if self.metric is not None:
            metrics = self.metric[indices.start : indices.stop : indices.step].tolist()
        return Calls(self.scheduler, np.arange(after.start, after.stop, after.step), metrics)


def joined(calls: list[Calls]) -> tuple[NDArray[np.int64], Iterator[Any]]:
    """Return the calls of all schedulers in the order in which they are made."""
    if not calls:
        return np.empty(0, np.int64), iter(())
    after = np.concatenate([each.after for each in calls])
    ready = [call for each in calls for call in each.ready()]
    order = np.argsort(after, kind="stable")  # those after one update stay in their order
    return after[order], iter([ready[index] for index in order.tolist()])
