"""Schedulers that make each lr of the one before, other than by a factor alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
)
from torch.optim.swa_utils import SWALR

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.shapes.shape import each
from lrviz.simulation.bulk.parts import Bulk, lrs_of, moved
from lrviz.simulation.bulk.products import cosine_factors, product

_MANY = 16  # groups from which on the steps of a recursion are made one by one, on all groups


def _in_turn(
    groups: list[Group],
    form: Callable[..., list[Any]],
    fixed: Array,
    shared: list[list[float]],
    columns: tuple[Array, ...] = (),
) -> Array:
    """Return what a recursion makes of the lrs: of few groups one by one, of many all at once.

    Args:
        groups: The G of an optimizer.
        form: Its lr, its number of `fixed`, and what each step takes in, to the lr of each step.
        fixed: Shape (G,).
        shared: What each step takes in, the same for all groups.
        columns: What it takes in before that, each of shape (steps, G).
    """
    lrs = lrs_of(groups)
    if len(groups) >= _MANY:
        return np.array(form(lrs, fixed, zip(*columns, *shared, strict=True)))
    found = np.empty((len(shared[0]), len(groups)))
    for group, (lr, own) in enumerate(zip(lrs.tolist(), fixed.tolist(), strict=True)):
        inputs = (column[:, group].tolist() for column in columns)
        found[:, group] = form(lr, own, zip(*inputs, *shared, strict=True))
    return found


def _above(lr: Any, floor: Any, steps: Iterable[tuple[float]]) -> list[Any]:
    """Return what a factor of each step makes of an lr's height above the floor."""
    return [lr := factor * (lr - floor) + floor for (factor,) in steps]


def _mixed(lr: Any, swa: Any, steps: Iterable[tuple[Any, Any, float, float]]) -> list[Any]:
    """Return what SWALR makes of an lr, or of all groups', from what each step adds and takes."""
    return [
        lr := added + (swa if left == 0 else (lr - taken) / left) * rest
        for added, taken, left, rest in steps
    ]


def cosine(scheduler: CosineAnnealingLR, groups: list[Group]) -> Bulk | None:
    """Return the form of a cosine, unless its period is short or no whole number."""
    most, floor = scheduler.T_max, scheduler.eta_min
    factors_of = cosine_factors(scheduler)
    if factors_of is None:
        return None

    def make(steps: int) -> dict[str, Array] | None:
        if (most - scheduler.last_epoch) % (2 * most) == 0:
            scheduler.step()
            return {"lr": lrs_of(groups)[None]}
        factors = factors_of(steps)
        if factors is None:
            return None
        if floor == 0:
            return moved(scheduler, groups, product(groups, factors[:, None]) + floor)
        floors = np.full(len(groups), floor, float)
        lrs = _in_turn(groups, _above, floors, [factors.tolist()])
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
        before, now = shares[:-1, None], shares[1:, None]
        # Once all of the lr is SWA's own, a step begins with that and not with the one before.
        lrs = mixed * now + mixed * (1 - now)
        count = max(0, min(steps, math.ceil(epochs) - done + 1))
        if count:
            columns = (mixed * now)[:count], (before * mixed)[:count]
            shared = [(1 - share)[:count, 0].tolist() for share in (before, now)]
            lrs[:count] = _in_turn(groups, _mixed, mixed, shared, columns)
        return moved(scheduler, groups, lrs)

    return make
