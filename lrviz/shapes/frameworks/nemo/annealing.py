"""Policies that fall behind the rise, or at once.

Reference: `nemo/core/optim/lr_scheduler.py` of nemo_toolkit 3.0.0. `step` is what NeMo counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz.errors import SpecError
from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_above

Rate = Callable[[int, float], float]  # of a step and the group's lr


def with_warmup(after: Rate, warmup: int, max_steps: int | None, min_lr: float) -> Shape:
    """Return a policy: lr * (step + 1) / (warmup + 1) up to step = warmup, then `after`."""

    def rate(step: int, lr: float) -> float:
        if step <= warmup and warmup > 0:
            return lr * ((step + 1) / (warmup + 1))
        if max_steps is not None and step > max_steps:
            return min_lr
        return after(step, lr)

    return rates(rate)


def warmup_policy(
    *, warmup_steps: int = 0, max_steps: int | None = None, min_lr: float = 0.0
) -> Shape:
    """A linear rise that does not begin at 0, then the lr; behind max_steps, min_lr.

    Args:
        warmup_steps: The step that uses the full lr.
        max_steps: The last step before min_lr.
        min_lr: A rate.
    """
    return with_warmup(lambda step, lr: lr, warmup_steps, max_steps, min_lr)


def cosine_annealing(
    *, max_steps: int, warmup_steps: int = 0, min_lr: float = 0.0, constant_steps: int = 0
) -> Shape:
    """A linear rise that does not begin at 0, then a cosine to min_lr.

    rate = (lr - min_lr) * (1 + cos(pi * (step - w) / (max_steps - w))) / 2 + min_lr  for step > w

    Args:
        max_steps: The step that uses min_lr.
        warmup_steps: w, the step that uses the full lr.
        min_lr: The lowest rate.
        constant_steps: How many steps use min_lr in the end; with any, the rise begins at 0.
    """
    if constant_steps:
        return _cosine_and_constant(max_steps - constant_steps, warmup_steps, min_lr)

    def after(step: int, lr: float) -> float:
        if lr < min_lr:
            raise SpecError(f"the lr ({lr}) is lower than min_lr ({min_lr})")
        angle = math.pi * (step - warmup_steps) / (max_steps - warmup_steps)
        return (lr - min_lr) * (0.5 * (1 + math.cos(angle))) + min_lr

    return with_warmup(after, warmup_steps, max_steps, min_lr)


def _cosine_and_constant(end: int, warmup: int, min_lr: float) -> Shape:
    """Return a rise from 0, a cosine that ends at step `end`, and min_lr behind it."""

    def rate(step: int, lr: float) -> float:
        if not lr > min_lr:
            raise SpecError(f"the lr ({lr}) is not above min_lr ({min_lr})")
        if warmup > 0 and step <= warmup:
            return lr * float(step) / float(warmup)
        if step > end:
            return min_lr
        share = float(step - warmup) / float(end - warmup)
        return min_lr + 0.5 * (math.cos(math.pi * share) + 1.0) * (lr - min_lr)

    return rates(rate)


def warmup_annealing(*, max_steps: int, warmup_steps: int = 0, min_lr: float = 0.0) -> Shape:
    """A linear rise that does not begin at 0, then a line to min_lr.

    Args:
        max_steps: The step that uses min_lr.
        warmup_steps: The step that uses the full lr.
        min_lr: The lowest rate.
    """

    def after(step: int, lr: float) -> float:
        share = (step - warmup_steps) / (max_steps - warmup_steps)
        return min_lr + (1 - share) * (lr - min_lr)

    return with_warmup(after, warmup_steps, max_steps, min_lr)


def square_annealing(*, max_steps: int, warmup_steps: int = 0, min_lr: float = 1e-5) -> Shape:
    """A linear rise that does not begin at 0, then lr * (what is left of the fall) ** 2.

    Args:
        max_steps: The step at which nothing is left.
        warmup_steps: The step that uses the full lr.
        min_lr: The lowest rate.
    """

    def after(step: int, lr: float) -> float:
        at, whole = step - warmup_steps, max_steps - warmup_steps
        return max(lr * ((whole - at) / whole) ** 2, min_lr)

    return with_warmup(after, warmup_steps, max_steps, min_lr)


def square_root_annealing(*, max_steps: int, warmup_steps: int = 0, min_lr: float = 0.0) -> Shape:
    """A linear rise that does not begin at 0, then lr * sqrt(1 - step / max_steps).

    Args:
        max_steps: The step at which nothing is left; its clock starts with the rise.
        warmup_steps: The last step of the rise.
        min_lr: The lowest rate.
    """

    def after(step: int, lr: float) -> float:
        kept: float = ((max_steps - step) / max_steps) ** 0.5
        return max(lr * kept, min_lr)

    return with_warmup(after, warmup_steps, max_steps, min_lr)


def t5_inverse_square_root_annealing(
    *, max_steps: int, constant_steps: int, min_lr: float = 0.0
) -> Shape:
    """1 / sqrt(constant_steps), then 1 / sqrt(step), whatever the lr is.

    Args:
        max_steps: The last step before min_lr.
        constant_steps: The last step of the first rate, above 0.
        min_lr: The rate behind max_steps.
    """
    check_above("constant_steps", constant_steps, 0)

    def rate(step: int, lr: float) -> float:
        del lr
        if step > max_steps and step > constant_steps:
            return min_lr
        return float(1 / max(step, constant_steps) ** 0.5)

    return rates(rate)


def inverse_square_root_annealing(
    *, max_steps: int, warmup_steps: int = 0, min_lr: float = 0.0
) -> Shape:
    """A linear rise that does not begin at 0, then lr / sqrt((step + 1) / (warmup_steps + 1)).

    Args:
        max_steps: The last step before min_lr.
        warmup_steps: The step that uses the full lr.
        min_lr: The rate behind max_steps.
    """

    def after(step: int, lr: float) -> float:
        denominator: float = ((step + 1) / (warmup_steps + 1)) ** 0.5
        return lr / denominator

    return with_warmup(after, warmup_steps, max_steps, min_lr)


def polynomial_decay_annealing(
    *,
    max_steps: int,
    warmup_steps: int = 0,
    min_lr: float = 0.0,
    power: float = 1.0,
    cycle: bool = False,
) -> Shape:
    """A linear rise that does not begin at 0, then a polynomial fall to min_lr.

    rate = (lr - min_lr) * (1 - (step - w) / (max_steps - w)) ** power + min_lr       for step > w

    Args:
        max_steps: The step that uses min_lr.
        warmup_steps: w, the step that uses the full lr.
        min_lr: The lowest rate.
        power: Exponent of the fall.
        cycle: Lengthen the fall when it ends.
    """

    def after(step: int, lr: float) -> float:
        length = max_steps - warmup_steps
        return polynomial(lr, step - warmup_steps, length, power, min_lr, cycle=cycle)

    return with_warmup(after, warmup_steps, max_steps, min_lr)


def polynomial(
    lr: float, at: float, length: float, power: float, min_lr: float, *, cycle: bool
) -> float:
    """Return the rate at `at` of a fall of this length, to min_lr by a power.

    Args:
        lr: What it begins at.
        at: Steps from its beginning, at least 0.
        length: Steps of the fall, above 0.
        power: Exponent.
        min_lr: What it ends at.
        cycle: Lengthen it when it ends.
    """
    if cycle:
        length *= 1.0 if at == 0 else math.ceil(at / length)
    else:
        at = min(at, length)
    return (lr - min_lr) * math.pow(1.0 - at / length, power) + min_lr


def noam_annealing(
    *, d_model: int, warmup_steps: int = 0, max_steps: int | None = None, min_lr: float = 0.0
) -> Shape:
    """The first Transformer's schedule, of which the lr is a factor.

    rate = lr * d_model ** -0.5 * min(n ** -0.5, n * warmup_steps ** -1.5) with n = max(1, step),
           and at least min_lr for n > warmup_steps

    Args:
        d_model: The model's width.
        warmup_steps: The step of the peak.
        max_steps: Not looked at.
        min_lr: The lowest rate behind the warmup.
    """
    del max_steps
    scale: float = d_model ** (-0.5)

    def rate(step: int, lr: float) -> float:
        if lr < min_lr:
            raise SpecError(f"the lr ({lr}) is lower than min_lr ({min_lr})")
        n = max(1, step)
        falls: float = n ** (-0.5)
        rises: float = n * (warmup_steps ** (-1.5)) if warmup_steps > 0 else falls
        result = lr * (scale * min(falls, rises))
        return max(result, min_lr) if n > warmup_steps else result

    return rates(rate)
