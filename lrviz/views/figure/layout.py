"""Where the panels stand: margins that are as wide as what is written in them, and no wider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import FixedLocator, Locator

from lrviz.views.figure.text import Type
from lrviz.views.figure.ticks import EvenLocator, y_locators
from lrviz.views.plan.box import Box
from lrviz.views.plan.scales import Unit, YScale

# In inches.
EDGE = 0.08
TICK = 0.11
_PAD = 0.05
_BETWEEN = 0.13
LOWEST = 0.2
"""The least height of a panel below the first one."""
FIRST = 0.6
"""The least share of the panels' and the legend's height that the first panel has."""

_TICK_LINES = 1.9  # lines of text for each tick of a y axis


@dataclass(frozen=True)
class Fonts:
    """The sizes of a figure's text."""

    tick: Type
    label: Type
    title: Type
    note: Type

    @classmethod
    def of(cls, size: float) -> Fonts:
        """Return the sizes that go with a base size in points."""
        note = float(np.interp(size, (7.7, 11), (0.8, 0.91)))
        return cls(Type(0.92 * size), Type(size), Type(1.15 * size, "bold"), Type(note * size))


def font_size(width: float) -> float:
    """Return the base size in points for a figure of so many inches.

    From 6 inches on it is 11: on a phone, 390 CSS pixels wide, ticks are then 9 of them high.
    """
    return float(np.interp(width, (2, 3.4, 6), (7, 7.7, 11)))


@dataclass(frozen=True)
class Axis:
    """An axis' ticks.

    Attributes:
        values: Where they are, ascending.
        labels: What is written there.
    """

    values: tuple[float, ...]
    labels: tuple[str, ...]

    def width(self, font: Type) -> float:
        """Return the width of the widest label, in inches."""
        return max((font.width(label) for label in self.labels), default=0.0)


def x_ticks(unit: Unit, end: float, width: float, font: Type) -> tuple[EvenLocator, Axis]:
    """Return an x axis' ticks, as many as fit side by side.

    Args:
        unit: Of the axis.
        end: Its upper end; the lower one is 0.
        width: Of the panel, in inches.
        font: Of the tick labels.
    """
    for most in range(11, 1, -1):
        locator = EvenLocator(most, unit.whole)
        values = tuple(locator.tick_values(0.0, end))
        axis = Axis(values, tuple(unit.write(value) for value in values))
        if len(values) * (axis.width(font) + 0.2) <= width:
            break
    return locator, axis


def y_ticks(scale: YScale, height: float, font: Type) -> tuple[Locator, Axis]:
    """Return what places the ticks of a y axis of so many inches, and those that it gives."""
    most = max(2, min(8, int(height / (_TICK_LINES * font.line))))
    within = scale.low, scale.high
    for locator in y_locators(scale, most):
        values = [float(each) for each in locator.tick_values(*within)]
        values = [each for each in values if within[0] <= each <= within[1]]
        at = height * scale.fraction(np.array(values))
        if len(values) < 2 or np.diff(at).min() >= font.line:
            break
    else:
        values = [values[0], values[-1]] if at[-1] - at[0] >= font.line else values[-1:]
        locator = FixedLocator(values)
    write = scale.typesetter()
    return locator, Axis(tuple(values), tuple(write(value, None) for value in values))


def heights(room: float, count: int, below: float = 0.0) -> list[float]:
    """Return the heights of `count` panels, from the top.

    Of two the first is twice as high as the second. In any case it has 60 % of the room at least.

    Args:
        room: For all of them, and what is below them.
        count: At least 1.
        below: What is not theirs of it.
    """
    others = count - 1
    free = room - below - others * _BETWEEN
    first = max(free * 2 / 3, FIRST * room) if others else free
    return [first] + [(free - first) / max(1, others)] * others


def lacking(room: float, count: int, below: float = 0.0) -> float:
    """Return how much more room `heights` needs, that all can be read; 0 or less is none."""
    others = count - 1
    return (below + others * (_BETWEEN + LOWEST)) / (1 - FIRST) - room


def boxes(outer: Box, count: int, below: float = 0.0) -> list[Box]:
    """Return the place of each panel within `outer`, from the top; `below` as in `heights`."""
    top, found = outer.top, []
    for each in heights(outer.height, count, below):
        found.append(Box(outer.left, top - each, outer.width, each))
        top -= each + _BETWEEN
    return found


def left_margin(axes: Sequence[Axis], fonts: Fonts) -> float:
    """Return the room for the y axes' tick labels and titles."""
    ticks = max(axis.width(fonts.tick) for axis in axes)
    return EDGE + fonts.label.line + _PAD + ticks + TICK


def x_margin(fonts: Fonts) -> float:
    """Return the room for an x axis' tick labels and its name."""
    return TICK + fonts.tick.line + fonts.label.line


def top_margin(fonts: Fonts) -> float:
    """Return the same for an x axis above a panel, over whose ticks feet of letters hang."""
    return x_margin(fonts) + feet(fonts)


def feet(fonts: Fonts) -> float:
    """Return how much further from its ticks the name of an x axis above a panel is."""
    return fonts.label.size / 3 / 72
