"""Where ticks are, for matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.ticker import FixedLocator, Locator, LogLocator, MaxNLocator

from lrviz.views.plan.scales import YScale, even_ticks

# The labelled ticks of a decade, and over how many decades at the most.
_LOG_TICKS = (
    (0.6, (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)),
    (1.2, (1, 2, 3, 4, 6, 8)),
    (2.2, (1, 2, 5)),
    (math.inf, (1,)),
)
_MOST_DECADES = 9  # that are labelled
_STEPS = (1, 2, 2.5, 5, 10)  # between the ticks of a linear y axis


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


def y_locators(scale: YScale, most: int) -> list[Locator]:
    """Return locators of the labelled ticks of a y axis, the finest first.

    Those of a logarithmic axis follow from its range alone, so that figures can be compared.

    Args:
        scale: The axis.
        most: How many ticks a linear one has, some.
    """
    if scale.empty:
        return [FixedLocator([0.0])]
    if not scale.log:
        return [MaxNLocator(most, steps=_STEPS, min_n_ticks=least) for least in (3, 2)]
    decades = math.log10(scale.high) - math.log10(scale.low)
    ladder = [subs for reach, subs in _LOG_TICKS if decades <= reach]
    return [
        *(LogLocator(subs=subs, numticks=_MOST_DECADES) for subs in ladder),
        LogLocator(numticks=max(3, most)),
    ]
