"""Box: a rectangle of a page."""

from __future__ import annotations

from typing import NamedTuple, Self


class Box(NamedTuple):
    """A rectangle; lengths are in inches, from a lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @classmethod
    def between(cls, left: float, bottom: float, right: float, top: float) -> Self:
        """Return the box between four edges."""
        return cls(left, bottom, right - left, top - bottom)

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.bottom + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """The place of its middle."""
        return self.left + self.width / 2, self.bottom + self.height / 2
