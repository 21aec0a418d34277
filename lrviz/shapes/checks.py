"""What parameters of shapes may be."""

from __future__ import annotations

import math

from lrviz.errors import SpecError


def count(name: str, value: int) -> None:
    """Refuse a count that is below 0."""
    if value < 0:
        raise SpecError(f"{name} is {value}: it must be at least 0")


def at_least(name: str, value: float, low: float) -> None:
    """Refuse a number below `low`, or none."""
    if not low <= value < math.inf:
        raise SpecError(f"{name} is {value}: it must be a number of at least {low:g}")


def above(name: str, value: float, low: float) -> None:
    """Refuse a number that is not above `low`."""
    if not low < value < math.inf:
        raise SpecError(f"{name} is {value}: it must be a number above {low:g}")


def ratio(name: str, value: float) -> None:
    """Refuse what is no share, 0 to 1."""
    if not 0.0 <= value <= 1.0:
        raise SpecError(f"{name} is {value}: it must be between 0 and 1")
