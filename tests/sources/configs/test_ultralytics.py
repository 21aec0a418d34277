"""args.yaml of Ultralytics: what versions change, what `auto` takes, and what is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lrviz
from lrviz.errors import SpecError
from lrviz.sources.loading import load_all, origins_of
from lrviz.sources.overrides import Overrides

ARGS = "epochs: 4\nbatch: 64\noptimizer: SGD\nlr0: 0.01\nlrf: 0.01\ncos_lr: false\n"


def written(text: str, folder: Path) -> str:
    file = folder / "args.yaml"
    file.write_text(text)
    return str(file)


def test_the_warmup_ends_where_the_version_has_it(tmp_path: Path) -> None:
    file = written(ARGS, tmp_path)

    def warmup(version: str) -> int:
        given = Overrides(framework=version, dataset_size=640)
        [schedule] = load_all([file], given).schedules
        count: int = schedule.tree["scheduler"]["nw"]
        return count

    assert warmup("yolo") == warmup("ultralytics@8.4.103") == 30
    assert warmup("yolo@8.4.102") == warmup("yolo@8") == 100
    lr = lrviz.simulate(file, dataset_size=640).lr
    # 10 batches an epoch: batch 30 is the first of epoch 3, whose factor is 1/4 of the way down.
    weights, biases = lr[:, 0], lr[:, 1]
    aim = 0.01 * ((1 - 3 / 4) * 0.99 + 0.01)
    assert weights[30] == biases[30] == weights[39] == aim
    assert weights[29] == 0.01 * ((1 - 2 / 4) * 0.99 + 0.01) / 30 * 29
    assert (weights[0], biases[0]) == (0.0, 0.1)


def test_fewer_batches_make_an_update_in_the_warmup(tmp_path: Path) -> None:
    file = written(ARGS.replace("batch: 64", "batch: 16"), tmp_path)
    trace = lrviz.simulate(file, framework="yolo", dataset_size=160)
    # 40 batches: of the warmup's 30 an update has 1 to 4, by the nearest whole number.
    made, last = [], -1
    for ni in range(40):
        batches = round(1 + 3 * ni / 30) if ni <= 30 else 4
        if ni - last >= batches:
            made.append(ni)
            last = ni
    assert made[:8] == [0, 1, 2, 3, 4, 6, 8, 10]
    factors = [(1 - epoch / 4) * 0.99 + 0.01 for epoch in range(4)]
    rates = [0.01 * factors[ni // 10] / 30 * min(ni, 30) for ni in made]
    assert trace.lr[:, 0].tolist() == pytest.approx(rates, rel=1e-15)


@pytest.mark.parametrize(
    ("version", "samples", "kind", "lr"),
    [
        ("yolo", 64, "AdamW", round(0.002 * 5 / 84, 6)),
        ("yolo", 64 * 2501, "MuSGD", 0.01),
        ("yolo@8.4.2", 64 * 2501, "SGD", 0.01),
        ("yolo@8.4.2", 64, "MuSGD", round(0.002 * 5 / 84, 6)),
        ("yolo@8.3", 64 * 2500, "AdamW", round(0.002 * 5 / 84, 6)),
        ("yolo@8.3", 64 * 2501, "SGD", 0.01),
    ],
)
def test_auto_takes_a_rate_of_its_own(
    version: str, samples: int, kind: str, lr: float, tmp_path: Path
) -> None:
    text = ARGS.replace("SGD", "auto").replace("lr0: 0.01", "lr0: 0.5") + "nc: 80\n"
    given = Overrides(framework=version, dataset_size=samples)
    [origin] = origins_of(written(text, tmp_path), given)
    assert origin.config is not None
    assert f"{kind} at {lr:g} by optimizer: auto, not lr0 0.5" in origin.config.assumed
    assert origin.tree["optimizer"]["lr"] == lr
    # The biases begin at 0 too.
    assert set(origin.tree["scheduler"]["warmup_lr"]) == {0.0}
    groups = ["head", "weights", "biases"] if kind == "MuSGD" else ["weights", "biases"]
    assert list(origin.tree["optimizer"]["groups"]) == groups


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (
            ARGS,
            {},
            "1:1: the warmup is counted in batches, and how many an epoch has is not known; give "
            "--dataset-size (or --steps-per-epoch)",
        ),
        (
            ARGS.replace("SGD", "auto"),
            {"dataset_size": 64},
            "3:12: optimizer: auto takes AdamW at 0.01 / (4 + nc) for 4 iterations, and the "
            "classes of the data are not known; give --set nc=80, or write optimizer and lr0",
        ),
        (
            ARGS.replace("SGD", "auto"),
            {"steps_per_epoch": 9},
            "3:12: optimizer: auto depends on the samples; give --dataset-size",
        ),
        (
            ARGS.replace("batch: 64", "batch: -1"),
            {"dataset_size": 64},
            "2:8: batch: AutoBatch takes what fits into memory; write the batch that it took",
        ),
        (
            ARGS + "time: 2.5\n",
            {"dataset_size": 64},
            "7:1: time: hours say how many epochs there are; not covered",
        ),
        (
            ARGS.replace("batch: 64", "batch: 2"),
            {"dataset_size": 64, "world_size": 4},
            "2:8: batch: 2 on 4 processes is none",
        ),
    ],
)
def test_what_is_not_known_is_asked_for(
    text: str, given: dict[str, Any], message: str, tmp_path: Path
) -> None:
    file = written(text, tmp_path)
    with pytest.raises(SpecError) as caught:
        load_all([file], Overrides(**given))
    assert str(caught.value) == f"{file}:{message}"
