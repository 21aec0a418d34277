"""The key of what a schedule gives: a digest of everything that its numbers depend on."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from lrviz.document import Map, Seq
from lrviz.errors import Place
from lrviz.spec.schedule import Schedule

PACKAGE = Path(__file__).parents[1]
# Below an installed package: what a schedule's numbers come from, and what tells its version.
_TORCH = ("version.py", "optim")
_TRANSFORMERS = ("optimization.py",)
_CODE = (".py", ".yaml", ".json", ".js", ".css")


def key(*schedules: Schedule, more: object = None) -> str | None:
    """Return the key of schedules; None where a user's code has a part in what they give.

    Their data goes in with the places that messages name, and a metric's file with its bytes.

    Args:
        *schedules: Everything merged.
        more: What else the answer depends on.
    """
    if any(each.function is not None or each.trust for each in schedules):
        return None
    try:
        files = [data for each in schedules for data in _metrics(each)]
        said = json.dumps([_plain(schedules), _plain(files), _plain(more)])
        return hashlib.sha256(_surroundings() + said.encode("utf-8", "surrogatepass")).hexdigest()
    except (TypeError, OSError):  # what is no data, and a file that cannot be read
        return None


def texts(*schedules: Schedule) -> list[bytes]:
    """Return the bytes of the files in which the values of schedules stand.

    Raises:
        OSError: One cannot be read.
    """
    files = {place.file for each in schedules for place in _places(each.tree) if place.line}
    return [Path(file).read_bytes() for file in sorted(files) if Path(file).is_file()]


def _places(data: Any) -> Iterator[Place]:
    if isinstance(data, Map | Seq):
        inside: Iterable[Any] = data.values() if isinstance(data, Map) else data
        stand = chain(*data.places.values()) if isinstance(data, Map) else data.places
        yield from filter(None, (data.place, *stand))
        for each in inside:
            yield from _places(each)


def _metrics(schedule: Schedule) -> Iterator[bytes]:
    for member in schedule.members:
        if member.metric is not None and member.metric.file is not None:
            yield (schedule.folder / member.metric.file).read_bytes()


def _plain(value: Any) -> Any:
    """Return a value as JSON takes it, so that no two that differ look alike."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | Fraction | Path):
        return [type(value).__name__, repr(value)]
    if isinstance(value, bytes):
        return ["bytes", hashlib.sha256(value).hexdigest()]
    if isinstance(value, Map | Seq):
        data = dict(value) if isinstance(value, Map) else list(value)
        return [_plain(data), _plain(value.places), _plain(value.place)]
    if isinstance(value, Mapping):
        return ["mapping", [[_plain(name), _plain(each)] for name, each in value.items()]]
    if isinstance(value, list | tuple):
        return ["list", [_plain(each) for each in value]]
    if isinstance(value, BaseModel):
        return [type(value).__name__, _plain(value.model_dump())]
    if dataclasses.is_dataclass(value):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return [type(value).__name__, _plain(fields)]
    raise TypeError(f"{type(value).__name__} is no data")


@functools.cache
def _surroundings() -> bytes:
    """Return a digest of the code that makes the numbers, and of what runs it."""
    digest = hashlib.sha256()
    for said in (sys.version, np.__version__, platform.platform(), platform.machine()):
        digest.update(said.encode() + b"\0")
    for folder, parts in ((PACKAGE, (".",)), *_installed()):
        for path in _files(folder, parts):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(folder)}\0{len(data)}\0".encode() + data)
    return digest.digest()


def _installed() -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the folders of torch and transformers, which are found and not imported."""
    for name, parts in (("torch", _TORCH), ("transformers", _TRANSFORMERS)):
        found = find_spec(name)
        for folder in (found.submodule_search_locations or ()) if found else ():
            yield Path(folder), parts


def _files(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    for part in parts:
        path = folder / part
        inside = path.rglob("*") if path.is_dir() else [path]
        yield from sorted(each for each in inside if each.suffix in _CODE)
