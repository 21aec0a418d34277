"""What a block of a document asks for: SOURCEs or a spec, and the options of `lrviz plot`."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import typer

from lrviz.cli.app import app
from lrviz.cli.drawing import Drawing
from lrviz.cli.options import Shared
from lrviz.cli.watch import named_files, source_files
from lrviz.document import Map, Seq, parse
from lrviz.embedding.permission import Permission
from lrviz.errors import LrvizError, SpecError, UsageError, suggestion
from lrviz.files import checked, guarded
from lrviz.sources.grammar import reference
from lrviz.sources.loading import Loaded, load_all
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import Schedule

# Of `lrviz plot`, what says nothing about a picture in a page.
_NOT_HERE = {"outputs", "dpi", "quiet", "verbose"}
# Known, and refused with a hint: the documentation's configuration says it.
_NOT_SAID = {"trust", "force"}


@dataclass(frozen=True)
class Block:
    """Where a document asks for a figure, and for which.

    Attributes:
        file: The document, as messages name it.
        line: Where the block begins, 1-based; 0 where that is not known.
        body: A spec, or SOURCEs as `lrviz plot` takes them.
        body_line: Where the body begins.
        sources: SOURCEs that stand elsewhere, in one line.
        options: Those of `lrviz plot`, without dashes. A flag's value is empty, or its name.
        folder: What names of files are relative to.
        root: What names that begin with `/` are relative to; None: the file system.
        permission: What the documentation's configuration allows.
    """

    file: str
    line: int
    body: str
    body_line: int
    sources: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    root: Path | None = None
    permission: Permission = field(default_factory=lambda: Permission(folders=()))


@dataclass(frozen=True)
class Directive:
    """A figure that is asked for, with all that it is made from.

    Attributes:
        schedules: What it shows.
        drawing: How.
        param: The only quantity to draw; None: all that move.
        source: What it shows, as the document names it; empty where the body is a spec.
        short: The same without folders, as the picture's file says.
        files: What was read, and can change.
        notes: What was assumed.
    """

    schedules: tuple[Schedule, ...]
    drawing: Drawing
    param: str | None
    source: str
    short: str
    files: tuple[Path, ...]
    notes: tuple[str, ...]


def request(block: Block) -> Directive:
    """Read a block, and the specs that it names.

    Raises:
        LrvizError: Something in them is wrong; `explained` says where in the document.
    """
    allowed = block.permission
    drawing, shared = _options_of(block)
    names, spec = _read(block)
    with guarded(allowed.of_file):
        resolved = [_placed(name, block) for name in names]
        # Before anything is looked for there: a message would tell what is.
        for source in resolved:
            allowed.of_source(source)
            path = reference(source).path
            if path is not None:
                checked(path)
        overrides = replace(shared.overrides(), trust=allowed.trust, force=True)
        loaded = load_all(resolved, overrides) if spec is None else _loaded(spec, block, overrides)
        allowed.of_lengths(loaded.schedules)
        files = [*source_files(resolved), *sorted(named_files(loaded))]
        if drawing.style:
            allowed.of_style(drawing.style)
            if drawing.style.endswith(".mplstyle"):
                drawing = replace(drawing, style=_below(drawing.style, block))
                files.append(Path(str(drawing.style)))
        for file in files:
            checked(file)
    return Directive(
        schedules=loaded.schedules,
        drawing=drawing,
        param=shared.param,
        source=" ".join(names),
        short=" ".join(reference(name).short for name in names),
        files=tuple(files),
        notes=loaded.notes,
    )


def explained(error: LrvizError, block: Block) -> tuple[str, int]:
    """Return what is wrong, and the line of the document where it is."""
    place = error.place
    if place is None or place.file != block.file or not place.line:
        text, line = str(error), block.line
    else:
        keys = ".".join(map(str, error.path))
        text, line = f"{keys}: {error.message}" if keys else error.message, place.line
    # A page has no such option.
    return text.replace("add --trust", f"set {block.permission.named('trust')}"), line


def option_names() -> tuple[str, ...]:
    """Return the names of the options that a block may have."""
    return tuple(_options())


@functools.cache
def _plot() -> Any:
    return typer.main.get_command(app).commands["plot"]  # type: ignore[attr-defined]  # a group


@functools.cache
def _options() -> Mapping[str, Any]:
    """Return `lrviz plot`'s parameters by the names of their options, without dashes."""
    known = {each.name for kind in (Drawing, Shared) for each in fields(kind)}
    known -= _NOT_HERE
    return {
        name.removeprefix("--"): parameter
        for parameter in _plot().params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if parameter.name in known
    }


def _options_of(block: Block) -> tuple[Drawing, Shared]:
    """Read a block's options as `lrviz plot` reads its own."""
    arguments = []
    for name, value in block.options.items():
        parameter = _options().get(name)
        if name in _NOT_SAID:
            raise UsageError(block.permission.refused(name))
        if parameter is None:
            names = [each for each in option_names() if each not in _NOT_SAID]
            hint = suggestion(name, names) or f"; there are: {', '.join(names)}"
            raise UsageError(f"there is no option {name!r}{hint}")
        if not parameter.is_flag:
            values = shlex.split(value) if parameter.multiple else [value]
            arguments += [f"--{name}={each}" for each in values]
        elif value in ("", name, "true"):
            arguments.append(f"--{name}")
        else:
            raise UsageError(f"{name} takes no value, and here it has {value!r}")
    try:
        found = _plot().make_context("lrviz plot", arguments).params
    except typer.BadParameter as error:
        option = error.param.opts[-1] if error.param else ""
        raise UsageError(f"{option}: {error.message.removeprefix('Value error, ')}") from None
    # Of each of the two, the options that it has.
    of = [{each.name: found[each.name] for each in fields(kind)} for kind in (Drawing, Shared)]
    return Drawing(**of[0]), Shared(**of[1])


def _read(block: Block) -> tuple[list[str], Map | None]:
    """Return the SOURCEs that a block names, or the spec that its body is."""
    # With the lines above it, places in the body are places in the document.
    body = parse("\n" * (block.body_line - 1) + block.body, block.file)
    try:
        names = shlex.split(block.sources)
        names += shlex.split(body) if isinstance(body, str) else []
    except ValueError as error:
        raise UsageError(f"{error} among the SOURCEs") from None
    if isinstance(body, Seq):
        raise SpecError(
            "a list; write a spec (`scheduler: cosine`), or names in a line", body.place
        )
    if isinstance(body, Map):
        if names:
            raise UsageError("a SOURCE and a spec below it; keep one of them")
        return [], body
    if not names:
        raise UsageError("no SOURCE (a spec file, a preset ...) and no spec: nothing to draw")
    if "-" in names:
        raise UsageError("- is standard input, and a document has none; name a file")
    return names, None


def _loaded(spec: Map, block: Block, overrides: Overrides) -> Loaded:
    """Load the spec that a block's body is, as if it were a file beside the document."""
    loaded = load_all([spec], overrides)
    name = _name(spec)
    schedules = [
        replace(
            each,
            folder=block.folder,
            source=block.file,
            label=name if name and "schedules" not in spec else each.label,
        )
        for each in loaded.schedules
    ]
    return replace(loaded, schedules=tuple(schedules))


def _name(spec: Map) -> str | None:
    """Return the scheduler's name where the spec is one curve, which no file's name labels."""
    scheduler = spec.get("scheduler")
    name = scheduler.get("type") if isinstance(scheduler, Map) else scheduler
    return name if isinstance(name, str) else None


def _placed(source: str, block: Block) -> str:
    """Return a SOURCE with the file in it, if there is one, below the document's folder."""
    if reference(source).kind == "run":
        return source  # which the permission refuses
    there = reference(_below(source, block))  # a log is known only where it is
    if there.file is not None and there.label is None:
        return there.text
    named = reference(source)
    if named.file is not None:
        return named.moved(partial(_below, block=block))
    there = reference(_below(named.text, block))
    found = there.file is not None and there.label is None
    return f"{named.label}={there.text}" if found and named.label is not None else source


def _below(name: str, block: Block) -> str:
    """Return the path of a file that a document names: from the current folder, if below it."""
    if block.root is not None and name.startswith("/"):
        path = block.root / name.lstrip("/")
    else:
        path = block.folder / name
    short = os.path.relpath(path)
    return os.path.normpath(path.absolute()) if short.startswith("..") else short
