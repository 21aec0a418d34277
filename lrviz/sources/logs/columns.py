"""Which of a log's columns hold learning rates, and which one numbers the rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lrviz.errors import UsageError, suggestion
from lrviz.sources.logs.log import Unit

# Names that number the rows, the best first, and what they count. A name ends with one of them.
_NUMBERS: tuple[tuple[str, Unit], ...] = (
    ("global_step", "update"),
    ("step", "update"),
    ("update", "update"),
    ("num_updates", "update"),
    ("iter", "update"),
    ("iteration", "update"),
    ("global_samples", "sample"),
    ("samples", "sample"),
    ("_step", "update"),
    ("epoch", "epoch"),
)
# `lr`, `learning_rate`, `train/lr`, `lr-AdamW/pg1-momentum`, `lr/pg0`, `opt/lr/0`; not `loss_lr`.
_RATE = re.compile(
    r"(?:.*[/.])?(?:train_)?(?:lr|learning_rate|learning-rate)"
    r"(?:[-/](?P<group>.+?))??(?:-(?P<param>momentum|weight_decay))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LogColumn:
    """One column of a log that holds a quantity of a param group."""

    name: str
    param: str
    group: str


def rate_columns(names: Sequence[str], picked: str | None = None) -> tuple[LogColumn, ...]:
    """Return the columns that hold learning rates, and what is logged beside them.

    Args:
        names: All columns.
        picked: The one that the user names; None for all that look like it.

    Raises:
        UsageError: There is no such column.

    >>> [(c.param, c.group) for c in rate_columns(["step", "lr-SGD/pg1", "lr-SGD/pg1-momentum"])]
    [('lr', 'SGD/pg1'), ('momentum', 'SGD/pg1')]
    """
    if picked is not None:
        if picked not in names:
            raise UsageError(
                f"no column {picked!r}{suggestion(picked, names)}; there are: "
                f"{', '.join(names[:20])}"
            )
        return (LogColumn(picked, "lr", "0"),)
    found = []
    for name in names:
        match = _RATE.fullmatch(name.strip())
        if match:
            found.append(LogColumn(name, match["param"] or "lr", match["group"] or "0"))
    rates = [column for column in found if column.param == "lr"]
    if len({column.group for column in rates}) < len(rates):  # `train/lr` beside `lr`: by names
        return tuple(
            LogColumn(column.name, column.param, column.name) if column.param == "lr" else column
            for column in found
        )
    return tuple(found)


def number_column(names: Sequence[str], picked: str | None = None) -> tuple[str, Unit] | None:
    """Return the column that numbers the rows, and what it counts; None where there is none.

    Args:
        names: All columns.
        picked: The one that the user names.

    Raises:
        UsageError: There is no such column.

    >>> number_column(["epoch", "train/global_step", "lr"])
    ('train/global_step', 'update')
    """
    if picked is not None:
        if picked not in names:
            raise UsageError(
                f"no column {picked!r} to number the rows{suggestion(picked, names)}; there are: "
                f"{', '.join(names[:20])}"
            )
        return picked, next((unit for end, unit in _NUMBERS if _ends(picked, end)), "update")
    for end, unit in _NUMBERS:
        for name in names:
            if _ends(name, end):
                return name, unit
    return None


def _ends(name: str, end: str) -> bool:
    last = re.split(r"[/.]", name.strip().lower())[-1]
    return last == end
