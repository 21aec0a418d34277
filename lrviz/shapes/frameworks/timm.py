"""timm's schedulers out of their own arguments.

Reference: `_get_lr` of each class of `timm/scheduler/`, timm 1.0.31. `t` is an epoch, or an update
with `sched_on_updates`; before the first step() the rate is `warmup_lr_init`, or lr without a
warmup, whatever `_get_lr(0)` would be. Noise is not covered.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable

from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_above, check_at_least

Fall = Callable[[float, float], float]  # of t, less a warmup that is a prefix, and the group's lr


def _warmed(fall: Fall, warmup_t: float, first: float, *, prefix: bool, to_fall: bool) -> Shape:
    """Return the fall behind a linear rise; its clock starts with the rise but for a prefix.

    Args:
        fall: The fall.
        warmup_t: How long the rise is.
        first: The rate that it begins at.
        prefix: The fall's clock starts behind it.
        to_fall: It aims at where the fall is then, not at lr.
    """
    check_at_least("warmup_t", warmup_t, 0)

    def behind(t: float, lr: float) -> float:
        return fall(t - warmup_t if prefix else t, lr)

    def of(t: int, lr: float) -> float:
        if t == 0:
            return first if warmup_t else lr
        if t < warmup_t:
            top = behind(warmup_t, lr) if to_fall else lr
            return first + t * ((top - first) / warmup_t)
        return behind(t, lr)

    return rates(of)


def _cycle(t: float, t_initial: float, cycle_mul: float) -> tuple[int, float, float]:
    """Return which cycle `t` is in, its length, and how far into it `t` is."""
    if cycle_mul == 1:
        number = int(t // t_initial)
        return number, t_initial, t - (t_initial * number)
    number = math.floor(math.log(1 - t / t_initial * (1 - cycle_mul), cycle_mul))
    before = (1 - cycle_mul**number) / (1 - cycle_mul) * t_initial
    return number, cycle_mul**number * t_initial, t - before


def _cycles(
    form: Callable[[float, float, float], float],
    t_initial: float,
    lr_min: float,
    cycle_mul: float,
    cycle_decay: float,
    cycle_limit: int,
) -> Fall:
    """Return a fall that is repeated, and lr_min behind its last cycle.

    Args:
        form: What is left of a span above lr_min, out of the span, `t` in the cycle, its length.
        t_initial: The first cycle's length, above 0.
        lr_min: The rate that a cycle aims at.
        cycle_mul: How much longer a cycle is than the one before.
        cycle_decay: How much lower its peak is.
        cycle_limit: How many cycles there are.
    """
    check_above("t_initial", t_initial, 0)

    def fall(t: float, lr: float) -> float:
        number, length, at = _cycle(t, t_initial, cycle_mul)
        if number >= cycle_limit:
            return lr_min
        return float(lr_min + form(lr * cycle_decay**number - lr_min, at, length))

    return fall


def cosine(
    *,
    t_initial: float,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    k_decay: float = 1.0,
) -> Shape:
    """Half cosines (arXiv:1608.03983) with k-decay (arXiv:2004.05909).

    rate = lr_min + 0.5 * (lr * cycle_decay ** i - lr_min) * (1 + cos(pi * t_curr ** k / t_i ** k))
    in cycle i < cycle_limit, and lr_min behind the last.

    Args:
        t_initial: The first cycle's length, above 0.
        lr_min: The rate that a cycle ends at, not a factor.
        cycle_mul: How much longer a cycle is than the one before.
        cycle_decay: How much lower its peak is.
        cycle_limit: How many cycles there are.
        warmup_t: How long the rise is.
        warmup_lr_init: The rate that it begins at, not a factor.
        warmup_prefix: The cosine's clock starts behind the rise, not with it.
        k_decay: The power k of the clock.
    """

    def form(span: float, at: float, length: float) -> float:
        return 0.5 * span * (1 + math.cos(math.pi * at**k_decay / length**k_decay))

    fall = _cycles(form, t_initial, lr_min, cycle_mul, cycle_decay, cycle_limit)
    return _warmed(fall, warmup_t, warmup_lr_init, prefix=warmup_prefix, to_fall=False)


def tanh(
    *,
    t_initial: float,
    lb: float = -7.0,
    ub: float = 3.0,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
) -> Shape:
    """A fall along the hyperbolic tangent from `lb` to `ub` (arXiv:1806.01593).

    Args:
        t_initial: The first cycle's length, above 0.
        lb: Where on the tangent a cycle begins.
        ub: Where it ends.
        lr_min: The rate that it falls to, not a factor.
        cycle_mul: How much longer a cycle is than the one before.
        cycle_decay: How much lower its peak is.
        cycle_limit: How many cycles there are.
        warmup_t: How long the rise is; without a prefix it aims at where the fall is then.
        warmup_lr_init: The rate that it begins at, not a factor.
        warmup_prefix: The fall's clock starts behind the rise, not with it.
    """

    def form(span: float, at: float, length: float) -> float:
        share = at / length
        return 0.5 * span * (1 - math.tanh(lb * (1.0 - share) + ub * share))

    fall = _cycles(form, t_initial, lr_min, cycle_mul, cycle_decay, cycle_limit)
    return _warmed(fall, warmup_t, warmup_lr_init, prefix=warmup_prefix, to_fall=not warmup_prefix)


def poly(
    *,
    t_initial: float,
    power: float = 0.5,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    k_decay: float = 1.0,
) -> Shape:
    """A fall by a power: lr_min + (lr - lr_min) * (1 - t ** k / t_initial ** k) ** power.

    Args:
        t_initial: The first cycle's length, above 0.
        power: 1 for a line; timm's train.py gives it decay_rate.
        lr_min: The rate that a cycle ends at, not a factor.
        cycle_mul: How much longer a cycle is than the one before.
        cycle_decay: How much lower its peak is.
        cycle_limit: How many cycles there are.
        warmup_t: How long the rise is.
        warmup_lr_init: The rate that it begins at, not a factor.
        warmup_prefix: The fall's clock starts behind the rise, not with it.
        k_decay: The power k of the clock.
    """

    def form(span: float, at: float, length: float) -> float:
        return float(span * (1 - at**k_decay / length**k_decay) ** power)

    fall = _cycles(form, t_initial, lr_min, cycle_mul, cycle_decay, cycle_limit)
    return _warmed(fall, warmup_t, warmup_lr_init, prefix=warmup_prefix, to_fall=False)


def step(
    *,
    decay_t: float,
    decay_rate: float = 1.0,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
) -> Shape:
    """A drop every `decay_t`: lr * decay_rate ** (t // decay_t).

    Args:
        decay_t: From one drop to the next, above 0.
        decay_rate: What each drop multiplies by.
        warmup_t: How long the rise is.
        warmup_lr_init: The rate that it begins at, not a factor.
        warmup_prefix: The drops are counted from behind the rise.
    """
    check_above("decay_t", decay_t, 0)

    def fall(t: float, lr: float) -> float:
        return float(lr * (decay_rate ** (t // decay_t)))

    return _warmed(fall, warmup_t, warmup_lr_init, prefix=warmup_prefix, to_fall=False)


def multistep(
    *,
    decay_t: list[float],
    decay_rate: float = 1.0,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
) -> Shape:
    """A drop at each milestone less one: timm counts the milestones that `t + 1` has reached.

    Args:
        decay_t: The milestones, in order.
        decay_rate: What each drop multiplies by.
        warmup_t: How long the rise is.
        warmup_lr_init: The rate that it begins at, not a factor.
        warmup_prefix: The milestones are counted from behind the rise.
    """

    def fall(t: float, lr: float) -> float:
        return float(lr * (decay_rate ** bisect.bisect_right(decay_t, t + 1)))

    return _warmed(fall, warmup_t, warmup_lr_init, prefix=warmup_prefix, to_fall=False)


SHAPES: dict[str, Callable[..., Shape]] = {
    "CosineLRScheduler": cosine,
    "MultiStepLRScheduler": multistep,
    "PolyLRScheduler": poly,
    "StepLRScheduler": step,
    "TanhLRScheduler": tanh,
}
