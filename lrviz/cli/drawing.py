"""The figure of `plot` and `compare`: its options, and from traces to picture files."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lrviz.cli.chart import has_dots, room
from lrviz.cli.console import coloured, emit_bytes, note
from lrviz.cli.lean import lean_matplotlib
from lrviz.cli.options import Shared, whole_number
from lrviz.cli.running import Run, import_late
from lrviz.cli.write import STDOUT, is_page, write
from lrviz.errors import UsageError
from lrviz.views.plan.defaults import wanted_by

if TYPE_CHECKING:
    from lrviz.checking.runner import Report
    from lrviz.spec.schedule import Schedule
    from lrviz.views.chart import ChartOptions
    from lrviz.views.html.page import PageOptions
    from lrviz.views.plan.options import FigureOptions
    from lrviz.views.text.grid import Grid

_FIGURE = "Figure"
PAGE_STYLES = ("light", "dark")
"""What the style of a page may be; another one is for the pictures beside it."""

Axis = Literal["step", "epoch", "progress", "tokens"]


def _size(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*[xX×*]\s*(\d+(?:\.\d+)?|\.\d+)", text.strip())
    if found is None:
        raise UsageError(f"--size {text}: give width x height in inches, as in 8x5")
    return float(found[1]), float(found[2])


@dataclass(frozen=True)
class Drawing:
    """How the figure looks, and where it goes."""

    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where to write it: .html (interactive; - for stdout), .png, .svg, .pdf, .jpg or "
            ".webp; may be repeated. Without it a PNG is written here, named after the sources.",
            rich_help_panel=_FIGURE,
        ),
    ] = None
    x: Annotated[
        Axis | None,
        typer.Option("--x", help="What the x axis counts.", rich_help_panel=_FIGURE),
    ] = None
    log: Annotated[
        bool | None,
        typer.Option(
            "--log/--linear", help="A logarithmic y axis, or a linear one.", rich_help_panel=_FIGURE
        ),
    ] = None
    size: Annotated[
        Any,
        typer.Option(
            "--size",
            parser=_size,
            metavar="WxH",
            help="Width and height in inches, e.g. 8x5.",
            rich_help_panel=_FIGURE,
        ),
    ] = None
    dpi: Annotated[
        int | None,
        typer.Option(
            "--dpi",
            parser=whole_number("--dpi"),
            metavar="N",
            help="Pixels an inch, where the picture has pixels; 150.",
            rich_help_panel=_FIGURE,
        ),
    ] = None
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="Above it.", rich_help_panel=_FIGURE),
    ] = None
    style: Annotated[
        str | None,
        typer.Option(
            "--style",
            metavar="NAME",
            help="light, dark, paper, or any style of matplotlib's: its name or its file.",
            autocompletion=lambda: ["light", "dark", "paper"],
            rich_help_panel=_FIGURE,
        ),
    ] = None
    font: Annotated[
        Literal["sans", "serif"] | None,
        typer.Option("--font", help="Instead of the style's.", rich_help_panel=_FIGURE),
    ] = None
    annotate: Annotated[
        bool,
        typer.Option(
            "--annotate",
            help="Mark the peak, the end of warmup, milestones and restarts, with their values.",
            rich_help_panel=_FIGURE,
        ),
    ] = False
    grid: Annotated[
        bool,
        typer.Option(
            "--grid",
            help="One small panel a schedule, on shared axes.",
            rich_help_panel=_FIGURE,
        ),
    ] = False
    groups: Annotated[
        Literal["ends", "all"],
        typer.Option(
            "--groups",
            help="Of param groups that are one curve up to a factor, draw the highest and the "
            "lowest, or all.",
            rich_help_panel=_FIGURE,
        ),
    ] = "ends"

    def options(self, schedules: Sequence[Schedule], param: str | None) -> FigureOptions:
        """Return what the command line asks of a figure, or else the specs.

        Raises:
            UsageError: A value is out of its range.
        """
        from lrviz.views.plan.options import FigureOptions

        return FigureOptions(
            x=self._x(schedules),
            log=self._log(schedules),
            size=self.size,
            dpi=self.dpi,
            title=self.title if self.title is not None else wanted_by(schedules).title,
            style=self.style,
            groups=self.groups,
            param=param,
            font=self.font,
            grid=self.grid,
            annotate=self.annotate,
        )

    def page_options(
        self,
        run: Run,
        tables: Sequence[tuple[str, Grid]],
        *,
        report: Report | None = None,
        said: Sequence[str] = (),
    ) -> PageOptions:
        """Return how a page looks, and what stands on it beside the figure.

        Args:
            run: What is shown.
            tables: A heading and a table each.
            report: What a check found.
            said: Sentences.
        """
        from lrviz.views.html.page import PageOptions

        return PageOptions(
            style=self.style if self.style in PAGE_STYLES else None,
            font=self.font,
            width=self.size[0] if self.size else None,
            said=said,
            tables=tables,
            report=report,
            source=_source(run),
        )

    def chart_options(
        self, schedules: Sequence[Schedule], param: str | None, *, most: int, ascii: bool = False
    ) -> ChartOptions:
        """Return what the command line asks of a chart in the terminal, or else the specs.

        Args:
            schedules: What is drawn.
            param: The quantity; None: the learning rate.
            most: The greatest height, in lines.
            ascii: Nothing but ASCII, which is also taken where stdout can show nothing else.
        """
        from lrviz.views.chart import ChartOptions

        width, height = room(most)
        return ChartOptions(
            width=width,
            height=height,
            x=self._x(schedules),
            log=self._log(schedules),
            param=param or "lr",
            groups=self.groups,
            ascii=ascii or not has_dots(),
            color=coloured(sys.stdout),
        )

    def without_picture(self) -> None:
        """Refuse what says how a picture looks where none is drawn.

        Raises:
            UsageError: There is such an option.
        """
        for name in ("size", "dpi", "title", "style", "font", "annotate", "grid"):
            if getattr(self, name) not in (None, False):
                raise UsageError(
                    f"--{name} is for a picture, and only a chart in the terminal is drawn; "
                    f"name a file with -o, or leave --{name} out"
                )

    def for_files(self, targets: Sequence[Path]) -> None:
        """Refuse what none of the files can show: pixels, panels in a grid, a picture's style.

        Raises:
            UsageError: There is such an option.
        """
        lines = (".svg", ".pdf")
        pixels = [e for e in targets if not is_page(e) and e.suffix.lower() not in lines]
        if self.dpi is not None and targets and not pixels:
            raise UsageError(
                f"--dpi is for pictures of pixels, and {targets[0]} has none; leave it out, or "
                "write a .png too"
            )
        if not targets or not all(map(is_page, targets)):
            return
        if self.grid:
            raise UsageError(
                "--grid is for pictures; on a page each curve can be switched off: leave it out, "
                "or write a .png or an .svg too"
            )
        if self.style not in (None, *PAGE_STYLES):
            raise UsageError(
                f"--style {self.style} is for pictures; a page is light or dark, and without "
                "--style as the reader's system has it"
            )

    def _x(self, schedules: Sequence[Schedule]) -> Axis | None:
        return self.x or wanted_by(schedules).x

    def _log(self, schedules: Sequence[Schedule]) -> bool:
        return wanted_by(schedules).log if self.log is None else self.log


def draw(
    run: Run,
    options: FigureOptions,
    shared: Shared,
    targets: Sequence[Path],
    page: Callable[[], PageOptions],
    show: bool = False,
) -> None:
    """Draw the figure, write it to each of `targets`, and say so; then show it if it is wanted.

    Nothing is written until all formats have been rendered.

    Args:
        run: What is drawn.
        options: How.
        shared: Whether it is said.
        targets: Pictures and pages.
        page: Gives what stands on a page besides; called where there is one.
        show: Open a window.

    Raises:
        LrvizError: An option does not fit, or a file cannot be written.
    """
    files: list[bytes] = []
    picture = None
    if show or not all(map(is_page, targets)):
        from lrviz.views.figure import figure, save_bytes

        picture = figure(run.traces, options)
    if any(map(is_page, targets)):
        from lrviz.views.html.data import figure_data
        from lrviz.views.html.page import page as html

        text = html(figure_data(run.traces, options), page()).encode(errors="backslashreplace")
    for each in targets:
        if is_page(each):
            files.append(text)
        elif picture is not None:
            kind = each.suffix[1:].lower()
            files.append(save_bytes(picture, kind, style=options.style, source=_source(run)))
    for path, data in zip(targets, files, strict=True):
        if path == STDOUT:
            emit_bytes(data)
            continue
        write(path, data)
        if not shared.quiet:
            note(f"wrote {path}")
    if picture is not None and show:
        from lrviz.views.figure.window import show_window

        show_window(picture)


def import_for(targets: Sequence[Path], show: bool = False) -> None:
    """Import what draws the figure, see `import_late`."""
    if any(map(is_page, targets)):
        import_late("lrviz.views.html.page")
    if show:  # a window lets draw whatever matplotlib can
        import_late("lrviz.views.figure")
    elif not all(map(is_page, targets)):
        with lean_matplotlib(import_late):
            import_late("lrviz.views.figure")


def alone_on_stdout(targets: Sequence[Path], others: Mapping[str, object]) -> None:
    """Refuse what would stand on stdout beside a page.

    Args:
        targets: Of the figure.
        others: Options of the command line by their names.

    Raises:
        UsageError: One of them was given.
    """
    for name, given in others.items():
        if STDOUT in targets and given:
            raise UsageError(
                f"-o - writes a page to stdout, and so nothing else can stand there: leave out "
                f"{name}, or name a file: -o figure.html"
            )


def _source(run: Run) -> str:
    from lrviz.sources.grammar import reference

    return ", ".join(dict.fromkeys(reference(trace.source).short for trace in run.traces))
