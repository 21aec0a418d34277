"""Names of curves drawn: each with a stroke of its line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lrviz.views.figure.lines import line_style
from lrviz.views.figure.text import Type, behind
from lrviz.views.figure.themes import readable, settings
from lrviz.views.plan.along import Lying
from lrviz.views.plan.box import Box
from lrviz.views.plan.labels import GAP, LEADER, SAMPLE, TEXT, Font, Legend, Name
from lrviz.views.plan.looks import Look

_LEADER = 0.7  # points, width of a line to a name
_AROUND = 0.03  # inches between that and the name


def draw_beside(
    fig: Figure, names: Sequence[Name], heights: Sequence[float], font: Type, box: Box
) -> None:
    """Draw names at the ends of their curves, each with a stroke of its line that leads to it.

    Args:
        fig: Where to.
        names: Of the panel's curves.
        heights: From `beside`.
        font: Of the names.
        box: The panel's place, in inches.
    """
    right = box.right + GAP
    for name, at in zip(names, heights, strict=True):
        ends = (box.bottom + name.height * box.height, box.bottom + at)
        _stroke(fig, (right, right + LEADER), ends, name.look)
        _write(fig, right + LEADER + GAP, box.bottom + at, name, font)


def draw_along(
    fig: Figure, names: Sequence[Name], places: Sequence[Lying | None], font: Type, box: Box
) -> None:
    """Draw names along their curves, on the ground's colour, which hides the grid behind them.

    Args:
        fig: Where to.
        names: Of the panel's curves.
        places: Within the panel; None for a name that is elsewhere.
        font: Of the names.
        box: The panel's place, in inches.
    """
    for name, place in zip(names, places, strict=False):
        if place is None:
            continue
        x, y = place.middle
        if place.leader is not None:
            _lead(fig, name, place, font, box)
        look = {
            "ha": "center",
            "va": "center",
            "rotation": place.angle,
            "rotation_mode": "default",
            "bbox": behind(),
        }
        _write(fig, box.left + x, box.bottom + y, name, font, **look)


def _lead(fig: Figure, name: Name, place: Lying, font: Type, box: Box) -> None:
    """Draw the line from a curve to the nearest point of its name."""
    x, y = place.leader or place.middle
    half = font.width(name.text) / 2 + _AROUND, font.line * 0.4
    end = [
        min(max(at, middle - reach), middle + reach)
        for at, middle, reach in zip((x, y), place.middle, half, strict=True)
    ]
    width, height = fig.get_size_inches()
    across, up = zip((x, y), end, strict=True)
    fig.add_artist(
        Line2D(
            [(box.left + each) / width for each in across],
            [(box.bottom + each) / height for each in up],
            color=_colour(name),
            linewidth=_LEADER,
        )
    )


def draw_legend(fig: Figure, legend: Legend, left: float, top: float) -> None:
    """Draw a legend below `top` and to the right of `left`, in inches."""
    for index, name in enumerate(legend.names):
        row, column = divmod(index, len(legend.columns))
        x, y = left + sum(legend.columns[:column]), top - (row + 0.5) * legend.line
        _stroke(fig, (x, x + SAMPLE), (y, y), name.look)
        _write(fig, x + SAMPLE + TEXT, y, name, legend.font)


def _stroke(fig: Figure, x: tuple[float, float], y: tuple[float, float], look: Look) -> None:
    """Draw a piece of a curve's line; of logged values, a dot beside the name."""
    width, height = fig.get_size_inches()
    if look.dots:
        place = [(x[1] - SAMPLE / 4) / width], [y[1] / height]
        fig.add_artist(Line2D(*place, color=look.colour, marker="o", ms=4, mew=0, linestyle=""))
        return
    fig.add_artist(
        Line2D(
            [each / width for each in x],
            [each / height for each in y],
            color=look.colour,
            linestyle=line_style(look),
            linewidth=0.8 * settings["lines.linewidth"],
            dash_capstyle="butt",
            solid_capstyle="butt",
        )
    )


def _colour(name: Name) -> str:
    background = to_hex(settings["figure.facecolor"])
    return readable(name.look.colour, settings["text.color"], background)


def _write(fig: Figure, x: float, y: float, name: Name, font: Font, **look: Any) -> None:
    width, height = fig.get_size_inches()
    colour = _colour(name)
    fig.text(
        x / width,
        y / height,
        name.text,
        parse_math=False,
        **{"color": colour, "fontsize": font.size, "va": "center_baseline", **look},
    )
