"""fairseq's schedules out of the values of `lr_scheduler`.

Reference: `step_update` of each class of `fairseq/optim/lr_scheduler/`, fairseq 0.12.2. An update
uses what `step_update(num_updates)` gives with the updates before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_above, check_count


def fixed(*, warmup_updates: int = 0) -> Shape:
    """A linear rise that does not begin at 0, and the lr from there on.

    Args:
        warmup_updates: Updates of the rise, at least 0.
    """
    check_count("warmup_updates", warmup_updates)

    def factor(step: int) -> float:
        return (step + 1) / float(warmup_updates) if step < warmup_updates else 1.0

    return factor


def inverse_sqrt(*, warmup_updates: int = 4000, warmup_init_lr: float = -1) -> Shape:
    """A linear rise to lr, and lr * sqrt(warmup_updates / step) from there on.

    Args:
        warmup_updates: Updates of the rise, at least 1: fairseq divides by it.
        warmup_init_lr: The rate that the rise begins at, not a factor; below 0 for 0.
    """
    check_above("warmup_updates", warmup_updates, 0)
    low = 0 if warmup_init_lr < 0 else warmup_init_lr

    def of(step: int, lr: float) -> float:
        if step < warmup_updates:
            return low + step * ((lr - low) / warmup_updates)
        return float(lr * warmup_updates**0.5 * step**-0.5)

    return rates(of)


def polynomial_decay(
    *,
    total_num_update: float,
    warmup_updates: int = 0,
    end_learning_rate: float = 0.0,
    power: float = 1.0,
) -> Shape:
    """A linear rise from 0, and a fall to `end_learning_rate` at `total_num_update`.

    rate = step / warmup_updates * lr                                     for step <= warmup_updates
           end_learning_rate                                              from total_num_update on
           (lr - end_learning_rate) * r ** power + end_learning_rate      between them
           with r = 1 - (step - warmup_updates) / (total_num_update - warmup_updates)

    Args:
        total_num_update: The update in which the fall ends, above 0.
        warmup_updates: Updates of the rise, at least 0.
        end_learning_rate: The rate that it ends at, not a factor.
        power: 1 for a line.
    """
    check_above("total_num_update", total_num_update, 0)
    check_count("warmup_updates", warmup_updates)

    def of(step: int, lr: float) -> float:
        if warmup_updates > 0 and step <= warmup_updates:
            return step / float(warmup_updates) * lr
        if step >= total_num_update:
            return end_learning_rate
        left = 1 - (step - warmup_updates) / (total_num_update - warmup_updates)
        return float((lr - end_learning_rate) * left ** (power) + end_learning_rate)

    return rates(of)


def tri_stage(
    *,
    warmup_steps: int,
    hold_steps: int,
    decay_steps: int,
    init_lr_scale: float = 0.01,
    final_lr_scale: float = 0.01,
) -> Shape:
    """A linear rise, a plateau, and an exponential fall (arXiv:1904.08779).

    Args:
        warmup_steps: Updates of the rise, from init_lr_scale * lr.
        hold_steps: Updates at lr.
        decay_steps: Updates of the fall to final_lr_scale * lr, at least 1.
        init_lr_scale: The share of lr that it begins at.
        final_lr_scale: The share of lr that it ends at, above 0.
    """
    check_count("warmup_steps", warmup_steps)
    check_count("hold_steps", hold_steps)
    check_above("decay_steps", decay_steps, 0)
    check_above("final_lr_scale", final_lr_scale, 0)
    speed = -math.log(final_lr_scale) / decay_steps

    def of(step: int, lr: float) -> float:
        first = init_lr_scale * lr
        if step < warmup_steps:
            return first + (lr - first) / warmup_steps * step
        falls = step - warmup_steps - hold_steps
        if falls < 0:
            return lr
        if falls <= decay_steps:
            return lr * math.exp(-speed * falls)
        return final_lr_scale * lr

    return rates(of)


def cosine(
    *,
    lr_period_updates: float,
    warmup_updates: int = 0,
    warmup_init_lr: float = -1,
    min_lr: float = 0.0,
    t_mult: float = 1.0,
    lr_shrink: float = 0.1,
) -> Shape:
    """A linear rise, and cosines whose peaks shrink and whose periods grow (arXiv:1608.03983).

    Args:
        lr_period_updates: Updates of the first period, above 0.
        warmup_updates: Updates of the rise, at least 0.
        warmup_init_lr: The rate that the rise begins at, not a factor; below 0 for `min_lr`.
        min_lr: The rate that the first period ends at, not a factor.
        t_mult: How much longer each period is than the one before, at least 1.
        lr_shrink: How much lower each period is than the one before.
    """
    check_above("lr_period_updates", lr_period_updates, 0)
    check_count("warmup_updates", warmup_updates)
    low = min_lr if warmup_init_lr < 0 else warmup_init_lr
    period = lr_period_updates

    def of(step: int, lr: float) -> float:
        if step < warmup_updates:
            return low + step * ((lr - low) / warmup_updates)
        now = step - warmup_updates
        if t_mult != 1:
            turn = math.floor(math.log(1 - now / period * (1 - t_mult), t_mult))
            length = t_mult**turn * period
            at = now - (1 - t_mult**turn) / (1 - t_mult) * period
        else:
            turn, length = math.floor(now / period), period
            at = now - (period * turn)
        shrunk = lr_shrink**turn
        least, most = min_lr * shrunk, lr * shrunk
        return float(least + 0.5 * (most - least) * (1 + math.cos(math.pi * at / length)))

    return rates(of)


SHAPES: dict[str, Callable[..., Shape]] = {
    "cosine": cosine,
    "fixed": fixed,
    "inverse_sqrt": inverse_sqrt,
    "polynomial_decay": polynomial_decay,
    "tri_stage": tri_stage,
}
