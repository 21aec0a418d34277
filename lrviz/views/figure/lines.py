"""Curves drawn: a line each, and dots for what was logged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from lrviz.curves.events import Steps
from lrviz.curves.trace import Trace
from lrviz.views.figure.paths import Economy
from lrviz.views.plan.bands import FAINT, Band, outlined
from lrviz.views.plan.downsample import Way, m4
from lrviz.views.plan.looks import Look
from lrviz.views.plan.panels import Line, Panel
from lrviz.views.plan.planning import is_dot
from lrviz.views.plan.scales import Unit

_SNAPPED = 1024  # vertices up to which matplotlib moves a path onto whole pixels
_GREATEST = 1e300
_DOTS = 250  # bins of logged values: four dots a bin are drawn at the most


def line_style(look: Look) -> LineStyleType:
    """Return a look's dashes as matplotlib's linestyle."""
    return (0, look.dashes) if look.dashes else "-"


def draw(
    ax: Axes,
    panel: Panel,
    ways: Sequence[Way],
    dense: Sequence[Sequence[Band]],
    looks: Sequence[Look],
    traces: Sequence[Trace],
    x: Unit,
) -> list[Line2D]:
    """Draw a panel's curves, a cross where a run was cut short, a dot for a curve too short.

    Returns the curves.

    Args:
        ax: Its limits are set, and its figure has its size.
        panel: What to draw.
        ways: One a line.
        dense: The bands of each line.
        looks: One a line.
        traces: Those that the lines are of.
        x: The unit of the x axis.
    """
    curves = []
    low, high = ax.get_xlim()
    # On a log axis what is not positive has no place: the curve leaves through the lower edge.
    least = ax.get_ylim()[0] / 100 if ax.get_yscale() == "log" else -_GREATEST
    for line, way, cycles, look in zip(panel.lines, ways, dense, looks, strict=True):
        factor = x.factors[line.trace]
        if line.steps is not None:
            curves.append(_dots(ax, line, line.steps, look, factor))
            continue
        at, values = outlined(way, cycles) if cycles else way
        curve = ax.add_line(
            Line2D(
                at * factor,
                np.clip(values, least, _GREATEST),
                color=look.colour,
                linestyle=line_style(look),
                zorder=look.order,
                label=line.label,
                dash_capstyle="butt",
                solid_capstyle="butt",
                solid_joinstyle="round",
                path_effects=[Economy()],
                # Short paths are moved onto whole pixels, which the whole curve would not be.
                snap=None if len(line.values) <= _SNAPPED else False,
            )
        )
        curves.append(curve)
        for band in cycles:
            ax.fill_between(
                band.x * factor,
                np.clip(band.low, least, _GREATEST),
                np.clip(band.high, least, _GREATEST),
                color=look.colour,
                alpha=FAINT,
                linewidth=0,
                zorder=look.order - 1,
            )
        # Where the curve has left the panel, at its edge: these are not cut off there.
        end = [way[0][-1] * factor], np.clip(way[1][-1:], *ax.get_ylim())
        if traces[line.trace].error is not None:
            ax.plot(*end, "x", color=look.colour, ms=7, mew=2, zorder=4, clip_on=False)
        elif is_dot(line, x, high - low):
            ax.plot(*end, "o", color=look.colour, ms=5, mew=0, zorder=4, clip_on=False)
    return curves


def _dots(ax: Axes, line: Line, steps: Steps, look: Look, factor: float) -> Line2D:
    """Draw logged values: a dot each, on what was planned for the same updates."""
    steps = steps[m4(line.values[steps], _DOTS)]
    (dots,) = ax.plot(
        steps * factor,
        np.clip(line.values[steps], -_GREATEST, _GREATEST),
        "o",
        color=look.colour,
        ms=3.2,
        mew=0,
        zorder=3.5,
        label=line.label,
        clip_on=False,
    )
    return dots
