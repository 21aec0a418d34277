"""Ultralytics YOLO's `results.csv`: a row an epoch, counted from 1, with `lr/pg0`, `lr/pg1` ...

A row shows the end of its epoch, before the schedule's next step (ultralytics 8.4,
`engine/trainer.py`), in six significant digits; older versions pad the names with spaces.
"""

from __future__ import annotations

from pathlib import Path

from lrviz.sources.logs.format import Format
from lrviz.sources.logs.tables import header, read_table

TITLE = "Ultralytics results.csv"


def _recognises(path: Path, head: bytes) -> bool:
    del path
    names = header(head)
    return "epoch" in names and any(name.startswith("lr/pg") for name in names)


FORMAT = Format(
    "ultralytics",
    TITLE,
    _recognises,
    lambda request: read_table(request, TITLE, shift=1, habit="epochs are counted from 1"),
)
