"""Shapes of a decay without an end, of phases, and of a range test."""

from __future__ import annotations

import math

from lrviz.errors import SpecError
from lrviz.shapes.shape import (
    Form,
    Shape,
    check_above,
    check_at_least,
    check_count,
    check_ratio,
    form_of_fall,
    form_of_rise,
    phases,
)


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
    check_count("warmup", warmup)
    scale = warmup or 10_000 if timescale is None else timescale
    if scale < 1:
        raise SpecError(f"timescale is {scale}: it must be at least 1")
    shift = scale - warmup

    return phases(
        (warmup, lambda step, do: step / warmup),
        (math.inf, lambda step, do: 1.0 / do.sqrt((step + shift) / scale)),
    )


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

    return phases(
        (warmup - 1, lambda step, do: (step + 1) / warmup),
        (math.inf, lambda step, do: do.sqrt(warmup / (step + 1))),
    )


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
    check_at_least("rate", rate, 0.0)

    return phases((math.inf, lambda step, do: 1.0 / (1.0 + rate * step / decay_steps)))


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
    check_above("end_ratio", end_ratio, 0.0)
    check_count("total", total)
    span = max(1, total)

    return phases((math.inf, lambda step, do: do.power(end_ratio, step / span)))


def wsd(
    *,
    warmup: int,
    decay: int,
    total: int,
    warmup_type: Form = "linear",
    decay_type: Form = "cosine",
    min_ratio: float = 0.0,
    num_cycles: float = 0.5,
) -> Shape:
    """Warm-up, stable, decay: a rise from a share of the lr, a plateau, and a fall back to it.

    factor = min_ratio + (1 - min_ratio) * form_of_rise(step / warmup)    for step < warmup
             1                                                    for step < total - decay
             min_ratio + (1 - min_ratio) * form_of_fall(p)
             with p = (step - (total - decay)) / decay            for step < total
             min_ratio                                            from step = total on

    form_of_rise(x): linear x; cosine 0.5 * (1 - cos(pi x)); 1-sqrt 1 - sqrt(1 - x)
    form_of_fall(x): linear 1 - x; cosine 0.5 * (1 + cos(2 pi * num_cycles * x)); 1-sqrt 1 - sqrt(x)

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
        check_count(name, count)
    check_ratio("min_ratio", min_ratio)
    check_at_least("num_cycles", num_cycles, 0.0)
    fall_start = total - decay
    rise = form_of_rise(warmup_type)
    fall = form_of_fall(decay_type, num_cycles)
    drop = 1.0 - min_ratio

    return phases(
        (warmup, lambda step, do: do.positive(rise(step / warmup, do) * drop + min_ratio)),
        (fall_start, lambda step, do: do.always(1.0, step)),
        (
            total,
            lambda step, do: do.positive(fall((step - fall_start) / decay, do) * drop + min_ratio),
        ),
        (math.inf, lambda step, do: do.always(min_ratio, step)),
    )


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
    check_above("start_ratio", start_ratio, 0.0)
    check_count("total", total)
    last = total - 1

    return phases(
        (last, lambda step, do: do.power(start_ratio, 1.0 - step / last)),
        (math.inf, lambda step, do: do.always(1.0, step)),
    )
