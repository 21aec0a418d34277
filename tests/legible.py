"""What in a drawn figure cannot be read: measured on what matplotlib lays out, not on what it
was told to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from tests.vision import DEFICIENCIES, difference, lightness

_WIDER = 1.15  # a font that a browser may take
_INK = 0.86  # of a line's height, between the top of an h and the foot of a p
_RAMP = 4  # curves of one dash and one schedule are shades of one colour from so many on


def illegible(fig: Figure) -> list[str]:
    """Return what is off the page, on another text or on a curve, and curves that look alike."""
    FigureCanvasAgg(fig).draw()  # type: ignore[no-untyped-call]
    found = []
    page = fig.bbox
    outlines = [(text, outline(text)) for text in texts(fig)]
    for text, path in outlines:
        box = path.get_extents()
        more = (_WIDER - 1) * box.width if not text.get_rotation() else 0.0
        left, right = {"left": (0, 1), "right": (1, 0), "center": (0.5, 0.5)}[
            text.get_horizontalalignment()
        ]
        if (
            box.x0 - left * more < page.x0 - 1
            or box.x1 + right * more > page.x1 + 1
            or box.y0 < page.y0 - 1
            or box.y1 > page.y1 + 1
        ):
            found.append(f"{said(text)} is off the page")
    for (one, a), (other, b) in combinations(outlines, 2):
        if a.get_extents().overlaps(b.get_extents()) and a.intersects_path(b, filled=True):
            found.append(f"{said(one)} lies on {said(other)}")
    for ax in fig.axes:
        inner = ax.get_window_extent()
        within = [(text, path) for text, path in outlines if holds(inner, path.get_extents())]
        for line in curves(ax):
            ways = drawn_ways(line)
            for text, path in within:
                if any(way.intersects_path(path, filled=False) for way in ways):
                    found.append(f"{said(text)} lies on {line.get_label()}")
        found += alike(ax)
    return found


def said(text: Text) -> str:
    """Return a text as a failure names it."""
    return repr(text.get_text())


def texts(fig: Figure) -> Iterator[Text]:
    """Yield all that is written; matplotlib keeps invisible labels of ticks outside the view."""
    beyond: list[object] = []
    for ax in [each for panel in fig.axes for each in (panel, *panel.child_axes)]:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            far = [each for each in axis.get_major_ticks() if not low <= each.get_loc() <= high]
            beyond += [label for tick in far for label in (tick.label1, tick.label2)]
    for found in fig.findobj(Text):
        assert isinstance(found, Text)
        if found.get_visible() and found.get_text() and found not in beyond:
            box = Text.get_window_extent(found)
            if box.width:
                yield found


def outline(text: Text) -> Path:
    """Return the outline of a text's letters, in pixels."""
    angle = text.get_rotation()
    around = Text.get_window_extent(text)
    x, y = (around.x0 + around.x1) / 2, (around.y0 + around.y1) / 2
    text.set_rotation(0)
    level = Text.get_window_extent(text)
    text.set_rotation(angle)
    half = np.array([level.width, level.height * _INK]) / 2
    turn = np.deg2rad(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * half
    return Path(corners @ np.array([[cos, sin], [-sin, cos]]) + (x, y), closed=True)


def holds(outer: Bbox, inner: Bbox) -> bool:
    """Return whether a box lies, for its middle, in another one."""
    x, y = (inner.x0 + inner.x1) / 2, (inner.y0 + inner.y1) / 2
    return bool(outer.x0 <= x <= outer.x1 and outer.y0 <= y <= outer.y1)


def curves(ax: Axes) -> list[Line2D]:
    """Return a panel's curves, without the dots on them."""
    return [line for line in ax.lines if line.get_linestyle() not in ("None", "", " ")]


def drawn_ways(line: Line2D) -> list[Path]:
    """Return the stretches of a curve, in pixels."""
    path = line.get_transform().transform_path(line.get_path())
    points = np.asarray(path.vertices)
    gaps = np.flatnonzero(~np.isfinite(points).all(axis=1))
    parts = np.split(points, gaps)
    ways = [part[np.isfinite(part).all(axis=1)] for part in parts]
    return [Path(way) for way in ways if len(way) > 1]


def dashes(line: Line2D) -> tuple[float, ...]:
    """Return the dashes of a curve; none where it is solid."""
    pattern = line._dash_pattern[1]  # type: ignore[attr-defined]
    return tuple(pattern) if pattern else ()


def alike(ax: Axes) -> list[str]:
    """Return the curves of a panel that look alike: in greyscale, or to who sees fewer colours.

    Param groups of one schedule in one line style are told apart by their order: each is darker,
    or each is lighter, than the one before it.
    """
    found = []
    families: dict[tuple[str, tuple[float, ...]], list[str]] = {}
    looks = []
    for line in curves(ax):
        key = str(line.get_label()).rpartition("/")[0], dashes(line)
        families.setdefault(key, []).append(to_hex(line.get_color()))
        looks.append((str(line.get_label()), to_hex(line.get_color()), dashes(line), key))
    for (name, _), colours in families.items():
        shades = [lightness(colour) for colour in colours]
        if len(shades) >= _RAMP and shades not in (sorted(shades), sorted(shades, reverse=True)):
            found.append(f"the groups of {name} are out of order")
    ramps = {key for key, colours in families.items() if len(colours) >= _RAMP}
    pairs = [
        (one, other)
        for one, other in combinations(looks, 2)
        if one[2] == other[2] and not (one[3] == other[3] and one[3] in ramps)
    ]
    for one, other in pairs:
        near = looks.index(other) - looks.index(one) == 1
        if near and abs(lightness(one[1]) - lightness(other[1])) < 15:
            found.append(f"{one[0]} and {other[0]} are alike in greyscale")
        for each in ("", *DEFICIENCIES):
            if difference(one[1], other[1], each) < 10:
                found.append(f"{one[0]} and {other[0]} are alike: {each or 'colours'}")
    return found
