"""The rows of a table of several traces: the union of their key steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lrviz.curves.keysteps import LIMIT, QUARTERS, KeySteps, beyond, key_steps, resolve, split
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError

_ROOM = 24  # jumps and kinks in a table of many traces, shared among them
_FEWEST = 3  # of them each trace has at least
_OWN = (*QUARTERS, "last", "after")


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        step: The update it stands for; None for `after`, and for a row such as `50%` or `last`
            that stands for another update of each trace.
        steps: Each trace's own step; None beyond its end; its number of updates for `after`.
        names: Why the row is there; `cosine: peak` where it holds for one trace of several.
    """

    step: int | None
    steps: tuple[int | None, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """All rows of a table, and for each trace how many jumps and kinks have none."""

    rows: tuple[Row, ...]
    more: tuple[int, ...]

    def updates(self, traces: Sequence[Trace]) -> list[int]:
        """Return every update that has a row, of any trace, ascending; without `after`."""
        counts = [trace.updates for trace in traces]
        return sorted(
            {
                step
                for row in self.rows
                for step, count in zip(row.steps, counts, strict=True)
                if step is not None and step < count
            }
        )


def wants_all(at: Sequence[str | int]) -> bool:
    """Say whether `--at` asks for every update."""
    return "all" in split(at)


def common_updates_per_epoch(traces: Sequence[Trace]) -> int | None:
    """Return how many updates an epoch has; None where it is not known or not the same for all."""
    known = {trace.updates_per_epoch for trace in traces}
    return known.pop() if len(known) == 1 else None


def table_rows(
    traces: Sequence[Trace], at: Sequence[str | int] = (), params: Sequence[str] = ()
) -> Rows:
    """Return the rows for all traces.

    Rows of one update come first, by update; a shorter trace has no value in those beyond its end.
    Shares, epochs, `last` and `after` are each trace's own: where they are different updates, the
    row goes by its name and comes behind.

    Args:
        traces: One or more.
        at: More rows, see `lrviz.curves.keysteps.resolve`; `all` for every update.
        params: The quantities shown; the key steps are those of `lr` where it is among them.

    Raises:
        UsageError: Something in `at` is a step of none of the traces.
    """
    limit = max(_FEWEST, min(LIMIT, _ROOM // len(traces)))
    shown = "lr" if not params or "lr" in params else params[0]
    each = [
        key_steps(trace, param=shown if shown in trace.curves else "lr", limit=limit)
        for trace in traces
    ]
    own = _own_steps(traces, each, at)
    numbered = _found_names(traces, each)
    if wants_all(at):
        for step in range(max(trace.updates for trace in traces)):
            numbered.setdefault(step, [])
    apart = []
    for name, steps in own.items():
        distinct = {step for step in steps if step is not None}
        if len(distinct) == 1 and name != "after":
            names = numbered.setdefault(distinct.pop(), [])
            if not name.isdecimal():
                names.append(name)
            elif not names:
                names.append("asked for")
        else:
            apart.append(Row(None, tuple(steps), (name,)))
    apart.sort(key=lambda row: _progress(row, traces))
    return Rows(
        (*(_row(step, numbered[step], traces) for step in sorted(numbered)), *apart),
        tuple(keys.more for keys in each),
    )


def _row(step: int, names: list[str], traces: Sequence[Trace]) -> Row:
    steps = tuple(step if trace.reaches(step) else None for trace in traces)
    return Row(step, steps, tuple(names))


def _progress(row: Row, traces: Sequence[Trace]) -> float:
    return max(
        step / trace.updates
        for step, trace in zip(row.steps, traces, strict=True)
        if step is not None
    )


def _own_steps(
    traces: Sequence[Trace], each: Sequence[KeySteps], at: Sequence[str | int]
) -> dict[str, list[int | None]]:
    """Return, by name, the steps that are each trace's own: quarters, `--at`, last, after."""
    own: dict[str, list[int | None]] = {}
    for index, keys in enumerate(each):
        for key in keys.steps:
            for name in key.names:
                if name in _OWN:
                    own.setdefault(name, [None] * len(traces))[index] = key.step
    for token in split(at):
        if token not in ("all", "first", "peak", *own):
            own[str(token)] = _resolved(token, traces)
    return own


def _resolved(token: str | int, traces: Sequence[Trace]) -> list[int | None]:
    steps: list[int | None] = []
    known, refusals = [], []
    for trace in traces:
        try:
            steps.append(resolve(token, trace)[1])
            known.append(trace)
        except UsageError as error:
            steps.append(None)
            refusals.append(error)
    if not known:
        raise refusals[0]
    if all(step is None for step in steps):
        raise UsageError(beyond(token, known))
    return steps


def _found_names(traces: Sequence[Trace], each: Sequence[KeySteps]) -> dict[int, list[str]]:
    """Return the names of the other key steps, by step, with the trace where they hold for one."""
    holders: dict[int, dict[str, list[str]]] = {}
    for trace, keys in zip(traces, each, strict=True):
        for key in keys.steps:
            for name in key.names:
                if name not in _OWN:
                    holders.setdefault(key.step, {}).setdefault(name, []).append(trace.label)
    return {step: _held(by_name, len(traces)) for step, by_name in holders.items()}


def _held(by_name: dict[str, list[str]], count: int) -> list[str]:
    """Return `first`, `peak (2 of 3)`, `cosine: end of warmup and peak`."""
    shared = [
        name if len(labels) == count else f"{name} ({len(labels)} of {count})"
        for name, labels in by_name.items()
        if len(labels) > 1 or count == 1
    ]
    alone: dict[str, list[str]] = {}
    for name, labels in by_name.items():
        if len(labels) == 1 < count:
            alone.setdefault(labels[0], []).append(name)
    return [*shared, *(f"{label}: {' and '.join(names)}" for label, names in alone.items())]
