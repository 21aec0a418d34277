"""TensorBoard's event files, one or a folder of several: float32 scalars by tag and step.

A file is TFRecords (length, its checksum, data, its checksum) of `Event` messages {1: wall time,
2: step, 5: summary {1: value {1: tag, 2: simple_value, 8: tensor}}}. A file that is still written
to, or whose run was killed, ends within a record: what stands before it counts. Each start of a run
begins a new file, and their names sort by time.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lrviz.errors import SpecError
from lrviz.sources.logs.columns import rate_columns
from lrviz.sources.logs.format import Format, Request, assembled, no_rate
from lrviz.sources.logs.log import Log, Precision, Unit
from lrviz.sources.logs.protobuf import fields, varint

TITLE = "TensorBoard event file"
_MARK = "tfevents"
_LENGTH = struct.Struct("<Q")
_FLOAT = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")
_MOST = 1 << 31  # bytes of a file: 2 GiB
_DEEPSPEED = "Train/Samples/lr"

_Rows = dict[str, tuple["array[float]", "array[float]"]]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(each for each in path.iterdir() if each.is_file() and _MARK in each.name)
    return [path]


def _recognises(path: Path, head: bytes) -> bool:
    if path.is_dir():
        return bool(_files(path))
    return _MARK in path.name and (not head or _begins(head))


def _begins(head: bytes) -> bool:
    """Tell whether a file begins with a record that holds an event (its wall time comes first)."""
    return len(head) > 12 and _LENGTH.unpack_from(head)[0] < _MOST and head[12] == 0x09


def _read(request: Request) -> Log:
    rows: _Rows = {}
    notes: list[str] = []
    doubles: set[str] = set()
    for path in _files(request.path):
        if path.stat().st_size > _MOST:
            raise SpecError(f"{path}: larger than 2 GiB; an event file of scalars is not")
        data = path.read_bytes()
        if data and not _begins(data):
            raise SpecError(f"{path}: not a {TITLE}: it does not begin with an event")
        if not _scan(data, rows, doubles):
            notes.append(f"{path.name} ends within a record, as if still being written")
    columns = rate_columns(list(rows), request.column)
    if not columns:
        raise no_rate(request, TITLE, list(rows))
    precision: Precision = "float32"
    if all(column.name in doubles for column in columns):
        precision = "float64"
    unit: Unit = "sample" if any(column.name == _DEEPSPEED for column in columns) else "update"
    found = {(column.param, column.group): rows[column.name] for column in columns}
    return assembled(request, TITLE, found, unit=unit, precision=precision, notes=notes)


def _scan(data: bytes, rows: _Rows, doubles: set[str]) -> bool:
    """Read the scalars of a file; return whether it ends with a whole record.

    An event of one scalar is the same bytes but for its wall time, step and value, so what stands
    between them tells its tag, and the message is taken apart once a tag only.
    """
    known: dict[bytes, tuple[array[float], array[float]]] = {}
    position, end = 0, len(data)
    length_at, value_at = _LENGTH.unpack_from, _FLOAT.unpack_from
    while position + 12 <= end:
        (length,) = length_at(data, position)
        first = position + 12
        position = first + length + 4
        if position > end:
            return False
        last = first + length
        # 0x09 and the wall time; then 0x10 and the step, which is left out where it is 0.
        at, step = first + 9, 0
        if at < last and data[at] == 0x10:
            at += 1
            step = data[at]
            at += 1
            if step >= 0x80:
                step, at = varint(data, at - 1, last)
        pair = known.get(data[at : last - 4])
        if pair is not None:
            pair[0].append(step)
            pair[1].append(value_at(data, last - 4)[0])
            continue
        try:
            for tag, value, is_double, simple in _scalars(data, first, last):
                pair = rows.setdefault(tag, (array("d"), array("d")))
                pair[0].append(step)
                pair[1].append(value)
                if is_double:
                    doubles.add(tag)
                if simple:
                    known[data[at : last - 4]] = pair
        except (ValueError, struct.error):
            return False
    return position == end


def _scalars(data: bytes, first: int, last: int) -> Iterator[tuple[str, float, bool, bool]]:
    """Yield the scalars of an event: tag, value, whether a double, whether alone and at its end."""
    for number, begin, end in fields(data, first, last):
        if number != 5:
            continue
        values = [(b, e) for n, b, e in fields(data, begin, end) if n == 1]
        for value_begin, value_end in values:
            tag, scalar, is_double, simple = "", None, False, False
            for key, b, e in fields(data, value_begin, value_end):
                if key == 1:
                    tag = data[b:e].decode("utf-8", errors="replace")
                elif key == 2 and e - b == 4:
                    (scalar,) = _FLOAT.unpack_from(data, b)
                    simple = len(values) == 1 and e == last
                elif key == 8:
                    scalar, is_double = _tensor(data, b, e)
            if scalar is not None:
                yield tag, scalar, is_double, simple


def _tensor(data: bytes, first: int, last: int) -> tuple[float | None, bool]:
    """Return the number in a tensor of one float or double, and whether it is a double."""
    dtype = 0
    for number, begin, end in fields(data, first, last):
        if number == -1:
            dtype = begin
        elif number in (4, 5, 6) and end > begin:
            if dtype == 1 and end - begin == 4:
                return float(np.frombuffer(data, "<f4", 1, begin)[0]), False
            if dtype == 2 and end - begin == 8:
                return float(_DOUBLE.unpack_from(data, begin)[0]), True
    return None, False


FORMAT = Format("tensorboard", TITLE, _recognises, _read)
