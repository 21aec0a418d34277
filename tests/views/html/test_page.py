from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from lrviz.views.html.data import figure_data
from lrviz.views.html.packing import unpacked
from lrviz.views.html.page import PageOptions, page, policy, script, styles
from lrviz.views.plan.options import FigureOptions
from lrviz.views.text.grid import Grid
from lrviz.writing.provenance import written_by_lrviz
from tests.traces import trace

HOSTILE = "</script><script>window.stolen=1</script><img src=x onerror=stolen=1>\"'`${1}<!--"
FALL = 0.05 * (1 + np.cos(np.pi * np.arange(10_000) / 10_000))
RISE = 0.05 * (1 - np.cos(np.pi * np.arange(10_000) / 3_000)) * np.exp(-np.arange(10_000) / 5_000)


def made(label: str = "a", title: str | None = None, **options: object) -> str:
    data = figure_data([trace([0.1, 0.2], label=label)], FigureOptions(title=title))
    return page(data, PageOptions(**options))  # type: ignore[arg-type]


def between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def hashed(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_its_policy_lets_its_own_script_and_style_run_and_nothing_else() -> None:
    text = made()
    code = text.rpartition("<script>")[2].partition("</script>")[0]
    style = between(text, "<style>", "</style>")
    assert between(text, 'Content-Security-Policy" content="', '">') == (
        f"default-src 'none'; script-src 'sha256-{hashed(code)}'; "
        f"style-src 'sha256-{hashed(style)}'; base-uri 'none'; form-action 'none'"
    )
    assert text.count("<script>") == 1  # the others are data
    assert set(re.findall(r"\w+://\S+?(?=[\"'`;)])", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(?:src|href)=|@import|\burl\(", text)
    assert policy("a", "b", connect_src="'self'").endswith("; connect-src 'self'")


def test_labels_and_titles_are_text() -> None:
    text = made(HOSTILE, HOSTILE, said=[HOSTILE], tables=[(HOSTILE, Grid((HOSTILE,), ()))])
    plain = made(said=["x"], tables=[("x", Grid(("x",), ()))])
    assert text.count("<script") == plain.count("<script")
    assert text.count("</script") == plain.count("</script")
    assert "<img" not in text
    assert "<!--" not in text
    assert json.loads(between(text, 'id="meta">', "</script>"))["title"] == HOSTILE


def test_lrviz_knows_a_page_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "figure.html"
    path.write_text(made(HOSTILE, HOSTILE, source=HOSTILE), encoding="utf-8")
    assert written_by_lrviz(path)
    path.write_text("<!doctype html><title>mine</title>")
    assert not written_by_lrviz(path)


def test_two_curves_of_10_000_updates_take_less_than_300_kB_and_hold_every_value() -> None:
    data = figure_data([trace(FALL, label="a"), trace(RISE, label="b")], FigureOptions())
    text = page(data)
    assert len(text.encode()) < 200_000
    values = re.findall(r'class="values">([^<]*)<', text)
    assert [unpacked(each).tolist() for each in values] == [FALL.tolist(), RISE.tolist()]


def test_the_same_is_the_same_text() -> None:
    assert made() == made()


@pytest.mark.parametrize("style", ["light", "dark", None])
def test_a_style_is_said_once_for_all(style: str | None) -> None:
    text = made(style=style)
    assert between(text, "<html", ">") == (
        f' lang="en" data-theme="{style}"' if style else ' lang="en"'
    )


def test_size_and_font_are_in_the_style() -> None:
    style = between(made(width=6.5, font="serif"), "<style>", "</style>")
    assert style.endswith("main { max-width: 6.5in; }\nbody, .lrviz { font-family: serif; }\n")


def test_the_renderer_is_one_declaration_and_touches_nothing_but_its_root() -> None:
    assert script().startswith("const LrvizFigure = (() => {\n")
    assert script().endswith("return Figure;\n})();\n")
    assert "innerHTML" not in script()
    assert "eval(" not in script()
    selectors = re.findall(r"^ *([^\s@}][^{};]*)\{", styles(), re.MULTILINE)
    assert len(selectors) > 20
    for each in selectors:
        assert each.startswith((".lrviz", ":root", "[data-theme")), each
