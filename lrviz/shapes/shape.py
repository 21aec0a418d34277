"""What a shape is made of: its type, the forms of a rise and a fall, checks of its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from lrviz.errors import SpecError

Shape = Callable[[int], float]
Form = Literal["linear", "cosine", "1-sqrt"]


def form_of_rise(curve: Form) -> Callable[[float], float]:
    """Return the form of a warm-up, from 0 at 0 to 1 at 1."""
    match curve:
        case "linear":
            return lambda x: x
        case "cosine":
            return lambda x: 0.5 * (1.0 - math.cos(math.pi * x))
        case "1-sqrt":
            return lambda x: 1.0 - math.sqrt(1.0 - x)


def form_of_fall(curve: Form, num_cycles: float) -> Callable[[float], float]:
    """Return the form of a decay, from 1 at 0 to 0 at 1 (for half a cycle of the cosine)."""
    turn = math.pi * num_cycles * 2.0
    match curve:
        case "linear":
            return lambda x: 1.0 - x
        case "cosine":
            return lambda x: 0.5 * (1.0 + math.cos(turn * x))
        case "1-sqrt":
            return lambda x: 1.0 - math.sqrt(x)


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
