"""The fenced code block `lrviz` in real builds of a small site."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import markdown
import pytest
from mkdocs.commands.build import build as build_site
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from lrviz import mkdocs
from lrviz.embedding import STYLESHEET, picture
from lrviz.views.plan.palette import DARK, LIGHT
from tests.chromium import colours

CONFIG = """\
site_name: Small
theme: {name: mkdocs, color_mode: COLOR}
plugins: [search]
markdown_extensions:
  - pymdownx.superfences:
      custom_fences:
        - name: lrviz
          class: lrviz
          format: !!python/object/apply:lrviz.mkdocs.Fence
            kwds: {folders: [specs]}
          validator: !!python/name:lrviz.mkdocs.validator
"""
PAGE = """\
---
title: Schedules
---
# Schedules

```lrviz steps="1000" caption="Two <ways> to anneal."
cosine
onecycle
```

- In a list:

    ~~~ {.lrviz .wide #warm alt="It warms up," log=true}
    train: {steps: 1000}
    optimizer: {type: SGD, lr: 0.1}
    scheduler: warmup-cosine
    ~~~

```lrviz style="paper"
../specs/plateau.yaml
```

```yaml
scheduler: cosine
```
"""
PLATEAU = """\
train: {epochs: 3, steps_per_epoch: 2}
optimizer: {type: SGD, lr: 0.1}
schedules:
  plateau:
    interval: epoch
    metric: {file: val.csv, column: loss}
    scheduler: {type: ReduceLROnPlateau, patience: 0}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for folder in ("docs", "specs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mkdocs.yml").write_text(CONFIG.replace("COLOR", "light"))
    (tmp_path / "docs" / "index.md").write_text(PAGE)
    (tmp_path / "specs" / "plateau.yaml").write_text(PLATEAU)
    (tmp_path / "specs" / "val.csv").write_text("loss\n1\n1\n1\n")
    return tmp_path


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


def build(site: Path, *, strict: bool = True) -> str:
    """Build a site and return its page."""
    build_site(load_config(str(site / "mkdocs.yml"), strict=strict))
    return (site / "site" / "index.html").read_text(encoding="utf-8")


def figures(html: str) -> list[tuple[str, str]]:
    return re.findall(r"<figure class=\"(lrviz.*?)\".*?>(.*?)</figure>", html)


def images(figure: str) -> list[tuple[str, str, str]]:
    """Return class, alt and SVG of each image."""
    found = re.findall(r'<img class="(.*?)" alt="(.*?)" src="data:image/svg\+xml,(.*?)">', figure)
    return [(look, alt, unquote(svg)) for look, alt, svg in found]


def test_pages_hold_light_and_dark_figures(site: Path) -> None:
    html = build(site)
    (first, two), (second, warm), (third, plateau) = figures(html)
    assert (first, second, third) == ("lrviz", "lrviz wide", "lrviz")
    assert '<figure class="lrviz wide" id="warm">' in html
    shown = [[(look, alt) for look, alt, _ in images(each)] for each in (two, warm, plateau)]
    words = "Learning rate of cosine and onecycle over 1,000 updates"
    assert shown == [
        [("lrviz-light", words), ("lrviz-dark", words)],
        [("lrviz-light", "It warms up,"), ("lrviz-dark", "It warms up,")],
        [("", "Learning rate of plateau over 6 updates")],
    ]
    for look, _, svg in images(two):
        made = [path.read_text() for path in (site / ".cache" / "lrviz").glob("*.svg")]
        assert svg in made
        assert ("#0d1117" in svg) == (look == "lrviz-dark")
    assert two.endswith("<figcaption>Two &lt;ways&gt; to anneal.</figcaption>")
    [style] = re.findall(r'<link rel="stylesheet" href="data:text/css,(.*?)">', two)
    assert unquote(style) == STYLESHEET.read_text()
    assert html.count('<div class="highlight">') == 1  # other blocks are what they were
    # What a search finds is the page's own words.
    index = (site / "site" / "search" / "search_index.json").read_text()
    assert "Two <ways> to anneal." in index
    assert "lrviz-dark" not in index


def test_only_what_changed_is_drawn_again(site: Path, draws: list[str]) -> None:
    plateau = "../specs/plateau.yaml"
    found = figures(build(site))
    assert draws == ["cosine onecycle", "a spec", plateau]
    draws.clear()
    assert figures(build(site)) == found
    page, spec, metric = (
        site / name for name in ("docs/index.md", "specs/plateau.yaml", "specs/val.csv")
    )
    for path, text, drawn in (
        (page, PAGE.replace("In a list", "In this list"), []),
        (page, PAGE.replace("lr: 0.1", "lr: 0.2"), ["a spec"]),
        (spec, f"# A comment\n{PLATEAU}", []),
        (spec, PLATEAU.replace("lr: 0.1", "lr: 0.3"), [plateau]),
        (metric, "loss\n1\n0.9\n0.8\n", [plateau]),
    ):
        path.write_text(text)
        build(site)
        assert draws == drawn
        draws.clear()


WRONG = """\
---
title: Wrong
---

- In a list, and quoted:

    > ```lrviz log
    > train: {steps: 1000}
    > optimizer: {type: SGD, lr: 0.1}
    > scheduler:
    >   type: warmup-cosine
    >   warmpu: 5%
    > ```

```lrviz
cosine
onecycle
```

```lrviz steps="many"
cosine
```

```lrviz
../specs/plateau.yaml
```

``` {.lrviz steps=10}
OneCycleLR:max_lr=0.1,total_steps=5
```
"""


def test_errors_are_warnings_with_their_line(
    site: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site)
    (site / "docs" / "index.md").write_text(WRONG)
    (site / "specs" / "plateau.yaml").write_text(PLATEAU.replace("patience", "patients"))
    with caplog.at_level(logging.WARNING, "mkdocs"), pytest.raises(Abort, match="4 warnings"):
        build(site)
    assert [record.getMessage() for record in caplog.records][:4] == [
        "docs/index.md:12: warmup-cosine has no argument 'warmpu'; did you mean warmup?",
        "docs/index.md:20: --steps many: give a whole number, 1 or more",
        "docs/index.md:24: specs/plateau.yaml:7:42: scheduler.patients: ReduceLROnPlateau has no "
        "argument 'patients'; did you mean patience?",
        "docs/index.md:28: OneCycleLR: its scheduler failed after update 5 of 10, and the curve "
        "ends there: ValueError: Tried to step 6 times. The specified number of total steps is 5",
    ]
    html = build(site, strict=False)
    assert [len(images(each)) for _, each in figures(html)] == [2, 2]
    assert html.count('<div class="admonition danger"><p class="admonition-title">lrviz</p>') == 3
    assert "<p>--steps many: give a whole number, 1 or more</p></div>" in html


def test_without_mkdocs_it_works_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    fence = {"name": "lrviz", "class": "own", "format": mkdocs.fence}
    text = "```lrviz\ncosine\n```\n\n```lrviz\ntrain: {steps: x}\nscheduler: cosine\n```\n"
    html = markdown.markdown(
        text,
        extensions=["pymdownx.superfences"],
        extension_configs={"pymdownx.superfences": {"custom_fences": [fence]}},
    )
    [(classes, figure)] = figures(html)
    assert (classes, len(images(figure))) == ("lrviz own", 2)
    assert len(list((tmp_path / ".cache" / "lrviz").glob("*.svg"))) == 2
    [said] = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert said == "<markdown>: train.steps: must be a whole number, not 'x'"


@pytest.mark.parametrize(
    ("mode", "shown", "hidden"),
    [
        ("light", LIGHT.curves[:2], DARK.curves[:2]),
        ("dark", DARK.curves[:2], LIGHT.curves[:2]),
    ],
)
def test_a_browser_shows_what_the_theme_asks_for(
    site: Path, mode: str, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    (site / "mkdocs.yml").write_text(CONFIG.replace("COLOR", mode))
    (site / "docs" / "index.md").write_text(PAGE[: PAGE.index("```lrviz style")])
    build(site)
    found = colours(site / "site" / "index.html", site / "browser")
    assert min(found.get(colour, 0) for colour in shown) > 100
    assert max(found.get(colour, 0) for colour in hidden) < 20  # the theme's own
