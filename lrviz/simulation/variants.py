"""A schedule run otherwise: longer, or as written for another length, warmup or learning rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from lrviz import catalog
from lrviz.curves.events import Array
from lrviz.document import Map, Seq
from lrviz.errors import LrvizError
from lrviz.sources.loading import load
from lrviz.spec.schedule import MemberSpec, Schedule

Change = Callable[[str, Any], Any]
"""What takes the place of a value, by the name of its argument."""


class Rerun:
    """The variants of one curve of a schedule, by stepping the real schedulers.

    Attributes:
        schedule: The plan.
        group: Index of the param group.
        param: `lr`, or another quantity that the schedule moves.
    """

    def __init__(self, schedule: Schedule, group: int = 0, param: str = "lr") -> None:
        self.schedule = schedule
        self.group = group
        self.param = param
        self._longest: Array | None = None
        self._asked = 0

    def longer(self, updates: int) -> Array | None:
        """Return `updates` values of the same schedulers, stepped on where the training is over."""
        # What follows changes nothing of what came before: the longest run holds all shorter ones.
        if self._longest is None or self._asked < updates:
            # Here: a log that is the plan asks for no variant, and is told so without torch.
            from lrviz.building.factory import build_schedule
            from lrviz.simulation.loop import run

            self._asked = max(updates, 2 * self._asked)
            try:
                built = build_schedule(self.schedule)
                length = replace(built.length, updates=self._asked)
                self._longest = run(replace(built, length=length)).values(self.param, self.group)
            except LrvizError:
                return None
        return self._longest[:updates]

    def of_length(self, total: int, updates: int) -> Array | None:
        """Return `updates` values of the schedule as written for a training of `total` updates.

        Shares follow the training's length by themselves; of the whole numbers, those that are the
        training's length, or what is left of it behind another of them, change with it.
        """
        length = self.schedule.length
        if self.schedule.function is not None or total < 1:
            return None
        members = []
        for member in self.schedule.members:
            calls = Fraction(length.updates, self._unit(member))
            new = Fraction(total, self._unit(member))
            counts = _counts(member.node)

            def change(name: str, value: Any) -> Any:
                del name
                for before in (0, *counts):  # noqa: B023  (called before the next turn)
                    if value == calls - before and new - before > 0:  # noqa: B023
                        return round(new - before)  # noqa: B023
                return value

            members.append(replace(member, node=_changed(member.node, change)))
        written = replace(
            self.schedule, length=replace(length, updates=total), members=tuple(members)
        )
        return Rerun(written, self.group, self.param).longer(updates)

    def of_warmup(self, warmup: int) -> Array | None:
        """Return the values of the schedule with a warmup of so many updates.

        A warmup is an argument with `warmup` in its name, or the first phase of a SequentialLR.
        """
        if self.schedule.function is not None:
            return None
        members, found = [], False
        for member in self.schedule.members:
            calls = round(Fraction(warmup, self._unit(member)))
            node = _with_warmup(member.node, calls)
            found = found or node is not None
            members.append(member if node is None else replace(member, node=node))
        if not found:
            return None
        return self._values(replace(self.schedule, members=tuple(members)), self.group)

    def _unit(self, member: MemberSpec) -> int:
        """Return the updates between two calls of a member's step()."""
        return self.schedule.length.unit(member.interval) * member.frequency

    def of_rate(self, factor: float) -> Array | None:
        """Return the values of the schedule with the optimizer's lr times `factor`."""
        if self.schedule.function is not None:
            return None
        optimizer = self.schedule.optimizer
        lr = optimizer.lr if optimizer.lr is not None else optimizer.options.get("lr")
        if not isinstance(lr, int | float):
            return None
        changed = replace(optimizer, lr=lr * factor)
        return self._values(replace(self.schedule, optimizer=changed), self.group)

    def others(self) -> Iterator[tuple[str, Array]]:
        """Yield the presets and torch's classes by name, over the same length, with the same lr."""
        optimizer = self.schedule.optimizer
        lr = optimizer.lr if optimizer.lr is not None else optimizer.options.get("lr")
        if not isinstance(lr, int | float):
            return
        for name in catalog.names():
            try:
                [other] = load(name, steps=self.schedule.length.updates, lr=float(lr))
                values = self._values(other, 0)
            except (LrvizError, ValueError):
                continue  # it needs arguments
            if values is not None:
                yield name, values

    def _values(self, schedule: Schedule, group: int) -> Array | None:
        from lrviz.simulation.simulated import simulated

        try:
            trace = simulated(schedule)
        except LrvizError:
            return None
        return trace.values(self.param, group) if self.param in trace.curves else None


def _counts(node: Any) -> list[int]:
    """Return the whole numbers in a scheduler's arguments."""
    if isinstance(node, Map):
        return [count for value in node.values() for count in _counts(value)]
    if isinstance(node, list):
        return [count for value in node for count in _counts(value)]
    return [node] if isinstance(node, int) and not isinstance(node, bool) else []


def _changed(node: Any, change: Change, name: str = "") -> Any:
    """Return a copy of a scheduler's arguments with each value changed."""
    if isinstance(node, Map):
        changed = {key: _changed(value, change, key) for key, value in node.items()}
        return Map(changed, node.places, node.place)
    if isinstance(node, Seq):
        return Seq([_changed(item, change, name) for item in node], node.places, node.place)
    return change(name, node)


def _with_warmup(node: Map, calls: int) -> Map | None:
    """Return a scheduler with another warmup; None where it has none."""
    changed = False

    def change(name: str, value: Any) -> Any:
        nonlocal changed
        if "warmup" in name and isinstance(value, int | str) and not isinstance(value, bool):
            changed = True
            return calls
        return value

    result: Map = _changed(node, change)
    milestones = node.get("milestones")
    phases = node.get("schedulers")
    if isinstance(milestones, Seq) and isinstance(phases, Seq) and milestones and calls > 0:
        first = phases[0]
        if isinstance(first, Map) and "total_iters" in first:
            phase = first.without("total_iters")
            phase.put("total_iters", calls, first.places.get("total_iters") or first.places["type"])
            result = Map(
                {
                    **result,
                    "milestones": Seq([calls, *milestones[1:]], milestones.places),
                    "schedulers": Seq([phase, *result["schedulers"][1:]], phases.places),
                },
                node.places,
                node.place,
            )
            changed = True
    return result if changed else None
