"""Each part of what numbers depend on is a part of the key."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrviz
from lrviz.cache import key as keys
from lrviz.cache.key import key, texts
from lrviz.document import Map
from lrviz.spec.durations import Length
from lrviz.spec.schedule import GroupSpec, Schedule

SPEC: dict[str, Any] = {
    "train": {"steps": 100, "steps_per_epoch": 10},
    "optimizer": {"type": "SGD", "lr": 0.1, "groups": {"body": {}, "head": {"lr": 0.2}}},
    "schedulers": [
        {"scheduler": {"type": "CosineAnnealingLR", "T_max": 50}, "end": 50},
        {
            "scheduler": {"type": "ReduceLROnPlateau", "patience": 1},
            "interval": "epoch",
            "metric": {"values": [1.0] * 10},
        },
    ],
}


def made(**overrides: Any) -> Schedule:
    [schedule] = lrviz.load(SPEC, **overrides)
    return schedule


def members(schedule: Schedule, index: int, **changed: Any) -> Schedule:
    listed = list(schedule.members)
    listed[index] = replace(listed[index], **changed)
    return replace(schedule, members=tuple(listed))


def argument(schedule: Schedule, value: Any) -> Schedule:
    node = schedule.members[0].node
    return members(schedule, 0, node=Map({**node, "T_max": value}, node.places, node.place))


CHANGES: dict[str, Callable[[Schedule], Schedule]] = {
    "the label": lambda s: replace(s, label="b"),
    "the length": lambda s: replace(s, length=replace(s.length, updates=101)),
    "an epoch": lambda s: replace(s, length=Length(100, 20)),
    "the optimizer": lambda s: replace(s, optimizer=replace(s.optimizer, type="Adam")),
    "its lr": lambda s: replace(s, optimizer=replace(s.optimizer, lr=0.1)),
    "a group": lambda s: replace(
        s, optimizer=replace(s.optimizer, groups=(*s.optimizer.groups, GroupSpec("c", Map())))
    ),
    "a group's factor": lambda s: replace(
        s,
        optimizer=replace(
            s.optimizer,
            groups=(replace(s.optimizer.groups[0], factor=0.5), *s.optimizer.groups[1:]),
        ),
    ),
    "an argument": lambda s: argument(s, 51),
    "its kind": lambda s: argument(s, 50.0),
    "a truth for a number": lambda s: argument(s, True),
    "a text for a number": lambda s: argument(s, "50"),
    "the order": lambda s: replace(s, members=s.members[::-1]),
    "an interval": lambda s: members(s, 0, interval="epoch"),
    "a frequency": lambda s: members(s, 0, frequency=2),
    "a beginning": lambda s: members(s, 0, begin=1),
    "an end": lambda s: members(s, 0, end=None),
    "a metric": lambda s: members(
        s,
        1,
        metric=s.members[1].metric.model_copy(update={"values": [1.0] * 9 + [0.5]}),  # type: ignore[union-attr]
    ),
    "who steps": lambda s: replace(s, stepped="epoch"),
    "a warning": lambda s: replace(s, warnings=("w",)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_schedule_has_another_key(what: str) -> None:
    schedule = made()
    assert key(schedule) == key(made())
    assert key(CHANGES[what](schedule)) not in (None, key(schedule))


def test_what_else_is_asked_is_a_part_of_it() -> None:
    schedule = made()
    found = {
        key(schedule),
        key(schedule, more="a"),
        key(schedule, more=b"a"),
        key(schedule, schedule),
    }
    assert len(found) == 4


def test_a_users_code_has_none() -> None:
    assert key(made(trust=True)) is None
    [schedule] = lrviz.load(lambda step: 0.1, steps=10)
    assert key(schedule) is None
    assert key(made(), schedule) is None


def test_the_bytes_of_a_metrics_file_are_in_it(tmp_path: Path) -> None:
    path, spec = tmp_path / "loss.csv", tmp_path / "a.yaml"
    path.write_text("loss\n" + "1.0\n" * 20)
    spec.write_text(
        "train: {steps: 20}\noptimizer: {type: SGD, lr: 1}\n"
        "scheduler: {type: ReduceLROnPlateau}\nmetric: {file: loss.csv, column: loss}\n"
    )
    [schedule] = lrviz.load(str(spec))
    before = key(schedule)
    path.write_text("loss\n" + "1.0\n" * 19 + "0.5\n")
    assert before != key(schedule) is not None
    path.unlink()
    assert key(schedule) is None


def test_a_line_above_moves_what_messages_name(tmp_path: Path) -> None:
    spec = tmp_path / "a.yaml"
    text = "train: {steps: 20}\noptimizer: {type: SGD, lr: 1}\nscheduler: cosine\n"
    found = []
    for each in (text, "# new\n" + text):
        spec.write_text(each)
        [schedule] = lrviz.load(str(spec))
        found.append((key(schedule), texts(schedule)))
    assert found[0][0] != found[1][0]
    assert [each[1] for each in found] == [[text.encode()], [b"# new\n" + text.encode()]]


@pytest.fixture
def forgetful() -> Any:
    """The surroundings are looked at once a process; here each time."""
    keys._surroundings.cache_clear()
    yield
    keys._surroundings.cache_clear()


@pytest.mark.parametrize("what", ["Python", "numpy", "the platform", "the machine"])
def test_other_surroundings_have_another_key(
    what: str, forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del forgetful
    before = key(made())
    keys._surroundings.cache_clear()
    match what:
        case "Python":
            monkeypatch.setattr(sys, "version", "3.99")
        case "numpy":
            monkeypatch.setattr(np, "__version__", "9")
        case "the platform":
            monkeypatch.setattr(platform, "platform", lambda: "Plan 9")
        case _:
            monkeypatch.setattr(platform, "machine", lambda: "pdp11")
    assert key(made()) != before


@pytest.mark.parametrize(
    "changed",
    [
        "lrviz/shapes/decays.py",
        "lrviz/catalog/presets/cosine.yaml",
        "torch/version.py",
        "torch/optim/lr_scheduler.py",
        "torch/optim/sgd.py",
        "transformers/optimization.py",
    ],
)
def test_other_code_has_another_key(
    changed: str, forgetful: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    del forgetful
    for package, parts in keys._installed():
        for path in keys._files(package, parts):
            copy = tmp_path / package.name / path.relative_to(package)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    shutil.copytree(keys.PACKAGE, tmp_path / "lrviz", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(keys, "PACKAGE", tmp_path / "lrviz")
    monkeypatch.setattr(
        keys,
        "_installed",
        lambda: [
            (tmp_path / "torch", keys._TORCH),
            (tmp_path / "transformers", keys._TRANSFORMERS),
        ],
    )
    schedule = made()
    keys._surroundings.cache_clear()
    before = key(schedule)
    path = tmp_path / changed
    path.write_bytes(path.read_bytes() + b"\n")
    assert key(schedule) == before  # which one process does not look at twice
    keys._surroundings.cache_clear()
    assert key(schedule) != before
