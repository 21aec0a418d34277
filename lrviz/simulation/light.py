"""Light steps, which stand in for those of torch's own leaf schedulers while a simulation runs.

Most of what `LRScheduler.step` does is the same each time. A light step does the rest, calls the
scheduler's own `get_lr`, and leaves the same state behind. The few classes whose own `get_lr` or
`step` costs more than all of that have a light one too: the same operations on the same numbers in
the same order, with what never changes in a run looked up before it. They are for the torch that
they were read from (`stepping.KNOWN_TORCH`), and the tests hold them against it with `==`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)
from torch.optim.swa_utils import SWALR

from lrviz.building.quantities import Group

Rates = Callable[[], list[Any]]
Moving = Callable[[int, int], Sequence[int]]


@contextmanager
def light_steps(schedulers: Iterable[Any], groups: list[Group]) -> Iterator[None]:
    """Let light steps stand in for LRScheduler's own in those of `schedulers` that inherit them.

    Args:
        schedulers: Of torch's classes, with numbers alone; members of composites are among them.
        groups: Of their optimizer.
    """
    light, others = [], []
    for each in schedulers:
        if type(each).step is LRScheduler.step and type(each)._update_lr is LRScheduler._update_lr:
            light.append(each)
        elif type(each) in _STEPS:
            others.append(each)
    for scheduler in light:
        rates = _RATES.get(type(scheduler), _own)(scheduler, groups)
        scheduler.step = _step(scheduler, groups, rates)
        scheduler._update_lr = _marking_update(scheduler)
        scheduler._get_lr_called_within_step = True
    for scheduler in others:
        scheduler.step = _STEPS[type(scheduler)](scheduler, groups)
    try:
        yield
    finally:
        for scheduler in light:
            del scheduler.step, scheduler._update_lr
            scheduler._get_lr_called_within_step = False
        for scheduler in others:
            del scheduler.step


def moving(scheduler: Any) -> Moving | None:
    """Return what lists, from one count (`last_epoch`) to another, those that may move an lr.

    Both are at least 1. Between them a step does nothing but count, see `skip`. None: any may.
    """
    if type(scheduler) is StepLR and type(size := scheduler.step_size) is int and size > 0:
        return lambda first, last: range(first + -first % size, last + 1, size)
    if type(scheduler) is MultiStepLR and all(type(each) is int for each in scheduler.milestones):
        at = sorted(scheduler.milestones)
        return lambda first, last: at[bisect_left(at, first) : bisect_right(at, last)]
    if type(scheduler) is ConstantLR and type(end := scheduler.total_iters) is int:
        return lambda first, last: [end] if first <= end <= last else []
    return None


def skip(scheduler: Any, steps: int) -> None:
    """Count steps that move nothing."""
    scheduler._step_count += steps
    scheduler.last_epoch += steps


def _step(scheduler: Any, groups: list[Group], rates: Rates) -> Callable[[], None]:
    """Return what `LRScheduler.step()` does behind the first update, on lrs that are floats."""
    if len(groups) > 1:

        def step() -> None:
            scheduler._step_count += 1
            scheduler.last_epoch += 1
            values = rates()
            for group, lr in zip(groups, values, strict=True):
                group["lr"] = lr
            scheduler._last_lr = values

    else:
        (group,) = groups

        def step() -> None:
            scheduler._step_count += 1
            scheduler.last_epoch += 1
            values = rates()
            (group["lr"],) = values
            scheduler._last_lr = values

    return step


def _marking_update(scheduler: Any) -> Callable[[int | None], None]:
    """Return the scheduler's own `_update_lr`, which SequentialLR calls, for use between lights.

    It ends with the mark taken away that a light step needs: that `get_lr` is called in a step.
    """

    def update(epoch: int | None = None) -> None:
        LRScheduler._update_lr(scheduler, epoch)
        scheduler._get_lr_called_within_step = True

    return update


def _own(scheduler: Any, groups: list[Group]) -> Rates:
    del groups
    rates: Rates = scheduler.get_lr
    return rates


def put_momenta(scheduler: Any, groups: list[Group]) -> Callable[[list[float]], None]:
    """Return what sets the momentum of each group."""
    if len(groups) == 1 and not scheduler.use_beta1:
        [only] = groups

        def put(values: list[float]) -> None:
            [only["momentum"]] = values

    elif scheduler.use_beta1:

        def put(values: list[float]) -> None:
            for group, value in zip(groups, values, strict=True):
                group["betas"] = (value, *group["betas"][1:])

    else:

        def put(values: list[float]) -> None:
            for group, value in zip(groups, values, strict=True):
                group["momentum"] = value

    return put


def _cosine(scheduler: Any, groups: list[Group]) -> Rates:
    real, cos, pi = scheduler.get_lr, math.cos, math.pi
    most, least = scheduler.T_max, scheduler.eta_min
    known = -1, 0.0  # of the count before, with which this one begins

    def rates() -> list[Any]:
        nonlocal known
        at = scheduler.last_epoch
        if scheduler._step_count == 1 or (at - 1 - most) % (2 * most) == 0:
            return real()  # type: ignore[no-any-return]
        before = known[1] if known[0] == at - 1 else 1 + cos(pi * (at - 1) / most)
        now = 1 + cos(pi * at / most)
        known = at, now
        ratio = now / before
        return [ratio * (group["lr"] - least) + least for group in groups]

    return rates


def _one_cycle(scheduler: Any, groups: list[Group]) -> Rates:
    total, cosine = scheduler.total_steps, scheduler._anneal_func_type == "cos"
    put = put_momenta(scheduler, groups) if scheduler.cycle_momentum else None
    real, cos, pi = scheduler.get_lr, math.cos, math.pi

    def between(first: str, last: str) -> list[tuple[float, float]]:
        """Return what is added to, and what is multiplied with, the phase's shape, by group."""
        if cosine:
            return [(each[last], (each[first] - each[last]) / 2.0) for each in groups]
        return [(each[first], each[last] - each[first]) for each in groups]

    phases = []
    begun = 0.0
    for each in scheduler._schedule_phases:
        lrs = between(each["start_lr"], each["end_lr"])
        momenta = between(each["start_momentum"], each["end_momentum"]) if put else []
        phases.append((begun, each["end_step"], lrs, momenta))
        begun = each["end_step"]

    def rates() -> list[Any]:
        at = scheduler.last_epoch
        if at > total:
            return real()  # type: ignore[no-any-return]  # which says so
        for start, end, lrs, momenta in phases:  # noqa: B007  (or the last one)
            if at <= end:
                break
        shape = (at - start) / (end - start)
        if cosine:
            shape = cos(pi * shape) + 1
        if put:
            put([base + scale * shape for base, scale in momenta])
        return [base + scale * shape for base, scale in lrs]

    return rates


def _cyclic(scheduler: Any, groups: list[Group]) -> Rates:
    if scheduler._scale_fn_custom is not None:
        return _own(scheduler, groups)
    size, ratio, floor = scheduler.total_size, scheduler.step_ratio, math.floor
    scale = None if scheduler.mode == "triangular" else scheduler._scale_fn_ref  # that one is 1.0
    by_cycle = scheduler.scale_mode == "cycle"
    lrs = [
        (base, most - base)
        for base, most in zip(scheduler.base_lrs, scheduler.max_lrs, strict=True)
    ]
    put, momenta = None, []
    if scheduler.cycle_momentum:
        put = put_momenta(scheduler, groups)
        pairs = zip(scheduler.base_momentums, scheduler.max_momentums, strict=True)
        momenta = [(most, most - base) for base, most in pairs]

    def rates() -> list[Any]:
        at = scheduler.last_epoch
        turns = at / size
        cycle = floor(1 + turns)
        x = 1.0 + turns - cycle
        height = x / ratio if x <= ratio else (x - 1) / (ratio - 1)
        if scale is None:
            if put:
                put([most - span * height for most, span in momenta])
            return [base + span * height for base, span in lrs]
        factor = scale(cycle if by_cycle else at)
        if put:
            put([most - span * height * factor for most, span in momenta])
        return [base + span * height * factor for base, span in lrs]

    return rates


def _averaged(scheduler: Any, groups: list[Group]) -> Rates:
    """Return the rates of SWALR, which takes back what it mixed in before, and mixes anew."""
    anneal, epochs = scheduler.anneal_func, scheduler.anneal_epochs
    most = max(1, epochs)
    known = -1, 0.0  # of the step before, whose share this one begins with

    def share(step: int) -> float:
        return anneal(max(0, min(1, step / most)))  # type: ignore[no-any-return]

    def rates() -> list[Any]:
        nonlocal known
        step = scheduler._step_count - 1
        if epochs == 0:
            step = max(1, step)
        before = known[1] if known[0] == step - 1 else share(step - 1)
        now = share(step)
        known = step, now
        found = []
        for group in groups:
            mixed = group["swa_lr"]
            lr = mixed if before == 1 else (group["lr"] - before * mixed) / (1 - before)
            found.append(mixed * now + lr * (1 - now))
        return found

    return rates


def _warm_restarts(scheduler: Any, groups: list[Group]) -> Callable[..., None]:
    real, cos, pi = scheduler.step, math.cos, math.pi
    least, times = scheduler.eta_min, scheduler.T_mult
    spans = [base - least for base in scheduler.base_lrs]

    def step(epoch: int | None = None) -> None:
        if epoch is not None or scheduler.last_epoch < 0:
            real(epoch)
            return
        at, turn = scheduler.T_cur + 1, scheduler.T_i
        if at >= turn:
            at %= turn
            turn = scheduler.T_i = turn * times
        scheduler.T_cur = at
        scheduler.last_epoch += 1
        height = 1 + cos(pi * at / turn)
        values = [least + span * height / 2 for span in spans]
        for group, lr in zip(groups, values, strict=True):
            group["lr"] = lr
        scheduler._last_lr = values

    return step


def to_beat(scheduler: ReduceLROnPlateau) -> Callable[[float], float]:
    """Return what gives, from the best metric so far, the one that a better one is beyond."""
    smaller, threshold = scheduler.mode == "min", float(scheduler.threshold)
    factor = 1.0 - threshold if smaller else threshold + 1.0
    offset = -threshold if smaller else threshold
    if scheduler.threshold_mode == "rel":
        return lambda best: best * factor
    return lambda best: best + offset


def _plateau(scheduler: Any, groups: list[Group]) -> Callable[[float], None]:
    patience, smaller, beat = scheduler.patience, scheduler.mode == "min", to_beat(scheduler)
    best = scheduler.best
    bound = beat(best)

    def step(metric: float) -> None:
        nonlocal best, bound
        scheduler.last_epoch += 1
        if scheduler.best is not best:  # many steps were made at once since
            best = scheduler.best
            bound = beat(best)
        if metric < bound if smaller else metric > bound:
            best = scheduler.best = metric
            bound = beat(metric)
            scheduler.num_bad_epochs = 0
        else:
            scheduler.num_bad_epochs += 1
        if scheduler.cooldown_counter > 0:
            scheduler.cooldown_counter -= 1
            scheduler.num_bad_epochs = 0
        if scheduler.num_bad_epochs > patience:
            scheduler._reduce_lr(scheduler.last_epoch)
            scheduler.cooldown_counter = scheduler.cooldown
            scheduler.num_bad_epochs = 0
        scheduler._last_lr = [group["lr"] for group in groups]

    return step


_RATES: dict[type, Callable[[Any, list[Group]], Rates]] = {
    CosineAnnealingLR: _cosine,
    CyclicLR: _cyclic,
    OneCycleLR: _one_cycle,
    SWALR: _averaged,
}
_STEPS: dict[type, Callable[[Any, list[Group]], Callable[..., None]]] = {
    CosineAnnealingWarmRestarts: _warm_restarts,
    ReduceLROnPlateau: _plateau,
}
