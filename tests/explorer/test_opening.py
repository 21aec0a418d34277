"""What a page shows at first is what the command line names, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrviz import catalog, load, simulate
from lrviz.curves.trace import Trace
from lrviz.document import unplaced
from lrviz.explorer.answering import Answers
from lrviz.explorer.document import read
from lrviz.explorer.opening import opened
from lrviz.simulation.simulated import simulated_each
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import Schedule


def same(sources: list[str], overrides: Overrides) -> None:
    """Check that the traces of a page's spec are those of the command line."""
    found = opened(sources, overrides)
    answer = Answers(found).answer(found.state)
    wanted = [
        trace
        for schedule in load_all(sources, overrides).schedules
        for _, trace in simulated_each(schedule)
    ]
    assert answer.problems == ()
    assert len(answer.traces) == len(wanted)
    by_label = {each.label: each for each in answer.traces}
    for each in wanted:
        equal(by_label[each.label], each)


def equal(one: Trace, other: Trace) -> None:
    """Check that two traces have the same values."""
    assert one.groups == other.groups
    assert one.length == other.length
    assert set(one.curves) == set(other.curves)
    for name, values in one.curves.items():
        assert np.array_equal(values, other.curves[name], equal_nan=True)


def test_presets_and_classes() -> None:
    same(list(catalog.preset_names()), Overrides(steps=300))
    same(["cosine", "LinearLR:total_iters=10%", "cosine"], Overrides(steps=300, lr=0.3))


@pytest.mark.parametrize(
    "overrides",
    [
        Overrides(epochs=3, steps_per_epoch=20, interval="epoch"),
        Overrides(steps=300, optimizer="adamw", lr=1e-3),
        Overrides(steps=300, start=100, sets=("optimizer.momentum=0.5",)),
    ],
)
def test_what_is_said_on_the_command_line(overrides: Overrides) -> None:
    same(["cosine", "multistep:milestones=[50%]", "LinearLR", "cosine-plateau"], overrides)


SPECS = {
    "groups": """
train: {steps: 200}
optimizer:
  type: AdamW
  lr: 0.001
  groups: {layers: {count: 3, lr_decay: 0.75}, head: {lr: 0.01}, tail: {lr: 0.5lr}}
scheduler: cosine
""",
    "own": """
train: {epochs: 3, steps_per_epoch: 50}
schedules:
  a: {train: {steps: 70}, scheduler: linear, optimizer: {type: SGD, lr: 0.2}}
  b: {interval: epoch, scheduler: {_target_: StepLR, step_size: 1}}
  c:
    schedulers:
      - {end: 1ep, scheduler: {type: LinearLR, total_iters: 1ep}}
      - {begin: 1ep, metric: {values: [1, 1, 1]}, interval: epoch,
         scheduler: {type: ReduceLROnPlateau, patience: 0}}
""",
    "several": """
train: {steps: 40}
optimizers:
  g: {type: Adam, lr: 0.001, scheduler: cosine}
  d: {type: Adam, lr: 0.004, scheduler: linear}
""",
}


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("overrides", [Overrides(), Overrides(lr=0.3)])
def test_specs(name: str, overrides: Overrides, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text(SPECS[name])
    same([str(path)], overrides)


def test_recipes() -> None:
    for name in ("cifar10-dawnbench", "bert-finetune", "beit-finetune", "plateau", "swa-cifar"):
        same([str(catalog.recipe(name).path)], Overrides(steps=400))


def test_a_config_of_a_framework(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(
        "model_name_or_path: a\nlearning_rate: 2.0e-5\nlr_scheduler_type: cosine\n"
        "warmup_steps: 10\nmax_steps: 100\n"
    )
    same([str(path)], Overrides())


def test_what_no_spec_can_hold_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from torch import optim, zeros\n"
        "def half(step):\n    return 0.5\n"
        "def two():\n    return [optim.SGD([zeros(1)], lr=0.1), optim.Adam([zeros(1)], lr=0.2)]\n"
    )
    Path("log.csv").write_text("step,lr\n0,0.5\n9,0.5\n")
    sources = ["mine.py:half", "mine.py:two", "log.csv", "cosine"]
    found = opened(sources, Overrides(steps=10))
    assert found.state.sources == ("mine.py:half", "mine.py:two", "log.csv")
    assert list(unplaced(read(found.state.spec))["schedules"]) == ["cosine"]
    answers = Answers(found)
    for _ in range(2):  # what is known by now has the same names
        labels = [each.label for each in answers.answer(found.state).traces]
        assert labels == ["cosine", "half", "two (SGD)", "two (Adam)", "log"]


def test_what_curves_share_stands_on_top_once() -> None:
    text = opened(["cosine", "best=linear"], Overrides(steps=100)).state.spec
    assert text == (
        "train: {steps: 100}\n"
        "optimizer: {type: SGD, lr: 0.1, momentum: 0.9}\n"
        "schedules:\n"
        "  cosine:\n"
        "    scheduler: {type: cosine}\n"
        "  best:\n"
        "    scheduler: {type: linear}\n"
    )


def test_what_python_gives(tmp_path: Path) -> None:
    """Schedules that only differ in what was said of them, and a trace of the same name."""
    path = tmp_path / "plateau.yaml"
    path.write_text(
        "metric: {file: val.csv, column: a}\nscheduler: {type: ReduceLROnPlateau, patience: 0}\n"
    )
    (tmp_path / "val.csv").write_text("a\n" + "1\n" * 30)
    groups = load(unplaced(read(SPECS["groups"])), lr=0.3)
    given = [
        *load("cosine", steps=30),
        *load("cosine", steps=50, lr=0.3),
        *load("step", epochs=3, steps_per_epoch=10, optimizer="Adam"),
        *groups,
        *load(path, steps=30),
        simulate("cosine", steps=70),
    ]
    found = opened(given, Overrides())
    answers = Answers(found)
    names = [*unplaced(read(found.state.spec))["schedules"], *found.state.sources]
    held = {"schedule schedule", "schedule plateau", "trace cosine 2"}
    assert names[:3] == ["cosine", "cosine (2)", "step"]
    assert found.unnamed == set(names[3:]) == held
    for _ in range(2):
        answer = answers.answer(found.state)
        assert answer.problems == ()
        by_label = {each.label: each for each in answer.traces}
        for label, each in zip(names, given[:-1], strict=False):
            assert isinstance(each, Schedule)
            equal(by_label[label.removeprefix("schedule ")], simulate(each))
        equal(by_label["cosine 2"], simulate("cosine", steps=70))
