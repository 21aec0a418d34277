from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrviz.curves.trace import RunError
from lrviz.errors import UsageError
from lrviz.views.figure import FigureOptions, figure
from tests.traces import trace
from tests.views.figure.test_drawing import drawn, shapes, texts

GRID = FigureOptions(grid=True)


def labelled(ax: Axes) -> tuple[bool, bool]:
    """Whether there are tick labels below a panel, and to its left."""
    x, y = ax.xaxis.get_major_ticks()[0], ax.yaxis.get_major_ticks()[0]
    return x.label1.get_visible(), y.label1.get_visible()


def written(fig: Figure) -> list[str]:
    return [text.get_text() for text in texts(drawn(fig))]


def test_each_schedule_has_a_panel_and_all_have_the_same_axes() -> None:
    traces = [trace([0.1, 0.0], label="a"), trace([0.3] * 9, label="b"), trace([0.2], label="c")]
    fig = figure(traces, GRID)
    assert [len(ax.lines) for ax in fig.axes] == [1, 1, 1]
    assert {ax.get_xlim() for ax in fig.axes} == {(0, 9)}
    assert len({ax.get_ylim() for ax in fig.axes}) == 1
    assert fig.axes[0].get_ylim()[1] > 0.3
    assert {line.get_color() for ax in fig.axes for line in ax.lines} == {"#0072b2"}
    fig.axes[1].set_xlim(0, 5)
    assert fig.axes[2].get_xlim() == (0, 5)  # also when one zooms in


def test_names_stand_above_their_panels_and_quantities_once() -> None:
    fig = figure(shapes(7, 900, 10), GRID)
    found = written(fig)
    assert [found.count(f"schedule {index}") for index in range(7)] == [1] * 7
    assert (found.count("learning rate"), found.count("update")) == (1, 1)
    for index, ax in enumerate(fig.axes):
        [name] = [text for text in texts(fig) if text.get_text() == f"schedule {index}"]
        box, inner = name.get_window_extent(), ax.get_window_extent()
        assert inner.y1 < box.y0 < inner.y1 + 0.3 * fig.dpi
        assert box.x0 == pytest.approx(inner.x0, abs=2)


def test_only_outer_panels_have_tick_labels() -> None:
    axes = figure(shapes(5), GRID).axes  # 3 and 2
    assert [labelled(ax) for ax in axes] == [
        (False, True),
        (False, False),
        (True, False),
        (True, True),
        (True, False),
    ]


def test_groups_of_one_schedule_are_named_above_its_panel() -> None:
    values = np.outer([0.1, 0.05], [1.0, 0.5, 0.25])
    layered = trace(values, label="layered", groups=("head", "middle", "deep"))
    fig = figure([layered, trace([0.1, 0.0], label="plain")], GRID)
    assert [len(ax.lines) for ax in fig.axes] == [2, 1]
    assert {"layered", "head", "deep +1 group up to ×4", "plain"} <= set(written(fig))
    assert fig.axes[0].get_position().y1 == fig.axes[1].get_position().y1


def test_what_does_not_move_a_quantity_has_no_panel_of_it() -> None:
    traces = [
        trace([0.1, 0.0], label="cosine"),
        trace([0.1, 0.0], label="onecycle", momentum=[0.95, 0.85]),
    ]
    cosine, onecycle, momentum = figure(traces, GRID).axes
    assert momentum.get_position().y1 < onecycle.get_position().y0
    assert [ax.get_position().x0 for ax in (momentum, cosine)] != [onecycle.get_position().x0] * 2
    assert momentum.get_position().x0 == onecycle.get_position().x0
    assert [labelled(ax) for ax in (cosine, onecycle, momentum)] == [
        (True, True),
        (False, False),
        (True, True),
    ]
    assert written(figure(traces, GRID)).count("momentum") == 1
    [ax] = figure(traces, FigureOptions(grid=True, param="momentum")).axes
    assert ax.lines[0].get_ydata() == pytest.approx([0.95, 0.95, 0.85, 0.85])


@pytest.mark.parametrize("size", [(3.4, 3), (5, 8), None])
@pytest.mark.parametrize(("count", "groups"), [(1, 1), (2, 3), (7, 4)])
@pytest.mark.parametrize("moving", [1, 2])
def test_the_learning_rate_keeps_its_height_beside_the_names_and_other_panels_of_its_cell(
    size: tuple[float, float] | None, count: int, groups: int, moving: int
) -> None:
    names = tuple(f"group {index}" for index in range(groups))
    lr = np.linspace(0.1, 0, 50)[:, None] ** np.linspace(1, 1.2, groups)
    curves = {"lr": lr, **dict.fromkeys(("momentum", "dampening")[:moving], lr)}
    traces = [trace(lr[:, 0], label="plain")]
    for index in range(count):
        one = trace(lr, label=f"schedule {index}", groups=names)
        traces.append(replace(one, curves=curves, after=dict.fromkeys(curves, lr[-1])))
    options = FigureOptions(grid=True, size=size, groups="all", style="paper")
    try:
        fig = drawn(figure(traces, options))
    except UsageError:
        assert size == (3.4, 3)
        assert count in (2, 7)
        return
    found = [(text.get_text(), text.get_window_extent()) for text in texts(fig)]
    if len(fig.axes) == 1 + count:
        assert size is not None
        assert any("No room for the momentum" in text for text, _ in found)
        return
    boxes = [ax.get_window_extent() for ax in fig.axes]
    cells = list(zip(*[iter(boxes[1:])] * (1 + moving), strict=True))
    for index, (first, *_, last) in enumerate(cells):
        [title] = [box for text, box in found if text == f"schedule {index}"]
        own = [box for text, box in found if text in names and first.x0 < box.x0 < first.x1]
        rows = {round(box.y0) for box in own if first.y1 < box.y0 < title.y0}
        assert bool(rows) == (groups > 1)
        line = min(b - a for a, b in pairwise(sorted(rows))) if len(rows) > 1 else 0.1 * fig.dpi
        assert first.height >= 0.6 * (first.y1 - last.y0 + len(rows) * line) - 1
        assert last.height >= 0.2 * fig.dpi - 1e-6


def test_the_grid_is_about_square_with_few_gaps() -> None:
    def rows(count: int) -> list[int]:
        tops = [round(ax.get_position().y1, 6) for ax in figure(shapes(count), GRID).axes]
        return [tops.count(top) for top in sorted(set(tops), reverse=True)]

    assert [rows(count) for count in (1, 2, 3, 4, 5)] == [[1], [2], [3], [2, 2], [3, 2]]
    assert [rows(count) for count in (6, 7, 8, 9, 12)] == [
        [3, 3],
        [4, 3],
        [4, 4],
        [3, 3, 3],
        [4, 4, 4],
    ]


def test_the_page_grows_with_its_rows_and_keeps_to_a_size_that_is_given() -> None:
    heights = [figure(shapes(count), GRID).get_figheight() for count in (1, 4, 8, 12)]
    assert figure(shapes(4), GRID).get_figwidth() == 8
    assert heights[2] < heights[1]  # smaller panels, as many rows
    assert heights[3] > heights[2]
    fixed = figure(shapes(12), FigureOptions(grid=True, size=(6, 4)))
    assert fixed.get_size_inches().tolist() == [6, 4]
    column = figure(shapes(4), FigureOptions(grid=True, style="paper"))
    assert column.get_figwidth() == 3.4


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize(
    "options",
    [
        FigureOptions(grid=True, title="A title"),
        FigureOptions(grid=True, log=True, style="paper", x="epoch"),
        FigureOptions(grid=True, size=(6, 6), style="dark", x="progress"),
    ],
    ids=["light", "paper", "dark"],
)
def test_nothing_is_cut_off_and_nothing_lies_on_another(count: int, options: FigureOptions) -> None:
    fig = figure(shapes(count, 90 * 1_251, 1_251), options)
    page = drawn(fig).bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(fig)]
    boxes = [(text, box) for text, box in boxes if box.width]
    for text, box in boxes:
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, text
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, text
    for (one, a), (other, b) in combinations(boxes, 2):
        assert not a.padded(-0.01).overlaps(b), f"{one!r} lies on {other!r}"
    for text, box in boxes:
        for ax in fig.axes:
            assert not box.padded(-0.01).overlaps(ax.get_window_extent()), text


def test_notes_stand_below() -> None:
    cut = trace([0.1], label="cut", updates=5, error=RunError(0, "ValueError: no."))
    fig = figure([cut, trace([0.1] * 5)], GRID)
    assert "cut ends after update 0 of 5: ValueError: no." in written(fig)


def test_long_names_are_shortened() -> None:
    names = [f"{'very/' * 20}long.yaml#{c}" for c in "ab"]
    found = written(figure([trace([0.1], label=name) for name in names], GRID))
    assert [name[-2:] for name in found if "…" in name] == ["#a", "#b"]


def test_what_has_no_room_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        figure(shapes(12), FigureOptions(grid=True, size=(3, 2)))
    assert str(caught.value) == (
        "3x2 inches have no room for this figure and what is written around it: "
        "give a larger size, such as 3x4.5"
    )
    figure(shapes(12), FigureOptions(grid=True, size=(3, 4.5)))
    with pytest.raises(UsageError, match=r"^a grid has panels of its own: leave out ax=, or grid$"):
        figure(shapes(2), GRID, ax=Figure().add_subplot())
