"""NeMo's policies out of the arguments of `model.optim.sched`.

`step` is what NeMo counts: 0 for the first update. Reference: `nemo/core/optim/lr_scheduler.py` of
nemo_toolkit 3.0.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz.errors import SpecError
from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape

_Rate = Callable[[int, float], float]


def _with_warmup(after: _Rate, warmup: int, max_steps: int | None, min_lr: float) -> Shape:
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
    return _with_warmup(lambda step, lr: lr, warmup_steps, max_steps, min_lr)


def cosine_annealing(*, max_steps: int, warmup_steps: int = 0, min_lr: float = 0.0) -> Shape:
    """A linear rise that does not begin at 0, then a cosine to min_lr.

    rate = (lr - min_lr) * (1 + cos(pi * (step - w) / (max_steps - w))) / 2 + min_lr  for step > w

    Args:
        max_steps: The step that uses min_lr.
        warmup_steps: w, the step that uses the full lr.
        min_lr: The lowest rate.
    """

    def after(step: int, lr: float) -> float:
        if lr < min_lr:
            raise SpecError(f"the lr ({lr}) is lower than min_lr ({min_lr})")
        angle = math.pi * (step - warmup_steps) / (max_steps - warmup_steps)
        return (lr - min_lr) * (0.5 * (1 + math.cos(angle))) + min_lr

    return _with_warmup(after, warmup_steps, max_steps, min_lr)


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

    return _with_warmup(after, warmup_steps, max_steps, min_lr)


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
        at: float = step - warmup_steps
        decay: float = max_steps - warmup_steps
        if cycle:
            decay *= 1.0 if at == 0 else math.ceil(at / decay)
        else:
            at = min(at, decay)
        return (lr - min_lr) * math.pow(1.0 - at / decay, power) + min_lr

    return _with_warmup(after, warmup_steps, max_steps, min_lr)


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


SHAPES: dict[str, Callable[..., Shape]] = {
    "WarmupPolicy": warmup_policy,
    "CosineAnnealing": cosine_annealing,
    "InverseSquareRootAnnealing": inverse_square_root_annealing,
    "PolynomialDecayAnnealing": polynomial_decay_annealing,
    "NoamAnnealing": noam_annealing,
}
