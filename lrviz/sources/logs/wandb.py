"""W&B's `.wandb` file, as a run writes it on disk, online or not.

A log in LevelDB's format: seven bytes, then blocks of 32 KiB of chunks (checksum, size, type) that
make records, each a protocol buffer {2: history {1: item {1: key, 2: nested key, 16: JSON}}}
(wandb 0.19 to 0.31, `wandb_internal.proto`). A file that is still written to is read as far as it
goes.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrviz.sources.logs.columns import number_column, rate_columns
from lrviz.sources.logs.format import Format, Request, assembled, no_numbers, no_rate
from lrviz.sources.logs.log import Log
from lrviz.sources.logs.protobuf import fields

TITLE = "W&B run file"
_BEGIN = b":W&B"
_BLOCK = 32768
_CHUNK = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix == ".wandb" and head.startswith(_BEGIN)


def _read(request: Request) -> Log:
    data = request.path.read_bytes()
    notes: list[str] = []
    rows = list(_history(data, notes))
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = rate_columns(names, request.column)
    if not columns:
        raise no_rate(request, TITLE, names)
    numbered = number_column(names, request.x)
    if numbered is None:
        raise no_numbers(request, TITLE, names)
    found: dict[tuple[str, str], tuple[array[float], array[float]]] = {}
    for row in rows:
        number = _number(row.get(numbered[0], ""))
        for column in columns:
            value = _number(row.get(column.name, ""))
            if number is not None and value is not None:
                pair = found.setdefault((column.param, column.group), (array("d"), array("d")))
                pair[0].append(number)
                pair[1].append(value)
    return assembled(request, TITLE, found, unit=numbered[1], notes=notes)


def _number(text: str) -> float | None:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _history(data: bytes, notes: list[str]) -> Iterator[dict[str, str]]:
    """Yield what a run logged, a row a step: JSON texts by key."""
    for record in _records(data, notes):
        try:
            for number, begin, end in fields(record):
                if number == 2:
                    yield dict(_items(record, begin, end))
        except ValueError:
            notes.append("a record of it cannot be read; left out")


def _items(record: bytes, first: int, last: int) -> Iterator[tuple[str, str]]:
    for number, begin, end in fields(record, first, last):
        if number != 1:
            continue
        key: list[str] = []
        value = ""
        for name, b, e in fields(record, begin, end):
            if name in (1, 2):
                key.append(record[b:e].decode("utf-8", errors="replace"))
            elif name == 16:
                value = record[b:e].decode("utf-8", errors="replace")
        yield ".".join(key), value


def _records(data: bytes, notes: list[str]) -> Iterator[bytes]:
    position, parts = 7, b""
    while position + _CHUNK.size <= len(data):
        left = _BLOCK - position % _BLOCK
        if left < _CHUNK.size:  # too little for another chunk: the block is filled up
            position += left
            continue
        _, size, kind = _CHUNK.unpack_from(data, position)
        position += _CHUNK.size
        if position + size > len(data) or kind not in (_FULL, _FIRST, _MIDDLE, _LAST):
            notes.append("its end cannot be read, as if still being written")
            return
        chunk = data[position : position + size]
        position += size
        parts = chunk if kind in (_FULL, _FIRST) else parts + chunk
        if kind in (_FULL, _LAST):
            yield parts


FORMAT = Format("wandb", TITLE, _recognises, _read)
