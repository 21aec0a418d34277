from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from lrviz.curves.events import Array
from lrviz.curves.trace import RunError, Trace
from lrviz.errors import UsageError
from lrviz.spec.durations import Length
from lrviz.views.figure import FigureOptions, Mark, figure, save_bytes
from lrviz.views.figure.themes import THEMES, applied, colours
from lrviz.views.plan.downsample import m4, vertices
from lrviz.views.plan.labels import spread
from lrviz.views.plan.palette import DARK, contrast
from lrviz.writing.provenance import FORMATS, written_by_lrviz
from tests.legible import illegible
from tests.vision import DEFICIENCIES, difference, lightness

SHAPES: list[Callable[[Array], Array]] = [
    lambda p: 0.05 * (1 + np.cos(np.pi * p)),
    lambda p: 0.1 * np.minimum(p / 0.3, (1 - p) / 0.7),
    lambda p: 0.1 * (1 - p),
    lambda p: 0.1 * 0.001**p,
    lambda p: 0.05 * (1 + np.cos(np.pi * (p * 5 % 1))),
    lambda p: 0.01 + 0.09 * np.abs(p * 8 % 2 - 1),
    lambda p: 0.1 / np.sqrt(1 + 20 * p),
    lambda p: np.minimum(0.1, 0.5 * (1 - p)),
    lambda p: 0.1 * 0.1 ** np.floor(3 * p),
    lambda p: 0.1 * 0.5 ** np.floor(4 * p),
    lambda p: np.full_like(p, 0.05),
    lambda p: 0.1 * (1 - p) ** 2,
]


def trace(label: str, lr: Sequence[float] | Array, **more: object) -> Trace:
    values = np.asarray(lr, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    curves = {"lr": values}
    if "momentum" in more:
        curves["momentum"] = np.asarray(more["momentum"], dtype=np.float64)[:, None]
    groups = tuple(f"g{index}" for index in range(values.shape[1]))
    length, error = more.get("length", Length(len(values))), more.get("error")
    assert isinstance(length, Length)
    assert error is None or isinstance(error, RunError)
    after = {name: each[-1] for name, each in curves.items()}
    return Trace(label, label, groups, curves, after, length, error=error)


def shapes(count: int, updates: int = 10_000, per_epoch: int | None = None) -> list[Trace]:
    progress = np.arange(updates) / updates
    length = Length(updates, per_epoch)
    return [
        trace(f"schedule {index}", shape(progress), length=length)
        for index, shape in enumerate(SHAPES[:count])
    ]


def curve(ax: Axes, index: int = 0) -> tuple[list[float], list[float]]:
    line = ax.lines[index]
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    return x.tolist(), y.tolist()


def drawn(fig: Figure) -> Figure:
    """A figure all of whose texts know where they are."""
    pixels(fig)
    return fig


def pixels(fig: Figure) -> NDArray[np.int64]:
    canvas = FigureCanvasAgg(fig)
    canvas.draw()  # type: ignore[no-untyped-call]
    page = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return page.astype(np.int64)


def texts(fig: Figure) -> Iterator[Text]:
    """All that is written; matplotlib keeps invisible labels of ticks outside the view."""
    beyond: list[object] = []
    for ax in [each for panel in fig.axes for each in (panel, *panel.child_axes)]:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            far = [each for each in axis.get_major_ticks() if not low <= each.get_loc() <= high]
            beyond += [label for tick in far for label in (tick.label1, tick.label2)]
    for found in fig.findobj(Text):
        assert isinstance(found, Text)
        if found.get_visible() and found.get_text() and found not in beyond:
            yield found


# Downsampling


def test_a_value_holds_for_its_update() -> None:
    x, y = vertices(np.array([0.1, 0.1, 0.01, 0.001, 0.001]), bins=10)
    assert x.tolist() == [0, 2, 2, 3, 3, 5]
    assert y.tolist() == [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]


def test_a_single_update_has_a_width() -> None:
    x, y = vertices(np.array([0.1]), bins=10)
    assert (x.tolist(), y.tolist()) == ([0, 1], [0.1, 0.1])


def test_few_jumps_are_exact_at_any_length() -> None:
    values = np.repeat([0.1, 0.01, 0.001], 400_000)
    x, y = vertices(values, bins=1_000)
    assert x.tolist() == [0, 400_000, 400_000, 800_000, 800_000, 1_200_000]
    assert y.tolist() == [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]


def test_what_is_not_finite_leaves_a_gap_of_its_own_length() -> None:
    x, y = vertices(np.array([1.0, np.nan, np.inf, -np.inf, 2.0]), bins=10)
    assert x.tolist() == [0, 1, 1, 4, 4, 5]
    np.testing.assert_array_equal(y, [1, 1, np.nan, np.nan, 2, 2])


@pytest.mark.parametrize("size", [401, 1_000, 12_345, 100_000])
def test_a_long_curve_keeps_every_extreme_and_spike(size: int) -> None:
    values = np.cos(np.arange(size) / size * 30)
    values[size // 3], values[size // 2] = 7.0, -7.0
    x, y = vertices(values, bins=100)
    assert len(x) <= 411
    assert (x[0], x[-1]) == (0, size)
    at = dict(zip(x.tolist(), y.tolist(), strict=True))
    assert (at[size // 3], at[size // 2]) == (7.0, -7.0)
    assert (np.diff(x) > 0).all()
    assert all(values[int(t)] == value for t, value in list(at.items())[:-1])


def test_bins_keep_first_least_greatest_and_last() -> None:
    values = np.random.default_rng(0).normal(size=1_003)
    kept = m4(values, 50)
    edges = [*range(0, 1_003, 20), 1_003]
    for start, end in pairwise(edges):
        part = values[start:end]
        assert {start, start + part.argmin(), start + part.argmax(), end - 1} == {
            index for index in kept if start <= index < end
        }


def test_gaps_of_a_long_curve_are_not_drawn_over() -> None:
    values = np.random.default_rng(0).normal(size=10_000)
    values[5_000:6_000] = np.nan
    values[8_000] = np.inf
    x, y = vertices(values, bins=50)
    gaps = np.flatnonzero(np.isnan(y))
    assert len(gaps) == 2
    assert x[gaps[0] - 1] <= 5_000
    assert x[gaps[0] + 1] >= 6_000
    assert np.isfinite(y[[0, -1]]).all()
    assert x[-1] == 10_000


def test_the_drawing_of_a_million_updates_is_that_of_all_points() -> None:
    progress = np.arange(1_000_000) / 1_000_000
    values = 0.05 * (1 + np.cos(np.pi * (progress * 7 % 1)))
    values[123_456] = 0.2
    fig = figure([trace("long", values)])
    few = pixels(fig)
    line = fig.axes[0].lines[0]
    assert len(line.get_xdata()) < 10_000  # type: ignore[arg-type]
    line.set_data(np.arange(1_000_000), values)
    with mpl.rc_context({"path.simplify": False}):
        whole = pixels(fig)
    assert np.abs(whole - few).max() <= 64


# What is drawn


def test_every_curve_ends_where_its_training_ends() -> None:
    fig = figure([trace("long", [0.1] * 100), trace("short", [0.2] * 40)])
    [ax] = fig.axes
    assert ax.get_xlim() == (0, 100)
    assert curve(ax, 0)[0] == [0, 100]
    assert curve(ax, 1)[0] == [0, 40]


def test_x_in_progress_aligns_the_ends() -> None:
    traces = [trace("long", [0.1] * 100), trace("short", [0.2] * 40)]
    [ax] = figure(traces, FigureOptions(x="progress")).axes
    assert [curve(ax, index)[0] for index in (0, 1)] == [[0, 100], [0, 100]]
    assert ax.get_xlabel() == "progress"


def test_epochs_above_updates_and_the_other_way_round() -> None:
    traces = [trace("resnet", [0.1] * 60 + [0.01] * 30, length=Length(90, 10))]
    fig = figure(traces)
    ax = fig.axes[0]
    [above] = ax.child_axes
    assert (ax.get_xlabel(), above.get_xlabel()) == ("update", "epoch")
    drawn(fig)
    assert above.get_xlim() == (0, 9)
    swapped = figure(traces, FigureOptions(x="epoch")).axes[0]
    assert swapped.get_xlabel() == "epoch"
    assert curve(swapped)[0] == [0, 6, 6, 9]


def test_momentum_has_a_panel_below_that_shares_x() -> None:
    traces = [
        trace("cosine", [0.1, 0.05, 0.0]),
        trace("onecycle", [0.0, 0.1, 0.0], momentum=[0.95, 0.85, 0.95]),
    ]
    upper, lower = figure(traces).axes
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("learning rate", "momentum")
    assert upper.get_xlim() == lower.get_xlim()
    assert upper.get_position().x0 == lower.get_position().x0
    assert upper.get_position().y0 > lower.get_position().y1
    assert lower.lines[0].get_color() == upper.lines[1].get_color()
    assert (upper.get_xlabel(), lower.get_xlabel()) == ("", "update")


def test_a_logarithmic_axis_is_the_learning_rates_alone() -> None:
    traces = [trace("one", [0.01, 0.1, 0.001], momentum=[0.95, 0.85, 0.95])]
    upper, lower = figure(traces, FigureOptions(log=True)).axes
    assert (upper.get_yscale(), lower.get_yscale()) == ("log", "linear")


def test_zeros_on_a_logarithmic_axis_leave_through_its_edge_and_are_named() -> None:
    fig = figure([trace("cosine", [0.1, 0.01, 0.0])], FigureOptions(log=True))
    [ax] = fig.axes
    assert curve(ax)[1][-1] < ax.get_ylim()[0]
    assert "Below the axis: cosine (down to 0)." in [text.get_text() for text in texts(fig)]


def test_notes_call_groups_by_their_own_names_once() -> None:
    falling = np.append(np.linspace(0.1, 0.05, 50), 0.0)
    layered = trace("vit", np.outer(falling, [1.0, 0.5, 0.25, 0.1]))
    fig = figure([layered], FigureOptions(log=True))
    assert "Below the axis: g0, g3 (down to 0)." in [text.get_text() for text in texts(fig)]


def test_where_all_curves_leave_the_axis_the_note_counts_them() -> None:
    falling = [np.append(np.linspace(0.1 * each, 0.05, 50), 0.0) for each in range(1, 10)]
    traces = [trace(f"c{index}", each) for index, each in enumerate(falling)]
    level = trace("level", [0.1] * 51)
    for shown, named in (
        (traces[:3], "all 3 curves"),
        (traces, "all 9 curves"),
        ([*traces[:3], level], "c0, c1, c2"),
        ([*traces, level], "c0, c1, c2 and 6 more"),
    ):
        fig = figure(shown, FigureOptions(log=True))
        found = [text.get_text() for text in texts(fig)]
        assert f"Below the axis: {named} (down to 0)." in found


@pytest.mark.parametrize("top", [3e-5, 7e-4, 0.05, 0.1, 1.3])
@pytest.mark.parametrize("size", [(6, 2), (6, 4), (3.4, 2.4), (8, 5)])
def test_a_y_axis_has_three_ticks_or_more(top: float, size: tuple[float, float]) -> None:
    [ax] = figure([trace("falling", np.linspace(top, 0, 90))], FigureOptions(size=size)).axes
    low, high = ax.get_ylim()
    ticks = [at for at in ax.get_yticks() if low <= at <= high]
    assert 3 <= len(ticks) <= 8


def test_the_name_of_the_axis_above_is_clear_of_its_ticks() -> None:
    fig = drawn(figure([trace("one", [0.1] * 900, length=Length(900, 10))]))
    [above] = fig.axes[0].child_axes
    name = above.xaxis.label.get_window_extent()
    ticks = [each.label2.get_window_extent().y1 for each in above.xaxis.get_major_ticks()]
    assert name.y0 - max(ticks) >= 0.05 * fig.dpi


def test_a_run_that_was_cut_short_has_a_cross_and_a_note() -> None:
    error = RunError(2, "ValueError: Tried to step 4 times.")
    fig = figure([trace("one", [0.1, 0.2, 0.3], length=Length(10), error=error)])
    [ax] = fig.axes
    assert ax.get_xlim() == (0, 10)
    cross = ax.lines[1]
    assert (cross.get_marker(), curve(ax, 1)) == ("x", ([3], [0.3]))
    assert "one ends after update 2 of 10: ValueError: Tried to step 4 times." in [
        text.get_text() for text in texts(fig)
    ]


def test_a_cross_below_a_logarithmic_axis_is_at_its_edge() -> None:
    error = RunError(2, "ValueError: no more")
    traces = [
        trace("one", [0.1, 0.01, 0.0], length=Length(10), error=error),
        trace("two", [0.1, 0.02, 0.01]),
    ]
    [ax] = figure(traces, FigureOptions(log=True)).axes
    [cross] = [line for line in ax.lines if line.get_marker() == "x"]
    assert list(cross.get_ydata()) == [ax.get_ylim()[0]]  # type: ignore[arg-type]


def test_values_that_are_not_finite_are_named() -> None:
    fig = figure([trace("one", [0.1, np.nan, np.inf, 0.2])])
    assert "one: 2 of 4 values of the learning rate are not finite and leave a gap." in [
        text.get_text() for text in texts(fig)
    ]


def test_notes_do_not_crowd_out_the_picture() -> None:
    error = RunError(2, "ValueError: no.")
    traces = [trace(f"t{i}", [0.1, 0.2, 0.3], length=Length(10), error=error) for i in range(12)]
    fig = figure(traces, FigureOptions(size=(4, 3)))
    found = [text.get_text() for text in texts(fig)]
    assert found.count("t0 ends after update 2 of 10: ValueError: no.") == 1
    assert sum("ends after" in text for text in found) == 3
    assert "and 10 more notes" in found  # with the one on --grid


def test_a_note_is_told_whole_or_counted() -> None:
    said = "ValueError: so much is said of this, that it takes two lines of a figure of this size."
    error = RunError(2, said)
    traces = [trace(f"t{i}", [0.1, 0.2, 0.3], length=Length(10), error=error) for i in range(3)]
    found = [text.get_text() for text in texts(figure(traces, FigureOptions(size=(4.5, 3))))]
    told = " ".join(reversed([text for text in found if len(text) > 20]))
    assert told == f"t0 ends after update 2 of 10: {said}"
    assert "and 2 more notes" in found


def test_a_lone_curve_is_named_by_the_title() -> None:
    fig = figure([trace("cosine", [0.1, 0.0])])
    assert [text.get_text() for text in texts(fig)].count("cosine") == 1
    titled = figure([trace("cosine", [0.1, 0.0])], FigureOptions(title="My run"))
    assert "My run" in {text.get_text() for text in texts(titled)}
    assert "cosine" not in {text.get_text() for text in texts(titled)}
    untitled = figure([trace("cosine", [0.1, 0.0])], FigureOptions(title=""))
    assert [text.get_text() for text in texts(untitled)].count("cosine") == 1


def test_signs_of_markup_are_only_text() -> None:
    traces = [trace("$x^$", [0.1, 0.0]), trace("_hidden\nname", [0.2, 0.1])]
    fig = figure(traces, FigureOptions(title="$5 to $6 & <b>"))
    assert {"$x^$", "_hidden name", "$5 to $6 & <b>"} <= {text.get_text() for text in texts(fig)}
    page = save_bytes(fig, "svg").decode()
    assert "$5 to $6 &amp; &lt;b&gt;" in page


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        [0.0],
        [-1.0, -2.0],
        [np.nan],
        [np.inf, 1.0],
        [5e-324, 0.0],
        [1.7e308, -1.7e308],
        [1.7e308, 5e-324],
        [1e-12, 1e-12],
        [0.9, 0.9000000001],
    ],
)
def test_no_curve_is_too_odd_to_draw(values: list[float], log: bool) -> None:
    fig = figure([trace("odd", values), trace("zero", [0.0])], FigureOptions(log=log))
    for file_format in ("png", "svg"):
        assert save_bytes(fig, file_format)


def test_more_than_ten_curves_are_sent_to_a_grid() -> None:
    note = "{} curves: --grid gives each a panel of its own."
    for count in (10, 11, 12):
        found = {text.get_text() for text in texts(figure(shapes(count)))}
        assert (note.format(count) in found) == (count > 10)
    grid = {text.get_text() for text in texts(figure(shapes(11), FigureOptions(grid=True)))}
    assert note.format(11) not in grid


@pytest.mark.parametrize("moving", [1, 2, 3, 4])
def test_the_learning_rate_has_most_of_the_height(moving: int) -> None:
    shapes_of = {f"q{index}": np.linspace(0, 1, 50)[:, None] for index in range(moving)}
    one = trace("a", np.linspace(0.1, 0, 50))
    more = replace(one, curves={**one.curves, **shapes_of})
    heights = [ax.get_position().height for ax in figure([more]).axes]
    assert heights[0] / sum(heights) >= 0.599
    assert len(heights) == moving + 1


def test_an_svg_says_what_it_shows_to_those_who_hear_it() -> None:
    two = [trace("a & b", [0.1, 0.05, 0.0]), trace("c", [0.1, 0.1, 0.0])]
    page = save_bytes(figure(two), "svg").decode()
    root = ElementTree.fromstring(page)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert [each.tag for each in root][:2] == [f"{space}title", f"{space}desc"]
    assert [each.text for each in root][:2] == [
        "a & b, c",
        "The learning rate over updates of a & b, c, which ends at 0.",
    ]
    titled = save_bytes(figure(two, FigureOptions(title="Two <of> them")), "svg").decode()
    assert ElementTree.fromstring(titled)[0].text == "Two <of> them"
    assert titled.count("<title>") == 1


# How curves look


def dashes(line: Line2D) -> tuple[float, ...]:
    pattern = line._dash_pattern[1]  # type: ignore[attr-defined]
    return tuple(pattern) if pattern else ()


def test_the_first_curve_alone_is_solid_and_all_look_unlike_the_others() -> None:
    for count in (2, 6, 12):
        lines = figure(shapes(count)).axes[0].lines
        assert [line.get_linestyle() for line in lines] == ["-"] + ["--"] * (count - 1)
        assert len({dashes(line) for line in lines}) == count
        assert len({(line.get_color(), dashes(line)) for line in lines}) == count


def test_curves_on_each_other_differ_in_line_style_however_many_there_are() -> None:
    apart = [trace(f"apart {index}", [0.1 + index / 50] * 100) for index in range(5)]
    together = [trace(f"on {i}", [0.01] * 99 + [0.01 + i / 1000]) for i in range(4)]
    mixed = [each for pair in zip(apart, together, strict=False) for each in pair]
    lines = figure(mixed).axes[0].lines
    on = {dashes(line) for line in lines if str(line.get_label()).startswith("on")}
    assert len(on) == 4


def test_equal_curves_are_one_line_of_all_names() -> None:
    values = [0.1, 0.05, 0.0]
    fig = figure([trace("a", values), trace("other", [0.1, 0.1, 0.1]), trace("b", values)])
    assert [line.get_label() for line in fig.axes[0].lines] == ["a = b", "other"]
    fig = figure([trace(name, values) for name in "abcd"])
    assert [text.get_text() for text in texts(fig)][-1] == "a = b = c = d"
    fig = figure([trace(name, values) for name in "abcdef"])
    assert [text.get_text() for text in texts(fig)][-1] == "a = b = c = 3 more"


def test_curves_that_differ_in_what_is_shown_are_no_twins() -> None:
    one = trace("a", [0.1, 0.05, 0.0], momentum=[0.9, 0.8, 0.7])
    two = trace("b", [0.1, 0.05, 0.0], momentum=[0.9, 0.8, 0.8])
    assert len(figure([one, two]).axes[0].lines) == 2
    assert len(figure([one, two], FigureOptions(param="lr")).axes[0].lines) == 1
    longer = replace(two, curves={"lr": two.lr}, length=Length(3, 3))
    assert len(figure([replace(one, curves={"lr": one.lr}), longer]).axes[0].lines) == 2
    assert len(figure([one, one], FigureOptions(grid=True)).axes) == 4  # with the momentum


def test_a_mark_on_an_equal_curve_is_on_the_one_line() -> None:
    traces = [trace(name, [0.1, 0.05, 0.0]) for name in "ab"]
    fig = figure(traces, FigureOptions(marks=(Mark("b", 1, "LRV101"),)))
    assert [text.get_text() for text in fig.axes[0].texts] == ["LRV101"]


def test_many_groups_of_one_schedule_are_shades_of_one_colour_in_order() -> None:
    layers = 0.1 * 0.8 ** np.arange(13)
    traces = [
        trace(name, decay(np.arange(100) / 100)[:, None] * layers)
        for name, decay in zip("ab", SHAPES, strict=False)
    ]
    for style in ("light", "dark"):
        fig = figure(traces, FigureOptions(groups="all", style=style))
        lines = fig.axes[0].lines
        for own, styles in ((lines[:13], 1), (lines[13:], 1)):
            shades = [lightness(to_hex(line.get_color())) for line in own]
            assert shades == sorted(shades, reverse=style == "light")
            assert abs(shades[0] - shades[-1]) > 30
            assert len({dashes(line) for line in own}) == styles
        assert dashes(lines[0]) != dashes(lines[13])
        named = [text.get_text() for text in texts(fig) if "/" in text.get_text()]
        assert sorted(named) == ["a/g0", "a/g12", "a/g6", "b/g0", "b/g12", "b/g6"]


def test_a_curve_that_fills_the_panel_lies_below() -> None:
    progress = np.arange(10_000) / 10_000
    dense = trace("dense", 0.1 * np.abs(progress * 2_000 % 2 - 1))
    plain, filled = figure([*shapes(1), dense]).axes[0].lines
    assert filled.get_zorder() < plain.get_zorder()


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("grid", [False, True])
def test_contrast_of_text_is_4_5_and_of_lines_3(name: str, grid: bool) -> None:
    marks = (Mark("schedule 1", 40, "LRV101"),)
    error = RunError(2, "ValueError: no.")
    cut = trace("cut", [0.1, 0.2, 0.3], length=Length(10_000), error=error)
    options = FigureOptions(style=name, grid=grid, annotate=True, marks=marks, title="A title")
    fig = drawn(figure([*shapes(8, per_epoch=100), cut], options))
    back = to_hex(fig.get_facecolor())
    assert {to_hex(ax.get_facecolor()) for ax in fig.axes} == {back}
    found = list(texts(fig))
    assert {"A title", "LRV101", "learning rate"} <= {text.get_text() for text in found}
    for text in found:
        assert contrast(to_hex(text.get_color()), back) >= 4.5, text.get_text()
    gridlines = {
        id(line) for ax in fig.axes for line in (*ax.get_xgridlines(), *ax.get_ygridlines())
    }
    lines = [line for line in fig.findobj(Line2D) if id(line) not in gridlines]
    assert len({to_hex(line.get_color()) for line in lines}) >= (3 if grid else 9)
    for line in lines:
        assert contrast(to_hex(line.get_color()), back) >= 3
    for ax in fig.axes:
        assert all(contrast(to_hex(each.get_edgecolor()), back) >= 3 for each in ax.spines.values())


@pytest.mark.parametrize("name", THEMES)
def test_colours_are_apart_in_greyscale_and_to_those_who_see_fewer(name: str) -> None:
    with applied(name):
        curves = colours().curves
    assert len(curves) == 8
    shades = [lightness(each) for each in curves]
    assert min(abs(a - b) for a, b in pairwise(shades)) >= 14
    if name == "dark":  # thin and broken lines are lost on a dark ground before others are
        assert min(contrast(each, DARK.back) for each in curves[:5]) >= 5.5
    ordered = sorted(shades[:4])
    assert min(b - a for a, b in pairwise(ordered)) >= 10
    for one, other in combinations(curves, 2):
        assert min(difference(one, other, each) for each in ("", *DEFICIENCIES)) >= 10


def test_of_the_broken_curves_the_one_that_moves_most_is_the_least_broken() -> None:
    lines = figure(shapes(8)).axes[0].lines
    restarts, triangles = lines[4:6]
    assert dashes(restarts) == pytest.approx((7.5, 3.3))  # of lines 1.5 points wide
    assert dashes(triangles) == pytest.approx((10.5, 3, 1.65, 3))


@pytest.mark.parametrize(
    ("style", "font", "family"),
    [
        (None, None, "DejaVu Sans"),
        ("paper", None, "STIXGeneral"),
        ("paper", "sans", "DejaVu Sans"),
        ("dark", "serif", "STIXGeneral"),
        ("ggplot", "serif", "STIXGeneral"),
    ],
)
def test_fonts(style: str | None, font: Any, family: str) -> None:
    fig = drawn(figure(shapes(2), FigureOptions(style=style, font=font, title="A title")))
    assert {text.get_fontname() for text in texts(fig)} == {family}
    page = save_bytes(fig, "svg").decode()
    # an older matplotlib writes one shorthand, `font: 12px 'DejaVu Sans'`
    assert re.search(rf"(font-family: |font: [\w. ]+px )'{family}'", page)


def test_any_style_of_matplotlibs_is_used() -> None:
    for style in ("default", "dark_background", "fivethirtyeight", "grayscale"):
        fig = figure(shapes(2), FigureOptions(style=style, annotate=True))
        assert save_bytes(fig, "png")
    plain = figure(shapes(1), FigureOptions(style="default"))
    assert to_hex(plain.axes[0].lines[0].get_color()) == "#1f77b4"


def test_spread_moves_labels_apart_and_no_further() -> None:
    assert spread([0.0, 5.0], 1.0, -1.0, 9.0) == [0.0, 5.0]
    assert spread([3.0, 3.0, 3.0], 1.0, -1.0, 9.0) == [2.0, 3.0, 4.0]
    assert spread([0.0, 0.0], 1.0, 0.0, 9.0) == [0.0, 1.0]
    assert spread([9.0, 9.0], 1.0, 0.0, 9.0) == [8.0, 9.0]


# Layout


@pytest.mark.parametrize("size", [(4, 3), (8, 5), (12, 6)])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("style", ["light", "paper"])
@pytest.mark.parametrize("title", [None, "A title that is much too long for a line of four inches"])
def test_no_text_is_cut_off_and_none_lies_on_another(
    size: tuple[float, float], count: int, style: str, title: str | None
) -> None:
    traces = shapes(count, 90 * 1_251, 1_251)
    fig = figure(traces, FigureOptions(size=size, style=style, title=title))
    assert illegible(fig) == []
    if count > 1 or title is None:
        assert {trace.label for trace in traces} <= {text.get_text() for text in texts(fig)}


def test_names_lie_along_curves_that_end_at_one_place() -> None:
    fig = drawn(figure(shapes(3)))
    inner = fig.axes[0].get_window_extent()
    named = [each for each in texts(fig) if each.get_text().startswith("schedule")]
    assert len(named) == 3
    for each in named:
        assert inner.contains(*each.get_window_extent().p0)
    assert len({each.get_color() for each in named}) == 3


def test_where_no_name_has_a_place_along_its_curve_they_stand_below() -> None:
    progress = np.arange(1_000) / 1_000
    near = [trace(f"power {each}", 0.1 * (1 - progress) ** each) for each in (1, 1.01, 1.02, 1.03)]
    fig = drawn(figure(near))
    below = fig.axes[0].get_window_extent().y0
    named = [each for each in texts(fig) if each.get_text().startswith("power")]
    assert [each.get_window_extent().y1 < below for each in named] == [True] * 4


def test_names_stand_at_the_ends_where_these_are_apart() -> None:
    fig = figure([trace("upper", [0.1, 0.1]), trace("lower", [0.1, 0.01])])
    inner = drawn(fig).axes[0].get_window_extent()
    at = {text.get_text(): text.get_window_extent() for text in texts(fig)}
    assert at["upper"].x0 > inner.x1
    assert at["upper"].y0 > at["lower"].y1


@pytest.mark.parametrize("annotate", [False, True])
@pytest.mark.parametrize("log", [False, True])
def test_strokes_lead_from_the_ends_of_the_curves_to_their_names(annotate: bool, log: bool) -> None:
    ends = [0.1, 0.03, 0.01]
    traces = [trace(str(end), [0.1, 0.1, end]) for end in ends]
    fig = drawn(figure(traces, FigureOptions(annotate=annotate, log=log)))
    strokes = [each for each in fig.get_children() if isinstance(each, Line2D)]
    for stroke, end in zip(strokes, ends, strict=True):
        _, y = fig.axes[0].transData.transform((3, end))
        start = np.asarray(stroke.get_ydata(), dtype=np.float64)[0] * fig.bbox.height
        assert start == pytest.approx(y, abs=0.01)


@pytest.mark.parametrize("size", [(2, 2), (3, 2), (3.4, 2.4), (6, 4), None])
@pytest.mark.parametrize("count", [1, 3, 6, 12])
def test_the_learning_rate_keeps_its_height_beside_a_legend_and_the_momentum(
    size: tuple[float, float] | None, count: int
) -> None:
    decays = np.outer(np.linspace(1, 0, 200), np.ones(count)) ** np.linspace(1, 1.1, count)
    traces = [trace(f"schedule {index}", decays[:, index]) for index in range(count - 1)]
    traces.append(trace("moving", decays[:, -1], momentum=decays[:, 0]))
    try:
        fig = drawn(figure(traces, FigureOptions(style="paper", size=size, title="")))
    except UsageError:
        assert (count, size) in ((12, (2, 2)), (12, (3, 2)), (12, (3.4, 2.4)))
        return
    inches = fig.dpi_scale_trans.inverted()
    panels = [ax.get_window_extent().transformed(inches) for ax in fig.axes]
    names = [text for text in fig.texts if text.get_text() in {each.label for each in traces}]
    lows = {round(text.get_window_extent().transformed(inches).y0, 3) for text in names}
    count_below = sum(low < panels[-1].y0 - 0.2 for low in lows)
    rows = count_below * 1.12 * 1.3 * names[0].get_fontsize() / 72
    assert panels[0].height >= 0.6 * (panels[0].y1 - panels[-1].y0 + rows) - 1e-9
    notes = " ".join(text.get_text() for text in fig.texts)
    said = "No room for the momentum:" in notes
    assert (len(panels), said) in ((2, False), (1, True))
    assert panels[-1].height >= 0.2 - 1e-9
    assert len(panels) == 2 or size in ((2, 2), (3, 2), (3.4, 2.4))


def test_names_too_long_for_the_margin_stand_below() -> None:
    names = [f"configs/imagenet/resnet50-warmup-cosine-batch8192.yaml#variant-{c}" for c in "ab"]
    fig = figure([trace(names[0], [0.1, 0.1]), trace(names[1], [0.1, 0.01])])
    inner = drawn(fig).axes[0].get_window_extent()
    at = {text.get_text(): text.get_window_extent() for text in texts(fig)}
    assert all(at[name].y1 < inner.y0 for name in names)


def test_a_legend_is_smaller_before_its_names_are_shortened() -> None:
    names = [f"schedule {index} of a name for a line" for index in range(6)]
    traces = [trace(name, np.linspace(0.1, 0, 90)) for name in names[:-1]]
    traces = [
        replace(each, curves={"lr": each.lr * (1 - at / 1e9)}) for at, each in enumerate(traces)
    ]
    traces.append(trace(names[-1], np.linspace(0.11, 0, 90)))
    found = {text.get_text() for text in texts(figure(traces, FigureOptions(size=(6, 4))))}
    assert set(names) <= found


def test_a_long_name_has_the_room_that_short_ones_leave() -> None:
    names = [f"c{index}" if index % 2 else f"{index} of a long name, " * 2 for index in range(6)]
    values = [np.linspace(0.1, 0, 90) * (1 - at / 1e9) for at in range(6)]
    traces = [trace(name.strip(), each) for name, each in zip(names, values, strict=True)]
    found = {text.get_text() for text in texts(figure(traces, FigureOptions(size=(6, 4))))}
    assert {each.label for each in traces} <= found


def test_very_long_names_are_shortened_in_their_middle() -> None:
    names = [f"{'very/' * 20}long.yaml#variant-{c}" for c in "abcdef"]
    traces = [trace(name, [0.1, index / 50]) for index, name in enumerate(names)]
    fig = figure(traces, FigureOptions(size=(4, 3)))
    found = [text.get_text() for text in texts(fig) if "…" in text.get_text()]
    assert [name[-8:] for name in found] == [f"ariant-{c}" for c in "abcdef"]
    assert all(name.startswith("very/") for name in found)


@pytest.mark.parametrize("count", [40, 200])
@pytest.mark.parametrize(
    "options",
    [
        FigureOptions(size=(2, 1.5)),
        FigureOptions(size=(2, 1.5), grid=True),
        FigureOptions(size=(3.4, 2.4)),
        FigureOptions(size=(3.4, 2.4), grid=True),
        FigureOptions(size=(4, 2)),
    ],
)
def test_too_small_a_page_is_an_error_that_names_one_large_enough(
    count: int, options: FigureOptions
) -> None:
    traces = [trace(f"curve-{i}", [0.1 + i / 1000] * 50) for i in range(count)]
    with pytest.raises(UsageError) as caught:
        figure(traces, options)
    found = re.fullmatch(
        r"(\S+) inches have no room for this figure and what is written around it: "
        r"(?:give a larger size, such as (\S+)x(\S+)|draw fewer curves at a time)",
        str(caught.value),
    )
    assert found is not None
    if found[2]:
        figure(traces, replace(options, size=(float(found[2]), float(found[3]))))


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"size": (1, 5)},
            "a figure of 1x5 inches: give a size from 2x1.5 to 100x100",
        ),
        (
            {"size": (float("nan"), 5)},
            "a figure of nanx5 inches: give a size from 2x1.5 to 100x100",
        ),
        ({"dpi": 10}, "10 dpi: give 20 to 2500 for 8x5 inches"),
        ({"dpi": 2_501}, "2501 dpi: give 20 to 2500 for 8x5 inches"),
        ({"x": "steps"}, "x: 'steps' is not one of step, epoch, progress, tokens"),
        ({"groups": "some"}, "groups: 'some' is not one of ends, all"),
        ({"font": "mono"}, "font: 'mono' is not one of sans, serif"),
    ],
)
def test_options_out_of_range(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        FigureOptions(**options)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_nothing_to_draw() -> None:
    with pytest.raises(UsageError, match=r"^nothing to draw: no schedule was given$"):
        figure([])


def test_an_unknown_style_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        figure(shapes(1), FigureOptions(style="ggplt"))
    assert str(caught.value) == (
        "no style 'ggplt'; did you mean ggplot? (light, dark, paper, a style of matplotlib's such "
        "as ggplot, or the path of an .mplstyle file)"
    )


def test_a_style_file_is_used(tmp_path: Path) -> None:
    path = tmp_path / "mine.mplstyle"
    path.write_text("figure.facecolor: 123456\naxes.prop_cycle: cycler(color=['ff0000'])\n")
    fig = figure(shapes(2), FigureOptions(style=str(path)))
    assert to_hex(fig.get_facecolor()) == "#123456"
    first, second = fig.axes[0].lines
    assert (first.get_color(), second.get_color()) == ("#ff0000", "#ff0000")
    assert first.get_linestyle() != second.get_linestyle()
    assert save_bytes(fig, "png", style=str(path))
    other = path.rename(tmp_path / "mine.txt")
    assert to_hex(figure(shapes(2), FigureOptions(style=str(other))).get_facecolor()) == "#123456"
    with pytest.raises(UsageError, match=r"^no style file .*none\.mplstyle$"):
        figure(shapes(1), FigureOptions(style=str(tmp_path / "none.mplstyle")))


def test_the_users_settings_stay_as_they_were_and_do_not_leak_in() -> None:
    before = dict(mpl.rcParams)
    clean = save_bytes(figure(shapes(3)), "svg")
    assert dict(mpl.rcParams) == before
    hostile: dict[Any, Any] = {
        "font.size": 30,
        "axes.grid": True,
        "lines.linewidth": 9,
        "savefig.bbox": "tight",
        "savefig.dpi": 30,
        "path.simplify": False,
        "svg.fonttype": "path",
        "xtick.color": "red",
    }
    with mpl.rc_context(hostile):
        assert save_bytes(figure(shapes(3)), "svg") == clean


def test_axes_in_a_subfigure_and_in_none() -> None:
    fig = Figure()
    outer = fig.add_subfigure(fig.add_gridspec(1, 1)[0])
    ax = outer.add_subfigure(outer.add_gridspec(1, 1)[0]).add_subplot()
    assert figure(shapes(1), ax=ax) is fig
    ax.remove()
    with pytest.raises(UsageError, match="ax= was removed from its figure"):
        figure(shapes(1), ax=ax)


def test_axes_of_ones_own() -> None:
    fig = Figure(figsize=(8, 4))
    left, right = fig.subplots(1, 2)
    traces = [trace("cosine", [0.1, 0.05]), trace("one", [0.0, 0.1], momentum=[0.95, 0.85])]
    assert figure(traces, ax=left) is fig
    assert figure(traces, FigureOptions(param="momentum"), ax=right) is fig
    assert (left.get_ylabel(), right.get_ylabel()) == ("learning rate", "momentum")
    legend = left.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["cosine", "one"]
    peak = left.transData.transform((0, 0.1))[1]
    assert legend.get_window_extent().y0 > peak


# Files


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_says_that_lrviz_wrote_it(tmp_path: Path, file_format: str) -> None:
    fig = figure(shapes(2))
    path = tmp_path / f"figure.{file_format}"
    path.write_bytes(save_bytes(fig, file_format, source="configs/bär.yaml"))
    assert written_by_lrviz(path)
    fig.savefig(path)
    assert not written_by_lrviz(path)


def test_svg_text_stays_text() -> None:
    page = save_bytes(figure(shapes(2)), "svg", source="cosine, a.yaml").decode()
    assert ">schedule 1</text>" in page
    assert "<dc:source>cosine, a.yaml</dc:source>" in page
    assert "dc:date" not in page


def test_another_format_is_an_error() -> None:
    known = "png, svg, pdf, jpg, jpeg, webp"
    with pytest.raises(UsageError, match=rf"^figures are written as {known}, not as 'gif'$"):
        save_bytes(figure(shapes(1)), "gif")


def test_the_resolution_is_the_figures() -> None:
    page = save_bytes(figure(shapes(1), FigureOptions(size=(4, 3), dpi=50)), "png")
    width, height = (int.from_bytes(page[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (200, 150)


def test_the_same_bytes_in_another_process_time_zone_and_with_hostile_settings(
    tmp_path: Path,
) -> None:
    script = textwrap.dedent(
        """
        import hashlib, sys
        import numpy as np
        from tests.views.figure.test_drawing import shapes
        from lrviz.views.figure import figure, save_bytes

        for file_format in ("png", "svg", "pdf", "jpg", "jpeg", "webp"):
            page = save_bytes(figure(shapes(5)), file_format, source="x")
            print(hashlib.sha256(page).hexdigest())
        """
    )
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.grid: True\nsavefig.dpi: 30\n")
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PYTHONHASHSEED": "77",
        "TZ": "Asia/Tokyo",
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "SOURCE_DATE_EPOCH": "1",
    }
    other = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert other.stderr == ""
    here = [
        hashlib.sha256(save_bytes(figure(shapes(5)), each, source="x")).hexdigest()
        for each in FORMATS
    ]
    assert other.stdout.split() == here


def test_pyplot_is_not_imported() -> None:
    script = (
        "import sys; from lrviz.views.figure import figure, save_bytes; "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    assert subprocess.run([sys.executable, "-c", script], env=env).returncode == 0


def test_what_is_shown_is_decided_without_matplotlib() -> None:
    script = (
        "import sys; import lrviz.views.plan.scales, lrviz.views.plan.panels; "
        "import lrviz.writing.provenance; "
        "sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    assert subprocess.run([sys.executable, "-c", script], env=env).returncode == 0


def test_a_curve_too_short_to_be_seen_has_a_dot_at_its_end_and_a_note() -> None:
    short, long = trace("short", np.full(10, 0.1)), trace("long", np.full(2_001, 0.2))
    note = (
        "A dot on this axis: short (10 updates); --x progress draws every curve over its whole "
        "length."
    )

    def seen(*traces: Trace, x: Any = None) -> tuple[list[Any], bool]:
        fig = figure(traces, FigureOptions(x=x, size=(16, 5)))
        dots = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
        places = [np.asarray(dot.get_xydata()).tolist() for dot in dots]
        return places, note in [text.get_text() for text in fig.texts]

    assert seen(short, long) == ([[[10.0, 0.1]]], True)
    assert seen(short, trace("long", np.full(2_000, 0.2))) == ([], False)
    assert seen(short, long, x="progress") == ([], False)
    assert seen(short) == ([], False)
