from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rich.cells import cell_len

from lrviz.curves.events import Array
from lrviz.curves.trace import RunError, Trace
from lrviz.errors import UsageError
from lrviz.views.chart import ChartOptions, chart, sparkline
from lrviz.views.chart.arranging import Arrangement, Arranger
from lrviz.views.chart.cells import inks
from lrviz.views.plan.panels import panels
from lrviz.views.plan.twins import as_one
from tests.conftest import Golden
from tests.traces import trace

N = 10_000
T = np.arange(N)
COSINE = 1.5e-4 * (1 + np.cos(np.pi * T / N))
WARMUP = 3e-4 * np.minimum(1, T / 1000) * np.where(T < 1000, 1, 1 - (T - 1000) / 9000)
STEPS = 3e-4 * 0.2 ** (T // 3000)


def three() -> list[Trace]:
    return [
        trace(COSINE, label="cosine", per_epoch=100),
        trace(WARMUP, label="warm-up", per_epoch=100),
        trace(STEPS, label="step", per_epoch=100),
    ]


def draw(traces: Trace | Sequence[Trace], **options: Any) -> list[str]:
    listed = [traces] if isinstance(traces, Trace) else traces
    return chart(listed, ChartOptions(**options)).plain.split("\n")


def arranged(traces: Trace | Sequence[Trace], **options: Any) -> Arrangement:
    listed = [traces] if isinstance(traces, Trace) else as_one(traces, None)[0]
    asked = ChartOptions(**options)
    [panel, *_] = panels(listed, asked.param, asked.groups)
    look = inks(len(panel.lines), ascii=asked.ascii, color=asked.color)
    return Arranger(panel, listed, asked, look).arranged()


def names(traces: Trace | Sequence[Trace], **options: Any) -> set[str]:
    """All names, in the chart and below it."""
    page = arranged(traces, **options)
    below = "   ".join(line.plain.strip().replace("━", "") for line in page.below)
    return {label.text for label in page.area.names} | {each for each in below.split("   ") if each}


class Picture:
    """A chart read back: dots, and the values that its tick labels give to rows of dots."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.foot = next(index for index, line in enumerate(lines) if "└" in line)
        left = lines[self.foot].index("└")
        rows = [line for line in lines[: self.foot] if line[left] in "│┤"]
        self.labels = [line[:left].strip() for line in rows]
        self.dots = np.array([dot_row for line in rows for dot_row in unpacked(line[left + 1 :])])
        self.ticks = {4 * row + 1: float(label) for row, label in enumerate(self.labels) if label}

    def row(self, values: Array) -> Array:
        """Return the rows of dots that values should be on, by the outermost two tick labels."""
        (top, high), (bottom, low) = min(self.ticks.items()), max(self.ticks.items())
        return np.rint(bottom - (values - low) * (bottom - top) / (high - low)).astype(int)


def unpacked(cells: str) -> list[list[bool]]:
    codes = [0 if cell == " " else ord(cell) - 0x2800 for cell in cells]
    bits = ((0, 3), (1, 4), (2, 5), (6, 7))
    return [[bool(code >> bit & 1) for code in codes for bit in pair] for pair in bits]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("braille", {"width": 80, "height": 20}),
        ("ascii", {"width": 80, "height": 20, "ascii": True}),
        ("log", {"width": 100, "height": 24, "log": True}),
        ("epochs", {"width": 60, "height": 12, "x": "epoch"}),
        ("smallest", {"width": 20, "height": 5}),
    ],
)
def test_pictures(golden: Golden, name: str, options: dict[str, Any]) -> None:
    lines = draw(three(), **options)
    golden(f"chart/{name}.txt", "".join(f"{line.rstrip()}\n" for line in lines))


curves = arrays.arrays(
    np.float64,
    st.integers(1, 60),
    elements=st.floats(width=64) | st.sampled_from([0.0, 1e-3, 3e-4, -1.0]),
)


def test_a_log_axis_without_a_round_value_labels_its_ends() -> None:
    lines = draw([trace([21.0, 2.0])], width=20, height=5, log=True)
    assert [line[:2] for line in lines[:2]] == ["21", " 2"]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(curves, min_size=1, max_size=9),
    width=st.integers(20, 300),
    height=st.integers(5, 100),
    x=st.sampled_from(["step", "progress"]),
    log=st.booleans(),
    ascii=st.booleans(),
    color=st.booleans(),
)
def test_any_curves_fill_exactly_the_width_and_the_height(
    values: list[Array], **options: Any
) -> None:
    labels = ("实验一", "🚀 long " * 40, "[red]x\x1b[31m\n", "plain")
    traces = [trace(each, label=labels[i % 4]) for i, each in enumerate(values)]
    lines = draw(traces, **options)
    assert len(lines) == options["height"]
    assert {cell_len(line) for line in lines} == {options["width"]}
    assert "".join(lines).isascii() or not options["ascii"]


@pytest.mark.parametrize("size", [(20, 5), (47, 9), (80, 24), (100, 30), (300, 100)])
@pytest.mark.parametrize("values", [COSINE, WARMUP, STEPS, COSINE[:70], WARMUP[:7] * 1e3])
def test_every_update_has_its_dot_and_no_dot_is_without_an_update(
    size: tuple[int, int], values: Array
) -> None:
    picture = Picture(draw(trace(values), width=size[0], height=size[1]))
    width = picture.dots.shape[1]
    rows = picture.row(values)
    edges = np.arange(width + 1) * len(values) / width
    expected = np.zeros_like(picture.dots)
    before = rows[0]
    for column in range(width):
        first, stop = int(np.floor(edges[column])), int(np.ceil(edges[column + 1]))
        inside = rows[first:stop]
        assert picture.dots[inside, column].all()
        low, high = min(inside.min(), before), max(inside.max(), before)
        expected[low : high + 1, column] = True
        before = inside[-1]
    assert not (picture.dots & ~expected).any()


@pytest.mark.parametrize("options", [{}, {"ascii": True}])
def test_a_spike_of_one_update_in_a_million_reaches_its_height(options: dict[str, Any]) -> None:
    values = np.full(1_000_000, 1e-4)
    values[654_321], values[123_456] = 4e-4, 0.0
    lines = draw(trace(values), width=100, height=24, **options)
    inked = {
        line[:7].strip(): [index for index, cell in enumerate(line[8:]) if cell != " "]
        for line in lines
    }
    assert inked["4e-4"] == [int(0.654321 * 92)]
    assert inked["0"] == [int(0.123456 * 92)]


def test_a_drop_is_one_vertical_line() -> None:
    picture = Picture(draw(trace([1.0] * 500 + [0.0] * 500), width=80, height=20))
    lit = picture.dots.sum(axis=0)
    top, bottom = picture.row(np.array([1.0, 0.0]))
    assert np.flatnonzero(lit > 1).tolist() == [len(lit) // 2]
    assert lit.max() == bottom - top


def test_curves_are_connected_unless_there_is_a_gap() -> None:
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(size=3000)) ** 2
    assert gaps(Picture(draw(trace(values), width=70, height=30))) == 0
    values[1000:1500] = np.nan
    values[2000] = np.inf
    picture = Picture(draw(trace(values), width=70, height=30))
    assert gaps(picture) == 0
    columns = np.flatnonzero(picture.dots.any(axis=0))
    width = picture.dots.shape[1]
    blank = set(range(width)) - set(columns.tolist())
    assert blank == set(range(-(-width // 3), width // 2))


def gaps(picture: Picture) -> int:
    """Return how many columns do not touch the one before them, where both have dots."""
    spans = [np.flatnonzero(column) for column in picture.dots.T]
    return sum(
        one[-1] + 1 < other[0] or other[-1] + 1 < one[0]
        for one, other in pairwise(spans)
        if one.size and other.size
    )


@pytest.mark.parametrize(
    ("values", "height", "labels"),
    [
        ([0, 3e-4], 16, ["3e-4", "2e-4", "1e-4", "0"]),
        ([0, 2.5e-5], 16, ["2.5e-5", "2e-5", "1.5e-5", "1e-5", "5e-6", "0"]),
        ([0, 0.1], 16, ["0.1", "0.05", "0"]),
        ([0, 0.1], 40, ["0.1", "0.08", "0.06", "0.04", "0.02", "0"]),
        ([0, 1e5], 16, ["1e5", "5e4", "0"]),
        ([-1, 1], 16, ["1", "0", "-1"]),
        ([-5e-4, -1e-4], 16, ["0", "-2e-4", "-4e-4"]),
        ([1e-3], 16, ["1e-3", "5e-4", "0"]),
        ([0, 0.0123], 6, ["0.0123", "0"]),
        ([0, 0], 16, ["0"]),
        ([np.nan], 16, ["0"]),
    ],
)
def test_ticks_are_numbers_that_people_write(
    values: list[float], height: int, labels: list[str]
) -> None:
    picture = Picture(draw(trace(values), width=60, height=height - 1))
    assert [label for label in picture.labels if label] == labels


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([1e-6, 1e-1], ["1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6"]),
        ([5e-5, 6e-4], ["5e-4", "2e-4", "1e-4", "5e-5"]),
        ([1e-3], ["2e-3", "1e-3", "5e-4"]),
        ([1e-100, 1e-200], [f"1e-{power}" for power in range(100, 201, 20)]),
    ],
)
def test_ticks_of_a_logarithmic_axis(values: list[float], labels: list[str]) -> None:
    picture = Picture(draw(trace(values), width=60, height=15, log=True))
    assert [label for label in picture.labels if label] == labels


def test_a_quantity_that_does_not_start_at_zero_fills_the_chart() -> None:
    momentum = np.linspace(0.85, 0.95, 100)
    one = trace(np.ones(100), momentum=momentum)
    lines = draw(one, width=60, height=15, param="momentum")
    picture = Picture(lines)
    assert lines[0].rstrip() == "a: momentum"
    assert [label for label in picture.labels if label] == ["0.95", "0.9", "0.85"]
    assert picture.dots[picture.row(momentum)[[0, -1]], [0, -1]].all()


def test_a_logarithmic_axis_lets_zero_leave_through_the_lower_edge() -> None:
    values = np.array([1e-2] * 50 + [0.0] * 50 + [1e-4] * 50)
    picture = Picture(draw(trace(values), width=59, height=15, log=True))
    third = picture.dots.shape[1] // 3
    assert not picture.dots[:, third + 1 : 2 * third - 1].any()
    assert picture.dots[-1].any()


def test_where_nothing_is_above_zero_the_chart_says_why_it_is_linear() -> None:
    lines = draw(trace([0.0, -1.0]), width=60, height=12, log=True)
    assert lines[0].rstrip() == "a: learning rate. Nothing is above zero: the axis is linear."


def test_curves_of_different_length_end_where_they_end() -> None:
    two = [trace(np.full(50, 1.0), label="short"), trace(np.full(100, 0.5), label="long")]
    for x, share in (("step", 0.5), ("progress", 1.0)):
        area = arranged(two, width=60, height=12, x=x).area
        short, long = (np.asarray(mask.any(axis=0)) for mask in area.masks)
        assert short.sum() == share * short.size
        assert long.all()


def test_an_x_axis_is_named_and_its_labels_stand_under_their_ticks() -> None:
    lines = draw(three(), width=100, height=24, x="epoch")
    rule, labels = lines[-2:]
    ticks = [index for index, cell in enumerate(rule) if cell == "┬"]
    assert labels.split() == ["epoch", *map(str, range(0, 101, 10))]
    for tick, label in zip(ticks, labels.split()[1:], strict=True):
        assert label in labels[max(0, tick - 2) : tick + 2]


BUNDLE = [trace(COSINE * (0.7 + 0.1 * k), label=f"bundle {k}") for k in range(4)]
SOME = [*three(), trace(np.resize(COSINE[::5], N) * 0.8, label="restarts"), *BUNDLE]


@pytest.mark.parametrize("traces", [SOME[:3], SOME[1:5], SOME])
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 12)])
@pytest.mark.parametrize("options", [{}, {"ascii": True}, {"log": True}])
def test_names_are_on_no_curve_and_nearest_to_their_own(
    traces: list[Trace], options: dict[str, Any], size: tuple[int, int]
) -> None:
    options = {**options, "width": size[0], "height": size[1]}
    page = arranged(traces, **options)
    area = page.area
    written = {name.text for name in area.names}
    marks = "*+xo#@%=" if options.get("ascii") else "ABCDEFGH"
    whole = {f"{mark} {each.label}" for mark, each in zip(marks, traces, strict=False)}
    assert written <= whole
    if not any("more" in line.plain for line in page.below):
        assert names(traces, **options) >= {each for each in whole if len(each) < 10}
    down, across = area.box.cell
    blocks = area.box.rows, down, area.box.width, across
    ink = [np.argwhere(mask.reshape(blocks).any(axis=(1, 3))) for mask in area.masks]
    taken = np.zeros((area.box.rows, area.box.width + area.margin))
    for name in area.names:
        cells = np.stack(
            [np.full(len(name.text), name.row), name.column + np.arange(len(name.text))]
        )
        assert not taken[tuple(cells)].any()
        taken[tuple(cells)] = 1
        away = [np.min(np.abs((each[:, :, None] - cells) * [[2], [1]]).sum(axis=1)) for each in ink]
        assert min(away) >= 1
        if name.column < area.box.width:
            assert away[name.curve] <= min(away) + 1


def test_names_stand_at_ends_that_are_apart_each_in_the_row_of_its_own() -> None:
    traces = [trace([0.1, 0.1 * k], label=f"s{k}") for k in (3, 1, 2)]
    lines = draw(traces, width=60, height=20)
    for text, tick in ("A s3", "0.3┤"), ("C s2", "0.2┤"), ("B s1", "0.1┤"):
        [line] = [each for each in lines if each.endswith(text)]
        assert tick in line


def test_the_legend_stands_below_and_wraps() -> None:
    traces = [trace([0.1 * k], label=f"schedule-{k}") for k in range(1, 6)]
    assert draw(traces, width=50, height=5)[-1].rstrip() == (
        "━A━ schedule-1   ━B━ schedule-2   +3 more"
    )
    assert draw(traces, width=20, height=5)[-1].rstrip() == "5 curves"


@pytest.mark.parametrize(
    ("label", "ascii", "shown"),
    [
        ("实验一", False, "━━ 实验一"),
        ("实验一", True, r"* \u5b9e\u9a8c\u4e00"),
        ("[red]x[/]", False, "━━ [red]x[/]"),
        ("a\x1b[31m\nb", False, r"━━ a\x1b[31m\nb"),
        ("x" * 60, False, "━━ " + "x" * 36 + "…"),
        ("🚀" * 60, False, "━━ " + "🚀" * 18 + "…"),
        ("x" * 60, True, "* " + "x" * 35 + "..."),
    ],
)
def test_labels_are_shown_as_text_on_their_line(label: str, ascii: bool, shown: str) -> None:
    lines = draw(trace([1.0], label=label), width=40, height=8, ascii=ascii)
    assert lines[-1].rstrip() == shown


def test_a_run_that_was_cut_short_says_so() -> None:
    short = trace([0.1] * 50, updates=100, error=RunError(49, "ValueError: no more"))
    lines = draw(short, width=60, height=12)
    assert lines[-1].strip() == "━━ a (stopped after 50 updates)"
    assert Picture(lines).dots.any(axis=0).sum() == Picture(lines).dots.shape[1] // 2


def test_there_is_no_style_unless_colour_is_asked_for() -> None:
    assert not chart(three(), ChartOptions()).spans
    coloured = chart(three(), ChartOptions(color=True))
    assert coloured.plain == chart(three(), ChartOptions()).plain
    styles = [str(span.style) for span in coloured.spans]
    assert {"cyan", "magenta", "yellow"} < set(styles)


def test_without_colour_letters_stand_on_their_own_curves() -> None:
    lines = draw(three(), width=80, height=20)
    dots = {
        look: Picture(draw(each, width=80, height=20))
        for look, each in zip("ABC", three(), strict=True)
    }
    for letter, alone in dots.items():
        places = [
            (row, column - 8)
            for row, line in enumerate(lines[1:-3])
            for column, cell in enumerate(line)
            if cell == letter and line[column + 1] != " "  # where its name begins
        ]
        assert len(places) >= 4
        for row, column in places:
            cell = alone.dots[4 * row : 4 * row + 4, 2 * column : 2 * column + 2]
            assert cell.any()


def test_letters_stand_on_two_curves_and_more_with_colours_too() -> None:
    traces = [trace([0.1 * k], label=f"s{k}") for k in range(1, 8)]
    for count in (2, 7):
        lines = draw(traces[:count], width=80, height=30, color=True)
        [line] = [each for each in lines if "A" in each]
        assert line.count("A") > 4
        assert line.endswith("A s1")
    assert not any("A" in line for line in draw(traces[0], width=80, height=30, color=True))


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("color", [False, True])
def test_a_curve_of_less_than_a_character_shows_its_mark_and_says_so(
    ascii: bool, color: bool
) -> None:
    long = [trace(COSINE, label=name) for name in ("first", "second")]
    long[1] = trace(WARMUP + 1e-6, label="second")
    for place in range(3):
        lines = draw(
            [*long[:place], trace([3e-4] * 10, label="short"), *long[place:]],
            ascii=ascii,
            color=color,
        )
        mark = ("*+x" if ascii else "ABC")[place]
        picture = next(index for index, line in enumerate(lines) if "update" in line)
        assert any(mark in line[7:9] for line in lines[1 : picture - 1])
        said = "short (10 updates in one character; see --x progress)"
        assert sum(said in line for line in lines) == 1
        assert not any("one character" in line for line in draw(long, x="progress"))


def test_equal_curves_have_one_name() -> None:
    traces = [trace(COSINE, label="a"), trace(STEPS, label="other"), trace(COSINE, label="b")]
    page = arranged(traces)
    assert {label.text for label in page.area.names} == {"A a = b", "B other"}
    assert not page.below


def test_curves_that_coincide_take_turns() -> None:
    same = [trace([0.1] * 90 + [end] * 10, label=str(end)) for end in (0.0, 0.05, 0.02)]
    row = draw(same, width=60, height=10, ascii=True)[1]
    assert row.startswith("    0.1+**++xx**++xx")


def test_of_groups_of_one_shape_the_ends_are_drawn() -> None:
    grouped = trace(np.outer(COSINE, [1, 0.9, 0.8, 0.5]), groups=["a", "b", "c", "d"])
    assert draw(grouped, width=60, height=12)[0].rstrip() == "a: learning rate"
    assert names(grouped, width=60, height=12) == {"A a", "B d +2 groups up to ×2"}
    assert names(grouped, width=60, height=12, groups="all") == {"A a", "B b", "C c", "D d"}
    assert names(grouped, width=60, height=9) == {"A a/a", "B a/d +2 groups up to ×2"}


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(UsageError) as caught:
        chart([])
    assert caught.value.message == "nothing to draw: no schedule was given"
    for width, height in ((19, 5), (20, 4)):
        with pytest.raises(UsageError) as caught:
            ChartOptions(width=width, height=height)
        assert caught.value.message == (
            f"a chart of {width} columns and {height} lines: it needs at least 20 and 5"
        )


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        ([0.0, 0.5, 1.0], 3, "▁▄█"),
        ([1.0, 0.5], 4, "██▄▄"),
        ([0.1], 3, "███"),
        ([0.0], 3, "▁▁▁"),
        ([1.0, np.nan, np.inf, 0.0], 4, "█  ▁"),
        ([-1.0, 0.0], 2, "▁█"),
        ([1e308, -1e308], 2, "█▁"),
    ],
)
def test_sparklines(values: list[float], width: int, line: str) -> None:
    assert sparkline(np.array(values), width) == line


def test_a_sparkline_keeps_a_spike() -> None:
    values = np.full(1_000_000, 0.1)
    values[555_555] = 1.0
    assert sparkline(values, 10) == "▁▁▁▁▁█▁▁▁▁"


def test_no_matplotlib_and_no_torch_are_imported() -> None:
    script = (
        "import sys, numpy as np\n"
        "from lrviz.spec.durations import Length\n"
        "from lrviz.curves.trace import Trace\n"
        "from lrviz.views.chart import chart\n"
        "lr = {'lr': np.ones((5, 1))}\n"
        "assert chart([Trace('a', 'a', ('0',), lr, {'lr': np.ones(1)}, Length(5))]).plain\n"
        "print(sorted({'matplotlib', 'torch'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


CYCLES = np.resize(np.linspace(3e-4, 0, 100), N)


@pytest.mark.parametrize("ascii", [False, True])
def test_cycles_too_dense_for_dots_are_an_outline_with_their_count(ascii: bool) -> None:
    level = np.full(N // 2, 1.5e-4)
    lines = draw(trace(np.concatenate([CYCLES, level])), width=80, height=20, ascii=ascii)
    [told] = [line for line in lines if "cycles" in line]
    assert "100 cycles" in told
    left = lines[-2].index("+" if ascii else "└") + 1
    end = left + (80 - left) * 2 // 3
    assert left < told.index("100") < end - len("100 cycles")
    inked = sum(cell != " " for line in lines[2:-2] for cell in line[left:end])
    if ascii:
        assert inked < 0.3 * 17 * (end - left)
    else:
        shown = Picture(lines).dots[:, : 2 * (end - left)]
        assert shown[4:-4, 2:-4].mean() < 0.2
        assert shown[:8].any(axis=0).all()


def test_a_count_that_has_no_room_in_its_band_stands_behind_the_name() -> None:
    lines = draw([trace(CYCLES, label="dense"), trace(STEPS, label="steps")], width=30, height=8)
    assert lines[-1].rstrip() == "━A━ dense (100 cycles)"
