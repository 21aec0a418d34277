from __future__ import annotations

import re

import numpy as np
import pytest

from lrviz.writing.pictures.svg import compact


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
