"""W&B's CSV export of a chart: `Step` (or the x that was chosen) and `<run> - <metric>`.

A chart's export has `<run> - <metric>__MIN` and `__MAX` beside each column; they are left out.
"""

from __future__ import annotations

from pathlib import Path

from lrviz.errors import UsageError
from lrviz.sources.logs.columns import LogColumn, rate_columns
from lrviz.sources.logs.format import HEAD, Format, Request
from lrviz.sources.logs.log import Log
from lrviz.sources.logs.tables import header, read_table

TITLE = "W&B export"
_BETWEEN = " - "


def _recognises(path: Path, head: bytes) -> bool:
    del path
    return any(_BETWEEN in name and not name.endswith(("__MIN", "__MAX")) for name in header(head))


def _columns(names: list[str]) -> list[LogColumn]:
    found = []
    for name in names:
        run, between, metric = name.rpartition(_BETWEEN)
        if between and not metric.endswith(("__MIN", "__MAX")):
            found += [LogColumn(name, c.param, run) for c in rate_columns([metric])]
    return found


def _read(request: Request) -> Log:
    with request.path.open("rb") as stream:
        columns = _columns(header(stream.read(HEAD)))
    runs = list(dict.fromkeys(column.group for column in columns))
    if len(runs) > 1 and request.column is None:
        raise UsageError(
            f"{request.source}: an export of several runs; pick one column, as in "
            f"{request.source}:{columns[0].name!r}; there are: "
            f"{', '.join(column.name for column in columns)}"
        )
    single = [LogColumn(column.name, column.param, "0") for column in columns]
    return read_table(request, TITLE, columns=single or None)


FORMAT = Format("wandb-csv", TITLE, _recognises, _read, rank=1)
