"""Pages that strangers wrote, in real builds by Sphinx and MkDocs: what they name does not run."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from mkdocs.commands.build import build as build_site
from mkdocs.config import load_config
from sphinx.cmd.build import build_main

Build = Callable[[str, str, str], str]
"""Body, options and configuration of a page's one block, to the HTML of the page."""

EVIL = 'from pathlib import Path\nPath({mark!r}).write_text("was here")\ndef s(step): return 0.1\n'
SPEC = "train: {steps: 9}\noptimizer: {type: SGD, lr: 0.1}\n"
METRIC = (
    "train: {epochs: 3, steps_per_epoch: 3}\noptimizer: {type: SGD, lr: 0.1}\ninterval: epoch\n"
    "scheduler: {type: ReduceLROnPlateau}\nmetric: {file: FILE, column: loss}\n"
)


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that is there once code of a page has run; make the folders."""
    found = tmp_path / "mark"
    docs = tmp_path / "docs"
    docs.mkdir()
    code = EVIL.format(mark=str(found))
    (docs / "evil.py").write_text(code)
    (tmp_path / "evil_package.py").write_text(code)
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "s.yaml").write_text(f"{SPEC}scheduler: cosine\n")
    (secret / "val.csv").write_text("loss\n0.12345\n0.2\n0.3\n")
    (secret / "own.mplstyle").write_text("lines.linewidth: 3\n")
    for name in ("s.yaml", "val.csv", "own.mplstyle"):
        (docs / f"link-{name}").symlink_to(secret / name)
    (docs / "linked").symlink_to(secret)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "evil_package", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    return found


@pytest.fixture(params=["sphinx", "mkdocs"])
def build(request: pytest.FixtureRequest, mark: Path) -> Build:
    return {"sphinx": _sphinx, "mkdocs": _mkdocs}[request.param]


def _sphinx(body: str, options: str, allowed: str) -> str:
    settings = "".join(
        f"lrviz_{each}\n" for each in re.split(r"\s*;\s*", allowed.replace(": ", " = ")) if each
    )
    Path("docs/conf.py").write_text(f'project = "P"\nextensions = ["lrviz.sphinx"]\n{settings}')
    lines = [".. lrviz::", *(f"   :{each.replace('=', ': ', 1)}" for each in options.split())]
    lines = [line if ":" in line[4:] or line == ".. lrviz::" else f"{line}:" for line in lines]
    lines += ["", *(f"   {line}" for line in body.splitlines())]
    Path("docs/index.rst").write_text("Page\n====\n\n" + "\n".join(lines) + "\n")
    assert build_main(["-q", "-E", "-b", "html", "docs", "out"]) == 0
    html = Path("out/index.html").read_text(encoding="utf-8")
    return html[html.index("<h1>") : html.index('class="clearer"')]


def _mkdocs(body: str, options: str, allowed: str) -> str:
    Path("mkdocs.yml").write_text(
        "site_name: P\nmarkdown_extensions:\n  - pymdownx.superfences:\n      custom_fences:\n"
        "        - name: lrviz\n          class: lrviz\n"
        "          validator: !!python/name:lrviz.mkdocs.validator\n"
        "          format: !!python/object/apply:lrviz.mkdocs.Fence\n"
        f"            kwds: {{{allowed.replace(';', ',').replace('True', 'true')}}}\n"
    )
    given = " ".join(
        f'{each.partition("=")[0]}="{each.partition("=")[2]}"' for each in options.split()
    )
    Path("docs/index.md").write_text(f"# Page\n\n```lrviz {given}\n{body}\n```\n")
    build_site(load_config("mkdocs.yml"))
    html = Path("site/index.html").read_text(encoding="utf-8")
    return html[html.index("<h1") :]


def said(html: str) -> str:
    """Return the message that stands in place of a figure."""
    assert "<img" not in html
    return " ".join(unescape(re.sub("<.*?>", "", html)).split())


OUTSIDE = "outside of the documentation, whose files alone are read"
UNTRUSTED = "runs code, which a page is not trusted with"


@pytest.mark.parametrize(
    ("body", "options", "words"),
    [
        ("evil.py:s", "", UNTRUSTED),
        ("/evil.py:s", "", UNTRUSTED),
        ("mine=evil.py:s", "", UNTRUSTED),
        ("evil_package:s", "", UNTRUSTED),
        ("cosine evil_package:s", "steps=9", UNTRUSTED),
        (f"{SPEC}scheduler: {{type: evil_package.s}}", "", "neither a scheduler of torch nor"),
        (f"{SPEC}scheduler: {{_target_: evil_package.s}}", "", "neither a scheduler of torch nor"),
        (f"{SPEC}scheduler: cosine", "set=scheduler.type=evil_package.s", "neither a scheduler of"),
        (f"{SPEC}scheduler: cosine", "optimizer=evil_package.s", "is no optimizer of torch"),
        (f"{SPEC}scheduler: {{type: evil_package.s}}", "trust=", "a page cannot say it"),
        ("evil.py:s", "trust=true", "a page cannot say it"),
        (f"{SPEC}scheduler: cosine", "style=evil_package.s", "neither a style's name nor"),
        (f"{SPEC}scheduler: cosine", "style=http://127.0.0.1:9/a.mplstyle", "neither a style's"),
        ("../secret/s.yaml", "", OUTSIDE),
        ("linked/s.yaml", "", OUTSIDE),
        ("link-s.yaml", "", OUTSIDE),
        ("a=linked/../linked/s.yaml", "", OUTSIDE),
        ("../secret/none.yaml", "", OUTSIDE),  # nor does it say what is not there
        (METRIC.replace("FILE", "../secret/val.csv"), "", OUTSIDE),
        (METRIC.replace("FILE", "linked/val.csv"), "", OUTSIDE),
        (METRIC.replace("FILE", "link-val.csv"), "", OUTSIDE),
        (METRIC.replace("FILE", "/etc/passwd.csv"), "", OUTSIDE),
        (f"{SPEC}scheduler: cosine", "style=../secret/own.mplstyle", OUTSIDE),
        (f"{SPEC}scheduler: cosine", "style=link-own.mplstyle", OUTSIDE),
        ("cosine", "steps=90000000", "90,000,000 updates"),
        ("cosine linear", "steps=5000001", "10,000,002 updates"),
        ("cosine", "steps=900000000 force=", "a page cannot say it"),
        (
            "train: {steps: 100000}\noptimizer: {type: SGD, lr: 0.1, groups: {a: {count: 101}}}\n"
            "scheduler: cosine",
            "",
            "10,100,000 updates, all param groups counted",
        ),
        ("cosine", "output=out.png", "no option"),
    ],
)
def test_a_page_may_not(build: Build, mark: Path, body: str, options: str, words: str) -> None:
    before = sorted(path for path in Path("docs").rglob("*.py"))
    start = time.process_time()
    html = build(body, options, "")
    assert words in said(html) or ("no option" in words and "<img" not in html)
    assert time.process_time() - start < 20
    assert not mark.exists()
    assert "0.12345" not in html
    left = [path for path in Path("docs").rglob("*.py") if path.name != "conf.py"]
    assert left == [path for path in before if path.name != "conf.py"]


@pytest.mark.parametrize(
    ("body", "options", "allowed"),
    [
        ("evil.py:s", "steps=9", "trust: True"),
        ("evil_package:s", "steps=9", "trust: True"),
        ("../secret/s.yaml", "", "folders: ['SECRET']"),
        ("link-s.yaml", "", "folders: ['SECRET']"),
        (METRIC.replace("FILE", "../secret/val.csv"), "", "folders: ['SECRET']"),
        (f"{SPEC}scheduler: cosine", "style=link-own.mplstyle", "folders: ['SECRET']"),
        ("constant", "steps=10000001", "max_updates: 10000001"),
    ],
)
def test_what_the_configuration_allows_is_drawn(
    build: Build, mark: Path, body: str, options: str, allowed: str
) -> None:
    html = build(body, options, allowed.replace("SECRET", str(mark.parent / "secret")))
    assert "<img" in html
    assert mark.exists() == ("evil" in body)
