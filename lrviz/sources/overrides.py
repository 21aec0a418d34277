"""What the command line says for every schedule, put over what its spec says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrviz import catalog
from lrviz.document import Entry, Map, Seq, place_of
from lrviz.errors import Place, UsageError
from lrviz.sources.arguments import read_value
from lrviz.spec.inheritance import merged_optimizer, merged_train
from lrviz.spec.models import Curve, Interval
from lrviz.spec.schedule import DEFAULT_OPTIMIZER
from lrviz.spec.training import DEFAULT_STEPS


@dataclass(frozen=True)
class Overrides:
    """What the command line says for every schedule.

    Attributes:
        steps: Updates, in place of the spec's steps, epochs or tokens.
        epochs: Epochs, likewise.
        steps_per_epoch: Updates an epoch, in place of the spec's.
        lr: The optimizer's learning rate; the groups' own scale with it.
        optimizer: An optimizer's type.
        start: The update at which training is resumed, in place of the spec's.
        interval: When step() is called, where nothing says.
        sets: `key.path=value`, the value in YAML.
        trust: Import dotted paths to anything.
        force: Go on with an absurd number of updates.
        framework: `NAME[@VERSION]`, whose config a file is.
        dataset_size: Samples of the training set, for configs of frameworks.
        world_size: Processes that train on data of their own, likewise.
        metric: `FILE:COLUMN` of what a plateau scheduler sees, likewise.
        x: The column that numbers the rows of a log.
        after: Updates of a script that are looked at, for `run:`.
        timeout: Seconds that it has for them.
    """

    steps: int | None = None
    epochs: float | None = None
    steps_per_epoch: int | None = None
    start: int | None = None
    lr: float | None = None
    optimizer: str | None = None
    interval: Interval | None = None
    sets: tuple[str, ...] = ()
    trust: bool = False
    force: bool = False
    framework: str | None = None
    dataset_size: int | None = None
    world_size: int | None = None
    metric: str | None = None
    x: str | None = None
    after: int | None = None
    timeout: float | None = None


def assumption(length: bool, assumed: Mapping[str, Any]) -> str:
    """Return what was assumed and how to say otherwise, empty where nothing was.

    Args:
        length: The length of the training was assumed.
        assumed: Of the optimizer, these were.
    """
    parts = [f"{DEFAULT_STEPS:,} updates"] if length else []
    parts += [str(value) if key == "type" else f"{key} {value}" for key, value in assumed.items()]
    flags = {"--steps": length, "--optimizer": "type" in assumed, "--lr": "lr" in assumed}
    said = ", ".join(flag for flag, needed in flags.items() if needed)
    return f"{', '.join(parts)} (say otherwise with {said})" if parts else ""


def train_section(
    tree: Map, overrides: Overrides, heard: Collection[str], *, named: bool
) -> tuple[Map, bool]:
    """Return how long training is, and whether that was assumed.

    Args:
        tree: The schedule.
        overrides: What the command line says.
        heard: What of it the tree was made with, so that it is not said once more: the epochs of a
            config are not all of its training where its framework adds to them.
        named: The schedule is a name, not a spec: without a length it gets the default one.

    Raises:
        UsageError: Both --steps and --epochs are given.
    """
    train = tree["train"] if isinstance(tree.get("train"), Map) else Map()
    given = {
        key: value
        for key in ("steps", "epochs", "steps_per_epoch", "start")
        if (value := getattr(overrides, key)) is not None
    }
    if "steps" in given and "epochs" in given:
        raise UsageError("--steps and --epochs at once; keep one")
    given = {key: value for key, value in given.items() if key not in heard}
    for key in given:
        place = place_of(train, (key,)) if key in train else None
        if place is not None and place.file.startswith("--set "):
            raise UsageError(f"--{key.replace('_', '-')} and {place.file} at once; keep one")
    places = {key: Place(f"--{key.replace('_', '-')}") for key in given}
    entries = {key: Entry(place, place) for key, place in places.items()}
    train = merged_train(train, Map(given, entries))
    said = any(key in train for key in ("steps", "epochs", "tokens"))
    if named and not said:
        train = Map({"steps": DEFAULT_STEPS}).over(train)
    return train, named and not said


def optimizer_section(tree: Map, overrides: Overrides) -> tuple[Any, dict[str, Any]]:
    """Return the optimizer, and what of it was assumed: that of a name, where no type is said.

    Args:
        tree: The schedule.
        overrides: What the command line says.
    """
    said = tree.get("optimizer", Map())
    own = Map()
    if overrides.optimizer is not None:
        place = Place("--optimizer")
        name = _optimizer_class(overrides.optimizer)
        own = Map({"type": name}, {"type": Entry(place, place)}, place)
    if not isinstance(said, Map) or "type" in said:
        return (merged_optimizer(said, own) if own else said), {}
    known = own.over(said)
    there = said.place or tree.place
    default = Map(
        dict(DEFAULT_OPTIMIZER), dict.fromkeys(DEFAULT_OPTIMIZER, Entry(there, there)), there
    )
    if own or (overrides.lr is not None and not said):  # who says that much knows the rest
        return merged_optimizer(default, known), {}
    assumed = {key: value for key, value in DEFAULT_OPTIMIZER.items() if key not in known}
    return merged_optimizer(default, known), assumed


def _optimizer_class(name: str) -> str:
    """Return the name of torch's class, where it is another only in its letters' case."""
    classes = {each.lower(): each for each in catalog.optimizer_names()}
    return classes.get(name.lower(), name)


def with_sets(tree: Any, sets: Sequence[str]) -> Any:
    """Return a document with each `key.path=value` of `--set` in it.

    Raises:
        UsageError: One is not of that form, or leads to an item that a list does not have.
    """
    for each in sets:
        path, equals, text = each.partition("=")
        place = Place(f"--set {each}")
        keys = path.split(".")
        if not equals or not all(keys):
            raise UsageError(f"--set {each}: write key.path=value, as in optimizer.lr=0.3")
        tree = _put(tree, keys, read_value(text, place), place)
    return tree


def _put(tree: Any, keys: list[str], value: Any, place: Place) -> Any:
    """Return `tree` with `value` at `keys`; what is on the way is copied, never changed."""
    if not keys:
        return value
    key = keys[0]
    if isinstance(tree, Seq):
        if not re.fullmatch("[0-9]{1,9}", key) or int(key) >= len(tree):
            raise UsageError(f"{place}: {key!r} is no index of a list of {len(tree)}")
        items = list(tree)
        items[int(key)] = _put(items[int(key)], keys[1:], value, place)
        return Seq(items, tree.places, tree.place)
    if isinstance(tree, str):  # `scheduler: cosine`, or `label: cosine`, written short
        tree = Map({"scheduler" if key in Curve.model_fields else "type": tree})
    if not isinstance(tree, Map):
        tree = Map(place=place)
    result = tree.without()
    known = tree.places.get(key, Entry(place, place))
    below = tree.get(key)
    result.put(key, _put(below, keys[1:], value, place), Entry(known.key, place))
    return result
