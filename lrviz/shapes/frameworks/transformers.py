"""The schedules of transformers out of the arguments and by the names of `get_scheduler`.

`step` is the number of calls of `step()` so far. Those that depend on the optimizer's lr take that
of the group, of which the Trainer has one. Reference: `optimization.py` of transformers 5.23.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz import shapes
from lrviz.errors import SpecError
from lrviz.shapes.rate import rates
from lrviz.shapes.shape import (
    Form,
    Operations,
    Shape,
    Steps,
    Values,
    form_of_fall,
    form_of_rise,
    phases,
)


def constant() -> Shape:
    """The lr, whatever the warmup: this one has none."""
    return shapes.constant()


def constant_with_warmup(*, num_warmup_steps: int) -> Shape:
    """A linear rise from 0, then the lr; `lrviz.shapes.warmup_constant`."""
    return shapes.warmup_constant(warmup=num_warmup_steps)


def linear(*, num_warmup_steps: int, num_training_steps: int) -> Shape:
    """A linear rise from 0, then a linear fall to 0; `lrviz.shapes.warmup_linear`."""
    return shapes.warmup_linear(warmup=num_warmup_steps, total=num_training_steps)


def cosine(*, num_warmup_steps: int, num_training_steps: int, num_cycles: float = 0.5) -> Shape:
    """A linear rise from 0, then a cosine of `num_cycles` waves; `lrviz.shapes.warmup_cosine`."""
    return shapes.warmup_cosine(
        warmup=num_warmup_steps, total=num_training_steps, num_cycles=num_cycles
    )


def cosine_with_restarts(
    *, num_warmup_steps: int, num_training_steps: int, num_cycles: float = 1
) -> Shape:
    """A linear rise from 0, then `num_cycles` falls; `lrviz.shapes.warmup_cosine_restarts`."""
    return shapes.warmup_cosine_restarts(
        warmup=num_warmup_steps, total=num_training_steps, num_cycles=num_cycles
    )


def inverse_sqrt(*, num_warmup_steps: int, timescale: int | None = None) -> Shape:
    """A linear rise from 0, then 1 / sqrt; `lrviz.shapes.inverse_sqrt`."""
    return shapes.inverse_sqrt(warmup=num_warmup_steps, timescale=timescale)


def polynomial(
    *, num_warmup_steps: int, num_training_steps: int, lr_end: float = 1e-7, power: float = 1.0
) -> Shape:
    """A linear rise from 0, then a polynomial fall to the rate `lr_end`, which stays.

    factor = ((lr - lr_end) * (1 - p) ** power + lr_end) / lr
             with p = (step - num_warmup_steps) / (num_training_steps - num_warmup_steps)

    Args:
        num_warmup_steps: Calls of `step()` until the full lr.
        num_training_steps: Calls of `step()` until lr_end.
        lr_end: The last rate, below the lr.
        power: Exponent of the fall.
    """

    def rate(step: int, lr: float) -> float:
        if not lr > lr_end:
            raise SpecError(f"lr_end ({lr_end}) must be smaller than the lr ({lr})")
        if step < num_warmup_steps:
            return lr * (step / max(1, num_warmup_steps))
        if step > num_training_steps:
            return lr * (lr_end / lr)
        left = 1 - (step - num_warmup_steps) / (num_training_steps - num_warmup_steps)
        fall: float = left**power
        return lr * (((lr - lr_end) * fall + lr_end) / lr)

    return rates(rate)


def _share(min_lr: float | None, min_lr_rate: float | None) -> Callable[[float], float]:
    """Return the lowest factor of a group by its lr."""
    if (min_lr is None) == (min_lr_rate is None):
        raise SpecError("takes one of min_lr and min_lr_rate")
    return lambda lr: min_lr / lr if min_lr is not None else min_lr_rate or 0.0


def cosine_with_min_lr(
    *,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
) -> Shape:
    """A linear rise from 0, then a cosine to a lowest rate.

    factor = max(0, m + (1 - m) * (1 + cos(2 pi num_cycles * p)) / 2)    from num_warmup_steps on
             with p = (step - num_warmup_steps) / (num_training_steps - num_warmup_steps)
             and m = min_lr_rate, or min_lr / lr

    Args:
        num_warmup_steps: Calls of `step()` until the full lr.
        num_training_steps: Calls of `step()` until the lowest rate.
        num_cycles: Waves of the cosine; 0.5 is one fall.
        min_lr: The lowest rate; or else
        min_lr_rate: its share of the lr.
    """
    share = _share(min_lr, min_lr_rate)
    fall = max(1, num_training_steps - num_warmup_steps)

    def rate(step: int, lr: float) -> float:
        if step < num_warmup_steps:
            return lr * (step / max(1, num_warmup_steps))
        progress = (step - num_warmup_steps) / fall
        wave = 0.5 * (1.0 + math.cos(math.pi * float(num_cycles) * 2.0 * progress))
        return lr * max(0, wave * (1 - share(lr)) + share(lr))

    return rates(rate)


def cosine_warmup_with_min_lr(
    *,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
    warmup_lr_rate: float | None = None,
) -> Shape:
    """A rise that does not begin at 0, then a cosine whose lowest rate the last update reaches.

    factor = (step + 1) / w, or r + (1 - r) * step / max(1, w - 1) with r = warmup_lr_rate
             max(0, m + (1 - m) * (1 + cos(2 pi num_cycles * p)) / 2)             from step = w on
             with p = (step - w + 1) / max(1, num_training_steps - w)
             and m = min_lr_rate, or min_lr / lr; w is num_warmup_steps

    Args:
        num_warmup_steps: Calls of `step()` of the rise.
        num_training_steps: Updates in all.
        num_cycles: Waves of the cosine; 0.5 is one fall.
        min_lr: The lowest rate; or else
        min_lr_rate: its share of the lr.
        warmup_lr_rate: The first factor; None for 1 / w.
    """
    share = _share(min_lr, min_lr_rate)
    warmup, total = float(num_warmup_steps), float(num_training_steps)

    def rate(step: int, lr: float) -> float:
        at = float(step)
        if at < warmup:
            if warmup_lr_rate is None:
                return lr * ((at + 1.0) / max(1.0, warmup))
            first = float(warmup_lr_rate)
            return lr * (first + (1.0 - first) * at / max(1, warmup - 1))
        progress = (at - warmup + 1.0) / max(1.0, total - warmup)
        wave = 0.5 * (1.0 + math.cos(math.pi * num_cycles * 2.0 * progress))
        return lr * max(0, wave * (1 - share(lr)) + share(lr))

    return rates(rate)


def warmup_stable_decay(
    *,
    num_warmup_steps: int,
    num_decay_steps: int,
    num_training_steps: int | None = None,
    num_stable_steps: int | None = None,
    warmup_type: Form = "linear",
    decay_type: Form = "cosine",
    min_lr_ratio: float = 0.0,
    num_cycles: float = 0.5,
) -> Shape:
    """A rise from `min_lr_ratio`, a plateau, and a fall back to it; as `lrviz.shapes.wsd`.

    Args:
        num_warmup_steps: Calls of `step()` of the rise.
        num_decay_steps: Calls of `step()` of the fall.
        num_training_steps: Calls of `step()` until the fall ends; not looked at beside
        num_stable_steps: the calls of the plateau.
        warmup_type: The rise's form.
        decay_type: The fall's form.
        min_lr_ratio: The factor at both ends.
        num_cycles: Waves of a cosine fall.
    """
    if num_stable_steps is None:
        if num_training_steps is None:
            raise SpecError("takes num_training_steps or num_stable_steps")
        num_stable_steps = num_training_steps - num_warmup_steps - num_decay_steps
    rise, fall = form_of_rise(warmup_type), form_of_fall(decay_type, num_cycles)
    begins = num_warmup_steps + num_stable_steps
    drop = 1.0 - min_lr_ratio

    def rising(step: Steps, do: Operations) -> Values:
        return do.positive(rise(step / max(1, num_warmup_steps), do) * drop + min_lr_ratio)

    def falling(step: Steps, do: Operations) -> Values:
        at = step - num_warmup_steps - num_stable_steps
        return do.positive(fall(at / max(1, num_decay_steps), do) * drop + min_lr_ratio)

    return phases(
        (num_warmup_steps, rising),
        (begins, lambda step, do: do.always(1.0, step)),
        (begins + num_decay_steps, falling),
        (math.inf, lambda step, do: do.always(min_lr_ratio, step)),
    )


SHAPES: dict[str, Callable[..., Shape]] = {
    each.__name__: each
    for each in (
        constant,
        constant_with_warmup,
        linear,
        cosine,
        cosine_with_restarts,
        polynomial,
        inverse_sqrt,
        cosine_with_min_lr,
        cosine_warmup_with_min_lr,
        warmup_stable_decay,
    )
}
