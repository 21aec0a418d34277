"""The recipes of configs/: their published numbers, at the updates where something happens."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.optim.swa_utils import SWALR

import lrviz
from lrviz import Trace, catalog
from lrviz.document import parse

FOLDER = catalog.configs_folder()
NAMES = catalog.recipe_names()
GUIDE = Path(lrviz.__file__).parent / "catalog" / "guide.yaml"


@cache
def traces(name: str) -> dict[str, Trace]:
    schedules = lrviz.load(str(FOLDER / f"{name}.yaml"))
    return {schedule.label: lrviz.simulate(schedule) for schedule in schedules}


def trace(name: str, label: str | None = None) -> Trace:
    return traces(name)[label or name]


def around(curve: Trace, update: int) -> list[float]:
    """The lr at `update` and at its two neighbours."""
    return [float(lr) for lr in curve.lr[update - 1 : update + 2, -1]]


def guide() -> Any:
    return parse(GUIDE.read_text(encoding="utf-8"), GUIDE.name)


@pytest.mark.parametrize("name", NAMES)
def test_documented(name: str) -> None:
    recipe = catalog.recipe(name)
    assert recipe.title
    assert recipe.summary.endswith(".")
    assert recipe.when.endswith(".")
    assert recipe.reference


@pytest.mark.parametrize("name", NAMES)
def test_runs_without_a_word(name: str) -> None:
    for schedule in lrviz.load(str(FOLDER / f"{name}.yaml")):
        assert schedule.notes == ()
    for curve in traces(name).values():
        assert curve.error is None
        assert curve.warnings == ()
        assert curve.updates == curve.length.updates


def test_guide_leads_to_every_recipe() -> None:
    answers = [answer for each in guide()["questions"].values() for answer in each["answers"]]
    assert {name for answer in answers for name in answer.get("recipes", [])} == set(NAMES)


def test_guide_has_the_documented_shape() -> None:
    data = guide()
    questions = data["questions"]
    assert list(data) == ["start", "questions", "warmup"]
    assert {data["start"]} | {
        answer["next"]
        for each in questions.values()
        for answer in each["answers"]
        if "next" in answer
    } == set(questions)
    for each in questions.values():
        assert each["ask"].endswith("?")
        for answer in each["answers"]:
            assert set(answer) in ({"text", "next"}, {"text", "advice", "recipes"})
    assert all(list(each) == ["setting", "length", "source"] for each in data["warmup"])


def test_resnet50_drops_after_epochs_30_60_80() -> None:
    curve = trace("resnet50-imagenet")
    assert (curve.updates, curve.updates_per_epoch) == (90 * 5005, 5005)
    assert around(curve, 30 * 5005) == [0.1, 0.1 * 0.1, 0.1 * 0.1]
    assert [curve.lr[epoch * 5005, 0] for epoch in (60, 80, 89)] == pytest.approx(
        [1e-3, 1e-4, 1e-4], rel=1e-12
    )


def test_resnet50_8k_warms_up_from_the_small_batch_lr() -> None:
    curve = trace("resnet50-imagenet-8k", "goyal")
    assert curve.updates_per_epoch == 157
    assert curve.lr[0, 0] == 0.1
    assert around(curve, 5 * 157) == pytest.approx([3.2 - 3.1 / 785, 3.2, 3.2], rel=1e-12)
    for epoch, lr in ((30, 0.32), (60, 0.032), (80, 0.0032)):
        assert around(curve, epoch * 157) == pytest.approx([10 * lr, lr, lr], rel=1e-12)
    plain = trace("resnet50-imagenet-8k", "no-warmup")
    assert plain.lr[785:, 0].tolist() == pytest.approx(curve.lr[785:, 0].tolist(), rel=1e-12)


def test_resnet110_counts_in_updates() -> None:
    curve = trace("cifar10-resnet")
    assert curve.updates == 64000
    assert around(curve, 400) == pytest.approx([0.01, 0.1, 0.1], rel=1e-12)
    assert around(curve, 32000) == pytest.approx([0.1, 0.01, 0.01], rel=1e-12)
    assert around(curve, 48000) == pytest.approx([0.01, 0.001, 0.001], rel=1e-12)


def test_sgdr_restarts_after_epochs_10_30_70_150() -> None:
    curve = trace("cifar10-sgdr")
    lr = curve.lr[:, 0]
    restarts = [t for t in range(1, curve.updates) if lr[t] > lr[t - 1]]
    assert restarts == [391 * epoch for epoch in (10, 30, 70, 150)]
    assert [lr[t] for t in restarts] == [0.05] * 4
    assert all(lr[t - 1] < 1e-6 for t in restarts)


def test_dawnbench_fastai_cycle() -> None:
    curve = trace("cifar10-dawnbench", "fastai")
    assert curve.updates == 30 * 98
    assert curve.lr[[0, 1175, 2350, -1], 0].tolist() == pytest.approx(
        [1.5 / 20, 1.5, 1.5 / 20, 1.5 / 2000], rel=1e-9
    )
    assert curve.curves["momentum"][[0, 1175, 2350], 0].tolist() == pytest.approx(
        [0.95, 0.85, 0.95], rel=1e-12
    )


def test_dawnbench_page_is_piecewise_linear() -> None:
    curve = trace("cifar10-dawnbench", "page")
    assert curve.updates == 24 * 97
    assert around(curve, 485) == pytest.approx([0.4 * 484 / 485, 0.4, 0.4 * 1842 / 1843])
    assert curve.after["lr"].tolist() == [0.0]


def test_swa_is_the_documented_loop() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    scheduler = CosineAnnealingLR(optimizer, T_max=300)
    swa_start = 160
    swa_scheduler = SWALR(optimizer, swa_lr=0.05)
    documented = []
    for epoch in range(300):
        documented.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if epoch > swa_start:
            swa_scheduler.step()
        else:
            scheduler.step()
    curve = trace("swa-cifar").lr[:, 0]
    assert curve[::391].tolist() == documented
    assert curve[390::391].tolist() == documented


def test_efficientnet_staircase_starts_under_the_warmup() -> None:
    curve = trace("efficientnet")
    assert curve.updates == 350 * 313
    assert around(curve, 5 * 313) == pytest.approx(
        [0.256 * 1564 / 1565, 0.256 * 0.97**2, 0.256 * 0.97**2], rel=1e-12
    )
    assert curve.lr[12 * 313 + 1, 0] == pytest.approx(0.256 * 0.97**5, rel=1e-12)
    assert curve.final[0] == pytest.approx(0.256 * 0.97**145, rel=1e-12)


@pytest.mark.parametrize(("label", "lr"), [("trainaug", 0.007), ("trainval", 0.001)])
def test_deeplab_poly(label: str, lr: float) -> None:
    curve = trace("deeplab-v3", label).lr[:, 0]
    poly = [lr * (1 - t / 30000) ** 0.9 for t in range(30000)]
    assert curve[0] == lr
    assert curve.tolist() == pytest.approx(poly, rel=1e-10)


def test_vit_peaks_after_10k_updates() -> None:
    curve = trace("vit-imagenet")
    assert curve.updates == 300 * 313
    assert curve.lr[0, 0] == 0.0
    assert around(curve, 10000)[:2] == [0.003 * 0.9999, 0.003]
    assert around(curve, 10000)[2] < 0.003
    assert curve.after["lr"].tolist() == [0.0]


def test_beit_scales_each_layer() -> None:
    curve = trace("beit-finetune")
    assert curve.updates_per_epoch == 1251
    assert curve.groups == (*(f"backbone.{i}" for i in range(13)), "head")
    peak = curve.lr[20 * 1251].tolist()
    assert peak == pytest.approx([0.004 * 0.65**k for k in range(13, -1, -1)], rel=1e-12)
    assert around(curve, 20 * 1251)[0] < peak[-1] > around(curve, 20 * 1251)[2]
    assert curve.after["lr"][-1] == pytest.approx(1e-6, rel=1e-12)


def test_transformer_base_peaks_at_update_4000() -> None:
    curve = trace("transformer-base").lr[:, 0]
    assert curve.argmax() == 3999
    assert curve[3999] == pytest.approx((512 * 4000) ** -0.5, rel=1e-12)
    preset = lrviz.simulate("noam", steps=100000, lr=(512 * 4000) ** -0.5)
    assert curve.tolist() == pytest.approx(preset.lr[:, 0].tolist(), rel=1e-12)


def test_t5_is_constant_for_10k_updates() -> None:
    curve = trace("t5")
    assert curve.updates == 2**19
    assert set(curve.lr[:10001, 0]) == {0.01}
    assert curve.lr[10001, 0] == 1 / math.sqrt(10001)
    assert curve.final[0] == 1 / math.sqrt(2**19 - 1)


def test_bert_peaks_after_10k_of_a_million_updates() -> None:
    paper = trace("bert-pretrain", "paper")
    assert paper.updates == 10**6
    assert around(paper, 10000) == [1e-4 * 0.9999, 1e-4, 1e-4 * (989999 / 990000)]
    assert paper.after["lr"].tolist() == [0.0]


def test_the_code_of_bert_drops_by_a_percent_after_the_warmup() -> None:
    code = trace("bert-pretrain", "code")
    assert around(code, 10000) == [1e-4 * 0.9999, 1e-4 * 0.99, 1e-4 * (1 - 0.010001)]


def test_bert_finetune_has_the_343_updates_of_the_readme() -> None:
    curve = trace("bert-finetune")
    assert curve.updates == 343
    assert around(curve, 34) == [2e-5 * (33 / 34), 2e-5, 2e-5 * (308 / 309)]


def test_gpt3_floor_begins_at_260_billion_tokens() -> None:
    curve = trace("gpt3")
    assert curve.updates == 93750
    assert around(curve, 117)[:2] == [6e-5 * (116 / 117), 6e-5]
    before, at, later = around(curve, 81250)
    assert before > at == later == 6e-5 * 0.1
    assert before == pytest.approx(6e-6, rel=1e-6)
    assert set(curve.lr[81250:, 0]) == {6e-5 * 0.1}
    assert curve.after["lr"].tolist() == [6e-5 * 0.1]


def test_llama2_ends_at_a_tenth() -> None:
    curve = trace("llama2")
    assert curve.updates == 500000
    assert around(curve, 2000)[:2] == [3e-4 * (1999 / 2000), 3e-4]
    assert curve.after["lr"].tolist() == [3e-4 * 0.1]


def test_minicpm_halves_every_5000_updates() -> None:
    curve = trace("minicpm-wsd")
    stable_end = round(1e12 / 3.93e6)
    assert curve.lr[[1999, 2000, stable_end - 1, stable_end], 0].tolist() == [
        0.01 * (1999 / 2000),
        0.01,
        0.01,
        0.01,
    ]
    assert curve.lr[[stable_end + 5000, stable_end + 10000], 0].tolist() == [0.005, 0.0025]


def test_plateau_is_what_the_logged_run_did() -> None:
    curve = trace("plateau")
    with (FOLDER / "data" / "plateau.csv").open(encoding="utf-8", newline="") as file:
        logged = [float(row["lr"]) for row in csv.DictReader(file)]
    assert curve.lr[::157, 0].tolist() == logged
    assert curve.lr[156::157, 0].tolist() == logged


def test_range_test_covers_8_decades() -> None:
    curve = trace("range-test").lr[:, 0]
    assert [curve[0], curve[-1]] == pytest.approx([1e-7, 10.0], rel=1e-12)
