"""Falls and rises by the same rule from the first update to the last."""

from __future__ import annotations

import math

from lrviz.errors import SpecError
from lrviz.shapes import checks
from lrviz.shapes.shape import Shape


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
    checks.at_least("rate", rate, 0.0)

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
    checks.above("end_ratio", end_ratio, 0.0)
    checks.count("total", total)
    span = max(1, total)

    def factor(step: int) -> float:
        return math.pow(end_ratio, step / span)

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
    checks.above("start_ratio", start_ratio, 0.0)
    checks.count("total", total)
    last = total - 1

    def factor(step: int) -> float:
        return math.pow(start_ratio, 1.0 - step / last) if step < last else 1.0

    return factor
