"""The schedulers of a curve as rules see them: flat, with horizons, whoever built them."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lrviz.building.built import Built, BuiltScheduler, Part

_COMPOSITES = ("SequentialLR", "ChainedScheduler")


@dataclass(frozen=True)
class Leaf:
    """A scheduler that sets learning rates itself.

    Attributes:
        part: Its arguments and its phase.
        parents: The composites that it stands in, the outermost first.
    """

    part: Part
    parents: tuple[Part, ...] = ()

    @property
    def sequence(self) -> Part | None:
        """The SequentialLR that it is a phase of, if it is one."""
        inside = self.parents[-1] if self.parents else None
        return inside if inside is not None and inside.type == "SequentialLR" else None


def leaves(part: Part, parents: tuple[Part, ...] = ()) -> Iterator[Leaf]:
    """Yield the schedulers in a part that are no composites, in order."""
    if not part.parts and part.type not in _COMPOSITES:
        yield Leaf(part, parents)
    for inner in part.parts:
        yield from leaves(inner, (*parents, part))


def composites(
    part: Part, parents: tuple[Part, ...] = ()
) -> Iterator[tuple[Part, tuple[Part, ...]]]:
    """Yield the composites in a part, each with those that it stands in."""
    if part.type in _COMPOSITES:
        yield part, parents
    for inner in part.parts:
        yield from composites(inner, (*parents, part))


def parts_of(built: Built) -> tuple[Part, ...]:
    """Return the top-level schedulers; of objects that code built, as far as they tell."""
    if built.parts or not built.schedulers:
        return built.parts
    return tuple(_top(built, index, each) for index, each in enumerate(built.schedulers))


def _top(built: Built, member: int, each: BuiltScheduler) -> Part:
    cadence = each.cadence
    # What it had taken before the first update belongs to its phase, which began earlier.
    calls = max(1, each.taken + cadence.counts(built.length))
    per_call = Fraction(cadence.per_count(built.length))
    return _read(each.scheduler, member, cadence.missed - each.taken, calls, per_call)


def _read(scheduler: Any, member: int, start: int, calls: int, per_call: Fraction) -> Part:
    inner: list[Part] = []
    milestones = getattr(scheduler, "_milestones", None)
    members = getattr(scheduler, "_schedulers", ())
    bounds = [0, *milestones] if milestones is not None else [0] * len(members)
    for index, each in enumerate(members):
        sequential = milestones is not None and index + 1 < len(bounds)
        end = bounds[index + 1] if sequential else calls
        length = max(1, end - bounds[index])
        inner.append(_read(each, member, start + bounds[index], length, per_call))
    arguments = {} if members else _arguments(scheduler)
    if milestones is not None:
        arguments["milestones"] = list(milestones)
    name = type(scheduler).__name__
    return Part(name, (), arguments, {}, start, calls, per_call, member, tuple(inner))


def _arguments(scheduler: Any) -> dict[str, Any]:
    """Return those of a torch scheduler's arguments that it keeps under their own names."""
    if not type(scheduler).__module__.startswith("torch.optim"):
        return {}
    names = [name for name in inspect.signature(type(scheduler)).parameters if name != "optimizer"]
    found = {name: getattr(scheduler, name) for name in names if hasattr(scheduler, name)}
    return {
        name: sorted(value.elements()) if isinstance(value, Counter) else value
        for name, value in found.items()
        if isinstance(value, int | float | str | list | Counter)
    }
