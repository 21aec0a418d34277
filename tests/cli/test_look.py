"""`plot`, `compare` and `table`: what they write, print and say, and how they end."""

from __future__ import annotations

import csv
import io
import json
import struct
from pathlib import Path

import pytest

import lrviz as package
from lrviz.views.figure import FigureOptions, figure, save_bytes
from lrviz.writing.provenance import written_by_lrviz
from tests.commands import lrviz

SHORT = ("--steps", "100", "--lr", "0.1")
USER_CODE = """
import torch

def make(optimizer, steps):
    return torch.optim.lr_scheduler.StepLR(optimizer, step_size=steps // 2)

def broken(optimizer):
    raise RuntimeError("my own fault")

def warmup(step):
    return min(1.0, (step + 1) / 4)
"""
SPEC = """
title: Two ways
train: {epochs: 4, steps_per_epoch: 25}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
schedules:
  steps: {interval: epoch, scheduler: {type: StepLR, step_size: 2}}
  cosine: {scheduler: cosine}
plot: {x: epoch, log: true}
table: {at: [7]}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def picture(*labels: str, options: FigureOptions | None = None) -> bytes:
    traces = [package.simulate(label, steps=100, lr=0.1) for label in labels]
    return save_bytes(figure(traces, options), "png", source=", ".join(labels))


def test_plot_writes_one_picture_here_and_says_which() -> None:
    ran = lrviz("plot", "cosine", "onecycle", *SHORT)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "wrote cosine-vs-onecycle.png\n"
    assert names() == ["cosine-vs-onecycle.png"]
    assert Path("cosine-vs-onecycle.png").read_bytes() == picture("cosine", "onecycle")
    assert written_by_lrviz(Path("cosine-vs-onecycle.png"))


def test_plot_replaces_its_own_picture_but_no_other() -> None:
    lrviz("plot", "cosine", *SHORT)
    assert lrviz("plot", "cosine", *SHORT).code == 0
    Path("cosine.png").write_bytes(b"a photograph")
    ran = lrviz("plot", "cosine", *SHORT)
    assert (ran.code, Path("cosine.png").read_bytes()) == (2, b"a photograph")
    assert lrviz("plot", "cosine", *SHORT, "-o", "cosine.png").code == 0
    assert Path("cosine.png").read_bytes() == picture("cosine")


def test_the_format_follows_each_extension() -> None:
    ran = lrviz("plot", "cosine", *SHORT, "-o", "a.PNG", "-o", "a.svg", "--output", "a.pdf")
    assert ran.err == "wrote a.PNG\nwrote a.svg\nwrote a.pdf\n"
    assert Path("a.PNG").read_bytes().startswith(b"\x89PNG")
    assert Path("a.svg").read_bytes().startswith(b"<?xml")
    assert Path("a.pdf").read_bytes().startswith(b"%PDF")


def test_a_failure_to_render_one_writes_none() -> None:
    Path("a.png").write_bytes(b"old")
    ran = lrviz("plot", "cosine", *SHORT, "-o", "a.png", "-o", "b.svg", "--style", "papre")
    assert ran.code == 2
    assert ran.err.startswith("error: no style 'papre'; did you mean paper?")
    assert names() == ["a.png"]
    assert Path("a.png").read_bytes() == b"old"


def test_size_and_dpi_make_the_pixels() -> None:
    lrviz("plot", "cosine", *SHORT, "-o", "a.png", "--size", "4x3", "--dpi", "50")
    assert struct.unpack(">II", Path("a.png").read_bytes()[16:24]) == (200, 150)


def test_title_axis_scale_groups_and_param_reach_the_figure() -> None:
    options = FigureOptions(x="progress", log=True, title="T", groups="all", param="momentum")
    line = "--x progress --log --title T --groups all --param momentum -o a.png"
    lrviz("plot", "onecycle", *SHORT, *line.split())
    assert Path("a.png").read_bytes() == picture("onecycle", options=options)


def test_the_specs_plot_section_is_the_default_and_linear_overrides_it() -> None:
    Path("s.yaml").write_text(SPEC)
    traces = [package.simulate(each) for each in package.load("s.yaml")]
    for flags, log, x in (
        ((), True, "epoch"),
        (("--linear",), False, "epoch"),
        (("--x", "step"), True, "step"),
    ):
        ran = lrviz("plot", "s.yaml", *flags, "-q")
        assert (ran.code, ran.err) == (0, "")
        options = FigureOptions(log=log, x=x, title="Two ways")  # type: ignore[arg-type]
        wanted = save_bytes(figure(traces, options), "png", source=traces[0].source)
        assert Path("s.png").read_bytes() == wanted


def test_show_needs_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")
    ran = lrviz("plot", "cosine", *SHORT, "--show")
    assert ran.err == (
        "error: no window can be opened here: matplotlib's backend is agg; write a file with -o\n"
    )
    assert (ran.code, names()) == (2, [])


def test_what_is_assumed_is_said_once_and_not_when_quiet() -> None:
    ran = lrviz("table", "cosine", "linear")
    assert ran.err == (
        "cosine, linear: 1,000 updates, SGD, lr 0.1, momentum 0.9 "
        "(say otherwise with --steps, --optimizer, --lr)\n"
    )
    assert lrviz("table", "cosine", "linear", "-q").err == ""


def test_verbose_says_what_is_simulated() -> None:
    Path("s.yaml").write_text(SPEC)
    assert lrviz("table", "s.yaml", "-v").err == (
        "steps: 100 updates, 25 an epoch; SGD; StepLR per epoch\n"
        "cosine: 100 updates, 25 an epoch; SGD; CosineAnnealingLR per step\n"
    )


def test_warnings_are_said_once_for_all_that_have_them() -> None:
    Path("s.yaml").write_text(
        "train: {epochs: 4, steps_per_epoch: 25}\n"
        "schedules:\n"
        "  a: {scheduler: {type: StepLR, step_size: 2}}\n"
        "  b: {scheduler: {type: StepLR, step_size: 2, gamma: 0.5}}\n"
    )
    text = "stepped per update: step_size 2 is in updates; did you mean interval: epoch?"
    assert lrviz("table", "s.yaml", "--lr", "0.1").err == f"warning: a, b: {text}\n"
    assert lrviz("table", "s.yaml", "--lr", "0.1", "--interval", "epoch").err == ""


def test_a_run_cut_short_shows_what_there_is_and_exits_with_1() -> None:
    source = "OneCycleLR:max_lr=0.1,total_steps=60"
    ran = lrviz("table", source, *SHORT, "--at", "all", "--format", "csv")
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 62
    assert ran.err == (
        "warning: OneCycleLR: --lr 0.1: without effect, its scheduler sets the rates\n"
        "error: OneCycleLR: its scheduler failed after update 60 of 100, and the curve ends there: "
        "ValueError: Tried to step 61 times. The specified number of total steps is 60\n"
    )
    ran = lrviz("plot", source, *SHORT, "-o", "a.png")
    assert (ran.code, names()) == (1, ["a.png"])


def test_a_users_own_code_is_traced_under_verbose_only() -> None:
    Path("mine.py").write_text(USER_CODE)
    ran = lrviz("table", "mine.py:broken", *SHORT)
    assert ran.code == 2
    assert "my own fault" in ran.err
    assert "Traceback" not in ran.err
    ran = lrviz("table", "mine.py:broken", *SHORT, "-v")
    assert ran.code == 2
    assert 'raise RuntimeError("my own fault")' in ran.err
    assert ran.err.splitlines()[-1].startswith("error: ")


def test_functions_and_stdin_are_sources() -> None:
    Path("mine.py").write_text(USER_CODE)
    ran = lrviz("table", "mine.py:make", "f=mine.py:warmup", *SHORT, "--at", "all", "--format=csv")
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert rows[0] == ["step", "epoch", "make", "f"]
    assert [row[2] for row in rows[50:53]] == ["0.1", repr(0.1 * 0.1), repr(0.1 * 0.1)]
    assert [row[3] for row in rows[1:6]] == ["0.25", "0.5", "0.75", "1.0", "1.0"]
    ran = lrviz("table", "-", "--format", "csv", stdin="train: {steps: 3}\nscheduler: constant\n")
    assert ran.out.splitlines()[0] == "step,epoch,stdin"


def test_set_and_optimizer_reach_every_spec() -> None:
    ran = lrviz(
        *("table", "StepLR:step_size=50", *SHORT, "--at", "all", "--format", "csv"),
        *("--set", "scheduler.gamma=0.5", "--set", "scheduler.step_size=2", "--optimizer", "AdamW"),
    )
    values = [row.split(",")[2] for row in ran.out.splitlines()[1:6]]
    assert values == ["0.1", "0.1", "0.05", "0.05", "0.025"]


def test_force_goes_on_with_an_absurd_length() -> None:
    ran = lrviz("table", "cosine", "--steps", "100000001", "--set", "scheduler.T_max=bad")
    assert "--force goes on" in ran.err
    ran = lrviz(
        "table", "cosine", "--steps", "100000001", "--set", "scheduler.T_max=bad", "--force"
    )
    assert "--force" not in ran.err
    assert ran.code == 2


def test_compare_writes_prints_and_says() -> None:
    ran = lrviz("compare", "cosine", "linear", *SHORT)
    assert (ran.code, ran.err) == (0, "wrote cosine-vs-linear.png\n")
    assert Path("cosine-vs-linear.png").read_bytes() == picture("cosine", "linear")
    head = ran.out.splitlines()[0].split()
    assert head == ["step", "what", "cosine", "linear"]
    words = " ".join(ran.out.split())
    assert "cosine and linear differ, first at update 1: cosine 0.09998, linear 0.099." in words


def test_compare_exits_with_1_where_asked_and_different() -> None:
    same = ("compare", "cosine", "b=cosine", *SHORT, "-q")
    assert lrviz(*same, "--exit-code").code == 0
    assert "cosine and b are identical" in lrviz(*same).out
    different = ("compare", "cosine", "linear", *SHORT, "-q")
    assert lrviz(*different).code == 0
    assert lrviz(*different, "--exit-code").code == 1


def test_compare_writes_its_figure_where_the_output_is_markdown() -> None:
    ran = lrviz("compare", "cosine", "linear", *SHORT, "-o", "a.svg", "--format", "markdown", "-q")
    assert ran.out.startswith("| step |")
    assert names() == ["a.svg"]


def test_table_reads_the_spec_that_is_here() -> None:
    ran = lrviz("table")
    assert ran.code == 2
    assert ran.err.startswith("error: table needs a SOURCE: ")
    Path("lrviz.yaml").write_text(SPEC)
    ran = lrviz("table", "--format", "csv")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "step,epoch,steps,cosine"
    assert "\n7,0.28," in ran.out  # from the spec's `table: {at: [7]}`
    assert "\n7,0.28," not in lrviz("table", "--format", "csv", "--at", "8").out


def test_csv_reads_back_as_the_same_doubles() -> None:
    ran = lrviz("table", "cosine", "onecycle", *SHORT, "--at", "all", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(rows) == 100
    for label in ("cosine", "onecycle"):
        wanted = package.simulate(label, steps=100, lr=0.1).lr[:, 0].tolist()
        assert [float(row[label]) for row in rows] == wanted
    assert list(rows[0]) == ["step", "epoch", "cosine", "onecycle", "onecycle:momentum"]


def test_param_leaves_one_quantity() -> None:
    ran = lrviz("table", "onecycle", *SHORT, "--param", "momentum", "--format", "csv")
    assert ran.out.splitlines()[0] == "step,epoch,onecycle:momentum"
    ran = lrviz("table", "cosine", *SHORT, "--param", "momentm")
    assert (ran.code, ran.out) == (2, "")


def test_json_reads_back_as_the_same_doubles() -> None:
    ran = lrviz("table", "cosine", *SHORT, "--at", "all", "--format", "json")
    [schedule] = json.loads(ran.out)["schedules"]
    wanted = package.simulate("cosine", steps=100, lr=0.1).lr[:, 0].tolist()
    assert schedule["curves"][0]["values"] == wanted


def test_the_width_is_columns_and_80_without_a_terminal() -> None:
    sources = [f"c{index}=cosine" for index in range(12)]
    widest = {
        columns: max(map(len, lrviz("table", *sources, *SHORT, COLUMNS=columns).out.splitlines()))
        for columns in (None, "60", "200")
    }
    assert widest[None] <= 80
    assert widest["60"] <= 60
    assert 80 < widest["200"] <= 200


def test_rich_is_coloured_where_forced_only() -> None:
    assert "\x1b[" not in lrviz("table", "cosine", *SHORT).out
    assert "\x1b[" not in lrviz("table", "cosine", *SHORT, "--format", "rich").out
    assert "\x1b[" in lrviz("table", "cosine", *SHORT, FORCE_COLOR="1").out
    assert "\x1b[3" not in lrviz("table", "cosine", *SHORT, FORCE_COLOR="1", NO_COLOR="1").out
