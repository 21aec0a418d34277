"""JSON Lines: an object a line, with a learning rate and a step; and what is a list of such."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lrviz.errors import Place, SpecError
from lrviz.sources.logs.columns import number_column, rate_columns
from lrviz.sources.logs.format import Format, Request, assembled, no_numbers, no_rate
from lrviz.sources.logs.log import Log, Unit

TITLE = "JSON Lines file"
_LONGEST = 10_000_000  # characters of a line


def first_object(head: bytes) -> Mapping[str, Any]:
    """Return the object on the first line, empty where there is none."""
    line = head.partition(b"\n")[0]
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _recognises(path: Path, head: bytes) -> bool:
    first = first_object(head)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return bool(first)
    names = list(first)  # of a .json that is a spec or a config none counts
    known = path.suffix.lower() in (".json", ".log", ".txt") and number_column(names) is not None
    return known and bool(rate_columns(names))


def objects(request: Request, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects of the lines; a last line that has no end is left out, and noted.

    Raises:
        SpecError: A line is no object.
    """
    with request.path.open(encoding="utf-8-sig", errors="replace") as stream:
        number = 0
        while line := stream.readline(_LONGEST):
            number += 1
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                yield found
            elif not line.endswith("\n"):
                notes.append("its last line has no end, as if still being written; left out")
            else:
                place = Place(str(request.path), number, 1)
                raise SpecError("this line is no JSON object", place)


def read_objects(
    request: Request, title: str, *, unit: Unit | None = None, shift: int = 0, habit: str = ""
) -> Log:
    """Read a file of JSON objects; the keyword arguments are those of `Log`.

    Raises:
        UsageError: It cannot be told which keys are meant.
        SpecError: A line is no object.
    """
    notes: list[str] = []
    rows: dict[tuple[str, str], tuple[array[float], array[float]]] = {}
    names: dict[str, None] = {}
    numbered: tuple[str, Unit] | None = None
    known = rate_columns([])
    for each in objects(request, notes):
        if not names.keys() >= each.keys():
            names.update(dict.fromkeys(each))
            known = rate_columns(list(names), request.column if request.column in names else None)
            numbered = number_column(list(names), request.x if request.x in names else None)
        if numbered is None or not _is_number(each.get(numbered[0])):
            continue
        for column in known:
            value = each.get(column.name)
            if _is_number(value):
                pair = rows.setdefault((column.param, column.group), (array("d"), array("d")))
                pair[0].append(each[numbered[0]])
                pair[1].append(value)  # type: ignore[arg-type]  # a number
    rate_columns(list(names), request.column)  # what the user named must be there
    if number_column(list(names), request.x) is None or numbered is None:
        raise no_numbers(request, title, list(names))
    if not known:
        raise no_rate(request, title, list(names))
    return assembled(
        request, title, rows, unit=unit or numbered[1], shift=shift, habit=habit, notes=notes
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


FORMAT = Format("jsonl", TITLE, _recognises, lambda request: read_objects(request, TITLE), rank=9)
