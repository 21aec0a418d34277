"""Policies that keep the lr for a while behind the rise.

Reference: `WarmupHoldPolicy` and its kin, `nemo/core/optim/lr_scheduler.py` of nemo_toolkit 3.0.0.
"""

from __future__ import annotations

from lrviz.shapes.frameworks.nemo.annealing import Rate, polynomial, with_warmup
from lrviz.shapes.shape import Shape, check_above


def _with_hold(after: Rate, warmup: int, hold: int, max_steps: int, min_lr: float) -> Shape:
    """Return a policy: a rise up to step = warmup, the lr before step = hold, then `after`."""

    def held(step: int, lr: float) -> float:
        if warmup <= step < hold:
            return lr
        return min_lr if step > max_steps else after(step, lr)

    return with_warmup(held, warmup, None, min_lr)


def _held_until(warmup_steps: int, hold_steps: int | None) -> int:
    """Return the step at which a hold is over; 0 where none is given."""
    return 0 if hold_steps is None else warmup_steps + hold_steps


def warmup_hold_policy(
    *, max_steps: int, warmup_steps: int = 0, hold_steps: int | None = None, min_lr: float = 0.0
) -> Shape:
    """A linear rise that does not begin at 0, then the lr; behind max_steps, min_lr.

    Args:
        max_steps: The last step before min_lr.
        warmup_steps: The step that uses the full lr.
        hold_steps: Changes nothing here.
        min_lr: A rate.
    """
    hold = _held_until(warmup_steps, hold_steps)
    return _with_hold(lambda step, lr: lr, warmup_steps, hold, max_steps, min_lr)


def warmup_hold_anneal_linear(
    *, max_steps: int, warmup_steps: int = 0, hold_steps: int | None = None, min_lr: float = 0.0
) -> Shape:
    """A linear rise that does not begin at 0, the lr for a while, then a line to min_lr.

    Args:
        max_steps: The step that uses min_lr.
        warmup_steps: The step that uses the full lr.
        hold_steps: How long it is kept; None: the line's clock starts with the rise.
        min_lr: The lowest rate.
    """
    hold = _held_until(warmup_steps, hold_steps)

    def after(step: int, lr: float) -> float:
        return lr - (lr - min_lr) * ((step - hold) / (max_steps - hold))

    return _with_hold(after, warmup_steps, hold, max_steps, min_lr)


def warmup_hold_anneal_one_minus_square_root(
    *, max_steps: int, warmup_steps: int = 0, hold_steps: int | None = None, min_lr: float = 0.0
) -> Shape:
    """A linear rise that does not begin at 0, the lr for a while, then lr * (1 - sqrt(share)).

    Args:
        max_steps: The step at which nothing is left.
        warmup_steps: The step that uses the full lr.
        hold_steps: How long it is kept; None: the fall's clock starts with the rise.
        min_lr: The lowest rate.
    """
    hold = _held_until(warmup_steps, hold_steps)

    def after(step: int, lr: float) -> float:
        share: float = ((step - hold) / (max_steps - hold)) ** 0.5
        return max(min_lr, lr * (1 - share))

    return _with_hold(after, warmup_steps, hold, max_steps, min_lr)


def noam_hold_annealing(
    *,
    max_steps: int,
    warmup_steps: int,
    hold_steps: int | None = None,
    decay_rate: float = 0.5,
    min_lr: float = 0.0,
) -> Shape:
    """A linear rise that does not begin at 0, the lr for a while, then a fall by a power.

    rate = lr * warmup_steps ** decay_rate / (step - hold_steps) ** decay_rate, at least min_lr

    Args:
        max_steps: The last step before min_lr.
        warmup_steps: The step that uses the full lr, above 0.
        hold_steps: How long it is kept.
        decay_rate: The power.
        min_lr: The lowest rate.
    """
    check_above("warmup_steps", warmup_steps, 0)
    hold, kept = _held_until(warmup_steps, hold_steps), hold_steps or 0

    def after(step: int, lr: float) -> float:
        rise, fall = max(1, warmup_steps**decay_rate), max(1, (step - kept) ** decay_rate)
        return max(float(lr * rise / fall), min_lr)

    return _with_hold(after, warmup_steps, hold, max_steps, min_lr)


def polynomial_hold_decay_annealing(
    *,
    max_steps: int,
    warmup_steps: int = 0,
    hold_steps: int | None = None,
    min_lr: float = 0.0,
    power: float = 1.0,
    cycle: bool = False,
) -> Shape:
    """A linear rise that does not begin at 0, the lr for a while, then a polynomial fall.

    Args:
        max_steps: The step that uses min_lr.
        warmup_steps: The step that uses the full lr.
        hold_steps: How long it is kept; None: the fall's clock starts with the rise.
        min_lr: The lowest rate.
        power: Exponent of the fall.
        cycle: Lengthen the fall when it ends.
    """
    hold = _held_until(warmup_steps, hold_steps)
    length = max_steps - max(warmup_steps, hold)

    def after(step: int, lr: float) -> float:
        return polynomial(lr, step - hold, length, power, min_lr, cycle=cycle)

    return _with_hold(after, warmup_steps, hold, max_steps, min_lr)
