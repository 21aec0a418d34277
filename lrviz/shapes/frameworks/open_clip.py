"""open_clip's schedules out of its counts of updates.

Reference: `open_clip_train/scheduler.py`, open_clip 3.3.0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_count


def cosine_lr(*, warmup_length: int, steps: int) -> Shape:
    """A linear rise that does not begin at 0, and half a cosine that does not quite reach 0.

    rate = lr * (step + 1) / warmup_length                                  for step < warmup_length
           0.5 * (1 + cos(pi * (step - warmup_length) / (steps - warmup_length))) * lr  from there

    Args:
        warmup_length: Updates of the rise, at least 0.
        steps: Updates of the training.
    """
    check_count("warmup_length", warmup_length)

    def of(step: int, lr: float) -> float:
        if step < warmup_length or steps == warmup_length:
            return _risen(step, lr, warmup_length)
        e, es = step - warmup_length, steps - warmup_length
        return 0.5 * (1 + math.cos(math.pi * e / es)) * lr

    return rates(of)


def const_lr(*, warmup_length: int) -> Shape:
    """A linear rise that does not begin at 0, and the lr from there on.

    Args:
        warmup_length: Updates of the rise, at least 0.
    """
    check_count("warmup_length", warmup_length)
    return rates(lambda step, lr: _risen(step, lr, warmup_length))


def const_lr_cooldown(
    *,
    warmup_length: int,
    steps: int,
    cooldown_steps: int,
    cooldown_power: float = 1.0,
    cooldown_end_lr: float = 0.0,
) -> Shape:
    """As const_lr, with a fall over the last updates.

    rate = (1 - (step - start) / (steps - start)) ** cooldown_power * (lr - cooldown_end_lr)
           + cooldown_end_lr, from start = steps - cooldown_steps on

    Args:
        warmup_length: Updates of the rise, at least 0.
        steps: Updates of the training.
        cooldown_steps: Updates of the fall.
        cooldown_power: 1 for a line.
        cooldown_end_lr: The rate that the fall aims at, not a factor.
    """
    check_count("warmup_length", warmup_length)
    check_count("cooldown_steps", cooldown_steps)
    start = steps - cooldown_steps

    def of(step: int, lr: float) -> float:
        if step < max(start, warmup_length) or not start < steps:
            return _risen(step, lr, warmup_length)
        # Behind its end a broken power of a negative number would be complex; no update is there.
        decay: float = max(1 - ((step - start) / (steps - start)), 0.0) ** cooldown_power
        return decay * (lr - cooldown_end_lr) + cooldown_end_lr

    return rates(of)


def _risen(step: int, lr: float, warmup_length: int) -> float:
    return lr * (step + 1) / warmup_length if step < warmup_length else lr


SHAPES: dict[str, Callable[..., Shape]] = {
    "const_lr": const_lr,
    "const_lr_cooldown": const_lr_cooldown,
    "cosine_lr": cosine_lr,
}
