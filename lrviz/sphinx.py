"""Figures in Sphinx: the directive `.. lrviz::`; add `lrviz.sphinx` to `extensions`.

Its arguments are SOURCEs as for `lrviz plot`, or its content is a spec:

    .. lrviz:: cosine onecycle
       :steps: 10000
       :caption: Two ways to anneal.

What strangers may write is data: functions and dotted paths run only with `lrviz_trust = True` in
conf.py, files are read below the folder of the sources only, or below one of `lrviz_folders`
(relative to that folder), and a block takes at most `lrviz_max_updates`, or 10,000,000.

Options are those of `lrviz plot`, and `alt`, `caption`, `align`, `width`, `class` and `name` as
Sphinx's figures have them. Names of files are relative to the document, or with a leading `/` to
the folder of the sources. Where no `style` is named, a theme that can be dark (Furo, PyData) shows
a dark figure while it is. Figures stay below the folder of the doctrees until what they are made
from changes.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from lrviz import __version__
from lrviz.embedding import (
    MAX_UPDATES,
    STYLESHEET,
    Block,
    Permission,
    Picture,
    embed,
    explained,
    option_names,
)
from lrviz.errors import LrvizError

# The last class keeps the PyData theme from laying a dark image on white.
_LIGHT, _DARK = ("lrviz-light",), ("lrviz-dark", "dark-light")

logger = getLogger(__name__)


def _align(argument: str) -> str:
    return directives.choice(argument, ("left", "center", "right"))


class Lrviz(SphinxDirective):
    """A figure of schedules."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        **dict.fromkeys(option_names(), directives.unchanged),
        "align": _align,
        "alt": directives.unchanged,
        "caption": directives.unchanged,
        "class": directives.class_option,
        "name": directives.unchanged,
        "width": directives.length_or_percentage_or_unitless,
    }

    def run(self) -> list[nodes.Node]:
        """Return the figure, or an error in its place."""
        block = self._block()
        folder = Path(self.env.doctreedir) / "lrviz"
        try:
            picture = embed(block, folder, formats=("pdf",))
        except LrvizError as error:
            message, line = explained(error, block)
            logger.warning(message, location=f"{block.file}:{line}", type="lrviz")
            self.env.note_reread()  # what was wrong may be in a file that the document only names
            return [nodes.error("", nodes.paragraph("", "", nodes.literal(message, message)))]
        for file in picture.files:
            self.env.note_dependency(os.path.relpath(file, self.env.srcdir))
        for note in picture.notes:
            logger.info("%s:%s: %s", block.file, block.line, note)
        for warning in picture.warnings:
            logger.warning(warning, location=f"{block.file}:{block.line}", type="lrviz")
        return [self._figure(picture)]

    def _block(self) -> Block:
        file, line = self.get_source_info()
        file = os.path.normpath(Path(file).absolute())  # an included document's is relative
        return Block(
            file=file,
            line=line,
            body="\n".join(self.content),
            body_line=self.content.offset(0) + 1 if self.content else line,
            sources=" ".join(self.arguments),
            options={name: self.options[name] for name in self.options if name in option_names()},
            folder=Path(file).parent,
            root=Path(self.env.srcdir),
            permission=_permission(self.env),
        )

    def _figure(self, picture: Picture) -> nodes.Element:
        caption = self.options.get("caption")
        classes = ["lrviz", *self.options.get("class", ())]
        node: nodes.Element = (nodes.figure if caption else nodes.container)("", classes=classes)
        alt = self.options.get("alt", picture.alt)
        if picture.dark is None:
            node += self._image(picture.light, alt)
        else:
            node += self._image(picture.light, alt, *_LIGHT)
            node += self._image(picture.dark, alt, *_DARK)
        if "align" in self.options:
            node["align"] = self.options["align"]
            node["classes"].append(f"align-{self.options['align']}")
        if caption:
            text, messages = self.parse_inline(caption, lineno=self.lineno)
            node += [nodes.caption(caption, "", *text), *messages]
        self.set_source_info(node)
        self.add_name(node)
        return node

    def _image(self, path: Path, alt: str, *classes: str) -> nodes.image:
        # A builder takes the format that it can show: SVG, or the PDF beside it.
        uri = Path(os.path.relpath(path, self.env.srcdir)).with_suffix(".*").as_posix()
        image = nodes.image(uri=f"/{uri}", alt=alt, classes=list(classes))
        if "width" in self.options:
            image["width"] = self.options["width"]
        self.set_source_info(image)
        return image


def _permission(env: BuildEnvironment) -> Permission:
    root, config = Path(env.srcdir), env.config
    return Permission(
        # A document that another one includes may lie elsewhere, and name only what is here.
        folders=(root, *(root / each for each in config.lrviz_folders)),
        trust=config.lrviz_trust,
        max_updates=config.lrviz_max_updates,
        setting="lrviz_{} in conf.py",
    )


def _keep_light(app: Sphinx, document: nodes.document, _: str) -> None:
    """Take the dark figures out of what is no web page."""
    if app.builder.format != "html":
        for image in list(document.findall(nodes.image)):
            if _DARK[0] in image["classes"]:
                image.parent.remove(image)


def _add_stylesheet(app: Sphinx) -> None:
    app.config.html_static_path.append(str(STYLESHEET.parent))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    # Some themes let every library log: a figure as PDF would fill the screen.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    app.add_config_value("lrviz_trust", False, "env", bool)
    app.add_config_value("lrviz_folders", [], "env", (list, tuple))
    app.add_config_value("lrviz_max_updates", MAX_UPDATES, "env", int)
    app.add_directive("lrviz", Lrviz)
    app.add_css_file(STYLESHEET.name)
    app.connect("builder-inited", _add_stylesheet)
    app.connect("doctree-resolved", _keep_light)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
