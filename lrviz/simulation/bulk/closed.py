"""Schedulers that make each lr of the step's number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch.optim.lr_scheduler import (
    CosineAnnealingWarmRestarts,
    CyclicLR,
    OneCycleLR,
)

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.shapes.shape import each
from lrviz.simulation.bulk import parts
from lrviz.simulation.bulk.parts import Bulk, counts_of, lrs_of, moved, moved_both


def warm_restarts(scheduler: CosineAnnealingWarmRestarts, groups: list[Group]) -> Bulk | None:
    """Return the form of warm restarts; where they grow, up to the next one."""
    least, times = scheduler.eta_min, scheduler.T_mult
    spans = np.array([base - least for base in scheduler.base_lrs], float)
    if any(type(each) is not int for each in (scheduler.T_0, scheduler.T_cur, scheduler.T_i)):
        return None

    def make(steps: int) -> dict[str, Array] | None:
        at, turn = scheduler.T_cur, scheduler.T_i
        if times > 1:  # up to the next restart, which is a step of its own
            steps = min(steps, turn - 1 - at)
        if not steps:
            scheduler.step()
            return {"lr": lrs_of(groups)[None]}
        if scheduler.last_epoch < 0 or steps < parts.LEAST:
            return None
        places = np.arange(at + 1, at + 1 + steps) % turn
        heights = 1 + each(math.cos, math.pi * places / turn)
        scheduler.T_cur = int(places[-1])
        scheduler._step_count -= steps  # which `step` of this class does not count
        return moved(scheduler, groups, least + spans * heights[:, None] / 2)

    return make


def one_cycle(scheduler: OneCycleLR, groups: list[Group]) -> Bulk | None:
    """Return the form of one cycle, unless a phase of it has no length."""
    phases: list[Any] = scheduler._schedule_phases
    ends = np.array([each["end_step"] for each in phases], float)
    starts = np.append(0.0, ends[:-1])
    cosine = scheduler._anneal_func_type == "cos"
    if (ends <= starts).any():
        return None

    def between(first: str, last: str) -> tuple[Array, Array]:
        """Return what is added to, and what is multiplied with, the phase's shape."""
        begin: Array = np.array(
            [[group[each[first]] for group in groups] for each in phases], float
        )
        end: Array = np.array([[group[each[last]] for group in groups] for each in phases], float)
        return (end, (begin - end) / 2.0) if cosine else (begin, end - begin)

    ways = {"lr": between("start_lr", "end_lr")}
    if scheduler.cycle_momentum:
        ways["momentum"] = between("start_momentum", "end_momentum")

    def make(steps: int) -> dict[str, Array] | None:
        steps = min(steps, scheduler.total_steps - scheduler.last_epoch)
        if steps <= 0:
            return None
        counts = counts_of(scheduler, steps)[1:]
        phase = np.minimum(np.searchsorted(ends, counts), len(ends) - 1)
        shapes = (counts - starts[phase]) / (ends[phase] - starts[phase])
        if cosine:
            shapes = each(math.cos, math.pi * shapes) + 1
        found = {
            name: base[phase] + scale[phase] * shapes[:, None]
            for name, (base, scale) in ways.items()
        }
        return moved_both(scheduler, groups, found)

    return make


def cyclic(scheduler: CyclicLR, groups: list[Group]) -> Bulk | None:
    """Return the form of cycles, unless they have one slope only or a scale of the user's."""
    size, ratio = float(scheduler.total_size), float(scheduler.step_ratio)
    if scheduler._scale_fn_custom is not None or not 0 < ratio < 1:
        return None
    plain, by_cycle = scheduler.mode == "triangular", scheduler.scale_mode == "cycle"
    low, high = np.array(scheduler.base_lrs, float), np.array(scheduler.max_lrs, float)
    momenta = None
    if scheduler.cycle_momentum:
        most = np.array(scheduler.max_momentums, float)
        momenta = most, most - np.array(scheduler.base_momentums, float)

    def make(steps: int) -> dict[str, Array] | None:
        counts = counts_of(scheduler, steps)[1:]
        turns = counts / size
        cycles = np.floor(1 + turns)
        x = 1.0 + turns - cycles
        heights = np.where(x <= ratio, x / ratio, (x - 1) / (ratio - 1))[:, None]
        factors = np.ones((steps, 1))
        if not plain:
            try:
                of = cycles.astype(np.int64) if by_cycle else counts
                begins = np.flatnonzero(np.diff(of, prepend=of[0] - 1))  # a cycle is asked once
                asked = each(scheduler._scale_fn_ref, of[begins])
                factors = np.repeat(asked, np.diff(begins, append=steps))[:, None]
            except ArithmeticError:
                return None
        found = {"lr": low + (high - low) * heights * factors}
        if momenta:
            found["momentum"] = momenta[0] - momenta[1] * heights * factors
        return moved_both(scheduler, groups, found)

    return make
