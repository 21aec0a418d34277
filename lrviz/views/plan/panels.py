"""Which curves a figure shows: from traces to lines in panels, without matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError, suggestion
from lrviz.writing.text import visible


@dataclass(frozen=True, eq=False)
class Line:
    """One curve.

    Attributes:
        label: What it is called in the figure.
        values: Shape (N,), float64; what update t used. May hold infinities and NaN.
        trace: Index of its trace.
        group: Index of its param group.
    """

    label: str
    values: Array
    trace: int
    group: int

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
        groups: `ends` or `all`, see `shown`.

    Raises:
        UsageError: `param` moves in none of the traces.
    """
    known = list(dict.fromkeys(name for trace in traces for name in trace.curves))
    if param is not None and param not in known:
        raise UsageError(
            f"{param!r} does not move in any of these schedules{suggestion(param, known)} "
            f"(what moves: {', '.join(known)})"
        )
    names = [param] if param else known
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


def _lines(trace: Trace, index: int, param: str, groups: str) -> list[Line]:
    values = trace.curves[param]
    picked = shown(values) if groups == "ends" else [(g, 0) for g in range(values.shape[1])]
    several = len(trace.groups)
    lines = []
    for group, hidden in picked:
        label = f"{trace.label}/{trace.groups[group]}" if several > 1 else trace.label
        if len(picked) == 1 and several > 1:
            label = f"{trace.label} ({several} groups)"
        elif hidden:
            label += f" +{hidden} group{'s' if hidden > 1 else ''}"
        lines.append(Line(label, values[:, group], index, group))
    return lines


def shown(values: Array) -> list[tuple[int, int]]:
    """Return the param groups to draw, and how many others each stands for.

    Of groups that are one curve up to a factor the first and the last are drawn, and of equal
    groups the first.

    Args:
        values: Shape (N, G).

    Returns:
        (index of a group, number of groups not drawn), by index.

    >>> shown(np.outer([1.0, 0.5, 0.0], [1.0, 0.9, 0.8, 0.7]))
    [(0, 0), (3, 2)]
    """
    families: list[list[int]] = []
    sketches = _sketches(values)
    for group in range(values.shape[1]):
        heads = sketches[:, [family[0] for family in families]]
        alike = np.isclose(heads, sketches[:, [group]], rtol=1e-6, atol=1e-9, equal_nan=True)
        for index in np.flatnonzero(alike.all(axis=0)):
            if _proportional(values[:, families[index][0]], values[:, group]):
                families[index].append(group)
                break
        else:
            families.append([group])
    picked = []
    for first, *others in families:
        differ = [g for g in others if not np.array_equal(values[:, first], values[:, g], True)]
        if differ:
            picked += [(first, 0), (differ[-1], len(others) - 1)]
        else:
            picked.append((first, len(others)))
    return sorted(picked)


@np.errstate(invalid="ignore", divide="ignore")
def _sketches(values: Array) -> Array:
    """Return some values of each curve as shares of its peak: alike where the curves may be.

    A thousand groups are half a million pairs, too many to compare them as a whole.
    """
    rows = np.unique(np.linspace(0, len(values) - 1, 16).astype(int))
    peaks = np.maximum(values.max(axis=0), -values.min(axis=0))
    sketches: Array = np.abs(values[rows]) / peaks
    return sketches


def _proportional(one: Array, other: Array) -> bool:
    """Return whether two curves are one up to a factor, but for rounding."""
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return np.array_equal(one, other, equal_nan=True)
    top = int(np.abs(one).argmax())
    if one[top] == 0 or other[top] == 0:
        return np.array_equal(one, other)
    return bool(np.allclose(one / one[top], other / other[top], rtol=1e-9, atol=1e-12))
