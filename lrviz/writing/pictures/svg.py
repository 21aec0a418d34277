"""SVG files, by matplotlib, and then in less than half the room."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

import numpy as np

from lrviz.writing.pictures.picture import Drawn, FileEnds, PictureFormat

_DIGITS = 2  # of a point (1/72 inch): a hundredth is a sixth of a pixel at 1200 dpi
_SCALE = 10**_DIGITS
_POLYLINE = re.compile(r'(<path (?:id="\w+" )?d=")(M [-0-9.e+ \nML]*)(?=")')


def _texts(source: str) -> dict[str, str | None]:
    return {"Creator": "lrviz", "Source": source or None, "Date": None}


def _encode(drawn: Drawn, texts: Mapping[str, str | None]) -> bytes:
    page = compact(drawn.vector("svg", texts).decode())
    before, opening, after = page.partition("<svg ")
    tag, end, inner = after.partition(">")
    spoken = "".join(
        f"\n <{name}>{escape(text)}</{name}>"
        for name, text in (("title", drawn.title), ("desc", drawn.description))
        if text
    )
    return f'{before}{opening}role="img" {tag}{end}{spoken}{inner}'.encode()


def _has_mark(content: FileEnds) -> bool:
    agent = content.start.partition(b"<cc:Agent>")[2].partition(b"</cc:Agent>")[0]
    return b"<svg" in content.start and agent.strip() == b"<dc:title>lrviz</dc:title>"


def compact(svg: str) -> str:
    r"""Return an SVG of matplotlib's whose polylines take less than half the room.

    Their vertices are rounded to a hundredth of a point and written as steps from one to the next.

    >>> compact('<path d="M 10 20.5 \nL 10.123 20.5 \nL 12 18 \n"/>')
    '<path d="M10 20.5h.12l1.88-2.5"/>'
    """
    return _POLYLINE.sub(lambda found: found[1] + _relative(found[2]), svg)


def _relative(path: str) -> str:
    """Return a path of straight strokes in SVG's relative commands."""
    words = path.split()
    points = np.array([words[1::3], words[2::3]], dtype=np.float64) * _SCALE
    x, y = points.round().astype(np.int64)
    found = []
    last = ""
    for command, at, dx, dy in zip(
        words[::3],
        zip(x.tolist(), y.tolist(), strict=True),
        np.diff(x, prepend=0).tolist(),
        np.diff(y, prepend=0).tolist(),
        strict=True,
    ):
        if command == "M":
            letter, steps = "M", _pair(*at)
        elif dy == 0:
            letter, steps = "h", _number(dx)
        elif dx == 0:
            letter, steps = "v", _number(dy)
        else:
            letter, steps = "l", _pair(dx, dy)
        # A command holds until the next one; its letter may then be left out.
        same = letter == last and letter != "M"
        found.append((" " if steps[0] != "-" else "") + steps if same else letter + steps)
        last = letter
    return "".join(found)


def _pair(x: int, y: int) -> str:
    second = _number(y)
    return _number(x) + ("" if second[0] == "-" else " ") + second


def _number(hundredths: int) -> str:
    text = f"{hundredths / _SCALE:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


FORMAT = PictureFormat(_texts, _encode, _has_mark)
