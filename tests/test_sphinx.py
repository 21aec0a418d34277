"""The directive `.. lrviz::` in real builds of a small site."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from sphinx.cmd.build import build_main

from lrviz.embedding import STYLESHEET, picture
from lrviz.views.plan.palette import DARK, LIGHT
from lrviz.writing.provenance import written_by_lrviz
from tests.chromium import colours

PAGE = """\
Schedules
=========

.. lrviz:: cosine onecycle
   :steps: 1000
   :caption: Two *ways* to anneal.
   :name: two-ways
   :align: center

See :ref:`two-ways`.

.. lrviz::
   :log:
   :alt: It warms up, and decays.
   :width: 80%

   train: {steps: 1000}
   optimizer: {type: SGD, lr: 0.1}
   scheduler: warmup-cosine

.. lrviz:: specs/plateau.yaml /specs/plateau.yaml
   :style: paper
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
    source = tmp_path / "source"
    (source / "specs").mkdir(parents=True)
    (source / "conf.py").write_text(
        'project = "Small"\nextensions = ["lrviz.sphinx"]\nnumfig = True\n'
        "show_warning_types = True\n"  # the default since Sphinx 8
    )
    (source / "index.rst").write_text(PAGE)
    (source / "specs" / "plateau.yaml").write_text(PLATEAU)
    (source / "specs" / "val.csv").write_text("loss\n1\n1\n1\n")
    return source


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


def build(source: Path, builder: str = "html", *args: str) -> tuple[int, list[str]]:
    """Build a site beside its source; return the exit code and the warnings."""
    said = source.parent / "warnings.txt"
    trees = str(source.parent / "doctrees")
    out = str(source.parent / builder)
    code = build_main(["-q", "-b", builder, "-d", trees, "-w", str(said), *args, str(source), out])
    text = said.read_text().replace(f"{source}/", "") if said.exists() else ""
    return code, re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()


def test_pages_show_light_and_dark_figures(site: Path) -> None:
    assert build(site) == (0, [])
    html = (site.parent / "html" / "index.html").read_text()
    images = [dict(re.findall(r'(\S+)="(.*?)"', tag)) for tag in re.findall("<img (.*?)/>", html)]
    two, warm = (
        "Learning rate of cosine and onecycle over 1,000 updates",
        "It warms up, and decays.",
    )
    assert [(each.get("class"), each["alt"]) for each in images] == [
        ("lrviz-light", two),
        ("lrviz-dark dark-light", two),
        ("lrviz-light", warm),
        ("lrviz-dark dark-light", warm),
        (None, "Learning rate of plateau and plateau (2) over 6 updates"),
    ]
    for each in images:
        assert written_by_lrviz(site.parent / "html" / each["src"])
    assert [each.get("style") for each in images[2:4]] == ["width: 80%;"] * 2
    assert '<figure class="lrviz align-center" id="two-ways">' in html
    assert "Two <em>ways</em> to anneal." in html
    assert '<a class="reference internal" href="#two-ways">' in html
    assert f'href="_static/{STYLESHEET.name}' in html
    shown = site.parent / "html" / "_static" / STYLESHEET.name
    assert shown.read_bytes() == STYLESHEET.read_bytes()


def test_other_builders_take_the_light_figure(site: Path) -> None:
    assert build(site, "latex") == (0, [])
    [tex] = (site.parent / "latex").glob("small.tex")
    names = re.findall(r"\\sphinxincludegraphics\S*?\{\{(.*?)\}\.pdf\}", tex.read_text())
    assert len(names) == 3
    for name in names:
        assert written_by_lrviz(site.parent / "latex" / f"{name}.pdf")
    assert build(site, "text") == (0, [])
    text = (site.parent / "text" / "index.txt").read_text()
    assert text.count("[image: It warms up, and decays.]") == 1


def test_only_what_changed_is_drawn_again(site: Path, draws: list[str]) -> None:
    both = "specs/plateau.yaml /specs/plateau.yaml"
    assert build(site) == (0, [])
    assert draws == ["cosine onecycle", "a spec", both]
    draws.clear()

    spec, metric = site / "specs" / "plateau.yaml", site / "specs" / "val.csv"
    for path, text, drawn in (
        (site / "index.rst", f"{PAGE}\nMore words.\n", []),
        (site / "index.rst", PAGE.replace("lr: 0.1", "lr: 0.2"), ["a spec"]),
        (spec, f"# A comment\n{PLATEAU}", []),
        (spec, PLATEAU.replace("lr: 0.1", "lr: 0.3"), [both]),
        (metric, "loss\n1\n0.9\n0.8\n", [both]),
    ):
        path.write_text(text)
        assert build(site) == (0, [])
        assert draws == drawn
        draws.clear()

    build(site, "latex")
    build(site, "html", "-E")  # reads all documents again
    assert draws == []


def test_errors_are_warnings_with_their_line(site: Path) -> None:
    (site / "index.rst").write_text(
        textwrap.dedent("""\
            Title
            =====

            #. In a list:

               .. lrviz::
                  :log:

                  train: {steps: 1000}
                  optimizer: {type: SGD, lr: 0.1}
                  scheduler:
                    type: warmup-cosine
                    warmpu: 5%

            .. lrviz:: cosine
               :steps: many

            .. lrviz:: specs/plateau.yaml

            .. lrviz:: OneCycleLR:max_lr=0.1,total_steps=5
               :steps: 10
            """)
    )
    (site / "specs" / "plateau.yaml").write_text(PLATEAU.replace("patience", "patients"))
    code, said = build(site, "html", "-W", "--keep-going")
    assert code == 1
    [*most, cut] = said
    assert most == [
        "index.rst:13: WARNING: warmup-cosine has no argument 'warmpu'; did you mean warmup? "
        "[lrviz]",
        "index.rst:15: WARNING: --steps many: give a whole number, 1 or more [lrviz]",
        "index.rst:18: WARNING: specs/plateau.yaml:7:42: scheduler.patients: ReduceLROnPlateau has "
        "no argument 'patients'; did you mean patience? [lrviz]",
    ]
    assert cut.startswith("index.rst:20: WARNING: OneCycleLR: its scheduler failed after update 5")
    html = (site.parent / "html" / "index.html").read_text()
    assert "--steps many: give a whole number" in re.sub("<.*?>", "", html)
    assert html.count("<img") == 2

    # Only the spec is mended, which the document could not say that it reads.
    (site / "specs" / "plateau.yaml").write_text(PLATEAU)
    build(site)
    assert (site.parent / "html" / "index.html").read_text().count("<img") == 4


def test_lines_of_included_documents_are_their_own(site: Path) -> None:
    (site / "index.rst").write_text("Title\n=====\n\n.. include:: part.txt\n")
    (site / "part.txt").write_text("\n\n.. lrviz::\n\n   scheduler: cosine\n   train: {steps: x}\n")
    code, [said] = build(site)
    assert code == 0
    assert said == "part.txt:6: WARNING: train.steps: must be a whole number, not 'x' [lrviz]"


def test_a_browser_shows_the_light_figures(site: Path, tmp_path: Path) -> None:
    assert build(site) == (0, [])
    shown = colours(tmp_path / "html" / "index.html", tmp_path / "browser")
    assert min(shown.get(colour, 0) for colour in LIGHT.curves[:2]) > 100
    assert not {*DARK.curves[:2], DARK.back} & set(shown)


def test_a_browser_shows_the_dark_figures_on_a_dark_page(site: Path, tmp_path: Path) -> None:
    # What Furo and PyData write.
    (site / "templates").mkdir()
    (site / "templates" / "layout.html").write_text(
        '{% extends "!layout.html" %}\n{% block body_tag %}<body data-theme="dark">{% endblock %}\n'
    )
    with (site / "conf.py").open("a") as stream:
        stream.write('templates_path = ["templates"]\n')
    assert build(site) == (0, [])
    shown = colours(tmp_path / "html" / "index.html", tmp_path / "browser")
    assert min(shown.get(colour, 0) for colour in DARK.curves[:2]) > 100
    assert shown[DARK.back] > 100_000
