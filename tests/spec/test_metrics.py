from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from lrviz.errors import SpecError
from lrviz.spec import metrics
from lrviz.spec.durations import Length
from lrviz.spec.metrics import Metric, read

LENGTH = Length(400, updates_per_epoch=100)


def values(
    metric: Metric,
    count: int,
    folder: Path = Path(),
    *,
    interval: str = "epoch",
    length: Length = LENGTH,
) -> list[float]:
    array = np.concatenate(
        [*read(metric, count=count, length=length, interval=interval, folder=folder)]
    )
    assert array.dtype == np.float64
    assert array.shape == (count,)
    return [float(value) for value in array]


def message(metric: Metric, count: int, folder: Path = Path(), **options: Any) -> str:
    with pytest.raises(SpecError) as caught:
        values(metric, count, folder, **options)
    assert caught.value.place is None
    return caught.value.message


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_given_values_are_cut_to_what_is_needed() -> None:
    metric = Metric(values=[3.0, 2, 1.5])
    assert values(metric, 3) == [3.0, 2.0, 1.5]
    assert values(metric, 2) == [3.0, 2.0]
    assert values(metric, 0) == []


@pytest.mark.parametrize(("interval", "unit"), [("epoch", "an epoch"), ("step", "an update")])
def test_too_few_values(interval: str, unit: str) -> None:
    assert message(Metric(values=[3.0, 2.0]), 3, interval=interval) == (
        f"the metric has 2 values, and the training needs 3, one {unit}:"
        " give more values, or a shorter training"
    )


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "a metric is one of values, file or curve; this one has none of them"),
        (
            {"values": [1.0], "curve": "1"},
            "a metric is one of values, file or curve; this one has both values and curve",
        ),
        ({"file": "a.csv"}, "file needs a column: the CSV header, or the JSONL key, to read"),
        ({"values": [1.0], "column": "a"}, "column belongs to file; this metric has values"),
        ({"values": [1.0], "noise": 0.1}, "noise and seed belong to curve; this metric has values"),
        (
            {"file": "a.csv", "column": "a", "seed": 0},
            "noise and seed belong to curve; this metric has file",
        ),
    ],
)
def test_fields_that_do_not_go_together(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Metric.model_validate(fields)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {problem}"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"values": [1.0, float("nan")]}, ("values", 1)),
        ({"values": [1.0, True]}, ("values", 1)),
        ({"values": ["1.0"]}, ("values", 0)),
        ({"curve": "1", "noise": -0.1}, ("noise",)),
        ({"curve": "1", "noise": float("inf")}, ("noise",)),
        ({"curve": "1", "seed": -1}, ("seed",)),
        ({"curve": "1", "seed": 1.5}, ("seed",)),
        ({"curve": "1", "sead": 1}, ("sead",)),
    ],
)
def test_a_wrong_field_is_found_at_its_place(fields: dict[str, Any], place: tuple[Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Metric.model_validate(fields)
    assert [error["loc"] for error in caught.value.errors()] == [place]


def test_a_curve_by_epoch() -> None:
    metric = Metric(curve="1000 * step + epoch + 0.5 * progress")
    assert values(metric, 4) == [0.0, 100001.125, 200002.25, 300003.375]


def test_a_curve_by_update() -> None:
    metric = Metric(curve="1000 * step + epoch + 0.5 * progress")
    found = values(metric, 400, interval="step")
    assert found[:2] == [0.0, 1000 + 1 / 100 + 0.5 * (1 / 400)]
    assert found[399] == 399000 + 399 / 100 + 0.5 * (399 / 400)


def test_a_curve_by_update_without_epochs() -> None:
    short = Length(4)
    assert values(Metric(curve="progress"), 4, interval="step", length=short) == [
        0,
        0.25,
        0.5,
        0.75,
    ]
    assert message(Metric(curve="1 + epoch"), 4, interval="step", length=short) == (
        "epoch is not known (column 5): give train.steps_per_epoch (or dataset_size and batch_size)"
    )
    assert message(Metric(curve="1"), 4, length=short) == (
        "the metric has a value an epoch, and how many updates an epoch has is not known:"
        " give train.steps_per_epoch (or dataset_size and batch_size)"
    )


def test_a_curve_without_a_finite_value_names_the_step() -> None:
    assert message(Metric(curve="1 / (epoch - 2)"), 4) == (
        "metric curve '1 / (epoch - 2)' has no finite value at step 200: division by zero;"
        " guard it with max(...), or with a if c else b"
    )


@pytest.mark.parametrize("block", [1, 3, 4, 9])
def test_a_curve_is_the_same_however_many_values_are_made_at_once(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = Metric(curve="exp(-epoch / 12) + 1 / (step - 350) + progress", noise=0.5, seed=3)
    whole = values(metric, 4)
    noise = np.random.default_rng(3).standard_normal(4)
    assert whole == [
        math.exp(-epoch / 12) + 1 / (epoch * 100 - 350) + epoch / 4 + 0.5 * noise[epoch]
        for epoch in range(4)
    ]
    monkeypatch.setattr(metrics, "BLOCK", block)
    assert values(metric, 4) == whole
    lost = Metric(curve="1 / (step - 300)")
    assert values(lost, 3) == [-1 / 300, -1 / 200, -1 / 100]
    assert message(lost, 4) == (
        "metric curve '1 / (step - 300)' has no finite value at step 300: division by zero; guard "
        "it with max(...), or with a if c else b"
    )


def test_noise_is_seeded_and_of_the_given_deviation() -> None:
    length = Length(20_000, updates_per_epoch=1)
    noisy = Metric(curve="5", noise=0.5, seed=3)
    first = values(noisy, 20_000, length=length)
    assert first == [5 + 0.5 * float(z) for z in np.random.default_rng(3).standard_normal(20_000)]
    assert values(noisy, 10, length=length) == first[:10]
    assert values(Metric(curve="5", noise=0.5, seed=4), 10, length=length) != first[:10]
    assert values(Metric(curve="5", noise=0.0, seed=3), 3, length=length) == [5.0, 5.0, 5.0]


def test_a_csv_column_with_sparse_rows(tmp_path: Path) -> None:
    # Lightning writes training and validation on rows of their own.
    text = "epoch,loss, val_loss \n0,2.0,\n0,,1.5\n\n1\n1,1.0,\n1,, 1e-1 \n2,,0.05\n"
    metric = Metric(file="val.csv", column="val_loss")
    assert values(metric, 3, written(tmp_path, "val.csv", text)) == [1.5, 0.1, 0.05]
    assert values(metric, 2, tmp_path) == [1.5, 0.1]
    assert message(metric, 4, tmp_path) == (
        "val.csv, column val_loss, has 3 values, and the training needs 4, one an epoch:"
        " give more values, or a shorter training"
    )


def test_csv_dialects(tmp_path: Path) -> None:
    written(tmp_path, "bom.csv", b'\xef\xbb\xbf"val,loss",x\r\n"1.5",2\r\n')
    assert values(Metric(file="bom.csv", column="val,loss"), 1, tmp_path) == [1.5]
    written(tmp_path, "a.TSV", "x\tval_loss\n1\t2.5\n")
    assert values(Metric(file="a.TSV", column="val_loss"), 1, tmp_path) == [2.5]


def test_an_absolute_file(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", "x\n7\n")
    assert values(Metric(file=str(tmp_path / "a.csv"), column="x"), 1, Path("/nowhere")) == [7.0]


@pytest.mark.parametrize("cell", ["nan", "-inf", "n/a", "1,5", "1e999"])
def test_a_cell_that_is_no_finite_number(tmp_path: Path, cell: str) -> None:
    written(tmp_path, "val.csv", f'epoch,val_loss\n0,1.0\n\n1,"{cell}"\n')
    assert message(Metric(file="val.csv", column="val_loss"), 2, tmp_path) == (
        f"val.csv:4: column val_loss is '{cell}': a finite number is needed"
    )


def test_what_the_training_does_not_reach_is_not_read(tmp_path: Path) -> None:
    written(tmp_path, "val.csv", "val_loss\n1.0\nnan\n")
    assert values(Metric(file="val.csv", column="val_loss"), 1, tmp_path) == [1.0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            "epoch,val_loss\n0,1\n",
            "val.csv has no column 'val_los' among epoch, val_loss; did you mean val_loss?",
        ),
        ("a,b\n1,2\n", "val.csv has no column 'val_los' among a, b"),
        ("", "val.csv is empty: it has no column 'val_los'"),
        (
            "val_los,val_los\n1,2\n",
            "val.csv has more than one column 'val_los': rename all but one",
        ),
        (b"\x89PNG\r\n\x1a\n\x00", "val.csv is not a text file in UTF-8"),
        ("val_los\n" + "1" * 200_000, "val.csv:2: field larger than field limit (131072)"),
    ],
)
def test_a_wrong_csv(tmp_path: Path, content: str | bytes, problem: str) -> None:
    written(tmp_path, "val.csv", content)
    assert message(Metric(file="val.csv", column="val_los"), 1, tmp_path) == problem


def test_a_wide_header_is_cut(tmp_path: Path) -> None:
    written(tmp_path, "val.csv", ",".join(f"c{i}" for i in range(25)))
    shown = ", ".join(f"c{i}" for i in range(20))
    assert message(Metric(file="val.csv", column="loss"), 1, tmp_path) == (
        f"val.csv has no column 'loss' among {shown}, ..."
    )


def test_a_jsonl_key_with_sparse_lines(tmp_path: Path) -> None:
    text = '{"loss": 2}\n{"eval/loss": 1.5}\n\n{"eval/loss": null}\n{"eval/loss": 1, "loss": 0}\n'
    written(tmp_path, "log.jsonl", text)
    assert values(Metric(file="log.jsonl", column="eval/loss"), 2, tmp_path) == [1.5, 1.0]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"loss": NaN}', "log.jsonl:2: key loss is nan: a finite number is needed"),
        ('{"loss": Infinity}', "log.jsonl:2: key loss is inf: a finite number is needed"),
        ('{"loss": true}', "log.jsonl:2: key loss is True: a finite number is needed"),
        ('{"loss": [1]}', "log.jsonl:2: key loss is [1]: a finite number is needed"),
        ("[1, 2]", "log.jsonl:2: this line is not a JSON object"),
        ('{"loss": 1', "log.jsonl:2: this line is not a JSON object"),
        ("[" * 100_000, "log.jsonl:2: this line is not a JSON object"),
        ('{"loss": ' + "1" * 5000 + "}", "log.jsonl:2: this line is not a JSON object"),
    ],
)
def test_a_wrong_jsonl_line(tmp_path: Path, line: str, problem: str) -> None:
    written(tmp_path, "log.jsonl", '{"loss": 1.0}\n' + line + "\n")
    assert message(Metric(file="log.jsonl", column="loss"), 2, tmp_path) == problem


def test_a_missing_jsonl_key(tmp_path: Path) -> None:
    written(tmp_path, "log.jsonl", '{"epoch": 0, "eval_loss": 1.0}\n{"lr": 0.1}\n')
    assert message(Metric(file="log.jsonl", column="eval_los"), 1, tmp_path) == (
        "log.jsonl has no column 'eval_los' among epoch, eval_loss, lr; did you mean eval_loss?"
    )


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for file, problem in [
        ("gone.csv", f"gone.csv does not exist; it was looked for as {tmp_path / 'gone.csv'}"),
        ("folder.csv", "folder.csv cannot be read: Is a directory"),
        (
            "val.xlsx",
            "val.xlsx is no file of values: its name must end in .csv, .tsv, .jsonl, .ndjson",
        ),
    ]:
        assert message(Metric(file=file, column="loss"), 1, tmp_path) == problem
