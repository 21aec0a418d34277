"""Each file of data/bad_specs breaks one thing; the whole message for it stands in the golden."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrviz.building.factory import build_schedule
from lrviz.errors import LrvizError
from lrviz.sources.loading import load_all
from tests.conftest import Golden

FOLDER = Path(__file__).parents[1] / "data" / "bad_specs"
FAULTS = sorted(path.name for path in FOLDER.iterdir())


def build_all(name: str) -> None:
    for schedule in load_all([name]).schedules:
        build_schedule(schedule)


def message(name: str) -> str:
    with pytest.raises(LrvizError) as error:
        build_all(name)
    assert error.value.place is not None, "an error of a file says where"
    return str(error.value)


def test_every_message(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    golden("bad_specs.txt", "".join(message(name) + "\n" for name in FAULTS))


@pytest.mark.parametrize("name", FAULTS)
def test_points_into_the_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    file, line, column, _ = message(name).split(":", 3)
    assert file == name
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    assert 1 <= int(line) <= len(lines)
    assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
