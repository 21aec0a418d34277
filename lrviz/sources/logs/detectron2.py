"""detectron2's `metrics.json`: JSON Lines with `iteration` (from 0) and `lr`.

The rate is written before the scheduler's step (detectron2, `engine/hooks.py`, LRScheduler), so row
i shows update i.
"""

from __future__ import annotations

from pathlib import Path

from lrviz.sources.logs.format import Format
from lrviz.sources.logs.jsonl import first_object, read_objects

TITLE = "detectron2 metrics.json"


def _recognises(path: Path, head: bytes) -> bool:
    return path.name == "metrics.json" and "iteration" in first_object(head)


FORMAT = Format("detectron2", TITLE, _recognises, lambda request: read_objects(request, TITLE))
