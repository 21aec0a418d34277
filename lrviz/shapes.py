"""Our named shapes: factors for torch's LambdaLR, which multiplies each group's lr by them.

A shape is a function of keyword-only parameters that returns the factor as a function of `step`,
the number of `step()` calls so far (0 for the first update). Parameters annotated `int` are counts
of such calls; `total` is the calls in the phase that the shape runs in. Where transformers has a
function of the same shape, both are equal bit for bit at every step: the operations are the same
ones in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from lrviz.errors import SpecError

Shape = Callable[[int], float]
Curve = Literal["linear", "cosine", "1-sqrt"]


def constant() -> Shape:
    """The lr itself, at every step.

    factor = 1

    Reference: `transformers.get_constant_schedule`.
    """
    return lambda step: 1.0


def warmup_constant(*, warmup: int) -> Shape:
    """A linear rise from 0 to the lr, which then stays.

    factor = step / warmup    for step < warmup
             1                from step = warmup on

    The first update uses 0; the first at the full lr is update `warmup`.

    >>> [warmup_constant(warmup=4)(step) for step in (0, 3, 4)]
    [0.0, 0.75, 1.0]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0 (0: no warm-up).

    Reference: `transformers.get_constant_schedule_with_warmup`.
    """
    _count("warmup", warmup)

    def factor(step: int) -> float:
        return step / warmup if step < warmup else 1.0

    return factor


def warmup_linear(*, warmup: int, total: int) -> Shape:
    """A linear rise from 0 to the lr, then a linear fall to 0.

    factor = step / warmup                        for step < warmup
             (total - step) / (total - warmup)    from step = warmup on, and 0 beyond total

    It is 1 at step = warmup. The last update, total - 1, uses 1 / (total - warmup), not 0.

    >>> [warmup_linear(warmup=2, total=10)(step) for step in (0, 1, 2, 9, 10)]
    [0.0, 0.5, 1.0, 0.125, 0.0]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until 0.

    Reference: Devlin et al. 2018, "BERT"; `transformers.get_linear_schedule_with_warmup`.
    """
    _count("warmup", warmup)
    _count("total", total)
    fall = max(1, total - warmup)

    def factor(step: int) -> float:
        if step < warmup:
            return step / warmup
        return max(0.0, (total - step) / fall)

    return factor


def warmup_cosine(
    *, warmup: int, total: int, num_cycles: float = 0.5, min_ratio: float = 0.0
) -> Shape:
    """A linear rise from 0 to the lr, then a cosine down to a share of it.

    factor = step / warmup                              for step < warmup
             min_ratio + (1 - min_ratio) * 0.5 * (1 + cos(2 pi * num_cycles * p))
             with p = (step - warmup) / (total - warmup)    from step = warmup on

    It is 1 at step = warmup and, with half a cycle, min_ratio at step = total; beyond, the cosine
    rises again. The last update, total - 1, is a little above min_ratio.

    >>> [warmup_cosine(warmup=2, total=10, min_ratio=0.1)(step) for step in (0, 1, 2, 10)]
    [0.0, 0.5, 1.0, 0.1]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until the cosine ends.
        num_cycles: Waves of the cosine between warmup and total; 0.5 is one fall.
        min_ratio: The lowest factor, 0 to 1.

    Reference: Loshchilov & Hutter 2016, "SGDR" (the cosine);
    `transformers.get_cosine_schedule_with_warmup`, and with min_ratio (its `min_lr_rate`)
    `transformers.get_cosine_with_min_lr_schedule_with_warmup`.
    """
    _count("warmup", warmup)
    _count("total", total)
    _at_least("num_cycles", num_cycles, 0.0)
    _ratio("min_ratio", min_ratio)
    fall = max(1, total - warmup)
    turn = math.pi * num_cycles * 2.0
    drop = 1 - min_ratio

    def factor(step: int) -> float:
        if step < warmup:
            return step / warmup
        wave = 0.5 * (1.0 + math.cos(turn * ((step - warmup) / fall)))
        return max(0.0, wave * drop + min_ratio)

    return factor


def warmup_cosine_restarts(*, warmup: int, total: int, num_cycles: float = 1.0) -> Shape:
    """A linear rise from 0 to the lr, then several cosine falls to 0, each from the full lr.

    factor = step / warmup                            for step < warmup
             0.5 * (1 + cos(pi * (num_cycles * p mod 1)))
             with p = (step - warmup) / (total - warmup)    from step = warmup on
             0                                        from step = total on

    It is 1 at step = warmup and at each restart, p = k / num_cycles.

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until the last fall ends.
        num_cycles: How many falls there are between warmup and total.

    Reference: Loshchilov & Hutter 2016, "SGDR";
    `transformers.get_cosine_with_hard_restarts_schedule_with_warmup`.
    """
    _count("warmup", warmup)
    _count("total", total)
    _at_least("num_cycles", num_cycles, 0.0)
    fall = max(1, total - warmup)

    def factor(step: int) -> float:
        if step < warmup:
            return step / warmup
        progress = (step - warmup) / fall
        if progress >= 1.0:
            return 0.0
        return max(0.0, 0.5 * (1.0 + math.cos(math.pi * ((num_cycles * progress) % 1.0))))

    return factor


def warmup_polynomial(
    *, warmup: int, total: int, power: float = 1.0, min_ratio: float = 0.0
) -> Shape:
    """A linear rise from 0 to the lr, then a polynomial fall to a share of it, which stays.

    factor = step / warmup                                     for step < warmup
             min_ratio + (1 - min_ratio) * (1 - p) ** power
             with p = (step - warmup) / (total - warmup)       from step = warmup on
             min_ratio                                         beyond step = total

    It is 1 at step = warmup and min_ratio at step = total.

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until min_ratio.
        power: Exponent of the fall, above 0; 1 is a line.
        min_ratio: The last factor, 0 to 1.

    Reference: `transformers.get_polynomial_decay_schedule_with_warmup` with
    `lr_end = min_ratio * lr`; it computes in lr instead of in ratios, so it is equal bit for bit
    where the lr is 1, and to rounding elsewhere.
    """
    _count("warmup", warmup)
    _count("total", total)
    _above("power", power, 0.0)
    _ratio("min_ratio", min_ratio)
    fall = max(1, total - warmup)
    drop = 1 - min_ratio

    def factor(step: int) -> float:
        if step < warmup:
            return step / warmup
        if step > total:
            return min_ratio
        remaining: float = (1 - (step - warmup) / fall) ** power
        return drop * remaining + min_ratio

    return factor


def inverse_sqrt(*, warmup: int, timescale: int | None = None) -> Shape:
    """A linear rise from 0 to the lr, then a fall with the inverse square root of the steps.

    factor = step / warmup                                        for step < warmup
             1 / sqrt((step - warmup + timescale) / timescale)    from step = warmup on

    It is 1 at step = warmup. It never ends: no number of steps enters it.

    >>> [inverse_sqrt(warmup=4)(step) for step in (0, 3, 4, 16)]
    [0.0, 0.75, 1.0, 0.5]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        timescale: Calls after which the fall has slowed to 1 / sqrt(2); by default `warmup`
            (10,000 without a warm-up), which gives sqrt(warmup / step).

    Reference: Raffel et al. 2019, "T5"; Zhai et al. 2021, "Scaling Vision Transformers";
    `transformers.get_inverse_sqrt_schedule`.
    """
    _count("warmup", warmup)
    scale = warmup or 10_000 if timescale is None else timescale
    if scale < 1:
        raise SpecError(f"timescale is {scale}: it must be at least 1")
    shift = scale - warmup

    def factor(step: int) -> float:
        if step < warmup:
            return step / warmup
        return 1.0 / math.sqrt((step + shift) / scale)

    return factor


def noam(*, warmup: int) -> Shape:
    """The schedule of the first Transformer, its peak at the lr.

    factor = min((step + 1) / warmup, sqrt(warmup / (step + 1)))

    This is the paper's d_model ** -0.5 * min(n ** -0.5, n * warmup ** -1.5) with n = step + 1,
    which counts updates from 1, divided by its peak (d_model * warmup) ** -0.5. The peak, exactly
    1, is at step = warmup - 1; the first update uses 1 / warmup, not 0.

    >>> [noam(warmup=4)(step) for step in (0, 2, 3, 15)]
    [0.25, 0.75, 1.0, 0.5]

    Args:
        warmup: Updates of the rise, at least 1.

    Reference: Vaswani et al. 2017, "Attention Is All You Need", equation 3.
    """
    if warmup < 1:
        raise SpecError(f"warmup is {warmup}: noam needs at least 1, its peak is there")

    def factor(step: int) -> float:
        n = step + 1
        return n / warmup if n < warmup else math.sqrt(warmup / n)

    return factor


def inverse_time(*, decay_steps: int, rate: float = 1.0) -> Shape:
    """A fall with the inverse of the time.

    factor = 1 / (1 + rate * step / decay_steps)

    It is 1 at step = 0 and 1 / (1 + rate) at step = decay_steps.

    >>> [inverse_time(decay_steps=10)(step) for step in (0, 10, 30)]
    [1.0, 0.5, 0.25]

    Args:
        decay_steps: Calls of `step()` that count as one unit of time, at least 1.
        rate: How much 1 / factor grows in that time, at least 0.

    Reference: Robbins & Monro 1951; Bottou 2012, "Stochastic Gradient Descent Tricks";
    `tf.keras.optimizers.schedules.InverseTimeDecay`.
    """
    if decay_steps < 1:
        raise SpecError(f"decay_steps is {decay_steps}: it must be at least 1")
    _at_least("rate", rate, 0.0)

    def factor(step: int) -> float:
        return 1.0 / (1.0 + rate * step / decay_steps)

    return factor


def exponential(*, end_ratio: float, total: int) -> Shape:
    """A fall by the same factor at every step.

    factor = end_ratio ** (step / total)

    It is 1 at step = 0 and end_ratio at step = total, and falls on beyond. The last update,
    total - 1, is a little above end_ratio.

    >>> [exponential(end_ratio=0.25, total=4)(step) for step in (0, 2, 4)]
    [1.0, 0.5, 0.25]

    Args:
        end_ratio: The factor at step = total, above 0.
        total: Calls of `step()` until end_ratio.

    Reference: `torch.optim.lr_scheduler.ExponentialLR` with gamma = end_ratio ** (1 / total), to
    rounding; Tan & Le 2019, "EfficientNet", falls so in steps.
    """
    _above("end_ratio", end_ratio, 0.0)
    _count("total", total)
    span = max(1, total)

    def factor(step: int) -> float:
        return math.pow(end_ratio, step / span)

    return factor


def wsd(
    *,
    warmup: int,
    decay: int,
    total: int,
    warmup_type: Curve = "linear",
    decay_type: Curve = "cosine",
    min_ratio: float = 0.0,
    num_cycles: float = 0.5,
) -> Shape:
    """Warm-up, stable, decay: a rise from a share of the lr, a plateau, and a fall back to it.

    factor = min_ratio + (1 - min_ratio) * rise(step / warmup)    for step < warmup
             1                                                    for step < total - decay
             min_ratio + (1 - min_ratio) * fall(p)
             with p = (step - (total - decay)) / decay            for step < total
             min_ratio                                            from step = total on

    rise(x): linear x; cosine 0.5 * (1 - cos(pi x)); 1-sqrt 1 - sqrt(1 - x)
    fall(x): linear 1 - x; cosine 0.5 * (1 + cos(2 pi * num_cycles * x)); 1-sqrt 1 - sqrt(x)

    It is 1 from step = warmup to step = total - decay, both included. Where warmup + decay is
    more than total, there is no plateau and the fall has begun before the rise ends: it jumps.

    >>> curve = wsd(warmup=2, decay=4, total=10, decay_type="linear")
    >>> [curve(step) for step in (0, 1, 2, 6, 7, 9, 10)]
    [0.0, 0.5, 1.0, 1.0, 0.75, 0.25, 0.0]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        decay: Calls of `step()` that the fall takes, at least 0.
        total: Calls of `step()` until the fall ends.
        warmup_type: The form of the rise.
        decay_type: The form of the fall.
        min_ratio: The factor at both ends, 0 to 1.
        num_cycles: Waves of a cosine fall; 0.5 is one fall.

    Reference: Hu et al. 2024, "MiniCPM"; Hägele et al. 2024, "Scaling Laws and Compute-Optimal
    Training Beyond Fixed Training Durations" (1-sqrt); `transformers.get_wsd_schedule`.
    """
    for name, count in (("warmup", warmup), ("decay", decay), ("total", total)):
        _count(name, count)
    _ratio("min_ratio", min_ratio)
    _at_least("num_cycles", num_cycles, 0.0)
    fall_start = total - decay
    rise = _rise(warmup_type)
    fall = _fall(decay_type, num_cycles)
    drop = 1.0 - min_ratio

    def factor(step: int) -> float:
        if step < warmup:
            return max(0.0, rise(step / warmup) * drop + min_ratio)
        if step < fall_start:
            return 1.0
        if step < total:
            return max(0.0, fall((step - fall_start) / decay) * drop + min_ratio)
        return min_ratio

    return factor


def exponential_ramp(*, start_ratio: float, total: int) -> Shape:
    """An exponential rise to the lr at the last update: the ramp of an LR range test.

    factor = start_ratio ** (1 - step / (total - 1))    for step < total - 1
             1                                          from step = total - 1 on

    It is start_ratio at step = 0, and a straight line on a logarithmic axis.

    >>> [exponential_ramp(start_ratio=0.0001, total=5)(step) for step in (0, 2, 4, 5)]
    [0.0001, 0.01, 1.0, 1.0]

    Args:
        start_ratio: The first factor, above 0.
        total: Updates of the ramp.

    Reference: Smith 2015, "Cyclical Learning Rates for Training Neural Networks", section 3.3
    (the range test, there linear); Gugger 2018, fastai's `lr_find` (exponential).
    """
    _above("start_ratio", start_ratio, 0.0)
    _count("total", total)
    last = total - 1

    def factor(step: int) -> float:
        return math.pow(start_ratio, 1.0 - step / last) if step < last else 1.0

    return factor


SHAPES: dict[str, Callable[..., Shape]] = {
    shape.__name__: shape
    for shape in (
        constant,
        warmup_constant,
        warmup_linear,
        warmup_cosine,
        warmup_cosine_restarts,
        warmup_polynomial,
        inverse_sqrt,
        noam,
        inverse_time,
        exponential,
        wsd,
        exponential_ramp,
    )
}
"""Every shape by the name that a spec gives it: `lr_lambda: {shape: warmup_cosine, ...}`."""


def _rise(curve: Curve) -> Callable[[float], float]:
    """Return the form of a warm-up, from 0 at 0 to 1 at 1."""
    match curve:
        case "linear":
            return lambda x: x
        case "cosine":
            return lambda x: 0.5 * (1.0 - math.cos(math.pi * x))
        case "1-sqrt":
            return lambda x: 1.0 - math.sqrt(1.0 - x)


def _fall(curve: Curve, num_cycles: float) -> Callable[[float], float]:
    """Return the form of a decay, from 1 at 0 to 0 at 1 (for half a cycle of the cosine)."""
    turn = math.pi * num_cycles * 2.0
    match curve:
        case "linear":
            return lambda x: 1.0 - x
        case "cosine":
            return lambda x: 0.5 * (1.0 + math.cos(turn * x))
        case "1-sqrt":
            return lambda x: 1.0 - math.sqrt(x)


def _count(name: str, value: int) -> None:
    if value < 0:
        raise SpecError(f"{name} is {value}: it must be at least 0")


def _at_least(name: str, value: float, low: float) -> None:
    if not low <= value < math.inf:
        raise SpecError(f"{name} is {value}: it must be a number of at least {low:g}")


def _above(name: str, value: float, low: float) -> None:
    if not low < value < math.inf:
        raise SpecError(f"{name} is {value}: it must be a number above {low:g}")


def _ratio(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise SpecError(f"{name} is {value}: it must be between 0 and 1")
