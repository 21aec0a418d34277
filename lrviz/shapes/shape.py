"""What a shape is made of: its type, the forms of a rise and a fall, checks of its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lrviz.errors import SpecError

Shape = Callable[[int], float]
Form = Literal["linear", "cosine", "1-sqrt"]
Steps = Any
"""One step, an int, or an array of them: a formula is written once for both."""
Values = Any
"""What a formula makes of `Steps`: a float, or an array of as many."""


def each(
    function: Callable[..., float], values: NDArray[Any], *others: Iterable[Any]
) -> NDArray[np.float64]:
    """Return what a function of Python's makes of each value, and of those beside it."""
    return np.fromiter(map(function, values.tolist(), *others), float, len(values))


class Numbers:
    """What a formula asks of Python for one step.

    An array's +, -, *, / and square root round as Python's do. Whatever else C's library computes
    has its rounding from there, value by value, see `Arrays`.
    """

    cos = staticmethod(math.cos)
    sqrt = staticmethod(math.sqrt)
    power = staticmethod(math.pow)

    @staticmethod
    def always(value: float, step: int) -> float:
        """Return the value at every step."""
        del step
        return value

    @staticmethod
    def positive(value: float) -> float:
        """Return the value, or 0 where it is below."""
        return max(0.0, value)


class Arrays:
    """The same for many steps."""

    sqrt = staticmethod(np.sqrt)

    @staticmethod
    def cos(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cosine of each."""
        return each(math.cos, values)

    @staticmethod
    def power(base: Values, exponent: Values) -> NDArray[np.float64]:
        """Return the power of each; one of both is a number."""
        bases, exponents = np.broadcast_arrays(base, exponent)
        return each(math.pow, bases, exponents.tolist())

    @staticmethod
    def always(value: float, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the value at every step."""
        return np.full(len(steps), value)

    @staticmethod
    def positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each, or 0 where it is below."""
        return np.where(values > 0.0, values, 0.0)


Operations = Any
"""`Numbers` for one step, `Arrays` for many."""
Formula = Callable[[Steps, Operations], Values]
"""From steps, and the operations that they need, to factors."""


def phases(*parts: tuple[float, Formula]) -> Shape:
    """Return the shape that follows one formula until a step, and another from there on.

    It is a function, since torch's LambdaLR saves what is in an object that is none. Its attribute
    `many` returns the factors of the steps from one to before another, at least one, as an array.

    Args:
        parts: Each formula with the step before which it ends, in ascending order; the last one
            has none.
    """

    def factor(step: int) -> float:
        formula = next(each for end, each in parts if step < end)
        value: float = formula(step, Numbers)
        return value

    def many(first: int, stop: int) -> NDArray[np.float64]:
        found = []
        for end, formula in parts:
            last = int(max(first, min(end, stop)))
            if first < last:
                found.append(formula(np.arange(first, last), Arrays))
            first = last
        return np.concatenate(found)

    vars(factor)["many"] = many
    return factor


def form_of_rise(curve: Form) -> Formula:
    """Return the form of a warm-up, from 0 at 0 to 1 at 1."""
    match curve:
        case "linear":
            return lambda x, do: x
        case "cosine":
            return lambda x, do: 0.5 * (1.0 - do.cos(math.pi * x))
        case "1-sqrt":
            return lambda x, do: 1.0 - do.sqrt(1.0 - x)


def form_of_fall(curve: Form, num_cycles: float) -> Formula:
    """Return the form of a decay, from 1 at 0 to 0 at 1 (for half a cycle of the cosine)."""
    turn = math.pi * num_cycles * 2.0
    match curve:
        case "linear":
            return lambda x, do: 1.0 - x
        case "cosine":
            return lambda x, do: 0.5 * (1.0 + do.cos(turn * x))
        case "1-sqrt":
            return lambda x, do: 1.0 - do.sqrt(x)


def check_count(name: str, value: int) -> None:
    """Refuse a count below 0.

    Raises:
        SpecError: It is.
    """
    if value < 0:
        raise SpecError(f"{name} is {value}: it must be at least 0")


def check_at_least(name: str, value: float, low: float) -> None:
    """Refuse what is below `low`, or not finite.

    Raises:
        SpecError: It is.
    """
    if not low <= value < math.inf:
        raise SpecError(f"{name} is {value}: it must be a number of at least {low:g}")


def check_above(name: str, value: float, low: float) -> None:
    """Refuse what is not above `low`, or not finite.

    Raises:
        SpecError: It is.
    """
    if not low < value < math.inf:
        raise SpecError(f"{name} is {value}: it must be a number above {low:g}")


def check_ratio(name: str, value: float) -> None:
    """Refuse what is not in [0, 1].

    Raises:
        SpecError: It is.
    """
    if not 0.0 <= value <= 1.0:
        raise SpecError(f"{name} is {value}: it must be between 0 and 1")
