"""The schedule of LitGPT's pretraining out of its counts.

Reference: `get_lr` of `litgpt/pretrain.py`, LitGPT 0.5.13.
"""

from __future__ import annotations

from collections.abc import Callable

from lrviz.shapes.frameworks import nanogpt
from lrviz.shapes.shape import Shape, check_at_least


def get_lr(
    *, warmup_iters: int, max_iters: int, min_lr: float, accumulation_iters: int = 1
) -> Shape:
    """The rise from 0 and the cosine of nanoGPT, counted in micro-batches.

    The rate is set before every micro-batch, and an update uses the last that was set: update u
    has that of `it = (u + 1) * accumulation_iters - 1`.

    Args:
        warmup_iters: Micro-batches of the rise.
        max_iters: The micro-batch in which the fall ends.
        min_lr: The rate that it ends at, not a factor.
        accumulation_iters: Micro-batches of an update, at least 1.
    """
    check_at_least("accumulation_iters", accumulation_iters, 1)
    each = nanogpt.get_lr(
        warmup_iters=warmup_iters, lr_decay_iters=max_iters, min_lr=min_lr, from_zero=True
    )
    return lambda step: each((step + 1) * accumulation_iters - 1)


SHAPES: dict[str, Callable[..., Shape]] = {"get_lr": get_lr}
