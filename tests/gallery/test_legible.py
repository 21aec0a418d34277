"""The gallery's figures as a browser lays their texts out, which has fonts of its own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.chromium import FLAGS, path_of_chromium

PHONE = 390  # CSS pixels
ROOT = Path(__file__).parents[2]

# What is measured: each text's box as it is drawn, without the room above and below its letters.
_SCRIPT = """
const found = [];
for (const figure of document.querySelectorAll('section')) {
  const page = figure.querySelector('svg').getBoundingClientRect();
  const texts = [...figure.querySelectorAll('text')].filter(each => each.textContent.trim());
  for (const wider of [1, WIDER]) {
    for (const each of texts) {
      if (wider > 1) {
        each.setAttribute('textLength', wider * each.getComputedTextLength());
        each.setAttribute('lengthAdjust', 'spacingAndGlyphs');
      }
    }
    const boxes = texts.map(each => {
      const box = each.getBoundingClientRect(), thin = Math.min(box.width, box.height) * 0.2;
      const upright = box.height > box.width && each.textContent.length > 2;
      const x = upright ? thin : 0, y = upright ? 0 : thin;
      return [box.left + x, box.top + y, box.right - x, box.bottom - y];
    });
    boxes.forEach((a, index) => {
      const text = texts[index].textContent;
      if (a[0] < page.left || a[1] < page.top || a[2] > page.right || a[3] > page.bottom)
        found.push(`${figure.id}, ${wider}: ${text} is off the page`);
      for (let other = index + 1; other < boxes.length; other++) {
        const b = boxes[other];
        if (a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3])
          found.push(`${figure.id}, ${wider}: ${text} lies on ${texts[other].textContent}`);
      }
    });
  }
}
document.body.innerHTML = '';
const result = document.createElement('pre');
result.textContent = JSON.stringify(found);
document.body.append(result);
"""


def misplaced(figures: dict[str, str], folder: Path, wider: float) -> list[str]:
    """Return what Chromium finds off a figure's page, or on another text; skip without it.

    Args:
        figures: SVGs by name.
        folder: For the page and the browser's profile.
        wider: How much wider the font of a second look is.
    """
    browser = path_of_chromium()
    sections = (
        f'<section id="{name}">{svg[svg.index("<svg") :]}</section>'
        for name, svg in figures.items()
    )
    page = folder / "page.html"
    script = _SCRIPT.replace("WIDER", str(wider))
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{''.join(sections)}<script>{script}</script>",
        encoding="utf-8",
    )
    ran = subprocess.run(
        [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    out = ran.stdout.decode()
    text = out[out.index("<pre>") + 5 : out.rindex("</pre>")]
    found: list[str] = json.loads(text.replace("&lt;", "<").replace("&gt;", ">"))
    return found


def test_ticks_are_9_pixels_high_on_a_phone() -> None:
    paths = sorted((ROOT / "gallery").rglob("*.svg"))
    assert len(paths) > 80
    for path in paths:
        svg = path.read_text(encoding="utf-8")
        [width] = re.findall(r'<svg [^>]*\bwidth="([0-9.]+)pt"', svg)
        _, *ticks = re.split(r'<g id="[xy]tick_[0-9]+">', svg)
        # Of panels above others the x axis has ticks without a label.
        ticks = [each for tick in ticks for each in re.findall("font-size: ([0-9.]+)px", tick)[:1]]
        assert ticks, path
        assert min(map(float, ticks)) * PHONE / float(width) >= 9, path


def test_no_text_of_the_gallery_is_cut_or_lies_on_another(tmp_path: Path) -> None:
    paths = sorted((ROOT / "gallery").rglob("*-light.svg"))
    figures = {
        path.relative_to(ROOT / "gallery").as_posix(): path.read_text(encoding="utf-8")
        for path in paths
    }
    assert len(figures) > 40
    assert misplaced(figures, tmp_path, 1.15) == []


def test_what_is_cut_or_lies_on_another_is_found(tmp_path: Path) -> None:
    text = '<text x="{x}" y="20" style="font: 12px sans-serif">{word}</text>'
    words = ((0, "inside"), (95, "outside"), (2, "over"))
    svg = "".join(text.format(x=x, word=word) for x, word in words)
    figure = f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="40">{svg}</svg>'
    assert (
        misplaced({"one": figure}, tmp_path, 1.0)
        == [
            "one, 1: inside lies on over",
            "one, 1: outside is off the page",
        ]
        * 2
    )
