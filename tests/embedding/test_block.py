"""Blocks of documents: what they ask for, when it is drawn, and where their errors are."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lrviz
from lrviz.embedding import Block, Permission, Picture, embed, explained, option_names, picture
from lrviz.errors import LrvizError, UsageError
from lrviz.views.figure import save_bytes
from lrviz.writing.provenance import written_by_lrviz

SPEC = "train: {steps: 100}\noptimizer: {type: SGD, lr: 0.1}\nscheduler: cosine\n"
PLATEAU = """\
train: {epochs: 3, steps_per_epoch: 2}
optimizer: {type: SGD, lr: 0.1}
schedules:
  plateau:
    interval: epoch
    metric: {file: val.csv, column: loss}
    scheduler: {type: ReduceLROnPlateau, patience: 0}
"""
CACHE = Path("cache")
ALLOWED = Permission(folders=(Path("docs"),), setting="{} of the documentation")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by a source for each figure that is drawn."""
    drawn: list[str] = []
    draw = picture.draw

    def counted(asked: Any, files: Any) -> list[bytes]:
        drawn.append(asked.source or "a spec")
        return draw(asked, files)

    monkeypatch.setattr(picture, "draw", counted)
    return drawn


def block(
    body: str = "", sources: str = "", allowed: Permission = ALLOWED, **options: str
) -> Block:
    return Block(
        file="docs/a.md",
        line=10,
        body=body,
        body_line=12,
        sources=sources,
        options={name.replace("_", "-"): value for name, value in options.items()},
        folder=Path("docs"),
        root=Path("docs").resolve(),
        permission=allowed,
    )


def embedded(
    body: str = "", sources: str = "", allowed: Permission = ALLOWED, **options: str
) -> Picture:
    return embed(block(body, sources, allowed, **options), CACHE)


def wrong(body: str = "", sources: str = "", **options: str) -> tuple[str, int]:
    asked = block(body, sources, ALLOWED, **options)
    with pytest.raises(LrvizError) as caught:
        embed(asked, CACHE)
    return explained(caught.value, asked)


def text(path: Path | None) -> str:
    assert path is not None
    assert written_by_lrviz(path)
    return path.read_text(encoding="utf-8")


def test_it_is_what_plot_draws_light_and_dark() -> None:
    found = embedded("cosine\nonecycle\n", steps="50", log="", title="Two")
    traces = [lrviz.simulate(name, steps=50) for name in ("cosine", "onecycle")]
    for style, path in (("light", found.light), ("dark", found.dark)):
        options = lrviz.FigureOptions(log=True, title="Two", style=style)
        figure = lrviz.plot(*traces, figure=options)
        page = save_bytes(figure, "svg", style=style, source="cosine onecycle")
        assert text(path).encode() == page
    assert found.alt == "Learning rate of cosine and onecycle over 50 updates"
    assert found.notes == (
        "cosine, onecycle: SGD, lr 0.1, momentum 0.9 (say otherwise with --optimizer, --lr)",
    )
    assert (found.warnings, found.files) == ((), ())


def test_a_named_style_is_for_every_page() -> None:
    found = embedded(SPEC, style="dark")
    assert found.dark is None
    assert "#0d1117" in text(found.light)


def test_options_are_those_of_plot() -> None:
    assert {"x", "log", "linear", "size", "title", "style", "steps", "steps-per-epoch", "set"} < {
        *option_names()
    }
    assert not {"output", "o", "quiet", "verbose", "dpi", "show", "watch", "terminal"} & {
        *option_names()
    }
    several = embedded(SPEC, set="optimizer.lr=0.3 train.steps=7")
    assert several.alt == "Learning rate of cosine over 7 updates"
    assert embedded("onecycle", param="momentum", log="log").alt == (
        "Momentum of onecycle over 1,000 updates"
    )


@pytest.mark.parametrize(
    ("body", "alt"),
    [
        (SPEC, "Learning rate of cosine over 100 updates"),
        (
            "train: {epochs: 90}\noptimizer: {type: SGD, lr: 1}\nschedules: {a: cosine}",
            "Learning rate of a over 90 epochs",
        ),
        (
            "a=cosine b=linear c=LinearLR:total_iters=3",
            "Learning rate of a, b and c over 1,000 updates",
        ),
    ],
)
def test_the_figure_is_told_in_words(body: str, alt: str) -> None:
    assert embedded(body).alt == alt


def test_files_are_found_from_the_document() -> None:
    Path("docs/deep").mkdir()
    Path("docs/deep/a.yaml").write_text(PLATEAU)
    Path("docs/deep/val.csv").write_text("loss\n1\n1\n1\n")
    Path("b.yaml").write_text(SPEC)
    more = replace(ALLOWED, folders=(Path(),))
    found = embedded("deep/a.yaml#plateau ../b.yaml c=/deep/a.yaml", allowed=more)
    names = [os.fspath(path) for path in found.files]
    assert names == ["docs/deep/a.yaml", "b.yaml", "docs/deep/a.yaml", "docs/deep/val.csv"]
    assert "Source" not in found.alt
    assert ">a.yaml#plateau b.yaml a.yaml<" in text(found.light)
    Path("docs/val.csv").write_text("loss\n1\n1\n1\n")
    assert embedded(PLATEAU).files == (Path("docs/val.csv"),)


def test_what_is_the_same_is_not_drawn_again(draws: list[str]) -> None:
    first = embedded(SPEC)
    assert embedded(f"# Said otherwise\n{SPEC.replace('100', '1e2')}") == first
    assert embed(replace(block(SPEC), file="docs/b.md", line=1, body_line=2), CACHE) == first
    assert len(draws) == 1
    for other in (
        embedded(SPEC.replace("0.1", "0.2")),
        embedded(f"title: A\n{SPEC}"),
        embedded(f"{SPEC}plot: {{log: true}}\n"),
        embedded(SPEC, size="6x4"),
        embedded(SPEC, param="lr"),
        embedded(SPEC, steps="99"),
    ):
        assert other.light != first.light
    assert len(draws) == 7
    first.light.unlink()
    embedded(SPEC)
    assert len(draws) == 8
    embed(block(SPEC), CACHE, formats=("pdf",))
    assert len(draws) == 9
    assert first.light.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_what_a_spec_reads_is_part_of_it(draws: list[str]) -> None:
    metric, style = Path("docs/val.csv"), Path("docs/own.mplstyle")
    style.write_text("lines.linewidth: 2\n")
    metric.write_text("loss\n1\n0.9\n0.8\n")

    def again() -> Path:
        return embedded(PLATEAU, style="own.mplstyle").light

    first = again()
    assert again() == first
    metric.write_text("loss\n1\n1\n1\n")
    second = again()
    style.write_text("lines.linewidth: 3\n")
    assert len({first, second, again()}) == len(draws) == 3


def test_what_runs_code_is_drawn_each_time(draws: list[str]) -> None:
    Path("docs/f.py").write_text("def f(step):\n    return 0.1\n")
    Path("docs/own.py").write_text("from torch.optim.lr_scheduler import ConstantLR as Own\n")
    trusted = replace(ALLOWED, trust=True)
    own = SPEC.replace("cosine", "{type: docs.own.Own}")
    for _ in range(2):
        assert embedded("f.py:f", allowed=trusted, steps="5").files == (Path("docs/f.py"),)
        embedded(own, allowed=trusted)
        embedded(SPEC, allowed=trusted)
    assert draws == ["f.py:f", "a spec", "a spec", "f.py:f", "a spec"]


def test_no_page_runs_a_script() -> None:
    Path("docs/train.py").write_text("print(1)\n")
    with pytest.raises(UsageError) as caught:
        embedded("run:docs/train.py", allowed=replace(ALLOWED, trust=True))
    assert str(caught.value) == (
        "run:docs/train.py: runs a whole script, which no page does; draw it with lrviz plot, and "
        "show the picture"
    )


def test_warnings_stay_with_the_figure(draws: list[str]) -> None:
    body = "wsd OneCycleLR:max_lr=0.1,total_steps=5"
    said = (
        "wsd: warmup: 1% of the training is 0.1 updates: taken as 1",
        "OneCycleLR: its scheduler failed after update 5 of 10, and the curve ends there: "
        "ValueError: Tried to step 6 times. The specified number of total steps is 5",
    )
    assert [embedded(body, steps="10").warnings for _ in range(2)] == [said] * 2
    assert len(draws) == 1


def test_a_figure_that_is_there_needs_neither_torch_nor_matplotlib() -> None:
    embedded(SPEC)
    code = (
        "import sys; from pathlib import Path; from lrviz.embedding import Block, embed\n"
        f"embed(Block('docs/a.md', 1, {SPEC!r}, 2), Path('cache'))\n"
        "print({'torch', 'matplotlib'} & set(sys.modules))"
    )
    root = str(Path(lrviz.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.parametrize(
    ("body", "options", "message", "line"),
    [
        (
            SPEC.replace("SGD, lr: 0.1", "SGD, lr: fast"),
            {},
            "optimizer.lr: must be a number, not 'fast'",
            13,
        ),
        (
            SPEC.replace("cosine", "{type: cosine, T_mx: 3}"),
            {},
            "cosine has no argument 'T_mx'; did you mean T_max?",
            14,
        ),
        (f"{SPEC}plot: {{log: 1}}", {}, "plot.log: must be a boolean, not 1", 15),
        ("train: [\n", {}, None, 13),
        ("cosin", {}, "no preset or scheduler 'cosin'; did you mean cosine?", 10),
        ("cosine:T_mx=3", {}, "cosine:T_mx=3: cosine has no argument 'T_mx'", 10),
        ("", {}, "no SOURCE (a spec file, a preset ...) and no spec: nothing to draw", 10),
        ("- cosine", {}, "a list; write a spec (`scheduler: cosine`), or names in a line", 12),
        ("5", {}, "no SOURCE (a spec file, a preset ...) and no spec: nothing to draw", 10),
        ("cosine 'linear", {}, "No closing quotation among the SOURCEs", 10),
        ("none.yaml", {}, "docs/none.yaml: no such file", 10),
        ("cosine", {"steps": "many"}, "--steps many: give a whole number, 1 or more", 10),
        ("cosine", {"x": "time"}, "--x: 'time' is not one of 'step', 'epoch', 'progress'", 10),
        ("cosine", {"size": "1x1"}, "a figure of 1x1 inches: give a size from 2x1.5", 10),
        ("cosine", {"log": "no"}, "log takes no value, and here it has 'no'", 10),
        ("cosine", {"stpes": "3"}, "there is no option 'stpes'; did you mean steps?", 10),
        ("cosine", {"output": "a.png"}, "there is no option 'output'; there are: x, log", 10),
    ],
)
def test_errors_say_where_in_the_document(
    body: str, options: dict[str, str], message: str | None, line: int
) -> None:
    found, place = wrong(body, **options)
    assert place == line
    assert message is None or found.startswith(message)
    assert "docs/a.md" not in found
    assert not CACHE.exists()


def test_sources_may_stand_above_the_body() -> None:
    assert embedded("b=linear", "a=cosine").alt == "Learning rate of a and b over 1,000 updates"
    assert wrong(SPEC, "cosine") == ("a SOURCE and a spec below it; keep one of them", 10)
    message = "- is standard input, and a document has none; name a file"
    assert wrong("", "cosine -") == (message, 10)


def test_errors_in_a_file_name_the_file() -> None:
    Path("docs/b.yaml").write_text(SPEC.replace("cosine", "{type: cosine, T_mx: 3}"))
    message, line = wrong("b.yaml")
    assert message.startswith("docs/b.yaml:3:27: ")
    assert line == 10
