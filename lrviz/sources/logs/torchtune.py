"""torchtune's DiskLogger: `Step 1 | loss:1.6 lr:3e-06 tokens_per_second_per_gpu:900`.

The row is written after the scheduler's step, so `Step` k shows update k (0-based), the next one
(torchtune 0.6, `recipes/lora_finetune_single_device.py`).
"""

from __future__ import annotations

import re
from array import array
from pathlib import Path

from lrviz.sources.logs.format import Format, Request, assembled
from lrviz.sources.logs.log import Log

TITLE = "torchtune log"
_ROW = re.compile(r"Step (\d+) \|.*?\blr:([-+0-9.eEinfa]+)")


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix in (".txt", ".log") and head.startswith(b"Step ") and b" lr:" in head


def _read(request: Request) -> Log:
    numbers, values = array("d"), array("d")
    with request.path.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            row = _ROW.match(line)
            if row and line.endswith("\n"):
                numbers.append(float(row[1]))
                values.append(float(row[2]))
    habit = "torchtune writes the rate of the next update"
    return assembled(request, TITLE, {("lr", "0"): (numbers, values)}, habit=habit)


FORMAT = Format("torchtune", TITLE, _recognises, _read)
