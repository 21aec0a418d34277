"""Noise on a schedule, out of the normal numbers that torch draws from a seed, without torch."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from lrviz.errors import SpecError
from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_above

_BITS = 53  # of a double's fraction


def normals(seed: int) -> Iterator[float]:
    """Yield what `torch.randn(1, generator=...)` gives on the CPU, call by call: float32 values.

    The generator is MT19937, seeded with the low 32 bits; two numbers come of two uniform doubles
    by the transform of Box and Muller (torch 2.13, `aten/src/ATen/core/MT19937RNGEngine.h`,
    `DistributionsHelper.h`).

    Args:
        seed: As of `Generator.manual_seed`.

    >>> round(next(normals(0)), 4)
    1.541
    """
    import numpy as np

    engine = np.random.MT19937()
    engine._legacy_seeding(seed % 2**32)  # the seeding of the algorithm's authors, which torch has

    def uniform() -> float:
        high, low = int(engine.random_raw()), int(engine.random_raw())
        return ((high << 32 | low) & (1 << _BITS) - 1) * 2.0**-_BITS

    while True:
        turn, share = 2.0 * math.pi * uniform(), uniform()
        radius = math.sqrt(-2.0 * math.log1p(-share))
        yield float(np.float32(radius * math.cos(turn)))
        yield float(np.float32(radius * math.sin(turn)))


def noisy(make: Callable[..., Shape]) -> Callable[..., Shape]:
    """Return a schedule that takes noise too: rate + rate * n, of the normal n of a step's seed.

    Its arguments more: `noise_range_t`, the step from which on there is noise, or [from, until);
    `noise_std` of n, which is drawn until it is within `noise_pct`; and `noise_seed`, to which the
    step is added (`Scheduler._calculate_noise` of `timm/scheduler/scheduler.py`, timm 1.0.31).
    """

    def build(
        *,
        noise_range_t: float | list[float] | None = None,
        noise_pct: float = 0.67,
        noise_std: float = 1.0,
        noise_seed: int = 42,
        **arguments: Any,
    ) -> Shape:
        plain = make(**arguments)
        if noise_range_t is None:
            return plain
        check_above("noise_pct", noise_pct, 0)
        bounds = noise_range_t if isinstance(noise_range_t, list) else [noise_range_t, math.inf]
        if len(bounds) != 2:
            raise SpecError(f"noise_range_t is {bounds}: where it begins, and where it ends")

        @cache
        def noise(t: int) -> float:
            drawn = (n * noise_std for n in normals(noise_seed + t))
            return next(n for n in drawn if abs(n) < noise_pct)

        def of(t: int, lr: float) -> float:
            rate = lr * plain(t)
            # Before the first step nothing is added, whatever the range says.
            return rate + rate * noise(t) if t and bounds[0] <= t < bounds[1] else rate

        return rates(of)

    own, more = inspect.signature(make), inspect.signature(build).parameters.values()
    named = [each for each in more if each.kind is each.KEYWORD_ONLY]
    vars(build)["__signature__"] = own.replace(parameters=[*own.parameters.values(), *named])
    build.__name__, build.__doc__ = make.__name__, make.__doc__
    return build
