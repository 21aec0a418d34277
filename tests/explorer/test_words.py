"""What a page says beside its figure: findings at their controls, code and commands that hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lrviz.explorer.answering import Answers
from lrviz.explorer.document import State
from lrviz.explorer.opening import Opened, opened
from lrviz.explorer.words import Words, words
from lrviz.sources.overrides import Overrides


def said(text: str) -> Words:
    """Return what a page says of a spec."""
    state = State(text)
    answers = Answers(Opened(state))
    return words(state, answers.answer(state), answers)


def test_a_finding_stands_at_its_control() -> None:
    text = (
        "train: {epochs: 90, steps_per_epoch: 100}\n"
        "schedules: {a: {scheduler: {type: CosineAnnealingLR, T_max: 90}}}\n"
    )
    [found] = said(text).found
    assert (found.code, found.severity, found.label) == ("LRV002", "warning", "a")
    assert found.path == ("schedules", "a", "scheduler", "T_max")
    assert "<spec>" not in found.message + found.advice


def test_what_torch_warned_of_and_where_a_run_was_cut_short_is_said() -> None:
    text = (
        "train: {steps: 100}\n"
        "schedules: {a: {scheduler: {type: OneCycleLR, max_lr: 1lr, total_steps: 50}}}\n"
    )
    notes = said(text).notes
    assert any("Tried to step 51 times" in note for _, note in notes)


@pytest.mark.parametrize(
    ("sources", "overrides", "command"),
    [
        (["cosine"], Overrides(steps=1000), "lrviz plot cosine --steps 1000"),
        (
            ["cosine", "tuned=onecycle:pct_start=0.2,three_phase=true"],
            Overrides(epochs=9, steps_per_epoch=10, lr=0.3, interval="step"),
            "lrviz compare cosine tuned=onecycle:pct_start=0.2,three_phase=true --epochs 9 "
            "--steps-per-epoch 10 --lr 0.3 --interval step",
        ),
        (
            ["multistep:milestones=30%,60%"],
            Overrides(steps=100, optimizer="AdamW", sets=("optimizer.betas=[0.9, 0.95]",)),
            "lrviz plot 'multistep:milestones=[30%, 60%]' --steps 100 --optimizer AdamW --lr 0.1 "
            "--set 'optimizer.betas=[0.9, 0.95]'",
        ),
        (
            ["LambdaLR:lr_lambda='min(step, 5), 3'"],
            Overrides(steps=100),
            "lrviz plot explored.yaml",
        ),
    ],
)
def test_the_command_opens_as_this_page(
    sources: list[str], overrides: Overrides, command: str
) -> None:
    found = opened(sources, overrides)
    answers = Answers(found)
    assert words(found.state, answers.answer(found.state), answers).command == command


def test_the_code_is_torchs_where_torch_has_the_classes() -> None:
    text = (
        "train: {epochs: 3, steps_per_epoch: 50}\n"
        "schedules: {a: {interval: epoch, scheduler: step}}\n"
    )
    [(label, code)] = said(text).code
    assert label == "a"
    assert "import lrviz\n" not in code
    assert (
        "if (step + 1) % steps_per_epoch == 0:  # after an epoch\n        scheduler.step()" in code
    )


def test_what_plain_code_cannot_say_is_built_from_the_saved_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "train: {steps: 30}\noptimizer: {type: SGD, lr: 0.3}\n"
        "schedules: {a: {scheduler: {type: deepspeed.WarmupLR, warmup_num_steps: 9}}}\n"
    )
    [(_, code)] = said(text).code
    monkeypatch.chdir(tmp_path)
    Path("explored.yaml").write_text(text)
    names: dict[str, Any] = {"optimizer": torch.optim.SGD([torch.zeros(1)], lr=0.3)}
    exec(code, names)
    [built] = names["built"]
    assert (type(built.scheduler).__name__, built.interval) == ("LambdaLR", "step")


def test_an_empty_page_says_nothing() -> None:
    found = said("")
    assert (found.sections, found.table, found.found, found.code) == ((), None, (), ())
