from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from torch.optim.lr_scheduler import (
    CosineAnnealingWarmRestarts,
    LinearLR,
    MultiStepLR,
    SequentialLR,
)

import lrviz
from lrviz.catalog import preset_names
from lrviz.curves.trace import RunError, Trace
from lrviz.views.figure import FigureOptions, Mark, figure
from lrviz.views.plan.box import Box
from lrviz.views.plan.marks import Spot, once, spots
from lrviz.views.plan.panels import panels
from lrviz.views.plan.placing import Room
from lrviz.views.plan.scales import unit
from tests.traces import stepped, trace
from tests.views.figure.test_drawing import drawn

MULTISTEP = stepped(lambda o: MultiStepLR(o, [30, 60], 0.1), 90)
RESTARTS = stepped(lambda o: CosineAnnealingWarmRestarts(o, 10, 2), 70)
WARMUP = stepped(
    lambda o: SequentialLR(o, [LinearLR(o, 0.1, 1.0, 20), LinearLR(o, 1.0, 0.0, 80)], [20]), 100
)


def found(traces: Sequence[Trace], x: str = "step", **more: object) -> tuple[Spot, ...]:
    [panel] = panels(traces, "lr", "ends")
    options = {"annotate": True, "marks": ()} | more
    return spots(traces, panel, unit(x, traces), **options)  # type: ignore[arg-type]


def written(spots: Sequence[Spot]) -> list[str]:
    return [spot.texts[0] for spot in spots]


def test_milestones_are_marked_where_the_new_value_is_first_used() -> None:
    marked = found([trace(MULTISTEP)])
    assert written(marked) == [
        "peak 0.1 at update 0",
        "drop to 0.01 at update 30",
        "drop to 0.001 at update 60",
    ]
    assert [(spot.x, spot.value) for spot in marked] == [
        (0.0, MULTISTEP[0]),
        (30.0, MULTISTEP[30]),
        (60.0, MULTISTEP[60]),
    ]
    assert marked[1].texts == (
        "drop to 0.01 at update 30",
        "drop to 0.01\nat update 30",
        "drop\nat update 30",
        "drop",
    )


def test_restarts_are_marked() -> None:
    assert written(found([trace(RESTARTS)])) == [
        "peak 0.1 at update 0",
        "restart 0.1 at update 10",
        "restart 0.1 at update 30",
    ]


def test_the_end_of_a_warmup_is_marked_and_not_the_peak_that_it_is() -> None:
    assert written(found([trace(WARMUP)])) == ["end of warmup 0.1 at update 20"]


def test_places_are_in_the_unit_of_the_axis() -> None:
    [peak, *drops] = found([trace(np.repeat(MULTISTEP, 4), per_epoch=4)], x="epoch")
    assert written(drops) == ["drop to 0.01 at epoch 30", "drop to 0.001 at epoch 60"]
    assert peak.x == 0
    shares = found([trace(MULTISTEP)], x="progress")
    assert written(shares)[1] == "drop to 0.01 at 33.3%"
    assert shares[1].x == 30 * (100 / 90)


@pytest.mark.parametrize(
    ("restarts", "said"),
    [
        (6, ["restart 0.1 at update 10", "restart 0.1 at update 20"]),
        (7, ["restart every 10 updates (7 times)"]),
        (19, ["restart every 10 updates (19 times)"]),
        (400, ["restart every 10 updates (400 times)"]),
    ],
)
def test_many_restarts_are_told_of_once_and_few_one_by_one(restarts: int, said: list[str]) -> None:
    values = stepped(lambda o: CosineAnnealingWarmRestarts(o, 10), 10 * (restarts + 1))
    marked = written(found([trace(values)]))
    assert marked[: 1 + len(said)] == ["peak 0.1 at update 0", *said]
    assert len(marked) == (7 if restarts == 6 else 2)


def test_many_drops_are_told_of_with_their_factor_or_their_distance() -> None:
    drops = found([trace(np.repeat(0.1 * 0.985 ** np.arange(400), 5))])
    assert written(drops) == ["peak 0.1 at update 0", "399 drops, ×0.985 each"]
    assert (drops[1].x, drops[1].value, drops[1].count) == (1000.0, 0.1 * 0.985**200, 399)
    assert drops[1].texts == (
        "399 drops, ×0.985 each",
        "399 drops,\n×0.985 each",
        "399 drops",
    )
    steps = trace(np.repeat([0.1, 0.09, 0.07, 0.06, 0.04, 0.03, 0.02, 0.01], 8), per_epoch=4)
    assert written(found([steps], x="epoch"))[1] == "drop every 2 epochs (7 times)"
    from_nothing = trace(np.tile(np.repeat([0.0, 0.1], 50), 10))  # whose factor is no number
    assert "rise every 100 updates (9 times)" in written(found([from_nothing]))
    uneven = trace(np.repeat([0.1, 0.09, 0.07, 0.06, 0.04, 0.03, 0.02, 0.01], range(4, 12)))
    assert written(found([uneven]))[1] == "7 drops"


def test_what_a_few_of_a_kind_have_together_names_every_place() -> None:
    marked = found([trace(np.repeat(RESTARTS, 4), per_epoch=4)], x="epoch")
    [peak, first, second] = marked
    assert (peak.kind, peak.together) == ("", ())
    assert first.kind == second.kind == "restart"
    assert first.together == (
        "2 restarts, at epochs 10 and 30",
        "2 restarts,\nat epochs 10 and 30",
        "2 restarts",
    )
    shares = found([trace(MULTISTEP)], x="progress")
    assert shares[1].together[0] == "2 drops, at 33.3% and 66.7%"


def test_all_of_a_kind_are_written_at_or_one_of_them_for_all() -> None:
    values = stepped(lambda o: CosineAnnealingWarmRestarts(o, 2), 12)
    for size in ((8, 5), (3, 2.5), (4, 3), (8, 2)):
        fig = figure([trace(values)], FigureOptions(annotate=True, size=size))
        labelled(fig)
        said = [each.get_text().replace("\n", " ") for each in labels(fig.axes[0])]
        restarts = [each for each in said if "restart" in each]
        one = [each for each in restarts if each.startswith("5 restarts")]
        assert len(restarts) == (1 if one else 5), (size, said)


def test_of_several_groups_the_one_with_the_highest_peak_is_marked() -> None:
    values = np.stack([MULTISTEP / 10, MULTISTEP / 2, MULTISTEP], axis=1)
    marked = found([trace(values, groups=("a", "b", "c"))])
    assert [(spot.line, spot.value) for spot in marked][:2] == [(1, 0.1), (1, MULTISTEP[30])]


def test_each_curve_has_its_first_mark_before_any_has_its_second() -> None:
    marked = found([trace(MULTISTEP, label="a"), trace(RESTARTS, label="b")])
    assert [spot.line for spot in marked] == [0, 1, 0, 1, 0, 1]


def test_what_two_curves_do_at_one_place_is_said_once() -> None:
    marked = found([trace(MULTISTEP, label="a"), trace(RESTARTS, label="b")])
    assert [(spot.line, spot.texts[0]) for spot in once(marked)] == [
        (0, "peak 0.1 at update 0"),
        (0, "drop to 0.01 at update 30"),
        (1, "restart 0.1 at update 10"),
        (0, "drop to 0.001 at update 60"),
        (1, "restart 0.1 at update 30"),
    ]


def test_given_marks_come_first_and_stay_on_their_curve() -> None:
    marks = (Mark("b", 500, "LRV101"), Mark("none", 3, "x"), Mark("b", 7, "LRV102"))
    marked = found([trace(MULTISTEP, label="a"), trace([0.1] * 10, label="b")], marks=marks)
    assert [(spot.line, spot.x, spot.texts[0]) for spot in marked[:3]] == [
        (1, 9.0, "LRV101"),
        (1, 7.0, "LRV102"),
        (0, 0.0, "peak 0.1 at update 0"),
    ]
    assert [spot.given for spot in marked[:3]] == [True, True, False]
    assert len(found([trace(MULTISTEP, label="a")], annotate=False, marks=marks)) == 0


def test_a_mark_of_some_groups_is_on_their_line() -> None:
    body, bias = np.linspace(0.1, 0.2, 100), np.maximum(0.05 - 0.001 * np.arange(100), 0.0)
    both = trace(np.stack([body, bias], axis=1), groups=("body", "bias"))
    marks = (Mark("a", 50, "LRV203", ("bias",)), Mark("a", 7, "LRV101"), Mark("a", 7, "x", ("c",)))
    marked = found([both], marks=marks, annotate=False)
    assert [(spot.line, spot.x, spot.value) for spot in marked] == [
        (1, 50.0, bias[50]),
        (0, 7.0, body[7]),
        (0, 7.0, body[7]),
    ]


def test_a_curve_without_a_finite_value_has_no_mark_to_place() -> None:
    fig = figure([trace([np.nan, np.nan]), trace(MULTISTEP)], FigureOptions(annotate=True))
    assert len(labels(fig.axes[0])) == 3


def labels(ax: Axes) -> list[Annotation]:
    return [each for each in ax.texts if isinstance(each, Annotation)]


def labelled(fig: Figure) -> int:
    """Hold what is written on curves apart from all else; return how many texts there are."""
    drawn(fig)
    count = 0
    for ax in fig.axes:
        inner = ax.get_window_extent()
        boxes = [(each.get_text(), Text.get_window_extent(each)) for each in labels(ax)]
        count += len(boxes)
        for (one, a), (other, b) in combinations(boxes, 2):
            assert not a.overlaps(b), f"{one!r} lies on {other!r}"
        paths = [line.get_transform().transform_path(line.get_path()) for line in ax.lines]
        for text, box in boxes:
            assert inner.x0 <= box.x0, text
            assert box.x1 <= inner.x1, text
            assert inner.y0 <= box.y0, text
            assert box.y1 <= inner.y1, text
            for path in paths:
                assert not path.intersects_bbox(box, filled=False), f"{text!r} lies on a curve"
                vertices = np.asarray(path.vertices)
                x, y = vertices[np.isfinite(vertices).all(axis=1)][-1]
                assert not box.padded(5).contains(x, y), f"{text!r} lies on an end or a dot"
    return count


@pytest.fixture(scope="module")
def presets() -> list[Trace]:
    return [lrviz.simulate(name, steps=1_000) for name in preset_names()]


@pytest.mark.parametrize("size", [(8, 5), (4, 3)])
def test_each_preset_is_labelled_with_nothing_on_its_curve(
    presets: list[Trace], size: tuple[float, float]
) -> None:
    for preset in presets:
        fig = figure([preset], FigureOptions(annotate=True, size=size))
        assert labelled(fig) >= 1, preset.label


@pytest.mark.parametrize(
    "options",
    [
        FigureOptions(annotate=True),
        FigureOptions(annotate=True, log=True),
        FigureOptions(annotate=True, style="paper"),
        FigureOptions(annotate=True, style="dark", x="progress", size=(4, 3)),
    ],
    ids=["light", "log", "paper", "small"],
)
def test_labels_of_several_curves_are_apart_from_all_of_them(
    presets: list[Trace], options: FigureOptions
) -> None:
    for first in range(0, len(presets), 5):
        assert labelled(figure(presets[first : first + 5], options)) >= 1
    assert labelled(figure(presets[:12], options)) >= 1


def test_labels_in_small_multiples_are_apart(presets: list[Trace]) -> None:
    assert labelled(figure(presets, FigureOptions(annotate=True, grid=True))) >= len(presets)


def test_labels_in_axes_of_ones_own_are_apart_from_the_legend() -> None:
    fig = Figure(figsize=(6, 4))
    ax = fig.add_subplot()
    traces = [trace(MULTISTEP, label="a"), trace(RESTARTS, label="b")]
    figure(traces, FigureOptions(annotate=True), ax=ax)
    assert labelled(fig) >= 3
    legend = ax.get_legend()
    assert legend is not None
    for each in labels(ax):
        assert not Text.get_window_extent(each).overlaps(legend.get_window_extent())


def test_labels_pile_up_to_the_legend_and_no_further() -> None:
    fig = Figure(figsize=(6, 2.5))
    ax = fig.add_subplot()
    marks = tuple(Mark("a", update, "a word") for update in range(60, 90, 3))
    figure([trace([0.1] * 90), trace([0.09] * 90)], FigureOptions(marks=marks), ax=ax)
    assert labelled(fig) >= 5
    legend = ax.get_legend()
    assert legend is not None
    for each in labels(ax):
        assert not Text.get_window_extent(each).overlaps(legend.get_window_extent())


def test_a_label_leaves_the_cross_at_the_end_of_a_broken_run_free() -> None:
    cut = trace([0.5] * 50, updates=100, error=RunError(49, "ValueError: no."))
    between = [cut, trace([0.53] * 100, label="b"), trace([0.47] * 100, label="c")]
    fig = figure(between, FigureOptions(marks=(Mark("a", 49, "word"),)))
    assert labelled(fig) == 1
    [label] = labels(fig.axes[0])
    x, y = fig.axes[0].transData.transform((50, 0.5))
    box = Text.get_window_extent(label)
    assert box.y0 < y < box.y1  # beside it: above and below are the others
    assert box.x0 > x + 4.5 / 72 * fig.dpi  # half a cross


def test_a_mark_of_a_finding_is_a_diamond_in_a_colour_of_its_own() -> None:
    options = FigureOptions(marks=(Mark("a", 30, "LRV301 milestones"),))
    [ax] = figure([trace(MULTISTEP)], options).axes
    curve, dot = ax.lines
    assert (dot.get_marker(), dot.get_xdata(), dot.get_ydata()) == ("D", [30], [MULTISTEP[30]])
    assert dot.get_color() != curve.get_color()
    assert [each.get_text() for each in labels(ax)] == ["LRV301 milestones"]


def test_what_is_out_of_view_is_not_marked() -> None:
    values = np.append(np.geomspace(1, 0.1, 500), 0.0)
    options = FigureOptions(log=True, marks=(Mark("a", 500, "zero"), Mark("a", 0, "first")))
    [ax] = figure([trace(values)], options).axes
    assert [each.get_text() for each in labels(ax)] == ["first"]


# Where labels stand


def test_a_box_stands_on_the_near_side_of_a_curve() -> None:
    room = Room(4.0, 2.0)
    level = np.full(room.columns, 1.0)
    room.take_curve(level, level)
    found = room.place([(1.0, 0.2)], (2.0, 1.0))
    assert found is not None
    index, box = found
    assert (index, round(box.width, 9), round(box.height, 9)) == (0, 1.0, 0.2)
    assert 1.03 <= box.bottom < 1.1  # above, and as near as may be
    assert (box.left + box.right) / 2 == pytest.approx(2.0, abs=0.03)


def test_the_next_box_leaves_the_first_ones_place() -> None:
    room = Room(4.0, 2.0)
    room.take_point((2.0, 1.0), 0.05)
    boxes = [room.place([(1.0, 0.2)], (2.0, 1.0)) for _ in range(12)]
    placed = [Bbox.from_bounds(*each[1]) for each in boxes if each]
    assert len(placed) == 4  # above, below, left and right: no leader crosses another label
    for one, other in combinations(placed, 2):
        assert not one.padded(-1e-9).overlaps(other)


def test_a_lesser_text_is_taken_where_only_it_fits() -> None:
    room = Room(0.5, 2.0)
    found = room.place([(0.8, 0.2), (0.4, 0.4)], (0.2, 1.0))
    assert found is not None
    assert found[0] == 1
    assert room.place([(0.8, 0.2)], (0.2, 1.0)) is None


def test_a_leader_crosses_no_text() -> None:
    room = Room(4.0, 2.0)
    room.take_box(Box.between(0.0, 0.5, 4.0, 0.7))  # a wall of text
    below = room.place([(0.5, 0.2)], (2.0, 0.45))
    assert below is not None
    assert below[1].top <= 0.51
    room.take_box(Box.between(0.0, 0.0, 4.0, 0.5))
    assert room.place([(0.5, 0.2)], (2.0, 0.45)) is None


@pytest.mark.parametrize("style", ["light", "dark"])
def test_no_line_of_the_grid_goes_through_what_is_written(style: str) -> None:
    [ax] = figure(
        [lrviz.simulate("noam", steps=99)], FigureOptions(annotate=True, style=style)
    ).axes
    for text in ax.texts:
        patch = text.get_bbox_patch()
        assert patch is not None
        assert patch.get_facecolor() == ax.get_facecolor()
        assert text.get_zorder() > max(line.get_zorder() for line in ax.get_ygridlines())
