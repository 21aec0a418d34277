"""Machine formats: CSV and JSON, as lazy lines, with numbers that read back as the same doubles."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version

import numpy as np

from lrviz.curves.groups import Column, columns
from lrviz.curves.trace import Trace
from lrviz.views.text.rows import common_updates_per_epoch, table_rows, wants_all
from lrviz.writing.text import visible

_LINES = 4096  # rows that are turned into text at once
_PER_LINE = 16  # numbers on a line of a JSON list
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(
    traces: Sequence[Trace], at: Sequence[str | int] = (), params: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of a CSV file: a header, then a row a step, a column a curve.

    The columns are `step`, `epoch` (step / updates per epoch, a float; empty where that is unknown
    or not the same for all traces), then `label`, `label/group` or `label:momentum`; of
    columns that would be named alike the later one has its quantity behind it (`step:lr`). A cell
    is empty beyond a curve's end. The last row is `after`, save under `all`. Non-finite numbers are
    `nan`, `inf`, `-inf`; a name that a spreadsheet would run as a formula begins with `'`.

    Args:
        traces: One or more.
        at: More steps than the key steps; `all` for every update, and nothing else.
        params: The quantities wanted; none means all that move.

    Raises:
        UsageError: On the first line, as for `lrviz.views.text.table.table`.
    """
    shown = columns(traces, params)
    per_epoch = common_updates_per_epoch(traces)
    steps: Sequence[int]
    if wants_all(at):
        steps = _all_updates(traces)
    else:
        steps = table_rows(traces, at, params).updates(traces)
    yield _csv_row(_header(shown))
    for start in range(0, len(steps), _LINES):
        chunk = steps[start : start + _LINES]
        cells_of: list[Iterable[str]] = [map(str, chunk)]
        cells_of.append([repr(t / per_epoch) if per_epoch else "" for t in chunk])
        cells_of += [_csv_cells(traces[curve.trace], curve, chunk) for curve in shown]
        for cells in zip(*cells_of, strict=True):
            yield f"{','.join(cells)}\n"
    if not wants_all(at):
        after = ("" if curve.after is None else repr(curve.after) for curve in shown)
        yield _csv_row(["after", "", *after])


def json_lines(
    traces: Sequence[Trace], at: Sequence[str | int] = (), params: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the lines of a JSON file, one object.

    `{"version": 1, "torch": ..., "schedules": [{"label", "source", "updates", "curves": [{"group",
    "param", "steps", "values", "final", "after"}], "warnings", "error"}]}`: `error` is null or
    `{"update", "message"}`; numbers that are not finite are the strings `nan`, `inf`, `-inf`.

    Args:
        traces: One or more.
        at: More steps than the key steps; `all` for every update, and nothing else.
        params: The quantities wanted; none means all that move.

    Raises:
        UsageError: On the first line, as for `lrviz.views.text.table.table`.
    """
    shown = columns(traces, params)
    steps = None if wants_all(at) else table_rows(traces, at, params).updates(traces)
    yield f'{{"version": 1, "torch": {json.dumps(version("torch"))}, "schedules": [\n'
    for index, trace in enumerate(traces):
        head = {"label": trace.label, "source": trace.source, "updates": trace.updates}
        yield f'  {json.dumps(head)[:-1]}, "curves": [\n'
        own = [curve for curve in shown if curve.trace == index]
        for number, curve in enumerate(own):
            yield from _json_curve(trace, curve, steps, last=number == len(own) - 1)
        error = trace.error and {"update": trace.error.update, "message": trace.error.message}
        tail = json.dumps({"warnings": list(trace.warnings), "error": error})
        yield f"  ], {tail[1:]}{'' if index == len(traces) - 1 else ','}\n"
    yield "]}\n"


def _json_curve(
    trace: Trace, curve: Column, steps: Sequence[int] | None, *, last: bool
) -> Iterator[str]:
    rows: Sequence[int] = range(len(curve.values))
    if steps is not None:
        rows = [trace.row(step) for step in steps if trace.has(step)]
    own = rows if trace.steps is None else [trace.update(row) for row in rows]
    head = json.dumps({"group": trace.groups[curve.group], "param": curve.param})
    yield f'    {head[:-1]}, "steps": [\n'
    yield from _json_list(own, map(str, own))
    yield '    ], "values": [\n'
    yield from _json_list(own, _json_values(curve, rows))
    final = _json_number(float(curve.values[-1]))
    after = "null" if curve.after is None else _json_number(curve.after)
    yield f'    ], "final": {final}, "after": {after}}}{"" if last else ","}\n'


def _json_list(steps: Sequence[int], texts: Iterable[str]) -> Iterator[str]:
    """Yield the elements of a list, some on a line."""
    texts = iter(texts)
    for start in range(0, len(steps), _PER_LINE):
        size = min(_PER_LINE, len(steps) - start)
        comma = "," if start + size < len(steps) else ""
        yield f"      {', '.join(next(texts) for _ in range(size))}{comma}\n"


def _json_values(curve: Column, steps: Sequence[int]) -> Iterator[str]:
    for start in range(0, len(steps), _LINES):
        yield from map(_json_number, _values(curve, steps[start : start + _LINES]))


def _json_number(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'"{value!r}"'


def _header(shown: Sequence[Column]) -> list[str]:
    """Return the names of the columns, no two alike: a curve named `step` is `step:lr`."""
    header = ["step", "epoch"]
    for curve in shown:
        name = _as_text(curve.name)
        while name in header:
            name += f":{curve.param}"
        header.append(name)
    return header


def _all_updates(traces: Sequence[Trace]) -> Sequence[int]:
    """Return every update that has a value in one of the traces."""
    longest = range(max((trace.updates for trace in traces if trace.steps is None), default=0))
    logged = [trace.steps for trace in traces if trace.steps is not None]
    if not logged:
        return longest
    found: list[int] = np.union1d(longest, np.concatenate(logged)).astype(np.int64).tolist()
    return found


def _csv_cells(trace: Trace, curve: Column, steps: Sequence[int]) -> list[str]:
    if trace.steps is not None:
        return [
            repr(float(curve.values[trace.row(step)])) if trace.has(step) else "" for step in steps
        ]
    inside = [step for step in steps if step < len(curve.values)]
    texts = [repr(value) for value in _values(curve, inside)]
    return texts + [""] * (len(steps) - len(inside))


def _values(curve: Column, steps: Sequence[int]) -> list[float]:
    chosen = slice(steps.start, steps.stop) if isinstance(steps, range) else list(steps)
    values: list[float] = curve.values[chosen].tolist()
    return values


def _as_text(name: str) -> str:
    """Return a name that no spreadsheet runs and no terminal obeys; it may have several lines."""
    name = "".join(each if each in "\n\t" else visible(each) for each in name)
    return f"'{name}" if name.startswith(_FORMULA) else name


def _csv_row(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
