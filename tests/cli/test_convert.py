"""`lrviz convert`: the spec of a config, with where each value is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import lrviz


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


TRAIN = """\
learning_rate: 1e-4
max_steps: 100
warmup_steps: 10
lr_scheduler_type: cosine
num_train_epochs: 3
per_device_train_batch_size: 8
"""
SPEC = """\
# train.yaml, read as transformers 5.23: 100 updates
# without effect:
#   num_train_epochs  max_steps decides
train:
  steps: 100  # max_steps
optimizer:
  type: AdamW  # only its lr matters here
  lr: 0.0001  # learning_rate
scheduler:
  type: transformers.cosine  # lr_scheduler_type
  num_warmup_steps: 10  # warmup_steps
  num_training_steps: 100  # max_steps
interval: step  # lr_scheduler_type, after every update
"""


def test_the_spec_says_where_each_value_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.yaml").write_text(TRAIN)
    ran = lrviz("convert", "train.yaml")
    assert (ran.code, ran.out, ran.err) == (0, SPEC, "")


def test_a_file_is_written_and_none_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.yaml").write_text(TRAIN)
    ran = lrviz("convert", "train.yaml", "-o", "spec.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "wrote spec.yaml\n")
    assert (tmp_path / "spec.yaml").read_text() == SPEC
    again = lrviz("convert", "train.yaml", "-o", "spec.yaml")
    assert again.code == 2
    assert again.err.endswith("is here already; --force overwrites it, -o names another file\n")


def test_a_spec_is_no_config(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("train: {steps: 9}\nscheduler: cosine\n")
    ran = lrviz("convert", "spec.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "is no config of another framework" in ran.err


def test_code_is_refused_before_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("open('ran', 'w')\n\ndef plan(optimizer): ...\n")
    for source in ("run:train.py", "train.py:plan"):
        ran = lrviz("convert", source)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"error: {source}: is code, and no config of another framework\n"
    assert not (tmp_path / "ran").exists()
