"""From traces to a matplotlib Figure, and from a Figure to the bytes of a file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.views.figure.embedded import draw_into
from lrviz.views.figure.glyphs import borrowed
from lrviz.views.figure.layout import Fonts, font_size
from lrviz.views.figure.multiples import Multiples, page_height
from lrviz.views.figure.sheet import Sheet
from lrviz.views.figure.text import missing_glyphs_told_once
from lrviz.views.figure.themes import applied, colours, settings
from lrviz.views.plan.options import LARGEST, FigureOptions
from lrviz.views.plan.planning import plan
from lrviz.views.plan.spoken import spoken
from lrviz.writing.provenance import FORMATS, picture_format
from lrviz.writing.text import visible


class Picture(Figure):
    """A figure that a notebook displays, and that remembers the style it was drawn in.

    Attributes:
        style: As in `FigureOptions`.
        title: What it shows, in a few words.
        description: What it shows, in a sentence.
    """

    style: str | None = None
    title: str = ""
    description: str = ""

    def _repr_svg_(self) -> str:
        return save_bytes(self, "svg").decode()


def figure(
    traces: Sequence[Trace], options: FigureOptions | None = None, ax: Axes | None = None
) -> Figure:
    """Draw traces into one figure.

    Each value holds for its update, so a curve of few values is a staircase, and drops are
    vertical. Quantities other than the learning rate have panels of their own below it.

    Args:
        traces: At least one; curves of different lengths stop where they end.
        options: What to draw, and how; None: the defaults.
        ax: Draw one quantity (the learning rate, or `options.param`) into this Axes, with the
            style that is in force; what is about the whole figure (`size`, `dpi`, `style`, `font`,
            `title`) is then not looked at.

    Returns:
        A Figure that pyplot does not know, or the one that `ax` is in.

    Raises:
        UsageError: There is no trace, or an option does not fit these traces.
    """
    options = options or FigureOptions()
    if not traces:
        raise UsageError("nothing to draw: no schedule was given")
    if ax is not None:
        if options.grid:
            raise UsageError("a grid has panels of its own: leave out ax=, or grid")
        fig = _root(ax)
        alone = replace(options, param=options.param or "lr")
        draw_into(ax, plan(traces, alone, colours()))
        return fig
    with applied(options.style, options.font) as theme:
        planned = plan(traces, options, colours())
        width, height = options.size or theme.size
        written = [options.title or "", *(mark.text for mark in options.marks)]
        written += [line.label for panel in planned.panels for line in panel.lines]
        if more := borrowed(written):
            settings["font.family"] = [*settings["font.family"], *more]
        base = theme.font_size or font_size(width)
        settings["font.size"] = base
        fonts = Fonts.of(base)
        if options.grid and options.size is None:
            height = page_height(planned, width, fonts, options.title)
        refused: UsageError | None = None
        page = Multiples if options.grid else Sheet
        while True:
            fig = Picture(figsize=(width, height), dpi=options.dpi or theme.dpi)
            fig.style = options.style
            fig.title, fig.description = spoken(planned, options.title)
            fig.set_layout_engine("none")
            drawn = page(fig, planned, fonts, options.title)
            try:
                drawn.fill()
            except UsageError as error:  # what is written leaves the panels too little
                refused = refused or error
                if options.size is None and height < LARGEST / 1.25:
                    height *= 1.25
                elif len(planned.panels) > 1:
                    planned = planned.first()
                else:
                    raise refused from None
            else:
                told = planned.telling(drawn.unsaid)
                if told.unsaid == drawn.plan.unsaid:
                    return fig
                planned = told  # with the note there is less room, and it stays true


def save_bytes(
    fig: Figure, file_format: str, *, style: str | None = None, source: str = ""
) -> bytes:
    """Return a figure as the bytes of a file that says lrviz wrote it.

    The same figure gives the same bytes, whatever the time and the user's matplotlibrc.

    Args:
        fig: From `figure`.
        file_format: One of `lrviz.writing.provenance.FORMATS`.
        style: The style that `fig` was drawn in; None: what `figure` drew it in.
        source: What the figure shows, as the user named it; written into the file's metadata.

    Raises:
        UsageError: Another format.
    """
    if file_format not in FORMATS:
        raise UsageError(f"figures are written as {', '.join(FORMATS)}, not as {file_format!r}")
    chosen = picture_format(file_format)
    with applied(style or getattr(fig, "style", None)), missing_glyphs_told_once():
        return chosen.encode(_Rendering(fig), chosen.texts(visible(source)))


class _Rendering:
    """A Figure as the formats of picture files ask for it."""

    def __init__(self, fig: Figure) -> None:
        self._fig = fig
        self.dpi: float = fig.dpi
        self.title: str = getattr(fig, "title", "")
        self.description: str = getattr(fig, "description", "")

    def pixels(self) -> NDArray[np.uint8]:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        shown = self._fig.canvas
        try:
            canvas: Any = FigureCanvasAgg(self._fig)
            canvas.draw()
            return np.asarray(canvas.buffer_rgba())
        finally:
            self._fig.set_canvas(shown)

    def vector(self, file_format: str, texts: Mapping[str, str | None]) -> bytes:
        # Without the next line a style may cut off or widen what was laid out.
        settings.update({"savefig.bbox": None, "savefig.transparent": False})
        buffer = io.BytesIO()
        face = self._fig.get_facecolor()
        self._fig.savefig(buffer, format=file_format, facecolor=face, metadata=dict(texts))
        return buffer.getvalue()


def _root(ax: Axes) -> Figure:
    """Return the Figure that an Axes, or the subfigure that it is in, belongs to."""
    fig = ax.figure  # get_figure(root=True) is new in matplotlib 3.10
    if fig is None:
        raise UsageError("ax= was removed from its figure")
    root: Figure = fig.figure
    return root
