"""Functions that return several optimizers: a curve of each, by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import ExponentialLR, StepLR

import lrviz
from lrviz.building.several import Several
from lrviz.errors import UsageError
from lrviz.simulation.simulated import simulated_each
from tests.commands import lrviz as command


def parameter() -> torch.Tensor:
    return torch.zeros(1, requires_grad=True)


def both() -> tuple[Optimizer, Optimizer]:
    return SGD([parameter()], lr=1.0), AdamW([parameter()], lr=0.1)


def halved(optimizer: Optimizer) -> ExponentialLR:
    return ExponentialLR(optimizer, 0.5)


def forms() -> dict[str, Any]:
    first, second = both()
    one, other = halved(first), StepLR(second, 1, 0.1)
    return {
        "pairs": ((first, one), (second, other)),
        "in a row": (first, second, one, other),
        "in another order": (first, second, other, one),
        "two lists": ([first, second], [one, other]),
        "a dict each": [
            {"optimizer": first, "lr_scheduler": {"scheduler": one, "interval": "step"}},
            {"optimizer": second, "lr_scheduler": {"scheduler": other, "interval": "step"}},
        ],
        "dicts for schedulers": (
            [first, second],
            [{"scheduler": one, "interval": "step"}, {"scheduler": other, "interval": "step"}],
        ),
        "schedulers alone": [one, other],
        "by names": {"muon": (first, one), "rest": (second, other)},
        "by more names": {"a": first, "b": second, "a's": one, "b's": other},
    }


@pytest.mark.parametrize("form", forms())
def test_each_has_a_curve_with_its_own_schedulers(form: str) -> None:
    [schedule] = lrviz.load(lambda: forms()[form], steps=3, steps_per_epoch=1)
    found = {trace.label: trace for _, trace in simulated_each(schedule)}
    assert list(found) == ["<lambda> (SGD)", "<lambda> (AdamW)"]
    assert found["<lambda> (SGD)"].lr[:, 0].tolist() == [1.0, 0.5, 0.25]
    assert found["<lambda> (AdamW)"].lr[:, 0].tolist() == [0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1]
    assert [trace.warnings for trace in found.values()] == [(), ()]


def test_lightnings_lists_are_stepped_per_epoch() -> None:
    def make() -> Any:
        first, second = both()
        return [first, second], [halved(first), halved(second)]

    [schedule] = lrviz.load(make, steps=4, steps_per_epoch=2)
    for _, trace in simulated_each(schedule):
        assert trace.interval == "epoch"
        assert trace.lr[:, 0].tolist()[1:] == [trace.lr[0, 0], *[trace.lr[0, 0] / 2] * 2]


def test_one_without_a_scheduler_is_named() -> None:
    def make() -> Any:
        first, second = both()
        return first, second, halved(first)

    [schedule] = lrviz.load(make, steps=3)
    one, other = (trace for _, trace in simulated_each(schedule))
    assert one.warnings == ()
    assert other.lr[:, 0].tolist() == [0.1] * 3
    assert other.warnings == ("no scheduler acts on AdamW, beside SGD: its lr stays as it is",)


def test_two_of_a_class_are_numbered() -> None:
    def make() -> Any:
        return [(each, halved(each)) for each in (SGD([parameter()]), SGD([parameter()]))]

    [schedule] = lrviz.load(make, steps=3)
    assert [trace.label for _, trace in simulated_each(schedule)] == [
        "make (SGD 0)",
        "make (SGD 1)",
    ]


def test_what_takes_one_says_so() -> None:
    with pytest.raises(Several) as caught:
        lrviz.simulate(both, steps=3)
    assert caught.value.message == (
        "both returned 2 optimizers, SGD, AdamW; lrviz.plot and the command line show a curve of "
        "each, and this takes one: let it return one of them with its scheduler"
    )
    assert len(lrviz.plot(both, steps=3).axes[0].lines) == 2


GAN = """\
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR
def parameters():
    return [torch.nn.Parameter(torch.zeros(2))]
def make(steps):
    generator = torch.optim.Adam(parameters(), lr=1.0)
    critic = torch.optim.SGD(parameters(), lr=0.5)
    return [generator, critic], [
        {"scheduler": CosineAnnealingLR(generator, steps), "interval": "step"},
        {"scheduler": CosineAnnealingLR(critic, steps // 2), "interval": "step"},
    ]
"""


def test_every_command_shows_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gan.py").write_text(GAN)
    table = command("table", "gan.py:make", "--steps", "100", "--format", "csv")
    assert (table.code, table.err) == (0, "")
    assert table.out.splitlines()[0] == "step,epoch,make (Adam),make (SGD)"
    check = command("check", "gan.py:make", "--steps", "100")
    assert "LRV201 rebound [make (SGD)]" in check.out
    assert "make (Adam)" not in check.out
    assert check.out.endswith("1 warning in 2 curves\n")
    assert command("plot", "gan.py:make", "--steps", "100", "-o", "a.svg", "--check").code == 0
    assert "make (Adam)" in Path("a.svg").read_text()
    assert command("compare", "gan.py:make", "--steps", "100", "-o", "b.svg").code == 0


def test_check_says_which_has_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = '        {"scheduler": CosineAnnealingLR(critic, steps // 2), "interval": "step"},\n'
    assert own in GAN
    Path("gan.py").write_text(GAN.replace(own, ""))
    ran = command("check", "gan.py:make", "--steps", "100")
    assert (ran.code, ran.out) == (0, "nothing found in 2 curves\n")
    said = "warning: make (SGD): no scheduler acts on SGD, beside Adam: its lr stays as it is\n"
    assert ran.err == said
    assert command("check", "gan.py:make", "--steps", "100", "-q").err == ""


def test_record_takes_several() -> None:
    first, second = both()
    one, other = halved(first), halved(second)
    traces = lrviz.record([first, second], [one, other], steps=3)
    assert [trace.label for trace in traces] == ["SGD", "AdamW"]
    assert [trace.lr[:, 0].tolist() for trace in traces] == [[1.0, 0.5, 0.25], [0.1, 0.05, 0.025]]
    [_, alone] = lrviz.record([first, second], one, steps=3, label="gan")
    assert (alone.label, alone.lr[:, 0].tolist()) == ("gan (AdamW)", [0.1] * 3)
    assert (first.param_groups[0]["lr"], one.last_epoch) == (1.0, 0)
    with pytest.raises(UsageError, match=r"scheduler\[1\], a ExponentialLR, is on none of them"):
        lrviz.record([first, second], [one, halved(SGD([parameter()]))], steps=3)
