"""What is written among the curves of a chart: their names, and what their bands hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lrviz.curves.events import Array
from lrviz.views.chart.cells import DOTS
from lrviz.views.chart.dots import Dots
from lrviz.views.plan.along import lying
from lrviz.views.plan.labels import spread
from lrviz.views.plan.placing import Room
from lrviz.writing.text import cells

CHARACTER = 0.08, 0.16
"""Width and height of a character, in inches, as terminals have it: dots are as wide as high."""
_INK = 0.7  # of its height, that letters fill; the rest keeps them from the dots next to them
_BLOB = 0.05  # inches from the middle of a mark to its edge; a dot has none
_LONGEST = 0.5  # of a chart's width


class Label(NamedTuple):
    """A text among the curves.

    Attributes:
        text: What is written.
        curve: Index of the curve that it is about.
        row: From the top.
        column: Of its first cell.
    """

    text: str
    curve: int
    row: int
    column: int


def at_ends(
    names: Sequence[str], ends: Sequence[int], rows: int, column: int, moved: float
) -> list[Label]:
    """Return names to the right of the ends of their curves; none where they would be too far.

    Args:
        names: One a curve.
        ends: The rows in which the curves end, from the top.
        rows: Of the chart.
        column: Where the names begin.
        moved: How many rows a name may be from its curve's end.
    """
    order = sorted(range(len(names)), key=lambda curve: ends[curve])
    if len(names) > rows:
        return []
    targets = [float(ends[curve]) for curve in order]
    places = spread(targets, 1.0, 0.0, rows - 1.0)
    if max(abs(a - b) for a, b in zip(places, targets, strict=True)) > moved:
        return []
    return [
        Label(names[curve], curve, int(place + 0.5), column)
        for curve, place in zip(order, places, strict=True)
    ]


def along(names: Sequence[str], masks: Sequence[Dots], ascii: bool) -> list[Label]:
    """Return names beside their curves, of those that have a place there; see `along.lying`.

    Args:
        names: One a curve.
        masks: The dots of each curve.
        ascii: They are marks, one a character.
    """
    down, across = (1, 1) if ascii else DOTS
    rows, columns = masks[0].shape[0] // down, masks[0].shape[1] // across
    width, height = CHARACTER
    room = Room(columns * width, rows * height, CHARACTER)
    swept = [_swept(mask, height / down, room.columns, _BLOB if ascii else 0.0) for mask in masks]
    for low, high in swept:
        room.take_curve(low, high)
    # A blank on either side of each.
    sizes = [
        ((cells(name) + 2) * width, _INK * height) if cells(name) <= _LONGEST * columns else None
        for name in names
    ]
    found = []
    places = lying(room, swept, sizes)
    for curve, (name, size, place) in enumerate(zip(names, sizes, places, strict=True)):
        if size is not None and place is not None:
            x, y = place.middle
            row, column = rows - 1 - int(y / height), round((x - size[0] / 2) / width) + 1
            found.append(Label(name, curve, row, column))
    return found


def _swept(mask: Dots, dot: float, columns: int, blob: float) -> tuple[Array, Array]:
    """Return the least and the greatest height of some dots in each column of a room, in inches."""
    count, there = mask.shape[0], mask.any(axis=0)
    high = (count - 0.5 - mask.argmax(axis=0)) * dot + blob
    low = (0.5 + mask[::-1].argmax(axis=0)) * dot - blob
    times = columns // mask.shape[1]
    low, high = (np.repeat(np.where(there, each, np.nan), times) for each in (low, high))
    return low, high
