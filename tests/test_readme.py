"""The README shows what the commands really print; `--update-golden` writes it anew."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import lrviz
from lrviz import catalog
from lrviz.checking import rules
from lrviz.cli.app import app
from lrviz.views.text.findings import rules_table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RULES = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)
HELP = "## Commands\n"


def output(command: str) -> str:
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    return result.output.rstrip("\n") + "\n" if result.output.strip() else ""


def rendered(block: str) -> str:
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join(f"{command}\n{output(command[2:])}" for command in commands)


def helps() -> str:
    """Return the help of every command, folded."""
    group = typer.main.get_command(app)
    names = list(group.commands)  # type: ignore[attr-defined]
    parts = [HELP]
    for name in names:
        text = output(f"lrviz {name} --help")
        lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
        parts.append(
            f"<details><summary><code>lrviz {name}</code></summary>\n\n"
            f"```text\n{lines}\n```\n\n</details>\n"
        )
    return "\n".join(parts)


@pytest.fixture
def expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    text = README.read_text(encoding="utf-8")
    text = BLOCK.sub(lambda found: f"```console\n{rendered(found[1])}```", text)
    text = RULES.sub(lambda _: f"\n{rules_table(rules.RULES)}\n", text)
    return text[: text.index(HELP)] + helps()


def test_shows_what_is_printed(expected: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        README.write_text(expected, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == expected


def test_its_spec_is_valid_and_its_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    text = README.read_text(encoding="utf-8")
    [spec] = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "three.yaml").write_text(spec, encoding="utf-8")
    traces = [lrviz.simulate(each) for each in lrviz.load(tmp_path / "three.yaml")]
    assert [trace.error for trace in traces] == [None] * 4
    assert [trace.updates for trace in traces] == [90 * 1251] * 4
    [code] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
    exec(code, {"optimizer": optimizer, "scheduler": scheduler})
    assert (tmp_path / "schedules.svg").stat().st_size > 0


def test_its_pictures_and_links_are_there() -> None:
    text = README.read_text(encoding="utf-8")
    found = re.findall(r'(?:src|srcset)="([^"]+)"|\]\((?!https?://)([^)#]+)\)', text)
    paths = [first or second for first, second in found]
    assert len(paths) >= 4
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert f"{len(catalog.recipe_names())} published recipes" in text


def test_names_every_exit_code_and_public_name() -> None:
    text = README.read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == ["0", "1", "2", "130"]
    functions = [name for name in lrviz.__all__ if name.islower()]
    assert all(f"lrviz.{name}(" in text for name in functions if name != "load")
