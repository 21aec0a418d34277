from __future__ import annotations

from lrviz.views.html.table import table_html
from lrviz.views.text.grid import Grid

GRID = Grid(
    header=("step", "what", "<b>a</b>"),
    rows=(("1,000", "first", "0.1"), ("", 'last "x"', None)),
    lead=2,
    text=frozenset({1}),
    faint=frozenset({1}),
    notes=("a & b\x1b",),
)


def test_a_grid_is_a_table_whose_texts_are_texts() -> None:
    assert table_html(GRID, 'Key "steps"') == (
        '<div class="table" role="region" tabindex="0" aria-label="Key &quot;steps&quot;">\n'
        '<table>\n<thead><tr><th scope="col">step</th><th scope="col" class="words">what</th>'
        '<th scope="col">&lt;b&gt;a&lt;/b&gt;</th></tr></thead>\n<tbody>\n'
        '<tr><td data-update="1000">1,000</td><th scope="row" class="words">first</th>'
        "<td>0.1</td></tr>\n"
        '<tr class="faint"><td></td><th scope="row" class="words">last &quot;x&quot;</th>'
        "<td>–</td></tr>\n</tbody>\n</table>\n</div>\n"
        '<p class="note">a &amp; b\\x1b</p>\n'
    )


def test_only_steps_are_places_on_the_curve() -> None:
    summary = Grid(("", "updates"), (("12", "10,000"),))
    text = table_html(summary, "Comparison")
    assert "data-update" not in text
    assert "<tr><td></td><th" in text  # the head of the rows' heads is empty
    assert '<th scope="row" class="words">12</th>' in text
