"""Figures in MkDocs: a fenced code block `lrviz`, by the custom fences of pymdownx.superfences.

In mkdocs.yml:

    markdown_extensions:
      - pymdownx.superfences:
          custom_fences:
            - name: lrviz
              class: lrviz
              format: !!python/name:lrviz.mkdocs.fence
              validator: !!python/name:lrviz.mkdocs.validator

A block holds a spec, or SOURCEs as for `lrviz plot`:

    ```lrviz steps="10000" log caption="Two ways to anneal."
    cosine
    onecycle
    ```

What strangers may write is data: functions and dotted paths run, files outside of `docs_dir` are
read, and more than 10,000,000 updates are drawn, only where mkdocs.yml says so:

              format: !!python/object/apply:lrviz.mkdocs.Fence
                kwds: {trust: true, folders: [specs], max_updates: 50000000}

Options are those of `lrviz plot`, with `_` for a `-` within, and `alt` and `caption`. Names of
files are relative to the page. Where no `style` is named, a theme that can be dark (MkDocs' own,
Material) shows a dark figure while it is. Figures are part of their page, and stay in
`.cache/lrviz` beside mkdocs.yml until what they are made from changes.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markdown import Markdown

from lrviz.embedding import MAX_UPDATES, STYLESHEET, Block, Permission, Picture, embed, explained
from lrviz.errors import LrvizError

# A child of MkDocs' logger: `mkdocs build --strict` fails on a warning.
logger = logging.getLogger("mkdocs.plugins.lrviz")

CACHE = Path(".cache", "lrviz")

_OURS = ("alt", "caption")
_FENCE = re.compile(r"[>\s]*(`{3,}|~{3,})\s*(?:\{\s*)?\.?lrviz\b")
_AROUND = "> \t"  # quotes and lists indent a block
_SAFE = "/:=;,()'!*@$+?"  # in a URL within double quotes


def validator(
    language: str,
    inputs: Mapping[str, str],
    options: dict[str, str],
    attrs: dict[str, str],
    md: Markdown,
) -> bool:
    """Take every option of a block; `fence` looks at them."""
    options.update({name.replace("_", "-"): value for name, value in inputs.items()})
    return True


@dataclass(frozen=True)
class Fence:
    """Draws blocks; in mkdocs.yml it is made by `!!python/object/apply:lrviz.mkdocs.Fence`.

    Attributes:
        trust: Functions and dotted paths to anything run.
        folders: Files are read below these as well, which are relative to mkdocs.yml.
        max_updates: Of a block in all.
    """

    trust: bool = False
    folders: tuple[str, ...] = ()
    max_updates: int = MAX_UPDATES

    def __call__(
        self,
        source: str,
        language: str,
        css_class: str,
        options: Mapping[str, str],
        md: Markdown,
        *,
        classes: Sequence[str] = (),
        id_value: str = "",
        **_: Any,
    ) -> str:
        """Return the HTML of a block: its figure, or an error in its place."""
        own = "relpath"  # MkDocs' treeprocessor, which knows the page
        found = md.treeprocessors[own] if own in md.treeprocessors else None  # noqa: SIM401  # no dict
        config = getattr(found, "config", None)
        base = Path(getattr(config, "config_file_path", None) or "mkdocs.yml").parent
        root = Path(config.docs_dir) if config else Path()
        permission = Permission(
            folders=(root, *(base / each for each in self.folders)),
            trust=self.trust,
            max_updates=self.max_updates,
            setting="`{}` of lrviz.mkdocs.Fence in mkdocs.yml",
        )
        block = _block(source, options, getattr(found, "file", None), permission)
        return _html(block, base / CACHE, options, (css_class, *classes), id_value)


fence = Fence()
"""Draws the blocks of a documentation that allows nothing more."""


def _html(
    block: Block, cache: Path, options: Mapping[str, str], classes: Sequence[str], id_value: str
) -> str:
    try:
        picture = embed(block, cache)
    except LrvizError as error:
        message, line = explained(error, block)
        logger.warning("%s: %s", _place(block, line), message)
        return (
            '<div class="admonition danger"><p class="admonition-title">lrviz</p>'
            f"<p>{escape(message)}</p></div>"
        )
    for note in picture.notes:
        logger.info("%s: %s", _place(block, block.line), note)
    for warning in picture.warnings:
        logger.warning("%s: %s", _place(block, block.line), warning)
    names = " ".join(dict.fromkeys(("lrviz", *classes)))
    identity = f' id="{escape(id_value)}"' if id_value else ""
    return f'<figure class="{escape(names)}"{identity}>{_inner(picture, options)}</figure>'


def _block(source: str, options: Mapping[str, str], page: Any, permission: Permission) -> Block:
    """Return what a block asks for; `page` is MkDocs' File, or None where another renders it."""
    line = _line(page.content_string, source) if page else 0
    path = page.abs_src_path if page else None
    return Block(
        file=os.path.relpath(path) if path else getattr(page, "src_uri", "<markdown>"),
        line=line,
        body=source,
        body_line=line + 1,
        options={name: value for name, value in options.items() if name not in _OURS},
        folder=Path(path).parent if path else permission.folders[0],
        permission=permission,
    )


def _line(page: str, source: str) -> int:
    """Return the line of the first fence around `source`, which superfences does not tell, or 0."""
    wanted = [line.strip(_AROUND) for line in source.splitlines()]
    lines = page.splitlines()
    for number, line in enumerate(lines, start=1):
        opened = _FENCE.match(line)
        end = number + len(wanted)
        inside = [each.strip(_AROUND) for each in lines[number:end]]
        if (
            opened
            and inside == wanted
            and "".join(lines[end : end + 1]).strip(_AROUND) == opened[1]
        ):
            return number
    return 0


def _place(block: Block, line: int) -> str:
    return f"{block.file}:{line}" if block.line else block.file


def _inner(picture: Picture, options: Mapping[str, str]) -> str:
    """Return what is in the figure: pictures, which one is shown, and a caption."""
    looks = {"lrviz-light": picture.light, "lrviz-dark": picture.dark} if picture.dark else {}
    alt = escape(options.get("alt", picture.alt))
    images = [
        f'<img class="{look}" alt="{alt}" src="{_url("image/svg+xml", path)}">'
        for look, path in (looks or {"": picture.light}).items()
    ]
    # A link, and not <style>, whose text search engines would take for the page's.
    style = f'<link rel="stylesheet" href="{_url("text/css", STYLESHEET)}">'
    caption = options.get("caption")
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return "".join((style, *images, below))


def _url(kind: str, path: Path) -> str:
    return f"data:{kind},{quote(path.read_text(encoding='utf-8'), safe=_SAFE)}"
