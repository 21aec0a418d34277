"""trackio's SQLite file: a table `metrics` with a JSON object a row."""

from __future__ import annotations

import json
import sqlite3
from array import array
from contextlib import closing
from pathlib import Path
from typing import Any

from lrviz.errors import SpecError, UsageError
from lrviz.sources.logs.columns import number_column, rate_columns
from lrviz.sources.logs.format import Format, Request, assembled, no_rate
from lrviz.sources.logs.log import Log

TITLE = "trackio database"


def _recognises(path: Path, head: bytes) -> bool:
    del path
    return head.startswith(b"SQLite format 3\0") and b"metrics" in head


def _read(request: Request) -> Log:
    # A database that nobody writes to is opened so that SQLite makes no file beside it.
    live = request.path.with_name(f"{request.path.name}-wal").exists()
    uri = f"{request.path.resolve().as_uri()}?{'mode=ro' if live else 'immutable=1'}"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            found = database.execute("SELECT DISTINCT run_name FROM metrics")
            runs = [name for (name,) in found if isinstance(name, str)]
            if len(runs) > 1 and request.column not in runs:
                raise UsageError(
                    f"{request.source}: {len(runs)} runs; pick one, as in "
                    f"{request.source}:{runs[0]}; there are: {', '.join(runs[:20])}"
                )
            run = request.column if request.column in runs else runs[0] if runs else ""
            query = "SELECT step, metrics FROM metrics WHERE run_name = ? ORDER BY id"
            rows = [(step, _row(text)) for step, text in database.execute(query, (run,))]
    except (sqlite3.Error, ValueError) as error:
        raise SpecError(f"{request.source}: not a {TITLE} that can be read: {error}") from None
    names = list(dict.fromkeys(name for _, each in rows for name in each))
    columns = rate_columns(names, None if request.column in runs else request.column)
    if not columns:
        raise no_rate(request, TITLE, names)
    numbered = number_column(names, request.x)
    curves: dict[tuple[str, str], tuple[array[float], array[float]]] = {}
    for step, each in rows:
        number = each.get(numbered[0], step) if numbered else step
        for column in columns:
            value: Any = each.get(column.name)
            if isinstance(value, int | float) and isinstance(number, int | float):
                pair = curves.setdefault((column.param, column.group), (array("d"), array("d")))
                pair[0].append(number)
                pair[1].append(value)
    return assembled(request, TITLE, curves, unit=numbered[1] if numbered else "update")


def _row(text: Any) -> dict[str, Any]:
    """Return the metrics of a row; ValueError for what is no JSON object."""
    row = json.loads(text) if isinstance(text, str | bytes) else None
    if not isinstance(row, dict):
        raise ValueError("a row of it is no JSON object")
    return row


FORMAT = Format("trackio", TITLE, _recognises, _read)
