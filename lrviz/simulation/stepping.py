"""The fast path: the same numbers as the plain loop, without most of what the loop costs.

Two things are saved. Nothing but a scheduler's `step()` moves a value, so rows are filled by slices
between two calls. And light steps stand in for those of torch's own leaf schedulers (`light`).
"""

from __future__ import annotations

import hashlib
import inspect
import struct
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from operator import itemgetter, length_hint
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.optim import lr_scheduler, swa_utils

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.quantities import Group, Read
from lrviz.curves.events import Array
from lrviz.curves.trace import RunError
from lrviz.simulation.light import Moving, light_steps, moving, skip
from lrviz.simulation.recording import Recording, failure
from lrviz.simulation.rows import Rows, rows
from lrviz.spec.durations import Length

CHUNK = 8192
"""Updates simulated at a time: so many are held as Python floats, and reported as progress."""

KNOWN_TORCH = {
    "417a23bdcb5e6809dd5fb58541283b7853bf6dd87e1e7db597899363be76271f": "2.13.0",
}
"""SHA-256 of torch's lr_scheduler.py and swa_utils.py, joined, that the light steps were made for.

The whole files, so that another torch, whose schedulers might move values that are not looked at
here, takes the plain loop until somebody has read it.
"""


def in_order(schedulers: Iterable[BuiltScheduler]) -> list[BuiltScheduler]:
    """Return the schedulers as they are stepped after one update: the per-epoch ones come last."""
    return sorted(schedulers, key=lambda built: built.interval == "epoch")


def may_run(built: Built) -> bool:
    """Return whether the fast path is known to give the plain loop's numbers for `built`."""
    plain = all(isinstance(group["lr"], int | float) for group in built.optimizer.param_groups)
    return built.own and plain and torch_is_known()


@cache
def torch_is_known() -> bool:
    """Return whether this torch's schedulers are ones that the light steps were made for."""
    digest = hashlib.sha256()
    try:
        for module in (lr_scheduler, swa_utils):
            digest.update(Path(inspect.getfile(module)).read_bytes())
    except OSError:  # torch lies in an archive
        return False
    return digest.hexdigest() in KNOWN_TORCH


def run(built: Built, on_progress: Callable[[int], None] | None = None) -> Recording:
    """Simulate `built`, for which `may_run` holds.

    Args:
        built: Its schedulers and its optimizer are left in the state of the training's end.
        on_progress: Called with the number of updates that are done, once in `CHUNK` updates.
    """
    groups = built.optimizer.param_groups
    everyone = {member for each in built.schedulers for member in _family(each.scheduler)}
    reads = _reads(everyone, groups)
    updates = built.length.updates
    # Once, so that the schedulers do not warn that they were called before the optimizer.
    built.optimizer.step()
    with light_steps(everyone, groups):
        timelines = [_Timeline.of(each, built.length) for each in in_order(built.schedulers)]
        loop = _Loop.of(timelines, groups, reads, updates)
        for start in range(0, updates, CHUNK):
            error = loop.fill(start, min(start + CHUNK, updates))
            if error:
                updates = error.update + 1
                break
            if on_progress:
                on_progress(min(start + CHUNK, updates))
    curves = {name: each.curve(updates) for name, each in loop.rows.items()}
    after = {name: np.array([read(each) for each in groups], float) for name, read in reads.items()}
    for name in [name for name in curves if name != "lr" and _is_still(curves[name], after[name])]:
        del curves[name], after[name]
    return Recording(curves, after, error)


def blocks(built: Built) -> Iterator[dict[str, Array]]:
    """Yield the values that each update uses, some thousand updates at a time.

    So long a run of updates is held in memory, whatever the training's length. Where a scheduler
    raises, they end.

    Args:
        built: One for which `may_run` holds; nothing else may step it meanwhile.
    """
    groups = built.optimizer.param_groups
    everyone = {member for each in built.schedulers for member in _family(each.scheduler)}
    reads = _reads(everyone, groups)
    built.optimizer.step()
    with light_steps(everyone, groups):
        timelines = [_Timeline.of(each, built.length) for each in in_order(built.schedulers)]
        for start in range(0, built.length.updates, CHUNK):
            stop = min(start + CHUNK, built.length.updates)
            loop = _Loop.of(timelines, groups, reads, stop - start, start)
            error = loop.fill(start, stop)
            count = stop - start if error is None else error.update + 1 - start
            yield {name: each.curve(count) for name, each in loop.rows.items()}
            if error:
                return


def _reads(everyone: Iterable[Any], groups: list[Group]) -> dict[str, Read]:
    """Return what is read of each group: the lr, and the momentum where one may move it."""
    reads: dict[str, Read] = {"lr": itemgetter("lr")}
    if any(getattr(each, "cycle_momentum", False) for each in everyone):
        reads["momentum"] = _first_beta if "betas" in groups[0] else itemgetter("momentum")
    return reads


def _first_beta(group: Group) -> float:
    found: float = group["betas"][0]
    return found


def _is_still(curve: Array, after: Array) -> bool:
    first: Array = curve[0]
    same = (curve.min(axis=0) == first) & (curve.max(axis=0) == first) & (after == first)
    return bool(same.all())


@dataclass(frozen=True)
class _Calls:
    """The calls of one scheduler within a range of updates: call j comes after update after[j]."""

    scheduler: Any
    after: NDArray[np.int64]
    metrics: list[float] | None

    def arguments(self) -> Iterator[Any]:
        """Yield the metric of each call, or its number where `step` takes no metric."""
        return iter(range(len(self.after)) if self.metrics is None else self.metrics)

    def few(self, moving: Moving) -> tuple[NDArray[np.int64], Iterator[Any]]:
        """Return those that may move anything, as `_joined` does, by the scheduler's count."""
        first = self.scheduler.last_epoch + 1
        counts = moving(first, self.scheduler.last_epoch + len(self.after))
        return self.after[np.array(counts, np.int64) - first], iter(counts)

    def ready(self) -> list[Callable[[], object]]:
        """Return the calls with their arguments filled in."""
        if self.metrics is None:
            return [self.scheduler.step] * len(self.after)
        return [partial(self.scheduler.step, metric) for metric in self.metrics]


@dataclass(frozen=True)
class _Timeline:
    """All calls of one scheduler: call j comes after update after[j], its t or e is indices[j]."""

    scheduler: Any
    after: range
    indices: range
    metric: Array | None

    @classmethod
    def of(cls, built: BuiltScheduler, length: Length) -> _Timeline:
        cadence = built.cadence
        return cls(built.scheduler, cadence.after(length), cadence.indices(length), built.metric)

    def between(self, start: int, stop: int) -> _Calls:
        """Return the calls that come after an update t with start <= t < stop."""
        part = slice(bisect_left(self.after, start), bisect_left(self.after, stop))
        after, indices = self.after[part], self.indices[part]
        metrics = None
        if self.metric is not None:
            metrics = self.metric[indices.start : indices.stop : indices.step].tolist()
        return _Calls(self.scheduler, np.arange(after.start, after.stop, after.step), metrics)


@dataclass(frozen=True)
class _Loop:
    """The loop, and what it calls, reads and fills."""

    timelines: list[_Timeline]
    groups: list[Group]
    reads: dict[str, Read]
    rows: dict[str, Rows]
    origin: int  # the update of the first row
    moving: Moving | None  # at which of its counts the only scheduler may move anything

    @classmethod
    def of(
        cls,
        timelines: list[_Timeline],
        groups: list[Group],
        reads: dict[str, Read],
        updates: int,
        origin: int = 0,
    ) -> _Loop:
        """Return the loop over so many updates."""
        only = timelines[0] if len(timelines) == 1 else None
        found = moving(only.scheduler) if only else None
        calls = sum(len(line.after) for line in timelines)
        if found and only:
            calls = len(found(1, len(only.after)))
        held = {name: rows(updates, len(groups), calls) for name in reads}
        return cls(timelines, groups, reads, held, origin, found)

    def fill(self, start: int, stop: int) -> RunError | None:
        """Run updates t with start <= t < stop and fill their rows."""
        rows = {name: [read(each) for each in self.groups] for name, read in self.reads.items()}
        calls = [line.between(start, stop) for line in self.timelines]
        alone = len(calls) == len(self.groups) == len(rows) == 1
        if self.moving:
            after, pending = calls[0].few(self.moving)
        else:
            after, pending = (calls[0].after, calls[0].arguments()) if alone else _joined(calls)
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
            # Twice as fast as np.array(values), which would cost as much as recording them did.
            states = np.frombuffer(struct.pack(f"{len(values)}d", *values))
            states = states.reshape(-1, len(self.groups))
            self.rows[name].put(start - self.origin, states, repeats)
        return error

    def _record_few(
        self, calls: _Calls, pending: Iterator[int], rows: dict[str, list[float]]
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
        self, calls: Iterable[Callable[[], object]], rows: dict[str, list[float]]
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


def _joined(calls: list[_Calls]) -> tuple[NDArray[np.int64], Iterator[Any]]:
    """Return the calls of all schedulers in the order in which they are made."""
    if not calls:
        return np.empty(0, np.int64), iter(())
    after = np.concatenate([each.after for each in calls])
    ready = [call for each in calls for call in each.ready()]
    order = np.argsort(after, kind="stable")  # those after one update stay in their order
    return after[order], iter([ready[index] for index in order.tolist()])


def _record_one(scheduler: Any, calls: Iterator[object], group: Group, rows: list[float]) -> None:
    """Do what `_record_all` does for the usual case: one scheduler, one group, only its lr."""
    step = scheduler.step
    for _ in calls:
        step()
        rows.append(group["lr"])


def _record_moves(
    scheduler: Any,
    metrics: Iterator[Any],
    group: Group,
    rows: list[float],
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


def _family(scheduler: Any) -> Iterator[Any]:
    """Yield a scheduler and, where it is a composite, all that it holds."""
    yield scheduler
    for member in getattr(scheduler, "_schedulers", ()):
        yield from _family(member)
