"""What `lrviz table --at all --format csv` and the monitor write: a plan, or a run, in a file."""

from __future__ import annotations

from pathlib import Path

from lrviz.errors import SpecError
from lrviz.sources.logs.columns import LogColumn
from lrviz.sources.logs.format import HEAD, Format, Request
from lrviz.sources.logs.log import Log
from lrviz.sources.logs.tables import header, read_table

TITLE = "lrviz table"
_PARAMS = ("momentum", "weight_decay")


def _recognises(path: Path, head: bytes) -> bool:
    del path
    names = header(head)
    return len(names) > 2 and names[:2] == ["step", "epoch"]


def _columns(request: Request) -> list[LogColumn]:
    with request.path.open("rb") as stream:
        names = header(stream.read(HEAD))[2:]
    found, labels = [], []
    for name in names:
        whole, colon, param = name.rpartition(":")
        if not colon or (whole not in names and param not in _PARAMS):
            whole, param = name, "lr"
        label, slash, group = whole.rpartition("/")
        shared = slash and sum(each.startswith(f"{label}/") for each in names) > 1
        labels.append(label if shared else whole)
        found.append(LogColumn(name, param, group if shared else "0"))
    if len(set(labels)) > 1 and request.column is None:
        known = ", ".join(dict.fromkeys(labels))
        raise SpecError(
            f"{request.source}: a table of several schedules; pick one: {request.source}:NAME of "
            f"{known}"
        )
    return found


def _read(request: Request) -> Log:
    return read_table(request, TITLE, columns=_columns(request), unit="update")


FORMAT = Format("lrviz", TITLE, _recognises, _read, rank=-1)
