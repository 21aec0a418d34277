"""What a figure can be asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from lrviz.errors import UsageError
from lrviz.views.plan.marks import Mark

LARGEST = 100
"""Width or height of the largest figure, in inches."""


@dataclass(frozen=True)
class FigureOptions:
    """How traces are drawn.

    Attributes:
        x: What the x axis counts; None: updates, or epochs where only epochs are known.
        log: The y axis of the learning rate is logarithmic.
        size: Width and height in inches, 2 x 1.5 to 100 x 100; None: the style's, else 8 x 5,
            and for a grid as high as its panels need.
        dpi: Pixels an inch, for PNG, at least 20; None: the style's, else 150.
        title: Above the figure; None: the label of a curve that is alone.
        style: `light`, `dark`, `paper`, a style of matplotlib's or the path of a style file;
            None: `light`.
        groups: Of param groups that are one curve up to a factor, draw the highest and the
            lowest (`ends`) or `all`.
        param: The only quantity to draw (`lr`, `momentum` ...); None: the learning rate, and
            below it all else that moves.
        font: `sans` or `serif`; None: the style's.
        grid: Small panels for each trace, on shared axes.
        annotate: Mark the peak, the end of a warmup, milestones and restarts, with their values.
        marks: What to mark besides.

    Raises:
        UsageError: A value outside its range.
    """

    x: Literal["step", "epoch", "progress", "tokens"] | None = None
    log: bool = False
    size: tuple[float, float] | None = None
    dpi: int | None = None
    title: str | None = None
    style: str | None = None
    groups: Literal["ends", "all"] = "ends"
    param: str | None = None
    font: Literal["sans", "serif"] | None = None
    grid: bool = False
    annotate: bool = False
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        width, height = self.size or (8.0, 5.0)
        if not (2 <= width <= LARGEST and 1.5 <= height <= LARGEST):
            raise UsageError(
                f"a figure of {width:g}x{height:g} inches: give a size from 2x1.5 to "
                f"{LARGEST}x{LARGEST}"
            )
        dpi = self.dpi or 150
        most = math.floor(20_000 / max(width, height))
        if not 20 <= dpi <= most:
            raise UsageError(f"{dpi} dpi: give 20 to {most} for {width:g}x{height:g} inches")
        for name, value, known in (
            ("x", self.x, (None, "step", "epoch", "progress", "tokens")),
            ("groups", self.groups, ("ends", "all")),
            ("font", self.font, (None, "sans", "serif")),
        ):
            if value not in known:
                choices = ", ".join(each for each in known if each)
                raise UsageError(f"{name}: {value!r} is not one of {choices}")
