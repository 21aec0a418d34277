"""`lrviz gallery`: a figure of each spec, light and dark, and a page that shows them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrviz.cli.console import emit, fail, note, warn
from lrviz.cli.drawing import Drawing
from lrviz.cli.options import Shared, complete_source, required
from lrviz.cli.progress import progress
from lrviz.cli.running import import_late, user_code
from lrviz.cli.write import write
from lrviz.errors import OutputError, UsageError
from lrviz.writing.text import visible

if TYPE_CHECKING:
    from lrviz.gallery.listing import Listing
    from lrviz.gallery.pages import Gallery
    from lrviz.spec.schedule import Schedule
    from lrviz.views.figure import FigureOptions

_GALLERY = "Gallery"

Specs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SPECS",
        help="Spec files, folders of them (with all folders below), presets by name, or "
        "'preset:*' for all presets.",
        autocompletion=complete_source,
        show_default=False,
    ),
]


def gallery(
    shared: Shared,
    specs: Specs = None,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="The folder to write; what the gallery left there before and no longer needs is "
            "removed.",
            rich_help_panel=_GALLERY,
        ),
    ] = "gallery",
    png: Annotated[
        bool, typer.Option("--png", help="PNG as well as SVG.", rich_help_panel=_GALLERY)
    ] = False,
    html: Annotated[
        bool,
        typer.Option(
            "--html",
            help="An interactive page of each too, and index.html with a search box.",
            rich_help_panel=_GALLERY,
        ),
    ] = False,
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="Of the page.", rich_help_panel=_GALLERY),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing; exit with 1, and name the files, where the folder is not what "
            "would be written.",
            rich_help_panel=_GALLERY,
        ),
    ] = False,
) -> None:
    """Draw every spec, light and dark, and write the page that shows them: README.md.

    A folder's specs are a section, which its gallery.md heads and introduces where there is one.

    lrviz gallery configs 'preset:*' -o gallery
    """
    given = required(specs, "gallery")
    import_late("lrviz.gallery.pages")
    from lrviz.gallery.listing import entries
    from lrviz.gallery.pages import pictures

    folder = Path(output)
    formats = ("svg", *(["png"] if png else []), *(["html"] if html else []))
    listed = entries(given, html)
    if not check:
        _refuse_others_files(folder, [name for each in listed for name in pictures(each, formats)])
    made = _made(listed, shared, formats, title)
    kept = {name for entry in made.failures for name in pictures(entry, ("svg", "png", "html"))}
    left_over = [name for name in _own(folder) if name not in made.files and name not in kept]
    good = True
    if check:
        good = _compare(folder, made, left_over, shared)
    else:
        _write(folder, made, left_over, shared)
    if not shared.quiet:
        for text in made.warnings:
            warn(text)
    for text in (*made.failures.values(), *made.errors):
        fail(text)
    if not good or made.failures or made.errors:
        raise typer.Exit(1)


def _made(
    listed: Sequence[Listing], shared: Shared, formats: tuple[str, ...], title: str | None
) -> Gallery:
    from lrviz.gallery.pages import TITLE, GalleryOptions, make, pictures

    def figure(schedules: Sequence[Schedule], style: str) -> FigureOptions:
        return Drawing(style=style).options(schedules, shared.param)

    how = GalleryOptions(
        figure,
        shared.overrides(),
        _flags(shared),
        params=(shared.param,) if shared.param else (),
        formats=formats,
        title=title or TITLE,
        recall=not shared.no_cache,
    )
    drawing = progress(len(listed), quiet=shared.quiet, what="drawing")
    with user_code(shared.verbose), drawing as advance:

        def told(done: int, recalled: bool) -> None:
            advance(done)
            if shared.verbose:
                entry = listed[done - 1]
                how = ", from the cache" if recalled else ""
                note(f"{entry.source}: {', '.join(pictures(entry, formats))}{how}")

        return make(listed, how, told)


def _flags(shared: Shared) -> tuple[str, ...]:
    """Return the shared options as they were given, for the commands on the page."""
    found: list[str] = []
    for each in fields(shared):
        value = getattr(shared, each.name)
        option = "--set" if each.name == "sets" else f"--{each.name.replace('_', '-')}"
        if each.name in ("quiet", "verbose", "no_cache") or value is None or value is False:
            continue
        for one in value if isinstance(value, list) else [value]:
            found += [option] if one is True else [option, str(one)]
    return tuple(found)


def _refuse_others_files(folder: Path, names: Sequence[str]) -> None:
    """Refuse to write over what lrviz did not write, before anything is computed."""
    from lrviz.gallery.pages import HTML_INDEX, INDEX
    from lrviz.views.text.index import MARK
    from lrviz.writing.provenance import written_by_lrviz

    index = folder / INDEX
    if any(name.endswith(".html") for name in names):
        names = [*names, HTML_INDEX]
    foreign = [folder / name for name in names if (folder / name).is_file()]
    foreign = [path for path in foreign if not written_by_lrviz(path)]
    if index.is_file() and not index.read_bytes().startswith(MARK.encode()):
        foreign.append(index)
    if foreign:
        raise UsageError(
            f"{foreign[0]} is here already and lrviz did not write it; "
            "move it, or name another folder with -o"
        )


def _own(folder: Path) -> Iterator[str]:
    """Yield the gallery's own figures and pages in a folder, whatever specs they are of."""
    from lrviz.gallery.pages import is_figure

    for path in sorted(folder.rglob("*")):
        if path.suffix in (".svg", ".png", ".html") and path.is_file() and is_figure(path):
            yield path.relative_to(folder).as_posix()


def _compare(folder: Path, made: Gallery, left_over: Sequence[str], shared: Shared) -> bool:
    """Say on stdout what is not as it would be written; return whether nothing is."""
    from lrviz.gallery.pages import same

    lines = []
    for name, data in made.files.items():
        path = folder / name
        if not path.is_file():
            lines.append(f"missing: {path}")
        elif not same(path.read_bytes(), data):
            lines.append(f"stale: {path}")
    lines += [f"left over: {folder / name}" for name in left_over]
    emit(map(visible, lines))
    if not lines and not shared.quiet:
        note(f"{folder}: {len(made.files)} files, all up to date")
    return not lines


def _write(folder: Path, made: Gallery, left_over: Sequence[str], shared: Shared) -> None:
    for name, data in made.files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path.parent} cannot be made: {error.strerror or error}") from error
        write(path, data)
    for name in left_over if made.files else ():
        (folder / name).unlink()
        if not shared.quiet:
            note(f"removed {folder / name}, which no spec here is for")
    if made.files and not shared.quiet:
        from lrviz.gallery.pages import HTML_INDEX, INDEX

        names = [name for name in (INDEX, HTML_INDEX) if name in made.files]
        written = ", ".join(str(folder / name) for name in names)
        note(f"wrote {written} and {len(made.files) - len(names)} figures")
