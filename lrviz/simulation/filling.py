"""The loop of the fast path, which fills rows of what the schedulers move."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import length_hint
from typing import Any

import numpy as np

from lrviz.building.quantities import Group, Read
from lrviz.curves.events import Array
from lrviz.curves.trace import RunError
from lrviz.simulation.bulk import bulk, jointly, parts
from lrviz.simulation.bulk.parts import Bulk
from lrviz.simulation.light import Moving, moving, skip
from lrviz.simulation.recording import failure
from lrviz.simulation.rows import Rows, rows
from lrviz.simulation.timeline import Calls, Timeline, joined

BLOCK = 1 << 15
"""Values that are made at once; so many stay near the processor."""


@dataclass(frozen=True)
class Loop:
    """The loop, and what it calls, reads and fills."""

    timelines: list[Timeline]
    groups: list[Group]
    reads: dict[str, Read]
    rows: dict[str, Rows]
    origin: int  # the update of the first row
    moving: Moving | None  # at which of its counts the only scheduler may move anything
    bulks: list[Bulk | None]  # of each timeline, what makes many of its steps at once
    joint: Bulk | None  # the same for all timelines, whose calls are at the same updates

    @classmethod
    def of(
        cls,
        timelines: list[Timeline],
        groups: list[Group],
        reads: dict[str, Read],
        updates: int,
        origin: int = 0,
    ) -> Loop:
        """Return the loop over so many updates."""
        only = timelines[0] if len(timelines) == 1 and timelines[0].metric is None else None
        few = moving(only.scheduler) if only else None
        many = [
            None if few else bulk(line.scheduler, groups, line.metrics_from(origin))
            for line in timelines
        ]
        alike = all(line.after == timelines[0].after and line.metric is None for line in timelines)
        several = [line.scheduler for line in timelines] if alike and len(timelines) > 1 else []
        joint = jointly(several, groups) if several else None
        calls = sum(line.moves for line in timelines)
        if few and only:
            calls = len(few(1, len(only.after)))
        held = {name: rows(updates, len(groups), calls) for name in reads}
        return cls(timelines, groups, reads, held, origin, few, many, joint)

    def fill(self, start: int, stop: int) -> RunError | None:
        """Run updates t with start <= t < stop and fill their rows."""
        start, error = self._fill_at_once(start, stop)
        return self._fill_one_by_one(start, stop) if start < stop and not error else error

    def _fill_at_once(self, start: int, stop: int) -> tuple[int, RunError | None]:
        """Do so while many steps can be made at once; return from where on it is not done yet."""
        called = [line.is_called(start, stop) for line in self.timelines]
        many = self.bulks[called.index(True)] if called.count(True) == 1 else self.joint
        if many is None or True not in called:
            return start, None
        after = self.timelines[called.index(True)].between(start, stop).after
        most = max(BLOCK // len(self.groups), parts.LEAST)
        while len(after):
            now = self._now()
            try:
                found = many(min(len(after), most))
            except Exception as raised:  # noqa: BLE001  (a scheduler may raise anything)
                error = failure(int(after[0]), raised)
                self._put(start, now, error.update + 1)
                return stop, error
            if found is None:
                return start, None
            made, after = after[: len(found["lr"])], after[len(found["lr"]) :]
            first, last = int(made[0]) + 1, int(made[-1]) + 1
            for name, held in self.rows.items():
                if name not in found:
                    held.put(start - self.origin, now[name], np.array([last - start]))
                else:
                    # What the last step left behind is not used yet.
                    held.put(start - self.origin, now[name], np.array([first - start]))
                    held.put(first - self.origin, found[name][:-1], np.diff(made))
            start = last
        self._put(start, self._now(), stop)
        return stop, None

    def _now(self) -> dict[str, Array]:
        """Return what the next update uses, as one row of each quantity."""
        return {
            name: np.array([[read(each) for each in self.groups]], float)
            for name, read in self.reads.items()
        }

    def _put(self, start: int, states: dict[str, Array], stop: int) -> None:
        """Fill rows t with start <= t < stop with one state."""
        for name, held in self.rows.items():
            held.put(start - self.origin, states[name], np.array([stop - start]))

    def _fill_one_by_one(self, start: int, stop: int) -> RunError | None:
        rows = {name: array("d", map(read, self.groups)) for name, read in self.reads.items()}
        calls = [line.between(start, stop) for line in self.timelines]
        alone = len(calls) == len(self.groups) == len(rows) == 1
        if self.moving:
            after, pending = calls[0].few(self.moving)
        else:
            after, pending = (calls[0].after, calls[0].arguments()) if alone else joined(calls)
        moves: list[int] | None = None
        error = None
        try:
            if self.moving:
                self._record_few(calls[0], pending, rows)
            elif not alone:
                self._record_all(pending, rows)
            elif calls[0].metrics is None:
                _record_one(calls[0].scheduler, pending, self.groups[0], rows["lr"])
            else:
                moves = []
                _record_moves(calls[0].scheduler, pending, self.groups[0], rows["lr"], moves)
        except Exception as raised:  # noqa: BLE001  (a scheduler may raise anything)
            made = len(after) - length_hint(pending) - 1
            error = failure(int(after[made]), raised)
            after, stop = after[:made], error.update + 1
        if moves is not None:
            after = after[moves]
        # State 0 is used from `start` on, state j from the update behind after[j - 1] on.
        repeats = np.diff(after, prepend=start - 1, append=stop - 1)
        for name, values in rows.items():
            states = np.frombuffer(values).reshape(-1, len(self.groups))
            self.rows[name].put(start - self.origin, states, repeats)
        return error

    def _record_few(
        self, calls: Calls, pending: Iterator[int], rows: dict[str, array[float]]
    ) -> None:
        """Make the calls at these counts, and count those between and behind them."""
        scheduler = calls.scheduler
        last = scheduler.last_epoch + len(calls.after)
        for count in pending:
            skip(scheduler, count - 1 - scheduler.last_epoch)
            scheduler.step()
            for name, read in self.reads.items():
                rows[name].extend(map(read, self.groups))
        skip(scheduler, last - scheduler.last_epoch)

    def _record_all(
        self, calls: Iterable[Callable[[], object]], rows: dict[str, array[float]]
    ) -> None:
        """Make the calls, and append the values of every group behind each."""
        groups = self.groups
        if len(groups) == 1 and len(rows) == 2:  # one group, whose momentum moves too
            [group] = groups
            (one, read), (other, read_other) = ((rows[name], self.reads[name]) for name in rows)
            for call in calls:
                call()
                one.append(read(group))
                other.append(read_other(group))
            return
        outputs = [(rows[name], read) for name, read in self.reads.items()]
        for call in calls:
            call()
            for values, read in outputs:
                values.extend(map(read, groups))


def _record_one(scheduler: Any, calls: Iterator[object], group: Group, rows: array[float]) -> None:
    """Do what `_record_all` does for the usual case: one scheduler, one group, only its lr."""
    step = scheduler.step
    for _ in calls:
        step()
        rows.append(group["lr"])


def _record_moves(
    scheduler: Any,
    metrics: Iterator[Any],
    group: Group,
    rows: array[float],
    moves: list[int],
) -> None:
    """Do the same for a scheduler that is given a metric: its step is short, and seldom moves.

    Only a call that moves the lr gets a row, and its number goes to `moves`. That it did is seen by
    the group holding another object than before, which costs less than a row would.
    """
    calls = length_hint(metrics)
    lr = group["lr"]
    for metric in metrics:
        scheduler.step(metric)
        if group["lr"] is not lr:
            lr = group["lr"]
            rows.append(lr)
            moves.append(calls - length_hint(metrics) - 1)
