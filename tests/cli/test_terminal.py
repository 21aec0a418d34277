"""Charts in the terminal, as the commands draw them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

import lrviz
from lrviz.cli.app import app
from lrviz.views.chart import ChartOptions, chart

ARGS = ("cosine", "--steps", "1000", "--lr", "3e-4", "-q")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


class Ran:
    """A command line that was run here, and what came of it."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *args: str) -> None:
        result = typer.main.get_command(app).main(list(args), "lrviz", standalone_mode=False)
        self.code = result or 0
        self.out, self.err = capsys.readouterr()
        self.files = sorted(path.name for path in Path().iterdir())


def drawn(source: str = "cosine", **options: Any) -> str:
    trace = lrviz.simulate(source, steps=1000, lr=3e-4)
    lines = chart([trace], ChartOptions(**options)).plain.split("\n")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def test_plot_draws_the_chart_and_writes_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "plot", *ARGS, "--terminal")
    assert (ran.code, ran.out, ran.err, ran.files) == (0, drawn(width=80, height=21), "", [])


def test_plot_writes_a_file_too_where_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "plot", *ARGS, "--terminal", "-o", "a.svg")
    assert (ran.out, ran.files) == (drawn(width=80, height=21), ["a.svg"])


@pytest.mark.parametrize(
    ("columns", "lines", "size"),
    [
        ("100", "24", (100, 21)),
        ("5", "3", (20, 8)),
        ("300", "200", (300, 30)),
        ("100000", "24", (1000, 21)),
    ],
)
def test_the_size_is_the_terminals(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
    lines: str,
    size: tuple[int, int],
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", lines)
    ran = Ran(capsys, "plot", *ARGS, "--terminal")
    assert ran.out == drawn(width=size[0], height=size[1])


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (("--ascii",), {"ascii": True}),
        (("--terminal", "--log"), {"log": True}),
        (("--terminal", "--x", "progress"), {"x": "progress"}),
    ],
)
def test_options_reach_the_chart(
    capsys: pytest.CaptureFixture[str], args: tuple[str, ...], options: dict[str, Any]
) -> None:
    ran = Ran(capsys, "plot", *ARGS, *args)
    assert (ran.out, ran.files) == (drawn(width=80, height=21, **options), [])


def test_what_a_spec_says_of_the_plot_holds(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(
        "train: {epochs: 10, steps_per_epoch: 100}\noptimizer: {type: SGD, lr: 3e-4}\n"
        "scheduler: cosine\nplot: {x: epoch, log: true}\n"
    )
    ran = Ran(capsys, "plot", "a.yaml", "--terminal")
    assert ran.out.splitlines()[-1].split() == ["epoch", *map(str, range(11))]
    assert "1e-5┤" in ran.out
    assert "1e-5┤" not in Ran(capsys, "plot", "a.yaml", "--terminal", "--linear").out


def test_colour_is_for_terminals_and_for_those_who_force_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" not in Ran(capsys, "plot", *ARGS, "--terminal").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = Ran(capsys, "plot", *ARGS, "--terminal").out
    assert "\x1b[36m⠒⠒" in coloured
    assert len(coloured.splitlines()) == 21
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in Ran(capsys, "plot", *ARGS, "--terminal").out


@pytest.mark.parametrize(
    ("option", "value"), [("size", "8x5"), ("dpi", "90"), ("title", "x"), ("style", "dark")]
)
def test_what_only_a_picture_has_needs_one(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    for command in (("plot", *ARGS), ("compare", "linear", *ARGS)):
        ran = Ran(capsys, *command, "--terminal", f"--{option}", value)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            f"error: --{option} is for a picture, and only a chart in the terminal is drawn; "
            f"name a file with -o, or leave --{option} out\n"
        )


def test_a_run_cut_short_is_drawn_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "plot", "OneCycleLR:max_lr=0.1,total_steps=50", *ARGS[1:], "--terminal")
    assert ran.code == 1
    assert "(stopped after 51 updates)" in ran.out.splitlines()[-1]


def test_compare_draws_a_chart_only_on_a_terminal_or_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ("compare", "linear", *ARGS)
    table = Ran(capsys, *both)
    assert table.out.startswith("step")
    assert table.files == ["linear-vs-cosine.png"]
    Path("linear-vs-cosine.png").unlink()
    asked = Ran(capsys, *both, "--terminal")
    assert asked.out.endswith(f"\n\n{table.out}")
    drawn = asked.out[: -len(table.out)]
    assert all(name in drawn for name in ("A linear", "B cosine"))
    assert asked.files == []
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True)
    shown = Ran(capsys, *both)
    assert shown.out.startswith(asked.out[: -len(table.out)])
    assert shown.files == ["linear-vs-cosine.png"]
    assert not Ran(capsys, *both, "--format", "markdown").out.startswith("learning rate")


def test_neither_matplotlib_nor_a_terminal_is_needed() -> None:
    script = (
        "import sys\n"
        "from lrviz.cli.app import app\n"
        "import typer\n"
        "command = typer.main.get_command(app)\n"
        "for name in ('plot', 'compare'):\n"
        "    command.main([name, 'cosine', 'linear', '-q', '--steps', '50', '--terminal'],\n"
        "                 'lrviz', standalone_mode=False)\n"
        "sys.exit('matplotlib' in sys.modules)\n"
    )
    done = run_apart("-c", script, PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert (done.stdout.count("A cosine"), done.stdout.count("B linear")) == (2, 2)


def test_where_stdout_can_show_no_dots_the_chart_is_ascii() -> None:
    done = run_apart("-m", "lrviz", "plot", *ARGS, "--terminal", PYTHONIOENCODING="ascii")
    assert (done.stdout, done.stderr) == (drawn(width=80, height=21, ascii=True), "")


def run_apart(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(lrviz.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": root, **environment},
    )
