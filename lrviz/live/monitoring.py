"""A running optimizer, held against a plan and written to a log as its updates are made."""

from __future__ import annotations

import os
import sys
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import numpy as np
from torch.optim import Optimizer

from lrviz.building.quantities import readers
from lrviz.curves.diagnosis.verdict import Verdict
from lrviz.curves.trace import Trace
from lrviz.errors import LrvizError
from lrviz.live.plans import Plan
from lrviz.live.writing import LogWriter
from lrviz.simulation.logged import judge
from lrviz.spec.durations import Length
from lrviz.writing.numbers import count, lr

# So many rows behind the first difference a cause is looked for; what none explains by then is not
# looked at again.
_LOOKS = (3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512)
_BEFORE = 64  # rows before it that are shown to the diagnosis
_SKIPS = 20  # updates in a row that a gradient scaler may skip
_LONGEST = 200_000  # updates of a plan up to which a cause is looked for


class MismatchError(LrvizError):
    """An optimizer's update uses another value than its plan."""


class ScheduleWarning(UserWarning):
    """What a monitor tells of a run."""


@dataclass(frozen=True)
class Mismatch:
    """The first update that uses another value than its plan, and what explains it.

    Attributes:
        update: It, 0-based.
        param: The quantity: `lr`, `momentum` ...
        group: Index of the param group.
        planned: What the plan has; NaN behind its end.
        used: What the optimizer uses.
        verdict: What is known of the cause; None as long as that is nothing.
    """

    update: int
    param: str
    group: int
    planned: float
    used: float
    verdict: Verdict | None = None

    @property
    def sentence(self) -> str:
        """It in one sentence."""
        if self.verdict is not None and self.verdict.causes:
            return "; or ".join(each.sentence for each in self.verdict.causes)
        what = "" if self.param == "lr" else f" as {self.param}"
        whose = f" in param group {self.group}" if self.group else ""
        if np.isnan(self.planned):
            return f"update {count(self.update)}: the plan ended before it"
        return (
            f"update {count(self.update)}: the optimizer uses {lr(self.used, 12)}{what}{whose}, "
            f"the plan says {lr(self.planned, 12)}"
        )


OnMismatch = Literal["warn", "raise"] | Callable[[Mismatch], object]


class Monitor:
    """An optimizer's updates, held against a plan; end it with `close()`, or as a context.

    Attributes:
        update: The update that comes next.
        skipped: Updates that a gradient scaler skipped: so much is the schedule ahead.
        mismatch: The first difference, with its cause as soon as that is known; or None.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        plan: Plan | None,
        start: int,
        log: str | os.PathLike[str] | None,
        on_mismatch: OnMismatch,
    ) -> None:
        self.update = start
        self.skipped = 0
        self.mismatch: Mismatch | None = None
        self._optimizer = optimizer
        self._plan = plan
        self._on = on_mismatch
        self._planned = _Rows(plan.blocks, start) if plan is not None else None
        self._seen: list[tuple[int, float]] = []  # what the first group that differs used since
        writes = log is not None and _rank() == 0
        moves = self._planned is None or "momentum" in self._planned.names
        path = Path(os.fspath(log or ""))
        self._log = LogWriter(path, optimizer, momentum=moves) if writes else None
        if self._log is not None and self._log.had:
            self._tell(f"{path}: rows from update {count(start)} on are appended")
        hook = self._before
        self._handle = optimizer.register_step_pre_hook(hook)
        self._finish = weakref.finalize(self, _close, self._handle, self._log)

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Look at no more updates, close the log, and tell what is known of the run."""
        if not self._finish.alive:
            return
        self._finish()
        if self.skipped:
            some = "1 update was" if self.skipped == 1 else f"{self.skipped} updates were"
            self._tell(
                f"{some} skipped by the gradient scaler: the schedule is {self.skipped} ahead of"
                " the updates"
            )

    def _before(self, optimizer: Optimizer, *_: Any) -> None:
        """Look at what the next update uses; the hook that runs before `optimizer.step()`."""
        groups = optimizer.param_groups
        if self._log is not None:
            self._log.write(self.update, groups)
        if self._planned is not None:
            row = self._planned.row
            if (
                row is None
                or not (
                    groups[0]["lr"] == row[0]
                    if self._planned.single
                    else self._planned.agrees(groups)
                )
                or self.mismatch is not None
            ):
                self._differs(groups)
            self._planned.advance()
        self.update += 1

    # Dynamo leaves it to Python, where a step is compiled.
    _before._torchdynamo_disable = True  # type: ignore[attr-defined]

    def _differs(self, groups: list[dict[str, Any]]) -> None:
        planned = self._planned
        assert planned is not None
        if self.mismatch is None:
            if planned.row is not None and self._is_ahead(groups):
                return
            self.mismatch = _first(self.update, groups, planned)
            self._report(self.mismatch)
        found = self.mismatch
        if found.verdict is not None or np.isnan(found.planned) or found.param != "lr":
            return
        self._seen.append((self.update, float(groups[found.group]["lr"])))
        if len(self._seen) in _LOOKS:
            self._look(found)
        elif len(self._seen) > _LOOKS[-1]:
            self._seen = self._seen[-1:]

    def _is_ahead(self, groups: list[dict[str, Any]]) -> bool:
        """Tell whether a gradient scaler skipped updates, after which the schedule is ahead."""
        planned = self._planned
        if planned is None or not _by_scaler(sys._getframe(1)):
            return False
        for more in range(1, _SKIPS + 1):
            if planned.agrees(groups, more):
                planned.skip(more)
                self.skipped += more
                return True
        return False

    def _look(self, found: Mismatch) -> None:
        """Look for a cause in what was seen since the first difference."""
        plan = self._plan
        whole = plan.whole() if plan is not None else None
        if whole is None or whole.updates > _LONGEST or found.update >= whole.updates:
            return
        before = np.arange(max(0, found.update - _BEFORE), found.update)
        values = whole.values("lr", min(found.group, len(whole.groups) - 1))
        updates = np.concatenate([before, [update for update, _ in self._seen]]).astype(np.int64)
        used = np.concatenate([values[before], [value for _, value in self._seen]])
        logged = Trace(
            "run",
            "the run",
            ("0",),
            {"lr": used[:, None]},
            {},
            Length(int(updates[-1]) + 1),
            steps=updates,
        )
        one = replace(whole, groups=whole.groups[:1], curves={"lr": values[:, None]}, after={})
        verdict = judge(one, logged, plan.schedule if plan is not None else None)
        if verdict.causes:
            self.mismatch = replace(found, verdict=verdict)
            self._report(self.mismatch)

    def _report(self, found: Mismatch) -> None:
        if callable(self._on):
            self._on(found)
        elif self._on == "raise" and found.verdict is None:
            raise MismatchError(found.sentence)
        elif _rank() == 0:
            self._tell(found.sentence)

    def _tell(self, sentence: str) -> None:
        label = f"{self._plan.label}: " if self._plan is not None else ""
        warnings.warn(f"{label}{sentence}", ScheduleWarning, stacklevel=2)


class _Rows:
    """The planned rows, one after another, of which a block is in memory."""

    def __init__(self, blocks: Iterator[Mapping[str, np.ndarray]], start: int) -> None:
        self._blocks = blocks
        self.names: list[str] = []
        self._block: list[list[float]] = []
        self._at = 0
        self.row: list[float] | None = None
        self.single = False
        self.groups = 0
        self._load()
        self.skip(start)

    def _load(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        self.names = list(block)
        self.groups = block["lr"].shape[1]
        self.single = self.names == ["lr"] and self.groups == 1
        more = np.concatenate([block[name] for name in self.names], axis=1).tolist()
        self._block = self._block[self._at :] + more
        self._at = 0
        return True

    def skip(self, rows: int) -> None:
        """Go so many rows on."""
        while self._at + rows >= len(self._block):
            rows -= len(self._block) - self._at
            self._at = len(self._block)
            if not self._load():
                self.row = None
                return
        self._at += rows
        self.row = self._block[self._at]

    def advance(self) -> None:
        """Go to the next row."""
        self._at += 1
        if self._at < len(self._block):
            self.row = self._block[self._at]
        else:
            self._at -= 1
            self.skip(1)

    def agrees(self, groups: list[dict[str, Any]], ahead: int = 0) -> bool:
        """Tell whether groups have what is planned for this row, or for one ahead of it."""
        while self._at + ahead >= len(self._block):
            if not self._load():
                return False
        row = self._block[self._at + ahead]
        if len(groups) != self.groups:
            return False
        if len(self.names) == 1:
            return all(group["lr"] == value for group, value in zip(groups, row, strict=True))
        return [value for _, _, value in used(groups, self.names)] == row

    def planned(self, param: str, group: int) -> float:
        """Return what is planned of a quantity of a group."""
        if self.row is None or param not in self.names or group >= self.groups:
            return float("nan")
        return self.row[self.names.index(param) * self.groups + group]


def used(groups: list[dict[str, Any]], names: list[str]) -> Iterator[tuple[str, int, float]]:
    """Yield quantity, index and value of each group, of one quantity after another."""
    reads = [readers(group) for group in groups]
    for name in names:
        for index, group in enumerate(groups):
            read = reads[index].get(name)
            yield name, index, float("nan") if read is None else read(group)


def _first(update: int, groups: list[dict[str, Any]], planned: _Rows) -> Mismatch:
    for param, group, value in used(groups, planned.names or ["lr"]):
        expected = planned.planned(param, group)
        if value != expected:
            return Mismatch(update, param, group, expected, value)
    return Mismatch(update, "lr", 0, float("nan"), float(groups[0]["lr"]))


def _by_scaler(frame: FrameType | None) -> bool:
    """Tell whether torch's GradScaler called the step."""
    for _ in range(16):
        if frame is None:
            return False
        if frame.f_code.co_filename.endswith("grad_scaler.py"):
            return True
        frame = frame.f_back
    return False


def _rank() -> int:
    from torch import distributed

    there = distributed.is_available() and distributed.is_initialized()
    return int(distributed.get_rank()) if there else 0


def _close(handle: Any, log: LogWriter | None) -> None:
    handle.remove()
    if log is not None:
        log.close()
