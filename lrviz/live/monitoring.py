"""A running optimizer, held against a plan and written to a log as its updates are made."""

from __future__ import annotations

import os
import sys
import time
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import numpy as np
from torch.optim import Optimizer

from lrviz.curves.diagnosis.verdict import Cause, Verdict
from lrviz.curves.trace import Trace
from lrviz.errors import LrvizError
from lrviz.live.finding import caller
from lrviz.live.plans import Plan
from lrviz.live.rows import ROUNDING, Rows, used
from lrviz.live.writing import LogWriter, ScheduleWarning
from lrviz.simulation.logged import judge
from lrviz.simulation.simulated import simulated
from lrviz.spec.durations import Length
from lrviz.writing.numbers import count, lr

# So many rows behind the first difference a cause is looked for; what none explains by then is not
# looked at again.
_LOOKS = (3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512)
_BEFORE = 64  # rows before it that are shown to the diagnosis
_SKIPS = 20  # updates in a row that a gradient scaler may skip
_LONGEST = 50_000  # updates of a plan up to which a cause is looked for
_SECONDS = 1.0  # of its own time, not the clock's: so long it is looked for, in all


class MismatchError(LrvizError):
    """An optimizer's update uses another value than its plan."""


@dataclass(frozen=True)
class Mismatch:
    """The first update that uses another value than its plan, and what explains it.

    Attributes:
        update: It, 0-based.
        param: The quantity: `lr`, `momentum` ...; `groups`, where there are other param groups.
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
        if self.param == "groups":
            return (
                f"update {count(self.update)}: the optimizer has {int(self.used)} param groups, "
                f"the plan {int(self.planned)}"
            )
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
        self.update = self._begun = start
        self.skipped = 0
        self.mismatch: Mismatch | None = None
        self._optimizer = optimizer
        self._plan = plan
        self._on = on_mismatch
        # The schedulers themselves go on from here; other plans begin with the training.
        first = 0 if plan is None or plan.goes_on else start
        self._planned = Rows(plan.blocks, first) if plan is not None else None
        self._seen: list[tuple[int, float]] = []  # what the first group that differs used since
        self._ended, self._spent = False, 0.0  # the search for a cause, and what it has taken
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
        planned = self._planned
        if planned is not None:
            row = planned.row
            if (
                row is None
                or self.mismatch is not None
                or not (
                    groups[0]["lr"] == row[0]
                    if planned.single and len(groups) == 1
                    else planned.agrees(groups)
                )
            ):
                self._differs(groups)
            planned.advance()
        if self._log is not None:  # behind what may raise: then the update is not made
            self._log.write(self.update, groups)
        self.update += 1

    # Dynamo leaves it to Python, where a step is compiled.
    _before._torchdynamo_disable = True  # type: ignore[attr-defined]

    def _differs(self, groups: list[dict[str, Any]]) -> None:
        planned = self._planned
        assert planned is not None
        if self.mismatch is None:
            if planned.row is not None and (planned.rounds(groups) or self._is_ahead(groups)):
                return
            self.mismatch = _first(self.update, groups, planned)
            self._report(self.mismatch)
        found = self.mismatch
        if found.verdict is not None or np.isnan(found.planned) or found.param != "lr":
            return
        if self._ended or found.group >= len(groups):
            return
        self._seen.append((self.update, float(groups[found.group]["lr"])))
        if len(self._seen) in _LOOKS:
            begun = time.thread_time()
            self._look(found)
            self._spent += time.thread_time() - begun
        if len(self._seen) >= _LOOKS[-1] or self._spent > _SECONDS:
            self._ended = True
            self._seen.clear()

    def _is_ahead(self, groups: list[dict[str, Any]]) -> bool:
        """Tell whether a gradient scaler skipped updates, after which the schedule is ahead."""
        planned = self._planned
        if planned is None or not _skipped(sys._getframe(1), first=self.update == self._begun):
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
        if plan is None or (plan.schedule and plan.schedule.length.updates > _LONGEST):
            return
        whole = plan.whole()
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
        verdict = judge(one, logged, plan.schedule)
        causes = tuple(each for each in verdict.causes if self._is_certain(each, logged, found))
        if causes and len(causes) == len(verdict.causes):
            self.mismatch = replace(found, verdict=verdict)
            self._report(self.mismatch)

    def _is_certain(self, cause: Cause, logged: Trace, found: Mismatch) -> bool:
        """Tell whether so few rows tell a cause from its neighbours.

        A warmup may be the same one for a range of lengths; and no update is read too early here.
        """
        schedule = self._plan.schedule if self._plan is not None else None
        if cause.name in ("early", "late"):
            return False
        if cause.name not in ("length", "remapped") or schedule is None or logged.steps is None:
            return True
        total = int(cause.parameters["updates"])
        for other in (total - 1, total + 1):
            if other < logged.updates:
                continue
            longer = replace(schedule, length=replace(schedule.length, updates=other))
            values = simulated(longer).values("lr", 0)[logged.steps]
            if np.allclose(values, logged.values(), rtol=ROUNDING, atol=0):
                return False
        return True

    def _report(self, found: Mismatch) -> None:
        if callable(self._on):
            self._on(found)
        elif self._on == "raise" and found.verdict is None:
            raise MismatchError(found.sentence)
        elif _rank() == 0:
            self._tell(found.sentence)

    def _tell(self, sentence: str) -> None:
        label = f"{self._plan.label}: " if self._plan is not None else ""
        place = caller()
        if place is None:
            warnings.warn(f"{label}{sentence}", ScheduleWarning, stacklevel=2)
        else:
            warnings.warn_explicit(f"{label}{sentence}", ScheduleWarning, *place)


def _first(update: int, groups: list[dict[str, Any]], planned: Rows) -> Mismatch:
    if planned.row is not None and planned.groups not in (1, len(groups)):
        return Mismatch(update, "groups", 0, planned.groups, len(groups))
    for param, group, value in used(groups, planned.names or ["lr"]):
        expected = planned.planned(param, group)
        if value != expected:
            return Mismatch(update, param, group, expected, value)
    return Mismatch(update, "lr", 0, float("nan"), float(groups[0]["lr"]))


def _skipped(frame: FrameType | None, *, first: bool) -> bool:
    """Tell whether torch's GradScaler calls the step, and has skipped the one before.

    torch 2.13, `amp/grad_scaler.py`: a skip sets its count of steps without one to 0, and the next
    step finds it there. So does the growth of its scale, once in `growth_interval` steps, and the
    first step of all, where a skip has lowered the scale as well.
    """
    for _ in range(16):
        if frame is None:
            return False
        if frame.f_code.co_filename.endswith("grad_scaler.py"):
            scaler: Any = frame.f_locals.get("self")
            tracker = getattr(scaler, "_get_growth_tracker", None)
            if tracker is None or not scaler.is_enabled() or int(tracker()) != 0:
                return False
            return not first or scaler.get_scale() < scaler._init_scale
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
