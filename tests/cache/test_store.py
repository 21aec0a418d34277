from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lrviz.cache import store
from lrviz.cache.store import Store, folder
from tests.attacks.races import CLASSES, KEYS, killed
from tests.traces import trace


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("LRVIZ_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert folder() == Path("/home/ada/.cache/lrviz")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the XDG specification ignores
    assert folder() == Path("/home/ada/.cache/lrviz")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/ada")
    assert folder() == Path("/var/cache/ada/lrviz")
    monkeypatch.setenv("LRVIZ_CACHE_DIR", "/elsewhere")
    assert folder() == Path("/elsewhere")
    monkeypatch.setenv("LRVIZ_CACHE_DIR", "")
    assert folder() is None


def test_where_it_is_on_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LRVIZ_CACHE_DIR")
    monkeypatch.setenv("HOME", "/Users/ada")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert folder() == Path("/Users/ada/Library/Caches/lrviz")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert folder() is None
    monkeypatch.setenv("LOCALAPPDATA", "/c/ada/AppData/Local")
    assert folder() == Path("/c/ada/AppData/Local/lrviz/Cache")


def test_what_is_put_is_there_for_its_key_alone(tmp_path: Path) -> None:
    kept = Store(tmp_path / "deep" / "cache")
    assert kept.get(KEYS[0], CLASSES) is None
    assert kept.put(KEYS[0], trace([0.1, 0.05]), CLASSES)
    assert kept.get(KEYS[0], CLASSES).lr[:, 0].tolist() == [0.1, 0.05]
    assert kept.get(KEYS[1], CLASSES) is None
    [(_, size, path)] = kept.entries()
    assert size == path.stat().st_size
    assert (tmp_path / "deep" / "cache").stat().st_mode & 0o777 == 0o700
    path.rename(path.with_name(f"{KEYS[1]}.curve"))  # an entry under a name that is not its own
    assert kept.get(KEYS[1], CLASSES) is None


def test_a_broken_entry_is_replaced(tmp_path: Path) -> None:
    kept = Store(tmp_path)
    kept.put(KEYS[0], trace([0.1]), CLASSES)
    [(*_, path)] = kept.entries()
    path.write_bytes(path.read_bytes()[:-1])
    assert kept.get(KEYS[0], CLASSES) is None
    assert kept.put(KEYS[0], trace([0.2]), CLASSES)
    assert kept.get(KEYS[0], CLASSES).lr.tolist() == [[0.2]]


def test_the_longest_unused_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Store(tmp_path)
    for age, each in enumerate(KEYS[:3]):
        kept.put(each, trace([0.1] * 100), CLASSES)
        path = tmp_path / f"{each}.curve"
        os.utime(path, (1_000 + age, 1_000 + age))
    size = path.stat().st_size
    assert kept.get(KEYS[0], CLASSES) is not None  # used now, and so the youngest
    monkeypatch.setattr(store, "MOST", 3 * size)
    kept.put(KEYS[3], trace([0.1] * 100), CLASSES)
    assert {path.stem for *_, path in kept.entries()} == {KEYS[0], KEYS[2], KEYS[3]}
    monkeypatch.setattr(store, "MOST", 3 * size - 1)
    kept.put(KEYS[3], trace([0.1] * 100), CLASSES)
    assert {path.stem for *_, path in kept.entries()} == {KEYS[0], KEYS[3]}


def test_a_long_curve_is_not_kept(tmp_path: Path) -> None:
    kept = Store(tmp_path)
    assert not kept.put(KEYS[0], trace(np.zeros(store.LARGEST // 8)), CLASSES)
    assert kept.entries() == []
    assert kept.put(KEYS[0], trace(np.zeros(store.LARGEST // 8 - 200)), CLASSES)


@pytest.mark.parametrize("what", ["a file", "read-only"])
def test_where_nothing_can_be_written_nothing_is_kept(what: str, tmp_path: Path) -> None:
    path = tmp_path / "cache"
    if what == "a file":
        path.write_text("mine")
    else:
        path = Path("/proc/lrviz")
    assert not Store(path).put(KEYS[0], trace([0.1]), CLASSES)
    assert Store(path).get(KEYS[0], CLASSES) is None
    assert (Store(path).entries(), Store(path).clear()) == ([], 0)


def test_clear_removes_what_is_ours_alone(tmp_path: Path) -> None:
    kept = Store(tmp_path)
    for each in KEYS:
        kept.put(each, trace([0.1]), CLASSES)
    (tmp_path / "notes.txt").write_text("mine")
    assert kept.clear() == len(KEYS)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_a_killed_process_left_behind_goes(tmp_path: Path) -> None:
    old, new = tmp_path / ".0.tmp", tmp_path / ".1.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    long_ago = time.time() - 7_200
    os.utime(old, (long_ago, long_ago))
    Store(tmp_path).put(KEYS[0], trace([0.1]), CLASSES)
    assert (old.exists(), new.exists()) == (False, True)


def test_kills_and_races_leave_right_answers(tmp_path: Path) -> None:
    right, wrong = killed(tmp_path, kills=12)
    assert wrong == 0
    assert right > 20
    assert len(Store(tmp_path).entries()) == len(KEYS)
