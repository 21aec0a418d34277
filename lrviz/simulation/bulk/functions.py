"""Schedulers that take factors from functions, which are our own and give the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.optim.lr_scheduler import LambdaLR, MultiplicativeLR

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.simulation.bulk.parts import Bulk, counts_of, moved
from lrviz.simulation.bulk.products import product


def scaled(scheduler: LambdaLR, groups: list[Group]) -> Bulk:
    """Return the form of what multiplies the first lr with a function of the count."""
    base = np.array(scheduler.base_lrs, float)

    def make(steps: int) -> dict[str, Array] | None:
        factors = _factors(scheduler.lr_lambdas, counts_of(scheduler, steps)[1:])
        return None if factors is None else moved(scheduler, groups, base * factors)

    return make


def rescaled(scheduler: MultiplicativeLR, groups: list[Group]) -> Bulk:
    """Return the form of what multiplies each lr with a function of the count."""

    def make(steps: int) -> dict[str, Array] | None:
        factors = _factors(scheduler.lr_lambdas, counts_of(scheduler, steps)[1:])
        return None if factors is None else moved(scheduler, groups, product(groups, factors))

    return make


def _factors(functions: list[Any], counts: NDArray[np.int64]) -> Array | None:
    """Return each function's values, a function of several groups asked once.

    Returns:
        Shape (steps, 1) or (steps, G); None where one raises, or gives something else than numbers.
    """
    known: dict[int, Array] = {}
    for function in functions:
        if id(function) not in known:
            try:
                known[id(function)] = _values(function, counts)
            except Exception:  # noqa: BLE001  (it is asked again, step by step, and raises there)
                return None
    if len(known) == 1:
        [only] = known.values()
        return only[:, None]
    return np.stack([known[id(function)] for function in functions], axis=1)


def _values(function: Any, counts: NDArray[np.int64]) -> Array:
    if hasattr(function, "many"):
        with np.errstate(all="raise", under="ignore"):
            many: Array | None = function.many(int(counts[0]), int(counts[-1]) + 1)
        if many is not None:
            return many
    values = [function(count) for count in counts.tolist()]
    if not {*map(type, values)} <= {float, int}:
        raise TypeError("what is no plain number may be multiplied in another way")
    return np.array(values, float)
