from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lrviz.views.figure import FigureOptions, figure
from lrviz.views.plan.downsample import vertices
from lrviz.views.plan.ground import reach
from tests.traces import trace


def test_a_column_holds_all_values_from_its_begin_to_its_end() -> None:
    values = np.random.default_rng(0).normal(size=101)
    values[50:60] = np.nan
    edges = np.linspace(0, 120, 38)
    low, high = reach(*vertices(values, 10_000), edges)
    for index, (start, end) in enumerate(pairwise(edges)):
        inside = values[int(start) : int(end) + 1]
        inside = inside[np.isfinite(inside)]
        if inside.size:
            assert (low[index], high[index]) == (inside.min(), inside.max())
        else:
            assert np.isnan([low[index], high[index]]).all()


def test_a_slope_is_between_the_edges_of_its_column() -> None:
    low, high = reach(np.array([0.0, 10.0]), np.array([0.0, 1.0]), np.arange(11.0))
    assert np.allclose(low, np.arange(10) / 10)
    assert np.allclose(high, np.arange(1, 11) / 10)


def test_what_dots_have_no_room_to_say_is_noted_below() -> None:
    up = np.linspace(0.01, 0.1, 50)
    traces = [
        trace(np.concatenate([up[:at], np.linspace(up[at], 0, 100 - at)]), label=f"s{at}")
        for at in (20, 30, 40, 49)
    ]
    for size in ((2.4, 1.8), (14.0, 10.0)):
        fig = figure(traces, FigureOptions(annotate=True, size=size))
        [ax] = fig.axes
        note = next((text for text in fig.texts if "No room for words" in text.get_text()), None)
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        assert len(dots) == 4
        assert (note is not None) == (len(ax.texts) < len(dots)) == (size[0] < 3)


def test_what_a_note_tells_of_is_not_said_at_its_dot_too() -> None:
    up = np.linspace(0.01, 0.1, 50)
    traces = [
        trace(np.concatenate([up[:at], np.linspace(up[at], 0, 100 - at)]), label=f"s{at}")
        for at in (20, 24, 30, 36, 40, 49)
    ]
    noted = set()
    for height in np.arange(2.2, 3.6, 0.2):
        fig = figure(traces, FigureOptions(annotate=True, size=(7, height)))
        [ax] = fig.axes
        note = "".join(text.get_text() for text in fig.texts)
        assert "…" not in note
        assert len(ax.texts) + note.count("(") == len(traces)
        noted.add(note.count("("))
    assert len(noted) > 1


def test_nothing_that_is_written_hides_an_axis() -> None:
    falling = np.repeat([1.0, 0.1, 0.01, 0.001], 25)
    traces = [trace(np.roll(falling, shift), label=f"s{shift}") for shift in (0, 2)]
    options = FigureOptions(annotate=True, log=True, size=(3.4, 2.4), style="paper")
    fig = figure(traces, options)
    FigureCanvasAgg(fig).draw()  # type: ignore[no-untyped-call]
    [ax] = fig.axes
    inner = ax.get_window_extent()
    assert ax.texts
    for text in ax.texts:
        patch = text.get_bbox_patch()
        assert patch is not None
        box = patch.get_window_extent()
        assert box.x0 > inner.x0
        assert box.y0 > inner.y0


def test_cycles_that_there_is_no_room_to_count_in_the_figure_are_counted_below() -> None:
    ways = np.abs(np.arange(10_000) / 10 % 2 - 1)
    traces = [trace(ways * 0.1, label="all"), trace(0.04 + ways * 0.02, label="amid it")]
    fig = figure(traces, FigureOptions(size=(6, 4)))
    assert [text.get_text() for text in fig.axes[0].texts] == ["500 cycles"]
    assert "No room for words at amid it (500 cycles)." in [each.get_text() for each in fig.texts]
