"""Where the names on an interactive page stand: held against the curves' own values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from lrviz.curves.trace import Trace
from lrviz.views.plan.twins import as_one
from tests.browser import Browser
from tests.traces import Array

_INK = 10  # pixels, of a letter's height
_BIT = 9  # pixels of a line to a text, within which curves may lie on each other
_STROKE = 0.8  # half the width of a curve
_SCENE = """
(() => {
  const {scene} = figure;
  const [panel] = scene.panels;
  const context = document.createElement("canvas").getContext("2d");
  const wide = (text, small) => {
    context.font = `${small ? 12 : 13}px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif`;
    return context.measureText(text).width;
  };
  return {
    left: scene.left, right: scene.right, top: panel.top, bottom: panel.top + panel.height,
    low: scene.low, high: scene.high, least: panel.axis.low, most: panel.axis.high,
    log: Boolean(panel.axis.log), width: figure.painter.width,
    curves: panel.curves.map(({line, factor}) => ({...line, factor})),
    texts: scene.texts.map(({text, small, given, of, x, y, slope, align, bare, leader, box}) => ({
      text, of, x, y, slope, align, box, bare: Boolean(bare), leader: leader ?? null,
      is_name: !small && !bare,
      given: Boolean(given), wide: wide(text, small),
    })),
  };
})()
"""


def placed(browser: Browser) -> dict[str, Any]:
    """Return the first panel's place and axes, its curves, and the texts in it."""
    browser.wait("document.querySelector('.lrviz').figure.moving === null")
    browser.settle()
    found: dict[str, Any] = browser.value(_SCENE.strip())
    return found


def misplaced(browser: Browser, traces: Sequence[Trace]) -> list[str]:
    """Return what is wrong with the names of the page that is open.

    Args:
        browser: What shows it.
        traces: What it shows, as they were given.
    """
    scene = placed(browser)
    traces, _ = as_one(traces, None)
    columns = np.arange(np.ceil(scene["left"]), np.floor(scene["right"]))
    ways = [_way(scene, each, traces[each["trace"]], columns) for each in scene["curves"]]
    labels = [each["label"] for each in scene["curves"]]
    corners = [_corners(each) for each in scene["texts"]]
    found = []
    for name, box in zip(scene["texts"], corners, strict=True):
        text = name["text"]
        (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
        end = scene["width"] if name["align"] == "left" else scene["right"]
        if left < scene["left"] or right > end + 0.5:
            found.append(f"{text} is beyond the panel")
        if top < scene["top"] - 8 or bottom > scene["bottom"] + 1:
            found.append(f"{text} is above or below the panel")
        if name["align"] == "left":
            continue
        own = labels.index(name["of"])
        on = [_distance(box, columns, *way) for way in ways]
        others = [at for at in range(len(on)) if at != own]
        crossed = others if name["bare"] else range(len(on))
        found += [f"{text} lies on {labels[at]}" for at in crossed if on[at] < _STROKE]
        if name["given"]:
            continue  # a finding is said at any price: the line to it may cross curves
        if name["leader"]:
            start, end = map(np.array, name["leader"])
            points = np.linspace(start, end, 40)
            points = points[np.hypot(*(points - start).T) > _BIT]
            crossed = [at for at in others if _crosses(points, columns, *ways[at])]
            found += [f"the line to {text} crosses {labels[at]}" for at in crossed]
        elif name["is_name"] and any(on[at] < on[own] for at in others):
            found.append(f"{text} is nearer to another curve")
        elif name["is_name"]:
            between = [at for at in others if _parts(box, columns, ways[own], ways[at])]
            found += [f"{labels[at]} is between {text} and its curve" for at in between]
    for (one, a), (other, b) in combinations(zip(scene["texts"], corners, strict=True), 2):
        if (a.min(axis=0) < b.max(axis=0)).all() and (b.min(axis=0) < a.max(axis=0)).all():
            found.append(f"{one['text']} lies on {other['text']}")
    return found


def _way(
    scene: dict[str, Any], line: dict[str, Any], trace: Trace, columns: Array
) -> tuple[Array, Array]:
    """Return the edges of a curve in each column of pixels, NaN where it is not."""
    values = trace.curves["lr"][:, line["group"]]
    scale = (scene["high"] - scene["low"]) / (scene["right"] - scene["left"]) / line["factor"]
    first = scene["low"] / line["factor"] + (columns - scene["left"]) * scale
    top, bottom = np.full((2, len(columns)), np.nan)
    for at, begin in enumerate(first):
        if trace.steps is not None:
            here = values[(trace.steps >= begin) & (trace.steps < begin + scale)]
        else:
            here = values[max(0, int(begin)) : max(0, int(np.ceil(begin + scale)))]
        if len(here):
            top[at], bottom[at] = _heights(scene, np.array([here.max(), here.min()]))
    outside = (bottom < scene["top"]) | (top > scene["bottom"])
    top[outside] = bottom[outside] = np.nan
    return top, bottom


def _heights(scene: dict[str, Any], values: Array) -> Array:
    least, most = scene["least"], scene["most"]
    if scene["log"]:
        values, least, most = np.log(np.maximum(values, least / 100)), np.log(least), np.log(most)
    share = (values - least) / (most - least)
    return np.asarray(scene["bottom"] - share * (scene["bottom"] - scene["top"]))


def _corners(name: dict[str, Any]) -> Array:
    """Return the corners of a text's letters, shape (4, 2)."""
    angle = np.arctan(name["slope"])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    half = np.array([name["wide"], _INK]) / 2
    middle = np.array([name["x"], name["y"]])
    if name["align"] == "left":
        middle[0] += half[0]
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    return np.asarray(corners @ turn + middle)


def _spans(box: Array, columns: Array) -> tuple[Array, Array, Array]:
    """Return the columns that a box is in, and its upper and lower edge there."""
    inside = (columns >= box[:, 0].min()) & (columns <= box[:, 0].max())
    x = columns[inside]
    edges = []
    for (ax, ay), (bx, by) in zip(box, np.roll(box, -1, axis=0), strict=True):
        within = (x >= min(ax, bx)) & (x <= max(ax, bx)) & (abs(bx - ax) > 1e-9)
        slope = (by - ay) / (bx - ax) if abs(bx - ax) > 1e-9 else 0.0
        edges.append(np.where(within, ay + (x - ax) * slope, np.nan))
    return inside, np.nanmin(edges, axis=0), np.nanmax(edges, axis=0)


def _distance(box: Array, columns: Array, top: Array, bottom: Array) -> float:
    """Return how far a curve is above or below a box, where it is; inf: nowhere near."""
    inside, high, low = _spans(box, columns)
    away = np.maximum(top[inside] - low, high - bottom[inside])
    away = away[np.isfinite(away)]
    return float(away.min()) if away.size else np.inf


def _parts(
    box: Array, columns: Array, own: tuple[Array, Array], other: tuple[Array, Array]
) -> bool:
    """Return whether one curve lies between a box and another curve, above or below it."""
    inside, high, low = _spans(box, columns)
    near = [np.roll(own, shift, axis=1) for shift in range(-2, 3)]  # the page looks at 4 pixels
    own = np.fmin.reduce(near)[0], np.fmax.reduce(near)[1]
    (own_top, own_bottom), (top, bottom) = ([each[inside] for each in way] for way in (own, other))
    over = (top > low) & (bottom < own_top - _STROKE)  # the box is above its curve
    under = (bottom < high) & (top > own_bottom + _STROKE)
    return bool((over | under).any())


def _crosses(points: Array, columns: Array, top: Array, bottom: Array) -> bool:
    """Return whether one of some points, shape (K, 2), lies on a curve."""
    at = np.clip(np.rint(points[:, 0] - columns[0]).astype(int), 0, len(columns) - 1)
    return bool(((points[:, 1] > top[at] - 1) & (points[:, 1] < bottom[at] + 1)).any())
