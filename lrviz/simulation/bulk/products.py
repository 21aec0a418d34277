"""Schedulers that multiply each lr with one factor a step, alone or chained."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.shapes.shape import each
from lrviz.simulation.bulk import parts
from lrviz.simulation.bulk.parts import Bulk, counts_of, lrs_of, moved
from lrviz.simulation.light import moving

Factors = Callable[[int], Array | None]
"""Returns the factors of at most so many steps, at least of one; None where torch raises."""


def product(groups: list[Group], factors: Array) -> Array:
    """Return what becomes of each lr when it is multiplied with one factor after another.

    Args:
        groups: The G of an optimizer.
        factors: Shape (steps, 1) where all groups have the same, or (steps, G).
    """
    lrs = np.empty((len(factors) + 1, len(groups)))
    lrs[0], lrs[1:] = lrs_of(groups), factors
    found: Array = np.multiply.accumulate(lrs, axis=0)[1:]
    return found


def multiplied(scheduler: Any, groups: list[Group]) -> Bulk | None:
    """Return the form of a scheduler that has factors."""
    factors = FACTORS[type(scheduler)](scheduler)
    if factors is None:
        return None

    def make(steps: int) -> dict[str, Array] | None:
        found = factors(steps)
        return None if found is None else moved(scheduler, groups, product(groups, found[:, None]))

    return make


def chained(scheduler: ChainedScheduler, groups: list[Group]) -> Bulk | None:
    """Return the form of a chain, all of whose members have factors."""
    form = together(scheduler._schedulers, groups)

    def make(steps: int) -> dict[str, Array] | None:
        found = form(steps) if form else None
        if found is not None:
            scheduler._last_lr = [group["lr"] for group in groups]
        return found

    return make if form else None


def together(members: Sequence[Any], groups: list[Group]) -> Bulk | None:
    """Return the form of several that multiply one after another in each step."""
    if any(type(member) not in FACTORS for member in members):
        return None
    all_factors = [FACTORS[type(member)](member) for member in members]

    def make(steps: int) -> dict[str, Array] | None:
        found = [None if factors is None else factors(steps) for factors in all_factors]
        some = [each for each in found if each is not None]
        below = any(np.signbit(each).any() for each in (lrs_of(groups), *some))
        if below or len(some) < len(found):  # below 0 a cosine's zero has another sign
            return None
        steps = min(map(len, some))
        lrs = product(groups, np.stack([each[:steps] for each in some], axis=1).reshape(-1, 1))
        for place, member in enumerate(members):
            behind = moved(member, groups, lrs[place :: len(members)])
        return behind

    return make


def _exponential(scheduler: ExponentialLR) -> Factors:
    return lambda steps: np.full(steps, scheduler.gamma, float)


def _linear(scheduler: LinearLR) -> Factors:
    first, total = float(scheduler.start_factor), float(scheduler.total_iters)
    rise = scheduler.end_factor - first

    def factors(counts: NDArray[np.int64]) -> Array | None:
        below = total * first + counts[:-1].astype(float) * rise
        if (below == 0).any():
            return None
        found: Array = 1.0 + rise / below
        return found

    return _until_end(scheduler, factors)


def _polynomial(scheduler: PolynomialLR) -> Factors:
    total, power = float(scheduler.total_iters), scheduler.power

    def factors(counts: NDArray[np.int64]) -> Array | None:
        rest = 1.0 - counts / total
        if (rest[:-1] == 0).any():
            return None
        try:
            return each(pow, rest[1:] / rest[:-1], repeat(power))
        except ArithmeticError:
            return None

    return _until_end(scheduler, factors)


def cosine_factors(scheduler: CosineAnnealingLR) -> Factors | None:
    """Return the factors of a cosine's height above its floor, unless its period is short.

    They end at the lowest point: from there torch rises by another formula, once in a period.
    """
    most = scheduler.T_max
    if type(most) is not int or most < parts.LEAST:
        return None

    def factors(steps: int) -> Array | None:
        turn = (most - scheduler.last_epoch) % (2 * most)
        if turn == 0:
            return None
        heights = 1 + each(math.cos, math.pi * counts_of(scheduler, min(steps, turn)) / most)
        return None if (heights[:-1] == 0).any() else heights[1:] / heights[:-1]

    return factors


def _cosine(scheduler: CosineAnnealingLR) -> Factors | None:
    return cosine_factors(scheduler) if scheduler.eta_min == 0 else None


def _until_end(scheduler: Any, factors: Callable[[NDArray[np.int64]], Array | None]) -> Factors:
    """Return the factors of what multiplies until `total_iters`, and then keeps the lr."""
    end = math.floor(scheduler.total_iters)

    def found(steps: int) -> Array | None:
        left = end - scheduler.last_epoch
        return factors(counts_of(scheduler, min(steps, left))) if left > 0 else np.ones(steps)

    return found


def _seldom(scheduler: ConstantLR | MultiStepLR | StepLR) -> Factors | None:
    """Return the factors of what keeps the lr at most counts."""
    moves = moving(scheduler)
    if moves is None:
        return None

    def factor(count: int) -> float:
        if isinstance(scheduler, ConstantLR):
            return 1.0 / scheduler.factor
        if isinstance(scheduler, MultiStepLR):
            return scheduler.gamma ** scheduler.milestones[count]
        return scheduler.gamma

    def factors(steps: int) -> Array | None:
        first = scheduler.last_epoch + 1
        found = np.ones(steps)
        try:
            for count in moves(first, first + steps - 1):
                found[count - first] = factor(count)
        except ArithmeticError:
            return None
        return found

    return factors


FACTORS: dict[type, Callable[[Any], Factors | None]] = {
    ConstantLR: _seldom,
    CosineAnnealingLR: _cosine,
    ExponentialLR: _exponential,
    LinearLR: _linear,
    MultiStepLR: _seldom,
    PolynomialLR: _polynomial,
    StepLR: _seldom,
}
