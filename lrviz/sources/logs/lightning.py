"""Lightning's CSVLogger with a LearningRateMonitor: `lightning_logs/version_N/metrics.csv`.

Columns `lr-<Optimizer>`, `/pg1` behind it for param groups, `-momentum` and `-weight_decay`; rows
are sparse. The monitor writes at the start of a batch, so row `step` s shows what update s
(0-based) uses (lightning 2.6, `callbacks/lr_monitor.py`); with accumulation a step has several
rows.
"""

from __future__ import annotations

from pathlib import Path

from lrviz.sources.logs.format import Format
from lrviz.sources.logs.tables import header, read_table

TITLE = "Lightning metrics.csv"


def _recognises(path: Path, head: bytes) -> bool:
    names = header(head)
    monitored = any(name.startswith("lr-") for name in names)
    return "step" in names and (monitored or path.name == "metrics.csv")


FORMAT = Format("lightning", TITLE, _recognises, lambda request: read_table(request, TITLE))
