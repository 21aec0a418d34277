"""Pages that strangers wrote, in real builds by Sphinx and MkDocs: what they name does not run."""

from __future__ import annotations

import json
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

Block = tuple[str, dict[str, str]]
"""Its body and its options."""
Build = Callable[[list[Block], dict[str, object]], list[str]]
"""The blocks of a page, and what the configuration allows, to the HTML of each."""

EVIL = """\
from pathlib import Path
from torch.optim.lr_scheduler import ConstantLR as S
Path({mark!r}).write_text("was here")
def s(step):
    return Path({mark!r}).exists() / 10  # what is pure is read, and not imported
"""
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
    (secret / "config.toml").write_text('lr_scheduler = "cosine"\nlearning_rate = 0.12345\n')
    for name in ("s.yaml", "val.csv", "own.mplstyle", "config.toml"):
        (docs / f"link-{name}").symlink_to(secret / name)
    (docs / "linked").symlink_to(secret)
    monkeypatch.chdir(tmp_path)
    for name in ("evil", "evil_package"):  # what a test imports, the next one must not find
        monkeypatch.setitem(sys.modules, name, sys)
        del sys.modules[name]
    monkeypatch.syspath_prepend(str(tmp_path))
    return found


@pytest.fixture(params=["sphinx", "mkdocs"])
def build(request: pytest.FixtureRequest, mark: Path) -> Build:
    return {"sphinx": _sphinx, "mkdocs": _mkdocs}[request.param]


def _sphinx(blocks: list[Block], allowed: dict[str, object]) -> list[str]:
    settings = "".join(f"lrviz_{name} = {value!r}\n" for name, value in allowed.items())
    Path("docs/conf.py").write_text(f'project = "P"\nextensions = ["lrviz.sphinx"]\n{settings}')
    page = "Page\n====\n"
    for body, options in blocks:
        page += "\nBLOCK\n\n.. lrviz::\n"
        page += "".join(f"   :{name}: {value}\n" for name, value in options.items())
        page += "\n" + "".join(f"   {line}\n" for line in body.splitlines())
    Path("docs/index.rst").write_text(page)
    assert build_main(["-q", "-E", "-b", "html", "docs", "out"]) == 0
    html = Path("out/index.html").read_text(encoding="utf-8")
    return html[: html.index('class="clearer"')].split("<p>BLOCK</p>")[1:]


def _mkdocs(blocks: list[Block], allowed: dict[str, object]) -> list[str]:
    Path("mkdocs.yml").write_text(
        "site_name: P\nmarkdown_extensions:\n  - pymdownx.superfences:\n      custom_fences:\n"
        "        - name: lrviz\n          class: lrviz\n"
        "          validator: !!python/name:lrviz.mkdocs.validator\n"
        "          format: !!python/object/apply:lrviz.mkdocs.Fence\n"
        f"            kwds: {json.dumps(allowed)}\n"
    )
    page = "# Page\n"
    for body, options in blocks:
        given = " ".join(f'{name}="{value or name}"' for name, value in options.items())
        page += f"\nBLOCK\n\n```lrviz {given}\n{body}\n```\n"
    Path("docs/index.md").write_text(page)
    build_site(load_config("mkdocs.yml"))
    html = Path("site/index.html").read_text(encoding="utf-8")
    return html[: html.index("</body>")].split("<p>BLOCK</p>")[1:]


def said(html: str) -> str:
    """Return the words of a part of a page."""
    return " ".join(unescape(re.sub("<.*?>", "", html)).split())


OUTSIDE = "outside of the documentation, whose files alone are read"
UNTRUSTED = "runs code, which a page is not trusted with"
FOREIGN = "is neither a scheduler of torch nor a schedule of transformers"
COSINE = f"{SPEC}scheduler: cosine"
REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("evil.py:s", {}, UNTRUSTED),
    ("/evil.py:s", {}, UNTRUSTED),
    ("mine=evil.py:s", {}, UNTRUSTED),
    ("evil_package:s", {}, UNTRUSTED),
    ("cosine evil_package:s", {"steps": "9"}, UNTRUSTED),
    (f"{SPEC}scheduler: {{type: evil_package.s}}", {}, FOREIGN),
    (f"{SPEC}scheduler: {{_target_: evil_package.s}}", {}, FOREIGN),
    (COSINE, {"set": "scheduler.type=evil_package.s"}, FOREIGN),
    (COSINE, {"optimizer": "evil_package.s"}, "evil_package.s is no optimizer of torch"),
    (f"{SPEC}scheduler: {{type: evil_package.s}}", {"trust": ""}, "trust: a page cannot say it"),
    ("evil.py:s", {"trust": ""}, "trust: a page cannot say it"),
    (COSINE, {"style": "evil_package.s"}, "neither a style's name nor an .mplstyle file"),
    (COSINE, {"style": "http://127.0.0.1:9/a.mplstyle"}, "neither a style's name nor"),
    ("../secret/s.yaml", {}, OUTSIDE),
    ("linked/s.yaml", {}, OUTSIDE),
    ("link-s.yaml", {}, OUTSIDE),
    ("a=linked/../linked/s.yaml", {}, OUTSIDE),
    ("../secret/none.yaml", {}, OUTSIDE),  # nor does it say what is not there
    (METRIC.replace("FILE", "../secret/val.csv"), {}, OUTSIDE),
    (METRIC.replace("FILE", "linked/val.csv"), {}, OUTSIDE),
    (METRIC.replace("FILE", "link-val.csv"), {}, OUTSIDE),
    (METRIC.replace("FILE", "/etc/passwd.csv"), {}, OUTSIDE),
    ("reads.yaml", {}, OUTSIDE),
    ("../secret/val.csv", {}, OUTSIDE),
    ("../secret/val.csv:loss", {}, OUTSIDE),
    ("a=link-val.csv:loss", {}, OUTSIDE),
    ("../secret/config.toml", {}, OUTSIDE),
    ("link-config.toml", {}, OUTSIDE),
    (COSINE, {"style": "../secret/own.mplstyle"}, OUTSIDE),
    (COSINE, {"style": "link-own.mplstyle"}, OUTSIDE),
    ("cosine", {"steps": "90000000"}, "90,000,000 updates"),
    ("cosine linear", {"steps": "5000001"}, "10,000,002 updates"),
    ("cosine", {"steps": "900000000", "force": ""}, "force: a page cannot say it"),
    (
        "train: {steps: 100000}\noptimizer: {type: SGD, lr: 0.1, groups: {a: {count: 101}}}\n"
        "scheduler: cosine",
        {},
        "10,100,000 updates, all param groups counted",
    ),
]


def test_what_a_page_may_not(build: Build, mark: Path) -> None:
    Path("docs/reads.yaml").write_text(METRIC.replace("FILE", "../secret/val.csv"))
    start = time.process_time()
    parts = build([(body, options) for body, options, _ in REFUSED], {})
    assert time.process_time() - start < 30
    assert len(parts) == len(REFUSED)
    for part, (body, options, words) in zip(parts, REFUSED, strict=True):
        assert words in said(part), (body, options)
        assert "<img" not in part
        assert "--trust" not in part
    assert not mark.exists()
    assert "0.12345" not in "".join(parts)


@pytest.mark.parametrize("code", ["evil.py:s", "evil_package:s", "evil_package.S"])
def test_code_runs_where_the_configuration_trusts(build: Build, mark: Path, code: str) -> None:
    body = code if ":" in code else f"{SPEC}scheduler: {{type: {code}}}"
    [part] = build([(body, {"steps": "9"})], {"trust": True})
    assert "<img" in part
    assert mark.exists()


def test_the_configuration_adds_folders_and_updates(build: Build, mark: Path) -> None:
    allowed: list[Block] = [
        ("../secret/s.yaml", {}),
        ("link-s.yaml", {}),
        (METRIC.replace("FILE", "../secret/val.csv"), {}),
        (COSINE, {"style": "link-own.mplstyle"}),
        ("constant", {"steps": "1000"}),
    ]
    folders = [str(mark.parent / "secret")]
    refused: list[Block] = [("../mkdocs.yaml", {}), ("constant", {"steps": "1001"})]
    parts = build(allowed + refused, {"folders": folders, "max_updates": 1000})
    assert ["<img" in part for part in parts] == [True] * len(allowed) + [False] * 2
    assert OUTSIDE in said(parts[-2])
    assert "1,001 updates" in said(parts[-1])
