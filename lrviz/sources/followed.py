"""What a script's schedulers do, as a schedule's function, and how the script uses them."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lrviz.errors import Place
from lrviz.writing.numbers import count

Fault = Literal["before", "often", "never", "unscheduled", "late-group"]


@dataclass(frozen=True)
class Stepped:
    """A scheduler of a script, and how the script stepped it.

    Attributes:
        kind: Its class.
        skipped: Its values that were over before the first update.
        times: Calls of step() between two updates, where they were always as many; else 0.
        updates: Updates that were looked at.
        known: Param groups that the optimizer had when it was built.
        never: It was not stepped in these updates, an epoch of them or all that there are.
        over: The script made no more.
        metric: It looks at a metric.
        built: Where the script built it; None where that is not in the script's own files.
        stepped: Where the script called step() first; likewise.
    """

    kind: str
    skipped: int
    times: int
    updates: int
    known: int
    never: bool
    over: bool
    metric: bool
    built: Place | None
    stepped: Place | None

    @property
    def batches(self) -> bool:
        """It is stepped after each of the batches that make an update."""
        return self.times > 1 and self.skipped == self.times - 1


@dataclass(frozen=True)
class Observed:
    """A fault that only a run shows.

    Attributes:
        fault: Which.
        message: What the script does.
        advice: What it should do.
        place: Where, in the script; None where that is not known.
        sure: No later part of the script could change it.
    """

    fault: Fault
    message: str
    advice: str
    place: Place | None
    sure: bool = True


@dataclass(frozen=True)
class Followed:
    """What the schedulers on one optimizer of a script do; called, it is a schedule's function.

    Attributes:
        optimizer: The optimizer's class.
        groups: How many param groups it has in the end.
        curves: By quantity, shape (N + 1, G): row t is what update t uses, the last what the one
            behind the last would.
        error: What a scheduler raised where its curve ends before the training; or None.
        schedulers: The schedulers, in the order in which they were built.
        beside: The script's optimizers that have schedulers.
        place: Where the script makes its updates; None where installed code does.
    """

    optimizer: str
    groups: int
    curves: dict[str, NDArray[np.float64]]
    error: str | None
    schedulers: tuple[Stepped, ...]
    beside: tuple[str, ...]
    place: Place | None

    def __call__(self, optimizer: Any) -> Replay:
        """Return a scheduler that gives these values."""
        return Replay(optimizer, self)

    @property
    def observed(self) -> tuple[Observed, ...]:
        """The faults that were seen."""
        return tuple(self._observed())

    def _observed(self) -> Iterator[Observed]:
        if not self.schedulers:
            yield Observed(
                "unscheduled",
                f"no scheduler acts on this {self.optimizer}, while one does on the script's "
                f"{', '.join(self.beside)}: its lr stays as it is",
                "build one for it too, unless its lr is meant to stay",
                self.place,
            )
        for each in self.schedulers:
            if each.never:
                updates = _updates(each.updates)
                first = f"not stepped in the first {updates}, an epoch or more"
                yield Observed(
                    "never",
                    f"{each.kind} is "
                    + (f"never stepped in all the {updates}" if each.over else first),
                    "call scheduler.step() after each optimizer.step(), or after each epoch where "
                    "it counts epochs",
                    each.built,
                    sure=each.over,
                )
            if each.skipped and not each.batches:
                yield Observed(
                    "before",
                    f"{each.kind} is stepped before the first optimizer.step(): its first "
                    f"{'value is' if each.skipped == 1 else f'{count(each.skipped)} values are'} "
                    "never used",
                    "call optimizer.step() first",
                    each.stepped,
                )
            if each.times > 1:
                times = count(each.times)
                where = f", after each of the {times} batches that make one" * each.batches
                yield Observed(
                    "often",
                    f"{each.kind} is stepped {times} times an update{where}: a schedule made for "
                    "one step an update is over that much sooner",
                    f"step it once an update, or multiply its lengths by {times} where that is "
                    "meant",
                    each.stepped,
                )
            if each.known < self.groups:
                rates = self.curves["lr"]
                moves = np.any(rates != rates[0], axis=0)
                # Some compute from each group's last rate, and then set the new ones as well.
                stays = moves[: each.known].any() and not moves[each.known :].any()
                late = rates.shape[1] > each.known and bool(stays)
                yield Observed(
                    "late-group",
                    f"{each.kind} was built when the optimizer had {count(each.known)} of its "
                    f"{count(self.groups)} param groups, and "
                    + ("leaves the others as they are" if late else "has no base lr of the others"),
                    "add groups before it is built",
                    each.built,
                )


def _updates(number: int) -> str:
    return "1 update" if number == 1 else f"{count(number)} updates"


class Replay:
    """A scheduler that sets the values that a script's own have set."""

    def __init__(self, optimizer: Any, followed: Followed) -> None:
        self.optimizer = optimizer
        self._followed, self._row = followed, 0
        self._set()

    def step(self) -> None:
        """Set the values of the next update; raise what the script's scheduler did."""
        self._row += 1
        rows = len(self._followed.curves["lr"])
        if self._followed.error is not None and self._row >= rows - 1:
            name, _, text = self._followed.error.partition(": ")
            kind = getattr(builtins, name, RuntimeError)
            raise kind(text)
        if self._row < rows:
            self._set()

    def _set(self) -> None:
        for name, curve in self._followed.curves.items():
            for group, value in zip(self.optimizer.param_groups, curve[self._row], strict=True):
                group[name] = float(value)
