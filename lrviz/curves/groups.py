"""Which quantities and param groups of traces are shown: one answer for tables, charts, figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError, suggestion

_ROWS = 16  # by which groups are told apart before they are compared as a whole


class Shown(NamedTuple):
    """A param group that is shown, and stands for others.

    Attributes:
        group: Its index.
        hidden: How many others, the same curve up to a factor, are left out for it.
        reach: The factor from it to the furthest of those, which is shown too; 1 where it and
            those that are hidden are equal.
    """

    group: int
    hidden: int = 0
    reach: float = 1.0


@dataclass(frozen=True)
class Column:
    """One quantity of one param group, as tables and exports name it.

    Attributes:
        name: `label`; `label/group` where there are several groups; with `:momentum` behind it
            for another quantity than the learning rate.
        trace: Index of the trace it belongs to.
        param: Its quantity, e.g. `lr`.
        group: Index of its param group.
        values: Shape (M,), a value a row of the trace.
        after: What no update uses; None for a log.
    """

    name: str
    trace: int
    param: str
    group: int
    values: Array
    after: float | None


def quantities(traces: Sequence[Trace], wanted: Sequence[str] = ()) -> list[str]:
    """Return the quantities to show.

    Args:
        traces: The traces.
        wanted: Those that are asked for; none means all that move.

    Raises:
        UsageError: One of them moves in none of the traces.
    """
    known = list(dict.fromkeys(param for trace in traces for param in trace.curves))
    for param in wanted:
        if param not in known:
            raise UsageError(
                f"no {param} to show: these schedules move {', '.join(known)}"
                f"{suggestion(param, known)}"
            )
    return list(wanted) or known


def columns(
    traces: Sequence[Trace], params: Sequence[str] = (), *, all_groups: bool = True
) -> tuple[Column, ...]:
    """Return the curves of all traces, in the order of a table's columns.

    Args:
        traces: The traces.
        params: The quantities wanted, of those that moved; none means all that a trace has.
        all_groups: False leaves out what `shown` does.

    Raises:
        UsageError: No trace has one of `params`.
    """
    quantities(traces, params)
    return tuple(
        Column(
            _name(trace, param, each.group),
            index,
            param,
            each.group,
            trace.values(param, each.group),
            float(trace.after[param][each.group]) if param in trace.after else None,
        )
        for index, trace in enumerate(traces)
        for param in params or trace.curves
        if param in trace.curves
        for each in shown(trace.curves[param], all_groups=all_groups)
    )


def _name(trace: Trace, param: str, group: int) -> str:
    name = trace.label if len(trace.groups) == 1 else f"{trace.label}/{trace.groups[group]}"
    return name if param == "lr" else f"{name}:{param}"


def shown(values: Array, *, all_groups: bool = False) -> list[Shown]:
    """Return the param groups to show, and how many others each stands for.

    Of groups that are one curve up to a factor the highest and the lowest are shown, and of equal
    groups the first.

    Args:
        values: Shape (M, G).
        all_groups: Show all.

    Returns:
        By index.

    >>> shown(np.outer([1.0, 0.5, 0.0], [1.0, 0.25, 0.5, 0.75]))
    [Shown(group=0, hidden=0, reach=1.0), Shown(group=1, hidden=2, reach=4.0)]
    """
    if all_groups or values.shape[1] == 1:
        return [Shown(group) for group in range(values.shape[1])]
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
    for family in families:
        heights = [_peak(values[:, group]) for group in family]
        if all(np.array_equal(values[:, family[0]], values[:, g], True) for g in family[1:]):
            picked.append(Shown(family[0], len(family) - 1))
        else:
            low, high = int(np.argmin(heights)), int(np.argmax(heights))
            low = len(family) - 1 if low == high else low  # apart by a rounding alone
            first, last = sorted((low, high))
            reach = heights[first] / heights[last] if len(family) > 2 else 1.0
            picked += [Shown(family[first]), Shown(family[last], len(family) - 2, reach)]
    return sorted(picked, key=lambda each: each.group)


def _peak(curve: Array) -> float:
    """Return the value that is furthest from 0, the first of several."""
    low, high = float(curve.min()), float(curve.max())  # which make no copy, as np.abs would
    if -low == high:
        return low if curve.argmin() < curve.argmax() else high
    return low if -low > high else high


@np.errstate(invalid="ignore", divide="ignore")
def _sketches(values: Array) -> Array:
    """Return some values of each curve as shares of its peak: alike where the curves may be.

    A thousand groups are half a million pairs, too many to compare them as a whole.
    """
    rows = np.unique(np.linspace(0, len(values) - 1, _ROWS).astype(int))
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
