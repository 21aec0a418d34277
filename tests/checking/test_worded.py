"""Findings in configs of other frameworks: at their own line, and in their own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lrviz.checking.fixing import mended
from lrviz.checking.runner import check
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides

HF = "model_name_or_path: x\noutput_dir: o\nlearning_rate: 1.0e-4\n"
NANOGPT = "learning_rate = 6e-4\nmax_iters = 5000\nlr_decay_iters = 5000\nwarmup_iters = 100\n"
HYDRA = """\
model:
  optimizer: {_target_: torch.optim.Adam, lr: 0.001}
  scheduler: {_target_: torch.optim.lr_scheduler.CosineAnnealingLR, T_max: 10}
trainer: {max_epochs: 10}
"""
LIGHTNING = """\
trainer: {max_epochs: 90}
optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}
lr_scheduler: {class_path: torch.optim.lr_scheduler.CosineAnnealingLR, init_args: {T_max: 45}}
"""
DEEPSPEED = """\
{"train_batch_size": 8,
 "optimizer": {"type": "AdamW", "params": {"lr": 0.001}},
 "scheduler": {"type": "WarmupDecayLR", "params": {
   "warmup_num_steps": 100, "warmup_type": "linear", "warmup_max_lr": 0.001,
   "total_num_steps": 500}}}
"""


@pytest.mark.parametrize(
    ("name", "text", "given", "code", "line", "advice"),
    [
        (
            "hf.yaml",
            HF + "lr_scheduler_type: cosine\nwarmup_steps: 5000\nmax_steps: 1000\n",
            {},
            "LRV101",
            5,
            "shorten it: write warmup_steps: 50",
        ),
        (
            "gpt.py",
            NANOGPT.replace("lr_decay_iters = 5000", "lr_decay_iters = 20000"),
            {},
            "LRV202",
            3,
            "set lr_decay_iters to 5001, the length of the training",
        ),
        (
            "gpt.py",
            NANOGPT.replace("= 100", "= 50_000"),
            {},
            "LRV101",
            4,
            "shorten the warmup: write warmup_iters: 250",
        ),
        (
            "titan.toml",
            "[training]\nsteps = 1000\n[optimizer]\nlr = 3e-4\n"
            "[lr_scheduler]\nwarmup_steps = 5000\n",
            {},
            "LRV101",
            6,
            "shorten the warmup: write warmup_steps: 50",
        ),
        (
            "ds.json",
            DEEPSPEED,
            {"steps": 1000},
            "LRV203",
            5,
            "set total_num_steps to 1000, the length of the training",
        ),
        (
            "hydra.yaml",
            HYDRA,
            {"interval": "step", "steps_per_epoch": 100},
            "LRV002",
            3,
            "step it once an epoch, or write T_max: 1000",
        ),
        (
            "cli.yaml",
            LIGHTNING,
            {},
            "LRV201",
            3,
            "set T_max to 90; for restarts take CosineAnnealingWarmRestarts",
        ),
    ],
)
def test_advice_is_in_the_config_s_words_at_its_line(
    name: str,
    text: str,
    given: dict[str, Any],
    code: str,
    line: int,
    advice: str,
    tmp_path: Path,
) -> None:
    file = tmp_path / name
    file.write_text(text)
    report = check(load_all([str(file)], Overrides(**given)).schedules)
    [finding] = [each for each in report.findings if each.code == code]
    assert (finding.advice, finding.place.line) == (advice, line)
    for change in mended([finding]):
        after = change.data.decode()
        # What is written is what the framework reads: no shares and durations of lrviz.
        assert not any(word in after for word in ("%", "ep}", "rest", "1lr"))


def test_of_what_was_computed_the_argument_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hf.yaml"
    file.write_text(HF + "lr_scheduler_type: linear\nnum_train_epochs: 3\n")
    given = Overrides(dataset_size=800)
    [schedule] = load_all([str(file)], given).schedules
    assert schedule.config is not None
    assert ("scheduler", "num_training_steps") not in schedule.config.keys
    file.write_text(HF + "lr_scheduler_type: linear\nmax_steps: 300\n")
    [schedule] = load_all([str(file)]).schedules
    assert schedule.config is not None
    assert schedule.config.keys["scheduler", "num_training_steps"] == "max_steps"


def test_a_spec_keeps_its_own_words(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(
        "train: {epochs: 10, steps_per_epoch: 100}\noptimizer: {type: Adam, lr: 0.001}\n"
        "scheduler: {type: CosineAnnealingLR, T_max: 10}\n"
    )
    [finding] = check(load_all([str(file)]).schedules).findings
    assert finding.advice == "set `interval: epoch`, or write T_max: 10ep"
