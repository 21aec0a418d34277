"""DeepSpeed's CSV monitor: a file a metric, `Train_Samples_lr.csv`, of samples and values.

A row is written after the step, so it shows the next update (DeepSpeed 0.19, `runtime/engine.py`).
"""

from __future__ import annotations

from pathlib import Path

from lrviz.sources.logs.columns import LogColumn
from lrviz.sources.logs.format import HEAD, Format, Request
from lrviz.sources.logs.log import Log
from lrviz.sources.logs.tables import header, read_table

TITLE = "DeepSpeed CSV monitor"
HABIT = "DeepSpeed writes the rate of the next update"


def _recognises(path: Path, head: bytes) -> bool:
    names = header(head)
    return path.name == "Train_Samples_lr.csv" and names[:1] == ["step"] and len(names) == 2


def _read(request: Request) -> Log:
    with request.path.open("rb") as stream:
        names = header(stream.read(HEAD))
    columns = [LogColumn(names[1], "lr", "0")]
    return read_table(request, TITLE, columns=columns, unit="sample", habit=HABIT)


FORMAT = Format("deepspeed-csv", TITLE, _recognises, _read)
