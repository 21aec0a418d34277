"""Grids to tables of HTML."""

from __future__ import annotations

from html import escape

from lrviz.views.text.grid import Grid
from lrviz.writing.text import visible


def table_html(grid: Grid, caption: str) -> str:
    """Return a table, and its notes below it; all text in it is escaped.

    The last of the leading columns heads the rows. A cell of the column `step` names its update as
    `data-update`, which the page's script makes a button of.

    Args:
        grid: What it shows.
        caption: What it is about.
    """
    heads = "".join(
        f'<th scope="col"{_kind(grid, at)}>{_text(name)}</th>' if name else "<td></td>"
        for at, name in enumerate(grid.header)
    )
    rows = "".join(
        f"<tr{_faint(grid, number)}>{_cells(grid, row)}</tr>\n"
        for number, row in enumerate(grid.rows)
    )
    notes = "".join(f'<p class="note">{_text(note)}</p>\n' for note in grid.notes)
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{_text(caption)}">\n'
        f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
        f"{notes}"
    )


def _cells(grid: Grid, row: tuple[str | None, ...]) -> str:
    found = []
    for at, cell in enumerate(row):
        tag = 'th scope="row"' if at == grid.lead - 1 else "td"
        update = (cell or "").replace(",", "")
        if at == 0 and grid.header[0] == "step" and update.isdecimal():
            tag += f' data-update="{update}"'
        text = "–" if cell is None else _text(cell)
        found.append(f"<{tag}{_kind(grid, at)}>{text}</{tag[:2]}>")
    return "".join(found)


def _kind(grid: Grid, column: int) -> str:
    return ' class="words"' if column in grid.text else ""


def _faint(grid: Grid, row: int) -> str:
    return ' class="faint"' if row in grid.faint else ""


def _text(text: str) -> str:
    return escape(visible(text))
