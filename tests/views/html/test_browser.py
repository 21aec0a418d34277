"""The page in Chromium: what is seen, not what the script believes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lrviz
from lrviz.curves.keysteps import key_steps
from lrviz.curves.trace import RunError, Trace
from lrviz.spec.durations import Length
from lrviz.views.html.data import figure_data
from lrviz.views.html.index import index_html
from lrviz.views.html.page import PageOptions, page
from lrviz.views.plan.bands import FAINT, bands
from lrviz.views.plan.marks import Mark
from lrviz.views.plan.options import FigureOptions
from lrviz.views.plan.palette import DARK, LIGHT, Colours, mixed
from lrviz.views.plan.planning import plan
from lrviz.views.plan.scales import y_scale
from lrviz.views.text.grid import Grid
from lrviz.views.text.index import Page, Section
from lrviz.views.text.table import table
from tests.browser import Browser, chromium
from tests.named import misplaced, placed
from tests.traces import Array, trace

N = 20_000
COSINE: Array = 0.05 * (1 + np.cos(np.pi * np.arange(N) / N))
FLAT: Array = np.full(N, 0.03)
CYCLE: Array = np.abs(np.arange(N) / 2_500 % 2 - 1) * 0.02 + 0.03
HOSTILE = "</script><img src=x onerror=\"window.stolen='label'\"><b>'${1}\u202e"
MOMENTUM: Array = np.subtract(0.95, CYCLE)
PLAN = (
    trace(COSINE, label="cosine", per_epoch=100),
    trace(CYCLE, label="cycle", per_epoch=100, momentum=MOMENTUM),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


class Shown:
    """A page that is open in a browser."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser, self.folder = browser, folder

    def __call__(
        self, *traces: Trace, width: int = 1280, scheme: str = "light", **options: Any
    ) -> Browser:
        beside = PageOptions(
            tables=[("Key steps", table(traces))], style=options.pop("style", None)
        )
        text = page(figure_data(traces, FigureOptions(**options)), beside)
        path = self.folder / "figure.html"
        path.write_text(text, encoding="utf-8")
        self.browser.surroundings(width, 900, scheme)
        self.browser.open(path.as_uri())
        return self.browser


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Shown]:
    yield Shown(browser, tmp_path)
    assert browser.errors() == []
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.run("return window.stolen ?? null") is None


def near(pixels: NDArray[np.uint8], colour: str, least: int = 60) -> NDArray[np.bool_]:
    """Return which pixels are of a colour, but for the smoothing of edges."""
    rgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return np.asarray(np.abs(pixels.astype(int) - rgb).sum(axis=2) < least)


def panel(browser: Browser, index: int = 0) -> dict[str, float]:
    """Return where a panel is in the window, and how far its axes reach."""
    found: dict[str, float] = browser.value(
        "(({left, right, low, high, panels}, box) => ({left: left + box.left, "
        "right: right + box.left, low, high, top: panels[arguments[0]].top + box.top, "
        "height: panels[arguments[0]].height, least: panels[arguments[0]].axis.low, "
        "most: panels[arguments[0]].axis.high, log: Boolean(panels[arguments[0]].axis.log)}))"
        "(figure.scene, figure.plot.getBoundingClientRect())".replace("arguments[0]", str(index))
    )
    return found


def place(at: dict[str, float], update: float, value: float) -> tuple[float, float]:
    """Return where a value of an update is in the window."""
    x = at["left"] + (update - at["low"]) / (at["high"] - at["low"]) * (at["right"] - at["left"])
    share = (value - at["least"]) / (at["most"] - at["least"])
    return x, at["top"] + at["height"] * (1 - share)


def drawn(browser: Browser, values: Array, colour: str, index: int = 0) -> float:
    """Return the share of the places along a curve at which its colour is seen.

    Where it should be is computed here: from its values, and from the panel's place and ends.
    """
    seen = near(browser.pixels(), colour)
    at = panel(browser, index)
    hits = []
    for x in np.arange(at["left"] + 2, at["right"] - 2):
        update = at["low"] + (x + 0.5 - at["left"]) / (at["right"] - at["left"]) * (
            at["high"] - at["low"]
        )
        if not 0 <= int(update) < len(values):
            continue
        value, least, most = values[int(update)], at["least"], at["most"]
        if at["log"]:
            value, least, most = np.log([value, least, most])
        y = at["top"] + at["height"] * (1 - (value - least) / (most - least))
        box = seen[max(0, int(y) - 2) : int(y) + 3, int(x) - 1 : int(x) + 2]
        hits.append(bool(box.any()))
    assert len(hits) > 100
    return float(np.mean(hits))


# What is seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_curves_are_where_their_values_are(shown: Shown, width: int, scheme: str) -> None:
    browser = shown(*PLAN, width=width, scheme=scheme)
    palette = LIGHT if scheme == "light" else DARK
    one, other = palette.curves[:2]
    assert drawn(browser, COSINE, one) > 0.93
    assert drawn(browser, CYCLE, other) > 0.55  # dashed: 5 on, 2.2 off
    assert drawn(browser, MOMENTUM, other, 1) > 0.55
    pixels = browser.pixels()
    assert near(pixels, palette.back, 4).mean() > 0.7
    assert browser.run("return document.scrollingElement.scrollWidth") == width


def test_the_y_axis_is_the_figures(shown: Shown) -> None:
    low = [0.1, 0.1, 1e-4, 1e-9] + [0.05] * 496
    for log in (False, True):
        browser = shown(trace(COSINE), trace(low, label="b"), log=log)
        at = panel(browser)
        scale = y_scale([COSINE, np.array(low)], log=log, from_zero=True)
        assert (at["least"], at["most"]) == pytest.approx((scale.low, scale.high), rel=1e-6)
        assert bool(at["log"]) == log


def test_a_logarithmic_axis_has_the_curve_too(shown: Shown) -> None:
    decay: Array = 0.1 * np.power(0.9995, np.arange(N))
    browser = shown(trace(decay), log=True)
    assert drawn(browser, decay, LIGHT.curves[0]) > 0.93
    browser.value("figure.setLog(false)")
    browser.settle()
    assert drawn(browser, decay, LIGHT.curves[0]) > 0.93
    assert not panel(browser)["log"]


@pytest.mark.parametrize(("ground", "spike"), [(FLAT, 0.08), (COSINE, 0.095), (COSINE[::-1], 0.02)])
def test_a_spike_of_one_update_is_seen_at_every_zoom(
    shown: Shown, ground: Array, spike: float
) -> None:
    values = ground.copy()
    values[12_345] = spike
    browser = shown(trace(values))
    for closer in (1, 50, 5_000):
        browser.value(f"(figure.reset(), figure.zoom(1 / {closer}, 12345.5))")
        browser.settle()
        at = panel(browser)
        assert at["high"] - at["low"] == pytest.approx(N / closer)
        seen = near(browser.pixels(), LIGHT.curves[0])
        x, y = map(int, place(at, 12_345.5, spike))
        assert seen[y - 2 : y + 3, x - 3 : x + 4].any(), closer


def test_a_run_that_was_cut_short_ends_with_a_cross(shown: Shown) -> None:
    whole = trace(FLAT, label="whole")
    short = trace(COSINE[:12_000], label="b", updates=N, error=RunError(11_999, "past the end"))
    seen = near(shown(whole, short).pixels(), LIGHT.curves[1])
    x, y = map(int, place(panel(shown.browser), 12_000, COSINE[11_999]))
    for dx, dy in ((-4, -4), (4, -4), (-4, 4), (4, 4)):
        assert seen[y + dy - 1 : y + dy + 2, x + dx - 1 : x + dx + 2].any()


def test_what_is_not_finite_is_a_gap(shown: Shown) -> None:
    values = np.full(N, 0.05)
    values[5_000:10_000] = np.nan
    values[15_000] = np.inf
    seen = near(shown(trace(values)).pixels(), LIGHT.curves[0])
    at = panel(shown.browser)
    x = [int(at["left"] + share * (at["right"] - at["left"])) for share in (0.1, 0.4, 0.6, 0.9)]
    rows = slice(int(at["top"]), int(at["top"] + at["height"]))
    assert [bool(seen[rows, column].any()) for column in x] == [True, False, True, True]


def test_a_log_is_dots_on_its_plan(shown: Shown) -> None:
    steps = np.arange(0, N, 2_000)
    log = Trace(
        "run", "log.csv", ("",), {"lr": COSINE[steps, None] * 0.8}, {}, Length(N), steps=steps
    )
    browser = shown(PLAN[0], log)
    at, seen = panel(browser), near(browser.pixels(), LIGHT.curves[1])
    for step in steps[1:]:
        x, y = place(at, step, COSINE[step] * 0.8)
        dot = seen[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]
        assert 8 <= dot.sum() <= 25
        assert not seen[int(y) - 2 : int(y) + 3, int(x) + 12 : int(x) + 20].any()  # and no line
    browser.value("figure.select(4100)")
    assert said(browser).endswith(f"run {float(COSINE[4_000] * 0.8)!r} (update 4,000)")
    browser.value("figure.select(18900)")
    assert said(browser).endswith(f"run {float(COSINE[18_000] * 0.8)!r} (update 18,000)")
    browser.value("figure.select(19100)")  # the log has ended
    assert said(browser).endswith(f": cosine {float(COSINE[19_100])!r}")


def test_findings_and_marks_are_on_the_curve(shown: Shown) -> None:
    marks = (Mark("cosine", 15_000, "LRV201 rebound"),)
    browser = shown(*PLAN, marks=marks)
    accent = "#B3261E"
    x, y = map(int, place(panel(browser), 15_000, COSINE[15_000]))
    found = near(browser.pixels(), accent, 90)
    assert found[y - 6 : y + 7, x - 6 : x + 7].sum() > 15
    assert found.sum() > 100  # with its words
    browser.run(
        "[...document.querySelectorAll('.lrviz-controls label')]"
        ".find(each => each.textContent === 'marks').click()"
    )
    browser.settle()
    assert near(browser.pixels(), accent, 90)[found].sum() == 0


def test_a_finding_is_said_where_no_curve_is_though_its_line_crosses_one(shown: Shown) -> None:
    lines = [
        trace(np.minimum(np.arange(N) / 400, 1.0) * 0.1, label="steep"),
        trace(0.03 * np.sin(np.pi * np.minimum(np.arange(N) / 3_000, 1.0)), label="bow"),
    ]
    browser = shown(*lines, marks=(Mark("bow", 0, "LRV103 starts-at-zero"),))
    [found] = [each for each in placed(browser)["texts"] if each["given"]]
    assert found["leader"]
    assert misplaced(browser, lines) == []


def test_there_is_no_switch_for_marks_without_marks(shown: Shown) -> None:
    labels = "Array.from(document.querySelectorAll('.lrviz-controls label'), e => e.innerText)"
    assert "marks" not in shown(*PLAN).value(labels)
    browser = shown(*PLAN, annotate=True)
    assert "marks" in browser.value(labels)
    ring = near(browser.pixels(), LIGHT.curves[0])
    x, y = map(int, place(panel(browser), 0, COSINE[0]))  # of the peak, half of it off the panel
    assert ring[y - 5 : y + 6, x - 5 : x + 6].sum() > 8


# What is written in it

DECAY: Array = 0.1 * np.power(0.9998, np.arange(N))
NAMED = (
    PLAN[0],
    trace(DECAY, label="decay", per_epoch=100),
    trace(np.linspace(0.0, 0.06, N), label="rise", per_epoch=100),
    trace(np.where(np.arange(N) < 9_000, 0.08, 0.008), label="drop, of a long name", per_epoch=100),
)


def texts(browser: Browser) -> list[str]:
    """Return what is written in the first panel, names and words."""
    return [each["text"] for each in placed(browser)["texts"]]


@pytest.mark.parametrize(
    ("width", "options"),
    [
        (1280, {}),
        (1280, {"log": True, "annotate": True}),
        (800, {"x": "epoch", "scheme": "dark", "annotate": True}),
        (390, {"x": "progress"}),
    ],
)
def test_names_stand_at_their_curves(shown: Shown, width: int, options: dict[str, Any]) -> None:
    browser = shown(*NAMED, width=width, **options)
    names = [each.label for each in NAMED]
    assert misplaced(browser, NAMED) == []
    assert {*texts(browser)} >= {*(names if width > 390 else names[2:3])}
    for about in (0.3, 0.5, 0.9):
        browser.value(f"figure.zoom(0.3, {about} * figure.end)")
        assert misplaced(browser, NAMED) == []
        assert {*texts(browser)} & {*names}
    browser.value("figure.toggle('decay', false)")
    assert "decay" not in texts(browser)
    assert misplaced(browser, NAMED) == []


@pytest.mark.parametrize(
    "names", [("cyclic-triangular2", "inverse-sqrt"), ("plateau", "cosine-plateau")]
)
def test_no_curve_is_between_a_name_and_its_own(shown: Shown, names: tuple[str, str]) -> None:
    traces = [lrviz.simulate(name, steps=500) for name in names]
    assert misplaced(shown(*traces, width=390), traces) == []


def test_names_are_seen_in_their_curves_colours(shown: Shown) -> None:
    browser = shown(*NAMED)
    scene = placed(browser)
    pixels, box = browser.pixels(), panel(browser)
    colours = {each["label"]: each["light"]["text"] for each in scene["curves"]}
    for each in scene["texts"]:
        x, y = (
            int(each[at] - scene[edge] + box[edge]) for at, edge in (("x", "left"), ("y", "top"))
        )
        part = pixels[y - 12 : y + 13, x - 20 : x + 21]
        assert near(part, colours[each["of"]], 30).sum() > 10


def test_the_values_beside_the_cursor_hide_no_name_by_half(shown: Shown) -> None:
    lines = [replace(each, label=each.label + ", which is told in more words") for each in NAMED]
    browser = shown(*lines, width=700)
    scene, at, before = placed(browser), panel(browser), browser.pixels()
    colours = {each["label"]: each["light"]["text"] for each in scene["curves"]}
    hidden = 0
    for update in range(2_000, N, 3_000):
        browser.value(f"figure.select({update})")
        browser.settle()
        left, top, right, bottom = browser.value(
            "(({left, top, right, bottom}) => [left, top, right, bottom].map(Math.round))"
            "(document.querySelector('.lrviz-tip').getBoundingClientRect())"
        )
        pixels = browser.pixels()
        for each in [each for each in scene["texts"] if not each["slope"]]:
            x, y = at["left"] - scene["left"], at["top"] - scene["top"]
            part, rows = (
                slice(int(each["box"][start] + add), int(np.ceil(each["box"][start + 2] + add)))
                for start, add in ((0, x), (1, y))
            )
            beyond = np.ones(pixels.shape[:2], np.bool_)
            beyond[top:bottom, left:right] = False
            beyond = beyond[rows, part]
            ink, was = (
                near(shown[rows, part], colours[each["of"]], 40) & beyond
                for shown in (pixels, before)
            )
            if beyond.all():
                assert ink.sum() > 0.6 * was.sum()  # but for the cursor's own line
            else:
                hidden += 1
                assert not ink.any()
    assert hidden  # the values have no place that hides none


def test_names_at_ends_that_are_apart_stand_beside_them(shown: Shown) -> None:
    lines = [trace(FLAT * share, label=f"of {share}") for share in (1, 0.6, 0.25)]
    browser = shown(*lines)
    scene = placed(browser)
    assert [each["align"] for each in scene["texts"]] == ["left"] * 3
    ends = {each["text"]: each["y"] for each in scene["texts"]}
    at = panel(browser)
    top = browser.value("figure.plot.getBoundingClientRect().top")
    for line in lines:
        _, y = place(at, N, float(line.lr[-1, 0]))
        assert ends[line.label] + top == pytest.approx(y, abs=4)
    assert misplaced(browser, lines) == []
    browser.value("figure.zoom(0.01, 300)")  # and there they stay
    assert placed(browser)["right"] == scene["right"]
    assert [each["align"] for each in placed(browser)["texts"]] == ["left"] * 3


def test_a_name_stays_at_its_update_while_the_axis_moves(shown: Shown) -> None:
    browser = shown(*NAMED)
    before = {each["text"]: each["x"] for each in placed(browser)["texts"]}
    scale = "(figure.scene.right - figure.scene.left) / (figure.scene.high - figure.scene.low)"
    update = {
        text: browser.value("figure.scene.place(arguments[0])".replace("arguments[0]", repr(x)))
        for text, x in before.items()
    }
    browser.value("(figure.zoom(0.9, figure.end / 2), figure.drawNow())")
    moved = browser.value("figure.scene.texts.map(({text, x}) => [text, figure.scene.place(x)])")
    column = 4 / browser.value(scale)
    assert moved
    assert [place == pytest.approx(update[text], abs=1.5 * column) for text, place in moved] == [
        True
    ] * len(moved)


LEVEL: Array = np.full(N // 4, 0.03)
WAVES: Array = 0.05 - 0.02 * np.cos(2 * np.pi * np.arange(N) / 40)
SAWS: Array = np.tile(np.linspace(0.07, 0.03, 50), N // 50)


@pytest.mark.parametrize(
    "cycles",
    [
        WAVES,
        np.concatenate([LEVEL, WAVES[: N // 2], LEVEL + 0.04]),
        np.concatenate([SAWS[: N // 2], LEVEL, SAWS[: N // 4]]),
        np.concatenate([WAVES[::2][: N // 2], np.random.default_rng(0).random(N // 2) * 0.07]),
    ],
)
def test_cycles_too_dense_are_counted_as_the_figure_counts_them(
    shown: Shown, cycles: Array
) -> None:
    browser = shown(trace(cycles, label="dense"))
    at = panel(browser)
    near = 4 * N / (at["right"] - at["left"])
    line = plan([trace(cycles)], FigureOptions(), Colours(LIGHT.curves, LIGHT.back)).panels[0]
    expected = bands(line.lines[0], (np.arange(N, dtype=float), cycles), near)
    found = browser.value(
        "figure.scene.panels[0].curves[0].bands.map(({start, end, text, outline}) => "
        "[start, end, text, outline])"
    )
    assert [(each.start, each.end, each.text) for each in expected] == [
        tuple(each[:3]) for each in found
    ]
    for each, (*_, outline) in zip(expected, found, strict=True):
        assert np.array_equal(np.stack([each.x, each.low, each.high], axis=1), outline)
    assert len(expected) == (2 if len(np.unique(cycles)) == 50 else 1)


def test_cycles_too_dense_are_a_band_that_says_how_many(shown: Shown) -> None:
    """Its edges and its faint ground are seen, and no stroke is, until they are apart."""
    browser = shown(trace(WAVES, label="dense"))
    at = panel(browser)
    assert texts(browser) == ["500 cycles"]
    faint = mixed(LIGHT.back, LIGHT.curves[0], FAINT)
    pixels = browser.pixels()
    x, y = map(int, place(at, N / 4, 0.05))
    inner = pixels[y - 40 : y + 41, x - 60 : x + 61]
    assert near(inner, faint, 12).mean() > 0.95
    for edge in (0.03, 0.07):
        _, y = map(int, place(at, N / 4, edge))
        assert near(pixels, LIGHT.curves[0])[y - 2 : y + 3, x - 60 : x + 61].any(axis=0).all()
    browser.value(f"figure.zoom(0.016, {N // 2})")
    assert texts(browser) == []
    assert drawn(browser, WAVES, LIGHT.curves[0]) > 0.93


def test_events_of_a_kind_are_marked_all_or_told_of_once(shown: Shown) -> None:
    steps = trace(0.1 * np.power(0.5, np.arange(N) // 4_000), label="steps")
    browser = shown(steps, PLAN[0], annotate=True)
    drops = [each for each in texts(browser) if each.startswith("drop")]
    assert len(drops) == 4
    assert misplaced(browser, [steps, PLAN[0]]) == []
    close = trace(0.1 * np.power(0.5, np.clip(np.arange(N) // 50, 1, 6) - 1))
    browser = shown(close, PLAN[0], width=390, annotate=True)
    found = texts(browser)
    assert [each for each in found if "drops" in each] == ["5 drops"]
    assert not any(each.startswith("drop") for each in found)


# What is told


def said(browser: Browser) -> str:
    """Return what is read aloud, once it is."""
    browser.run("await new Promise(done => setTimeout(done, 200))")
    return str(browser.run("return document.querySelector('[aria-live=polite]').textContent"))


def test_every_double_is_on_the_page(shown: Shown) -> None:
    rng = np.random.default_rng(0)
    layers = np.outer(rng.normal(size=2_001), [1.0, 0.75, 1e-300])
    layers[7] = np.nan, np.inf, -0.0
    momentum = np.outer(COSINE[:2_001], [9.0, 8.0, 8.0])
    traces = (*PLAN, trace(layers, label="l", groups=("a", "b", "c"), momentum=momentum))
    browser = shown(*traces)
    hashes = browser.value(
        "Promise.all(figure.data.columns.map(async ({trace, param, group, array}) => [trace, param,"
        " group, Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', "
        "figure.data.arrays[array]))).map(each => each.toString(16).padStart(2, '0')).join('')]))"
    )
    assert len(hashes) == 1 + 2 + 6
    for at, param, group, found in hashes:
        values = np.ascontiguousarray(traces[at].curves[param][:, group])
        assert found == hashlib.sha256(values.tobytes()).hexdigest()


def test_a_message_has_the_same_doubles(shown: Shown) -> None:
    data = figure_data(PLAN, FigureOptions()).message()
    browser = shown(PLAN[0])
    found = browser.run(
        "const read = LrvizFigure.read(Uint8Array.fromBase64(arguments[0]).buffer);"
        "const figure = document.querySelector('.lrviz').figure; figure.update(read);"
        "return read.arrays.map(each => [each.length, each[123]])",
        base64.b64encode(data).decode(),
    )
    assert found == [[N, COSINE[123]], [N, CYCLE[123]], [N, MOMENTUM[123]]]
    browser.settle()
    assert drawn(browser, CYCLE, LIGHT.curves[1]) > 0.55


def test_arrow_keys_tell_each_update_with_every_digit(shown: Shown) -> None:
    browser = shown(*PLAN)
    browser.press("Tab")
    browser.value("figure.plot.focus()")
    browser.press("Right", "Right", "Right", "Shift+Right", "Left")
    assert said(browser) == (
        f"update 11, epoch 0.11, 0.055%: cosine {float(COSINE[11])!r}; cycle {float(CYCLE[11])!r}; "
        f"cycle, momentum {float(MOMENTUM[11])!r}"
    )
    browser.press("End")
    assert said(browser).startswith("update 19,999, epoch 199.99, 100%: cosine 6.168502")
    browser.press("Home", "PageDown")
    assert said(browser).startswith("update 2,000, epoch 20, 10%: ")


def test_the_pointer_tells_the_update_below_it(shown: Shown) -> None:
    browser = shown(*PLAN)
    at = panel(browser)
    x = int(at["left"] + 0.25 * (at["right"] - at["left"]))
    browser.pointer(("move", x, at["top"] + 50))
    update = int((x - at["left"]) / (at["right"] - at["left"]) * N)
    tip = browser.run("return document.querySelector('.lrviz-tip').innerText")
    assert tip.splitlines()[0].startswith(f"update {update:,} · epoch {update / 100:g} · ")
    assert repr(float(COSINE[update])) in tip
    pixels = near(browser.pixels(), LIGHT.muted)
    assert (
        pixels[int(at["top"]) + 5 : int(at["top"] + at["height"]) - 5, x - 1 : x + 2].any(1).mean()
        > 0.8
    )


def test_curves_of_other_lengths_tell_their_own_updates(shown: Shown) -> None:
    browser = shown(PLAN[0], trace(CYCLE[:200], label="short"), x="progress")
    browser.value("figure.select(10000)")
    assert said(browser) == (
        f"update 10,000, 50%: cosine {float(COSINE[10_000])!r}; "
        f"short {float(CYCLE[100])!r} (update 100)"
    )


# What it does


def window(browser: Browser) -> tuple[float, float]:
    low, high = browser.value("figure.seen")
    return low, high


def test_drag_wheel_keys_and_buttons_zoom_and_reset(shown: Shown) -> None:
    browser = shown(*PLAN)
    at = panel(browser)
    y = at["top"] + 60
    wide = at["right"] - at["left"]
    places = [int(at["left"] + share * wide) for share in (0.2, 0.4)]
    browser.pointer(("down", places[0], y), ("move", places[1], y), ("up", places[1], y))
    expected = [(each - at["left"]) / wide * N for each in places]
    assert window(browser) == pytest.approx(expected, rel=1e-6)
    assert drawn(browser, COSINE, LIGHT.curves[0]) > 0.93
    browser.pointer(*[(what, places[0], y) for what in ("down", "up", "down", "up")])
    assert window(browser) == (0, N)
    browser.wheel(places[0], y, -300)
    low, high = window(browser)
    about = (places[0] - at["left"]) / wide
    assert high - low == pytest.approx(N * np.exp(-0.6))
    assert low + about * (high - low) == pytest.approx(about * N, rel=1e-6)
    browser.value("figure.plot.focus()")
    browser.press("0")
    assert window(browser) == (0, N)
    browser.wheel(places[0], y, 300)  # nothing to zoom out of: the page may scroll
    assert window(browser) == (0, N)
    browser.press(*["+"] * 20)
    low, high = window(browser)
    assert high - low == pytest.approx(4)  # updates
    browser.press("-")
    assert np.diff(window(browser)) == pytest.approx(8)
    browser.run("document.querySelector('[aria-label=\"reset zoom\"]').click()")
    assert window(browser) == (0, N)


def test_who_scrolls_past_does_not_zoom(shown: Shown) -> None:
    browser = shown(*PLAN)
    at = panel(browser)
    browser.run("scrollTo(0, 150)")
    browser.settle()
    browser.wheel(at["left"] + 200, at["top"] + 60, -100)
    assert window(browser) == (0, N)
    browser.wait("scrollY < 150")
    browser.run("await new Promise(done => setTimeout(done, 400))")
    browser.wheel(at["left"] + 200, at["top"] + 60, -100)
    assert window(browser) != (0, N)


def test_a_browser_that_is_too_old_is_told(browser: Browser, tmp_path: Path) -> None:
    text = page(figure_data(PLAN, FigureOptions()), PageOptions(tables=[("K", table(PLAN))]))
    code = text.rpartition("<script>")[2].partition("</script>")[0]
    old = f"delete globalThis.DecompressionStream; {code}"
    path = tmp_path / "old.html"
    own = text.partition("script-src ")[2].partition(";")[0]
    path.write_text(text.replace(code, old).replace(own, "'unsafe-inline'"), encoding="utf-8")
    browser("url", {"url": path.as_uri()})
    assert browser.run("return document.getElementById('figure').textContent") == (
        "This browser cannot draw the figure (DecompressionStream is not defined): open it in a "
        "newer one. The key steps below are all there."
    )
    assert len(browser.errors()) == 1


def test_single_updates_are_stairs(shown: Shown) -> None:
    stairs = np.array([0.1, 0.05, 0.08, 0.02])
    values = np.concatenate([np.full(5_000, 0.06), stairs, np.full(5_000, 0.06)])
    browser = shown(trace(values))
    browser.value("figure.zoom(0.0004, 5002)")
    browser.settle()
    assert window(browser) == pytest.approx((5_000, 5_004), abs=1e-2)
    assert drawn(browser, values, LIGHT.curves[0]) > 0.99
    at, seen = panel(browser), near(browser.pixels(), LIGHT.curves[0])
    for update, value in enumerate(stairs, 5_000):  # and nothing else
        x, y = map(int, place(at, update + 0.5, value))
        rows = np.flatnonzero(seen[int(at["top"]) : int(at["top"] + at["height"]), x])
        assert rows.size
        assert np.abs(rows + int(at["top"]) - y).max() <= 2


def test_two_fingers_zoom(shown: Shown) -> None:
    browser = shown(*PLAN)
    at = panel(browser)
    wide, y = at["right"] - at["left"], at["top"] + 80
    ends = [(0.4, 0.3), (0.6, 0.7)]
    ways = [[int(at["left"] + share * wide) for share in each] for each in ends]
    browser.fingers(
        *([("down", way[0], y), ("move", way[1], y), ("up", way[1], y)] for way in ways)
    )
    low, high = window(browser)
    assert high - low == pytest.approx(N / 2, rel=0.02)
    assert (low + high) / 2 == pytest.approx(N / 2, rel=0.02)


def test_a_curve_is_switched_off_and_on_by_the_keyboard(shown: Shown) -> None:
    browser = shown(*PLAN)
    browser.run("document.querySelector('.lrviz-legend input').focus()")
    browser.press("Space")
    browser.settle()
    assert drawn(browser, COSINE, LIGHT.curves[0]) < 0.05
    at = panel(browser)
    scale = y_scale([CYCLE], log=False, from_zero=True)
    assert at["most"] == pytest.approx(scale.high)
    assert drawn(browser, CYCLE, LIGHT.curves[1]) > 0.55
    browser.press("Space")
    browser.settle()
    assert drawn(browser, COSINE, LIGHT.curves[0]) > 0.93


def test_the_x_axis_counts_what_is_chosen_and_keeps_its_window(shown: Shown) -> None:
    browser = shown(*PLAN)
    browser.value("figure.zoom(0.25, 0)")
    browser.run("document.querySelector('.lrviz select').focus()")
    browser.press("Down")  # the next unit: epochs
    browser.settle()
    assert browser.value("figure.unit.key") == "epoch"
    assert window(browser) == pytest.approx((0, 50))
    browser.press("Down")
    browser.settle()
    assert window(browser) == pytest.approx((0, 25))


def test_a_second_x_axis_is_the_figures(shown: Shown) -> None:
    shorter = trace(CYCLE[:200], label="b")
    names = {"step": "update"}
    for traces, x in (
        (PLAN, None),
        (PLAN, "epoch"),
        (PLAN, "progress"),
        ((PLAN[0], shorter), None),
        ((shorter,), None),
        ((PLAN[0], shorter), "progress"),
    ):
        options = FigureOptions(x=x)  # type: ignore[arg-type]
        above = plan(traces, options, Colours(LIGHT.curves, LIGHT.back)).above
        browser = shown(*traces, x=x)
        found = browser.value("figure.scene.above?.unit.key ?? null")
        assert names.get(found, found) == (above and above.name)
        at = panel(browser)
        texts = near(browser.pixels(), LIGHT.text, 120)
        top = int(browser.value("figure.plot.getBoundingClientRect().top"))
        over = texts[top + 1 : int(at["top"]) - 6, int(at["left"]) + 20 :]
        assert over.any() == (above is not None)


def test_all_groups_are_shown_when_they_are_asked_for(shown: Shown) -> None:
    layers = trace(np.outer(COSINE, [1, 0.8, 0.6, 0.4]), label="l", groups=list("abcd"))
    browser = shown(layers)
    names = "Array.from(document.querySelectorAll('.lrviz-legend label'), e => e.textContent)"
    assert browser.value(names) == ["l/a", "l/d +2 groups up to ×2.5"]
    browser.run(
        "[...document.querySelectorAll('.lrviz-controls label')]"
        ".find(each => each.textContent === 'all param groups').click()"
    )
    browser.settle()
    assert browser.value(names) == ["l/a", "l/b", "l/c", "l/d"]
    colour = browser.value("figure.view.panels[0].lines[1].light.colour")
    assert drawn(browser, COSINE * 0.8, colour) > 0.93


def test_an_update_keeps_zoom_focus_and_what_is_off(shown: Shown) -> None:
    browser = shown(*PLAN)
    browser.value("figure.zoom(0.5, 0)")
    browser.value("figure.toggle('cosine', false)")
    browser.run("document.querySelector('.lrviz select').focus()")
    third = trace(CYCLE[::-1] * 2, label="third", per_epoch=100)
    data = base64.b64encode(figure_data([*PLAN, third], FigureOptions()).message()).decode()
    browser.run(
        "const figure = document.querySelector('.lrviz').figure;"
        "figure.update(LrvizFigure.read(Uint8Array.fromBase64(arguments[0]).buffer))",
        data,
    )
    browser.settle()
    assert window(browser) == (0, N / 2)
    assert browser.run("return document.activeElement.localName") == "select"
    assert drawn(browser, COSINE, LIGHT.curves[0]) < 0.05
    colour = browser.value("figure.view.panels[0].lines[2].light.colour")
    assert drawn(browser, CYCLE[::-1] * 2, colour) > 0.5
    boxes = "Array.from(document.querySelectorAll('.lrviz-legend input'), e => e.checked)"
    assert browser.value(boxes) == [False, True, True]


def test_a_step_of_the_table_leads_to_the_curve(shown: Shown) -> None:
    browser = shown(*PLAN)
    browser.run(
        "[...document.querySelectorAll('td button')].find(e => e.textContent === '5,000').click()"
    )
    assert said(browser).startswith("update 5,000, ")
    steps = {each.step for each in key_steps(PLAN[0]).steps}
    assert 5_000 in steps


# For everybody


def test_labels_are_text_and_nothing_of_theirs_runs(shown: Shown) -> None:
    browser = shown(trace(COSINE, label=HOSTILE), title=HOSTILE)
    visible = HOSTILE.replace("\u202e", "\\u202e")
    assert browser.run("return document.querySelector('h1').textContent") == visible
    assert browser.run("return document.title") == visible
    assert browser.run("return document.querySelector('.lrviz-legend label').innerText") == visible
    browser.value("figure.select(7)")
    assert f"{visible} {float(COSINE[7])!r}" in said(browser)
    assert browser.run("return document.querySelectorAll('img, b b').length") == 0


def test_all_that_can_be_used_has_a_name_and_a_role(shown: Shown) -> None:
    browser = shown(*PLAN, annotate=True)
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if any(
            each["name"] == "focusable" and each["value"]["value"]
            for each in node.get("properties", [])
        )
        and node["role"]["value"] != "RootWebArea"
    ]
    assert ("checkbox", "cosine") in told
    assert ("combobox", "x") in told
    assert ("checkbox", "logarithmic") in told
    assert ("button", "zoom in") in told
    assert (
        "application",
        "cosine, cycle. The learning rate and momentum over updates of cosine, cycle.",
    ) in told
    assert all(name.strip() for _, name in told)
    roles = {node["role"]["value"] for node in nodes}
    assert {"heading", "table", "rowheader", "columnheader", "main", "status"} <= roles


def test_the_keyboard_reaches_everything_and_leaves_it(shown: Shown) -> None:
    browser = shown(*PLAN, annotate=True)
    browser.run("document.activeElement.blur()")
    seen = []
    for _ in range(12):
        browser.press("Tab")
        seen.append(
            browser.run(
                "const e = document.activeElement; return e === document.body ? 'body' : "
                "(e.getAttribute('role') ?? e.type ?? e.localName)"
            )
        )
    assert seen[:7] == ["checkbox", "checkbox", "select-one", *["checkbox"] * 2, *["button"] * 2]
    assert seen[7:9] == ["application", "region"]  # the button that resets has nothing to do
    assert "button" in seen[9:12]


def test_a_gallery_is_searched(browser: Browser, tmp_path: Path) -> None:
    grid = Grid(("step", "what", "a"), (("0", "first", "0.1"),), 2, frozenset({1}))
    pages = [
        Page(name, title, f"About {title}", "", "", (), grid, "lrviz plot", "a: 1\n", "a.yaml")
        for name, title in (("one", "Cosine"), ("two", HOSTILE), ("three", "Warmup, cosine"))
    ]
    sections = [Section("First", "", tuple(pages[:1])), Section("More", "", tuple(pages[1:]))]
    path = tmp_path / "index.html"
    path.write_text(index_html(HOSTILE, sections, "test"), encoding="utf-8")
    for each in pages:
        (tmp_path / f"{each.name}-light.svg").write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40">'
            '<rect width="80" height="40" fill="#FF00FF"/></svg>'
        )
    browser.surroundings(1280, 900, "light")
    browser("url", {"url": path.as_uri()})
    browser.wait("[...document.images].every(each => each.naturalWidth === 80)")
    assert near(browser.pixels(), "#FF00FF").sum() > 100_000  # the pictures are seen
    shown = "return [...document.querySelectorAll('h2, h3')].filter(e => e.offsetWidth)"
    browser.run("document.getElementById('search').focus()")
    browser.press(*"cosine")
    visible = HOSTILE.replace("\u202e", "\\u202e")
    assert browser.run(f"{shown}.map(each => each.textContent)") == [
        "First",
        "Cosine",
        "More",
        "Warmup, cosine",
    ]
    assert browser.run("return document.getElementById('found').textContent") == "2 figures"
    browser.press(*" warm")
    assert browser.run(f"{shown}.map(each => each.textContent)") == ["More", "Warmup, cosine"]
    assert browser.run("return document.getElementById('found').textContent") == "1 figure"
    browser.press(*["Backspace"] * 11)
    assert browser.run(f"{shown}.map(each => each.textContent)")[3] == visible
    assert browser.run("return window.stolen ?? null") is None
    assert browser.errors() == []


def test_a_style_holds_against_the_system(shown: Shown) -> None:
    browser = shown(*PLAN, scheme="light", style="dark")
    assert near(browser.pixels(), DARK.back, 4).mean() > 0.7
    assert drawn(browser, COSINE, DARK.curves[0]) > 0.93


def test_print_is_light_and_has_no_controls(shown: Shown) -> None:
    browser = shown(*PLAN, scheme="dark")
    browser.run(
        "const figure = document.querySelector('.lrviz').figure;"
        "window.addEventListener('beforeprint', () => { const {canvas, scene} = figure;"
        "const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        "let count = 0; for (let at = 0; at < data.length; at += 4) if (data[at] === 0x00 && "
        "data[at + 1] === 0x72 && data[at + 2] === 0xB2) count++; window.printed = "
        "[figure.theme, count, canvas.width / figure.painter.width]; })"
    )
    paper = base64.b64decode(browser.devtools("Page.printToPDF", printBackground=True)["data"])
    assert paper.startswith(b"%PDF")
    theme, blue, ratio = browser.run("return window.printed")
    assert (theme, round(ratio)) == ("light", 3)
    assert blue > 3_000
    browser.settle()
    assert drawn(browser, COSINE, DARK.curves[0]) > 0.93  # and afterwards all is as it was


def test_on_paper_one_canvas_has_all_in_its_own_proportions(shown: Shown) -> None:
    """What is clear in a canvas is white in Chromium's PDF: a second one would hide the first."""
    browser = shown(*NAMED, annotate=True)
    on_screen = browser.value("figure.plot.clientWidth")
    features = [{"name": "prefers-color-scheme", "value": "light"}]
    browser.devtools("Emulation.setEmulatedMedia", media="print", features=features)
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    seen = (
        "[...figure.plot.querySelectorAll('canvas')].map(each => [each.getClientRects().length, "
        "each.clientWidth / each.clientHeight, each.width / each.height])"
    )
    [[count, across, drawn_across], [other, *_]] = browser.value(seen)
    assert (count, other) == (1, 0)
    assert across == pytest.approx(drawn_across, rel=0.01)
    scene = placed(browser)
    assert browser.value("figure.painter.width") == 720
    assert misplaced(browser, NAMED) == []
    pixels = browser.pixels()
    left, top = browser.value("(({left, top}) => [left, top])(figure.plot.getBoundingClientRect())")
    shrunk = browser.value("figure.canvas.clientWidth / (figure.canvas.width / 3)")
    colours = {each["label"]: each["light"]["text"] for each in scene["curves"]}
    for each in scene["texts"]:
        x, y = int(left + each["x"] * shrunk), int(top + each["y"] * shrunk)
        part = pixels[y - 12 : y + 13, x - 20 : x + 21]
        assert near(part, colours[each["of"]] if each["is_name"] else LIGHT.text, 90).sum() > 8
    browser.run("window.dispatchEvent(new Event('afterprint'))")
    browser.devtools("Emulation.setEmulatedMedia", media="", features=features)
    browser.settle()
    assert browser.value("figure.plot.clientWidth") == on_screen
    assert drawn(browser, COSINE, LIGHT.curves[0]) > 0.93
