"""timm's schedulers out of their own arguments.

Reference: `_get_lr` of each class of `timm/scheduler/`, timm 1.0.31. `t` is an epoch, or an update
with `sched_on_updates`; before the first step() the rate is `warmup_lr_init`, or lr without a
warmup, whatever `_get_lr(0)` would be. Every class takes noise, as `noisy` adds it.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from typing import Literal

from lrviz.errors import SpecError
from lrviz.shapes.noise import noisy
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


def wsd(
    *,
    t_initial: float,
    decay_t: float,
    lr_min: float = 0.0,
    stable_fn: Literal["constant", "rsqrt", "power"] = "constant",
    stable_timescale: float | None = None,
    stable_power: float = 0.5,
    decay_fn: Literal["linear", "1-sqrt", "cosine", "power", "exp"] = "1-sqrt",
    decay_power: float = 0.5,
    decay_ratio: float = 0.1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
) -> Shape:
    """A plateau or a slow fall, and a fall to lr_min in the end (arXiv:2404.06395, 2106.04560).

    rate = lr_min + (max(lr * stable(t), lr_min) - lr_min) * decay(share of the last decay_t)

    Args:
        t_initial: How long it is behind the rise, above 0.
        decay_t: How long its end is, above 0, at most `t_initial`.
        lr_min: The rate that it ends at, not a factor.
        stable_fn: `constant` stays; the others are (1 + t / stable_timescale) ** -stable_power,
            of `rsqrt` with 0.5.
        stable_timescale: Above 0; None: `warmup_t`.
        stable_power: Above 0.
        decay_fn: `power` is 1 - share ** decay_power; `exp` falls to decay_ratio,
            and is moved so that it ends at 0.
        decay_power: Above 0.
        decay_ratio: Between 0 and 1.
        warmup_t: How long the rise is, before all that.
        warmup_lr_init: The rate that it begins at, not a factor.
    """
    check_above("t_initial", t_initial, 0)
    check_above("decay_t", decay_t, 0)
    check_above("decay_power", decay_power, 0)
    check_above("stable_power", stable_power, 0)
    if decay_t > t_initial:
        raise SpecError(f"decay_t is {decay_t:g}: it must be at most t_initial, {t_initial:g}")
    if not 0 < decay_ratio < 1:
        raise SpecError(f"decay_ratio is {decay_ratio}: it must be between 0 and 1")
    timescale = warmup_t if stable_timescale is None else stable_timescale
    if stable_fn != "constant":
        check_above("stable_timescale", timescale, 0)

    def stable(t: float) -> float:
        power = 0.5 if stable_fn == "rsqrt" else stable_power
        return 1.0 if stable_fn == "constant" else float((1.0 + t / timescale) ** -power)

    def decay(share: float) -> float:
        match decay_fn:
            case "linear":
                return 1.0 - share
            case "1-sqrt":
                return 1.0 - math.sqrt(share)
            case "cosine":
                return 0.5 * (1.0 + math.cos(math.pi * share))
            case "power":
                return float(1.0 - share**decay_power)
        return float((decay_ratio**share - decay_ratio) / (1.0 - decay_ratio))

    def fall(t: float, lr: float) -> float:
        kept = max(lr * stable(t), lr_min)
        t_decay = t - (t_initial - decay_t)
        if t_decay <= 0:
            return kept
        return lr_min + (kept - lr_min) * decay(min(t_decay / decay_t, 1.0))

    return _warmed(fall, warmup_t, warmup_lr_init, prefix=True, to_fall=False)


def warmup(*, warmup_t: float, warmup_lr_init: float = 0.0) -> Shape:
    """The rise of PlateauLRScheduler, whose fall is ReduceLROnPlateau's.

    Args:
        warmup_t: How long the rise is.
        warmup_lr_init: The rate that it begins at, not a factor.
    """

    def of(t: int, lr: float) -> float:
        if not warmup_t:
            return lr
        return warmup_lr_init + t * ((lr - warmup_lr_init) / warmup_t) if t else warmup_lr_init

    return rates(of)


SHAPES: dict[str, Callable[..., Shape]] = {
    "CosineLRScheduler": noisy(cosine),
    "MultiStepLRScheduler": noisy(multistep),
    "PolyLRScheduler": noisy(poly),
    "StepLRScheduler": noisy(step),
    "TanhLRScheduler": noisy(tanh),
    "WSDLRScheduler": noisy(wsd),
    "warmup": warmup,
}
