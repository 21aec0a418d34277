"""What is marked on curves: the updates at which something happens, with the values there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.keysteps import key_steps
from lrviz.curves.trace import Trace
from lrviz.views.plan.panels import Line, Panel
from lrviz.views.plan.scales import Unit, span
from lrviz.writing import numbers as formatting
from lrviz.writing.text import visible

_FIRST = ("end of warmup", "peak")
_MARKED = (*_FIRST, "restart", "decay starts")


@dataclass(frozen=True)
class Mark:
    """An update to point out, such as the one that a finding of `lrviz check` is about.

    Attributes:
        label: The trace's.
        update: 0-based.
        text: A few words.
    """

    label: str
    update: int
    text: str


@dataclass(frozen=True)
class Spot:
    """A place on a line, and what is written there.

    Attributes:
        line: Index of its line in the panel.
        x: Where it is, in the unit of the x axis.
        value: The line's value there.
        texts: What may be written, the one that says most first.
        given: It comes from a `Mark`.
    """

    line: int
    x: float
    value: float
    texts: tuple[str, ...]
    given: bool = False


def spots(
    traces: Sequence[Trace], panel: Panel, x: Unit, *, annotate: bool, marks: Sequence[Mark]
) -> tuple[Spot, ...]:
    """Return what is marked in a panel, the most important first.

    Args:
        traces: Those that the lines are of.
        panel: Its lines; of each trace the one with the highest peak is marked.
        x: The unit of the x axis.
        annotate: Mark what the curves do: the peak, the end of a warmup, milestones, restarts.
        marks: What to mark besides.
    """
    given, events = [], []
    for index, trace in enumerate(traces):
        lines = [at for at, line in enumerate(panel.lines) if line.trace == index]
        if not lines or not (annotate or marks):
            continue
        at = max(lines, key=lambda each: _peak(panel.lines[each]))
        values, factor = panel.lines[at].values, x.factors[index]
        for mark in marks:
            if mark.label == trace.label:
                update = min(mark.update, len(values) - 1)
                value = float(values[update])
                given.append(Spot(at, update * factor, value, (visible(mark.text),), given=True))
        if annotate:
            found = _events(trace, panel.param, panel.lines[at])
            events.append([_spot(at, word, update, values, x, factor) for word, update in found])
    # In turn, so that each curve has its first mark before any has its second.
    turns = [spot for turn in zip_longest(*events) for spot in turn if spot is not None]
    return (*given, *turns)


def _peak(line: Line) -> float:
    return (span(line.values) or (0.0, -np.inf))[1]


def _events(trace: Trace, param: str, line: Line) -> list[tuple[str, int]]:
    """Return words and updates of what one line does: its peak and warmup, then by update."""
    one = slice(line.group, line.group + 1)
    alone = replace(
        trace,
        groups=trace.groups[one],
        curves={name: values[:, one] for name, values in trace.curves.items()},
        after={name: values[one] for name, values in trace.after.items()},
    )
    found = [
        (word, key.step)
        for key in key_steps(alone, param=param).steps
        if key.step < len(line.values) and (word := _word(key.names))
    ]
    return sorted(found, key=lambda each: each[0] not in _FIRST)


def _word(names: Sequence[str]) -> str:
    """Return how a key step is marked, by its names; empty where it is not.

    >>> _word(("peak", "end of warmup")), _word(("drop x0.1",)), _word(("rise starts",))
    ('end of warmup', 'drop', '')
    """
    for name in _MARKED:
        if name in names:
            return name
    for name in names:
        word, _, rest = name.partition(" ")
        if word in ("drop", "rise") and rest != "starts":
            return word
    return ""


def _spot(at: int, word: str, update: int, values: Array, x: Unit, factor: float) -> Spot:
    value = float(values[update])
    short = f"{formatting.lr(value, 3)} at {x.write(update * factor)}"
    word += " to" if word in ("drop", "rise") else ":"
    texts = (f"{word} {short}", f"{word}\n{short}", short)
    return Spot(at, update * factor, value, texts)
