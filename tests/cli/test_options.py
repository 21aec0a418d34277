"""The shared options: each acts on each kind of SOURCE, or it is said that it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import lrviz

FUNCTIONS = """\
import torch

def halve(step):
    return 0.5 ** (step / 10)

def build(optimizer, steps):
    return torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, steps)

def own():
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=1e-3)
    return optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

def asks_and_makes_its_own(optimizer):
    return own()

def lightning():
    optimizer, scheduler = own()
    stepped = {"scheduler": scheduler, "interval": "epoch"}
    return {"optimizer": optimizer, "lr_scheduler": stepped}
"""
SPEC = """\
train: {epochs: 3, steps_per_epoch: 10}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
schedules:
  a: {interval: epoch, scheduler: {type: StepLR, step_size: 1}}
"""
OPEN = SPEC.replace("interval: epoch, ", "")
FIXED = SPEC.replace(
    "{type: StepLR, step_size: 1}", "{type: OneCycleLR, max_lr: 1, total_steps: 9}"
)
SOURCES = [
    "cosine",
    "plateau",
    "StepLR:step_size=1",
    "OneCycleLR:max_lr=0.7,total_steps=40",
    "stated.yaml",
    "open.yaml#a",
    "fixed.yaml",
    "-",
    "mine=open.yaml#a",
    "f.py:halve",
    "f.py:build",
    "f.py:own",
    "f.py:asks_and_makes_its_own",
    "f.py:lightning",
]
OPTIONS = [
    ("--steps", "20"),
    ("--epochs", "2"),
    ("--steps-per-epoch", "5"),
    ("--lr", "0.03"),
    ("--optimizer", "Adam"),
    ("--interval", "epoch"),
    ("--set", "train.steps=20"),
    ("--set", "optimizer.lr=0.03"),
    ("--set", "table.at=[7]"),
    ("--set", "scheduler.gamma=0.3"),
    ("--param", "momentum"),
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.py").write_text(FUNCTIONS)
    Path("stated.yaml").write_text(SPEC)
    Path("open.yaml").write_text(OPEN)
    Path("fixed.yaml").write_text(FIXED)


@pytest.mark.parametrize("option", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("source", SOURCES)
def test_an_option_acts_or_it_is_said_that_it_cannot(source: str, option: tuple[str, str]) -> None:
    line = ["table", source]
    if option[1] != "table.at=[7]":
        line += ["--at", "all", "--format", "csv"]
    if option[0] != "--steps-per-epoch":
        line += ["--steps-per-epoch", "10"]
    if option[0] not in ("--steps", "--epochs") and option[1] != "train.steps=20":
        line += ["--steps", "30"]
    if option[0] == "--optimizer":  # by the class, no lr need be another
        line += ["-v"]
    before = lrviz(*line, stdin=OPEN)
    after = lrviz(*line, *option, stdin=OPEN)
    warned = f"{option[0]} {option[1]}".split(".")[0] in after.err or f"{option[0]}:" in after.err
    warned = warned or f"{option[0]}," in after.err
    if after.code == 2:
        assert "error: " in after.err
    elif option[0] == "--optimizer":
        assert "; Adam; " in after.err or warned
    else:
        assert after.out != before.out or warned, (before, after)


def test_what_is_assumed_is_true_of_the_run() -> None:
    said = {
        "f.py:build": "build: 1,000 updates, SGD, lr 0.1, momentum 0.9 (say otherwise with "
        "--steps, --optimizer, --lr)\n",
        "f.py:own": "own: 1,000 updates (say otherwise with --steps)\n",
        "f.py:halve": "halve: halve is read from f.py, which is not run\n"
        "halve: 1,000 updates (say otherwise with --steps)\n",
        "f.py:asks_and_makes_its_own": "asks_and_makes_its_own: 1,000 updates, SGD, lr 0.1, "
        "momentum 0.9 (say otherwise with --steps, --optimizer, --lr)\n"
        "warning: asks_and_makes_its_own: it made an optimizer of its own, AdamW: the one that it "
        "was given, SGD, and what is said of that (--optimizer, --lr, --set optimizer) act on "
        "nothing\n",
    }
    assert {source: lrviz("table", source).err for source in said} == said


def test_what_an_option_cannot_do_is_said_in_a_sentence() -> None:
    ran = lrviz("table", "f.py:own", "--steps=9", "--lr=1", "--optimizer=Adam", "--interval=step")
    assert (ran.code, ran.err) == (
        0,
        "warning: own: --optimizer, --lr: without effect, its own code says which lr and which "
        "optimizer\n",
    )
    ran = lrviz("table", "f.py:lightning", "--epochs=3", "--interval=epoch")
    assert ran.err == (
        "warning: lightning: --interval epoch: without effect, what it returned says when step() "
        "is called\n"
    )
    ran = lrviz("table", "stated.yaml", "--interval=step")
    assert ran.err == "warning: a: --interval step: without effect, its interval is stated\n"
    ran = lrviz("table", "OneCycleLR:max_lr=1,total_steps=9", "--steps=9", "--lr=3")
    assert ran.err == (
        "warning: OneCycleLR: --lr 3.0: without effect, its scheduler sets the rates\n"
    )
    ran = lrviz("table", "fixed.yaml", "--steps=9", "--set", "optimizer.lr=3")
    assert ran.err == (
        "warning: a: --set optimizer.lr=3: without effect, its scheduler sets the rates\n"
    )


@pytest.mark.parametrize(
    ("text", "updates"), [("10k", 10_000), ("1M", 1_000_000), ("1.5k", 1500), ("10_000", 10_000)]
)
def test_steps_may_have_a_unit(text: str, updates: int) -> None:
    ran = lrviz("table", "constant", "--steps", text, "--at", "last", "--format", "csv", "-q")
    assert f"\n{updates - 1},," in ran.out


@pytest.mark.parametrize("text", ["k", "10kk", "1.5", "1e3k", "0k", "-1k", "10 k"])
def test_no_other_units_are_read(text: str) -> None:
    ran = lrviz("table", "constant", f"--steps={text}")
    assert (ran.code, ran.err) == (2, f"error: --steps {text}: give a whole number, 1 or more\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "plot cosine -o a.svg -o a.pdf --dpi 80",
            "--dpi is for pictures of pixels, and a.svg has none; leave it out, or "
            "write a .png too",
        ),
        (
            "compare cosine linear -o a.pdf --dpi 80",
            "--dpi is for pictures of pixels, and a.pdf has none; leave it out, or "
            "write a .png too",
        ),
        (
            "table cosine --steps 9 --set train.steps=8",
            "--steps and --set train.steps=8 at once; keep one",
        ),
        (
            "check open.yaml --diff --format json",
            "--diff and --format json at once; a diff has a form of its own",
        ),
        (
            "init -o a.yaml",
            "init writes a.yaml from a RECIPE, and none is named; without one it asks, on a "
            "terminal alone (`lrviz init` lists them)",
        ),
    ],
)
def test_options_that_cannot_act_together_are_refused(line: str, message: str) -> None:
    ran = lrviz(*line.split())
    assert (ran.code, ran.err) == (2, f"error: {message}\n")
    assert not list(Path().glob("a.*"))


def test_help_is_a_command_too() -> None:
    assert lrviz("help") == lrviz("--help")
    assert lrviz("help", "plot") == lrviz("plot", "--help")
    assert lrviz("help", "plt").err == "error: there is no command 'plt'; did you mean plot?\n"


def test_an_optimizers_name_may_be_written_in_small_letters() -> None:
    line = ("table", "onecycle", "--steps", "9", "--at", "all", "--format", "csv")
    assert lrviz(*line, "--optimizer", "adamw") == lrviz(*line, "--optimizer", "AdamW")
    assert lrviz(*line, "--optimizer", "adamv").err == (
        "error: --optimizer: no optimizer 'adamv'; did you mean Adam?\n"
    )
