"""What a rule looks at: a schedule, what was built from it, and the curve that came of it.

Everything that several rules need is computed once, on first use; all rules together cost a few
passes over the curve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lrviz.checking.edit import Edit
from lrviz.checking.parts import Leaf, leaves, parts_of
from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.document import KeyPath, Map, Seq, parse, scalar, unplaced
from lrviz.errors import Place, SpecError
from lrviz.sources.followed import Followed, Observed
from lrviz.spec import durations
from lrviz.spec.schedule import Schedule

if TYPE_CHECKING:
    from lrviz.building.built import Built, Part

# Keys by which other programs name a class: the file is theirs, and lrviz's own notation
# (`5%`, `rest`) would mean nothing to them.
FOREIGN = ("_target_", "class_path")

# Enough to tell param groups apart: what they differ in is a factor, or the whole shape. The first
# and the last updates are looked at one by one: that is where a group is forgotten.
SAMPLES = 512
EDGE = 32


@dataclass(frozen=True, eq=False)
class Subject:
    """One curve with all that is known about it, and the param groups that are looked at.

    Attributes:
        schedule: What was asked for.
        built: The real objects, after the run.
        trace: What each update used.
        lrs: The groups' learning rates before any scheduler touched them, shape (G,).
        text: Gives what stands at a place; None where no file is behind it.
        restart: What follows where the training is resumed, and not all is restored.
        family: Indices of the groups that are looked at, whose curves are one up to a factor, the
            highest first; empty for all, of which the highest is looked at.
    """

    schedule: Schedule
    built: Built
    trace: Trace
    lrs: tuple[float, ...]
    text: Callable[[Place], str | None]
    restart: Trace | None = None
    family: tuple[int, ...] = ()

    def shapes(self) -> tuple[Subject, ...]:
        """Return a subject for each shape that the groups have, the highest first."""
        count = len(self.trace.groups)
        if count == 1:
            return (self,)
        inside = range(0, self.updates, max(1, self.updates // (SAMPLES // 2)))
        first, last = (
            range(min(EDGE, self.updates)),
            range(max(0, self.updates - EDGE), self.updates),
        )
        rates = self.trace.lr[np.unique([*first, *inside, *last])]
        heights = np.fmax.reduce(np.abs(rates), axis=0)
        with np.errstate(all="ignore"):
            forms = np.round(rates / np.where(heights > 0, heights, 1), 7) + 0.0
            # How far below its own lr a group stays is a part of what there is to say of it.
            reach = np.floor(10 * np.minimum(np.fmax.reduce(rates, axis=0) / self.lrs, 2))
        families: dict[bytes, list[int]] = {}
        for group, form in enumerate(np.vstack([forms, reach]).T):
            families.setdefault(form.tobytes(), []).append(group)
        order = np.nan_to_num(heights, nan=-1.0)
        ranked = [sorted(each, key=lambda group: -order[group]) for each in families.values()]
        ranked.sort(key=lambda each: -order[each[0]])
        found = tuple(replace(self, family=tuple(each)) for each in ranked)
        for each in found:  # what all groups share is computed, and held, once
            vars(each).update(sampled=self.sampled, main=self.main)
        return found

    @property
    def observed(self) -> tuple[Observed, ...]:
        """What a script did with its schedulers, where one was run."""
        function = self.schedule.function
        return function.observed if isinstance(function, Followed) else ()

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The top-level schedulers with their arguments."""
        return parts_of(self.built)

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The schedulers that set a learning rate, each with the composites that it stands in."""
        return tuple(leaf for part in self.parts for leaf in leaves(part))

    @cached_property
    def sampled(self) -> Array:
        """Some hundred rows of the learning rates, the first and the last among them."""
        stride = max(1, self.updates // SAMPLES)
        return np.concatenate([self.trace.lr[::stride], self.trace.lr[-1:]])

    @cached_property
    def group(self) -> int:
        """Index of the group that is looked at."""
        return self.family[0] if self.family else self.main

    @cached_property
    def main(self) -> int:
        """Index of the group that gets highest, of the sampled rows."""
        highest = np.fmax.reduce(self.sampled, axis=0)
        return 0 if np.isnan(highest).all() else int(np.nanargmax(highest))

    @cached_property
    def lr(self) -> Array:
        """That group's learning rates, shape (N,)."""
        return np.ascontiguousarray(self.trace.values("lr", self.group))

    @cached_property
    def peak(self) -> float:
        """The highest learning rate; NaN where all are."""
        return float(np.fmax.reduce(self.lr))

    @cached_property
    def peak_at(self) -> int:
        """The first update that uses the highest learning rate."""
        return 0 if math.isnan(self.peak) else int(np.argmax(self.lr == self.peak))

    @property
    def final(self) -> float:
        """The last update's learning rate."""
        return float(self.lr[-1])

    @property
    def updates(self) -> int:
        """How many updates the curve has."""
        return self.trace.updates

    @property
    def base(self) -> float:
        """The looked-at group's own learning rate."""
        return self.lrs[self.group]

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest learning rate of that group; NaN if one is."""
        return float(self.lr.min()), float(self.lr.max())

    @cached_property
    def foreign(self) -> bool:
        """It is code, or another program's file, where `_target_` or `class_path` name a scheduler.

        A count is a number there: lrviz's own notation is none.
        """
        elsewhere = self.schedule.function is not None or self.schedule.config is not None
        return elsewhere or any(
            (place := self.place(leaf.part, "type")) is not None and self.text(place) in FOREIGN
            for leaf in self.leaves
        )

    def stepping(self, interval: str) -> str:
        """Return the advice to step once an epoch, or an update: a key of a spec, else words."""
        if self.schedule.config is None and self.schedule.function is None:
            return f"set `interval: {interval}`"
        return f"step it once an {'epoch' if interval == 'epoch' else 'update'}"

    @property
    def resumed(self) -> bool:
        """The run begins in mid-schedule: its rises and falls may lie before it."""
        return any(each.taken for each in self.built.schedulers)

    @property
    def per_epoch(self) -> int | None:
        """Updates an epoch, where that is known and more than a stand-in for an epoch."""
        length = self.trace.length
        return None if length.epochs_only else length.updates_per_epoch

    def top(self, part: Part) -> Part:
        """Return the top-level scheduler that a part is, or is in."""
        return self.parts[part.member]

    def governs_end(self, leaf: Leaf) -> bool:
        """Tell whether a scheduler is still at work at the training's end."""
        top, part = self.top(leaf.part), leaf.part
        last = leaf.part.start + leaf.part.calls >= top.start + top.calls
        stop = self.built.schedulers[part.member].end
        reached = part.start < top.start + top.calls
        return last and reached and (stop is None or stop >= self._units(part.member))

    def _units(self, member: int) -> int:
        return self.built.schedulers[member].cadence.units(self.built.length)

    def update_of(self, part: Part, calls: int) -> int:
        """Return the first update that uses what a part gives after so many calls in its phase.

        It is the run's first for what was given before it, in a training that is resumed.
        """
        exact: Fraction = (part.start + calls) * part.updates_per_call
        # Epoch e is given after the first update of it, and used from the second on.
        late = exact > 0 and self.built.schedulers[part.member].interval == "fraction"
        return max(0, math.ceil(exact) + late)

    def at(self, update: int) -> float:
        """Return the learning rate of an update, the last one's beyond the end."""
        return float(self.lr[min(update, self.updates - 1)])

    # Where things stand in the spec

    def node(self, part: Part) -> Map:
        """Return a part's own data, as written; empty for objects that code built."""
        found = self.raw(part.path)
        return found if isinstance(found, Map) else Map()

    def raw(self, path: KeyPath) -> Any:
        """Return what the spec has at a path, or None."""
        data: Any = self.schedule.tree
        for key in path:
            if isinstance(data, Map) and key in data:
                data = data[str(key)]
            elif isinstance(data, Seq) and isinstance(key, int) and key < len(data):
                data = data[key]
            else:
                return None
        return data

    def place(self, part: Part, name: str, *inner: str | int) -> Place | None:
        """Return where an argument's key stands, or the scheduler's name where it is not given.

        Of a list with a value a group, where only some are looked at: where that group's stands.
        """
        if name in self.node(part):
            given = self.node(part)[name]
            each = isinstance(given, Seq) and len(given) == len(self.lrs)
            if each and not inner and 0 < len(self.family) < len(self.lrs):
                return self.schedule.at(*part.path, name, self.group)
            return self.schedule.at(*part.path, name, *inner, key=True)
        return self.schedule.at(*part.path, "type", key=True) or self.schedule.at(*part.path)

    def beside(self, part: Part, name: str) -> tuple[Place | None, Any]:
        """Return place and value of what stands beside a top-level scheduler, as `interval`."""
        path = self.member_path(part)
        data = self.raw(path)
        if isinstance(data, Map) and name in data:
            return self.schedule.at(*path, name, key=True), data[name]
        return self.place(self.top(part), "type"), None

    def member_path(self, part: Part) -> KeyPath:
        """Return the path of the mapping that a top-level scheduler stands in."""
        return self.top(part).path[:-1]

    def edits(self, path: KeyPath, text: str) -> tuple[Edit, ...]:
        """Return the edit that writes `text` at `path`, none where that would change more.

        What stands in the file must be that one value itself: not a preset's name that stands
        for it, an anchor, an alias, or a value of the command line.
        """
        data, place = self.raw(path), self.schedule.at(*path)
        there = self.text(place) if place is not None else None
        if place is None or data is None or not there or there[0] in "*&":
            return ()
        try:
            same = (parse(there, "") if there[0] in "[\"'" else scalar(there)) == unplaced(data)
        except SpecError:
            return ()
        if place.file.endswith(".json") and isinstance(scalar(text), str):
            text = f'"{text}"'
        return (Edit(place, text),) if same else ()

    # What a shape or an argument comes to

    def shape(self, part: Part) -> Mapping[str, Any]:
        """Return `shape` and its arguments, counts resolved, of a LambdaLR of lrviz's shapes."""
        data = self.node(part).get("lr_lambda")
        if not isinstance(data, Map) or "shape" not in data:
            return {}
        return {key: self._count(part, value) for key, value in data.items()}

    def _count(self, part: Part, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        duration = durations.parse(value)
        if duration is None:
            return value
        per_call, length = part.updates_per_call, self.trace.length
        return durations.calls(duration, length, per_call=per_call, start=part.start).value

    def per_group(self, value: Any) -> tuple[float, ...]:
        """Return a rate, or a list of rates, as one a group; empty where it is neither."""
        count = len(self.lrs)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (float(value),) * count
        if isinstance(value, Sequence) and len(value) == count and not isinstance(value, str):
            return tuple(float(each) for each in value)
        return ()

    def written(self, part: Part, name: str, calls: int) -> str:
        """Return a count of calls as one would write it for an argument."""
        raw = self.node(part).get(name)
        if isinstance(raw, str) and calls == part.calls and part.start + calls == self._end(part):
            return "rest"
        return str(calls)

    def _end(self, part: Part) -> int:
        top = self.top(part)
        return top.start + top.calls


def argument(part: Part, name: str) -> Any:
    """Return an argument's value, its default where it is not given, or None."""
    return part.arguments.get(name, part.defaults.get(name))


def numbers(tree: Any, path: KeyPath) -> Iterator[tuple[KeyPath, float]]:
    """Yield the path and the value of every float in `tree`, which stands at `path`."""
    if isinstance(tree, Map):
        for key, value in tree.items():
            yield from numbers(value, (*path, key))
    elif isinstance(tree, Seq):
        for index, value in enumerate(tree):
            yield from numbers(value, (*path, index))
    elif isinstance(tree, float):
        yield path, tree
