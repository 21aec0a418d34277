"""Tables of text, CSV and its kin: what the formats that are tables share."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from lrviz.errors import Place, SpecError
from lrviz.sources.logs.columns import LogColumn, number_column, rate_columns
from lrviz.sources.logs.format import Request, assembled, no_numbers, no_rate
from lrviz.sources.logs.log import Log, Unit, digits

_SAMPLE = 2000  # cells by which it is told how many digits a writer writes
_LONGEST = 1_000_000  # characters of a cell


def header(head: bytes) -> list[str]:
    """Return the column names of a table by its first bytes; empty where there is no table."""
    line = head.partition(b"\n")[0].decode("utf-8-sig", errors="replace").rstrip("\r")
    if "\0" in line or line.lstrip().startswith(("{", "[")):
        return []
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=_delimiter(line)), [])]
    except csv.Error:
        return []


def read_table(
    request: Request,
    title: str,
    *,
    columns: Sequence[LogColumn] | None = None,
    unit: Unit | None = None,
    shift: int = 0,
    habit: str = "",
) -> Log:
    """Read a table whose first line names its columns.

    Blank cells are no values. A last line that has no end is still being written: it is left out.

    Args:
        request: Which file, and what the user says of it.
        title: The format's name in messages.
        columns: Those with learning rates; None: found by their names.
        unit: What the rows' numbers count; None: told by the column's name.
        shift: As for `Log`.
        habit: As for `Log`.

    Raises:
        UsageError: It cannot be told which columns are meant.
        SpecError: A cell holds no number.
    """
    with request.path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        first = stream.readline()
        delimiter = _delimiter(first)
        names = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
        if columns is None or request.column is not None:
            columns = rate_columns(names, request.column)
        if not columns:
            raise no_rate(request, title, names)
        numbered = number_column([name for name in names if name], request.x)
        if numbered is None:
            raise no_numbers(request, title, names)
        at = names.index(numbered[0])
        cells = [names.index(column.name) for column in columns]
        rows = [(array("d"), array("d")) for _ in columns]
        texts: list[str] = []
        lines = _Whole(stream)
        for row in csv.reader(lines, delimiter=delimiter):
            if len(row) <= at or not row[at].strip() or row[at] == "after":
                continue
            number = _cell(request, row[at], lines.count + 1, numbered[0])
            for cell, column, (numbers, values) in zip(cells, columns, rows, strict=True):
                if cell < len(row) and row[cell].strip():
                    numbers.append(number)
                    values.append(_cell(request, row[cell], lines.count + 1, column.name))
                    if len(texts) < _SAMPLE:
                        texts.append(row[cell])
    found = {(column.param, column.group): pair for column, pair in zip(columns, rows, strict=True)}
    return assembled(
        request,
        title,
        found,
        unit=unit or numbered[1],
        shift=shift,
        habit=habit,
        precision=digits(texts),
        notes=lines.notes,
    )


class _Whole:
    """The lines of a stream that have an end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.count = 0
        self.notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(_LONGEST):
            if not line.endswith("\n"):
                self.notes = ("its last line has no end, as if still being written; left out",)
                return
            self.count += 1
            yield line.replace("\0", "")


def _cell(request: Request, text: str, line: int, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        place = Place(str(request.path), line, 1)
        raise SpecError(f"{name}: {text[:40]!r} is no number", place) from None


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def is_table(path: Path, head: bytes) -> bool:
    """Tell whether a file is a table: by its name, or by names of columns that a log has."""
    names = header(head)
    if path.suffix.lower() in (".csv", ".tsv"):
        return bool(names)
    known = path.suffix.lower() == ".txt" and number_column(names) is not None
    return known and bool(rate_columns(names))
