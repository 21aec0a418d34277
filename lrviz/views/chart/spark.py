"""Sparkline: a curve in one line of text."""

from __future__ import annotations

import numpy as np

from lrviz.curves.events import Array
from lrviz.views.chart.dots import columns

_LEVELS = " ▁▂▃▄▅▆▇█"


def sparkline(values: Array, width: int) -> str:
    """Return a curve in `width` characters: the greatest value that each stands for, from zero up.

    Args:
        values: Shape (N,), N >= 1. What is not finite leaves a space.
        width: At least 1.

    >>> sparkline(np.array([0.0, 0.05, 0.1, 0.0]), 8)
    '▁▁▄▄██▁▁'
    """
    heights = columns(values, span=len(values), count=width).high
    finite = heights[np.isfinite(heights)]
    low = min(0.0, float(finite.min(initial=0.0)))
    high = max(0.0, float(finite.max(initial=0.0)))
    shares = (heights / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)  # halves do not overflow
    levels = np.nan_to_num(1 + np.floor(shares * 7.5), nan=0.0)
    return "".join(_LEVELS[int(level)] for level in levels)
