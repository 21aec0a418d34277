"""What a terminal chart can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lrviz.errors import UsageError

LEAST_WIDTH, LEAST_HEIGHT = 20, 5


@dataclass(frozen=True)
class ChartOptions:
    """How a chart looks.

    Attributes:
        width: Terminal cells of every line, at least 20.
        height: Lines, at least 5.
        x: What the x axis counts; None: updates, or epochs where only epochs are known.
        log: The y axis is logarithmic.
        param: The quantity to draw.
        groups: Of param groups that are one curve up to a factor, draw the highest and the
            lowest (`ends`) or `all`.
        ascii: Nothing but ASCII, a mark of its own for each curve; otherwise braille dots.
        color: Tell curves apart by colour; without it, by letters on them.

    Raises:
        UsageError: A value outside its range.
    """

    width: int = 80
    height: int = 20
    x: Literal["step", "epoch", "progress", "tokens"] | None = None
    log: bool = False
    param: str = "lr"
    groups: Literal["ends", "all"] = "ends"
    ascii: bool = False
    color: bool = False

    def __post_init__(self) -> None:
        if self.width < LEAST_WIDTH or self.height < LEAST_HEIGHT:
            raise UsageError(
                f"a chart of {self.width} columns and {self.height} lines: "
                f"it needs at least {LEAST_WIDTH} and {LEAST_HEIGHT}"
            )
