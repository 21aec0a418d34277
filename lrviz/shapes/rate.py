"""Rates out of a group's own lr, for frameworks that do not multiply the lr by one factor."""

from __future__ import annotations

from collections.abc import Callable

from lrviz.shapes.shape import Shape


class Rate:
    """Stands where LambdaLR expects a factor, and gives the rate that the lr comes to.

    A framework may compute `min_lr + (lr - min_lr) * x`, which no double `f` need equal as
    `lr * f`. Here `lr * Rate(of)` is `of(lr)`, to the bit.

    >>> 0.5 * Rate(lambda lr: 1e-3 + (lr - 1e-3) * 0.1)
    0.0509
    """

    __slots__ = ("of",)

    def __init__(self, of: Callable[[float], float]) -> None:
        self.of = of

    def __rmul__(self, lr: float) -> float:
        """Return the rate of a group whose own lr is `lr`."""
        return self.of(lr)


def rates(of: Callable[[int, float], float]) -> Shape:
    """Return the shape whose rate at `step`, of a group with the lr `lr`, is `of(step, lr)`.

    >>> 0.5 * rates(lambda step, lr: lr / (1 + step))(4)
    0.1
    """

    def factor(step: int) -> float:
        return Rate(lambda lr: of(step, lr))  # type: ignore[return-value]  # lr * it is a float

    return factor
