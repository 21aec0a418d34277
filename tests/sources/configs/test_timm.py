"""timm's args.yaml: noise, plateau, and the schedules whose warmup is always a prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import ReduceLROnPlateau

import lrviz
from lrviz.errors import SpecError
from lrviz.sources.loading import load_all, origins_of
from lrviz.sources.overrides import Overrides

PLATEAU = (
    "sched: plateau\nlr: 0.1\nepochs: 9\nwarmup_epochs: 2\nwarmup_lr: 0.01\npatience_epochs: 1\n"
)
METRIC = [3.0, 2.0, 1.0, 4.0, 4.0, 3.0, 3.0, 3.0, 3.0]


def written(text: str, folder: Path, metric: str = "top1") -> str:
    file = folder / "args.yaml"
    file.write_text(text)
    (folder / "summary.csv").write_text("\n".join([metric, *map(str, METRIC)]) + "\n")
    return str(file)


@pytest.mark.parametrize("metric", ["top1", "loss"])
@pytest.mark.parametrize("updates", [1, 3])
def test_plateau_acts_behind_the_warmup(metric: str, updates: int, tmp_path: Path) -> None:
    used = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    mode: Any = "min" if metric == "loss" else "max"
    plateau = ReduceLROnPlateau(used, mode=mode, factor=0.1, patience=1)
    used.param_groups[0]["lr"] = 0.01
    rows = []
    for epoch in range(1, 10):
        rows += [used.param_groups[0]["lr"]] * updates
        if epoch <= 2:
            used.param_groups[0]["lr"] = 0.01 + epoch * ((0.1 - 0.01) / 2)
        else:
            plateau.step(METRIC[epoch - 1])
    file = written(PLATEAU + f"eval_metric: {metric}\n", tmp_path, metric)
    column = f"{tmp_path}/summary.csv:{metric}"
    trace = lrviz.simulate(file, metric=column, steps_per_epoch=updates)
    assert trace.lr[:, 0].tolist() == rows
    assert min(rows[updates * 3 :]) < 0.02


def test_without_a_warmup_plateau_is_alone(tmp_path: Path) -> None:
    file = written(PLATEAU.replace("warmup_epochs: 2", "warmup_epochs: 0"), tmp_path)
    trace = lrviz.simulate(file, metric=f"{tmp_path}/summary.csv:top1")
    assert trace.lr[0, 0] == 0.1


def test_the_end_of_wsd_is_a_share_of_what_is_behind_the_warmup(tmp_path: Path) -> None:
    def scheduler(more: str, **given: Any) -> dict[str, Any]:
        text = f"sched: wsd\nlr: 0.1\nepochs: 20\nwarmup_epochs: 5\n{more}"
        [origin] = origins_of(written(text, tmp_path), Overrides(**given))
        found: dict[str, Any] = origin.tree["scheduler"]
        return {**found, "epochs": origin.tree["train"]["epochs"]}

    plain = scheduler("")
    assert (plain["t_initial"], plain["decay_t"], plain["epochs"]) == (15, 3, 20)
    prefix = scheduler("warmup_prefix: true\ncooldown_epochs: 2\n")
    assert (prefix["t_initial"], prefix["decay_t"], prefix["epochs"]) == (20, 4, 27)
    updates = scheduler("sched_on_updates: true\ndecay_epochs: 2\n", steps_per_epoch=7)
    assert (updates["t_initial"], updates["decay_t"], updates["warmup_t"]) == (105, 14, 35)
    share = scheduler("sched_on_updates: true\ndecay_epochs: 0.5\n", steps_per_epoch=7)
    assert share["decay_t"] == 52  # round(52.5), to the even


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLATEAU, "1:8: sched: plateau sees a metric; give --metric FILE:COLUMN"),
        (
            PLATEAU + "lr_noise: [0.5]\n",
            "7:1: lr_noise: not covered with sched: plateau",
        ),
        (
            "sched: wsd\nlr: 0.1\nepochs: 5\ndecay_epochs: 4\nwarmup_epochs: 2\n",
            "4:15: decay_epochs: 4 steps of 3 behind the warmup",
        ),
        (
            "sched: cosine\nlr: 0.1\nepochs: 5\nwarmup_epochs: 2\nlr_noise: [a]\n",
            "5:11: lr_noise: must be a share of the training, or two",
        ),
        (
            "sched: power\nlr: 0.1\nwarmup_epochs: 2\n",
            "1:8: sched: 'power' is not covered; covered are cosine, tanh, poly, step, constant, "
            "multistep, wsd, rsqrt, plateau, none",
        ),
    ],
)
def test_what_cannot_be_read_says_why(text: str, message: str, tmp_path: Path) -> None:
    file = written(text, tmp_path)
    with pytest.raises(SpecError) as caught:
        load_all([file])
    assert str(caught.value) == f"{file}:{message}"
