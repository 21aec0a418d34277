"""The gallery's index: one Markdown page that GitHub, and most of what reads Markdown, shows well.

Links are `<a id>` anchors rather than a site's own ids of headings, which differ from site to site.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from lrviz.views.text.grid import Grid, markdown
from lrviz.writing.text import escaped, visible

MARK = "<!-- Made by lrviz gallery from specs: edit those, and run it again. -->"

INTRODUCTION = """\
Every curve is what PyTorch's own schedulers gave when they were stepped as a training
steps them: the value that each optimizer update uses. In the tables, `last` is the last
update, and `after` is what the scheduler would give next, which no update uses."""
LINKED = re.compile(
    r"arXiv:(\d{4}\.\d{4,5})"
    r"|(?<![\w/.@])(?:https?://)?((?:[\w-]+\.)+(?:com|org|io|net|ai|dev)/[^\s,;()]*)"
)
"""An arXiv id, or an address."""


@dataclass(frozen=True)
class Page:
    """What the index shows of one spec.

    Attributes:
        name: Of the figures, relative to the index and without `-light.svg`.
        title: One line.
        summary: What it is; may be empty, as the two below.
        when: When to use it.
        reference: Where it comes from.
        notes: What was assumed, a sentence each.
        table: The key steps.
        command: What reproduces the figure.
        spec: The text of the YAML file, or empty.
        file: What to call it.
    """

    name: str
    title: str
    summary: str
    when: str
    reference: str
    notes: tuple[str, ...]
    table: Grid
    command: str
    spec: str
    file: str


@dataclass(frozen=True)
class Section:
    """Pages under one heading; without one they stand right below the index's title."""

    title: str
    introduction: str
    pages: tuple[Page, ...]


def index(title: str, sections: Sequence[Section], interactive: str | None = None) -> Iterator[str]:
    """Yield the lines of the index.

    Args:
        title: Its heading.
        sections: In the order of the page; empty ones are left out.
        interactive: The file of the index as an HTML page; each figure has one too then, which is
            linked. None: there are none.
    """
    shown = [section for section in sections if section.pages]
    yield MARK
    yield f"# {escaped(title)}"
    yield ""
    yield INTRODUCTION
    if interactive:
        yield ""
        yield (
            f"As pages that give each value, with a search box, for a browser: "
            f"[{interactive}]({interactive})."
        )
    for section in shown:
        links = (f"[{escaped(page.title)}](#{anchor(page)})" for page in section.pages)
        yield ""
        yield f"**{escaped(section.title)}**<br>" if section.title else "**Contents**<br>"
        yield "&nbsp;·\n".join(links)
    for section in shown:
        if section.title:
            yield ""
            yield f"## {escaped(section.title)}"
        if section.introduction:
            yield ""
            yield section.introduction
        for page in section.pages:
            yield from _page(page, 3 if section.title else 2, linked_page=interactive is not None)


def _page(page: Page, level: int, *, linked_page: bool) -> Iterator[str]:
    yield ""
    yield f'<a id="{anchor(page)}"></a>'
    yield ""
    yield f"{'#' * level} {escaped(page.title)}"
    if page.summary:
        yield ""
        yield linked(page.summary)
    yield ""
    yield from _picture(page)
    if linked_page:
        yield ""
        yield f"[As an interactive page]({quote(page.name)}.html)"
    if page.when:
        yield ""
        yield f"**When to use it.** {linked(page.when)}"
    if page.reference:
        yield ""
        yield f"**Reference.** {linked(page.reference)}"
    yield ""
    yield from markdown(page.table)
    for note in page.notes:
        yield ""
        yield escaped(note)
    yield ""
    yield from _fenced(page.command, "sh")
    if page.spec:
        yield ""
        yield f"<details><summary><code>{html.escape(page.file)}</code></summary>"
        yield ""
        yield from _fenced(page.spec.rstrip("\n"), "yaml")
        yield ""
        yield "</details>"


def _picture(page: Page) -> Iterator[str]:
    words = f"{page.title}: {page.summary}" if page.summary else page.title
    path = quote(page.name)
    yield "<picture>"
    yield f'  <source media="(prefers-color-scheme: dark)" srcset="{path}-dark.svg">'
    yield f'  <img alt="{html.escape(visible(" ".join(words.split())))}" src="{path}-light.svg">'
    yield "</picture>"


def _fenced(text: str, language: str) -> Iterator[str]:
    """Yield a code block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text
    yield fence


def anchor(page: Page) -> str:
    """Return the id of a page's place on the index."""
    return re.sub(r"[^\w-]+", "-", page.name)


def linked(text: str) -> str:
    r"""Return Markdown that shows `text` as it is, its code spans, arXiv ids and addresses linked.

    >>> linked("see arXiv:1706.02677, `a_b` and a_b")
    'see [arXiv:1706.02677](https://arxiv.org/abs/1706.02677), `a_b` and a\\_b'
    >>> linked("github.com/loshchil/SGDR.")
    '[github.com/loshchil/SGDR](https://github.com/loshchil/SGDR).'
    """
    parts = re.split(r"(`[^`]+`)", visible(" ".join(text.split())))
    return "".join(part if part[:1] == "`" and part[1:] else _links(part) for part in parts)


def _links(text: str) -> str:
    found = []
    end = 0
    for match in LINKED.finditer(text):
        words = match[0].rstrip(".:")
        target = f"arxiv.org/abs/{match[1]}" if match[1] else match[2].rstrip(".:")
        found += [escaped(text[end : match.start()]), f"[{escaped(words)}](https://{target})"]
        end = match.start() + len(words)
    return "".join([*found, escaped(text[end:])])
