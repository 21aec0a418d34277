from __future__ import annotations

from functools import cache

import pytest

import lrviz
from lrviz.views.figure import FigureOptions, figure, save_bytes
from lrviz.views.figure.likeness import alike


def drawn(
    curve: str = "M 0 0 L 50 20 L 100 40", name: str = "cosine", colour: str = "#0072b2"
) -> bytes:
    return f"""
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  viewBox="0 0 100 50">
 <metadata><title>2026</title></metadata>
 <defs><path id="m1" d="M 0 0 L 0 3.5"/></defs>
 <g id="axes_1">
  <use xlink:href="#m1" x="10" y="40" style="stroke: #6e7781"/>
  <path d="{curve}" clip-path="url(#p1)" style="fill: none; stroke: {colour}"/>
  <text x="80" y="10" style="font-size: 9px; fill: {colour}">{name}</text>
 </g>
</svg>""".encode()


@cache
def picture(*sources: str, file_format: str = "svg", style: str = "light", dpi: int = 100) -> bytes:
    traces = [lrviz.simulate(source, steps=200, lr=0.1) for source in sources]
    page = figure(traces, FigureOptions(style=style, title="two", size=(4, 3), dpi=dpi))
    return save_bytes(page, file_format, style=style, source=", ".join(sources))


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (b"2026", b"2027"),
        (b"p1", b"p2"),
        (b"m1", b"m2"),
        (b"axes_1", b"axes_9"),
        (b"9px", b"9.0px"),
        (b"\n", b"\r\n"),
        (b'x="80"', b'x="80.999"'),
        (b"L 50 20 ", b""),  # a vertex on the line between its neighbours
        (b"L 50 20 ", b"L 50 20.999 "),
        (b"L 50 20 ", b"L 25 10 L 75 30 "),
        (b"M 0 0 L 50 20 L 100 40", b"M0 0l50 20 50 20"),
        (b"M 0 0 L 50 20 L 100 40", b"m.4-.4l49.6 20.4L100 40.5h-.5v-.5"),
    ],
)
def test_what_machines_differ_in_does_not_matter(what: bytes, instead: bytes) -> None:
    assert what in drawn()
    assert alike(drawn(), drawn().replace(what, instead))
    assert alike(drawn().replace(what, instead), drawn())


@pytest.mark.parametrize(
    "other",
    [
        drawn("M 0 0 L 50 22.3 L 100 40"),
        drawn("M 0 0 L 50 20 L 100 42.3"),
        drawn("M 0 0 L 50 20"),
        drawn("M 0 0 L 50 20 M 50 20 L 100 40"),
        drawn("M 0 0 h 50 l 50 40"),
        drawn("M 0 0 L 50 20 L 100 40 y 3"),
        drawn("nothing"),
        drawn(name="Cosine"),
        drawn(colour="#0072b3"),
        drawn().replace(b'x="80"', b'x="82.1"'),
        drawn().replace(b'x="10"', b'x="12.1"'),
        drawn().replace(b'<use xlink:href="#m1" x="10" y="40" style="stroke: #6e7781"/>', b""),
        drawn().replace(b"0 0 100 50", b"0 0 100 60"),
        drawn()[:-10],
        b"",
        b"no picture",
        picture("cosine", file_format="png"),
    ],
)
def test_what_a_reader_would_see_matters(other: bytes) -> None:
    assert not alike(drawn(), other)
    assert not alike(other, drawn())


def test_the_figures_of_schedules_that_differ_by_two_percent_are_not_alike() -> None:
    base = picture("cosine", "onecycle")
    assert alike(base, base.replace(b"cosine, onecycle", b"others"))
    assert not alike(base, picture("cosine:eta_min=0.02lr", "onecycle"))
    assert not alike(base, picture("onecycle", "cosine"))
    assert not alike(base, picture("cosine"))
    assert not alike(base, picture("cosine", "onecycle", style="dark"))


def test_pngs_are_compared_by_their_pixels() -> None:
    png = picture("cosine", file_format="png")
    assert alike(png, picture("cosine:T_max=200", file_format="png"))
    assert not alike(png, picture("cosine:eta_min=0.5lr", file_format="png"))
    assert not alike(png, picture("cosine", file_format="png", style="dark"))
    assert not alike(png, picture("cosine", file_format="png", dpi=101))
    assert not alike(png, png[:2000])
    assert not alike(png, b"\x89PNG")
