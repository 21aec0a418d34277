"""The shortest training, and specs of very many curves, groups and lines."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

import lrviz
from lrviz import catalog
from lrviz.errors import LrvizError
from lrviz.views.plan.placing import Room
from tests.attacks.sizes import COMMANDS, groups, lines, metric, own_curves, schedules, sized
from tests.commands import lrviz as command


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", [preset.name for preset in catalog.presets()])
def test_a_training_of_one_update_is_shown_in_every_form(name: str) -> None:
    [trace] = (lrviz.simulate(each) for each in lrviz.load(name, steps=1))
    assert trace.updates == 1
    assert trace.final == trace.lr[0]
    ran = command("table", name, "--steps", "1", "-q", "--at", "all", "--format", "csv")
    assert ran.code == 0
    [row] = csv.DictReader(io.StringIO(ran.out))
    column = "step:lr" if name == "step" else name
    assert (row["step"], float(row[column])) == ("0", trace.lr[0, 0])
    views = [("table",), ("plot", "--terminal"), ("plot", "-o", "a.svg", "--annotate")]
    for arguments in views:
        assert command(arguments[0], name, "--steps", "1", "-q", *arguments[1:]).code == 0
    assert command("check", name, "--steps", "1", "-q").code in (0, 1)


def fall(slowness: int, step: int) -> float:
    return 1 / (1 + step / slowness)


def test_a_thousand_groups_on_curves_of_their_own_are_exact() -> None:
    Path("spec.yaml").write_text(own_curves(1000))
    lrs = [0.001 * 0.99 ** (1000 - i) for i in range(1000)]
    parameters = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in lrs]
    optimizer = torch.optim.AdamW(parameters)
    lambdas: list[Callable[[int], float]] = [partial(fall, i + 1) for i in range(1000)]
    scheduler = LambdaLR(optimizer, lambdas)
    expected = []
    for _ in range(50):
        expected.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    trace = lrviz.simulate("spec.yaml", steps=50)
    assert np.array_equal(trace.lr, expected)
    assert trace.groups == tuple(f"layers.{i}" for i in range(1000))


def test_a_thousand_groups_on_one_curve_are_one_in_views() -> None:
    Path("spec.yaml").write_text(groups(1000))
    ran = command("table", "spec.yaml", "--steps", "1000")
    assert ran.code == 0
    assert "998 more groups, the same curve as one of these times a factor" in " ".join(
        ran.out.split()
    )
    ran = command("table", "spec.yaml", "--steps", "1000", "--format", "csv")
    assert len(next(csv.reader(io.StringIO(ran.out)))) == 1002


def test_two_hundred_schedules() -> None:
    Path("spec.yaml").write_text(schedules(200))
    ran = command("table", "spec.yaml", "--format", "csv")
    names = next(csv.reader(io.StringIO(ran.out)))[2:]
    assert [name for name in names if ":" not in name] == [f"s{i:03}" for i in range(200)]
    # Five curves, of forty names each.
    ran = command("plot", "spec.yaml", "-o", "a.svg", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert Path("a.svg").read_text().count(" = 37 more</text>") == 5


def test_a_spec_of_five_thousand_lines() -> None:
    text = lines(5000)
    assert text.count("\n") > 5000
    Path("spec.yaml").write_text(text)
    loaded = lrviz.load("spec.yaml")
    assert len(loaded) == 556
    last = lrviz.simulate(loaded[-1])
    assert (last.label, last.lr[0, 0]) == ("curve-555", 0.0556)
    Path("spec.yaml").write_text(text.replace("lr: 0.0556", "lr: fast"))
    with pytest.raises(LrvizError) as caught:
        lrviz.simulate(lrviz.load("spec.yaml")[-1])
    assert str(caught.value) == ("spec.yaml:5002:11: optimizer.lr: must be a number, not 'fast'")


def test_a_metric_of_twenty_thousand_lines() -> None:
    Path("spec.yaml").write_text(metric(20_000))
    trace = lrviz.simulate("spec.yaml")
    assert trace.error is None
    assert (trace.updates, set(trace.lr[:, 0])) == (20_000, {0.1})  # it falls all the time


@pytest.mark.parametrize("line", [each for each in COMMANDS if "-o" in each], ids=" ".join)
def test_the_figures_of_the_script_can_be_asked_for(line: tuple[str, ...]) -> None:
    command_line = sized(line)
    assert command(command_line[0], "cosine", *command_line[1:], "-q", "--steps", "20").code == 0


def test_a_curve_takes_a_bit_a_cell_of_where_names_can_be() -> None:
    room = Room(20, 15)
    heights = np.linspace(0.1, 14.9, room.columns)
    tracemalloc.start()
    for rise in range(1, 21):
        room.take_curve(heights / rise, heights / rise)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1.1 * 20 * (20 / 0.02) * (15 / 0.02) / 8
    others = room.others(0)
    assert others[100:200, 500].any()
    assert not others[370:400, 500].any()
    assert room.others(1)[370:400, 500].any()
