"""Shapes with a warm-up and a fall of a known length."""

from __future__ import annotations

import math

from lrviz.shapes.shape import (
    Formula,
    Operations,
    Shape,
    Steps,
    Values,
    check_above,
    check_at_least,
    check_count,
    check_ratio,
    phases,
)


def _rise(warmup: int) -> tuple[float, Formula]:
    """Return the phase of a linear rise from 0."""
    return warmup, lambda step, do: step / warmup


def constant() -> Shape:
    """The lr itself, at every step.

    factor = 1

    Reference: `transformers.get_constant_schedule`.
    """
    return phases((math.inf, lambda step, do: do.always(1.0, step)))


def warmup_constant(*, warmup: int) -> Shape:
    """A linear rise from 0 to the lr, which then stays.

    factor = step / warmup    for step < warmup
             1                from step = warmup on

    The first update uses 0; the first at the full lr is update `warmup`.

    >>> [warmup_constant(warmup=4)(step) for step in (0, 3, 4)]
    [0.0, 0.75, 1.0]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0 (0: no warm-up).

    Reference: `transformers.get_constant_schedule_with_warmup`.
    """
    check_count("warmup", warmup)

    return phases(_rise(warmup), (math.inf, lambda step, do: do.always(1.0, step)))


def warmup_linear(*, warmup: int, total: int) -> Shape:
    """A linear rise from 0 to the lr, then a linear fall to 0.

    factor = step / warmup                        for step < warmup
             (total - step) / (total - warmup)    from step = warmup on, and 0 beyond total

    It is 1 at step = warmup. The last update, total - 1, uses 1 / (total - warmup), not 0.

    >>> [warmup_linear(warmup=2, total=10)(step) for step in (0, 1, 2, 9, 10)]
    [0.0, 0.5, 1.0, 0.125, 0.0]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until 0.

    Reference: Devlin et al. 2018, "BERT"; `transformers.get_linear_schedule_with_warmup`.
    """
    check_count("warmup", warmup)
    check_count("total", total)
    fall = max(1, total - warmup)

    return phases(_rise(warmup), (math.inf, lambda step, do: do.positive((total - step) / fall)))


def warmup_cosine(
    *, warmup: int, total: int, num_cycles: float = 0.5, min_ratio: float = 0.0
) -> Shape:
    """A linear rise from 0 to the lr, then a cosine down to a share of it.

    factor = step / warmup                              for step < warmup
             min_ratio + (1 - min_ratio) * 0.5 * (1 + cos(2 pi * num_cycles * p))
             with p = (step - warmup) / (total - warmup)    from step = warmup on

    It is 1 at step = warmup and, with half a cycle, min_ratio at step = total; beyond, the cosine
    rises again. The last update, total - 1, is a little above min_ratio.

    >>> [warmup_cosine(warmup=2, total=10, min_ratio=0.1)(step) for step in (0, 1, 2, 10)]
    [0.0, 0.5, 1.0, 0.1]

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until the cosine ends.
        num_cycles: Waves of the cosine between warmup and total; 0.5 is one fall.
        min_ratio: The lowest factor, 0 to 1.

    Reference: Loshchilov & Hutter 2016, "SGDR" (the cosine);
    `transformers.get_cosine_schedule_with_warmup`, and with min_ratio (its `min_lr_rate`)
    `transformers.get_cosine_with_min_lr_schedule_with_warmup`.
    """
    check_count("warmup", warmup)
    check_count("total", total)
    check_at_least("num_cycles", num_cycles, 0.0)
    check_ratio("min_ratio", min_ratio)
    fall = max(1, total - warmup)
    turn = math.pi * num_cycles * 2.0
    drop = 1 - min_ratio

    def wave(step: Steps, do: Operations) -> Values:
        wave = 0.5 * (1.0 + do.cos(turn * ((step - warmup) / fall)))
        return do.positive(wave * drop + min_ratio)

    return phases(_rise(warmup), (math.inf, wave))


def warmup_cosine_restarts(*, warmup: int, total: int, num_cycles: float = 1.0) -> Shape:
    """A linear rise from 0 to the lr, then several cosine falls to 0, each from the full lr.

    factor = step / warmup                            for step < warmup
             0.5 * (1 + cos(pi * (num_cycles * p mod 1)))
             with p = (step - warmup) / (total - warmup)    from step = warmup on
             0                                        from step = total on

    It is 1 at step = warmup and at each restart, p = k / num_cycles.

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until the last fall ends.
        num_cycles: How many falls there are between warmup and total.

    Reference: Loshchilov & Hutter 2016, "SGDR";
    `transformers.get_cosine_with_hard_restarts_schedule_with_warmup`.
    """
    check_count("warmup", warmup)
    check_count("total", total)
    check_at_least("num_cycles", num_cycles, 0.0)
    fall = max(1, total - warmup)

    def waves(step: Steps, do: Operations) -> Values:
        progress = num_cycles * ((step - warmup) / fall)
        return do.positive(0.5 * (1.0 + do.cos(math.pi * (progress % 1.0))))

    # From warmup + fall on the progress is 1.
    return phases(
        _rise(warmup),
        (warmup + fall, waves),
        (math.inf, lambda step, do: do.always(0.0, step)),
    )


def warmup_polynomial(
    *, warmup: int, total: int, power: float = 1.0, min_ratio: float = 0.0
) -> Shape:
    """A linear rise from 0 to the lr, then a polynomial fall to a share of it, which stays.

    factor = step / warmup                                     for step < warmup
             min_ratio + (1 - min_ratio) * (1 - p) ** power
             with p = (step - warmup) / (total - warmup)       from step = warmup on
             min_ratio                                         beyond step = total

    It is 1 at step = warmup and min_ratio at step = total.

    Args:
        warmup: Calls of `step()` until the full lr, at least 0.
        total: Calls of `step()` until min_ratio.
        power: Exponent of the fall, above 0; 1 is a line.
        min_ratio: The last factor, 0 to 1.

    Reference: `transformers.get_polynomial_decay_schedule_with_warmup` with
    `lr_end = min_ratio * lr`; it computes in lr instead of in ratios, so it is equal bit for bit
    where the lr is 1, and to rounding elsewhere.
    """
    check_count("warmup", warmup)
    check_count("total", total)
    check_above("power", power, 0.0)
    check_ratio("min_ratio", min_ratio)
    fall = max(1, total - warmup)
    drop = 1 - min_ratio

    return phases(
        _rise(warmup),
        (
            total + 1,
            lambda step, do: drop * do.power(1 - (step - warmup) / fall, power) + min_ratio,
        ),
        (math.inf, lambda step, do: do.always(min_ratio, step)),
    )
