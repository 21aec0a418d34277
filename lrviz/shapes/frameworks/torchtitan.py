"""torchtitan's schedule out of the values of `[lr_scheduler]` and `[training]`.

Reference: `torchtitan/components/optimizer/lr_scheduler.py` of torchtitan at b5bcd76.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from lrviz.shapes.shape import Shape, check_above


def warmup_stable_decay(
    *,
    total_steps: int,
    warmup_steps: int = 200,
    decay_ratio: float | None = None,
    decay_type: Literal["linear", "sqrt", "cosine"] = "linear",
    min_lr_factor: float = 0.0,
) -> Shape:
    """A linear rise that does not begin at 0, a plateau, and a fall that the end does not reach.

    factor = (step + 1) / w                                                 for step < w
             1                                                              for step < w + s
             min_lr_factor + (1 - min_lr_factor) * f(p)                     from there on
             with p = (step + 1 - w - s) / d and f linear, 1 - sqrt or cosine

    where w = min(warmup_steps, total_steps), d is round(total_steps * decay_ratio) but at most
    total_steps - w, which it is without a ratio, and s = total_steps + 1 - w - d. Beyond
    total_steps the fall goes on: a linear one below 0.

    Args:
        total_steps: Updates of the schedule.
        warmup_steps: Updates of the rise.
        decay_ratio: The share of them in which the factor falls; None for all after the warmup.
        decay_type: The fall's form.
        min_lr_factor: The factor that the fall aims at.
    """
    warmup = min(warmup_steps, total_steps)
    decay = total_steps - warmup
    if decay_ratio is not None:
        decay = min(round(total_steps * decay_ratio), decay)
    begins = warmup + (total_steps + 1 - warmup - decay)

    def factor(step: int) -> float:
        if step < warmup:
            return float((step + 1) / warmup)
        if step < begins or not decay:
            return 1.0
        progress = float(step + 1 - begins) / decay
        if decay_type == "linear":
            fall = 1 - progress
        elif decay_type == "sqrt":
            fall = 1 - math.sqrt(progress)
        else:
            fall = 0.5 * (1.0 + math.cos(math.pi * progress))
        return min_lr_factor + (1 - min_lr_factor) * fall

    return factor


def linear_warmup_linear_decay(*, warmup_steps: int, decay_steps: int) -> Shape:
    """A line up that does not begin at 0, and a line down: torchtitan's of 2024.

    factor = (step + 1) / (warmup_steps + 1)            for step < warmup_steps
           = 1 - (step - warmup_steps) / decay_steps    behind, computed as its reference does

    Reference: `torchtitan/optimizer.py`, from its first release to the `[lr_scheduler]` of 2025.

    Args:
        warmup_steps: Steps of the rise.
        decay_steps: Steps of the fall, above 0; behind it the factor is negative.
    """
    check_above("decay_steps", decay_steps, 0)
    length = float(decay_steps)

    def factor(step: int) -> float:
        if step < warmup_steps:
            return float((step + 1) / (warmup_steps + 1))
        left = length - (step - warmup_steps)
        return 1 - (length - left) / length

    return factor


SHAPES: dict[str, Callable[..., Shape]] = {
    "linear_warmup_linear_decay": linear_warmup_linear_decay,
    "warmup_stable_decay": warmup_stable_decay,
}
