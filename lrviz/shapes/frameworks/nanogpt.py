"""nanoGPT's schedule out of the values of its config.

Reference: `get_lr` of nanoGPT's `train.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_count


def get_lr(
    *, warmup_iters: int, lr_decay_iters: int, min_lr: float, from_zero: bool = False
) -> Shape:
    """A linear rise to lr, and half a cosine from it down to `min_lr`.

    rate = lr * (it + 1) / (warmup_iters + 1)                     for it < warmup_iters
           min_lr                                                 for it > lr_decay_iters
           min_lr + 0.5 * (1 + cos(pi * r)) * (lr - min_lr)       between them
           with r = (it - warmup_iters) / (lr_decay_iters - warmup_iters)

    Args:
        warmup_iters: Updates of the rise, at least 0.
        lr_decay_iters: The update in which the fall ends; where it is warmup_iters, there is none,
            and `min_lr` follows the rise.
        min_lr: The rate that it ends at, not a factor.
        from_zero: The rise is `lr * it / warmup_iters`, as in copies of before 2025.
    """
    check_count("warmup_iters", warmup_iters)
    check_count("lr_decay_iters", lr_decay_iters)

    def of(it: int, lr: float) -> float:
        if it < warmup_iters:
            return lr * it / warmup_iters if from_zero else lr * (it + 1) / (warmup_iters + 1)
        if it > lr_decay_iters or lr_decay_iters == warmup_iters:
            return min_lr
        ratio = (it - warmup_iters) / (lr_decay_iters - warmup_iters)
        return min_lr + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (lr - min_lr)

    return rates(of)


SHAPES: dict[str, Callable[..., Shape]] = {"get_lr": get_lr}
