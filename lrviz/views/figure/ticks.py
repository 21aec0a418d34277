"""Where ticks are, for matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.ticker import FixedLocator, Locator, LogLocator, MaxNLocator

from lrviz.views.plan.scales import YScale, even_ticks

_LOG_TICKS = ((1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 6, 8), (1, 2, 5))


class EvenLocator(Locator):
    """The ticks of `even_ticks`, in whatever part of the axis is in view."""

    def __init__(self, most: int, whole: bool) -> None:
        """Place at most `most` ticks, on whole numbers where `whole`."""
        self._most, self._whole = most, whole

    def __call__(self) -> Sequence[float]:
        """Return the ticks within the present view."""
        low, high = self.axis.get_view_interval() if self.axis else (0.0, 1.0)
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks between two ends."""
        low, high = sorted((vmin, vmax))
        return even_ticks(low, high, self._most, whole=self._whole)


def y_locator(scale: YScale, most: int) -> Locator:
    """Return a locator of some `most` labelled ticks of a y axis."""
    if scale.empty:
        return FixedLocator([0.0])
    if not scale.log:
        return MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2)
    decades = math.log10(scale.high) - math.log10(scale.low)
    finest = [subs for subs in _LOG_TICKS if len(subs) * decades <= most]
    return LogLocator(subs=finest[0] if finest else (1,), numticks=most + 1)
