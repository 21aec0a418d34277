"""What a log format is: one module of this folder defines one, as `FORMAT`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lrviz.errors import SpecError, UsageError
from lrviz.sources.logs.columns import LogColumn
from lrviz.sources.logs.log import Log, Precision, Series, Unit, restarts, series

HEAD = 65536
"""Bytes of a file's beginning by which a format is recognised."""


@dataclass(frozen=True)
class Request:
    """Which log is to be read, and what the user says of it.

    Attributes:
        path: The file or folder.
        source: What the user named it by.
        label: The curve's name.
        column: The column that holds the learning rate, where the user says it.
        x: The column that numbers the rows, where the user says it.
    """

    path: Path
    source: str
    label: str
    column: str | None = None
    x: str | None = None


@dataclass(frozen=True)
class Format:
    """A log format.

    Attributes:
        name: Its name.
        title: Its name in messages, with the file's usual name.
        recognises: Tells by path and first bytes (none of a folder) whether this is one.
        read: Reads one.
        rank: Formats are asked from the lowest to the highest: general ones come last.
    """

    name: str
    title: str
    recognises: Callable[[Path, bytes], bool]
    read: Callable[[Request], Log]
    rank: int = 0


Rows = Mapping[tuple[str, str], tuple[Sequence[float], Sequence[float]]]
"""Row numbers and values, by quantity and param group."""


def assembled(
    request: Request,
    title: str,
    rows: Rows,
    *,
    unit: Unit = "update",
    shift: int = 0,
    habit: str = "",
    precision: Precision = "float64",
    facts: Mapping[str, float] | None = None,
    notes: Iterable[str] = (),
) -> Log:
    """Return the Log of the rows that were read; the arguments are the Log's.

    Raises:
        SpecError: There is no value of a learning rate.
    """
    found: list[Series] = []
    replaced = 0
    for (param, group), (numbers, values) in rows.items():
        if len(values):
            each, again = series(param, group, numbers, values)
            found.append(each)
            replaced = max(replaced, again)
    if not any(each.param == "lr" for each in found):
        raise SpecError(f"{request.source}: the {title} holds no value of a learning rate yet")
    return Log(
        label=request.label,
        source=request.source,
        format=title,
        series=tuple(found),
        unit=unit,
        shift=shift,
        habit=habit,
        precision=precision,
        facts=dict(facts or {}),
        notes=(*notes, *restarts(replaced)),
    )


def no_rate(request: Request, title: str, names: Sequence[str]) -> UsageError:
    """Return the error for a log none of whose columns is known as a learning rate."""
    known = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return UsageError(
        f"{request.source}: no column of this {title} looks like a learning rate; say which one, "
        f"as in {request.source}:NAME; there are: {known or 'none'}"
    )


def no_numbers(request: Request, title: str, names: Sequence[str]) -> UsageError:
    """Return the error for a log none of whose columns is known to number the rows."""
    known = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return UsageError(
        f"{request.source}: no column of this {title} numbers the updates; say which one with"
        f" --log-x; there are: {known or 'none'}"
    )


def keys(columns: Iterable[LogColumn]) -> list[tuple[str, str]]:
    """Return quantity and param group of each column."""
    return [(column.param, column.group) for column in columns]
