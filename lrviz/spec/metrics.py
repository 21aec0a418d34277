"""The metric that ReduceLROnPlateau watches: given values, a column of a file, or a curve."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Self, TextIO

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lrviz.errors import ScheduleError, SpecError, suggestion
from lrviz.files import checked
from lrviz.shapes.shape import each
from lrviz.spec.durations import Length
from lrviz.spec.expressions import metric_curve

BLOCK = 1 << 15
"""Values of a curve that are made at once; so many stay near the processor."""


def integral(value: Any) -> Any:
    """Return a whole float as an int, and anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Metric(BaseModel):
    """Where the values of a metric come from: exactly one of `values`, `file` and `curve`.

    Attributes:
        values: The values themselves, finite.
        file: A CSV, TSV or JSONL file, relative to the spec's folder.
        column: The column's header in `file`, or the key in each of its lines.
        curve: An expression of `step`, `epoch` and `progress`.
        noise: Standard deviation of the Gaussian noise added to `curve`, at least 0.
        seed: Seed of that noise, for `numpy.random.default_rng`, at least 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    values: list[float] | None = None
    file: str | None = None
    column: str | None = None
    curve: str | None = None
    noise: float = Field(default=0.0, ge=0.0)
    seed: Annotated[int, Field(ge=0), BeforeValidator(integral)] = 0

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("values", "file", "curve") if getattr(self, name) is not None]
        if len(given) != 1:
            has = f"both {' and '.join(given)}" if given else "none of them"
            raise ValueError(f"a metric is one of values, file or curve; this one has {has}")
        if self.file is not None and self.column is None:
            raise ValueError("file needs a column: the CSV header, or the JSONL key, to read")
        if self.column is not None and self.file is None:
            raise ValueError(f"column belongs to file; this metric has {given[0]}")
        if self.curve is None and {"noise", "seed"} & self.model_fields_set:
            raise ValueError(f"noise and seed belong to curve; this metric has {given[0]}")
        if "seed" in self.model_fields_set and "noise" not in self.model_fields_set:
            raise ValueError("seed is the noise's, and there is none: add noise, or take seed out")
        return self


def named(text: str) -> tuple[str, str]:
    """Return the file and the column that `--metric` names.

    Raises:
        SpecError: It names no column.

    >>> named("logs/val.csv:val_loss")
    ('logs/val.csv', 'val_loss')
    """
    file, colon, column = text.rpartition(":")
    if not colon or not file or not column:
        raise SpecError(f"--metric {text}: write FILE:COLUMN, as in val.csv:val_loss")
    return file, column


def read(
    metric: Metric, *, count: int, length: Length, interval: str, folder: Path
) -> Iterator[NDArray[np.float64]]:
    """Yield the first `count` values of a metric, those of a curve some thousand at a time.

    Value i belongs to epoch i (`interval` is `epoch`) or to update i (`step`), both from 0. A
    curve is computed at the start of its epoch or update: at `step` updates, `epoch` epochs
    (`step / updates_per_epoch`) and `progress` (`step / updates`, from 0 to below 1).

    Args:
        metric: Where the values come from; what it has beyond `count` is not read.
        count: How many values the training needs.
        length: The whole training.
        interval: `step` or `epoch`.
        folder: What a relative `metric.file` is relative to.

    Yields:
        Arrays of them, together of shape (count,), float64, finite.

    Raises:
        SpecError: A value is not a finite number, there are too few, or the file or the curve
            cannot be read; the message says where, with the file's own line.
    """
    if metric.curve is not None:
        yield from _curve_values(metric, metric.curve, count, length, interval)
        return
    if metric.values is not None:
        source, found = "the metric", np.array(metric.values[:count], dtype=np.float64)
    else:
        source = f"{metric.file}, column {metric.column},"
        found = _file_values(str(metric.file), str(metric.column), count, folder)
    if len(found) < count:
        unit = "epoch" if interval == "epoch" else "update"
        raise SpecError(
            f"{source} has {len(found):,} values, and the training needs {count:,}, one an {unit}:"
            " give more values, or a shorter training"
        )
    yield found


def _curve_values(
    metric: Metric, curve: str, count: int, length: Length, interval: str
) -> Iterator[NDArray[np.float64]]:
    per_epoch = length.updates_per_epoch
    if interval == "epoch" and per_epoch is None:
        raise SpecError(
            "the metric has a value an epoch, and how many updates an epoch has is not known:"
            " give train.steps_per_epoch (or dataset_size and batch_size)"
        )
    function = metric_curve(curve, epochs=per_epoch is not None)
    stride = per_epoch if interval == "epoch" and per_epoch is not None else 1
    epoch_length = per_epoch or 1
    generator = np.random.default_rng(metric.seed)
    for first in range(0, count, BLOCK):
        steps = np.arange(first, min(first + BLOCK, count)) * stride
        epochs, progress = steps / epoch_length, steps / length.updates
        values = vars(function)["many"](step=steps, epoch=epochs, progress=progress)
        if values is None:
            try:
                values = each(function, steps, epochs.tolist(), progress.tolist())
            except ScheduleError as error:
                raise SpecError(f"metric curve {error.message}") from None
        if metric.noise:
            with np.errstate(over="ignore"):
                values = values + metric.noise * generator.standard_normal(len(steps))
            if not np.isfinite(values).all():
                raise SpecError(
                    f"a metric with noise {metric.noise} is not finite; make it smaller"
                )
        yield values


def _file_values(file: str, column: str, count: int, folder: Path) -> NDArray[np.float64]:
    path = folder / file
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise SpecError(f"{file} is no file of values: its name must end in {', '.join(_READERS)}")
    try:
        with checked(path).open(encoding="utf-8-sig", newline="") as stream:
            values = islice(reader(stream, file, column), count)
            return np.fromiter(values, dtype=np.float64)
    except FileNotFoundError:
        raise SpecError(f"{file} does not exist; it was looked for as {path}") from None
    except UnicodeDecodeError:
        raise SpecError(f"{file} is not a text file in UTF-8") from None
    except OSError as error:
        raise SpecError(f"{file} cannot be read: {error.strerror}") from None


def _csv_values(stream: TextIO, file: str, column: str, delimiter: str = ",") -> Iterator[float]:
    """Yield a column's values; blank and missing cells are skipped, as Lightning writes them."""
    rows = csv.reader(stream, delimiter=delimiter)
    try:
        header = [name.strip() for name in next(rows, [])]
        if header.count(column) != 1:
            raise SpecError(_no_column(file, column, header))
        index = header.index(column)
        for row in rows:
            cell = row[index].strip() if index < len(row) else ""
            if cell:
                yield _finite(cell, f"{file}:{rows.line_num}: column {column}")
    except csv.Error as error:
        raise SpecError(f"{file}:{rows.line_num}: {error}") from None


def _tsv_values(stream: TextIO, file: str, column: str) -> Iterator[float]:
    yield from _csv_values(stream, file, column, delimiter="\t")


def _jsonl_values(stream: TextIO, file: str, column: str) -> Iterator[float]:
    """Yield the values of a key; lines without it, or with null, are skipped."""
    keys: dict[str, None] = {}  # an ordered set
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise SpecError(f"{file}:{number}: this line is not a JSON object")
        keys.update(dict.fromkeys(record))
        value = record.get(column)
        if value is not None:
            yield _finite(value, f"{file}:{number}: key {column}")
    if column not in keys:
        raise SpecError(_no_column(file, column, list(keys)))


_READERS: dict[str, Callable[[TextIO, str, str], Iterator[float]]] = {
    ".csv": _csv_values,
    ".tsv": _tsv_values,
    ".jsonl": _jsonl_values,
    ".ndjson": _jsonl_values,
}


def _no_column(file: str, column: str, known: list[str]) -> str:
    if column in known:
        return f"{file} has more than one column '{column}': rename all but one"
    if not known:
        return f"{file} is empty: it has no column '{column}'"
    names = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return f"{file} has no column '{column}' among {names}{suggestion(column, known)}"


def _finite(value: Any, where: str) -> float:
    """Return a cell's text or a JSON value as a float."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise SpecError(f"{where} is {value!r}: a finite number is needed")
    return number
