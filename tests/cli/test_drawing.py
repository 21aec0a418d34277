"""The options of `plot` and `compare` that say how the picture looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import lrviz

SHORT = ("--steps", "100", "--lr", "0.1", "-q")
REBOUND = """
train: {steps: 1000}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
scheduler: {type: CosineAnnealingLR, T_max: 500}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def page(*args: str) -> str:
    ran = lrviz(*args, "-o", "a.svg")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    return Path("a.svg").read_text(encoding="utf-8")


def test_annotate_writes_values_on_the_curves() -> None:
    plain = page("plot", "MultiStepLR:milestones=30,60", *SHORT)
    marked = page("plot", "MultiStepLR:milestones=30,60", *SHORT, "--annotate")
    for text in ("peak 0.1 at update 0", "drop to 0.01 at update 30", "drop to 0.001 at update 60"):
        assert (f">{text}</text>" in plain, f">{text}</text>" in marked) == (False, True)
    ran = lrviz("compare", "step", "multistep", *SHORT, "--annotate", "-o", "b.svg")
    assert ran.code == 0
    assert ">drop to 0.01 at update 50</text>" in Path("b.svg").read_text(encoding="utf-8")


def test_grid_draws_a_panel_a_schedule() -> None:
    assert page("plot", "cosine", "linear", "step", *SHORT, "--grid").count('<g id="axes_') == 3
    assert page("plot", "cosine", "linear", "step", *SHORT).count('<g id="axes_') == 1


def test_font_and_style() -> None:
    assert "'STIXGeneral'" in page("plot", "cosine", *SHORT, "--font", "serif")
    both = page("plot", "cosine", *SHORT, "--style", "paper", "--font", "sans")
    assert "'STIXGeneral'" not in both
    Path("mine").write_text("figure.facecolor: 123456\n")
    assert "#123456" in page("plot", "cosine", *SHORT, "--style", "mine")


def test_check_marks_findings_and_says_them() -> None:
    Path("up.yaml").write_text(REBOUND)
    ran = lrviz("plot", "up.yaml", "--check", "-o", "a.svg")
    assert (ran.code, ran.out) == (0, "")
    first, advice, summary, wrote = ran.err.splitlines()
    assert first.startswith("up.yaml:4:38: warning LRV201 rebound [up] the LR climbs from ")
    assert (advice[:4], summary) == ("    ", "1 warning in 1 curve; --fix mends 1")
    assert wrote == "wrote a.svg"
    assert ">LRV201 rebound</text>" in Path("a.svg").read_text(encoding="utf-8")
    assert ">LRV201 rebound</text>" in page("plot", "up.yaml", "--check", "-q")


def test_check_needs_a_picture() -> None:
    ran = lrviz("plot", "cosine", "--check", "--terminal")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: --check marks a picture; name a file with -o, or run lrviz check\n"


@pytest.mark.parametrize("option", ["--annotate", "--grid", "--font=serif"])
def test_what_only_a_picture_has_needs_one(option: str) -> None:
    ran = lrviz("plot", "cosine", *SHORT, "--terminal", option)
    assert (ran.code, ran.out) == (2, "")
    name = option.partition("=")[0]
    assert ran.err == (
        f"error: {name} is for a picture, and only a chart in the terminal is drawn; "
        f"name a file with -o, or leave {name} out\n"
    )


@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.pdf"])
def test_a_picture_is_the_same_from_whichever_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "user").mkdir()
    spec = tmp_path / "user" / "a.yaml"
    spec.write_text("train: {steps: 9}\noptimizer: {type: SGD, lr: 1}\nscheduler: cosine\n")
    pages = []
    for folder, source in (
        (tmp_path, str(spec)),
        (spec.parent, "a.yaml"),
        (tmp_path, "user/a.yaml"),
    ):
        monkeypatch.chdir(folder)
        assert lrviz("plot", source, "-o", f"{tmp_path}/{name}", "-q").code == 0
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1] == pages[2]
    assert b"user" not in pages[0]
