"""What is marked on curves: the updates at which something happens, with the values there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from lrviz.curves.events import Array, Steps
from lrviz.curves.keysteps import key_steps
from lrviz.curves.trace import Trace
from lrviz.views.plan.panels import Line, Panel
from lrviz.views.plan.scales import Unit, span
from lrviz.writing import numbers as formatting
from lrviz.writing.text import visible

_FIRST = ("end of warmup", "peak")
_MARKED = (*_FIRST, "restart", "decay starts")
_EACH = 6  # events of a kind that are marked one by one; more of them are told of once
_COUNTED = 2_000  # events that are looked for


@dataclass(frozen=True)
class Mark:
    """An update to point out, such as the one that a finding of `lrviz check` is about.

    Attributes:
        label: The trace's.
        update: 0-based.
        text: A few words.
        groups: Names of the param groups that it is about, of which the first that is drawn is
            marked; empty for the one with the highest peak.
    """

    label: str
    update: int
    text: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spot:
    """A place on a line, and what is written there.

    Attributes:
        line: Index of its line in the panel.
        x: Where it is, in the unit of the x axis.
        value: The line's value there.
        texts: What may be written, the one that says most first.
        given: It comes from a `Mark`.
        count: How many events it tells of.
        kind: What happens there, in a word, where the same happens elsewhere on the line too:
            either all of its spots are written at, or what they have `together` is written once.
        together: What may be written for all of its kind, the text that says most first.
    """

    line: int
    x: float
    value: float
    texts: tuple[str, ...]
    given: bool = False
    count: int = 1
    kind: str = ""
    together: tuple[str, ...] = ()


def spots(
    traces: Sequence[Trace], panel: Panel, x: Unit, *, annotate: bool, marks: Sequence[Mark]
) -> tuple[Spot, ...]:
    """Return what is marked in a panel, the most important first.

    Args:
        traces: Those that the lines are of.
        panel: Its lines; of each trace the one with the highest peak is marked, or a mark's own.
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
        factor = x.factors[index]
        for mark in marks:
            if mark.label == trace.label:
                names = {each: trace.groups[panel.lines[each].group] for each in lines}
                on = next((each for each in lines if names[each] in mark.groups), at)
                values = panel.lines[on].values
                update = min(mark.update, len(values) - 1)
                value = float(values[update])
                given.append(Spot(on, update * factor, value, (visible(mark.text),), given=True))
        if annotate:
            found = _events(trace, panel.param, panel.lines[at])
            events.append(_told(at, found, panel.lines[at], x))
    # In turn, so that each curve has its first mark before any has its second.
    turns = [spot for turn in zip_longest(*events) for spot in turn if spot is not None]
    return (*given, *turns)


def once(spots: Sequence[Spot]) -> tuple[Spot, ...]:
    """Return spots without those that say, of another curve, the same at the same place."""
    told: dict[tuple[object, ...], Spot] = {}
    for spot in spots:
        told.setdefault((spot.x, spot.value, spot.texts), spot)
    return tuple(told.values())


def _peak(line: Line) -> float:
    return (span(line.values) or (0.0, -np.inf))[1]


def _events(trace: Trace, param: str, line: Line) -> list[tuple[str, int]]:
    """Return words and updates of what one line does: its peak and warmup, then by update.

    They are all of a kind, or none: what is more than `key_steps` lists is looked for again.
    """
    one = slice(line.group, line.group + 1)
    alone = replace(
        trace,
        groups=trace.groups[one],
        curves={name: values[:, one] for name, values in trace.curves.items()},
        after={name: values[one] for name, values in trace.after.items()},
    )
    keys = key_steps(alone, param=param)
    if keys.more:
        kinds = {_word(key.names) for key in keys.steps}
        keys = key_steps(alone, param=param, limit=_COUNTED)
        keys = replace(keys, steps=tuple(key for key in keys.steps if _word(key.names) in kinds))
    found = [
        (word, key.step)
        for key in keys.steps
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


def _told(at: int, found: Sequence[tuple[str, int]], line: Line, x: Unit) -> list[Spot]:
    """Return the spots of a line's events; one for all of a kind that has too many of them."""
    kinds: dict[str, list[int]] = {}
    for word, update in found:
        kinds.setdefault(word, []).append(update)
    spots, told, factor = [], set(), x.factors[line.trace]
    for word, update in found:
        updates = kinds[word]
        if len(updates) <= _EACH:
            one = _spot(at, word, update, line.values, x, factor)
            if len(updates) > 1:
                few = _counted(word, len(updates))
                full = f"{few}, at {x.at_all([each * factor for each in updates])}"
                texts = full, full.replace(", at", ",\nat"), few
                one = replace(one, kind=word, together=texts)
            spots.append(one)
        elif word not in told:
            told.add(word)
            spots.append(_spot_of_all(at, word, np.array(updates), line.values, x, factor))
    return spots


def _counted(word: str, count: int) -> str:
    many = f"{count:,}" if count < _COUNTED else f"more than {_COUNTED:,}"
    return f"{many} {word}s" if word != "decay starts" else f"{many} starts of a decay"


def _spot_of_all(at: int, word: str, updates: Steps, values: Array, x: Unit, factor: float) -> Spot:
    """Return the one spot for many events of a kind: how many, how far apart, how large."""
    few = _counted(word, len(updates))
    many = few.removesuffix(f" {word}s")
    before = np.where(updates > 0, values[updates - 1], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):  # a rise from 0 has no size
        sizes = values[updates] / before
        alike = np.ptp(sizes) <= 1e-3 * abs(sizes[0])
    apart = np.diff(updates)
    if word in ("drop", "rise") and alike:
        full = f"{few}, \N{MULTIPLICATION SIGN}{formatting.lr(float(sizes[0]), 3)} each"
    elif np.ptp(apart) == 0:
        full = f"{word} every {x.every(int(apart[0]) * factor)} ({many} times)"
    else:
        full = few
    texts = (full, full.replace(", ", ",\n").replace(" (", "\n("), few)
    update = int(updates[len(updates) // 2])  # away from the peak at the begin
    told = tuple(dict.fromkeys(texts))
    return Spot(at, update * factor, float(values[update]), told, count=len(updates))


def _spot(at: int, word: str, update: int, values: Array, x: Unit, factor: float) -> Spot:
    value = float(values[update])
    short = formatting.typeset(formatting.lr(value, 3))
    to, where = " to" if word in ("drop", "rise") else "", x.at(update * factor)
    texts = (
        f"{word}{to} {short} at {where}",
        f"{word}{to} {short}\nat {where}",
        f"{word}\nat {where}",
        word,
    )
    return Spot(at, update * factor, value, texts)
