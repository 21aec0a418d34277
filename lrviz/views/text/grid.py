"""Grid: a table of text, and its three forms: plain text, Markdown, and one for rich.

Every form shows everything: what does not fit side by side is split into blocks, never cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lrviz.writing.text import BREAKS, cells, escaped, visible, wrap

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_GAP = 2
_TEXT_WIDTH = 24  # cells of a text column, beyond which it is wrapped
_TEXT_LEAST = 10  # and in a narrow terminal
_NOTE_LEAST = 20  # cells of a line of a note
_HEADER_WIDTH = 10  # cells of a header over narrower numbers, beyond which it is wrapped
_WORD_WIDTH = 16  # cells up to which a word of a header is not broken
_LINE_START = re.compile(r"^([0-9]*)([.)#+=-])")


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        header: The C column names.
        rows: Each of C cells; None where there is no value.
        lead: So many columns on the left are repeated in every block.
        text: Columns of words, aligned left and wrapped; the others hold numbers.
        faint: Rows of less weight.
        notes: Sentences below the table.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    lead: int = 1
    text: frozenset[int] = frozenset({0})
    faint: frozenset[int] = frozenset()
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class _Stretch:
    """Columns that fit side by side; every cell is a list of lines no wider than its column."""

    columns: tuple[int, ...]
    widths: tuple[int, ...]
    header: list[list[str]]
    rows: list[list[list[str]]]


def plain(grid: Grid, width: int = 80) -> Iterator[str]:
    """Yield the lines of a grid as plain text, in blocks of at most `width` terminal cells.

    A block is wider only where the leading columns and one more do not fit.

    >>> for line in plain(Grid(("step", "cosine"), (("0", "0.1"), ("99", None)))): print(line)
    step  cosine
    ----  ------
    0        0.1
    99         -
    """
    for number, block in enumerate(_blocks(grid, width, "-", _GAP)):
        if number:
            yield ""
        rule = [["-" * width] for width in block.widths]
        for row in (block.header, rule, *block.rows):
            yield from _lines(block, row, grid.text)
    if grid.notes:
        yield ""
    for note in grid.notes:
        yield from wrap(visible(note), max(width, _NOTE_LEAST))


def markdown(grid: Grid, _width: int = 0) -> Iterator[str]:
    r"""Yield the lines of a grid as a GitHub table; labels are text, whatever they contain.

    >>> for line in markdown(Grid(("step", "a|b"), (("0", "0.1"), ("99", None)))): print(line)
    | step | a\|b |
    |:-----|-----:|
    | 0    |  0.1 |
    | 99   |    — |
    """
    rows = [[escaped("—" if cell is None else cell) for cell in row] for row in grid.rows]
    header = [escaped(name) for name in grid.header]
    widths = [max(3, *map(cells, column)) for column in zip(header, *rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        padded = (
            _padded(cell, width, left=index in grid.text)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    yield line(header)
    rules = (
        f":{'-' * (width + 1)}" if index in grid.text else f"{'-' * (width + 1)}:"
        for index, width in enumerate(widths)
    )
    yield f"|{'|'.join(rules)}|"
    yield from map(line, rows)
    for note in grid.notes:
        yield ""
        # A label may begin with what would begin a list or a heading.
        yield _LINE_START.sub(r"\1\\\2", escaped(note))


@dataclass(frozen=True)
class RichGrid:
    """A grid that rich prints, in as many tables as the console's width asks for."""

    grid: Grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the tables, then the notes; nothing in a cell is read as markup."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        # Older releases of rich leave a cell free at both edges, whatever `pad_edge` says.
        for block in _blocks(self.grid, options.max_width - 2, "—", _GAP + 1):
            table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
            for index, name, width in zip(block.columns, block.header, block.widths, strict=True):
                left = index in self.grid.text
                table.add_column(
                    Text("\n".join(name)),
                    justify="left" if left else "right",
                    overflow="fold",
                    width=width,
                )
            for number, row in enumerate(block.rows):
                style = "dim" if number in self.grid.faint else None
                table.add_row(*(Text("\n".join(cell)) for cell in row), style=style)
            # In its own width: rich would break numbers where a block is wider than the terminal.
            width = sum(each + _GAP + 2 for each in block.widths)
            yield from console.render(table, options.update(width=width))
            yield Text()
        for note in self.grid.notes:
            lines = wrap(visible(note), max(options.max_width, _NOTE_LEAST))
            yield Text("\n".join(lines), style="dim")


def _blocks(grid: Grid, width: int, missing: str, gap: int) -> Iterator[_Stretch]:
    texts = [[visible(missing if cell is None else cell) for cell in row] for row in grid.rows]
    sides = [
        (visible(name), [row[index] for row in texts]) for index, name in enumerate(grid.header)
    ]
    numbers = {i: _numbers(*side) for i, side in enumerate(sides) if i not in grid.text}
    lead_texts = sum(i in grid.text for i in range(grid.lead))
    room = width - max((_width(c) for i, c in numbers.items() if i >= grid.lead), default=0)
    room -= sum(_width(c) for i, c in numbers.items() if i < grid.lead) + gap * grid.lead
    most = min(_TEXT_WIDTH, max(_TEXT_LEAST, room // max(1, lead_texts)))
    lead = range(grid.lead)
    columns = _wrapped(sides, numbers, most)
    widths = list(map(_width, columns))
    groups = _balanced(widths, grid.lead, width, gap)
    # What a block leaves free is for the words in it.
    free = width - max(_used(widths, [*lead, *chosen], gap) for chosen in groups)
    words = [widths[index] for index in lead if index in grid.text]
    if words and free > 0:
        columns = _wrapped(sides, numbers, min(words) + free // len(words))
        widths = list(map(_width, columns))
    for chosen in groups:
        shown = (*lead, *chosen)
        yield _Stretch(
            shown,
            tuple(widths[index] for index in shown),
            [columns[index][0] for index in shown],
            [[columns[index][number + 1] for index in shown] for number in range(len(texts))],
        )


def _wrapped(
    sides: Sequence[tuple[str, list[str]]], numbers: dict[int, list[list[str]]], most: int
) -> list[list[list[str]]]:
    """Return header and cells of all columns, each as its lines; those of words `most` wide."""
    return [
        numbers[i] if i in numbers else [wrap(text, most) for text in (name, *column)]
        for i, (name, column) in enumerate(sides)
    ]


def _numbers(name: str, texts: list[str]) -> list[list[str]]:
    """Return header and cells of a column of numbers, each as its lines."""
    word = min(_WORD_WIDTH, max(cells(word.strip()) for word in BREAKS.split(name)))
    width = max(_HEADER_WIDTH, word, *(cells(text) for text in texts))
    return [wrap(name, width), *([text] for text in texts)]


def _width(column: list[list[str]]) -> int:
    return max(cells(line) for cell in column for line in cell)


def _used(widths: Sequence[int], shown: Sequence[int], gap: int) -> int:
    """Return the width of some columns side by side."""
    return sum(widths[index] + gap for index in shown) - gap


def _balanced(widths: Sequence[int], lead: int, width: int, gap: int) -> list[list[int]]:
    """Return `_fitting` in as few groups as fit in `width`, the widest as narrow as may be."""
    groups = _fitting(widths, lead, width, gap)
    narrow, wide = 0, max(_used(widths, [*range(lead), *chosen], gap) for chosen in groups)
    while wide - narrow > 1:
        middle = (narrow + wide) // 2
        if len(_fitting(widths, lead, middle, gap)) > len(groups):
            narrow = middle
        else:
            wide = middle
    return _fitting(widths, lead, wide, gap)


def _fitting(widths: Sequence[int], lead: int, width: int, gap: int) -> list[list[int]]:
    """Return the columns behind the leading ones in groups that fit, at least one in each."""
    groups: list[list[int]] = [[]]
    for index in range(lead, len(widths)):
        shown = [*range(lead), *groups[-1], index]
        if groups[-1] and _used(widths, shown, gap) > width:
            groups.append([])
        groups[-1].append(index)
    return groups


def _lines(block: _Stretch, row: list[list[str]], text: frozenset[int]) -> Iterator[str]:
    for number in range(max(map(len, row))):
        pieces = (
            _padded(cell[number] if number < len(cell) else "", width, left=index in text)
            for index, cell, width in zip(block.columns, row, block.widths, strict=True)
        )
        yield (" " * _GAP).join(pieces).rstrip()


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - cells(text))
    return text + space if left else space + text
