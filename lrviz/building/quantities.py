"""The numbers of a param group that a schedule may move, and how each is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import Any

from lrviz.errors import shown

Group = dict[str, Any]
Read = Callable[[Group], float]


def readers(group: Group) -> dict[str, Read]:
    """Return how each numeric value of a param group is read, by the name of its curve.

    Read are numbers and tensors of one element, not flags. A member of a sequence is named
    `betas[1]`; but `betas[0]` is what takes momentum's place in Adam, and is named `momentum`.

    >>> list(readers({"params": [], "lr": 0.1, "betas": (0.9, 0.999), "amsgrad": False}))
    ['lr', 'momentum', 'betas[1]']
    """
    found: dict[str, Read] = {}
    for key, value in group.items():
        if _is_number(value):
            found[key] = partial(_read, key)
        elif isinstance(value, tuple | list) and key != "params":
            for index in range(len(value)):
                if _is_number(value[index]):
                    name = "momentum" if (key, index) == ("betas", 0) else f"{key}[{index}]"
                    found[name] = partial(_read_member, key, index)
    return found


def _is_number(value: Any) -> bool:
    if isinstance(value, Real):
        return not isinstance(value, bool)
    count = getattr(value, "numel", None)  # a tensor's
    return count is not None and count() == 1


def _read(key: str, group: Group) -> float:
    return _number(group[key])


def _read_member(key: str, index: int, group: Group) -> float:
    return _number(group[key][index])


def _number(value: Any) -> float:
    if isinstance(value, str):  # of which Python would make a number, and no optimizer would
        raise TypeError(f"{shown(value)} is text")
    return float(value)
