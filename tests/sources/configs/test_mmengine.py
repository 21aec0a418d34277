"""Configs of MMEngine: what is not covered, what is asked for, and what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lrviz
from lrviz.checking.runner import check
from lrviz.errors import SpecError
from lrviz.sources.loading import load_all, origins_of
from lrviz.sources.overrides import Overrides

EPOCHS = "train_cfg = dict(by_epoch=True, max_epochs=4)\n"
ITERATIONS = "train_cfg = dict(type='IterBasedTrainLoop', max_iters=100)\n"
SGD = "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))\n"
STEPS = "param_scheduler = dict(type='MultiStepLR', milestones=[2, 3])\n"
WARMUP = "param_scheduler = [dict(type='LinearLR', by_epoch=False, end=5, start_factor=0.1)]\n"


def rates(text: str, folder: Path, **given: Any) -> list[float]:
    return [float(rate) for rate in lrviz.simulate(written(text, folder), **given).lr[:, 0]]


def written(text: str, folder: Path) -> str:
    file = folder / "cfg.py"
    file.write_text(text)
    return str(file)


def test_epochs_alone_are_drawn_with_an_update_each(tmp_path: Path) -> None:
    text = EPOCHS + SGD + STEPS
    assert rates(text, tmp_path) == [0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1]
    assert rates(text, tmp_path, steps_per_epoch=2)[3:5] == [0.1, 0.1 * 0.1]
    assert rates(text, tmp_path, epochs=2) == [0.1, 0.1]
    [schedule] = load_all([written(text, tmp_path)]).schedules
    assert schedule.config is not None
    assert "one update an epoch drawn (--steps-per-epoch)" in schedule.config.said


def test_in_a_training_by_iterations_an_epoch_never_ends(tmp_path: Path) -> None:
    assert rates(ITERATIONS + SGD + STEPS, tmp_path) == [0.1] * 100
    assert rates(ITERATIONS + SGD, tmp_path) == [0.1] * 100
    assert len(rates(ITERATIONS + SGD + WARMUP, tmp_path, steps=30)) == 30


def test_accumulated_batches_make_fewer_updates(tmp_path: Path) -> None:
    text = ITERATIONS.replace("100", "10") + SGD.replace("dict(o", "dict(accumulative_counts=3, o")
    found = rates(text + WARMUP, tmp_path)
    each = rates(ITERATIONS.replace("100", "10") + SGD + WARMUP, tmp_path)
    # The last batch makes an update of its own.
    assert found == [each[2], each[5], each[8], each[9]]
    assert each[4] < 0.1 * (1 + 1e-12)
    # Without accumulation, which was written last, there is nothing to tell.
    plain = check(load_all([str(tmp_path / "cfg.py")]).schedules)
    assert "LRV715" not in [one.code for one in plain.findings]
    report = check(load_all([written(text + WARMUP, tmp_path)]).schedules)
    [told] = [one for one in report.findings if one.code == "LRV715"]
    assert told.message == (
        "LinearLR is stepped after each batch, and 3 batches make an update (accumulative_counts): "
        "end 5 is update 1"
    )
    assert (told.place.line, told.place.column) == (3, 62)


def test_the_samples_of_all_processes_scale_the_rate(tmp_path: Path) -> None:
    text = (
        EPOCHS + SGD + STEPS + "train_dataloader = dict(batch_size=2)\n"
        "auto_scale_lr = dict(enable=True, base_batch_size=16)\n"
    )
    assert rates(text, tmp_path, world_size=4)[0] == 0.1 * (8.0 / 16.0)
    assert rates(text, tmp_path)[0] == 0.1 * (2.0 / 16.0)
    assert rates(text.replace("True, base", "False, base"), tmp_path)[0] == 0.1


def test_groups_have_their_multipliers(tmp_path: Path) -> None:
    wrapper = (
        "optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.1), paramwise_cfg=dict("
        "bias_lr_mult=2.0, custom_keys={'.norm': dict(decay_mult=0.0), "
        "'a.b': dict(lr_mult=0.3)}))\n"
    )
    trace = lrviz.simulate(written(EPOCHS + wrapper + STEPS, tmp_path))
    assert trace.groups == ("a_b", "bias", "rest")
    assert trace.lr[0].tolist() == [0.1 * 0.3, 0.1 * 2.0, 0.1]


def test_what_moves_the_momentum_is_left_out_and_said(tmp_path: Path) -> None:
    text = (
        EPOCHS + SGD + "param_scheduler = [dict(type='MultiStepLR', milestones=[2]),\n"
        "    dict(type='LinearMomentum', end=2),\n"
        "    dict(type='CosineAnnealingParamScheduler', param_name='weight_decay', T_max=3),\n"
        "    dict(type='StepParamScheduler', param_name='lr', step_size=3)]\n"
    )
    assert rates(text, tmp_path) == [0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1]
    [origin] = origins_of(str(tmp_path / "cfg.py"), Overrides())
    assert origin.config is not None
    why = "it moves another value than the rate"
    assert origin.config.unused == (
        ("param_scheduler.1.type", why),
        ("param_scheduler.2.type", why),
    )


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (
            EPOCHS + SGD + WARMUP,
            {},
            "1:13: counted in iterations, and how many an epoch has is not known; give "
            "--dataset-size (or --steps-per-epoch)",
        ),
        (
            EPOCHS + SGD + WARMUP,
            {"dataset_size": 9},
            "1:1: train_dataloader says no batch_size; give --steps-per-epoch",
        ),
        (
            EPOCHS + SGD + "param_scheduler = dict(type='ReduceOnPlateauLR', monitor='loss')\n",
            {},
            "3:24: param_scheduler.type: ReduceOnPlateauLR is not covered; ConstantLR, "
            "CosineAnnealingLR, CosineRestartLR, ExponentialLR, LinearLR, MultiStepLR, OneCycleLR, "
            "PolyLR, QuadraticWarmupLR, StepLR are",
        ),
        (
            EPOCHS + SGD + "param_scheduler = [dict(type='StepLR', step_size=f(3))]\n",
            {},
            "3:50: param_scheduler.0.step_size: must be a number, and f(3) is not known: `f(3)` is "
            "not read; a config is not run: literals, dict(...), arithmetic and names defined "
            "above are read",
        ),
        (
            EPOCHS + SGD + "param_scheduler = dict(type='StepLR', step_size=3, gama=0.5)\n",
            {},
            "3:52: param_scheduler.gama: StepLR has no such argument; did you mean gamma?",
        ),
        (
            EPOCHS + SGD + "param_scheduler = dict(type='StepLR', begin=4, step_size=3)\n",
            {},
            "3:45: param_scheduler.begin: must leave steps: it acts from 4 to, not 4",
        ),
        (
            EPOCHS + "optim_wrapper = dict(g=dict(optimizer=dict(lr=1)), d=dict())\n" + STEPS,
            {},
            "2:1: optim_wrapper: several optimizers; not covered",
        ),
        (
            "optimizer = dict(type='SGD', lr=0.02)\noptimizer_config = dict(grad_clip=None)\n"
            "lr_config = dict(policy='step', step=[8, 11])\n",
            {},
            "3:1: lr_config: a config for mmcv 1, before MMEngine; not covered",
        ),
        (
            EPOCHS + "optim_wrapper = dict(optimizer=dict(type='SGD'))\n" + STEPS,
            {},
            "2:32: optim_wrapper.optimizer says no lr; give it there",
        ),
        (
            "from mmengine.config import read_base\nwith read_base():\n    from .base import *\n"
            + EPOCHS + SGD + STEPS,
            {},
            "2:1: a `with` block: imported bases are not read; a config is not run: literals, "
            "dict(...), arithmetic and names defined above are read",
        ),
        (
            EPOCHS + SGD + "param_scheduler = dict(type='StepLR', step_size=3, by_epoch=False, "
            "convert_to_iter_based=True)\n",
            {"steps_per_epoch": 4},
            "3:90: param_scheduler.convert_to_iter_based: is for schedulers with by_epoch=True, "
            "not true",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_to_do(
    text: str, given: dict[str, Any], message: str, tmp_path: Path
) -> None:
    file = written(text, tmp_path)
    with pytest.raises(SpecError) as caught:
        lrviz.simulate(load_all([file], Overrides(**given)).schedules[0])
    said = str(caught.value).removeprefix(f"{file}:")
    assert said == message
