"""timm's `summary.csv`: a row an epoch, with the mean of the param groups' rates.

With schedules per epoch, row e shows what epoch e used; with `--sched-on-updates` it shows the
first update of epoch e + 1 (timm 1.0, `train.py`: the row is written after `step_update`).
"""

from __future__ import annotations

from pathlib import Path

from lrviz.sources.logs.format import Format
from lrviz.sources.logs.tables import header, read_table

TITLE = "timm summary.csv"


def _recognises(path: Path, head: bytes) -> bool:
    del path
    names = header(head)
    return names[:1] == ["epoch"] and "train_loss" in names and "lr" in names


FORMAT = Format("timm", TITLE, _recognises, lambda request: read_table(request, TITLE))
