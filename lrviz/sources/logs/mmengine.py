"""MMEngine's `vis_data/scalars.json`: JSON Lines, a row a logging interval, counted in iterations.

`step` is the iteration, counted from 1; the rate is read before the iteration (mmengine 0.10,
`hooks/runtime_info_hook.py`), so row s shows iteration s - 1. With `accumulative_counts` an update
takes several iterations.
"""

from __future__ import annotations

from pathlib import Path

from lrviz.sources.logs.format import Format
from lrviz.sources.logs.jsonl import first_object, read_objects

TITLE = "MMEngine scalars.json"


def _recognises(path: Path, head: bytes) -> bool:
    first = first_object(head)
    return path.suffix == ".json" and {"lr", "iter", "step"} <= first.keys()


FORMAT = Format(
    "mmengine",
    TITLE,
    _recognises,
    lambda request: read_objects(
        request, TITLE, unit="batch", shift=1, habit="iterations are counted from 1"
    ),
)
