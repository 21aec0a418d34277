from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager

from lrviz.views.figure import figure, save_bytes
from lrviz.views.figure.glyphs import borrowed
from lrviz.views.figure.themes import applied
from tests.traces import trace
from tests.views.figure.test_drawing import texts

NAME = "lrviz test"


def installed(folder: Path, letters: str, name: str = NAME, weight: int = 400) -> None:
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
    font.setupOS2(usWeightClass=weight)
    font.setupPost()
    font.save(folder / f"{name}.ttf")
    fontManager.addfont(folder / f"{name}.ttf")


@pytest.fixture(autouse=True)
def fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    monkeypatch.setattr("lrviz.views.figure.glyphs.findSystemFonts", list)


def test_letters_that_the_fonts_lack_are_from_one_that_is_installed(tmp_path: Path) -> None:
    installed(tmp_path, "学習率")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = figure([trace([0.1, 0.0], label="学習率 a"), trace([0.2, 0.1], label="b")])
        assert save_bytes(fig, "png")
    [label] = [text for text in texts(fig) if text.get_text() == "学習率 a"]
    assert label.get_fontfamily() == ["DejaVu Sans", "sans-serif", NAME]


def test_a_font_that_was_installed_after_matplotlib_looked_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    installed(tmp_path, "学習率", weight=500)  # as WenQuanYi Zen Hei has it, which has no other
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    files = [str(tmp_path / "broken.ttf"), str(tmp_path / f"{NAME}.ttf")]
    monkeypatch.setattr(fontManager, "ttflist", fontManager.ttflist[:-1])
    with applied(None):
        assert borrowed(["学習率"]) == []
        monkeypatch.setattr("lrviz.views.figure.glyphs.findSystemFonts", lambda: files)
        assert borrowed(["学習率"]) == [NAME]
        assert borrowed(["学習率"]) == [NAME]
    with caplog.at_level("WARNING"):
        assert save_bytes(figure([trace([0.1, 0.0], label="学習")]), "png")  # the title is bold
    assert not caplog.records


def test_of_a_family_the_usual_weight_is_taken(tmp_path: Path) -> None:
    for weight in (300, 400, 700):
        folder = tmp_path / str(weight)
        folder.mkdir()
        installed(folder, "学" if weight == 400 else "学習", weight=weight)
    with applied(None):
        assert borrowed(["学"]) == [NAME]
        assert borrowed(["習"]) == []


def test_as_many_fonts_as_it_takes_and_none_where_nothing_lacks(tmp_path: Path) -> None:
    installed(tmp_path, "学習率")
    installed(tmp_path, "率한", name="lrviz test 2")
    with applied(None):
        assert borrowed(["cosine", "é ü ×10⁻³ θ", ""]) == []
        assert borrowed(["学習率"]) == [NAME]
        assert borrowed(["学", "한"]) == [NAME, "lrviz test 2"]
        assert borrowed(["\U0010fffd"]) == []  # no font has it
