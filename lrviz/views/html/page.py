"""FigureData to one HTML file, which needs no network and runs no code but its own."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from lrviz.views.html.data import FigureData
from lrviz.views.html.packing import all_packed
from lrviz.views.html.table import table_html
from lrviz.views.plan.palette import DARK, LIGHT, Palette
from lrviz.views.text.grid import Grid
from lrviz.writing.provenance import GENERATOR
from lrviz.writing.text import visible

if TYPE_CHECKING:
    from lrviz.checking.runner import Report

_HERE = Path(__file__).parent
_ACCENTS = {"light": "#B3261E", "dark": "#FF9C8F"}  # of findings
_WIDTH = "main { max-width: %gin; }\n"


@dataclass(frozen=True)
class PageOptions:
    """How a page looks, and what stands on it beside the figure.

    Attributes:
        style: `light` or `dark`; None: as the reader's system has it.
        font: `sans` or `serif`; None: the system's own.
        width: Of what is on it, in inches; None: as wide as the window, up to a limit.
        said: Sentences below the figure.
        tables: A heading and a table each.
        report: What a check found.
        source: What the figure shows, as the user named it.
    """

    style: str | None = None
    font: str | None = None
    width: float | None = None
    said: Sequence[str] = ()
    tables: Sequence[tuple[str, Grid]] = ()
    report: Report | None = None
    source: str = ""


@cache
def script() -> str:
    """Return the renderer: the text of one script, which declares `LrvizFigure` and nothing else.

    It is valid in a module, too.
    """
    parts = sorted((_HERE / "script").glob("*.js"), key=lambda path: path.name)
    texts = "\n".join(path.read_text(encoding="utf-8") for path in parts)
    return f'const LrvizFigure = (() => {{\n"use strict";\n{texts}\nreturn Figure;\n}})();\n'


@cache
def styles(root: str = "") -> str:
    """Return the renderer's stylesheet: colours as custom properties, all rules below `.lrviz`.

    Args:
        root: The selector of what has the colours, in a page of somebody else's; empty: the page.
    """
    light, dark = _colours(LIGHT, "light"), _colours(DARK, "dark")
    top = root or ":root"
    return (
        f"{top}, {root}[data-theme=light], .lrviz-printing {{\n{light}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n{top} {{\n{dark}}}\n"
        f"{root}[data-theme=light], .lrviz-printing {{\n{light}}}\n}}\n"
        f"@media screen {{\n{root}[data-theme=dark] {{\n{dark}}}\n}}\n"
        f"{(_HERE / 'figure.css').read_text(encoding='utf-8')}"
    )


def _colours(palette: Palette, name: str) -> str:
    colours = {
        "text": palette.text,
        "muted": palette.muted,
        "grid": palette.grid,
        "back": palette.back,
        "accent": _ACCENTS[name],
    }
    lines = "".join(f"  --lrviz-{key}: {value};\n" for key, value in colours.items())
    return f"  color-scheme: {name};\n{lines}"


def policy(script: str, style: str, **more: str) -> str:
    """Return a Content-Security-Policy under which nothing else runs, or is loaded.

    Args:
        script: The text of its script, exactly as it stands between the tags.
        style: The text of its stylesheet.
        **more: Further directives, `_` for `-`: `connect_src="'self'"`.
    """
    directives = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        **{key.replace("_", "-"): value for key, value in more.items()},
    }
    return "; ".join(f"{key} {value}" for key, value in directives.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(data: FigureData, options: PageOptions | None = None) -> str:
    """Return a figure as the text of an HTML file.

    The same data, options and versions give the same text; another zlib may pack the same values
    otherwise.
    """
    options = options or PageOptions()
    code = script() + (_HERE / "page.js").read_text(encoding="utf-8")
    body = "".join(
        [
            '<div id="figure" class="lrviz"><noscript><p>The figure needs JavaScript; the key '
            "steps below do not.</p></noscript></div>\n",
            *_paragraphs([*data.meta["notes"], *options.said]),
            *(_findings(options.report) if options.report else ()),
            *(f"<h2>{_text(name)}</h2>\n{table_html(grid, name)}" for name, grid in options.tables),
        ]
    )
    values = "".join(
        f'<script type="text/plain" class="values">{each}</script>\n'
        for each in all_packed(data.arrays)
    )
    # What may stand for a tag's end within a script is written otherwise, which JSON allows.
    meta = json.dumps(data.meta, separators=(",", ":")).replace("<", "\\u003c")
    after = f'<script type="application/json" id="meta">{meta}</script>\n{values}'
    return document(
        title=data.meta["title"],
        description=data.meta["description"],
        body=body,
        after=after,
        code=code,
        options=options,
    )


def document(
    *,
    title: str,
    description: str,
    body: str,
    after: str,
    code: str,
    options: PageOptions,
    **more: str,
) -> str:
    """Return a whole file: head, heading, what is in `body`, data in `after`, and its script.

    `more` are directives of its policy.
    """
    style = styles() + (_HERE / "page.css").read_text(encoding="utf-8")
    if options.width is not None:
        style += _WIDTH % options.width
    if options.font == "serif":
        style += "body, .lrviz { font-family: serif; }\n"
    theme = f' data-theme="{options.style}"' if options.style else ""
    source = f'<meta name="source" content="{_text(options.source)}">\n' if options.source else ""
    return (
        f'<!doctype html>\n<html lang="en"{theme}>\n<head>\n<meta charset="utf-8">\n'
        f"{GENERATOR}\n{source}"
        f'<meta http-equiv="Content-Security-Policy" content="{policy(code, style, **more)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n"
        f'<meta name="description" content="{_text(description)}">\n'
        f"<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>{_text(title)}</h1>\n{body}"
        f"</main>\n{after}<script>{code}</script>\n</body>\n</html>\n"
    )


def _paragraphs(texts: Sequence[str]) -> list[str]:
    return [f"<p>{_text(text)}</p>\n" for text in dict.fromkeys(texts)]


def _findings(report: Report) -> list[str]:
    from lrviz.views.text.findings import summary

    items = []
    for each in report.findings:
        where = "" if each.update is None else f' data-update="{each.update}"'
        items.append(
            f'<li><b class="{each.severity}"{where}>{each.severity} {each.code} '
            f"{_text(each.name)}</b> [{_text(each.label)}] {_text(each.message)}; "
            f"{_text(each.advice)}</li>\n"
        )
    listed = f"<ul>\n{''.join(items)}</ul>\n" if items else ""
    return [f"<h2>What lrviz check finds</h2>\n{listed}<p>{_text(summary(report))}</p>\n"]


def _text(text: str) -> str:
    return escape(visible(" ".join(text.split())))
