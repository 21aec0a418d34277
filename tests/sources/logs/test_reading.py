"""Logs that real frameworks wrote (tests/data/logs/README.md), and broken ones."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from lrviz.errors import LrvizError
from lrviz.sources.logs.format import Request
from lrviz.sources.logs.log import Log
from lrviz.sources.logs.reading import formats, read_log

DATA = Path(__file__).parents[2] / "data" / "logs"


def read(path: Path, **given: str) -> Log:
    return read_log(Request(path, str(path), "log", **given))


def used(scheduler: LRScheduler, updates: int = 40) -> list[list[float]]:
    """Return what each update uses, of each group, in a plain loop."""
    optimizer, rows = scheduler.optimizer, []
    for _ in range(updates):
        rows.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return rows


def adamw() -> torch.optim.Optimizer:
    return torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=3e-4)


COSINE = [row[0] for row in used(get_cosine_schedule_with_warmup(adamw(), 5, 40))]
WARMED: LRScheduler = get_linear_schedule_with_warmup(adamw(), 5, 40)  # type: ignore[no-untyped-call]
LINEAR = [row[0] for row in used(WARMED)]
RUN = "calm-lake-1 - train/learning_rate"
TRACKED = [3e-4 * min(1, (i + 1) / 5) * (1 - i / 40) for i in range(40)]
FLOAT32 = [float(np.float32(each)) for each in LINEAR]


@pytest.mark.parametrize(
    ("file", "format_name", "first", "shift", "precision", "values"),
    [
        ("trainer_state.json", "transformers", 1, 1, "float64", COSINE),
        (
            "transformers.out.tfevents.1795763846.host.1.0",
            *("tensorboard", 1, 0, "float32"),
            [float(np.float32(each)) for each in COSINE],
        ),
        ("tensorboard", "tensorboard", 0, 0, "float32", FLOAT32),
        ("tensorboard-tensor", "tensorboard", 0, 0, "float32", FLOAT32),
        ("run.wandb", "wandb", 1, 0, "float64", LINEAR),
        ("mlflow", "mlflow", 0, 0, "float64", LINEAR),
        ("trackio.db", "trackio", 0, 0, "float64", TRACKED),
    ],
)
def test_values_are_those_of_the_run_to_the_bit(
    file: str, format_name: str, first: int, shift: int, precision: str, values: list[float]
) -> None:
    log = read(DATA / file)
    [series] = log.series
    assert log.format == next(each.title for each in formats() if each.name == format_name)
    assert (series.param, series.group) == ("lr", "0")
    assert (log.unit, log.shift, log.precision) == ("update", shift, precision)
    assert series.steps.tolist() == list(range(first, first + 40))
    assert series.values.tolist() == values


def test_lightnings_csv_has_groups_and_momentum_in_sparse_rows() -> None:
    log = read(DATA / "lightning" / "metrics.csv")
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.1, 0.05)]
    sgd = torch.optim.SGD(groups, momentum=0.9)
    rows = used(OneCycleLR(sgd, max_lr=[0.1, 0.05], total_steps=40))
    steps = [4, 9, 14, 19, 24, 29, 34, 39]
    rates = {each.group: each for each in log.series if each.param == "lr"}
    assert list(rates) == ["SGD/pg1", "SGD/pg2"]
    for index, series in enumerate(rates.values()):
        assert series.steps.tolist() == steps
        assert series.values.tolist() == [rows[step][index] for step in steps]
    assert {each.group for each in log.series if each.param == "momentum"} == set(rates)
    assert (log.unit, log.shift) == ("update", 0)


def test_facts_of_a_trainer_state() -> None:
    assert read(DATA / "trainer_state.json").facts == {"steps": 40.0, "epochs": 2.0}


def csv(tmp_path: Path, text: str, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "unit", "shift", "rows"),
    [
        ("log.csv", "step,lr\n0,0.1\n5,0.05\n", "update", 0, [(0, 0.1), (5, 0.05)]),
        (
            "log.csv",
            "iter;learning_rate;loss\n0;0.1;2\n1;;2\n2;0.2;1\n",
            *("update", 0, [(0, 0.1), (2, 0.2)]),
        ),
        (
            "summary.csv",
            "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n0,6.9,6.5,2.1,7.0,1e-05\n",
            *("epoch", 0, [(0, 1e-5)]),
        ),
        (
            "results.csv",
            "   epoch,   train/box_loss,   lr/pg0\n   1,   1.1,   0.0033333\n",
            *("epoch", 1, [(1, 0.0033333)]),
        ),
        (
            "Train_Samples_lr.csv",
            "step,Train_Samples_lr\n32,0.1\n64,0.2\n",
            *("sample", 0, [(32, 0.1), (64, 0.2)]),
        ),
        ("export.csv", f'"Step","{RUN}","{RUN}__MIN"\n3,0.1,0.1\n', "update", 0, [(3, 0.1)]),
        (
            "plan.csv",
            "step,epoch,cosine\n0,,0.1\n1,,0.05\nafter,,0.0\n",
            *("update", 0, [(0, 0.1), (1, 0.05)]),
        ),
        (
            "scalars.json",
            '{"lr": 0.01, "loss": 1, "epoch": 1, "iter": 10, "step": 10}\n{"acc": 1, "step": 1}\n',
            *("batch", 1, [(10, 0.01)]),
        ),
        ("metrics.json", '{"iteration": 19, "lr": 0.002}\n', "update", 0, [(19, 0.002)]),
        ("log.jsonl", '{"step": 1, "loss": 1.6, "lr": 3e-06}\n', "update", 0, [(1, 3e-6)]),
        ("log.txt", "Step 1 | loss:1.6 lr:3e-06 tokens:900 \n", "update", 0, [(1, 3e-6)]),
    ],
)
def test_a_format_is_told_by_what_stands_in_the_file(
    tmp_path: Path, name: str, text: str, unit: str, shift: int, rows: list[tuple[float, float]]
) -> None:
    log = read(csv(tmp_path, text, name))
    [series] = log.series
    assert (log.unit, log.shift) == (unit, shift)
    assert list(zip(series.steps.tolist(), series.values.tolist(), strict=True)) == rows


def test_what_was_written_after_a_restart_counts(tmp_path: Path) -> None:
    log = read(csv(tmp_path, "step,lr\n0,1\n1,.5\n2,.4\n3,.3\n2,.2\n3,.1\n"))
    [series] = log.series
    assert series.values.tolist() == [1.0, 0.5, 0.2, 0.1]
    assert log.notes == ("2 rows were written again after a restart; the later ones count",)


def test_a_row_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    log = read(csv(tmp_path, "step,lr\n0,0.1\n1,0.0"))
    assert log.series[0].values.tolist() == [0.1]
    assert log.notes == ("its last line has no end, as if still being written; left out",)


def test_an_event_file_is_read_up_to_its_last_whole_record(tmp_path: Path) -> None:
    [source] = (DATA / "tensorboard").iterdir()
    path = tmp_path / source.name
    path.write_bytes(source.read_bytes()[:-20])
    log = read(path)
    assert len(log.series[0].values) == 40  # what was cut is a value of the loss
    path.write_bytes(source.read_bytes()[:-80])
    log = read(path)
    assert log.series[0].values.tolist() == FLOAT32[:39]
    assert log.notes == (f"{path.name} ends within a record, as if still being written",)


def test_several_event_files_are_one_run(tmp_path: Path) -> None:
    [source] = (DATA / "tensorboard").iterdir()
    shutil.copy(source, tmp_path / "events.out.tfevents.1.host.1.0")
    shutil.copy(source, tmp_path / "events.out.tfevents.2.host.1.0")
    log = read(tmp_path)
    assert log.series[0].values.tolist() == FLOAT32
    assert log.notes == ("40 rows were written again after a restart; the later ones count",)


def test_digits_tell_how_a_log_was_rounded(tmp_path: Path) -> None:
    rounded = "".join(f"{i},{value:.4e}\n" for i, value in enumerate(LINEAR))
    assert read(csv(tmp_path, f"step,lr\n{rounded}")).precision == 5
    whole = "".join(f"{i},{value!r}\n" for i, value in enumerate(LINEAR))
    assert read(csv(tmp_path, f"step,lr\n{whole}")).precision == "float64"
    assert read(csv(tmp_path, "step,lr\n0,0.1\n1,0.01\n")).precision == "float64"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"step,loss\n0,1\n", "no column of this CSV file looks like a learning rate"),
        ("a.csv", b"lr,loss\n0.1,1\n", "say which one with --log-x; there are: lr, loss"),
        ("a.csv", b"step,lr\n0,fast\n", "a.csv:2:1: lr: 'fast' is no number"),
        ("a.csv", b"step,lr\n0,\n", "holds no value of a learning rate yet"),
        ("trainer_state.json", b'{"log_history": [', "not a whole JSON file"),
        ("trainer_state.json", b'{"epoch": 1}', "no `log_history`"),
        (
            "a.jsonl",
            b'{"step": 1, "lr": 1}\nnonsense\n',
            "a.jsonl:2:1: this line is no JSON object",
        ),
        ("events.out.tfevents.1", b"\0" * 40, "no log that is known"),
        ("events.out.tfevents.1", struct.pack("<QI", 9, 0) + b"\x09" + b"\xff" * 400, "no column"),
        ("run.wandb", b":W&B\xe1\xbe\0" + bytes(range(1, 200)), "no column of this W&B run file"),
        ("trackio.db", b"SQLite format 3\0 metrics", "not a trackio database that can be read"),
        ("photo.png", b"\x89PNG", "no log that is known; these are:"),
    ],
)
def test_a_broken_log_is_told(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LrvizError) as caught:
        read(path)
    assert said in str(caught.value)
    assert not (tmp_path / "trackio.db-shm").exists()


def test_a_folder_is_searched_for_one_log(tmp_path: Path) -> None:
    for step in (20, 40):
        (tmp_path / f"checkpoint-{step}").mkdir()
        state = json.loads((DATA / "trainer_state.json").read_text())
        state["log_history"] = state["log_history"][:step]
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps(state))
    assert len(read(tmp_path).series[0].values) == 40
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for name in ("a", "b"):
        csv(tmp_path / name, "step,lr-SGD\n0,1\n", "metrics.csv")
    shutil.rmtree(tmp_path / "checkpoint-20")
    shutil.rmtree(tmp_path / "checkpoint-40")
    with pytest.raises(
        LrvizError, match=r"several logs; name one of them: .*a/metrics.csv, .*b/me"
    ):
        read(tmp_path)
    shutil.rmtree(tmp_path / "a")
    assert read(tmp_path).series[0].values.tolist() == [1.0]


def test_a_column_may_be_named(tmp_path: Path) -> None:
    path = csv(tmp_path, "step,batch,lr,base\n0,5,1,2\n1,6,3,4\n")
    assert read(path, column="base", x="batch").series[0].values.tolist() == [2.0, 4.0]
    assert read(path, column="base", x="batch").series[0].steps.tolist() == [5.0, 6.0]
    with pytest.raises(LrvizError, match=r"no column 'bas'; did you mean base\?"):
        read(path, column="bas")


@pytest.mark.parametrize(
    ("name", "metrics", "said"),
    [
        (None, '{"lr": 0.1}', "no column"),
        ("run", None, "a row of it is no JSON object"),
        ("run", "[1]", "a row of it is no JSON object"),
        ("run", "{", "not a trackio database that can be read"),
    ],
)
def test_a_database_with_other_things_in_its_rows_is_told(
    name: str | None, metrics: str | None, said: str, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as database:
        database.execute("CREATE TABLE metrics (id INTEGER, run_name, step, metrics)")
        database.execute("INSERT INTO metrics VALUES (1, ?, 1, ?)", (name, metrics))
        database.commit()
    with pytest.raises(LrvizError, match=said):
        read(tmp_path / "t.db")
