"""DeepSpeed's schedulers out of the arguments of its JSON's `scheduler.params`.

DeepSpeed counts from -1 at construction, so that update `step` uses what `last_batch_iteration`
= step - 1 gives, and update 0 what stands there before the first `step()`: the minimum.
Reference: `deepspeed/runtime/lr_schedules.py` of DeepSpeed 0.19.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from lrviz.errors import SpecError
from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape

Warmup = Literal["log", "linear"]


def _checked(warmup_num_steps: int) -> int:
    if warmup_num_steps <= 0:
        raise SpecError(f"warmup_num_steps is {warmup_num_steps}: it must be at least 1")
    return max(2, warmup_num_steps)


def _rise(warmup: int, kind: Warmup) -> Callable[[int], float]:
    """Return the warmup's share of the way from the minimum to the maximum."""
    scale = 1.0 / math.log(warmup)

    def gamma(last: int) -> float:
        return scale * math.log(last + 1) if kind == "log" else last / warmup

    return gamma


def warmup_lr(
    *,
    warmup_min_lr: float = 0.0,
    warmup_max_lr: float | None = None,
    warmup_num_steps: int = 1000,
    warmup_type: Warmup = "log",
) -> Shape:
    """A rise, by default a logarithmic one, to a constant rate.

    With i = step - 1 and w = max(2, warmup_num_steps): rate = min                      for step = 0
        min + (max - min) * ln(i + 1) / ln(w), or * i / w                               for i < w
        max                                                                             from i = w

    Args:
        warmup_min_lr: The rate of updates 0 and 1.
        warmup_max_lr: The rate after the warmup; None for the optimizer's.
        warmup_num_steps: Updates of the rise, at least 1 (of which DeepSpeed makes 2).
        warmup_type: The rise's form.
    """
    warmup = _checked(warmup_num_steps)
    gamma = _rise(warmup, warmup_type)

    def rate(step: int, lr: float) -> float:
        top = lr if warmup_max_lr is None else warmup_max_lr
        if step == 0:
            return warmup_min_lr
        share = gamma(step - 1) if step - 1 < warmup else 1.0
        return warmup_min_lr + ((top - warmup_min_lr) * share)

    return rates(rate)


def warmup_decay_lr(
    *,
    total_num_steps: int,
    warmup_min_lr: float = 0.0,
    warmup_max_lr: float | None = 0.001,
    warmup_num_steps: int = 1000,
    warmup_type: Warmup = "log",
) -> Shape:
    """The rise of `WarmupLR`, and a linear fall to the minimum at i = step - 1 = total_num_steps.

    rate = min + (max - min) * max(0, (total - i) / max(1, total - w))                  from i = w

    Args:
        total_num_steps: Updates until the fall ends.
        warmup_min_lr: The rate of updates 0 and 1, and of the end.
        warmup_max_lr: The rate after the warmup, whatever the optimizer's; None for that.
        warmup_num_steps: Updates of the rise, at least 1 (of which DeepSpeed makes 2).
        warmup_type: The rise's form.
    """
    warmup = _checked(warmup_num_steps)
    gamma = _rise(warmup, warmup_type)

    def rate(step: int, lr: float) -> float:
        top = lr if warmup_max_lr is None else warmup_max_lr
        last = step - 1
        if step == 0:
            return warmup_min_lr
        if last < warmup:
            share = gamma(last)
        else:
            left = float(total_num_steps - last) / float(max(1.0, total_num_steps - warmup))
            share = max(0.0, left)
        return warmup_min_lr + ((top - warmup_min_lr) * share)

    return rates(rate)


def warmup_cosine_lr(
    *,
    total_num_steps: int,
    warmup_min_ratio: float = 0.0,
    warmup_num_steps: int = 1000,
    cos_min_ratio: float = 0.0001,
    warmup_type: Warmup = "log",
) -> Shape:
    """A rise of the optimizer's lr, and a cosine fall to a share of it.

    factor = 0                                                                          for step = 0
             warmup_min_ratio + (1 - warmup_min_ratio) * gamma(i)                       for i < w
             cos_min_ratio + (1 - cos_min_ratio) * (1 + cos(pi p)) / 2                  from i = w
             with i = step - 1, p = min(1, (i - w + 1) / max(1, total - w))

    Args:
        total_num_steps: Updates until the fall ends.
        warmup_min_ratio: The factor of update 1; update 0 uses 0.
        warmup_num_steps: Updates of the rise, at least 1 (of which DeepSpeed makes 2).
        cos_min_ratio: The last factor.
        warmup_type: The rise's form.
    """
    warmup = _checked(warmup_num_steps)
    gamma = _rise(warmup, warmup_type)

    def factor(step: int) -> float:
        last = step - 1
        if step == 0:
            return 0.0
        if last < warmup:
            return warmup_min_ratio + gamma(last) * (1.0 - warmup_min_ratio)
        progress = min(1.0, (last - warmup + 1) / max(1, total_num_steps - warmup))
        fall = (1 + math.cos(math.pi * progress)) / 2
        return max(0.0, cos_min_ratio + (1.0 - cos_min_ratio) * fall)

    return factor


def lr_range_test(
    *,
    lr_range_test_min_lr: float = 1e-3,
    lr_range_test_step_size: int = 2000,
    lr_range_test_step_rate: float = 1.0,
    lr_range_test_staircase: bool = False,
) -> Shape:
    """A straight rise without an end.

    rate = min_lr * (1 + step_rate * step / step_size), the quotient rounded down in a staircase

    Args:
        lr_range_test_min_lr: The first rate, whatever the optimizer's lr.
        lr_range_test_step_size: Updates in which the rate grows by step_rate * min_lr, at least 1.
        lr_range_test_step_rate: The growth.
        lr_range_test_staircase: Grow only every step_size updates.
    """
    if lr_range_test_step_size <= 0:
        raise SpecError(f"lr_range_test_step_size is {lr_range_test_step_size}: at least 1")

    def rate(step: int, lr: float) -> float:
        del lr
        interval = float(step) / lr_range_test_step_size
        interval = math.floor(interval) if lr_range_test_staircase else interval
        # Before the first step() it is the minimum itself.
        return lr_range_test_min_lr * (1 + lr_range_test_step_rate * interval)

    return rates(rate)


def one_cycle(
    *,
    cycle_min_lr: float,
    cycle_max_lr: float,
    decay_lr_rate: float = 0.0,
    cycle_first_step_size: int = 2000,
    cycle_second_step_size: int | None = None,
    cycle_first_stair_count: int = 0,
    cycle_second_stair_count: int | None = None,
    decay_step_size: int = 0,
) -> Shape:
    """A rise and a fall between two rates, whatever the optimizer's lr, and a decay behind them.

    With x the place in the cycle of `first + second` updates: rate = min + (max - min) * scale(x),
    where scale rises to 1 within the first half and falls to 0 within the second, in stairs where
    their count is not 0. Behind the cycle rate = min / (1 + decay_lr_rate * n / decay_step_size).

    Args:
        cycle_min_lr: The rate of both ends.
        cycle_max_lr: The rate of the middle.
        decay_lr_rate: How fast it falls behind the cycle; 0 for not at all.
        cycle_first_step_size: Updates of the rise, at least 1.
        cycle_second_step_size: Updates of the fall; None for those of the rise.
        cycle_first_stair_count: Stairs of the rise; 0 for none.
        cycle_second_stair_count: Stairs of the fall; None for those of the rise.
        decay_step_size: Updates that count as one of the decay; 0 for no decay.
    """
    first = float(cycle_first_step_size)
    second = first if cycle_second_step_size is None else float(cycle_second_step_size)
    if first <= 0 or second < 0:
        raise SpecError("cycle_first_step_size must be at least 1, cycle_second_step_size 0")
    total = first + second
    ratio = first / total
    stairs = cycle_first_stair_count
    stairs_down = stairs if cycle_second_stair_count is None else cycle_second_stair_count
    flat = math.isclose(decay_step_size, 0) or math.isclose(decay_lr_rate, 0)

    def scale(at: int) -> float:
        cycle = math.floor(1 + at / total)
        x = 1.0 + at / total - cycle
        rises = x <= ratio
        count = stairs if rises else stairs_down
        if count <= 0:
            return x / ratio if rises else (x - 1) / (ratio - 1)
        within = at % total
        left = total - within
        position = within * count / first if within <= first else left * count / second
        return math.floor(position) / count

    def rate(step: int, lr: float) -> float:
        del lr
        if step == 0:
            return cycle_min_lr
        if step - 1 < total:
            return cycle_min_lr + ((cycle_max_lr - cycle_min_lr) * scale(step))
        if flat:
            return cycle_min_lr
        return cycle_min_lr / (1 + decay_lr_rate * ((step - 1 - total + 1) / decay_step_size))

    return rates(rate)


SHAPES: dict[str, Callable[..., Shape]] = {
    "WarmupLR": warmup_lr,
    "WarmupDecayLR": warmup_decay_lr,
    "WarmupCosineLR": warmup_cosine_lr,
    "LRRangeTest": lr_range_test,
    "OneCycle": one_cycle,
}
