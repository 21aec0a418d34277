"""Grid: text tables that line up, fit, and show everything as it is."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from lrviz.views.text.grid import Grid, RichGrid, markdown, plain
from lrviz.writing.text import cells, escaped, visible, wrap


def wide(columns: int, label: str = "a-schedule-{}") -> Grid:
    """Return a grid of that many curves whose cell in row r, column c says `r.c`."""
    names = tuple(label.format(c) for c in range(columns))
    rows = tuple(
        (str(r), f"reason {r}", *(f"{r}.{c:02}" for c in range(columns))) for r in range(3)
    )
    return Grid(("step", "what", *names), rows, lead=2, text=frozenset({1}))


def rich_text(grid: Grid, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    console.print(RichGrid(grid))
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


@pytest.mark.parametrize("width", [30, 40, 80, 132])
@pytest.mark.parametrize("columns", [1, 2, 7, 25])
def test_plain_fits_its_width_and_loses_no_cell(width: int, columns: int) -> None:
    lines = list(plain(wide(columns), width))
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for r in range(3):
        for c in range(columns):
            assert len(re.findall(rf"\b{r}\.{c:02}\b", text)) == 1
    blocks = text.split("\n\n")
    assert all(block.count("reason") == 3 for block in blocks)


@pytest.mark.parametrize("width", [30, 40, 80, 132])
def test_rich_fits_its_width_and_loses_no_cell(width: int) -> None:
    text = rich_text(wide(25), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for r in range(3):
        for c in range(25):
            assert text.count(f"{r}.{c:02}") == 1


def test_a_terminal_narrower_than_one_column_still_gets_every_digit() -> None:
    grid = Grid(("step", "x"), (("1", "0.12345678"),))
    assert "0.12345678" in "\n".join(plain(grid, 5))


def test_columns_line_up_with_wide_characters() -> None:
    grid = Grid(
        ("step", "学習率", "🔥 hot", "plain"),
        (("0", "0.1", "1e-4", "2"), ("10,000", "0.001", "0.1", None)),
    )
    lines = list(plain(grid))
    assert len({cells(line) for line in lines[:2]}) == 1
    ends = [[cells(line[: match.end()]) for match in re.finditer(r"\S+", line)] for line in lines]
    assert ends[1] == [6, 14, 22, 29]
    assert ends[3] == [6, 14, 22, 29]
    assert ends[2][1:] == [14, 22, 29]


def test_long_labels_are_wrapped_not_cut() -> None:
    name = "configs/imagenet.yaml#warmup-cosine"
    lines = list(plain(Grid(("step", name), (("0", "0.1"),))))
    header = lines[: next(i for i, line in enumerate(lines) if line.startswith("-"))]
    assert "".join(line[4:].strip() for line in header) == name
    assert max(map(len, lines)) <= 4 + 2 + 16


def test_a_cell_of_words_goes_on_below() -> None:
    grid = Grid(("what", "x"), (("end of warmup, peak, drop x0.1, 50%", "0.1"), ("b", "0.2")))
    assert list(plain(grid, 27))[2:] == [
        "end of warmup, peak,  0.1",
        "drop x0.1, 50%",
        "b                     0.2",
    ]


def test_words_take_the_width_that_numbers_leave() -> None:
    grid = Grid(("what", "x"), (("end of warmup, peak, drop x0.1, 50%", "0.1"), ("b", "0.2")))
    assert list(plain(grid, 40))[2] == "end of warmup, peak, drop x0.1, 50%  0.1"
    assert list(plain(grid, 39))[2:4] == ["end of warmup, peak, drop x0.1,  0.1", "50%"]
    for width in range(20, 60):
        assert max(map(len, plain(grid, width))) <= width


def test_blocks_are_balanced() -> None:
    names = [f"column {index}" for index in range(9)]
    grid = Grid(("", *names), (("a", *("0.12345678",) * 9),))
    text = "\n".join(plain(grid, 12 * 8))  # eight of them fit
    assert [block.count("0.12345678") for block in text.split("\n\n")] == [5, 4]


def test_notes_are_wrapped_below() -> None:
    grid = Grid(("a", "b"), (("1", "2"),), notes=("word " * 30 + "end", "second"))
    lines = list(plain(grid, 40))
    assert lines[3] == ""
    assert " ".join(lines[4:-1]) == grid.notes[0]
    assert max(map(len, lines)) <= 40
    assert lines[-1] == "second"


NASTY = "[bold]a|b`c*d_e<f>&g\\h~~[/bold]"


def test_nothing_in_a_label_is_markup() -> None:
    grid = Grid(("step", NASTY), ((NASTY, "1"),), notes=(NASTY,))
    for text in (rich_text(grid, 200), "\n".join(plain(grid, 200))):
        assert text.count("[bold]a|b`c*d_") == 3
        assert text.count("bold]") == 6
        assert NASTY in text.splitlines()


def test_markdown_is_one_table_whose_cells_read_back() -> None:
    grid = Grid(
        ("step", "what", NASTY), (("0", NASTY, "0.1"), ("9", "last", None)), 2, frozenset({1})
    )
    lines = list(markdown(grid))
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    assert [len(row) for row in rows] == [3, 3, 3, 3]
    assert rows[1] == [rows[1][0], rows[1][1], rows[1][2]]
    assert re.fullmatch(r"-+:", rows[1][0])
    assert re.fullmatch(r":-+", rows[1][1])

    def unescaped(cell: str) -> str:
        return re.sub(r"\\([\\`*_\[\]<>|~&])", r"\1", cell).strip()

    assert unescaped(rows[0][2]) == NASTY
    assert unescaped(rows[2][1]) == NASTY
    assert rows[3][2].strip() == "—"
    assert len({len(line) for line in lines}) == 1


def test_a_note_is_a_paragraph_in_markdown_even_if_it_looks_like_a_list() -> None:
    grid = Grid(("a",), (("1",),), notes=("- x", "1. y", "# z", "a - b"))
    assert list(markdown(grid))[3:] == ["", r"\- x", "", r"1\. y", "", r"\# z", "", "a - b"]


def test_control_characters_stay_visible_in_every_form() -> None:
    grid = Grid(("step", "a\x1b[31m\nb\u202e"), (("0", "1"),))
    expected = r"a\x1b[31m\nb\u202e"
    assert visible(grid.header[1]) == expected
    assert expected in "".join(line.strip() for line in list(plain(grid))[:2]).replace("step", "")
    assert escaped(grid.header[1]) == r"a\\x1b\[31m\\nb\\u202e"
    assert "\x1b" not in "".join(markdown(grid))
    assert "\x1b" not in rich_text(grid, 80)


@pytest.mark.parametrize("width", [1, 2, 7, 16])
@pytest.mark.parametrize(
    "text", ["", "a", "a b c", "configs/vit.yaml#x", "学習率" * 9, "👩‍👩‍👧" * 5]
)
def test_wrapped_lines_are_the_text_and_fit(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    widest = max(cells(line) for line in lines)
    assert widest <= max(width, 2)


def test_rows_of_less_weight_are_dim_on_a_terminal_only() -> None:
    grid = Grid(("step", "x"), (("0", "1"), ("after", "2")), faint=frozenset({1}))
    console = Console(file=io.StringIO(), width=40, force_terminal=True, color_system="standard")
    console.print(RichGrid(grid))
    stream = console.file
    assert isinstance(stream, io.StringIO)
    faint = [line for line in stream.getvalue().splitlines() if "\x1b[2m" in line]
    assert len(faint) == 1
    assert "after" in faint[0]
    assert "\x1b" not in "\n".join(plain(grid))
