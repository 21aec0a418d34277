"""Texts on the curves of a panel: names along them, dots at events and beside them what happens."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from lrviz.views.figure.text import Type, behind
from lrviz.views.figure.themes import mixed, readable, settings
from lrviz.views.plan.bands import FAINT, Band
from lrviz.views.plan.box import Box
from lrviz.views.plan.ground import Ground
from lrviz.views.plan.looks import Look
from lrviz.views.plan.marks import Spot

_ALARM = "#D1242F"
_DOT = 4.5  # points
_LEADER_FROM = 0.11  # inches


def mark(ax: Axes, ground: Ground, looks: Sequence[Look], font: Type) -> None:
    """Draw a dot at each spot, and beside it what it says, where there is room for that.

    Args:
        ax: The panel, whose curves are drawn.
        ground: What is known of it.
        looks: Of its curves.
        font: To write in.
    """
    for spot in ground.spots:
        ax.plot(
            [spot.x],
            [spot.value],
            "D" if spot.given else "o",
            color=_colour(spot, looks),
            markeredgecolor=ax.get_facecolor(),
            markeredgewidth=0.8,
            markersize=1.4 * _DOT if spot.given else _DOT,
            zorder=4,
            clip_on=False,
        )
    for spot, text, box in ground.written(font):
        x, y = ground.point(spot.x, spot.value)
        _write(ax, spot, text, box, (x, y), _colour(spot, looks), font)


def tell(
    ax: Axes, ground: Ground, dense: Sequence[Sequence[Band]], looks: Sequence[Look], font: Type
) -> None:
    """Write into each band of dense cycles how many they are, or above it.

    Args:
        ax: The panel, whose curves are drawn.
        ground: What is known of it.
        dense: The bands of each curve.
        looks: Of its curves.
        font: To write in.
    """
    width, height = ground.size
    back, text = to_hex(ax.get_facecolor()), settings["text.color"]
    for index, (own, look) in enumerate(zip(dense, looks, strict=True)):
        for band in own:
            box = ground.within(index, band, font)
            if box is not None:
                ax.text(
                    box.middle[0] / width,
                    box.middle[1] / height,
                    band.text,
                    transform=ax.transAxes,
                    ha="center",
                    va="center",
                    color=readable(look.colour, text, mixed(back, look.colour, FAINT)),
                    fontsize=font.size,
                    zorder=5,
                )


def _colour(spot: Spot, looks: Sequence[Look]) -> str:
    return _ALARM if spot.given else looks[spot.line].colour


def _write(
    ax: Axes,
    spot: Spot,
    text: str,
    box: Box,
    point: tuple[float, float],
    shade: str,
    font: Type,
) -> None:
    """Write a text into a box; where they are apart a line leads from its spot to it."""
    x, y = point
    away = max(box.left - x, x - box.right, box.bottom - y, y - box.top)
    colour = readable(shade, settings["text.color"], to_hex(ax.get_facecolor()))
    leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
    ax.annotate(
        text,
        (spot.x, spot.value),
        xytext=(72 * (box.middle[0] - x), 72 * (box.middle[1] - y)),
        textcoords="offset points",
        ha="center",
        va="center",
        color=colour,
        fontsize=font.size,
        linespacing=1.15,
        parse_math=False,
        zorder=5,
        bbox=behind(),
        arrowprops=leader if away > _LEADER_FROM else None,
    )
