from __future__ import annotations

import io
import re

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from lrviz.curves.events import Array
from lrviz.views.figure import figure, png, save_bytes
from lrviz.views.figure.paths import compact
from tests.traces import trace
from tests.views.figure.test_drawing import pixels

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


def test_five_long_curves_make_small_files() -> None:
    fig = figure([trace(values, label=f"curve {i}") for i, values in enumerate(five())])
    assert len(save_bytes(fig, "svg")) <= 150_000
    assert len(save_bytes(fig, "pdf")) <= 60_000


def test_five_long_curves_are_on_pixels_as_all_their_points_would_be() -> None:
    curves = five()
    fig = figure([trace(values, label=f"curve {i}") for i, values in enumerate(curves)])
    few = pixels(fig)
    for line, values in zip(fig.axes[0].lines, curves, strict=True):
        line.set_data(np.arange(UPDATES + 1), np.append(values, values[-1]))
    with mpl.rc_context({"path.simplify": False}):
        whole = pixels(fig)
    assert np.abs(whole - few).max() <= 64


def vertices(path: str) -> list[tuple[float, float]]:
    """Return the absolute vertices of a path in the commands M, h, v and l."""
    x, y, found = 0.0, 0.0, []
    for command, numbers in re.findall(r"([Mhvl])([^Mhvl]*)", path):
        steps = [float(each) for each in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        if command in "hv":
            pairs = [(each, 0.0) if command == "h" else (0.0, each) for each in steps]
        else:
            pairs = list(zip(steps[::2], steps[1::2], strict=True))
        if command == "M":
            x, y = 0.0, 0.0
        for dx, dy in pairs:
            x, y = x + dx, y + dy
            found.append((x, y))
    return found


def test_a_shorter_path_has_the_same_vertices() -> None:
    random = np.random.default_rng(1)
    points = (random.normal(size=(2_000, 2)) * 300).round(6)
    points[100:200, 1] = points[100, 1]
    points[300:400, 0] = points[300, 0]
    points[500:520] = points[500]
    words = [
        f"{'M' if i in (0, 700) else 'L'} {x!r} {y!r} \n"
        for i, (x, y) in enumerate(points.tolist())
    ]
    page = f'<path d="{"".join(words)}" clip-path="url(#p1)"/>'
    short = compact(page)
    assert len(short) < 0.7 * len(page)
    [path] = re.findall(r' d="([^"]*)"', short)
    np.testing.assert_allclose(vertices(path), points, rtol=0, atol=0.005 + 1e-9)


@pytest.mark.parametrize(
    "page",
    [
        '<path d="M 0 0 \nL 5 0 \nz\n"/>',
        '<path d="M 0 0 \nC 5 0 5 0 1 1 \n"/>',
        '<text>d="M 1 2 \nL 3 4 \n"</text>',
        '<use x="10.123456" y="3"/>',
    ],
)
def test_all_else_in_a_page_stays(page: str) -> None:
    assert compact(page) == page


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


def picture(alpha: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    page = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    page[:, :, 3] = alpha
    return page


@pytest.mark.parametrize(("alpha", "mode"), [(255, "RGB"), (254, "RGBA")])
def test_a_png_has_every_pixel(alpha: int, mode: str) -> None:
    page = picture(alpha)
    data = png.encode(page, 150, {"Software": "lrviz", "Source": "bär, 学习"})
    image = Image.open(io.BytesIO(data))
    assert image.mode == mode
    assert np.array_equal(np.asarray(image), page[:, :, : len(mode)])
    assert image.info["dpi"] == pytest.approx((150, 150), abs=0.02)
    assert {key: image.info[key] for key in ("Software", "Source")} == {
        "Software": "lrviz",
        "Source": "bär, 学习",
    }


def test_a_png_is_what_matplotlib_would_write() -> None:
    fig = figure([trace([0.1, 0.05, 0.0])])
    theirs = io.BytesIO()
    fig.savefig(theirs, format="png", dpi="figure")
    ours = Image.open(io.BytesIO(save_bytes(fig, "png")))
    assert np.array_equal(np.asarray(ours), np.asarray(Image.open(theirs).convert("RGB")))
