"""The legend of a terminal chart: lines of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.text import Text

from lrviz.writing.text import cells, visible

_GAP = 3


@dataclass(frozen=True)
class Item:
    """One curve's name.

    Attributes:
        sample: What its curve looks like, of one or two cells.
        style: Of the sample, for rich; empty: none.
        label: Its name, as it is shown.
    """

    sample: str
    style: str
    label: str


def legend(entries: Sequence[Item], width: int, most: int, ascii: bool) -> list[Text]:
    """Return the names in at most `most` lines of `width` terminal cells at most.

    A name that is longer than a line is cut short, and what does not fit is counted: `+3 more`.

    Args:
        entries: At least one.
        width: At least 10.
        most: At least 1.
        ascii: Nothing but ASCII.
    """
    found = [_written(entry, width, ascii) for entry in entries]
    for shown in range(len(found), 0, -1):
        rest = [Text(f"+{len(found) - shown} more")] if shown < len(found) else []
        lines = _wrapped(found[:shown] + rest, width)
        if len(lines) <= most:
            return lines
    return [Text(f"{len(found)} curves")]


def printable(text: str, ascii: bool) -> str:
    r"""Return text as a chart shows it: on one line, control characters as escapes.

    >>> printable("é\n", ascii=False), printable("é\n", ascii=True), printable("×4", ascii=True)
    ('é\\n', '\\xe9\\n', 'x4')
    """
    text = visible(text)
    plain = text.replace("\N{MULTIPLICATION SIGN}", "x")
    return plain.encode("ascii", "backslashreplace").decode() if ascii else text


def shortened(text: str, room: int, ascii: bool) -> str:
    """Return a text in at most so many cells, its end cut off where it must be."""
    if cells(text) <= room:
        return text
    dots = "..." if ascii else "…"
    return set_cell_size(text, room - len(dots)).rstrip() + dots if room > len(dots) else ""


def _written(entry: Item, width: int, ascii: bool) -> Text:
    label = shortened(entry.label, width - cells(entry.sample) - 1, ascii)
    return Text.assemble((entry.sample, entry.style), " ", label)


def _wrapped(items: Sequence[Text], width: int) -> list[Text]:
    lines = [Text()]
    for item in items:
        if lines[-1] and lines[-1].cell_len + _GAP + item.cell_len > width:
            lines.append(Text())
        if lines[-1]:
            lines[-1].append(" " * _GAP)
        lines[-1].append_text(item)
    return lines
