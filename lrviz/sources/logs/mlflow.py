"""MLflow's file store: `mlruns/<experiment>/<run>/metrics/<name>`, lines of `time value step`."""

from __future__ import annotations

from array import array
from pathlib import Path

from lrviz.errors import Place, SpecError
from lrviz.sources.logs.columns import rate_columns
from lrviz.sources.logs.format import Format, Request, assembled, no_rate
from lrviz.sources.logs.log import Log

TITLE = "MLflow run"


def _recognises(path: Path, head: bytes) -> bool:
    del head
    return path.is_dir() and (path / "meta.yaml").is_file() and (path / "metrics").is_dir()


def _read(request: Request) -> Log:
    folder = request.path / "metrics"
    names = sorted(
        each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()
    )
    columns = rate_columns(names, request.column)
    if not columns:
        raise no_rate(request, TITLE, names)
    found = {}
    for column in columns:
        numbers, values = array("d"), array("d")
        path = folder / column.name
        for index, line in enumerate(path.read_text(encoding="utf-8").splitlines(keepends=True)):
            if not line.endswith("\n") or not line.strip():
                continue  # still being written
            try:
                _, value, step = line.split()
                numbers.append(int(step))
                values.append(float(value))
            except ValueError:
                place = Place(str(path), index + 1, 1)
                raise SpecError("a line of a metric is `time value step`", place) from None
        found[(column.param, column.group)] = (numbers, values)
    return assembled(request, TITLE, found)


FORMAT = Format("mlflow", TITLE, _recognises, _read)
