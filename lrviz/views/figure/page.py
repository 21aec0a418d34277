"""What every page of curves has: a title above them and notes below."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, NullFormatter

from lrviz.errors import UsageError
from lrviz.views.figure import layout
from lrviz.views.figure.text import one_line
from lrviz.views.figure.themes import settings
from lrviz.views.plan.box import Box
from lrviz.views.plan.labels import PIXELS, WIDER
from lrviz.views.plan.options import LARGEST
from lrviz.views.plan.planning import Plan

_LINES = 3  # of a note
_SHRUNK = 1.15  # a title that is longer than its line by less is written smaller, on one line


class Canvas:
    """A figure being filled; lengths are in inches."""

    def __init__(self, fig: Figure, plan: Plan, fonts: layout.Fonts, title: str) -> None:
        """Take a figure and what to draw in it."""
        self.fig, self.plan, self.fonts, self.title = fig, plan, fonts, title
        self.width, self.height = (float(each) for each in fig.get_size_inches())
        self.unsaid: list[tuple[str, str]] = []
        """What is marked on which curve, and has no room to be said."""
        self.note()

    def note(self) -> None:
        """Take the room at the foot that the plan's notes need."""
        self.notes = self._note_lines()
        self.foot = layout.EDGE + len(self.notes) * self.fonts.note.line

    def write(self, text: str, x: float, y: float, **look: Any) -> None:
        """Write a text at a place."""
        self.fig.text(x / self.width, y / self.height, text, parse_math=False, **look)

    def write_title(self) -> float:
        """Write the title; return its height with what is around it, 0 where there is none."""
        font, room = self.fonts.title, (self.width - 2 * layout.EDGE) / WIDER
        lines = font.wrapped(self.title, room, 3)
        if len(lines) == 2 and font.width(one_line(self.title)) <= room * _SHRUNK:
            font = replace(font, size=font.size / _SHRUNK)
            lines = font.wrapped(self.title, room, 1)
        if not lines:
            return 0.0
        top = self.height - layout.EDGE
        look = {"fontsize": font.size, "fontweight": font.weight, "va": "top"}
        self.write("\n".join(lines), layout.EDGE, top, **look)
        return 2 * layout.EDGE + len(lines) * font.line

    def write_notes(self) -> None:
        """Write the notes at the foot."""
        font = self.fonts.note
        look = {"fontsize": font.size, "color": settings["axes.edgecolor"], "va": "bottom"}
        for index, line in enumerate(reversed(self.notes)):
            self.write(line, layout.EDGE, layout.EDGE + index * font.line, **look)

    def _note_lines(self) -> list[str]:
        """Return what is below the picture, in at most a fifth of the height."""
        font, room = self.fonts.note, (self.width - 2 * layout.EDGE) / (WIDER * PIXELS)
        notes = self.plan.notes
        most = max(2, int(0.2 * self.height / font.line))
        each = min(_LINES, most - (len(notes) > 1))
        wrapped = [font.wrapped(note, room, each) for note in notes]
        kept = len(wrapped)
        while kept > 1 and sum(map(len, wrapped[:kept])) + (kept < len(wrapped)) > most:
            kept -= 1  # a note is told whole, or not at all
        left = len(wrapped) - kept
        more = [f"and {left} more note{'s' if left > 1 else ''}"] if left else []
        return [*(line for lines in wrapped[:kept] for line in lines), *more]

    def add_panel(self, box: Box, shared: Axes | None, *, y: bool = False) -> Axes:
        """Add a panel whose x axis, and with `y` its y axis too, is that of another one."""
        share = (
            *(box.left / self.width, box.bottom / self.height),
            *(box.width / self.width, box.height / self.height),
        )
        return self.fig.add_axes(share, sharex=shared, sharey=shared if y else None)

    def refuse(self, width: float, height: float) -> UsageError:
        """Return the error for a page that lacks so many inches; less than 0 is none."""
        # Somewhat more than just enough, to halves of an inch.
        larger = [
            math.ceil(2 * (side + 1.1 * max(0.0, lacking))) / 2
            for side, lacking in ((self.width, width), (self.height, height))
        ]
        advice = f"give a larger size, such as {larger[0]:g}x{larger[1]:g}"
        if max(larger) > LARGEST:
            advice = "draw fewer curves at a time"
        return UsageError(
            f"{self.width:g}x{self.height:g} inches have no room for this figure and what is "
            f"written around it: {advice}"
        )


def set_axes(ax: Axes, plan: Plan, index: int, ticks: Locator, size: float) -> None:
    """Set the limits, ticks and grid of a panel.

    Args:
        ax: The panel.
        plan: What is drawn.
        index: Which of its panels.
        ticks: Places those of the y axis.
        size: Of tick labels, in points.
    """
    scale = plan.scales[index]
    ax.set_xlim(0, plan.end, emit=False)  # each panel that shares it sets it, too
    if scale.log:
        ax.set_yscale("log")
        ax.yaxis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=12))
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_ylim(scale.low, scale.high, emit=False)
    ax.yaxis.set_major_locator(copy(ticks))
    ax.yaxis.set_major_formatter(FuncFormatter(scale.typesetter()))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plan.below.write(value)))
    for axis in ("x", "y"):
        ax.tick_params(**tick_look(axis, size))
    ax.grid(axis="y", which="major", linewidth=0.8)


def tick_look(axis: str, size: float) -> dict[str, Any]:
    """Return what fixes the look of ticks, which else follows the settings at drawing time."""
    label = settings[f"{axis}tick.labelcolor"]
    colour = settings[f"{axis}tick.color"]
    labelcolour = colour if label == "inherit" else label
    return {
        "axis": axis,
        "which": "both",
        "color": colour,
        "labelcolor": labelcolour,
        "labelsize": size,
    }
