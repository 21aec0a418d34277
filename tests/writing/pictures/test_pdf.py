from __future__ import annotations

import io
import re
import zlib

import pytest
from fontTools import subset
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from matplotlib.font_manager import findfont

from lrviz.views.figure import figure, save_bytes
from tests.traces import trace


def embedded(pdf: bytes) -> list[TTFont]:
    streams = re.finditer(rb"/Length1 \d+.*?stream\n", pdf, re.DOTALL)
    files = [zlib.decompressobj().decompress(pdf[found.end() :]) for found in streams]
    return [TTFont(io.BytesIO(file)) for file in files]


def outlines(font: TTFont) -> dict[str, list[object]]:
    glyphs = font.getGlyphSet()
    pens = {name: DecomposingRecordingPen(glyphs) for name in glyphs}
    for name, pen in pens.items():
        glyphs[name].draw(pen)
    return {name: [glyphs[name].width, *pen.value] for name, pen in pens.items()}


def test_letters_are_drawn_as_in_their_font_and_no_table_for_typesetting_is_embedded() -> None:
    load_font = subset.load_font
    fig = figure([trace([0.1, 0.2, 0.4], label="affine fjord")])
    fonts = embedded(save_bytes(fig, "pdf"))
    assert subset.load_font is load_font
    letters: set[str] = set()
    for font in fonts:
        assert {"glyf", "hmtx", "cmap"} <= set(font.keys())
        assert not {"GDEF", "GPOS", "GSUB", "MATH", "kern"} & set(font.keys())
        whole = outlines(TTFont(findfont(font["name"].getDebugName(4).replace(" Bold", ":bold"))))
        drawn = outlines(font)
        del drawn[".notdef"]  # the box in place of a letter that is missing
        assert drawn == {name: whole[name] for name in drawn}
        letters |= set(drawn)
    assert {"a", "f", "r", "d", "zero", "one", "period"} <= letters


def test_fonttools_is_as_it_was_when_a_pdf_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    load_font = subset.load_font
    fig = figure([trace([0.1, 0.2])])
    monkeypatch.setattr(fig, "savefig", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_bytes(fig, "pdf")
    assert subset.load_font is load_font
