"""The keys of a config as a framework reads them, and the spec that is written from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lrviz.document import Entry, KeyPath, Map, Seq, place_of, placed
from lrviz.errors import Place, SpecError, shown
from lrviz.sources.configs.framework import Converted, Facts, missing
from lrviz.sources.configs.unread import Unread
from lrviz.spec.config import Trap


@dataclass(frozen=True)
class Given:
    """A value, where it stands, and where it is from.

    Attributes:
        value: The value.
        place: Of the value in the config; the config's beginning where it is a default.
        source: What `lrviz convert` says of it: its key, or whose default it is.
        key: The config's key for it, written or not; empty for what no key says.
        stated: It stands in the config.
    """

    value: Any
    place: Place | None
    source: str
    key: str = ""
    stated: bool = False

    def to(self, value: Any, how: str = "") -> Given:
        """Return what a value comes to, where `how` it does is said behind its source."""
        return replace(self, value=value, source=f"{self.source}{how and f', {how}'}")


class Keys:
    """A mapping of a config, read key by key; a key without a value (`lr:`) is not there."""

    def __init__(self, data: Map, defaults: str, path: KeyPath = ()) -> None:
        self.data = data
        self.defaults = defaults  # whose the defaults are: "transformers 5.23"
        self.path = path

    def __contains__(self, key: str) -> bool:
        return self.data.get(key) is not None

    def place(self, key: str) -> Place | None:
        """Return where a key stands; the mapping itself where it does not."""
        return place_of(self.data, (key,), key=True)

    def name(self, key: str) -> str:
        """Return a key with those above it."""
        return ".".join(map(str, (*self.path, key)))

    def entry(self, key: str) -> Entry:
        """Return where a key and its value stand; the mapping itself where they do not."""
        return self.data.places.get(key) or Entry(self.data.place, self.data.place)

    def any(self, key: str, default: Any = None) -> Given:
        """Return what stands at a key, or the default."""
        name = self.name(key)
        if key in self:
            return Given(self.data[key], place_of(self.data, (key,)), name, name, stated=True)
        source = f"default of {self.defaults} ({name})"
        return Given(default, self.data.place, source, name)

    def number(self, key: str, default: float | None = None) -> Given:
        """Return a number, which may be written as text (`"1e-4"`): a float.

        Raises:
            SpecError: Something else stands there.
        """
        given = self.any(key, default)
        if given.value is None:
            return given
        try:
            value = given.value
            number = float(value) if not isinstance(value, bool | list | dict) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise self.wrong(key, "must be a number")
        return replace(given, value=number)

    def whole(self, key: str, default: int | None = None, *, least: int | None = None) -> Given:
        """Return a whole number (`1e4` is one) that is not below `least`: an int.

        Raises:
            SpecError: Something else stands there.
        """
        given = self.number(key, default)
        if given.value is None:
            return given
        if given.value != int(given.value):
            raise self.wrong(key, "must be a whole number")
        if least is not None and given.value < least:
            raise self.wrong(key, f"must be at least {least}")
        value = given.value if given.value != self.data.get(key) else self.data[key]
        return replace(given, value=int(value))

    def text(self, key: str, default: str | None = None) -> Given:
        """Return text.

        Raises:
            SpecError: Something else stands there.
        """
        given = self.any(key, default)
        if given.value is not None and (
            isinstance(given.value, Unread) or not isinstance(given.value, str)
        ):
            raise self.wrong(key, "must be text")
        return given

    def flag(self, key: str, *, default: bool = False) -> Given:
        """Return true or false.

        Raises:
            SpecError: Something else stands there.
        """
        given = self.any(key, default)
        if not isinstance(given.value, bool):
            raise self.wrong(key, "must be true or false")
        return given

    def inner(self, key: str) -> Keys:
        """Return the mapping at a key; an empty one where there is none.

        Raises:
            SpecError: Something else stands there.
        """
        value = self.data.get(key)
        if value is None:
            value = Map(place=self.place(key))
        if not isinstance(value, Map):
            raise self.wrong(key, "must be a mapping")
        return Keys(value, self.defaults, (*self.path, key))

    def wrong(self, key: str, what: str) -> SpecError:
        """Return the error for the value at a key."""
        value = self.data.get(key)
        if isinstance(value, Unread):
            problem = f"{self.name(key)}: {what}, and {value!s} is not known: {value.why}"
            return SpecError(problem, place_of(self.data, (key,)))
        given = "" if isinstance(value, Map | Seq) else f", not {shown(value)}"
        return SpecError(f"{self.name(key)}: {what}{given}", place_of(self.data, (key,)))


@dataclass
class Draft:
    """The spec that is written from a config.

    Attributes:
        keys: The config.
        facts: What the command line says.
        title: The framework with its version.
    """

    keys: Keys
    facts: Facts
    title: str
    tree: Map = field(default_factory=Map)
    summary: str = ""
    _comments: dict[KeyPath, str] = field(default_factory=dict)
    _keys: dict[KeyPath, str] = field(default_factory=dict)
    _assumed: list[str] = field(default_factory=list)
    _unused: list[tuple[str, str]] = field(default_factory=list)
    _traps: list[Trap] = field(default_factory=list)

    def put(self, path: str, given: Given) -> None:
        """Write a value at a path of the spec: `optimizer.lr`."""
        node, parts = self.tree, path.split(".")
        node.place = node.place or self.keys.data.place
        for part in parts[:-1]:
            if part not in node:
                node.put(part, Map(place=given.place), Entry(given.place, given.place))
            node = node[part]
        entry = Entry(given.place, given.place)
        node.put(parts[-1], placed(given.value, given.place), entry)
        self._comments[tuple(parts)] = given.source
        if given.key and given.source == given.key:  # as it stands there
            self._keys[tuple(parts)] = given.key

    def scheduler(self, name: str, at: Given, arguments: Mapping[str, Given]) -> None:
        """Write the scheduler: its name, which stands at `at`, and its arguments."""
        self.put("scheduler.type", at.to(name))
        for key, given in arguments.items():
            self.put(f"scheduler.{key}", given)

    def optimizer(self, lr: Given, name: str = "AdamW", **others: Given) -> None:
        """Write the optimizer, of which nothing but the rates matters here."""
        self.put("optimizer.type", Given(name, lr.place, "only its lr matters here"))
        self.put("optimizer.lr", lr)
        for key, given in others.items():
            self.put(f"optimizer.{key}", given)

    def said(self, option: str, value: Any) -> Given:
        """Return what an option of the command line says."""
        return Given(value, Place(option), option)

    def whole_epochs(self, epochs: Given) -> Given:
        """Return the epochs of a framework that counts whole ones: those of --epochs, if said.

        Raises:
            SpecError: --epochs is a fraction, or below 1.
        """
        said = self.facts.epochs
        if said is None:
            return epochs
        if said != int(said) or said < 1:
            problem = f"{self.title} counts whole epochs, not {said:g}; give --steps for others"
            raise SpecError(problem, Place("--epochs"))
        return self.said("--epochs", int(said))

    def world_size(self) -> Given:
        """Return the number of processes: 1 where nothing says, which is said."""
        if self.facts.world_size is not None:
            return self.said("--world-size", self.facts.world_size)
        self.assume("world size 1 assumed (--world-size)")
        return Given(1, self.keys.data.place, "assumed (--world-size)")

    def dataset_size(self, why: str, place: Place | None) -> Given:
        """Return the number of samples.

        Raises:
            SpecError: Nothing says.
        """
        if self.facts.dataset_size is None:
            raise missing("--dataset-size (or --steps)", why, place)
        return self.said("--dataset-size", self.facts.dataset_size)

    def assume(self, text: str) -> None:
        """Say that something was assumed."""
        if text not in self._assumed:
            self._assumed.append(text)

    def unused(self, keys: Keys, key: str, why: str) -> None:
        """Say why a key has no effect, where it stands in the config."""
        if key in keys:
            self._unused.append((keys.name(key), why))

    def trap(
        self, rule: str, message: str, advice: str, place: Place | None, mended: str | None = None
    ) -> None:
        """Say what the framework makes of what stands at `place`; `mended` is the better value."""
        edit = (place, mended) if place is not None and mended is not None else None
        self._traps.append(Trap(rule, message, advice, place, edit))

    def done(self) -> Converted:
        """Return what was written."""
        return Converted(
            tree=self.tree,
            comments=self._comments,
            summary=self.summary,
            assumed=tuple(self._assumed),
            unused=tuple(self._unused),
            traps=tuple(self._traps),
            title=self.title,
            keys=self._keys,
        )
