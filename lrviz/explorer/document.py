"""The spec of a page: its text to data and back, edits of it, and where in it an error is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lrviz.document import KeyPath, Map, Seq, parse, unplaced
from lrviz.errors import LrvizError, Place, SpecError
from lrviz.spec.inheritance import node
from lrviz.views.text.about import yaml_lines

FILE = "<spec>"
"""What places in a page's spec name; no file can have that name by chance."""

SHARED = ("train", "optimizer")
"""What stands on top of a spec where its curves have the same."""

_OPTIONS: dict[str, str | Callable[[re.Match[str]], str]] = {
    r"; if you know what it does, add --trust": ", which no page does",
    r", or --steps-per-epoch|, or give --steps": "",
    r"; give --metric FILE:COLUMN": "; say so on the command line, with --metric FILE:COLUMN",
    r"; --format csv has them": "",
    r"--as (\w+)": r"\1",
    r"--((dataset|world)-size|steps(-per-epoch)?|epochs)\b": lambda found: found[1].replace(
        "-", "_"
    ),
}
_WIDTH = 88


@dataclass(frozen=True)
class FromConfig:
    """A framework's config that curves of a page's spec are from.

    Attributes:
        name: What the page calls it.
        facts: What was said of its training that it does not hold.
        labels: Of its curves; none as long as a fact is missing.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What a page shows, whole: the address holds it, and the same page comes of it again.

    Attributes:
        spec: The text of the spec whose curves it has controls for; may be empty.
        sources: What it shows besides, by the SOURCE that the command line named, or the name
            that a loaded log got: functions, scripts, logs.
        configs: Those of frameworks that curves of the spec are from.
    """

    spec: str
    sources: tuple[str, ...] = ()
    configs: tuple[FromConfig, ...] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong, and which control says it: the one at `path`, or the nearest above it."""

    path: KeyPath
    message: str


def problem(path: KeyPath, error: LrvizError) -> Problem:
    """Return what an error says as a page says it, which has no option."""
    return Problem(path, in_a_page(error.message.removeprefix(f"{FILE}: ")))


def in_a_page(text: str) -> str:
    """Return what was said of options as a page says it, which has controls in their place."""
    for option, instead in _OPTIONS.items():
        text = re.sub(option, instead, text)
    return text


def spec_text(document: Mapping[str, Any]) -> str:
    """Return a spec as text; `read` gives it back as it was."""
    return "".join(f"{line}\n" for line in yaml_lines(document, _WIDTH)) if document else ""


def read(text: str) -> Map:
    """Return a spec with the places of its keys and values; an empty one where there is no text.

    Raises:
        SpecError: It is no YAML, or no mapping.
    """
    found = parse(text, FILE)
    if found is not None and not isinstance(found, Map):
        raise SpecError("a spec is a mapping", Place(FILE, 1, 1))
    return found if found is not None else Map()


def free(label: str, taken: Collection[str]) -> str:
    """Return a label that is not taken: this one, or this one with a number."""
    found, number = label, 1
    while found in taken:
        number += 1
        found = f"{label} {number}"
    return found


def tidy(tree: dict[str, Any]) -> None:
    """Write the schedulers of a curve in one spelling: a mapping with `type`."""
    if isinstance(tree.get("schedulers"), list):
        tree["schedulers"] = [
            each if isinstance(each, dict) and "scheduler" in each else {"scheduler": each}
            for each in tree["schedulers"]
        ]
        for each in tree["schedulers"]:
            each["scheduler"] = _tidied(each["scheduler"])
    elif "scheduler" in tree:
        tree["scheduler"] = _tidied(tree["scheduler"])


def path_of(tree: Any, place: Place | None, file: str = FILE) -> KeyPath | None:
    """Return the path of the key or value that stands at a place of a file; None where none does.

    An item without a place of its own belongs to what stands last before it.
    """
    if place is None or place.file != file:
        return None
    best: KeyPath | None = None
    nearest = -1
    for path, each in _places(tree, ()):
        if (each.start, each.end) == (place.start, place.end):
            return path
        if nearest < each.start <= place.start:
            best, nearest = path, each.start
    return best


def _places(tree: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Place]]:
    """Yield the path of each key and value with its place, the deepest first."""
    inside: list[tuple[str | int, Any, tuple[Place | None, ...]]] = []
    if isinstance(tree, Map):
        inside = [(key, value, tuple(tree.places[key])) for key, value in tree.items()]
    elif isinstance(tree, Seq):
        inside = [(at, each, (tree.places[at],)) for at, each in enumerate(tree)]
    for key, value, places in inside:
        yield from _places(value, (*path, key))
        yield from (((*path, key), each) for each in places if each is not None)


def _tidied(value: Any) -> Any:
    try:
        found: dict[str, Any] = unplaced(node(_placed(value), (), None))
    except SpecError:
        return value  # which is reported when it is loaded
    found = {"type": found.pop("type"), **found}
    if isinstance(found.get("schedulers"), list):
        found["schedulers"] = [_tidied(each) for each in found["schedulers"]]
    return found


def _placed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Map({key: _placed(each) for key, each in value.items()})
    return value
