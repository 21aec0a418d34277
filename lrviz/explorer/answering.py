"""What a page shows to traces: the real schedulers stepped once more, for the newest request."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from lrviz.building.factory import build_each
from lrviz.curves.trace import Trace
from lrviz.document import KeyPath, Map, unplaced
from lrviz.errors import LrvizError
from lrviz.explorer.blame import blamed
from lrviz.explorer.configs import Configs
from lrviz.explorer.document import Problem, State, path_of, problem, read
from lrviz.explorer.opening import Opened, same
from lrviz.files import guarded
from lrviz.simulation.logged import trace_of
from lrviz.simulation.loop import run
from lrviz.simulation.simulated import started
from lrviz.sources.loading import load_all
from lrviz.sources.logs.log import Log
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import Schedule
from lrviz.writing.numbers import count

MOST_UPDATES = 5_000_000
"""Of a page in all, each param group's counted."""

_KEPT = 2 * MOST_UPDATES  # of the traces that are known without simulating them again

T = TypeVar("T")
Simulated = tuple[tuple[Schedule, Trace], ...]
"""A schedule and its trace; several, where a function returns several optimizers."""


class SupersededError(Exception):
    """A newer request of the same page has come, and nobody waits for this one."""


@dataclass(frozen=True)
class Answer:
    """What a page's state came to.

    Attributes:
        tree: The spec with the places of its keys; empty where it is none.
        schedules: Those that were simulated.
        traces: Of each of them one, then those of the logs, and those that were given.
        problems: What is wrong with the others.
        seconds: How long the simulation took; 0 where all was known.
        as_read: Of the curves that are still as a file has them the schedules that were read from
            it, by their labels.
    """

    tree: Map
    schedules: tuple[Schedule, ...] = ()
    traces: tuple[Trace, ...] = ()
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0
    as_read: Mapping[str, Schedule] = field(default_factory=dict)

    @property
    def plans(self) -> tuple[Trace, ...]:
        """The traces of the schedules; the others come behind them."""
        return self.traces[: len(self.schedules)]


@dataclass
class Answers:
    """Answers to pages, one at a time, with the traces of the last ones at hand.

    Attributes:
        opened: What the command line named.
        logs: Those, and the ones that were loaded since, by name.
        configs: Likewise.
    """

    opened: Opened
    logs: dict[str, Log] = field(default_factory=dict)
    configs: Configs = field(default_factory=Configs)
    _known: OrderedDict[str, Simulated] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.logs.update(self.opened.logs)
        self.configs.kept.update(self.opened.configs)

    def answer(self, state: State, stale: Callable[[], bool] = bool) -> Answer:
        """Simulate what a page shows.

        Args:
            state: What that is.
            stale: Tells whether a newer request of the page has come.

        Raises:
            SupersededError: One has.
            SpecError: The spec's text cannot be read at all.
        """
        with self._lock, guarded(self.opened.allow):
            if stale():
                raise SupersededError
            return self._answer(state, stale)

    def locked(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done while nothing is simulated: torch warns globally."""
        with self._lock, guarded(self.opened.allow):
            return work()

    def _answer(self, state: State, stale: Callable[[], bool]) -> Answer:
        began = time.perf_counter()
        tree = read(state.spec)
        loaded, problems = _loaded(tree)
        held = [each for name in state.sources for each in self.opened.held.get(name, ())]
        wanted: list[tuple[Schedule, KeyPath]] = [*loaded, *((each, ()) for each in held)]
        total = sum(each.length.updates * max(1, len(each.optimizer.groups)) for each, _ in wanted)
        if total > MOST_UPDATES:
            said = (
                f"{count(total)} updates, all curves and param groups counted, and a page takes "
                f"{count(MOST_UPDATES)}; take fewer, or lrviz plot, which has no limit"
            )
            return Answer(tree, problems=(*problems, Problem(("train",), said)))
        pairs: list[tuple[Schedule, Trace]] = []
        for schedule, path in wanted:
            try:
                pairs += self._simulated(schedule, path, stale)
            except LrvizError as error:
                found = blamed(error, schedule, tree, path)
                problems.append(found)
        logs = [self.logs[name] for name in state.sources if name in self.logs]
        plan = pairs[0][0] if pairs else None
        traces = [trace for _, trace in pairs]
        problems = list(dict.fromkeys(problems))
        for log in logs:
            try:
                traces.append(trace_of(log, plan))
            except LrvizError as error:
                problems.append(problem(("sources", log.source), error))
        known = self.opened.traces
        traces += [known[name] for name in state.sources if name in known]
        for name in state.sources:
            if not any(name in each for each in (self.logs, self.opened.held, known)):
                gone = f"{name} is not here any more: load it again"
                problems.append(Problem(("sources", name), gone))
        seconds = time.perf_counter() - began
        schedules = tuple(each for each, _ in pairs)
        as_read = self._as_read(state, {each.label: each for each in schedules})
        return Answer(tree, schedules, tuple(traces), tuple(problems), seconds, as_read)

    def _as_read(self, state: State, schedules: Mapping[str, Schedule]) -> dict[str, Schedule]:
        found = {
            label: each
            for label, each in self.opened.read.items()
            if label in schedules and same(schedules[label], each)
        }
        for config in state.configs:
            try:
                loaded = self.configs.read(config).schedules
            except LrvizError:
                continue  # which is said where the page's state is made
            for label, schedule in zip(config.labels, loaded, strict=False):
                if label in schedules and same(schedules[label], schedule):
                    found[label] = replace(schedule, label=label)
        return found

    def _simulated(self, schedule: Schedule, path: KeyPath, stale: Callable[[], bool]) -> Simulated:
        key = _key(schedule) if path else f"held {id(schedule)}"  # by `Opened`, and it stays there
        known = self._known.pop(key, ())
        label = schedule.label
        if schedule.function is None:
            known = tuple((schedule, replace(trace, label=label)) for _, trace in known)
        found = known
        if not found:
            built = build_each(schedule)
            found = tuple((one, started(one, run(each, _heeding(stale)))) for one, each in built)
        if key:
            self._known[key] = found
        while sum(map(_size, self._known.values())) > _KEPT and len(self._known) > 1:
            self._known.popitem(last=False)
        return found


def _heeding(stale: Callable[[], bool]) -> Callable[[int], None]:
    """Return what a simulation tells its progress to, which ends it where nobody waits for it."""

    def advanced(done: int) -> None:
        del done
        if stale():
            raise SupersededError

    return advanced


def _size(pairs: Simulated) -> int:
    return sum(array.size for _, trace in pairs for array in trace.curves.values())


def _key(schedule: Schedule) -> str:
    """Return what a schedule's values depend on; empty where that may change unseen."""
    if any(each.metric is not None and each.metric.file is not None for each in schedule.members):
        return ""  # which may have been saved since
    return json.dumps(unplaced(schedule.tree))


def _loaded(tree: Map) -> tuple[list[tuple[Schedule, KeyPath]], list[Problem]]:
    """Load each curve of a spec by itself, so that one that is wrong takes no other with it."""
    curves = tree.get("schedules")
    if not tree:
        return [], []
    if not isinstance(curves, Map):
        return [], [Problem(("schedules",), "must be a mapping, of labels to curves")]
    loaded: list[tuple[Schedule, KeyPath]] = []
    problems: list[Problem] = []
    for label, value in curves.items():
        alone = Map({label: value}, {label: curves.places[label]}, curves.place)
        one = tree.without()
        one.put("schedules", alone, tree.places["schedules"])
        path: KeyPath = ("schedules", label)
        try:
            found = load_all([one], Overrides(force=True)).schedules
            loaded += [(each, path) for each in found]
        except LrvizError as error:
            problems.append(problem(path_of(tree, error.place) or path, error))
    return loaded, problems
