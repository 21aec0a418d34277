"""Axolotl's own schedules out of their arguments.

Reference: `src/axolotl/utils/schedulers.py` and `core/trainers/mixins/scheduler.py` of Axolotl at
067b021c8 (0.18).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz.errors import SpecError
from lrviz.shapes.frameworks import transformers
from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape


def cosine_with_quadratic_warmup(
    *, num_warmup_steps: int, num_training_steps: int, num_cycles: float = 0.5
) -> Shape:
    """A quadratic rise from 0, then a cosine to 0.

    factor = (step / num_warmup_steps) ** 2                      for step < num_warmup_steps
             max(0, (1 + cos(2 pi num_cycles * p)) / 2)                    from there on
             with p = (step - num_warmup_steps) / max(1, num_training_steps - num_warmup_steps)

    Args:
        num_warmup_steps: Calls of `step()` until the full lr.
        num_training_steps: Calls of `step()` until 0.
        num_cycles: Waves of the cosine; 0.5 is one fall.
    """

    def factor(step: int) -> float:
        if step < num_warmup_steps:
            return (float(step) / float(max(1, num_warmup_steps))) ** 2
        fall = max(1, num_training_steps - num_warmup_steps)
        progress = float(step - num_warmup_steps) / float(fall)
        return max(0.0, 0.5 * (1.0 + math.cos(math.pi * float(num_cycles) * 2.0 * progress)))

    return factor


def cosine_with_min_lr(
    *, num_warmup_steps: int, num_training_steps: int, min_lr_ratio: float = 0.0
) -> Shape:
    """A linear rise from 0, then a cosine to `min_lr_ratio`.

    factor = (1 - min_lr_ratio) * (1 + cos(pi p)) / 2 + min_lr_ratio       from num_warmup_steps on
             with p = (step - num_warmup_steps) / max(1, num_training_steps - num_warmup_steps)

    Args:
        num_warmup_steps: Calls of `step()` until the full lr.
        num_training_steps: Calls of `step()` until min_lr_ratio.
        min_lr_ratio: The lowest factor; 1 is no fall at all.
    """

    def factor(step: int) -> float:
        if step < num_warmup_steps:
            return float(step) / float(max(1, num_warmup_steps))
        fall = max(1, num_training_steps - num_warmup_steps)
        progress = float(step - num_warmup_steps) / float(fall)
        scaling = 0.5 * (1.0 + math.cos(math.pi * progress))
        return (1 - min_lr_ratio) * scaling + min_lr_ratio

    return factor


def cosine_with_warmup_decay_constant(
    *,
    num_warmup_steps: int,
    num_training_steps: int,
    constant_lr_ratio: float,
    min_lr_ratio: float,
    num_cycles: float = 0.5,
) -> Shape:
    """A linear rise from 0, a cosine to `min_lr_ratio`, and a rest at it.

    factor = max(0, (1 - m) * (1 + cos(2 pi num_cycles * p)) / 2) + m with m = min_lr_ratio,
             p = (min(step, c) - num_warmup_steps) / max(1, c - num_warmup_steps)
             and c = int(num_training_steps * constant_lr_ratio)

    Args:
        num_warmup_steps: Calls of `step()` until the full lr.
        num_training_steps: Calls of `step()` in all.
        constant_lr_ratio: The share of them after which the factor stays.
        min_lr_ratio: The lowest factor.
        num_cycles: Waves of the cosine; 0.5 is one fall.
    """

    def factor(step: int) -> float:
        if step < num_warmup_steps:
            return float(step) / float(max(1, num_warmup_steps))
        end = int(num_training_steps * constant_lr_ratio)
        at = min(step, end)
        progress = float(at - num_warmup_steps) / float(max(1, end - num_warmup_steps))
        wave = (
            (1 - min_lr_ratio)
            * 0.5
            * (1.0 + math.cos(math.pi * float(num_cycles) * 2.0 * progress))
        )
        return max(0, wave) + min_lr_ratio

    return factor


def rex(
    *, total_steps: int, num_warmup_steps: int = 0, max_lr: float | None = None, min_lr: float = 0.0
) -> Shape:
    """A linear rise, and REX's fall, which is slow first; both one update early.

    With n = step + 1: rate = lr * n / w                                         for n <= w
                              lr * (m + (1 - m) * z / (0.1 + 0.9 * z))           for n < total_steps
                              min_lr                                             from there on
    with w = num_warmup_steps, m = min_lr / max_lr and z = 1 - (n - w) / (total_steps - w).

    Args:
        total_steps: Updates in all; the last of them uses min_lr.
        num_warmup_steps: Updates of the rise.
        max_lr: What min_lr is a share of; None for the lr.
        min_lr: The last rate.

    Reference: Chen et al. 2021, "REX: Revisiting Budgeted Training with an Improved Schedule".
    """
    if num_warmup_steps > total_steps:
        raise SpecError(f"num_warmup_steps is {num_warmup_steps}, more than {total_steps} in all")

    def rate(step: int, lr: float) -> float:
        top = lr if max_lr is None else max_lr
        n = step + 1
        if 1 <= n <= num_warmup_steps:
            return lr * n / num_warmup_steps
        after, remaining = n - num_warmup_steps, total_steps - num_warmup_steps
        if after >= remaining or after == -1 or remaining <= 0:
            return min_lr
        z = (remaining - after % remaining) / remaining
        return lr * (min_lr / top + (1.0 - min_lr / top) * (z / (0.1 + 0.9 * z)))

    return rates(rate)


def jagged(
    *,
    schedule: str,
    num_warmup_steps: int,
    num_training_steps: int,
    jagged_restart_steps: int,
    jagged_restart_warmup_steps: int = 10,
    jagged_restart_anneal_steps: int = 1,
    min_lr_scale: float = 0.001,
) -> Shape:
    """A schedule of transformers' times a factor that falls and rises anew at each restart.

    Both count n = step + 1: one update early.

    Args:
        schedule: The schedule below, by transformers' name: `cosine`, `linear`, `constant`, ...
        num_warmup_steps: Its warmup.
        num_training_steps: Its updates.
        jagged_restart_steps: Updates between restarts.
        jagged_restart_warmup_steps: Updates of the rise after each.
        jagged_restart_anneal_steps: Updates of the fall before each.
        min_lr_scale: The lowest factor.
    """
    given = {"num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps}
    shape = transformers.SHAPES.get(schedule)
    if shape is None:
        raise SpecError(f"schedule: transformers has no {schedule!r}")
    inner = shape(**{name: given[name] for name in given if name in shape.__annotations__})

    def scale(n: int) -> float:
        if n < jagged_restart_steps - jagged_restart_anneal_steps:
            return 1
        at = n % jagged_restart_steps
        if at < jagged_restart_warmup_steps:
            part = min(1.0, at / jagged_restart_warmup_steps)
        elif at > jagged_restart_steps - jagged_restart_anneal_steps:
            part = min(1.0, (jagged_restart_steps - at) / jagged_restart_anneal_steps)
        else:
            part = 1
        return part * (1 - min_lr_scale) + min_lr_scale

    return rates(lambda step, lr: (lr * inner(step + 1)) * scale(step + 1))


SHAPES: dict[str, Callable[..., Shape]] = {
    "cosine_with_quadratic_warmup": cosine_with_quadratic_warmup,
    "cosine_with_min_lr": cosine_with_min_lr,
    "cosine_with_warmup_decay_constant": cosine_with_warmup_decay_constant,
    "RexLR": rex,
    "JaggedLRRestartScheduler": jagged,
}
