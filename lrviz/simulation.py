"""The simulation: real schedulers in the loop that people write, and what each update used."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from lrviz import stepping
from lrviz.built import Built, BuiltScheduler
from lrviz.errors import UsageError
from lrviz.recording import Read, Recording, failure, readers
from lrviz.trace import RunError, Trace


def run(built: Built, on_progress: Callable[[int], None] | None = None) -> Trace:
    """Simulate a training and return the values that each of its updates used.

    Row t of each curve is read before update t (0-based). A scheduler of interval `step` is called
    after update t if begin <= t < end and (t + 1) % frequency == 0; one of interval `epoch` after
    each full epoch e by the same rule. The numbers are equal (`==`) to those of this loop on a
    real optimizer, whichever way they were computed.

    Args:
        built: The optimizer and its schedulers before the first update; left as they are at the
            training's end.
        on_progress: Called with the number of updates done, once in some thousand updates.

    Returns:
        The trace; if a scheduler raised, it ends with the update after which it did and
        `trace.error` holds the scheduler's words. Warnings are kept on it, each once.

    Raises:
        UsageError: A scheduler is stepped per epoch, and how long an epoch is is not known; or
            the training does not fit into memory.
    """
    per_epoch = [slot.interval == "epoch" for slot in built.schedulers]
    if any(per_epoch) and built.length.updates_per_epoch is None:
        raise UsageError(
            f"{built.label} is stepped per epoch, and how many updates an epoch has is not known; "
            "give steps_per_epoch"
        )
    loop = stepping.run if stepping.may_run(built) else _plain_loop
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # once per place and text, or a million would be kept
        try:
            recording = loop(built, on_progress)
        except MemoryError as error:
            raise UsageError(
                f"{built.label}: {built.length.updates:,} updates of {len(built.groups)} param "
                "groups do not fit into memory; give fewer"
            ) from error
    messages = [*built.warnings, *(str(each.message) for each in caught)]
    return Trace(
        label=built.label,
        source=built.source,
        groups=built.groups,
        curves=recording.curves,
        after=recording.after,
        length=built.length,
        interval="epoch" if per_epoch and all(per_epoch) else "step",
        warnings=tuple(dict.fromkeys(messages)),
        error=recording.error,
    )


def _plain_loop(built: Built, on_progress: Callable[[int], None] | None) -> Recording:
    """Run the loop update by update, looking at every numeric value of every param group."""
    recorder = _Recorder(built)
    slots = stepping.in_order(built.schedulers)
    updates = built.length.updates
    error = None
    for t in range(updates):
        recorder.record(t)
        built.optimizer.step()
        error = _step_schedulers(slots, t, built.length.updates_per_epoch or 1)
        if error:
            updates = t + 1
            break
        if on_progress and ((t + 1) % stepping.CHUNK == 0 or t + 1 == updates):
            on_progress(t + 1)
    return recorder.finish(updates, error)


def _step_schedulers(
    slots: list[BuiltScheduler], t: int, updates_per_epoch: int
) -> RunError | None:
    """Step what is due after update t; return why a scheduler refused, if one did."""
    epoch, within = divmod(t, updates_per_epoch)
    for slot in slots:
        if slot.interval == "epoch" and within != updates_per_epoch - 1:
            continue
        index = t if slot.interval == "step" else epoch
        if not _is_due(slot, index):
            continue
        arguments = () if slot.metric is None else (float(slot.metric[index]),)
        try:
            slot.scheduler.step(*arguments)
        except Exception as raised:  # noqa: BLE001  (a scheduler may raise anything)
            return failure(t, raised)
    return None


def _is_due(slot: BuiltScheduler, index: int) -> bool:
    ended = slot.end is not None and index >= slot.end
    return index >= slot.begin and not ended and (index + 1) % slot.frequency == 0


class _Recorder:
    """The curves of a plain loop: the lr, and each other quantity from when it first moves on."""

    def __init__(self, built: Built) -> None:
        self._groups = built.optimizer.param_groups
        self._shape = (built.length.updates, len(self._groups))
        first, *others = [readers(group) for group in self._groups]
        reads = {name: read for name, read in first.items() if all(name in each for each in others)}
        self._reads = {"lr": reads.pop("lr")}
        self._curves = {"lr": np.empty(self._shape)}
        self._still = {name: (read, self._row(read)) for name, read in reads.items()}

    def _row(self, read: Read) -> list[float]:
        return [read(group) for group in self._groups]

    def _notice(self, t: int) -> None:
        """Give a curve to what was still before update t and is no more."""
        moved = {
            name: (read, row) for name, (read, row) in self._still.items() if self._row(read) != row
        }
        for name, (read, row) in moved.items():
            del self._still[name]
            self._reads[name] = read
            self._curves[name] = np.empty(self._shape)
            self._curves[name][:t] = row

    def record(self, t: int) -> None:
        """Record what update t uses."""
        self._notice(t)
        for name, read in self._reads.items():
            self._curves[name][t] = self._row(read)

    def finish(self, updates: int, error: RunError | None) -> Recording:
        """Return what was recorded of so many updates, and what the next one would use."""
        self._notice(updates)
        curves = {name: curve[:updates] for name, curve in self._curves.items()}
        if error:  # do not hold the memory of the whole training
            curves = {name: curve.copy() for name, curve in curves.items()}
        after = {name: np.array(self._row(read)) for name, read in self._reads.items()}
        return Recording(curves, after, error)
