"""The simulation: real schedulers in the loop that people write, and what each update used."""

from __future__ import annotations

import math
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.quantities import Read, readers
from lrviz.building.rates import OwnRate
from lrviz.curves.trace import RunError, Trace
from lrviz.errors import ScheduleError, UsageError, words
from lrviz.simulation import stepping
from lrviz.simulation.recording import Recording, failure
from lrviz.spec.durations import Length

EFFECTIVE = "effective_lr"
"""The quantity that an optimizer makes of the lr where it does not use that as it is."""

_NOT_WORTH_A_WORD = 1e-3
"""Share of the lr by which an optimizer changes it without a note: T5's schedule is Adafactor's own
bound, but for an offset of one update."""

_WARNINGS = 10
"""So many different texts are kept of what is warned of in one run."""

_BLOCK = 256
"""Updates that are read at a time where a scheduler of somebody's is stepped ahead of a run."""

_SILENCE = 0.5
"""Seconds after which progress is told where a step of somebody's scheduler takes long."""


def run(built: Built, on_progress: Callable[[int], None] | None = None, *, start: int = 0) -> Trace:
    """Simulate a training and return the values that each of its updates used.

    Row t of each curve is read before update t (0-based). A scheduler of interval `step` is called
    after update t if begin <= t < end and (t + 1) % frequency == 0; one of interval `epoch` after
    each full epoch e by the same rule. The numbers are equal (`==`) to those of this loop on a
    real optimizer, whichever way they were computed.

    Args:
        built: The optimizer and its schedulers before the first update; left as they are at the
            training's end.
        on_progress: Called with the number of updates done, once in some thousand updates.
        start: The first update, of the training's length; `built` is then what it is resumed with.

    Returns:
        The trace, its row t of update `start` + t; if a scheduler raised, it ends with the update
        after which it did and `trace.error` holds the scheduler's words. Warnings are kept on it,
        each once.

    Raises:
        UsageError: A scheduler is stepped per epoch, and how long an epoch is is not known; or
            the training fits neither into memory nor into the temporary folder.
    """
    per_epoch = [slot.interval == "epoch" for slot in built.schedulers]
    if any(per_epoch) and built.length.updates_per_epoch is None:
        raise UsageError(
            f"{built.label} is stepped per epoch, and how many updates an epoch has is not known; "
            "give steps_per_epoch"
        )
    fast = not start and stepping.may_run(built)
    with _caught() as texts:
        try:
            recording = (
                stepping.run(built, on_progress) if fast else _plain_loop(built, on_progress, start)
            )
        except MemoryError as error:
            raise UsageError(f"{_size(built)} do not fit into memory; give fewer") from error
        except OSError as error:
            raise UsageError(
                f"{_size(built)} do not fit into {tempfile.gettempdir()} ({error.strerror}); give "
                "fewer, or set TMPDIR to a folder with more room"
            ) from error
    notes = [*built.warnings, *built.notes]
    if built.rate is not None and _changes(recording, built.rate):
        notes.append(built.rate.note)
    return Trace(
        label=built.label,
        source=built.source,
        groups=built.groups,
        curves=recording.curves,
        after=recording.after,
        length=built.length,
        interval="epoch" if per_epoch and all(per_epoch) else "step",
        warnings=tuple(dict.fromkeys((*notes, *texts))),
        error=recording.error,
    )


def _size(built: Built) -> str:
    updates, groups = f"{built.length.updates:,} updates", len(built.groups)
    return f"{built.label}: {updates} of {groups} param group{'s' if groups > 1 else ''}"


def _changes(recording: Recording, rate: OwnRate) -> bool:
    """Add the curve of what the updates use, where the optimizer makes that of the lr.

    Returns:
        Whether it is, or may be, another than the lr.
    """
    if rate.effective is None:
        return True
    given = np.vstack([recording.curves["lr"], recording.after["lr"]])
    used = rate.effective(given)
    if np.allclose(used, given, rtol=_NOT_WORTH_A_WORD, atol=0, equal_nan=True):
        return False
    recording.curves[EFFECTIVE], recording.after[EFFECTIVE] = used[:-1], used[-1]
    return True


def blocks(built: Built) -> Iterator[dict[str, np.ndarray]]:
    """Yield the values that each update uses, a block at a time.

    The numbers are those of `run`, and so long a stretch of them is in memory, whatever the
    training's length. They end where a scheduler raises. Besides the lr they are of what moves
    within the first block.

    Args:
        built: Before its first update; nothing else may step it meanwhile.
    """
    if stepping.may_run(built):
        yield from stepping.blocks(built)
        return
    schedulers = stepping.in_order(built.schedulers)
    moving: list[str] | None = None
    for start in range(0, built.length.updates, _BLOCK):
        stop = min(start + _BLOCK, built.length.updates)
        rows: dict[str, list[list[float]]] = {}
        error = None
        for t in range(start, stop):
            groups = built.optimizer.param_groups
            reads = [readers(group) for group in groups]
            for name in reads[0]:
                if all(name in each for each in reads):
                    row = [each[name](group) for each, group in zip(reads, groups, strict=True)]
                    rows.setdefault(name, []).append(row)
            built.optimizer.step()
            error = _step_schedulers(schedulers, t, built.length)
            if error:
                break
        block = {name: np.array(each, float) for name, each in rows.items()}
        if moving is None:
            moving = [name for name, each in block.items() if name == "lr" or _moves(each)]
        yield {name: block[name] for name in moving}
        if error:
            return


def _moves(rows: np.ndarray) -> bool:
    return not np.array_equal(rows, np.broadcast_to(rows[0], rows.shape), equal_nan=True)


@contextmanager
def _caught() -> Iterator[list[str]]:
    """Collect what is warned of within, each text once and the first few alone.

    A million updates may warn a million times, with another text each time.
    """
    found: list[str] = []
    more = 0

    def collect(message: Warning | str, *_: object) -> None:
        nonlocal more
        text = str(message)
        # Schedulers that count the optimizer's steps warn of the order of the calls. The loop here
        # has the right one, and what they miss is the real step, which it does not make.
        if text not in found and "optimizer.step()" not in text:
            if len(found) < _WARNINGS:
                found.append(text)
            else:
                more += 1

    with warnings.catch_warnings():
        warnings.simplefilter("always")  # "default" would keep a register of all texts
        warnings.showwarning = collect  # type: ignore[assignment]  # its other arguments
        yield found
    if more:
        found.append(f"and {more:,} more warnings")


def _plain_loop(built: Built, on_progress: Callable[[int], None] | None, start: int) -> Recording:
    """Run the loop update by update, looking at every numeric value of every param group."""
    recorder = _Recorder(built, start)
    schedulers = stepping.in_order(built.schedulers)
    updates = built.length.updates
    error = None
    told = time.monotonic()
    for t in range(start, updates):
        recorder.record(t - start)
        built.optimizer.step()
        raised = _step_schedulers(schedulers, t, built.length)
        error = recorder.look(t - start, raised)
        if error:
            error = replace(error, update=t)
            updates = t + 1
            break
        if on_progress:
            now = time.monotonic()
            if (t + 1) % stepping.CHUNK == 0 or t + 1 == updates or now - told > _SILENCE:
                on_progress(t + 1)
                told = now
    return recorder.finish(updates - start, error)


def _step_schedulers(schedulers: list[BuiltScheduler], t: int, length: Length) -> RunError | None:
    """Step what is due after update t; return why a scheduler refused, if one did."""
    for each in schedulers:
        index = each.cadence.due(t, length)
        if index is None:
            continue
        try:
            each.step(index)
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # noqa: BLE001  (a scheduler may raise anything, or exit)
            return failure(t, raised)
    return None


class _Recorder:
    """The curves of a plain loop: the lr, and each other quantity from when it first moves on.

    Attributes:
        now: What the next update would use, of each quantity that has a curve.
    """

    def __init__(self, built: Built, start: int) -> None:
        self._optimizer = built.optimizer  # its list of groups may be replaced by another
        first, *others = [readers(group) for group in built.optimizer.param_groups]
        reads = {name: read for name, read in first.items() if all(name in each for each in others)}
        if "lr" not in reads:
            rates = ", ".join(str(each["lr"]) for each in built.optimizer.param_groups[:3])
            raise ScheduleError(
                f"{built.label}: its scheduler leaves no number as the lr before the first update"
                f" (it is {rates}); a negative number to a power is complex"
            )
        self._shape = (built.length.updates - start, 1 + len(others))
        self._reads = {"lr": reads.pop("lr")}
        self._curves = {"lr": np.empty(self._shape)}
        self._still = {name: (read, self._row(name, read)) for name, read in reads.items()}
        self.now = {"lr": self._row("lr", self._reads["lr"])}

    def _row(self, name: str, read: Read) -> list[float]:
        row = []
        for index, group in enumerate(self._optimizer.param_groups):
            try:
                row.append(read(group))
            except Exception as error:  # noqa: BLE001  (what stands there may be anything)
                raise ScheduleError(
                    f"it left no number as the {name} of param group {index}: {words(error)}"
                ) from None
        return row

    def record(self, t: int) -> None:
        """Record what update t uses."""
        for name, row in self.now.items():
            self._curves[name][t] = row

    def look(self, t: int, raised: RunError | None) -> RunError | None:
        """Read what the schedulers left behind after update t.

        Returns:
            `raised`, which is why one of them refused, or why what they left is no numbers.
        """
        try:
            self._read(t)
        except ScheduleError as error:
            self.now = dict.fromkeys(self.now, [math.nan] * self._shape[1])
            return raised or failure(t, error)
        return raised

    def _read(self, t: int) -> None:
        groups = len(self._optimizer.param_groups)
        if groups != self._shape[1]:
            raise ScheduleError(
                f"it left {groups} param groups where there were {self._shape[1]}; "
                "a curve needs the same ones from the first update to the last"
            )
        self.now = {name: self._row(name, read) for name, read in self._reads.items()}
        rows = {name: self._row(name, read) for name, (read, _) in self._still.items()}
        for name, row in rows.items():
            read, before = self._still[name]
            if row != before:
                del self._still[name]
                self._reads[name] = read
                self._curves[name] = np.empty(self._shape)
                self._curves[name][: t + 1] = before
                self.now[name] = row

    def finish(self, updates: int, error: RunError | None) -> Recording:
        """Return what was recorded of so many updates, and what the next one would use."""
        curves = {name: curve[:updates] for name, curve in self._curves.items()}
        if error:  # do not hold the memory of the whole training
            curves = {name: curve.copy() for name, curve in curves.items()}
        after = {name: np.array(row) for name, row in self.now.items()}
        return Recording(curves, after, error)
