from __future__ import annotations

from pathlib import Path

import pytest

import lrviz
from lrviz.cache.memory import answer


def test_an_answer_is_recalled_once_it_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRVIZ_CACHE_DIR", str(tmp_path))
    [schedule] = lrviz.load("onecycle", steps=50)
    [longer] = lrviz.load("onecycle", steps=51)
    assert answer(schedule).recall() is None
    assert answer(schedule).keep(lrviz.simulate(schedule))
    known = answer(schedule).recall()
    fresh = lrviz.simulate(schedule)
    for name, curve in fresh.curves.items():
        assert known.curves[name].tobytes() == curve.tobytes()
        assert known.after[name].tobytes() == fresh.after[name].tobytes()
    assert answer(longer).recall() is None
    assert answer(schedule, more="else").recall() is None
    assert answer(schedule, wanted=False).recall() is None
    assert not answer(longer, wanted=False).keep(lrviz.simulate(longer))
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_of_a_users_code_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRVIZ_CACHE_DIR", str(tmp_path))
    [schedule] = lrviz.load(lambda step: 0.1, steps=10)
    assert not answer(schedule).keep(lrviz.simulate(schedule))
    assert answer(schedule).recall() is None
    assert list(tmp_path.iterdir()) == []
