"""Schedules of frameworks out of their arguments: a module a framework, with its `SHAPES`.

A name `deepspeed.WarmupLR` is the key `WarmupLR` of `SHAPES` in the module `deepspeed`. Each is
held == to the framework's own code by a test; none imports it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module

from lrviz.shapes.shape import Shape


@cache
def frameworks() -> tuple[str, ...]:
    """Return the frameworks whose schedules are known by their own names."""
    return tuple(sorted(each.name for each in pkgutil.iter_modules(__path__)))


def of(framework: str) -> dict[str, Callable[..., Shape | list[Shape]]]:
    """Return a framework's schedules by the names that it gives them; none of an unknown one."""
    if framework not in frameworks():
        return {}
    found: dict[str, Callable[..., Shape | list[Shape]]] = import_module(
        f"{__name__}.{framework}"
    ).SHAPES
    return found


def find(name: str) -> Callable[..., Shape | list[Shape]] | None:
    """Return the schedule that a dotted name is: `deepspeed.WarmupLR`; None where it is none.

    It gives a shape, or one for each param group.
    """
    framework, _, rest = name.partition(".")
    return of(framework).get(rest)
