"""gallery/rules/ explains each rule of `lrviz check`; `--update-golden` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from lrviz.checking import rules
from lrviz.checking.rule import Rule
from lrviz.gallery.pages import STYLES
from lrviz.views.text.index import linked
from lrviz.writing.text import escaped
from tests.commands import lrviz
from tests.forked import fork_scripts
from tests.pages import hold

PAGE = Path(__file__).parents[2] / "gallery" / "rules"
BUGGY = Path(__file__).parents[1] / "data" / "buggy"
FAMILIES = {
    "LRV0": "What the spec says",
    "LRV1": "The warmup",
    "LRV2": "The decay and its end",
    "LRV3": "Cycles and restarts",
    "LRV4": "Schedulers of schedulers",
    "LRV5": "Plateaus",
    "LRV6": "Param groups",
    "LRV7": "Configs of other frameworks",
    "LRV8": "A training that is resumed",
    "LRV9": "A script that is run",
}
TOP = """\
<!-- Made by python -m pytest --update-golden tests/gallery/test_rules_page.py -->
# What `lrviz check` finds

Each rule with a schedule that has its bug, the curve of that schedule, and what `lrviz check` says
of it; `lrviz rule LRV201` explains one in a terminal. A spec that means it says so, with why:
`check: {ignore: {LRV301: two cycles are meant}}`.

| rule | severity | what it finds |
|---|---|---|
"""


def example(rule: Rule) -> tuple[str, str]:
    """Return the name and text of the file with a rule's bug, less what is there for the tests."""
    [file] = BUGGY.glob(f"{rule.slug}.*")
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = (line.removesuffix("# <-").rstrip() for line in lines if not line.startswith("# "))
    return file.name, "".join(f"{line}\n" for line in kept)


def section(rule: Rule) -> str:
    """Return what the page says of one rule; draw its pictures into the current folder."""
    file, text = example(rule)
    Path(file).write_text(text, encoding="utf-8")
    language, given = "yaml", [file]
    if file.endswith(".py"):
        language, given = "python", [f"run:{file}", "--steps", "20", "--after", "21"]
    size, title = "6x4", f"{rule.code} {rule.slug}"
    for style in STYLES:
        picture = f"{rule.code}-{style}.svg"
        how = ("--style", style, "--size", size, "--title", title, "-o", picture)
        assert lrviz("plot", *given, "-q", *how).code in (0, 1)  # 1: the scheduler raises
    said = lrviz("check", *given, COLUMNS="100").out
    command = " ".join(["lrviz check", *given])
    references = "".join(f"- {linked(each)}\n" for each in rule.references)
    return f"""
<a id="{rule.code}"></a>

### {rule.code} {rule.slug}

{linked(rule.what)} {linked(rule.why)}

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="{rule.code}-dark.svg">
  <img alt="The learning rate of {file}" src="{rule.code}-light.svg">
</picture>

```{language}
{text}```

```console
$ {command}
{said}```

{references}"""


def page() -> Iterator[str]:
    """Yield the parts of the page."""
    yield TOP
    for rule in rules.RULES:
        what = linked(rule.what).replace("|", "&#124;")
        yield f"| [{rule.code} {escaped(rule.slug)}](#{rule.code}) | {rule.severity} | {what} |\n"
    for family, members in groupby(rules.RULES, key=lambda rule: rule.code[:4]):
        yield f"\n## {FAMILIES[family]}\n"
        yield from map(section, members)


def test_it_is_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    fork_scripts(monkeypatch)
    text = "".join(page())
    hold(PAGE, text, tmp_path, update=request.config.getoption("--update-golden"))


def test_a_rule_is_found_in_its_example() -> None:
    text = (PAGE / "README.md").read_text(encoding="utf-8")
    for rule in rules.RULES:
        [part] = re.findall(rf'<a id="{rule.code}"></a>\n.*?^- ', text, re.DOTALL | re.MULTILINE)
        assert f" {rule.code} {rule.slug} [" in part
