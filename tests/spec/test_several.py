"""`optimizers:` in a spec: several optimizers of one training, each a curve with its scheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR

import lrviz
from lrviz.document import parse
from lrviz.errors import SpecError
from lrviz.sources.loading import load, load_text
from lrviz.spec.inheritance import split
from tests.commands import lrviz as command

SPEC = """\
train: {epochs: 5, steps_per_epoch: 4}
optimizers:
  muon: {type: SGD, lr: 0.02, momentum: 0.95}
  adamw:
    type: AdamW
    groups: {body: {lr: 0.0003}, head: {lr: 0.003}}
    scheduler: {type: ExponentialLR, gamma: 0.5}
    interval: epoch
scheduler: {type: CosineAnnealingLR, T_max: 100%}
"""


def parameter() -> torch.Tensor:
    return torch.zeros(1, requires_grad=True)


def trained() -> tuple[list[list[float]], list[list[float]]]:
    """The loop of both optimizers, each with its scheduler."""
    muon = SGD([parameter()], lr=0.02, momentum=0.95)
    adamw = AdamW([{"params": [parameter()], "lr": 0.0003}, {"params": [parameter()], "lr": 0.003}])
    cosine, halving = CosineAnnealingLR(muon, 20), ExponentialLR(adamw, 0.5)
    rows: tuple[list[list[float]], list[list[float]]] = ([], [])
    for t in range(20):
        for used, found in zip((muon, adamw), rows, strict=True):
            found.append([group["lr"] for group in used.param_groups])
            used.step()
        cosine.step()
        if (t + 1) % 4 == 0:
            halving.step()
    return rows


def test_each_is_a_curve_with_its_own_scheduler_or_the_shared() -> None:
    traces = [lrviz.simulate(each) for each in split_and_load(SPEC)]
    assert [trace.label for trace in traces] == ["muon", "adamw"]
    assert tuple(trace.lr.tolist() for trace in traces) == trained()
    assert [trace.groups for trace in traces] == [("0",), ("body", "head")]
    assert [trace.interval for trace in traces] == ["step", "epoch"]
    assert [trace.warnings for trace in traces] == [(), ()]


def split_and_load(text: str) -> list[Any]:
    return list(load(dict(parse(text, "f"))))


def test_one_without_a_scheduler_stays_as_it_is_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared = "scheduler: {type: CosineAnnealingLR, T_max: 100%}\n"
    Path("two.yaml").write_text(SPEC.replace(shared, ""))
    said = "warning: muon: no scheduler acts on muon, beside adamw: its lr stays as it is\n"
    ran = command("check", "two.yaml")
    assert (ran.code, ran.err) == (0, said)
    ran = command("table", "two.yaml", "--format", "csv", "--at", "all")
    assert ran.err == said
    assert [line.split(",")[2] for line in ran.out.splitlines()[1:]] == ["0.02"] * 20
    picked = command("table", "two.yaml#adamw", "--format", "csv", "--at", "4")
    lines = picked.out.splitlines()
    assert lines[:3] == [
        "step,epoch,adamw/body,adamw/head",
        "0,0.0,0.0003,0.003",
        "4,1.0,0.00015,0.0015",
    ]
    assert picked.err == ""
    assert command("check", "two.yaml", "--set", "optimizers.muon.scheduler=cosine").err == ""


def test_curves_by_their_labels_have_optimizers_too() -> None:
    text = (
        "train: {steps: 5}\n"
        "optimizer: {type: SGD, lr: 0.5}\n"
        "schedules:\n"
        "  gan: {optimizers: {g: Adam, d: {type: SGD, lr: 0.25}}, scheduler: linear}\n"
        "  one: cosine\n"
    )
    first, second, third = split(parse(text, "f"), "f")
    assert [each.label for each in (first, second, third)] == ["gan (g)", "gan (d)", "one"]
    assert [each.beside for each in (first, second, third)] == [("d",), ("g",), ()]
    assert dict(first.tree["optimizer"]) == {"type": "Adam"}
    assert str(second.tree["optimizer"].places["lr"].value) == "f:4:50"
    assert third.tree["optimizer"]["lr"] == 0.5


@pytest.mark.parametrize(
    ("optimizers", "beside", "message"),
    [
        ({"a": "SGD"}, {}, "no schedule: none of the optimizers has a scheduler; add `scheduler:`"),
        (
            {"a": {"scheduler": "cosine"}},
            {"scheduler": "linear"},
            "scheduler: each of the optimizers has a scheduler of its own; take it out",
        ),
        (
            {"a": {"scheduler": "cosine"}},
            {"interval": "epoch"},
            "interval: each of the optimizers has a scheduler of its own; take it out",
        ),
        (
            {"a": {"scheduler": "cosine"}},
            {"optimizer": "SGD"},
            "optimizer and optimizers at once; keep one",
        ),
        (
            {"a": {"scheduler": "cosine", "schedulers": ["linear"]}},
            {},
            "optimizers.a: scheduler and schedulers at once; keep one",
        ),
        (
            {"a": {"scheduler": "cosine"}, "b": {"interval": "epoch"}},
            {},
            "optimizers.b.interval: stands beside a scheduler, and b has none",
        ),
        ({"a": {"scheduler": None}}, {}, "optimizers.a.scheduler: nothing stands there"),
        ({}, {"scheduler": "cosine"}, "optimizers: must not be empty"),
        ({"a": 5}, {"scheduler": "cosine"}, "optimizers.a: must be a"),
        ({"a": {"interval": "never"}}, {"scheduler": "cosine"}, "optimizers.a.interval: must be"),
    ],
)
def test_what_would_act_on_nothing_is_an_error(
    optimizers: dict[str, Any], beside: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load({"train": {"steps": 5}, "optimizers": optimizers, **beside})
    assert caught.value.message.startswith(message)


def test_what_stands_at_the_right_place_in_a_message() -> None:
    text = SPEC.replace("gamma: 0.5", "gama: 0.5")
    [_, schedule] = load_text(text, "f")
    with pytest.raises(SpecError) as caught:
        lrviz.simulate(schedule)
    assert str(caught.value).startswith("f:7:38: ")
