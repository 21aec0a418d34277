"""Configs of frameworks on a page: facts that they do not hold, and what check finds in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrviz
from lrviz.checking.runner import UNUSED_IGNORE, Selection, check
from lrviz.errors import UsageError
from lrviz.explorer.answering import Answers
from lrviz.explorer.document import read
from lrviz.explorer.opening import of_loaded, opened
from lrviz.explorer.service import Service
from lrviz.explorer.words import words
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides
from tests.explorer.pages import asked, drawn

DATA = Path(__file__).parents[1] / "data"
CONFIG = """\
model_name_or_path: a
learning_rate: 2.0e-5
lr_scheduler_type: constant
warmup_steps: 10
num_train_epochs: 3
"""
SIZE = ["configs", "train.yaml", "dataset_size"]
ASKED = {
    "path": SIZE,
    "message": "train.yaml:5:19: num_train_epochs: 3, and how many samples an epoch has is not "
    "known; give dataset_size (or steps)",
}

Page = Callable[..., tuple[dict[str, Any], dict[Any, Any], dict[str, Any]]]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """Give what sends edits as a page does, each on what came of those before."""
    service = Service(opened(["cosine"], Overrides(steps=100)), tmp_path)
    state: dict[str, Any] = {"spec": service.opened.state.spec, "configs": []}

    def edit(*edits: Any) -> tuple[dict[str, Any], dict[Any, Any], dict[str, Any]]:
        body = asked(state["spec"], *edits, configs=state["configs"])
        head, curves = drawn(service.draw(body))
        said = json.loads(service.words(body))
        assert (head["spec"], head["problems"]) == (said["spec"], said["problems"])
        state.update(spec=head["spec"], configs=head["configs"])
        return head, curves, said

    loaded = json.loads(service.load("train.yaml", CONFIG.encode()))
    assert loaded == {"config": "train.yaml"}
    assert list(tmp_path.iterdir()) == []
    return edit


def test_a_fact_that_is_missing_is_asked_for_and_goes_everywhere(
    page: Page, tmp_path: Path
) -> None:
    head, curves, said = page(("read", [], "train.yaml"))
    assert head["problems"] == [ASKED]
    assert {label for label, _, _ in curves} == {"cosine"}
    section = said["sections"][0]
    assert (section["kind"], section["title"], section["said"]) == ("config", "train.yaml", "")
    shown = [each["name"] for each in section["controls"] if not each["minor"]]
    assert shown == ["dataset_size", "steps"]

    head, curves, said = page(("set", SIZE, "500"), ("unset", ["schedules", "cosine"]))
    assert head["problems"] == []
    assert head["configs"] == [
        {"name": "train.yaml", "facts": {"dataset_size": 500}, "labels": ["train"]}
    ]
    assert "train: {steps: 189, steps_per_epoch: 63}" in head["spec"]
    assert said["command"] == "lrviz plot train.yaml --dataset-size 500"
    assert said["sections"][0]["said"] == (
        "read as transformers 5.23: 189 updates = 3 epochs of 63; world size 1 assumed (world_size)"
    )
    [finding] = said["found"]
    assert (finding["code"], finding["path"]) == (
        "LRV701",
        ["schedules", "train", "scheduler", "type"],
    )
    file = tmp_path / "train.yaml"
    file.write_text(CONFIG)
    trace = lrviz.simulate(file, dataset_size=500)
    assert np.array_equal(curves["train", "lr", 0], trace.lr[:, 0])

    # The next one makes the curve anew, in its place and under its name.
    head, curves, said = page(
        ("rename", ["schedules", "train"], "mine"),
        ("add", [], "linear"),
        ("set", ["configs", "train.yaml", "world_size"], "2.0"),
    )
    assert head["configs"][0]["labels"] == ["mine"]
    assert list(read(head["spec"])["schedules"]) == ["mine", "linear"]
    assert len(curves["mine", "lr", 0]) == 96
    assert said["command"] == "lrviz plot explored.yaml"
    head, _, said = page(("unset", ["schedules", "linear"]))
    assert said["command"] == "lrviz plot mine=train.yaml --dataset-size 500 --world-size 2"

    # A curve that was changed is not what the config says.
    _, _, said = page(("set", ["schedules", "mine", "train", "steps"], "50"))
    assert (said["found"], said["command"]) == ([], "lrviz plot explored.yaml")
    head, curves, said = page(("unset", SIZE))
    assert head["problems"] == [ASKED]
    assert len(curves["mine", "lr", 0]) == 50
    head, curves, said = page(("set", SIZE, "900"))
    assert (head["problems"], len(curves["mine", "lr", 0])) == ([], 171)

    head, _, said = page(("unset", ["schedules", "mine"]))
    assert head["configs"] == []
    assert [each["kind"] for each in said["sections"]] == ["train", "optimizer"]
    assert said["command"] == "# nothing that a command line can name"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("dataset_size", "many", "dataset_size: must be a number above 0, not 'many'"),
        ("dataset_size", ".nan", "dataset_size: must be a number above 0, not '.nan'"),
        ("dataset_size", "true", "dataset_size: must be a number above 0, not 'true'"),
        ("dataset_size", "{a: 1}", "dataset_size: must be a number above 0, not '{a: 1}'"),
        ("dataset_size", "9" * 400, "dataset_size: must be a number above 0, not '999"),
        ("dataset_size", "-1", "dataset_size: must be a number above 0, not -1"),
        ("world_size", "1.5", "world_size: must be a whole number, not 1.5"),
        ("steps", "1e400", "steps: must be a number above 0, not '1e400'"),
        ("framework", "5", "framework: must be a name, not 5"),
        ("metric", "/etc/passwd:root", "metric: a page says no such thing of a config"),
        ("sets", "deepspeed=/etc/passwd", "sets: a page says no such thing of a config"),
        ("framework", "nope", "nope: no framework 'nope'; there are: "),
    ],
)
def test_what_is_no_fact_is_refused_at_its_control(
    page: Page, name: str, text: str, message: str
) -> None:
    head, curves, _ = page(
        ("read", [], "train.yaml"), ("set", ["configs", "train.yaml", name], text)
    )
    [problem] = head["problems"]
    assert problem["message"].startswith(message)
    assert problem["path"][:2] == ["configs", "train.yaml"]
    assert {label for label, _, _ in curves} == {"cosine"}


def test_a_config_that_waits_for_a_fact_hinders_nothing(page: Page) -> None:
    head, _, said = page(("read", [], "train.yaml"), ("unset", ["schedules", "cosine"]))
    assert (head["problems"], said["command"]) == (
        [ASKED],
        "# nothing that a command line can name",
    )
    head, _, _ = page(("set", ["schedules"], "-1"), ("set", SIZE, "500"))
    assert "schedules: must be a mapping" in [each["message"] for each in head["problems"]]
    head, _, _ = page(("set", ["schedules"], "{}"))
    assert head["configs"][0]["labels"] == ["train"]


def test_a_config_that_was_never_sent_is_not_read(page: Page) -> None:
    name = str(DATA / "near" / "two-warmups.yaml")
    head, curves, _ = page(("read", [], name))
    assert head["problems"] == [
        {"path": ["configs", name], "message": f"{name} is not here any more: load it again"}
    ]
    assert {label for label, _, _ in curves} == {"cosine"}


def test_a_metric_is_for_the_command_line(tmp_path: Path) -> None:
    service = Service(opened(["cosine"], Overrides()), tmp_path)
    text = "lr: 0.1\nlr_scheduler_type: reduce_lr_on_plateau\nmax_steps: 9\neval_strategy: epoch\n"
    with pytest.raises(UsageError) as error:
        service.load("a.yaml", f"model_name_or_path: a\n{text}".encode())
    assert error.value.message == (
        "a.yaml:3:20: lr_scheduler_type: reduce_lr_on_plateau sees a metric; say so on the "
        "command line, with --metric FILE:COLUMN"
    )


def test_a_config_that_the_command_line_names_takes_facts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.yaml").write_text(CONFIG)
    service = Service(opened(["train.yaml"], Overrides(dataset_size=500, lr=0.1)), tmp_path)
    first = service.first()
    assert first["configs"] == [{"name": "train.yaml", "facts": {}, "labels": ("train",)}]
    body = asked(first["spec"], configs=first["configs"])
    said = json.loads(service.words(body))
    assert said["command"] == "lrviz plot train.yaml --lr 0.1 --dataset-size 500"
    assert [each["code"] for each in said["found"]] == ["LRV701"]
    body = asked(first["spec"], ("set", SIZE, "900"), configs=first["configs"])
    _, curves = drawn(service.draw(body))
    assert np.array_equal(
        curves["train", "lr", 0], lrviz.simulate("train.yaml", dataset_size=900, lr=0.1).lr[:, 0]
    )


def test_a_page_finds_what_check_finds() -> None:
    overrides = Overrides(force=True)
    codes = set()
    for file in sorted((DATA / "buggy").glob("*.yaml")):
        loaded = load_all([str(file)], overrides)
        if sum(each.length.updates for each in loaded.schedules) > 2_000:
            continue
        found = of_loaded(loaded, overrides)
        answers = Answers(found)
        answer = answers.answer(found.state)
        said = words(found.state, answer, answers)
        chosen = Selection(ignore=(UNUSED_IGNORE,))
        report = check(loaded.schedules, chosen, traces=answer.plans)
        assert sorted(
            (each.code, each.label, each.message, each.advice) for each in said.found
        ) == (
            sorted((each.code, each.label, each.message, each.advice) for each in report.findings)
        ), file
        codes |= {each.code for each in said.found}
    assert len(codes) > 30
