"""Durations to counts of calls, where code cannot write them as shares of a schedule's steps."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from lrviz import catalog
from lrviz.document import Map, Seq
from lrviz.shapes import SHAPES
from lrviz.spec import durations
from lrviz.spec.cadence import Cadence
from lrviz.spec.durations import Length
from lrviz.spec.schedule import MemberSpec

_SHARE = re.compile(r"(\d*\.?\d*(?:[eE][-+]?\d+)?)lr")  # of the learning rate
_OF_THE_PHASE = re.compile(r"\b(progress|total)\b")


def is_in_updates(member: MemberSpec) -> bool:
    """Tell whether a scheduler counts updates, from the first on, and shares of all of them."""
    units = {each.unit for each in _durations((member.node, member.begin, member.end))}
    return (
        member.interval == "step"
        and member.frequency == 1
        and units <= {"dur", "rest", "ba"}
        and not ("rest" in units and member.begin)
        and not _tells_a_part(member.node, inside=bool(member.begin) or member.end is not None)
    )


def counted(member: MemberSpec, length: Length) -> MemberSpec:
    """Return a scheduler whose durations are whole numbers of what it counts.

    Those are calls of its `step()`, begun when it is built; an expression has the calls of its own
    phase for `total`.

    Raises:
        SpecError: A duration cannot be told in updates.
    """
    unit = length.unit(member.interval)
    begin, end = (_moment(each, length, unit) for each in (member.begin, member.end))
    cadence = Cadence(member.interval, member.frequency, begin or 0, end)
    phases = _Phases(length, Fraction(cadence.per_count(length)))
    node = phases.node(member.node, cadence.missed, max(1, cadence.counts(length)))
    return replace(member, node=node, begin=begin or 0, end=end)


class _Phases:
    """What durations are in phases of a scheduler."""

    def __init__(self, length: Length, per_call: Fraction) -> None:
        self.length, self.per_call = length, per_call

    def node(self, node: Map, start: int, calls: int) -> Map:
        """Return a scheduler whose phase begins after `start` calls and has `calls`."""
        found = catalog.scheduler_class(node["type"])
        arguments = found.signature if found else ()
        floats = {each.name for each in arguments if each.annotation == "float"}
        result = Map({"type": node["type"]})
        for key, value in node.items():
            if key not in ("type", "schedulers"):
                is_float = key in floats
                result[key] = value if is_float else self.value(key, value, start, calls)
        if "schedulers" in node:
            milestones = result.get("milestones")
            sequential = milestones is not None
            bounds = [0, *(milestones or ())] if sequential else [0] * len(node["schedulers"])
            ends = [*bounds[1:], calls] if sequential else []
            members = zip_longest(node["schedulers"], bounds, ends[: len(node["schedulers"])])
            inner = [
                self.node(
                    each if isinstance(each, Map) else Map({"type": each}),
                    start + (begin or 0),
                    max(1, (calls if end is None else end) - (begin or 0)),
                )
                for each, begin, end in members
                if each is not None
            ]
            result["schedulers"] = Seq(inner)
        return Map({key: result[key] for key in node})

    def value(self, key: str, value: Any, start: int, calls: int) -> Any:
        """Return an argument's value in such a phase."""
        if isinstance(value, Seq):
            return Seq([self.value(key, each, start, calls) for each in value])
        if isinstance(value, Map):
            given = {name: self.value(name, each, start, calls) for name, each in value.items()}
            if "total" in inspect.signature(SHAPES[value["shape"]]).parameters:
                given.setdefault("total", calls)
            return Map(given)
        if not isinstance(value, str) or _SHARE.fullmatch(value):
            return value
        duration = durations.parse(value)
        if duration is not None:
            count = durations.calls(duration, self.length, per_call=self.per_call, start=start)
            return count.value
        if key != "lr_lambda":
            return value
        return re.sub(r"\btotal\b", str(calls), re.sub(r"\bprogress\b", f"(step / {calls})", value))


def _moment(value: Any, length: Length, unit: int) -> int | None:
    duration = durations.parse(value) if isinstance(value, str) else None
    if duration is None:
        return None if value is None else int(value)
    return round(duration.updates(length) / unit)


def _durations(value: Any) -> Iterator[durations.Duration]:
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str):
        found = durations.parse(value)
        yield from () if found is None else (found,)
    elif not isinstance(value, int | float | None):
        for each in value:
            yield from _durations(each)


def _tells_a_part(node: Any, *, inside: bool) -> bool:
    """Tell whether an expression or a shape counts a phase that is less than the training."""
    if isinstance(node, str):
        return inside and _OF_THE_PHASE.search(node) is not None
    if isinstance(node, dict):
        shape = SHAPES.get(str(node.get("shape")))
        if inside and shape is not None and "total" in inspect.signature(shape).parameters:
            return True
        below = inside or "milestones" in node
        return any(_tells_a_part(each, inside=below) for each in node.values())
    return isinstance(node, list) and any(_tells_a_part(each, inside=inside) for each in node)
