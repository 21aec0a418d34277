"""Schedules that are one curve: drawn once, under all of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace

_NAMED = 4  # equal curves are all named up to so many


def as_one(traces: Sequence[Trace], param: str | None) -> tuple[list[Trace], dict[str, str]]:
    """Return the traces, of those with equal curves the first one, and all names as they became.

    Equal are traces of one length that have the same values, `==`, of each quantity that is shown,
    in all groups; logs, and runs that were cut short, stand for themselves.

    Args:
        traces: At least one.
        param: The only quantity that is shown; None: all.

    Returns:
        The traces, named `a = b = c` where they are several; and for each label its new one.
    """
    families: list[list[Trace]] = []
    for trace in traces:
        for family in families:
            if _equal(family[0], trace, param):
                family.append(trace)
                break
        else:
            families.append([trace])
    found: list[Trace] = []
    names: dict[str, str] = {}
    for family in families:
        labels = list(dict.fromkeys(trace.label for trace in family))
        label = " = ".join(labels[:_NAMED] if len(labels) <= _NAMED else labels[: _NAMED - 1])
        if len(labels) > _NAMED:
            label += f" = {len(labels) - _NAMED + 1} more"
        names |= dict.fromkeys(labels, label)
        found.append(replace(family[0], label=label) if len(family) > 1 else family[0])
    return found, names


def _equal(one: Trace, other: Trace, param: str | None) -> bool:
    names = (param,) if param else tuple(one.curves)
    alone = any(each.error is not None or each.steps is not None for each in (one, other))
    if alone or one.length != other.length or len(one.groups) != len(other.groups):
        return False
    if param is None and one.curves.keys() != other.curves.keys():
        return False
    return all(name in each.curves for name in names for each in (one, other)) and all(
        _same(one.curves[name], other.curves[name]) for name in names
    )


def _same(one: Array, other: Array) -> bool:
    # A look at some rows first: of long curves, few that differ need to be read as a whole.
    some = slice(None, None, 1 + len(one) // 64)
    return one.shape == other.shape and all(
        np.array_equal(one[part], other[part], equal_nan=True) for part in (some, slice(None))
    )
