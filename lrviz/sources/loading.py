"""From what stood on the command line to schedules."""

from __future__ import annotations

import difflib
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lrviz import catalog
from lrviz.document import Entry, Map, parse, placed, read_text
from lrviz.errors import Place, SpecError, UsageError, suggestion
from lrviz.sources.arguments import read_arguments
from lrviz.sources.expansion import expand
from lrviz.sources.imports import import_named, is_there
from lrviz.sources.overrides import (
    Overrides,
    assumption,
    optimizer_section,
    train_section,
    with_sets,
)
from lrviz.spec import inheritance as merging
from lrviz.spec import schedule as spec
from lrviz.spec.models import Check, Plot, Spec, Table, validated
from lrviz.spec.schedule import Schedule
from lrviz.writing.display import Displayed

SUFFIXES = (".yaml", ".yml", ".json")
MAX_BYTES = 32_000_000
MANY = 5  # labels named in a note
_OF_FUNCTIONS = ("train", "optimizer", "plot", "table", "check", "title")  # may be set

Source = str | os.PathLike[str] | Mapping[str, Any] | Callable[..., Any] | Schedule


@dataclass(frozen=True)
class Loaded:
    """The schedules of a command line, and what was assumed for them."""

    schedules: tuple[Schedule, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Origin:
    """A schedule's data before presets are written out."""

    label: str
    source: str
    tree: Map
    folder: Path = Path()
    function: Callable[..., Any] | None = None
    is_named: bool = False  # a name or a function: nothing is said of its surroundings

    @property
    def place(self) -> Place:
        """A place for what has none of its own: the beginning of the source."""
        first = 0 if self.is_named else 1
        return self.tree.place or Place(self.source, first, first)


def load_all(sources: Sequence[Source], overrides: Overrides | None = None) -> Loaded:
    """Read every SOURCE of a command line.

    Args:
        sources: Spec files (`file.yaml#label` picks one schedule), `-` for stdin, `LABEL=SOURCE`,
            presets and classes with or without arguments, `module:callable`; from Python also
            mappings and functions.
        overrides: What the command line says for all.

    Returns:
        The schedules in order, their labels distinct.

    Raises:
        LrvizError: A source is unknown, or a spec is wrong.
    """
    overrides = overrides or Overrides()
    found: list[Schedule] = []
    assumed: dict[str, list[str]] = {}
    for source in sources:
        if isinstance(source, Schedule):
            found.append(source)
            continue
        for origin in _origins(source, overrides.sets):
            schedule, assumption = _schedule(origin, overrides)
            found.append(schedule)
            if assumption:
                assumed.setdefault(assumption, []).append(schedule.label)
    notes = tuple(f"{_names(labels)}: {what}" for what, labels in assumed.items())
    return Loaded(tuple(_distinct(found)), notes)


def _names(labels: list[str]) -> str:
    names = list(dict.fromkeys(labels))
    if len(names) > MANY:
        names[MANY - 1 :] = [f"{len(names) - MANY + 1} more"]
    return ", ".join(names)


class Schedules(Displayed, list[Schedule]):
    """The schedules of one source; a notebook displays them as a figure."""


def load(source: Source, **overrides: Any) -> Schedules:
    """Return the schedules of one source.

    Args:
        source: As on the command line (a path, a preset's name with or without arguments,
            `module:callable`), a mapping in the form of a spec, or a function that builds
            `(optimizer, scheduler)`.
        **overrides: Fields of `Overrides`: `steps`, `epochs`, `steps_per_epoch`, `lr`,
            `optimizer`, `interval`, `sets`, `trust`, `force`.

    Returns:
        One schedule for each curve, in a list that a notebook displays as a figure.

    Raises:
        LrvizError: There is no such source, or the spec is wrong.

    >>> [schedule.label for schedule in load("cosine", steps=100)]
    ['cosine']
    """
    return Schedules(load_all([source], Overrides(**overrides)).schedules)


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
        )
        if not found:
            raise UsageError(f"{source}: no spec (.yaml, .yml, .json) in this folder")
        result += found
    return result


def _origins(source: Source, sets: Sequence[str]) -> list[_Origin]:
    if isinstance(source, Mapping):
        return _of_document(placed(source), ("schedule", "the spec given", Path()), sets)
    if isinstance(source, os.PathLike):
        return _of_file(os.fspath(source), None, sets)
    if source == "preset:*":
        return [_of_name(name, sets) for name in catalog.preset_names()]
    if not isinstance(source, str):
        if isinstance(source, Schedule) or not callable(source):
            raise UsageError(f"{source!r}: no source; give a path, a name, a mapping or a function")
        name = getattr(source, "__name__", type(source).__name__)
        return [_of_function(name, name, source, sets)]
    file, _, picked = source.partition("#")
    if source == "-":
        text = read_text(sys.stdin.buffer.read(), "<stdin>")
        return _of_document(parse(text, "<stdin>"), ("stdin", "-", Path()), sets)
    if source.endswith(SUFFIXES) and (is_there(source) or "=" not in source):
        return _of_file(source, None, sets)
    if file.endswith(SUFFIXES) and picked and (is_there(file) or "=" not in file):
        return _of_file(file, picked, sets)
    label, equals, rest = source.partition("=")
    if equals and ":" not in label:
        if not label or not rest:
            raise UsageError(f"{source!r}: write LABEL=SOURCE, as in tuned=cosine")
        origins = _origins(rest, sets)
        if len(origins) > 1:
            labels = ", ".join(origin.label for origin in origins)
            raise UsageError(f"{rest} has several schedules; pick one: {rest}#label of {labels}")
        return [replace(origins[0], label=label)]
    return [_of_name(source, sets)]


def _of_file(file: str, picked: str | None, sets: Sequence[str]) -> list[_Origin]:
    path = Path(file)
    try:
        with path.open("rb") as stream:
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
    origins = _of_document(parse(read_text(raw, file), file), (path.stem, file, path.parent), sets)
    if picked is None:
        return origins
    for origin in origins:
        if origin.label == picked:
            return [replace(origin, source=f"{file}#{picked}")]
    labels = [origin.label for origin in origins]
    hint = suggestion(picked, labels) or f"; it has: {', '.join(labels)}"
    raise UsageError(f"{file} has no schedule {picked!r}{hint}")


def _near_file(path: Path) -> str:
    try:
        names = [each.name for each in path.parent.iterdir() if each.name.endswith(SUFFIXES)]
    except OSError:
        return f"; there is no folder {path.parent}"
    near = difflib.get_close_matches(path.name, names, n=1)
    if near:
        return f"; did you mean {path.parent / near[0]}?"
    if path.stem in catalog.names():
        return f"; for the preset, say {path.stem}"
    return "; `lrviz init` writes a starter spec"


def _of_document(document: Any, named: tuple[str, str, Path], sets: Sequence[str]) -> list[_Origin]:
    """Split a document into its schedules; `named` is its label, its source and its folder."""
    label, source, folder = named
    place = getattr(document, "place", None) or Place(source, 1, 1)
    try:
        pairs = merging.split(with_sets(document, sets), label)
    except SpecError as error:
        raise error.at(place) from None
    return [_Origin(each, source, tree, folder) for each, tree in pairs]


def _of_name(source: str, sets: Sequence[str]) -> _Origin:
    head, colon, rest = source.partition(":")
    if head in catalog.preset_names() or catalog.scheduler_class(head):
        place = Place(source, 0, 0, 0, len(head))
        node = Map({"type": head}, {"type": Entry(place, place)}, place)
        if colon:
            read_arguments(source, node)
        tree = Map({"scheduler": node}, {"scheduler": Entry(place, place)}, place)
        return _Origin(head, source, with_sets(tree, sets), is_named=True)
    # Before anything is imported: what has arguments is no function's name.
    if colon and all(part.isidentifier() for part in rest.rpartition(":")[2].split(".")):
        function = import_named(source)
        return _of_function(rest.rpartition(".")[2], source, function, sets)
    if is_there(source) and Path(source).is_dir():
        raise UsageError(f"{source}: a folder, not a spec; name the files in it")
    if is_there(source):
        raise UsageError(f"{source}: a spec's name ends in .yaml, .yml or .json")
    catalog.find(head)
    raise UsageError(f"{source!r} is no source")


def _of_function(
    label: str, source: str, function: Callable[..., Any], sets: Sequence[str]
) -> _Origin:
    for each in sets:
        key = each.partition("=")[0].partition(".")[0]
        if key in Spec.model_fields and key not in _OF_FUNCTIONS:
            raise UsageError(
                f"--set {each}: {source} is a function, which builds its schedule itself; of one "
                f"can be set: {', '.join(_OF_FUNCTIONS)}"
            )
    tree = with_sets(Map(), sets)
    return _Origin(label, source, tree, function=function, is_named=True)


def _schedule(origin: _Origin, overrides: Overrides) -> tuple[Schedule, str]:
    """Finish one schedule; also return what had to be assumed, empty where nothing was."""
    try:
        tree = origin.tree if origin.function else expand(origin.tree)
        train, assumed_length = train_section(tree, overrides, named=origin.is_named)
        value, assumed_optimizer = optimizer_section(tree, overrides, named=origin.is_named)
        length = spec.length(train, force=overrides.force)
        members = () if origin.function else spec.members(tree, overrides.interval)
        validated(Spec, tree)
        optimizer = spec.optimizer(value, overrides.lr)
    except SpecError as error:
        raise error.at(origin.place) from None
    schedule = Schedule(
        label=origin.label,
        source=origin.source,
        tree=tree,
        length=length,
        optimizer=optimizer,
        members=members,
        folder=origin.folder,
        trust=overrides.trust,
        function=origin.function,
        stepped=overrides.interval,
        plot=validated(Plot, tree.get("plot") or Map(), ("plot",)),
        table=validated(Table, tree.get("table") or Map(), ("table",)),
        check=validated(Check, tree.get("check") or Map(), ("check",)),
        title=tree.get("title"),
        summary=tree.get("summary"),
        when=tree.get("when"),
        reference=tree.get("reference"),
    )
    return schedule, assumption(assumed_length, assumed_optimizer, optimizer)


def _distinct(schedules: list[Schedule]) -> list[Schedule]:
    """Tell equal labels apart by the shortest differing part of their sources."""
    counts = Counter(schedule.label for schedule in schedules)
    result = []
    for schedule in schedules:
        if counts[schedule.label] > 1:
            same = [each.source for each in schedules if each.label == schedule.label]
            schedule = replace(schedule, label=_longer(schedule, same))
        result.append(schedule)
    seen: Counter[str] = Counter()
    for index, schedule in enumerate(result):
        seen[schedule.label] += 1
        if seen[schedule.label] > 1:
            result[index] = replace(schedule, label=f"{schedule.label} ({seen[schedule.label]})")
    return result


def _longer(schedule: Schedule, sources: list[str]) -> str:
    source = schedule.source
    if len(set(sources)) == 1:
        return schedule.label
    if not source.partition("#")[0].endswith(SUFFIXES):
        return source
    parts = Path(source.partition("#")[0]).with_suffix("").parts
    others = [
        Path(each.partition("#")[0]).with_suffix("").parts for each in sources if each != source
    ]
    for length in range(1, len(parts) + 1):
        tail = parts[-length:]
        if all(other[-length:] != tail for other in others):
            name = "/".join(tail)
            return name if schedule.label == parts[-1] else f"{name}: {schedule.label}"
    return source
