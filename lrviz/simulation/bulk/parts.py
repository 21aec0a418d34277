"""What the forms share: the state that they begin with, and the one that they leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.simulation.light import put_momenta, skip

Bulk = Callable[[int], dict[str, Array] | None]
"""Makes at most so many steps, at least one, and leaves the state that they would.

It returns, of each quantity that it moves, the values behind each step, shape (steps, G); None,
and nothing is done, where the next steps are to be made one by one.
"""

Metrics = Callable[[int, int], Array]
"""Returns what calls are given, from one number to before another; the next call's number is 0."""

LEAST = 64
"""Steps below which arrays cost more than they save."""


def lrs_of(groups: list[Group]) -> Array:
    """Return the lr of each group, shape (G,)."""
    return np.array([group["lr"] for group in groups], float)


def counts_of(scheduler: Any, steps: int) -> NDArray[np.int64]:
    """Return the count at which the scheduler stands (`last_epoch`), and those of the steps."""
    return np.arange(scheduler.last_epoch, scheduler.last_epoch + steps + 1)


def moved(scheduler: Any, groups: list[Group], lrs: Array) -> dict[str, Array]:
    """Leave the state behind steps after which the lrs were these, and return them."""
    last = lrs[-1].tolist()
    skip(scheduler, len(lrs))
    for group, lr in zip(groups, last, strict=True):
        group["lr"] = lr
    scheduler._last_lr = last
    return {"lr": lrs}


def moved_both(scheduler: Any, groups: list[Group], found: dict[str, Array]) -> dict[str, Array]:
    """Do what `moved` does, with the momenta too where there are any."""
    if "momentum" in found:
        put_momenta(scheduler, groups)(found["momentum"][-1].tolist())
    return {**found, **moved(scheduler, groups, found["lr"])}
