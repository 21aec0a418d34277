"""The command line as a whole: errors, suggestions, exit codes, completion."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from pathlib import Path

import pytest
import typer

import lrviz as package
from lrviz import catalog
from lrviz.cli import console, options
from lrviz.cli.app import app
from lrviz.errors import UsageError
from lrviz.simulation import loop as simulation
from tests.commands import lrviz


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


RECIPES = ", ".join(catalog.recipe_names())
SIZES = "give a size from 2x1.5 to 100x100"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tabel cosine", "there is no command 'tabel'; did you mean table?"),
        ("cosine", "there is no command 'cosine'; to see that schedule: lrviz plot cosine"),
        (
            "onecycle:pct_start=0.2",
            "there is no command 'onecycle:pct_start=0.2'; "
            "to see that schedule: lrviz plot onecycle:pct_start=0.2",
        ),
        ("my.yaml", "there is no command 'my.yaml'; to see that schedule: lrviz plot my.yaml"),
        (
            "plot cosine --stpes 10",
            "lrviz plot has no option --stpes; did you mean --steps? (`lrviz plot --help`)",
        ),
        (
            "table cosine --dip 10",
            "lrviz table has no option --dip (`lrviz table --help`)",
        ),
        ("version", "there is no command 'version'; it is an option: lrviz --version"),
        ("--versoin", "lrviz has no option --versoin; did you mean --version? (`lrviz --help`)"),
        ("plot cosine --steps", "option '--steps' requires an argument"),
        ("plot cosine --steps ten", "--steps ten: give a whole number, 1 or more"),
        ("plot cosine --steps 0", "--steps 0: give a whole number, 1 or more"),
        ("plot cosine --steps -5", "--steps -5: give a whole number, 1 or more"),
        ("plot cosine --steps 1.5", "--steps 1.5: give a whole number, 1 or more"),
        ("plot cosine --steps nan", "--steps nan: give a whole number, 1 or more"),
        (
            "plot cosine --steps inf",
            "--steps inf: give a whole number, at most 1,000,000,000,000,000",
        ),
        ("plot cosine --epochs 0", "--epochs 0: give a number above 0"),
        ("plot cosine --epochs nan", "--epochs nan: give a number above 0"),
        ("plot cosine --lr -1", "--lr -1: give a number, 0 or more"),
        ("plot cosine --lr x", "--lr x: give a number, 0 or more"),
        (
            "plot cosine --interval stp",
            "--interval: 'stp' is not one of 'step', 'epoch', 'fraction' (`lrviz plot --help`)",
        ),
        ("plot cosine --size 0x5", f"a figure of 0x5 inches: {SIZES}"),
        ("plot cosine --size 8", "--size 8: give width x height in inches, as in 8x5"),
        ("plot cosine --size 8x-5", "--size 8x-5: give width x height in inches, as in 8x5"),
        ("plot cosine --dpi -1", "--dpi -1: give a whole number, 1 or more"),
        ("plot cosine --dpi 9", "9 dpi: give 20 to 2500 for 8x5 inches"),
        (
            "table cosine --format excel",
            "--format: 'excel' is not one of 'rich', 'plain', 'markdown', 'csv', 'json' "
            "(`lrviz table --help`)",
        ),
        (
            "plot",
            "plot needs a SOURCE: a spec file, a preset or a torch class, e.g. lrviz plot cosine "
            "(`lrviz list` shows what there is)",
        ),
        (
            "compare cosine",
            "compare needs two schedules or more, and cosine is one; "
            "name another, or draw it alone: lrviz plot cosine",
        ),
        ("info", "info needs a NAME, e.g. lrviz info cosine (`lrviz list` shows all)"),
        (
            "info Onecycle",
            "no preset or scheduler 'Onecycle'; did you mean onecycle? (`lrviz list` shows all)",
        ),
        (
            "plot cosin --steps 10",
            "no preset or scheduler 'cosin'; did you mean cosine? (`lrviz list` shows all)",
        ),
        (
            "plot cosine --steps 2e8",
            "--steps: train: 200,000,000 updates, more than 100,000,000; "
            "is `steps` what was meant? --force goes on",
        ),
        ("schema now", "got unexpected extra argument(s) (now) (`lrviz schema --help`)"),
        (
            "init resnet50",
            f"no recipe 'resnet50'; did you mean resnet50-imagenet?; there are: {RECIPES}",
        ),
    ],
)
def test_wrong_usage_is_one_message_and_exit_code_2(line: str, message: str) -> None:
    ran = lrviz(*line.split())
    assert ran.err == f"error: {message}\n"
    assert (ran.code, ran.out) == (2, "")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("option", ["--at 2ep", "--at x", "--param x"])
def test_what_is_wrong_with_the_table_is_said_before_a_figure_is_written(option: str) -> None:
    ran = lrviz("compare", "cosine", "onecycle", "--steps", "10", "-q", *option.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("command", ["table", "check", "plot"])
def test_more_updates_than_memory_holds_are_an_error(command: str) -> None:
    ran = lrviz(command, "cosine", "--steps", "1e14", "--force", "-q")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: cosine: 100,000,000,000,000 updates of 1 param group do not fit into memory; "
        "give fewer\n"
    )


@pytest.mark.parametrize("line", ["table cosine --set train.steps={}", "table cosine:eta_min={}"])
def test_a_number_of_thousands_of_digits_is_an_error(line: str) -> None:
    ran = lrviz(*line.format("9" * 4301).split())
    assert ran.code == 2
    assert re.fullmatch(
        r"error: [^ ].*9{100} \.\.\. 9+: a number of 4,301 digits; quote it if it is text\n",
        ran.err,
    )


@pytest.mark.parametrize("option", ["--optimizer", "--set optimizer.type", "--set optimizer"])
def test_an_unknown_optimizer_is_said_of_the_option(option: str) -> None:
    given = f"{option} adm" if option == "--optimizer" else f"{option}=adm"
    ran = lrviz("table", "cosine", *given.split())
    place = option if option == "--optimizer" else given
    assert ran.err == f"error: {place}: no optimizer 'adm'; did you mean Adam?\n"


def test_a_fault_in_a_spec_has_its_place() -> None:
    Path("a.yaml").write_text("train: {steps: 10}\nscheduler:\n  type: StepLR\n  step_siez: 3\n")
    ran = lrviz("table", "a.yaml")
    assert ran.err == (
        "error: a.yaml:4:3: scheduler.step_siez: StepLR has no argument 'step_siez'; "
        "did you mean step_size?\n"
    )
    assert (ran.code, ran.out) == (2, "")


def test_a_bug_of_ours_is_no_message_but_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(simulation, "run", broken)
    with pytest.raises(ZeroDivisionError, match="ours"):
        lrviz("table", "cosine", "--steps", "10")


def test_an_interrupt_is_130_and_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "run", interrupted)
    ran = lrviz("plot", "cosine", "--steps", "10", "-q")
    assert (ran.code, ran.out, ran.err) == (130, "", "")
    assert list(Path().iterdir()) == []


def test_alone_it_shows_its_help() -> None:
    ran, asked = lrviz(), lrviz("--help")
    assert ran == asked
    assert (ran.code, ran.err) == (0, "")
    for name in ("plot", "compare", "table", "list", "info", "init", "schema"):
        assert f"│ {name} " in ran.out


def test_the_version_is_that_of_all_three() -> None:
    ran = lrviz("--version")
    torch = importlib.metadata.version("torch")
    assert ran.out == (
        f"lrviz {package.__version__}, torch {torch}, Python {platform.python_version()}\n"
    )
    assert (ran.code, ran.err) == (0, "")


def test_colours_follow_no_color_then_force_color() -> None:
    plain = "error: there is no command 'tabel'; did you mean table?\n"
    forced = f"\x1b[31m\x1b[1merror:\x1b[0m{plain[6:]}"
    assert lrviz("tabel").err == plain
    assert lrviz("tabel", FORCE_COLOR="1").err == forced
    assert lrviz("tabel", FORCE_COLOR="1", NO_COLOR="1").err == plain
    assert lrviz("tabel", FORCE_COLOR="1", NO_COLOR="").err == forced


def test_whole_numbers_are_exact_and_may_be_written_short() -> None:
    parse = options.whole_number("--steps")
    assert parse("999999999999999") == 999999999999999
    assert parse("1e4") == 10000
    assert parse("10_000") == 10000
    assert type(parse("1e4")) is int


def test_numbers_have_their_bounds() -> None:
    assert options.number("--lr")("0") == 0.0
    assert options.number("--epochs", above=0)("0.5") == 0.5
    with pytest.raises(UsageError):
        options.number("--lr")("-1e-9")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("ta",), ["table"]),
        (("plot", "cosine"), ["cosine", "cosine-plateau"]),
        (("plot", "OneC"), ["OneCycleLR"]),
        (("plot", "con"), ["constant", "configs/"]),
        (("plot", "configs/v"), ["configs/vit.yaml"]),
        (("table", "--optimizer", "Adam"), ["Adam", "Adamax", "AdamW"]),
        (("table", "--format", "m"), ["markdown"]),
        (("plot", "--x", "p"), ["progress"]),
        (("plot", "--style", "d"), ["dark"]),
        (("plot", "--steps-"), ["--steps-per-epoch"]),
        (("info", "Cyc"), ["CyclicLR"]),
        (("init", "gpt"), ["gpt3"]),
    ],
)
def test_the_shell_completes(
    words: tuple[str, ...],
    offered: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("configs").mkdir()
    Path("configs/vit.yaml").touch()
    Path("configs/vit.txt").touch()
    Path(".hidden").mkdir()
    monkeypatch.setenv("_LRVIZ_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(("lrviz", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    with pytest.raises(SystemExit) as caught:
        typer.main.get_command(app).main([], "lrviz")
    assert caught.value.code == 0
    assert capsys.readouterr().out.split() == offered


def test_emit_writes_nothing_before_the_first_line(capsys: pytest.CaptureFixture[str]) -> None:
    console.emit([])
    assert capsys.readouterr().out == ""
    console.emit(["a", "b"])
    assert capsys.readouterr().out == "a\nb\n"
