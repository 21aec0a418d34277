"""The gallery: SOURCEs to a figure each, light and dark, and an index page, all as bytes."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lrviz import catalog
from lrviz.cache.key import texts
from lrviz.cache.memory import answer
from lrviz.curves.trace import Trace
from lrviz.document import read_text, unplaced
from lrviz.errors import LrvizError
from lrviz.gallery.listing import Listing
from lrviz.sources.grammar import reference
from lrviz.sources.loading import Loaded, load_all
from lrviz.sources.names import ALL_PRESETS
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import Schedule
from lrviz.views.figure import FigureOptions, figure, save_bytes
from lrviz.views.figure.likeness import alike
from lrviz.views.figure.surroundings import drawn_with
from lrviz.views.html.data import figure_data
from lrviz.views.html.index import index_html
from lrviz.views.html.likeness import alike_pages
from lrviz.views.html.page import PageOptions
from lrviz.views.html.page import page as html
from lrviz.views.text.about import yaml_lines
from lrviz.views.text.grid import Grid
from lrviz.views.text.index import Page, Section, index
from lrviz.views.text.table import AFTER, table
from lrviz.writing.provenance import PAGE, written_by_lrviz

INDEX = "README.md"
HTML_INDEX = f"index.{PAGE}"
TITLE = "Learning-rate schedules"
STYLES = ("light", "dark")
HEADING = "gallery.md"  # a folder's heading and introduction
# Begins what a figure's metadata says of its source; only figures with it are the gallery's own.
MADE = "lrviz gallery: "

_SIZE = 6.0, 4.0  # inches of a figure: what is written in it can still be read on a phone
_INCHES = "{:g}x{:g}".format(*_SIZE)
_WIDTH = 88  # of the YAML that is written out
_PRESETS_HEADING = """\
# Presets
Schedules by name: each fits any number of updates and follows any `--lr`, whose value is the peak.
"""


@dataclass(frozen=True)
class GalleryOptions:
    """How a gallery is made.

    Attributes:
        figure: The options of a figure of these schedules in this style.
        overrides: What is said for every schedule.
        flags: The same as it was written, for the commands that the index shows.
        params: The quantities in the tables; none means all that move.
        formats: Of the figures; `html` for an interactive page of each, and an index of them.
        title: Of the index.
        recall: Take what was simulated or drawn before from the cache, and keep there what was not.
    """

    figure: Callable[[Sequence[Schedule], str], FigureOptions]
    overrides: Overrides = field(default_factory=Overrides)
    flags: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("svg",)
    title: str = TITLE
    recall: bool = False


@dataclass(frozen=True)
class Gallery:
    """What a gallery came to.

    Attributes:
        files: By their path in the gallery, `/` between folders; none where every entry failed.
        failures: Why an entry could not be shown.
        errors: Runs that a scheduler's own error cut short; their figures end there.
        warnings: What torch warned of.
    """

    files: dict[str, bytes]
    failures: dict[Listing, str]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """What a gallery shows of one entry.

    Attributes:
        page: In the index.
        files: Its figures, by their path in the gallery.
        errors: As a gallery's, of this entry.
        warnings: Likewise.
    """

    page: Page
    files: Mapping[str, bytes]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def make(
    listed: Sequence[Listing],
    options: GalleryOptions,
    advance: Callable[[int, bool], None] | None = None,
) -> Gallery:
    """Make a gallery; an entry that cannot be shown does not stop the others.

    The same specs, versions and options give the same bytes.

    Args:
        listed: From `listing.entries`.
        options: How.
        advance: Called with the number of entries done, and whether the last was recalled.
    """
    shown: dict[Listing, Shown] = {}
    failures: dict[Listing, str] = {}
    for done, entry in enumerate(listed, 1):
        recalled = False
        try:
            shown[entry], recalled = _shown(entry, options)
        except LrvizError as error:
            failures[entry] = str(error)
        if advance:
            advance(done, recalled)
    files = {name: data for each in shown.values() for name, data in each.files.items()}
    if shown:
        pages = {entry: each.page for entry, each in shown.items()}
        sections = [*_sections(pages)]
        page = HTML_INDEX if PAGE in options.formats else None
        lines = index(options.title, sections, page)
        files[INDEX] = "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")
        if PAGE in options.formats:
            text = index_html(options.title, sections, f"{MADE}index")
            files[HTML_INDEX] = text.encode(errors="backslashreplace")
    return Gallery(
        files,
        failures,
        tuple(f"{entry.source}: {said}" for entry, each in shown.items() for said in each.errors),
        tuple(f"{entry.source}: {said}" for entry, each in shown.items() for said in each.warnings),
    )


def _shown(entry: Listing, options: GalleryOptions) -> tuple[Shown, bool]:
    """Return what is shown of an entry, and whether that was known.

    Raises:
        LrvizError: It cannot be shown.
    """
    loaded = load_all([entry.source], options.overrides)
    loaded.without_logs("a gallery shows schedules")
    schedules = loaded.schedules
    looks = tuple(replace(options.figure(schedules, each), size=_SIZE) for each in STYLES)
    written = texts(*schedules) if options.recall else ()
    asked = (entry, loaded.notes, looks, options.flags, options.params, options.formats)
    place = answer(
        *schedules,
        wanted=options.recall,
        classes=(Shown, Page, Grid),
        more=(asked, written, drawn_with()),
    )
    known: Shown | None = place.recall()
    if known is not None:
        return known, True
    traces = tuple(_trace(each, options) for each in schedules)
    with warnings.catch_warnings(record=True) as told:
        files = dict(_figures(entry, looks, traces, options.formats))
    for each in told:  # of characters that no font has: it is told each time
        warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    page = _page(entry, loaded, traces, options)
    if PAGE in options.formats:
        files[f"{entry.name}.{PAGE}"] = _interactive(entry, page, looks[0], traces)
    made = Shown(
        page,
        files,
        tuple(trace.cut_short for trace in traces if trace.cut_short),
        tuple(" ".join(text.split()) for trace in traces for text in trace.warnings),
    )
    if not told:
        place.keep(made)
    return made, False


def _trace(schedule: Schedule, options: GalleryOptions) -> Trace:
    place = answer(schedule, wanted=options.recall)
    trace: Trace | None = place.recall()
    if trace is None:
        from lrviz.simulation.simulated import (
            simulated,  # with torch, which what is known is without
        )

        trace = simulated(schedule)
        place.keep(trace)
    return trace


def pictures(entry: Listing, formats: Sequence[str]) -> list[str]:
    """Return the paths of an entry's figures."""
    drawn = [each for each in formats if each != PAGE]
    page = [f"{entry.name}.{PAGE}"] if PAGE in formats else []
    return [f"{entry.name}-{style}.{each}" for style in STYLES for each in drawn] + page


def _figures(
    entry: Listing, looks: Sequence[FigureOptions], traces: Sequence[Trace], formats: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    for style, look in zip(STYLES, looks, strict=True):
        drawn = figure(traces, look)
        for each in formats:
            if each != PAGE:
                data = save_bytes(drawn, each, style=style, source=_source(entry))
                yield f"{entry.name}-{style}.{each}", data


def _interactive(entry: Listing, page: Page, look: FigureOptions, traces: Sequence[Trace]) -> bytes:
    data = figure_data(traces, replace(look, title=page.title, size=None))  # the window's own
    beside = PageOptions(tables=[("Key steps", page.table)], source=_source(entry))
    return html(data, beside).encode(errors="backslashreplace")


def _source(entry: Listing) -> str:
    return MADE + reference(entry.source).short


def _page(entry: Listing, loaded: Loaded, traces: Sequence[Trace], options: GalleryOptions) -> Page:
    schedules = loaded.schedules
    at = tuple(dict.fromkeys(step for each in schedules for step in each.table.at))
    grid = table(traces, at, options.params)
    titles = {schedule.title for schedule in schedules}
    title = titles.pop() if len(titles) == 1 else None
    file, spec = _spec(schedules[0])
    return Page(
        name=entry.name,
        title=title or (schedules[0].label if len(schedules) == 1 else Path(entry.name).name),
        **_words(schedules),
        table=replace(grid, notes=tuple(n for n in grid.notes if n != AFTER)),
        notes=loaded.notes,
        command=shlex.join(["lrviz", "plot", entry.source, *options.flags, "--size", _INCHES]),
        spec=spec,
        file=file,
    )


def _words(schedules: Sequence[Schedule]) -> dict[str, str]:
    """Return summary, when and reference of a spec's schedules, or of the preset that it is."""
    name = schedules[0].source.partition(":")[0]
    preset, found = catalog.preset(name), catalog.scheduler_class(name)
    about: Sequence[object] = (preset,) if preset else schedules
    words = {}
    for key in ("summary", "when", "reference"):
        texts = dict.fromkeys(getattr(each, key) for each in about)
        words[key] = " ".join(text.strip() for text in texts if text)
    if found:
        words |= {"summary": found.summary, "reference": f"{found.module}.{found.name}"}
    return words


def _spec(schedule: Schedule) -> tuple[str, str]:
    """Return a name for, and the text of, a spec of what is shown; or two blanks.

    Of a preset or a class it is the schedule written out, its arguments filled in.
    """
    named = reference(schedule.source)
    if named.kind == "spec":
        file = named.name
        return Path(file).as_posix(), read_text(Path(file).read_bytes(), file)
    if schedule.function is not None:
        return "", ""
    written = {"train": {"steps": schedule.length.updates}, **unplaced(schedule.tree)}
    return f"{schedule.label}.yaml", "".join(f"{line}\n" for line in yaml_lines(written, _WIDTH))


def _sections(pages: Mapping[Listing, Page]) -> Iterator[Section]:
    """Yield the sections in the order of their first page, what has none first."""
    keys = dict.fromkeys(["", *(entry.section for entry in pages)])
    for key in keys:
        title, introduction = _heading(key)
        members = tuple(page for entry, page in pages.items() if entry.section == key)
        yield Section(title, introduction, members)


def _heading(section: str) -> tuple[str, str]:
    """Return a section's title and introduction; a folder's are those of its `gallery.md`."""
    if not section:
        return "", ""
    file = Path(section) / HEADING
    if section == ALL_PRESETS:
        text = _PRESETS_HEADING
    elif file.is_file():
        text = read_text(file.read_bytes(), str(file))
    else:
        name = Path(section).name.strip(".") or "schedules"
        text = name.replace("-", " ").replace("_", " ").capitalize()
    title, _, introduction = text.strip().partition("\n")
    return title.lstrip("# "), introduction.strip()


def is_figure(path: Path) -> bool:
    """Return whether a file is a figure or a page that a gallery made, by what its metadata say."""
    with path.open("rb") as file:
        return MADE.encode() in file.read(4096) and written_by_lrviz(path)


def same(one: bytes, other: bytes) -> bool:
    """Return whether two files of a gallery show the same, see `alike` and `alike_pages`."""
    return alike(one, other) or alike_pages(one, other) or one.replace(b"\r\n", b"\n") == other
