"""Spec files, and specs on stdin or from Python, split into their schedules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lrviz import catalog
from lrviz.document import parse, read_text
from lrviz.errors import Place, SpecError, UsageError, suggestion
from lrviz.files import checked
from lrviz.sources.configs.origin import of_config
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides, with_sets
from lrviz.sources.paths import is_there, near_file
from lrviz.sources.reference import SUFFIXES, Reference
from lrviz.spec import inheritance

MAX_BYTES = 32_000_000


def of_document(document: Any, named: tuple[str, str, Path], overrides: Overrides) -> list[Origin]:
    """Split a document into its schedules.

    Args:
        document: Plain data with places.
        named: Its label, its source and its folder.
        overrides: What the command line says for all.

    Raises:
        SpecError: It is no spec.
    """
    config = of_config(document, named, overrides)
    if config is not None:
        return config
    label, source, folder = named
    place = getattr(document, "place", None) or Place(source, 1, 1)
    try:
        found = inheritance.split(with_sets(document, overrides.sets), label)
    except SpecError as error:
        raise error.at(place) from None
    return [Origin(each.label, source, each.tree, folder, beside=each.beside) for each in found]


def of_file(file: str, picked: str | None, overrides: Overrides) -> list[Origin]:
    """Read a spec file.

    Args:
        file: Its path.
        picked: The label of the one schedule that is wanted; None for all.
        overrides: What the command line says for all.

    Raises:
        UsageError: It cannot be read, or has no such schedule.
        SpecError: It is no spec.
    """
    path = Path(file)
    text = read_text(_bytes(path, file), file)
    origins = of_document(parse(text, file), (path.stem, file, path.parent), overrides)
    if picked is None:
        return origins
    for origin in origins:
        if origin.label == picked:
            return [replace(origin, source=f"{file}#{picked}")]
    labels = [origin.label for origin in origins]
    hint = suggestion(picked, labels) or f"; it has: {', '.join(labels)}"
    raise UsageError(f"{file} has no schedule {picked!r}{hint}")


def expanded(sources: Sequence[str]) -> list[str]:
    """Return the sources with each folder replaced by its spec files, recursively, sorted.

    Raises:
        UsageError: A folder has none.
    """
    result = []
    for source in sources:
        folder = Path(source)
        if source in catalog.names() or not (is_there(source) and folder.is_dir()):
            result.append(source)
            continue
        found = sorted(
            str(path)
            for path in folder.rglob("*")
            if path.suffix in SUFFIXES
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
            and not _is_log(path)
        )
        if not found:
            raise UsageError(f"{source}: no spec (.yaml, .yml, .json) in this folder")
        result += found
    return result


def _is_log(path: Path) -> bool:
    """Tell whether a training wrote a file: such lie beside the configs of their runs."""
    if path.suffix != ".json":
        return False
    from lrviz.sources.logs.reading import format_of

    return path.is_file() and format_of(path) is not None


def _bytes(path: Path, file: str) -> bytes:
    try:
        with checked(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file{_near_file(path)}") from None
    except IsADirectoryError:
        raise UsageError(f"{file}: a folder, not a spec; name the files in it") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from None
    except ValueError:  # a NUL in the name
        raise UsageError(f"{file!r}: no such file") from None
    if len(raw) > MAX_BYTES:
        raise SpecError(f"{file}: larger than {MAX_BYTES:,} bytes; keep long metrics in a CSV file")
    return raw


def _near_file(path: Path) -> str:
    near = near_file(path, SUFFIXES)
    if near:
        return near
    if path.stem in catalog.names():
        return f"; for the preset, say {path.stem}"
    return "; `lrviz init` writes a starter spec"


def _parse_stdin(source: str) -> Reference | None:
    return Reference(source, "stdin") if source == "-" else None


def _read_stdin(reference: Reference, overrides: Overrides) -> list[Origin]:
    del reference
    text = read_text(sys.stdin.buffer.read(), "<stdin>")
    return of_document(parse(text, "<stdin>"), ("stdin", "<stdin>", Path()), overrides)


def _parse(source: str) -> Reference | None:
    """Take a path apart; one that is not there must have no `=`, which would end a label."""
    file, _, picked = source.partition("#")
    if source.endswith(SUFFIXES) and (is_there(source) or "=" not in source):
        return Reference(source, "spec", source, file=source)
    if file.endswith(SUFFIXES) and picked and (is_there(file) or "=" not in file):
        return Reference(source, "spec", file, file=file, picked=picked)
    return None


def _read(reference: Reference, overrides: Overrides) -> list[Origin]:
    return of_file(reference.name, reference.picked, overrides)


STDIN = Kind("stdin", _parse_stdin, _read_stdin, runs_code=False)
SPEC = Kind("spec", _parse, _read, runs_code=False)
