"""Any CSV file with a column of learning rates."""

from __future__ import annotations

from pathlib import Path

from lrviz.sources.logs.format import Format
from lrviz.sources.logs.tables import is_table, read_table


def _recognises(path: Path, head: bytes) -> bool:
    return is_table(path, head)


FORMAT = Format(
    "csv",
    "CSV file",
    _recognises,
    lambda request: read_table(request, "CSV file"),
    rank=9,
)
