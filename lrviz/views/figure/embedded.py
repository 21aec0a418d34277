"""Curves in an Axes of the user's, which a figure of their own has."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties

from lrviz.views.figure import layout
from lrviz.views.figure.lines import draw
from lrviz.views.figure.marking import mark, tell
from lrviz.views.figure.page import set_axes
from lrviz.views.figure.text import Type, one_line
from lrviz.views.figure.themes import settings
from lrviz.views.plan.bands import of_panel
from lrviz.views.plan.box import Box
from lrviz.views.plan.downsample import ways
from lrviz.views.plan.ground import Ground, headroom
from lrviz.views.plan.planning import Plan


def draw_into(ax: Axes, plan: Plan) -> None:
    """Draw the first panel into an Axes of the user's, in the style that is in force.

    Several curves get a legend inside the axes, above the greatest value.
    """
    panel, font = plan.panels[0], Type(FontProperties(size=settings["xtick.labelsize"]).get_size())
    to_inches = ax.figure.dpi_scale_trans.inverted()
    box = ax.get_window_extent().transformed(to_inches)
    set_axes(ax, plan, 0, layout.y_ticks(plan.scales[0], box.height, font)[0], font.size)
    ax.xaxis.set_major_locator(layout.x_ticks(plan.below, plan.end, box.width, font)[0])
    ax.set_xlabel(plan.below.name)
    ax.set_ylabel(panel.title, parse_math=False)
    pixels = ax.get_window_extent().width
    found = ways(panel, plan.below, plan.end, pixels)
    dense = of_panel(panel, found, plan.below, plan.end, box.width)
    curves = draw(ax, panel, found, dense, plan.looks[0], plan.traces, plan.below)
    taken = []
    if len(panel.lines) == 1:
        ax.set_title(one_line(panel.lines[0].label), parse_math=False)
    else:
        # matplotlib would leave out a name that begins with _, and read $ as mathematics.
        blank = [""] * len(curves)
        columns = -(-len(curves) // 4)
        legend = ax.legend(curves, blank, loc="upper right", ncols=columns, fontsize="small")
        for text, line in zip(legend.get_texts(), panel.lines, strict=True):
            text.set(text=one_line(line.label), parse_math=False)
        inner = legend.get_window_extent().transformed(to_inches).translated(-box.x0, -box.y0)
        taken.append(Box.between(*inner.extents))
        plan = plan.with_room_above(min(inner.height / box.height + 0.04, 0.6))
    note = Type(0.9 * font.size)
    plan = plan.with_room_above(headroom(plan.spots, note, (box.width, box.height)))
    ax.set_ylim(plan.scales[0].low, plan.scales[0].high)
    ground = Ground(plan, (box.width, box.height), found)
    for each in taken:
        ground.take(each)
    tell(ax, ground, dense, plan.looks[0], font)
    mark(ax, ground, plan.looks[0], note)
