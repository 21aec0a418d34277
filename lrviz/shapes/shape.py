"""What a shape is."""

from collections.abc import Callable

Shape = Callable[[int], float]
"""Calls of `step()` so far to the factor of the lr."""
