"""Warm-up, stable, decay."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from lrviz.shapes import checks
from lrviz.shapes.shape import Shape

Curve = Literal["linear", "cosine", "1-sqrt"]


def wsd(
    *,
    warmup: int,
    decay: int,
    total: int,
    warmup_type: Curve = "linear",
    decay_type: Curve = "cosine",
    min_ratio: float = 0.0,
    num_cycles: float = 0.5,
) -> Shape:
    """Warm-up, stable, decay: a rise from a share of the lr, a plateau, and a fall back to it.

    factor = min_ratio + (1 - min_ratio) * rise(step / warmup)    for step < warmup
             1                                                    for step < total - decay
             min_ratio + (1 - min_ratio) * fall(p)
             with p = (step - (total - decay)) / decay            for step < total
             min_ratio                                            from step = total on

    rise(x): linear x; cosine 0.5 * (1 - cos(pi x)); 1-sqrt 1 - sqrt(1 - x)
    fall(x): linear 1 - x; cosine 0.5 * (1 + cos(2 pi * num_cycles * x)); 1-sqrt 1 - sqrt(x)

    It is 1 from step = warmup to step = total - decay, both included. Where warmup + decay is
    more than total, there is no plateau and the fall has begun before the rise ends: it jumps.

    >>> curve = wsd(warmup=2, decay=4, total=10, decay_type="linear")
    >>> [curve(step) for step in (0, 1, 2, 6, 7, 9, 10)]
    [0.0, 0.5, 1.0, 1.0, 0.75, 0.25, 0.0]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        decay: Calls of `step()` that the fall takes, at least 0.
        total: Calls of `step()` until the fall ends.
        warmup_type: The form of the rise.
        decay_type: The form of the fall.
        min_ratio: The factor at both ends, 0 to 1.
        num_cycles: Waves of a cosine fall; 0.5 is one fall.

    Reference: Hu et al. 2024, "MiniCPM"; Hägele et al. 2024, "Scaling Laws and Compute-Optimal
    Training Beyond Fixed Training Durations" (1-sqrt); `transformers.get_wsd_schedule`.
    """
    for name, count in (("warmup", warmup), ("decay", decay), ("total", total)):
        checks.count(name, count)
    checks.ratio("min_ratio", min_ratio)
    checks.at_least("num_cycles", num_cycles, 0.0)
    fall_start = total - decay
    rise = _rise(warmup_type)
    fall = _fall(decay_type, num_cycles)
    drop = 1.0 - min_ratio

    def factor(step: int) -> float:
        if step < warmup:
            return max(0.0, rise(step / warmup) * drop + min_ratio)
        if step < fall_start:
            return 1.0
        if step < total:
            return max(0.0, fall((step - fall_start) / decay) * drop + min_ratio)
        return min_ratio

    return factor


def _rise(curve: Curve) -> Callable[[float], float]:
    """Return the form of a warm-up, from 0 at 0 to 1 at 1."""
    match curve:
        case "linear":
            return lambda x: x
        case "cosine":
            return lambda x: 0.5 * (1.0 - math.cos(math.pi * x))
        case "1-sqrt":
            return lambda x: 1.0 - math.sqrt(1.0 - x)


def _fall(curve: Curve, num_cycles: float) -> Callable[[float], float]:
    """Return the form of a decay, from 1 at 0 to 0 at 1 (for half a cycle of the cosine)."""
    turn = math.pi * num_cycles * 2.0
    match curve:
        case "linear":
            return lambda x: 1.0 - x
        case "cosine":
            return lambda x: 0.5 * (1.0 + math.cos(turn * x))
        case "1-sqrt":
            return lambda x: 1.0 - math.sqrt(x)
