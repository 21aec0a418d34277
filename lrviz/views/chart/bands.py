"""Cycles too dense for dots: an outline with few dots in it, and how many they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrviz.views.chart.dots import Columns, Dots, dots
from lrviz.views.chart.frame import Frame
from lrviz.views.chart.naming import Label
from lrviz.views.plan.bands import Band, bands
from lrviz.views.plan.downsample import vertices
from lrviz.views.plan.panels import Line
from lrviz.views.plan.placing import fits
from lrviz.writing.text import cells

_NEAR = 2  # columns of dots: shorter cycles fill all that lies between their ends
_EVERY = 4, 2  # rows and columns of dots from one to the next of those in a band


def dense(line: Line, box: Frame) -> list[Band]:
    """Return the stretches of a curve in which more than one cycle falls on two columns of dots."""
    _, columns = box.shape
    return bands(line, vertices(line.values, 2 * columns), _NEAR * box.span(line) / columns)


def outlined(mask: Dots, found: Sequence[Band], line: Line, box: Frame) -> Dots:
    """Return the dots of a curve, with an outline where its bands are."""
    height, columns = mask.shape
    at = (np.arange(columns) + 0.5) * box.span(line) / columns
    for band in found:
        within = _within(band, line, box)
        low, high = (
            np.where(within, np.interp(at, band.x, each), np.nan) for each in (band.low, band.high)
        )
        upper, lower = (
            dots(Columns(each, each, each, each), box.row, height) for each in (high, low)
        )
        some = np.zeros_like(mask)
        some[1 :: _EVERY[0], :: _EVERY[1]] = True
        some[:, np.flatnonzero(within)[[0, -1]]] = True
        whole = dots(Columns(low, high, low, high), box.row, height)
        mask = np.where(within, upper | lower | (whole & some), mask)
    return mask


def counted(
    lines: Sequence[Line], masks: Sequence[Dots], found: Sequence[Sequence[Band]], box: Frame
) -> tuple[list[Label], dict[int, str]]:
    """Return what is written into bands, and of which curves what has no room there.

    Args:
        lines: The curves.
        masks: The dots of each.
        found: The bands of each.
        box: What is around them.
    """
    down, across = box.cell
    blocks = box.rows, down, box.width, across
    covered = [np.asarray(mask.reshape(blocks).any(axis=(1, 3))) for mask in masks]
    labels, notes = list[Label](), dict[int, str]()
    for curve, own in enumerate(found):
        others = [each for index, each in enumerate(covered) if index != curve]
        top = covered[curve].argmax(axis=0)
        bottom = box.rows - 1 - np.flipud(covered[curve]).argmax(axis=0)
        row = np.arange(box.rows)[:, None]
        taken = np.logical_or.reduce([row <= top, row >= bottom, *others])
        for band in own:
            inside = _within(band, lines[curve], box).reshape(box.width, across).all(axis=1)
            text = f" {band.text} "
            free = np.argwhere(fits(taken | ~inside, 1, cells(text)))
            if not len(free):
                notes[curve] = f"{notes.get(curve, '')} ({band.text})"
                continue
            columns = np.flatnonzero(inside)
            middle = columns.mean() - cells(text) / 2
            upright = (top + bottom)[columns].mean() / 2
            away = np.hypot(2 * (free[:, 0] - upright), free[:, 1] - middle)
            row_at, column = free[np.argmin(away)].tolist()
            taken[row_at, column : column + cells(text)] = True
            labels.append(Label(text, curve, row_at, column))
    return labels, notes


def _within(band: Band, line: Line, box: Frame) -> Dots:
    """Return which columns of dots a band lies in, at least one; shape (C,)."""
    _, columns = box.shape
    edges = np.array([band.start, band.end]) * columns / box.span(line)
    at = np.arange(columns)
    first = min(int(edges[0]), columns - 1)
    return np.asarray((at >= first) & (at < max(edges[1], first + 1)))
