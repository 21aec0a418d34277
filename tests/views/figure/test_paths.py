from __future__ import annotations

import io
import re

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from lrviz.curves.events import Array
from lrviz.views.figure import figure, save_bytes
from lrviz.views.figure.sheet import Sheet
from tests.traces import trace
from tests.views.figure.test_drawing import pixels
from tests.writing.pictures.test_svg import vertices

UPDATES = 1_000_000


def five() -> list[Array]:
    """Smooth, in steps, with restarts, with spikes, and with a thousand cycles."""
    progress = np.arange(UPDATES) / UPDATES
    spikes = 0.1 * (1 - progress)
    spikes[np.random.default_rng(0).integers(0, UPDATES, 30)] = 0.13
    return [
        0.05 * (1 + np.cos(np.pi * progress)),
        0.1 * 0.1 ** np.floor(3 * progress),
        0.05 * (1 + np.cos(np.pi * (progress * 40 % 1))),
        spikes,
        0.01 + 0.08 * np.abs(progress * 2_000 % 2 - 1),
    ]


def test_five_long_curves_make_small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    fill, laid_out = Sheet.fill, list[Sheet]()

    def counted(sheet: Sheet) -> None:
        laid_out.append(sheet)
        fill(sheet)

    monkeypatch.setattr(Sheet, "fill", counted)
    fig = figure([trace(values, label=f"curve {i}") for i, values in enumerate(five())])
    assert "No room for words at curve 4 (1,000 cycles)." in [each.get_text() for each in fig.texts]
    assert len(laid_out) == 1, "that is known before anything is drawn"
    assert len(save_bytes(fig, "svg")) <= 150_000
    assert len(save_bytes(fig, "pdf")) <= 60_000


def difference() -> int:
    """Return by how much a pixel of these curves differs at most from a drawing of all points."""
    *curves, _ = five()  # the last one is a band, whose outline is drawn
    fig = figure([trace(values, label=f"curve {i}") for i, values in enumerate(curves)])
    for line in fig.axes[0].lines:
        line.set_linestyle("-")  # for dashes are counted along the way, which is a shorter one
    few = pixels(fig)
    for line, values in zip(fig.axes[0].lines, curves, strict=True):
        line.set_data(np.arange(UPDATES + 1), np.append(values, values[-1]))
    with mpl.rc_context({"path.simplify": False}):
        return int(np.abs(pixels(fig) - few).max())


def test_long_curves_are_on_pixels_as_all_their_points_would_be() -> None:
    assert difference() <= 64


def test_a_spike_of_one_update_stays_in_place_in_an_svg() -> None:
    values = np.linspace(0.1, 0.0, UPDATES)
    values[123_456], values[654_321] = 0.2, 0.15
    fig = figure([trace(values)])
    page = save_bytes(fig, "svg").decode()
    paths = [vertices(each) for each in re.findall(r' d="(M[^"z]*)"', page)]
    curve = max(paths, key=len)
    height = fig.get_figheight() * 72
    for update, value in ((123_456, 0.2), (654_321, 0.15)):
        x, y = fig.axes[0].transData.transform((update, value)) * 72 / fig.dpi
        assert min(abs(a - x) + abs(height - b - y) for a, b in curve) < 0.02


def test_smooth_curves_take_few_vertices_in_an_svg() -> None:
    values = 0.05 * (1 + np.cos(np.linspace(0, np.pi, UPDATES)))
    assert len(save_bytes(figure([trace(values)]), "svg")) < 20_000


# PNG


def test_a_png_is_what_matplotlib_would_write() -> None:
    fig = figure([trace([0.1, 0.05, 0.0])])
    theirs = io.BytesIO()
    fig.savefig(theirs, format="png", dpi="figure")
    ours = Image.open(io.BytesIO(save_bytes(fig, "png")))
    assert np.array_equal(np.asarray(ours), np.asarray(Image.open(theirs).convert("RGB")))
