"""Which curves a figure shows: from traces to lines in panels, without matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array
from lrviz.curves.groups import quantities, shown
from lrviz.curves.trace import Trace
from lrviz.writing import numbers as formatting
from lrviz.writing.text import visible


@dataclass(frozen=True, eq=False)
class Line:
    """One curve.

    Attributes:
        label: What it is called in the figure.
        values: Shape (N,), float64; what update t used. May hold infinities and NaN, which also
            stands for an update that has no row.
        trace: Index of its trace.
        group: Index of its param group.
        steps: The updates that have a row; None: all.
        more: The end of its label, which tells of the groups that it stands for.
    """

    label: str
    values: Array
    trace: int
    group: int
    steps: NDArray[np.int64] | None = None
    more: str = ""

    @property
    def last(self) -> int | None:
        """The last update whose value is finite, if there is one."""
        if math.isfinite(self.values[-1]):
            return len(self.values) - 1
        finite = np.flatnonzero(np.isfinite(self.values))
        return int(finite[-1]) if finite.size else None


@dataclass(frozen=True)
class Panel:
    """The curves of one quantity.

    Attributes:
        param: `lr`, `momentum` ...
        lines: At least one, in the order of the traces.
    """

    param: str
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """The quantity in words."""
        return "learning rate" if self.param == "lr" else visible(self.param).replace("_", " ")


def panels(traces: Sequence[Trace], param: str | None, groups: str) -> tuple[Panel, ...]:
    """Return the panels from top to bottom: the learning rate, then all else that moves.

    Args:
        traces: At least one.
        param: The only quantity to show; None for all.
        groups: `ends` or `all`, see `curves.groups.shown`.

    Raises:
        UsageError: `param` moves in none of the traces.
    """
    names = quantities(traces, [param] if param else ())
    return tuple(
        Panel(
            name,
            tuple(
                line
                for index, trace in enumerate(traces)
                if name in trace.curves
                for line in _lines(trace, index, name, groups)
            ),
        )
        for name in names
    )


def own_names(panel: Panel, traces: Sequence[Trace], *, more: bool = True) -> list[str]:
    """Return the names of a panel's lines; of one trace's several lines, those of the groups.

    Args:
        panel: The lines.
        traces: Those that they are of.
        more: With what they tell of the groups that they stand for.
    """
    names = [line.label if more else line.label.removesuffix(line.more) for line in panel.lines]
    of = {line.trace for line in panel.lines}
    if len(of) > 1 or len(names) == 1:
        return names
    start = f"{traces[of.pop()].label}/"
    return [name.removeprefix(start) for name in names]


def _lines(trace: Trace, index: int, param: str, groups: str) -> list[Line]:
    picked = shown(trace.curves[param], all_groups=groups == "all")
    several = len(trace.groups)
    steps = trace.steps if trace.logged else None
    lines = []
    for each in picked:
        group, hidden = each.group, each.hidden
        label, more = f"{trace.label}/{trace.groups[group]}" if several > 1 else trace.label, ""
        if len(picked) == 1 and several > 1:
            label, more = trace.label, f" ({several} groups)"
        elif hidden:
            more = f" +{hidden} group{'s' if hidden > 1 else ''}{_range(each.reach)}"
        lines.append(Line(label + more, trace.by_update(param, group), index, group, steps, more))
    return lines


def _range(reach: float) -> str:
    """Return how far the groups that one stands for reach, in words; empty where they are equal."""
    factor = formatting.lr(reach, 3)
    way, times = "up" if abs(reach) > 1 else "down", "\N{MULTIPLICATION SIGN}"
    return "" if factor == "1" else f" {way} to {times}{factor}"
