"""A page's edits of its spec, one after the other: the text of a spec in, another one out."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lrviz import catalog
from lrviz.document import KeyPath, Map, unplaced
from lrviz.errors import LrvizError, Place, UsageError, suggestion
from lrviz.explorer.document import FILE, SHARED, Problem, free, problem, read, spec_text
from lrviz.sources.arguments import read_value
from lrviz.spec import training
from lrviz.spec.models import Train, validated
from lrviz.views.text.about import example

MOST_EDITS = 10_000
_EPOCHS = 10  # of a training that had none
_TOKENS = 1000  # an update of one that counted none


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
    curves[free(found.name, curves)] = _example(edit.text)


def _merge(document: dict[str, Any], edit: Edit) -> None:
    merged(document, unplaced(read(edit.text)))


def merged(document: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Add the curves of another spec, each with the training and the optimizer that it has there.

    Where they are not those of the spec here, what its curves shared becomes each one's own: a
    section of a curve inherits from one on top.

    Returns:
        The labels that they got.
    """
    added = other.get("schedules", {})
    if not all(isinstance(each, dict) for each in (added, document.get("schedules") or {})):
        raise UsageError("schedules: must be a mapping")
    if not document.get("schedules"):
        document.clear()
        document.update(other)
        return list(added)
    curves = document["schedules"]
    for key in SHARED:
        if document.get(key) == other.get(key):
            continue
        for top, each in ((document, curves), (other, added)):
            value = top.pop(key, None)
            for label, curve in each.items() if value is not None else ():
                each[label] = curve if isinstance(curve, dict) else {"scheduler": curve}
                each[label].setdefault(key, copy.deepcopy(value))
    labels = []
    for label, curve in added.items():
        labels.append(free(label, curves))
        curves[labels[-1]] = curve
    return labels


def exchanged(document: dict[str, Any], labels: Sequence[str], other: dict[str, Any]) -> list[str]:
    """Put the curves of another spec in the place of some, and return the labels that they got."""
    before = document.get("schedules") or {}
    if not isinstance(before, dict):
        raise UsageError("schedules: must be a mapping")
    order = [label for label in before if label not in labels]
    at = next((at for at, label in enumerate(before) if label in labels), len(order))
    for label in labels:
        before.pop(label, None)
    found = merged(document, other)
    curves = document["schedules"]
    names = list(labels) if len(found) == len(labels) else found
    made = dict(zip(names, [curves[label] for label in found], strict=True))
    kept = {label: curves[label] for label in order}
    curves.clear()
    for label in (*order[:at], *names, *order[at:]):
        curves[label] = kept[label] if label in kept else made[label]
    return names


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
