from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from matplotlib.font_manager import fontManager

from lrviz.views.figure import figure, save_bytes
from lrviz.views.figure.glyphs import borrowed
from lrviz.views.figure.themes import applied
from tests.traces import trace
from tests.views.figure.test_drawing import texts

NAME = "lrviz test"


def installed(folder: Path, letters: str, name: str = NAME) -> None:
    """Make a font that has some letters, each a square, and tell matplotlib of it."""
    pen = TTGlyphPen(None)
    for number, corner in enumerate(((0, 0), (0, 800), (800, 800), (800, 0))):
        (pen.lineTo if number else pen.moveTo)(corner)
    pen.closePath()
    names = [".notdef", *(f"u{ord(letter):X}" for letter in letters)]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap(dict(zip(map(ord, letters), names[1:], strict=True)))
    font.setupGlyf(dict.fromkeys(names, pen.glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": name, "styleName": "Regular"})
    font.setupOS2(usWeightClass=400)
    font.setupPost()
    font.save(folder / f"{name}.ttf")
    fontManager.addfont(folder / f"{name}.ttf")


@pytest.fixture(autouse=True)
def fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))


def test_letters_that_the_fonts_lack_are_from_one_that_is_installed(tmp_path: Path) -> None:
    installed(tmp_path, "学習率")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = figure([trace([0.1, 0.0], label="学習率 a"), trace([0.2, 0.1], label="b")])
        assert save_bytes(fig, "png")
    [label] = [text for text in texts(fig) if text.get_text() == "学習率 a"]
    assert label.get_fontfamily() == ["DejaVu Sans", "sans-serif", NAME]


def test_as_many_fonts_as_it_takes_and_none_where_nothing_lacks(tmp_path: Path) -> None:
    installed(tmp_path, "学習率")
    installed(tmp_path, "率한", name="lrviz test 2")
    with applied(None):
        assert borrowed(["cosine", "é ü ×10⁻³ θ", ""]) == []
        assert borrowed(["学習率"]) == [NAME]
        assert borrowed(["学", "한"]) == [NAME, "lrviz test 2"]
        assert borrowed(["\U0010fffd"]) == []  # no font has it
