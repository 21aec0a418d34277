"""The spec of a page: its text to data and back, edits of it, and where in it an error is."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrviz import catalog
from lrviz.document import KeyPath, Map, Seq, parse, unplaced
from lrviz.errors import LrvizError, Place, SpecError, UsageError, suggestion
from lrviz.sources.arguments import read_value
from lrviz.spec import training
from lrviz.spec.inheritance import node
from lrviz.spec.models import Train, validated
from lrviz.views.text.about import example, yaml_lines

FILE = "<spec>"
"""What places in a page's spec name; no file can have that name by chance."""

SHARED = ("train", "optimizer")
"""What stands on top of a spec where its curves have the same."""

MOST_EDITS = 10_000
_OPTIONS = {
    "; if you know what it does, add --trust": ", which no page does",
    ", or --steps-per-epoch": "",
    ", or give --steps": "",
}
_WIDTH = 88
_EPOCHS = 10  # of a training that had none
_TOKENS = 1000  # an update of one that counted none


@dataclass(frozen=True)
class State:
    """What a page shows, whole: the address holds it, and the same page comes of it again.

    Attributes:
        spec: The text of the spec whose curves it has controls for; may be empty.
        sources: What it shows besides, by the SOURCE that the command line named, or the name
            that a loaded log got: functions, scripts, logs.
    """

    spec: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edit:
    """One change that a page asks for.

    Attributes:
        action: `set` a value, `unset` a key or an item, `rename` a curve, `add` a curve, `type`:
            make a scheduler or an optimizer another one, `unit`: say a length in another unit,
            `merge`: add the curves of another spec.
        path: Keys from the spec's top.
        text: The value as YAML, the new label, or the preset's or class's name.
    """

    action: str
    path: KeyPath
    text: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and which control says it: the one at `path`, or the nearest above it."""

    path: KeyPath
    message: str


def problem(path: KeyPath, error: LrvizError) -> Problem:
    """Return what an error says as a page says it, which has no option."""
    message = error.message.removeprefix(f"{FILE}: ")
    for option, instead in _OPTIONS.items():
        message = message.replace(option, instead)
    return Problem(path, message)


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


def edited(text: str, edits: Sequence[Edit]) -> tuple[str, tuple[Problem, ...]]:
    """Return the text of a spec with edits in it, and what was wrong with those that are not.

    Raises:
        SpecError: The text is no spec.
    """
    if not edits:
        return text, ()
    document: dict[str, Any] = unplaced(read(text))
    problems = []
    for each in edits[:MOST_EDITS]:
        try:
            _ACTIONS[each.action](document, each)
        except LookupError:
            problems.append(Problem(each.path, "nothing stands there that can be changed so"))
        except LrvizError as error:
            problems.append(problem(each.path, error))
    return spec_text(document), tuple(problems)


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


def path_of(tree: Any, place: Place | None) -> KeyPath | None:
    """Return the path of the key or value that stands at a place; None where none does.

    An item without a place of its own belongs to what stands last before it.
    """
    if place is None or place.file != FILE:
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


def _set(document: dict[str, Any], edit: Edit) -> None:
    value = unplaced(read_value(edit.text, Place(FILE)))
    inside = _inside(document, edit.path[:-1], create=True)
    key = edit.path[-1]
    if isinstance(inside, list) and key == len(inside):
        inside.append(value)
    else:
        _item(inside, key, missing=isinstance(inside, dict))
        inside[key] = value


def _unset(document: dict[str, Any], edit: Edit) -> None:
    inside: Any = _inside(document, edit.path[:-1])
    _item(inside, edit.path[-1])
    del inside[edit.path[-1]]


def _rename(document: dict[str, Any], edit: Edit) -> None:
    inside = _inside(document, edit.path[:-1])
    before, after = edit.path[-1], edit.text.strip()
    _item(inside, before)
    if not isinstance(inside, dict):
        raise KeyError(before)
    if not after:
        raise UsageError("a curve needs a name")
    if after in inside and after != before:
        raise UsageError(f"there is a curve {after!r} already")
    items = [(after if key == before else key, each) for key, each in inside.items()]
    inside.clear()
    inside.update(items)


def _add(document: dict[str, Any], edit: Edit) -> None:
    curves = document.setdefault("schedules", {})
    if not isinstance(curves, dict):
        raise UsageError("schedules: must be a mapping")
    found = catalog.find(edit.text)
    document.setdefault("train", {"steps": 1000})
    document.setdefault("optimizer", {"type": "SGD", "lr": 0.1, "momentum": 0.9})
    curves[_free(found.name, curves)] = _example(edit.text)


def _merge(document: dict[str, Any], edit: Edit) -> None:
    """Add the curves of another spec, each with the training and the optimizer that it has there.

    Where they are not those of the spec here, what its curves shared becomes each one's own: a
    section of a curve inherits from one on top.
    """
    other: dict[str, Any] = unplaced(read(edit.text))
    if not document.get("schedules"):
        document.clear()
        document.update(other)
        return
    curves = document["schedules"]
    added = other.get("schedules", {})
    for key in SHARED:
        if document.get(key) == other.get(key):
            continue
        for top, each in ((document, curves), (other, added)):
            value = top.pop(key, None)
            for label, curve in each.items() if value is not None else ():
                each[label] = curve if isinstance(curve, dict) else {"scheduler": curve}
                each[label].setdefault(key, copy.deepcopy(value))
    for label, curve in added.items():
        curves[_free(label, curves)] = curve


def _free(label: str, curves: Mapping[str, Any]) -> str:
    """Return a label that no curve has: this one, or this one with a number."""
    found, number = label, 1
    while found in curves:
        number += 1
        found = f"{label} {number}"
    return found


def _type(document: dict[str, Any], edit: Edit) -> None:
    """Make the scheduler at `path` another one, with what it needs beside it."""
    inside = _inside(document, edit.path[:-1])
    _item(inside, edit.path[-1])
    if edit.path[-1] == "optimizer":
        inside["optimizer"] = _optimizer(inside["optimizer"], edit.text)
        return
    new = _example(edit.text)
    inside[edit.path[-1]] = new["scheduler"]
    if isinstance(inside, dict):
        inside.pop("metric", None)
        inside.update(new)


def _optimizer(before: Any, name: str) -> dict[str, Any]:
    """Return the section of another optimizer, with what both have in common."""
    found = catalog.optimizer_class(name)
    if found is None:
        raise UsageError(f"no optimizer {name!r}{suggestion(name, catalog.optimizer_names())}")
    known = {each.name for each in found.signature}
    given = before if isinstance(before, dict) else {}
    kept = {key: each for key, each in given.items() if key in (*known, "groups")}
    if isinstance(kept.get("groups"), dict):
        known |= {"count", "lr_decay"}
        kept["groups"] = {
            label: {key: each for key, each in (group or {}).items() if key in known}
            for label, group in kept["groups"].items()
        }
    return {"type": found.name, **kept}


def _unit(document: dict[str, Any], edit: Edit) -> None:
    """Say how long a training is in `steps`, `epochs` or `tokens`, as long as it was."""
    train = _inside(document, edit.path)
    if not isinstance(train, dict):
        raise KeyError("train")
    section = Map(train)
    length = training.length(validated(Train, section), section, force=True)
    rest = {key: each for key, each in train.items() if key not in training.LENGTHS}
    said: dict[str, Any] = {"steps": length.updates}
    if edit.text == "epochs":
        each = length.updates_per_epoch or -(-length.updates // _EPOCHS)
        whole, part = divmod(length.updates, each)
        said = {"epochs": length.updates / each if part else whole}
        rest = rest if length.updates_per_epoch else {**rest, "steps_per_epoch": each}
    if edit.text == "tokens":
        tokens = length.tokens_per_update or _TOKENS
        said = {"tokens": float(tokens * length.updates), "tokens_per_update": float(tokens)}
    train.clear()
    train.update({**said, **rest, **said})


def _example(name: str) -> dict[str, Any]:
    """Return a curve of a preset without its defaults, or of a class with what it needs."""
    found = catalog.find(name)
    if isinstance(found, catalog.Preset):
        return {"scheduler": {"type": found.name}}
    return example(found)


def _inside(document: Any, path: KeyPath, *, create: bool = False) -> Any:
    """Return the mapping or list at a path; one that is a bare name becomes a mapping."""
    inside: Any = document
    for depth, key in enumerate(path):
        _item(inside, key, missing=create and isinstance(inside, dict))
        below = inside.get(key, {}) if isinstance(inside, dict) else inside[key]
        if isinstance(below, str):
            is_curve = path[0] == "schedules" and depth == 1
            below = {"scheduler" if is_curve else "type": below}
        if not isinstance(below, dict | list):
            raise KeyError(key)
        inside[key] = below
        inside = below
    return inside


def _item(inside: Any, key: str | int, *, missing: bool = False) -> None:
    """Check that a mapping has a key, or may get it, and that a list has an item.

    Raises:
        KeyError: It has not.
    """
    if isinstance(inside, list):
        if not isinstance(key, int) or not 0 <= key < len(inside):
            raise KeyError(key)
    elif not isinstance(inside, dict) or not isinstance(key, str) or not (missing or key in inside):
        raise KeyError(key)


_ACTIONS = {
    "set": _set,
    "unset": _unset,
    "rename": _rename,
    "add": _add,
    "type": _type,
    "unit": _unit,
    "merge": _merge,
}
