from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from matplotlib.figure import Figure

import lrviz
from lrviz.views.figure import FigureOptions
from tests.views.figure.test_drawing import drawn, texts

SPEC = {
    "title": "Two ways",
    "train": {"epochs": 4, "steps_per_epoch": 25},
    "schedules": {"steps": {"scheduler": "step"}, "smooth": {"scheduler": "cosine"}},
    "plot": {"x": "epoch", "log": True},
}


def test_a_trace_is_displayed_as_a_figure() -> None:
    page = lrviz.simulate("onecycle", steps=100)._repr_svg_()
    assert page is not None
    assert page.startswith("<?xml")
    assert {">onecycle</text>" in page, ">momentum</text>" in page} == {True}


def test_schedules_are_a_list_that_is_displayed_as_a_figure() -> None:
    schedules = lrviz.load(SPEC)
    assert isinstance(schedules, list)
    assert [each.label for each in schedules] == ["steps", "smooth"]
    page = schedules._repr_svg_()
    assert page is not None
    assert all(f">{text}</text>" in page for text in ("steps", "smooth", "Two ways", "epoch"))


def test_a_figure_is_displayed_in_its_own_style() -> None:
    fig = lrviz.plot("cosine", steps=100, figure=FigureOptions(style="dark"))
    assert isinstance(fig, Figure)
    page = fig._repr_svg_()  # type: ignore[attr-defined]
    assert "#0d1117" in page
    assert ">cosine</text>" in page  # text, in whatever way the user's settings want it


def test_plot_follows_the_spec_unless_it_is_told_otherwise() -> None:
    [ax] = lrviz.plot(SPEC).axes
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "epoch")
    assert "Two ways" in [text.get_text() for text in texts(drawn(lrviz.plot(SPEC)))]
    [plain] = lrviz.plot(SPEC, figure=FigureOptions()).axes
    assert (plain.get_yscale(), plain.get_xlabel()) == ("linear", "update")


def test_plot_draws_into_axes_of_ones_own() -> None:
    fig = Figure()
    ax = fig.add_subplot()
    assert lrviz.plot(lrviz.simulate("cosine", steps=50), "linear", ax=ax, steps=50) is fig
    assert [line.get_label() for line in ax.lines] == ["cosine", "linear"]


def test_nothing_is_drawn_before_it_is_displayed() -> None:
    script = (
        "import sys, lrviz; schedules = lrviz.load('cosine', steps=9); "
        "assert 'torch' not in sys.modules; trace = lrviz.simulate('cosine', steps=9); "
        "assert 'matplotlib' not in sys.modules; schedules._repr_svg_(); trace._repr_svg_(); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
