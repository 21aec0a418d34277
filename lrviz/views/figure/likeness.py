"""Whether two picture files show the same, as seen across machines and releases of libraries.

The same bytes come from the same spec, versions and options only: another matplotlib names and
rounds things otherwise, another numpy may differ in the last bit of a value.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
from matplotlib.image import imread
from numpy.typing import NDArray

Points = NDArray[np.float64]

_FAR = 1.0  # of an SVG's units, which are points (1/72 inch)
_DIFFERENT = 5 / 255  # root mean square over the pixels of a PNG
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_STROKES = re.compile(r"([A-Za-z])([^A-Za-z]*)")
# How many numbers a command of a path takes; the last two are where it leads.
_TAKES = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7, "z": 0}
_COLOUR = re.compile(r"\b(fill|stroke): *([^;]+)")


@dataclass(frozen=True)
class _Sign:
    """One thing that is drawn: what must be equal, and where it is."""

    what: tuple[str, ...]
    points: Points  # shape (P, 2), P at least 1


def alike(one: bytes, other: bytes) -> bool:
    """Return whether two SVG or two PNG files show the same.

    SVGs: the same texts, and the same lines in the same colours, nothing more than a point (1/72
    inch) from where it is in the other; names, metadata and the number of vertices do not matter.
    PNGs: the same size, and pixels that differ by no more than 5 of 255 (root mean square).
    Anything else is alike only where its bytes are.
    """
    if one == other:
        return True
    try:
        if one.startswith(b"\x89PNG") and other.startswith(b"\x89PNG"):
            return _same_pixels(one, other)
        return _same_marks(_marks(one), _marks(other))
    except (SyntaxError, LookupError, ValueError, OSError):  # no picture, or half of one
        return False


def _same_marks(marks: list[_Sign], others: list[_Sign]) -> bool:
    return len(marks) == len(others) and all(
        a.what == b.what and _near(a.points, b.points) for a, b in zip(marks, others, strict=True)
    )


def _same_pixels(one: bytes, other: bytes) -> bool:
    pixels, others = (np.asarray(imread(io.BytesIO(each), format="png")) for each in (one, other))
    if pixels.shape != others.shape:
        return False
    return bool(np.sqrt(np.mean((pixels.astype(np.float64) - others) ** 2)) <= _DIFFERENT)


def _marks(svg: bytes) -> list[_Sign]:
    root = ElementTree.fromstring(svg)
    found = [_Sign(("svg",), _points(root.get("viewBox", "")))]
    skipped = {
        inner
        for outer in root.iter()
        if _tag(outer) in ("defs", "metadata")
        for inner in outer.iter()
    }
    for element in root.iter():
        if element in skipped or _tag(element) not in ("path", "use", "text", "image"):
            continue
        path = element.get("d", "")
        place = f"{element.get('x', 0)} {element.get('y', 0)}"
        colours = (": ".join(pair) for pair in sorted(_COLOUR.findall(element.get("style", ""))))
        words = "".join(element.itertext()).strip()
        what = (_tag(element), words, str(path.lower().count("m")), *colours)
        found.append(_Sign(what, _vertices(path) if path else _points(place)))
    return found


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _points(text: str) -> Points:
    return np.array([float(each) for each in _NUMBER.findall(text)]).reshape(-1, 2)


def _vertices(path: str) -> Points:
    """Return where the commands of a path lead, in the path's own units; a curve is its end."""
    at = (0.0, 0.0)
    found = []
    for letter, text in _STROKES.findall(path):
        command, relative = letter.lower(), letter.islower()
        numbers = [float(each) for each in _NUMBER.findall(text)]
        takes = _TAKES[command]
        for first in range(0, len(numbers) if takes else 0, takes or 1):
            x, y = at if relative else (0.0, 0.0)
            if command == "h":
                at = x + numbers[first], at[1]
            elif command == "v":
                at = at[0], y + numbers[first]
            else:
                at = x + numbers[first + takes - 2], y + numbers[first + takes - 1]
            found.append(at)
    return np.array(found)


def _near(one: Points, other: Points) -> bool:
    if one.shape == other.shape and np.abs(one - other).max() <= _FAR:
        return True
    return _reaches(one, other) and _reaches(other, one)


def _reaches(points: Points, line: Points) -> bool:
    """Return whether each of `points` is near the line through the vertices of `line`."""
    nearest = np.hypot(*(points - line[0]).T)
    for start, end in pairwise(line):
        way = end - start
        length = float(way @ way)
        along = np.clip((points - start) @ way / length, 0, 1) if length else np.zeros(len(points))
        nearest = np.minimum(nearest, np.hypot(*(points - start - along[:, None] * way).T))
    return bool(nearest.max() <= _FAR)
