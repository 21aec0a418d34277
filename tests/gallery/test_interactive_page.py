"""gallery/interactive.html is what its command makes; `--update-golden` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lrviz.gallery.pages import same
from tests.commands import lrviz

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "gallery" / "interactive.html"


def test_the_page_is_what_its_command_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    text = (ROOT / "gallery" / "README.md").read_text(encoding="utf-8")
    [command] = re.findall(r"`lrviz (plot .*) -o interactive\.html`", text)
    monkeypatch.chdir(ROOT)
    made = tmp_path / "interactive.html"
    lrviz(*command.split(), "-o", str(made))
    update = request.config.getoption("--update-golden")
    if update and not same(PAGE.read_bytes(), made.read_bytes()):
        PAGE.write_bytes(made.read_bytes())
    hint = "stale: python -m pytest --update-golden tests/gallery/test_interactive_page.py"
    assert same(PAGE.read_bytes(), made.read_bytes()), hint
    assert "(interactive.html)" in text
