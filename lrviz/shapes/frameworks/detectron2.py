"""detectron2's schedules out of the values of `SOLVER`.

Reference: `build_lr_scheduler` of `detectron2/solver/build.py`, its WarmupParamScheduler, and the
schedulers of fvcore 0.1.5 under it, whose clock is the share of MAX_ITER that is over.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from typing import Literal

from lrviz.errors import SpecError
from lrviz.shapes.shape import Shape, check_above, check_count

_EPSILON = 1e-6  # fvcore's WHERE_EPSILON, against shares that are rounded down
Method = Literal["linear", "constant"]


def _warmed(
    schedule: Callable[[float], float],
    max_iter: int,
    factor: float,
    warmup_iters: int,
    method: Method,
    *,
    rescale: bool,
) -> Shape:
    """Return the schedule with a warmup in front.

    The rise ends at what the schedule is by then, or, rescaled, at where it then begins.
    """
    check_above("max_iter", max_iter, 0)
    check_count("warmup_iters", warmup_iters)
    length = min(warmup_iters / max_iter, 1.0)
    first = factor * schedule(0.0)
    last = schedule(0.0) if rescale else schedule(length)

    def of(step: int) -> float:
        where = step / max_iter
        if where + _EPSILON <= length:
            at = where / length
            return first if method == "constant" else last * at + first * (1 - at)
        # The share's beginning comes of the lengths' sum less the last, as fvcore adds them up.
        rest = 1.0 - length
        if rescale and rest:
            where = (where - (length + rest - rest)) / rest
        return schedule(where)

    return of


def multi_step(
    *,
    max_iter: int,
    steps: list[int],
    gamma: float = 0.1,
    warmup_factor: float = 1.0 / 1000,
    warmup_iters: int = 1000,
    warmup_method: Method = "linear",
    rescale_interval: bool = False,
) -> Shape:
    """Drops at `steps`: gamma ** (steps that the iteration has reached).

    Args:
        max_iter: Iterations of the training, above 0; steps beyond it are left out.
        steps: The iterations of the drops, in order.
        gamma: What each drop multiplies by.
        warmup_factor: The factor that the rise begins at.
        warmup_iters: Iterations of the rise.
        warmup_method: `constant` stays at warmup_factor, and jumps.
        rescale_interval: The schedule is squeezed into what the warmup leaves.

    Raises:
        SpecError: They are not in order, or one is the last iteration's end.
    """
    kept = [each for each in steps if each <= max_iter]
    if kept != sorted(set(kept)) or any(not 0 < each < max_iter for each in kept):
        raise SpecError(f"steps is {steps}: each above the one before, above 0, below {max_iter}")
    values = [gamma**k for k in range(len(kept) + 1)]

    def schedule(where: float) -> float:
        return values[bisect.bisect_right(kept, int((where + _EPSILON) * max_iter))]

    how = max_iter, warmup_factor, warmup_iters, warmup_method
    return _warmed(schedule, *how, rescale=rescale_interval)


def cosine(
    *,
    max_iter: int,
    end_value: float = 0.0,
    warmup_factor: float = 1.0 / 1000,
    warmup_iters: int = 1000,
    warmup_method: Method = "linear",
    rescale_interval: bool = False,
) -> Shape:
    """Half a cosine over the whole training, whose clock runs during the warmup.

    Args:
        max_iter: Iterations of the training, above 0.
        end_value: The factor that it ends at, BASE_LR_END / BASE_LR.
        warmup_factor: The factor that the rise begins at.
        warmup_iters: Iterations of the rise.
        warmup_method: `constant` stays at warmup_factor, and jumps.
        rescale_interval: The cosine begins behind the warmup.
    """

    def schedule(where: float) -> float:
        return end_value + 0.5 * (1 - end_value) * (1 + math.cos(math.pi * where))

    how = max_iter, warmup_factor, warmup_iters, warmup_method
    return _warmed(schedule, *how, rescale=rescale_interval)


def fixed_gamma(
    *,
    max_iter: int,
    num_decays: int = 3,
    gamma: float = 0.1,
    warmup_factor: float = 1.0 / 1000,
    warmup_iters: int = 1000,
    warmup_method: Method = "linear",
    rescale_interval: bool = False,
) -> Shape:
    """As many drops as `num_decays`, spread evenly over the training.

    Args:
        max_iter: Iterations of the training, above 0.
        num_decays: How many drops, above 0.
        gamma: What each drop multiplies by, above 0.
        warmup_factor: The factor that the rise begins at.
        warmup_iters: Iterations of the rise.
        warmup_method: `constant` stays at warmup_factor, and jumps.
        rescale_interval: The schedule is squeezed into what the warmup leaves.
    """
    check_above("num_decays", num_decays, 0)
    check_above("gamma", gamma, 0)
    values = [1.0]
    for _ in range(num_decays):
        values.append(values[-1] * gamma)

    def schedule(where: float) -> float:
        # At its very end fvcore looks one beyond the list; no update is there.
        return values[min(int((where + _EPSILON) * len(values)), num_decays)]

    how = max_iter, warmup_factor, warmup_iters, warmup_method
    return _warmed(schedule, *how, rescale=rescale_interval)


SHAPES: dict[str, Callable[..., Shape]] = {
    "WarmupCosineLR": cosine,
    "WarmupMultiStepLR": multi_step,
    "WarmupStepWithFixedGammaLR": fixed_gamma,
}
