"""What is read of a long array is what is read of the one that it stands for."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import lrviz
from lrviz.building.factory import build_schedule
from lrviz.curves.filed import Filed, Store
from lrviz.curves.keysteps import key_steps
from lrviz.curves.long import Long
from lrviz.curves.stairs import Stairs
from lrviz.errors import UsageError
from lrviz.simulation import rows
from tests.commands import lrviz as command

STATES = np.array([[0.1, 1.0], [0.1, -0.0], [np.nan, np.inf], [5e-324, 0.3]])
ENDS = np.array([1, 4, 5, 9])
WHOLE = np.repeat(STATES, [1, 3, 1, 4], axis=0)

READS: dict[str, Callable[[Any], Any]] = {
    "a row": lambda v: v[4],
    "the last row": lambda v: v[-1],
    "a value": lambda v: v[3, 1],
    "a column": lambda v: np.asarray(v[:, 1]),
    "a value of a column": lambda v: v[:, 1][-9],
    "a column that is kept one": lambda v: np.asarray(v[:, 0, None]),
    "columns": lambda v: np.asarray(v[:, [1, 0, 1]]),
    "a slice": lambda v: v[3:7],
    "its end": lambda v: v[7:99],
    "within a step": lambda v: v[2:3],
    "nothing": lambda v: v[6:6],
    "the other way round": lambda v: v[::-1],
    "every third": lambda v: v[1::3],
    "a column's slice": lambda v: v[2:6, 1],
    "by indices": lambda v: v[np.array([8, 0, -1, 4])],
    "by flags": lambda v: v[np.arange(9) % 2 == 0],
    "by a list": lambda v: v[[3, 4]],
    "extremes": lambda v: [v[5:].min(), np.max(v[:, 1]), v.max(axis=0), v.min(axis=1)],
    "sums": lambda v: [v + 1, 2 * v, np.isfinite(v), np.diff(v, axis=0), v == v],
    "its form": lambda v: [len(v), v.shape, v.ndim, v.size, v.dtype],
    "as a list": lambda v: [v.tolist(), v[:, 0].copy().tolist()],
    "turned": lambda v: v.T,
    "in turn": lambda v: list(v),
}


def filed() -> Filed:
    store = Store()
    for part in (WHOLE[:5], WHOLE[5:5], WHOLE[5:]):
        store.write(part)
    return Filed(store, WHOLE.shape)


LONG = {"stairs": lambda: Stairs(STATES, ENDS), "filed": filed}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("what", READS)
def test_it_reads_as_the_array(what: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrviz.curves.filed._ROWS", 2)
    np.testing.assert_equal(READS[what](LONG[kind]()), READS[what](WHOLE))


@pytest.mark.parametrize("kind", LONG)
def test_what_a_table_reads_is_read_without_the_rest(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = LONG[kind]()
    monkeypatch.delattr(Long, "__array__")
    parts = (
        "a row",
        "a value of a column",
        "a slice",
        "a column's slice",
        "by indices",
        "by a list",
    )
    for what in parts:
        np.testing.assert_equal(READS[what](values), READS[what](WHOLE))
    assert (values[:, 1].max(), values[5:, 0].min()) == (np.inf, 5e-324)


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("key", [9, -10, np.array([0, 9])])
def test_there_is_no_row_behind_the_last(key: Any, kind: str) -> None:
    with pytest.raises(IndexError):
        LONG[kind]()[key]


SPEC = """\
train: {epochs: 40, steps_per_epoch: 100}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9, groups: {body: {}, head: {lr: 0.3}}}
schedules:
  cosine: {interval: epoch, scheduler: {type: CosineAnnealingLR, T_max: 40}}
  cycle: {interval: epoch, scheduler: {type: OneCycleLR, max_lr: [0.1, 0.3], total_steps: 41}}
  short: {interval: epoch, scheduler: {type: OneCycleLR, max_lr: 0.1, total_steps: 11}}
  step: {scheduler: {type: StepLR, step_size: 999}}
  steps: {scheduler: {type: MultiStepLR, milestones: [70, 1200, 1200, 3999]}}
  constant: {scheduler: {type: ConstantLR, total_iters: 3000}}
  zero: {scheduler: {type: ConstantLR, factor: 0.0, total_iters: 3000}}
  plateau:
    interval: epoch
    metric: {curve: "1 / (1 + epoch // 9)"}
    scheduler: {type: ReduceLROnPlateau, patience: 2}
"""


def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep also what is short as its steps."""
    monkeypatch.setattr("lrviz.curves.filed.LONG", 1)
    monkeypatch.setattr(rows, "_FEW", 1)


def in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep also what is short, and what seldom moves, in files."""
    monkeypatch.setattr("lrviz.curves.filed.LONG", 1)
    monkeypatch.setattr(rows, "_FEW", 1 << 40)


@pytest.mark.parametrize(
    "args",
    [
        ("table",),
        ("table", "--at", "all", "--format", "csv"),
        ("table", "--format", "json", "--param", "momentum"),
        ("check", "--format", "json"),
        ("plot", "-o", "out.svg", "--annotate", "--groups", "all"),
        ("plot", "-o", "out.png", "--grid", "--log", "--x", "epoch"),
        ("plot", "--terminal"),
        ("compare", "-o", "out.svg"),
    ],
    ids=" ".join,
)
def test_a_command_shows_the_same(
    args: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(SPEC)
    found = []
    for change in (lambda _: None, steps, in_files):
        change(monkeypatch)
        ran = command(args[0], "a.yaml", *args[1:])
        found.append((ran, [each.read_bytes() for each in Path().glob("out.*")]))
    assert found[0] == found[1] == found[2]
    assert found[0][0].code == 1  # of those that are cut short


@pytest.mark.parametrize("source", ["wsd", "multistep", "onecycle-smith", "plateau", "cosine"])
@pytest.mark.parametrize("change", [steps, in_files])
def test_key_steps_are_found_part_by_part(
    source: str, change: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(monkeypatch)
    monkeypatch.setattr("lrviz.curves.events.BLOCK", 64)
    trace = lrviz.simulate(source, steps=3_000)
    read = []
    for kind in (Stairs, Filed):

        def part(values: Any, start: int, stop: int, of: Any = kind._slice) -> Any:
            read.append(stop - start)
            return of(values, start, stop)

        monkeypatch.setattr(kind, "_slice", part)
    assert key_steps(trace).steps[0].step == 0
    assert 64 <= max(read) <= 64 + 2 * 24


def test_it_is_taken_where_little_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrviz.curves.filed.LONG", 640)

    def kind(updates: int, size: int) -> type:
        trace = lrviz.simulate(f"StepLR:step_size={size}", steps=updates)
        assert len(trace.lr) == updates
        return type(trace.lr)

    assert (kind(640, 64), kind(639, 64), kind(640, 58)) == (Stairs, np.ndarray, Filed)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=8 * 640))
    assert kind(640, 58) is np.ndarray
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert kind(640, 58) is np.ndarray


def nowhere() -> str:
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")


def test_so_many_values_of_a_metric_lie_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrviz.curves.filed.LONG", 100)
    monkeypatch.setattr("lrviz.spec.metrics.BLOCK", 7)
    spec = {
        "metric": {"curve": "1 / (1 + step)", "noise": 0.1},
        "scheduler": {"type": "ReduceLROnPlateau", "patience": 3},
    }

    def metric(updates: int) -> Any:
        [schedule] = lrviz.load(spec, steps=updates)
        return build_schedule(schedule).schedulers[0].metric

    short, long = metric(99), metric(100)
    assert type(short) is np.ndarray
    assert type(long) is Filed
    assert long.shape == (100,)
    assert (np.asarray(long)[:99] == short).all()
    assert float(long[98]) == short[98]


def fill_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no room in a temporary folder, which seems to have some."""

    def write(_: Store, values: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    in_files(monkeypatch)
    monkeypatch.setattr(Store, "write", write)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 60))


def test_a_metric_that_finds_no_room_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_up(tmp_path, monkeypatch)
    spec = {"metric": {"curve": "1"}, "scheduler": {"type": "ReduceLROnPlateau"}}
    with pytest.raises(UsageError) as error:
        lrviz.simulate(spec, steps=1_000)
    assert str(error.value) == (
        f"1,000 values of a metric do not fit into {tmp_path} (No space left on device); give "
        "fewer, or set TMPDIR to a folder with more room"
    )


def test_a_folder_that_is_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_up(tmp_path, monkeypatch)
    with pytest.raises(UsageError) as error:
        lrviz.simulate("cosine", steps=1_000)
    assert str(error.value) == (
        f"cosine: 1,000 updates of 1 param group do not fit into {tmp_path} (No space left on "
        "device); give fewer, or set TMPDIR to a folder with more room"
    )
