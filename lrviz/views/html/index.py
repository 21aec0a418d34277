"""The gallery's pages to their index: one HTML file with a search box, for any static host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from lrviz.views.html.page import PageOptions, document
from lrviz.views.html.table import table_html
from lrviz.views.text.index import INTRODUCTION, LINKED, Page, Section, anchor
from lrviz.writing.text import visible

_HERE = Path(__file__).parent
# Code, and links of Markdown that lead to the web or to a file beside the page.
_MARKED = re.compile(r"`([^`]+)`|\[([^\]]+)\]\(((?:https?://|(?![\w+.-]*:))[^)\s]+)\)")


def index_html(title: str, sections: Sequence[Section], source: str) -> str:
    """Return the index as the text of an HTML file.

    It shows what the Markdown index shows, each figure with a link to its interactive page, and
    hides what does not have all words that are typed into its search box.

    Args:
        title: Its heading.
        sections: In the order of the page; empty ones are left out.
        source: What made it, as its metadata say.
    """
    shown = [section for section in sections if section.pages]
    count = sum(len(section.pages) for section in shown)
    body = "".join(
        [
            f"<p>{_words(INTRODUCTION)}</p>\n",
            '<p role="search"><label>Search <input type="search" id="search"></label> '
            f'<output id="found" for="search">{count} figures</output></p>\n',
            *(part for section in shown for part in _section(section)),
        ]
    )
    return document(
        title=title,
        description=f"{title}: {count} figures.",
        body=body,
        after="",
        code=(_HERE / "index.js").read_text(encoding="utf-8"),
        options=PageOptions(source=source),
        img_src="'self' file:",
    )


def _section(section: Section) -> Iterator[str]:
    yield "<section>\n"
    if section.title:
        yield f"<h2>{_text(section.title)}</h2>\n"
    for paragraph in re.split(r"\n\s*\n", section.introduction.strip()):
        yield f"<p>{_words(paragraph)}</p>\n" if paragraph else ""
    for page in section.pages:
        yield from _article(page, 3 if section.title else 2)
    yield "</section>\n"


def _article(page: Page, level: int) -> Iterator[str]:
    path, title = quote(page.name), _text(page.title)
    yield f'<article id="{anchor(page)}">\n<h{level}>{title}</h{level}>\n'
    yield f"<p>{_words(page.summary)}</p>\n" if page.summary else ""
    yield (
        f'<a href="{path}.html"><picture><source media="(prefers-color-scheme: dark)" '
        f'srcset="{path}-dark.svg"><img loading="lazy" src="{path}-light.svg" '
        f'alt="{title}"></picture>Open the interactive figure</a>\n'
    )
    for name, text in (("When to use it.", page.when), ("Reference.", page.reference)):
        yield f"<p><b>{name}</b> {_words(text)}</p>\n" if text else ""
    yield table_html(page.table, f"Key steps of {page.title}")
    yield "".join(f"<p>{_text(note)}</p>\n" for note in page.notes)
    yield f'<pre tabindex="0">{_lines(page.command)}</pre>\n'
    if page.spec:
        yield (
            f"<details><summary><code>{_text(page.file)}</code></summary>\n"
            f'<pre tabindex="0">{_lines(page.spec)}</pre>\n</details>\n'
        )
    yield "</article>\n"


def _words(text: str) -> str:
    """Return a text with its code and links; all else in it is text."""
    found, end = [], 0
    text = " ".join(text.split())
    for match in _MARKED.finditer(text):
        code, words, target = match.groups()
        found.append(_linked(text[end : match.start()]))
        found.append(
            f"<code>{_text(code)}</code>"
            if code
            else f'<a href="{_text(target)}">{_text(words)}</a>'
        )
        end = match.end()
    return "".join([*found, _linked(text[end:])])


def _linked(text: str) -> str:
    """Return a text whose arXiv ids and addresses are links."""
    found, end = [], 0
    for match in LINKED.finditer(text):
        words = match[0].rstrip(".:")
        target = f"arxiv.org/abs/{match[1]}" if match[1] else match[2].rstrip(".:")
        found += [
            escape(visible(text[end : match.start()])),
            f'<a href="https://{escape(target)}">{escape(words)}</a>',
        ]
        end = match.start() + len(words)
    return "".join([*found, escape(visible(text[end:]))])


def _text(text: str) -> str:
    return escape(visible(" ".join(text.split())))


def _lines(text: str) -> str:
    return "\n".join(escape(visible(line)) for line in text.rstrip("\n").split("\n"))
