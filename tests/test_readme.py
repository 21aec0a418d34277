"""The README shows what is true; `--update-golden` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import lrviz
from lrviz import catalog
from lrviz.checking import rules
from lrviz.cli.app import app
from lrviz.live import ScheduleWarning
from lrviz.sources.configs.reading import frameworks
from tests.pages import rendered, with_generated

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
LONGEST = 15_000  # characters: people read it
PAGES = [README, ROOT / "gallery" / "spec.md"]
TABLE = re.compile(r"(?<=<!-- commands -->\n\n).*?(?=\n<!-- /commands -->)", re.DOTALL)
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, an empty one, in the plainest of terminals."""
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(row: str) -> str:
    """Return a row of the table of commands with what the command's help says in its first line."""
    if not row.startswith("| `"):
        return row
    head, _, rest = row.removeprefix("| `").partition("` |")
    help_text = COMMANDS[head.split()[0]].help
    first = " ".join(help_text.partition("\n\n")[0].split()).rstrip(".")
    return f"| `{head}` | {first} |{rest.partition('|')[2]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shows_what_is_printed(page: Path, empty: Path, request: pytest.FixtureRequest) -> None:
    text = page.read_text(encoding="utf-8")
    expected = with_generated(rendered(text))
    expected = re.sub(r"\[\d+ (?=rules\])", f"[{len(rules.RULES)} ", expected)
    expected = re.sub(
        r"\[\d+ (?=published recipes\])", f"[{len(catalog.recipe_names())} ", expected
    )
    expected = re.sub(r"\[Configs of \d+", f"[Configs of {len(frameworks())}", expected)
    if page == README:
        expected = TABLE.sub(lambda found: "\n".join(map(told, found[0].splitlines())), expected)
    if request.config.getoption("--update-golden"):
        page.write_text(expected, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == expected


def test_is_short() -> None:
    assert len(README.read_text(encoding="utf-8")) <= LONGEST


def test_its_table_has_every_command_and_only_options_that_there_are() -> None:
    [table] = TABLE.findall(README.read_text(encoding="utf-8"))
    rows = [row.split(" | ") for row in table.splitlines()[2:]]
    assert [row[0].strip("| `").split()[0] for row in rows] == list(COMMANDS)
    for head, *_, options in rows:
        name = head.strip("| `").split()[0]
        known = {each for one in COMMANDS[name].params for each in one.opts}
        assert set(re.findall(r"`(--?[\w-]+)", options)) <= known, name


def test_its_spec_is_valid_and_its_python_runs(empty: Path) -> None:
    import torch

    text = README.read_text(encoding="utf-8")
    [spec] = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    Path("lrviz.yaml").write_text(spec, encoding="utf-8")
    traces = [lrviz.simulate(each) for each in lrviz.load("lrviz.yaml")]
    assert [trace.error for trace in traces] == [None] * 3
    assert [trace.updates for trace in traces] == [90 * 1251] * 3
    watched, code = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
    exec(code, {"optimizer": optimizer, "scheduler": scheduler})
    assert Path("schedules.svg").stat().st_size > 0

    plan = {
        "train": {"steps": 1000},
        "optimizer": {"type": "SGD", "lr": 0.1},
        "scheduler": {"type": "CosineAnnealingLR", "T_max": 100},
    }
    Path("train.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)

    def train() -> None:
        for _ in range(5):
            optimizer.step()
            scheduler.step()
        optimizer.step()
        for _ in range(3):  # the fault: it is stepped no more
            optimizer.step()

    names = {"optimizer": optimizer, "scheduler": scheduler, "train": train, "lrviz": lrviz}
    trainer = {"Trainer": lambda *_, callbacks: callbacks, "model": None, "args": None}
    with (
        pytest.warns(ScheduleWarning, match="update 6: the optimizer uses"),
        pytest.raises(AssertionError, match="update 0 uses"),
    ):
        exec(watched, {**names, **trainer})
    assert len(Path("lr.csv").read_text(encoding="utf-8").splitlines()) == 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_pictures_and_links_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r'(?:src|srcset)="([^"]+)"|\]\((?!https?://)([^)#]+)[^)]*\)', text)
    paths = [first or second for first, second in found]
    assert [path for path in paths if not (page.parent / path).exists()] == []


def test_names_every_exit_code_and_public_name() -> None:
    text = README.read_text(encoding="utf-8")
    _, _, table = text.partition("| exit code |")
    codes = re.findall(r"^\| (\d[\d, ]*) \|", table, re.MULTILINE)
    assert codes == ["0", "1", "2", "130", "143, 129"]
    functions = [name for name in lrviz.__all__ if name.islower()]
    assert all(f"lrviz.{name}(" in text for name in functions if name != "load")
