"""The picture files of a figure in a document, kept by the content of all that it is made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import lrviz
from lrviz.cli.write import write
from lrviz.curves.trace import Trace
from lrviz.embedding.block import Block, Directive, request
from lrviz.files import guarded
from lrviz.sources.reference import SUFFIXES
from lrviz.spec.models import SPELLINGS
from lrviz.spec.schedule import Schedule
from lrviz.writing.numbers import count

STYLESHEET = Path(__file__).parent / "static" / "lrviz.css"

_DARK, _SAID = "-dark", ".txt"
_MADE_BY = ("torch", "matplotlib", "numpy", "transformers")


@dataclass(frozen=True)
class Picture:
    """A figure in files.

    Attributes:
        light: The SVG for a light page; other formats stand beside it.
        dark: The SVG for a dark page; None where the block names one style for both.
        alt: What the figure shows, in words.
        files: What was read, and can change.
        notes: What was assumed.
        warnings: What torch warned of, what was rounded, and which scheduler raised.
    """

    light: Path
    dark: Path | None
    alt: str
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def embed(block: Block, cache: Path, formats: Sequence[str] = ()) -> Picture:
    """Return the figure that a block asks for; what `cache` has of it is not drawn again.

    Neither torch nor matplotlib is imported for a figure that is there. What a user's own code
    makes is drawn each time.

    Args:
        block: What is asked for.
        cache: A folder for figures; it may be deleted, whole or in part, at any time.
        formats: Of the light picture besides SVG: `pdf`, `png`.

    Raises:
        LrvizError: The block, or what it names, is wrong; `explained` says where.
    """
    asked = request(block)
    stem = cache / _key(asked)
    light = [stem.with_suffix(f".{each}") for each in ("svg", *formats)]
    dark = None if asked.drawing.style else stem.with_name(f"{stem.name}{_DARK}.svg")
    said = stem.with_suffix(_SAID)
    files = [*light, *([dark] if dark else []), said]
    if _runs_code(asked.schedules) or not all(map(Path.is_file, files)):
        with guarded(block.permission.of_file):
            pages = draw(asked, files)
        cache.mkdir(parents=True, exist_ok=True)
        for path, page in zip(files, pages, strict=True):
            write(path, page)
    return Picture(
        light=light[0],
        dark=dark,
        alt=_alt(asked),
        files=asked.files,
        notes=asked.notes,
        warnings=tuple(said.read_text(encoding="utf-8").splitlines()),
    )


def draw(asked: Directive, files: Sequence[Path]) -> list[bytes]:
    """Return what goes into each of `files`: pictures by their names, and what is to be said.

    Raises:
        LrvizError: torch refuses a schedule, or an option does not fit it.
    """
    from lrviz.simulation.simulated import simulated
    from lrviz.views.figure import figure, save_bytes

    traces = [simulated(each) for each in asked.schedules]
    options = asked.drawing.options(asked.schedules, asked.param)
    looks = {False: options, True: replace(options, style="dark")}
    drawn = {is_dark: figure(traces, looks[is_dark]) for is_dark in set(map(_is_dark, files))}
    said = "".join(f"{line}\n" for line in _said(traces)).encode()
    return [
        save_bytes(
            drawn[_is_dark(file)],
            file.suffix[1:],
            style=looks[_is_dark(file)].style,
            source=asked.short,
        )
        if file.suffix != _SAID
        else said
        for file in files
    ]


def _is_dark(file: Path) -> bool:
    return file.stem.endswith(_DARK)


def _said(traces: Sequence[Trace]) -> Iterator[str]:
    for trace in traces:
        for text in trace.warnings:
            yield f"{trace.label}: {' '.join(text.split())}"
        if trace.cut_short:
            yield " ".join(trace.cut_short.split())


def _runs_code(schedules: Sequence[Schedule]) -> bool:
    """Return whether others' code is in it, which may change unseen."""
    return any(each.function or (each.trust and any(_foreign(each.tree))) for each in schedules)


def _foreign(node: Any) -> Iterator[str]:
    """Yield the dotted paths in a spec, less torch's and transformers'."""
    for key, value in node.items() if isinstance(node, Mapping) else ():
        dotted = key in SPELLINGS and isinstance(value, str) and "." in value
        if dotted and value.partition(".")[0] not in ("torch", "transformers"):
            yield value
        yield from _foreign(value)
    for value in node if isinstance(node, list) else ():
        yield from _foreign(value)


def _key(asked: Directive) -> str:
    """Return a name for all that a figure is made from; a comment in a spec is no part of it."""
    about = [
        (each.label, each.title, each.length, each.optimizer, each.members, each.plot)
        for each in asked.schedules
    ]
    versions = [lrviz.__version__, *map(_version, _MADE_BY)]
    look = (asked.drawing, asked.param, asked.source)
    key = hashlib.sha256(repr((versions, about, look)).encode())
    for file in asked.files:
        # A file that is not there is an error that drawing explains.
        if file.suffix not in SUFFIXES and file.is_file():
            key.update(file.read_bytes())
    return key.hexdigest()[:24]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _alt(asked: Directive) -> str:
    """Return what a figure shows in words, for those who do not see it.

    Such as "Learning rate of cosine and onecycle over 10,000 updates".
    """
    *names, last = dict.fromkeys(each.label for each in asked.schedules)
    of = f"{', '.join(names)} and {last}" if names else last
    lengths = {(each.length.updates, each.length.epochs_only) for each in asked.schedules}
    over = ""
    if len(lengths) == 1:
        [(length, epochs)] = lengths
        over = f" over {count(length)} {'epochs' if epochs else 'updates'}"
    what = "learning rate" if asked.param in (None, "lr") else str(asked.param)
    return f"{what[:1].upper()}{what[1:]} of {of}{over}"
