"""Schedulers that make each lr of the one before, other than by a factor alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
)
from torch.optim.swa_utils import SWALR

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.simulation.bulk import parts
from lrviz.simulation.bulk.parts import Bulk, counts_of, each, lrs_of, moved
from lrviz.simulation.bulk.products import product

_MANY = 16  # groups from which on the steps of a recursion are made one by one, on all groups


def _in_turn(groups: list[Group], form: Callable[..., list[Any]], *others: Any) -> Array:
    """Return what a recursion makes of the lrs: of few groups one by one, of many all at once."""
    *values, inputs = others
    if len(groups) >= _MANY:
        return np.array(form(lrs_of(groups), *values, inputs))
    each = zip(lrs_of(groups).tolist(), *(value.tolist() for value in values), strict=True)
    return np.array([form(*numbers, inputs) for numbers in each]).T


def _above(lr: Any, floor: Any, factors: list[float]) -> list[Any]:
    return [lr := factor * (lr - floor) + floor for factor in factors]


def _mixed(lr: Any, swa: Any, shares: list[tuple[float, float]]) -> list[Any]:
    """Return what SWALR makes of an lr with the share of each step and of the one before it."""
    return [
        lr := swa * now + (swa if before == 1 else (lr - before * swa) / (1 - before)) * (1 - now)
        for before, now in shares
    ]


def cosine(scheduler: CosineAnnealingLR, groups: list[Group]) -> Bulk | None:
    """Return the form of a cosine, unless its period is short or no whole number."""
    most, floor = scheduler.T_max, scheduler.eta_min
    if type(most) is not int or most < parts.LEAST:
        return None

    def make(steps: int) -> dict[str, Array] | None:
        # From the lowest point torch rises by another formula, once in a period.
        turn = (most - scheduler.last_epoch) % (2 * most)
        if turn == 0:
            scheduler.step()
            return {"lr": lrs_of(groups)[None]}
        counts = counts_of(scheduler, min(steps, turn))
        heights = 1 + each(math.cos, math.pi * counts / most)
        if (heights[:-1] == 0).any():
            return None
        factors = heights[1:] / heights[:-1]
        if floor == 0:
            return moved(scheduler, groups, product(groups, factors[:, None]) + floor)
        lrs = _in_turn(groups, _above, np.full(len(groups), floor, float), factors.tolist())
        return moved(scheduler, groups, lrs)

    return make


def averaged(scheduler: SWALR, groups: list[Group]) -> Bulk | None:
    """Return the form of SWA's way to its own lr."""
    anneal, epochs = scheduler.anneal_func, scheduler.anneal_epochs
    mixed = np.array([group["swa_lr"] for group in groups], float)
    if epochs == 0:
        return None

    def make(steps: int) -> dict[str, Array]:
        done = scheduler._step_count - 1
        parts = np.clip(np.arange(done, done + steps + 1) / epochs, 0, 1)
        shares = each(anneal, parts)
        pairs = list(pairwise(shares.tolist()))
        lrs = _in_turn(groups, _mixed, mixed, pairs)
        return moved(scheduler, groups, lrs)

    return make
