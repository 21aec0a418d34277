"""Configs of frameworks on a page: what they come to with the facts that the page says of them."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lrviz.document import KeyPath, unplaced
from lrviz.errors import LrvizError, Place, UsageError
from lrviz.explorer.document import FILE, FromConfig, Problem, State, free, problem, read, spec_text
from lrviz.explorer.edits import Edit, edited, exchanged
from lrviz.explorer.opening import Kept, of_loaded
from lrviz.sources.arguments import read_value
from lrviz.sources.configs.framework import FactError
from lrviz.sources.loading import Loaded
from lrviz.sources.overrides import Overrides

FACTS = ("dataset_size", "steps_per_epoch", "world_size", "steps", "epochs", "framework")
"""What a page may say of a config; what else there is, the command line alone says."""

_KEPT = 40  # readings
_MOST = 1e15  # of a fact


@dataclass
class Configs:
    """The configs that pages show.

    Attributes:
        kept: By the names that pages have for them.
    """

    kept: dict[str, Kept] = field(default_factory=dict)
    _read: OrderedDict[str, Loaded | LrvizError] = field(default_factory=OrderedDict)

    def keep(self, kept: Kept) -> str:
        """Keep one, and return the name that pages have for it."""
        name = free(kept.source, self.kept)
        self.kept[name] = kept
        return name

    def overrides(self, config: FromConfig) -> Overrides:
        """Return all that is said of a config.

        Raises:
            UsageError: A fact is none, or the config is not here any more.
        """
        if config.name not in self.kept:
            raise UsageError(f"{config.name} is not here any more: load it again")
        for name, value in config.facts.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if name not in FACTS:
                raise UsageError(f"{name}: a page says no such thing of a config")
            if name == "framework" and is_number:
                raise UsageError(f"{name}: must be a name, not {value!r}")
            if name != "framework" and not (is_number and 0 < value < _MOST):
                raise UsageError(f"{name}: must be a number above 0, not {value!r}")
            if name not in ("framework", "epochs") and value != int(value):
                raise UsageError(f"{name}: must be a whole number, not {value!r}")
        facts: dict[str, Any] = {
            name: value if name in ("framework", "epochs") else int(value)
            for name, value in config.facts.items()
        }
        return replace(self.kept[config.name].overrides, **facts)

    def read(self, config: FromConfig) -> Loaded:
        """Return what a config comes to.

        Raises:
            LrvizError: A fact is missing or wrong, or the config is.
        """
        key = json.dumps([config.name, dict(config.facts)])
        found = self._read.pop(key, None)
        if found is None:
            overrides = self.overrides(config)
            try:
                found = self.kept[config.name].read(overrides)
            except LrvizError as error:
                found = error
        self._read[key] = found
        while len(self._read) > _KEPT:
            self._read.popitem(last=False)
        if isinstance(found, LrvizError):
            raise found
        return found


def changed(
    state: State, edits: Sequence[Edit], configs: Configs
) -> tuple[State, tuple[Problem, ...]]:
    """Return a state with edits in it, and what is wrong with them and with its configs.

    What a fact of a config is set to makes its curves anew.

    Raises:
        SpecError: The spec's text is none.
    """
    own = [each for each in edits if each.action != "read" and each.path[:1] != ("configs",)]
    text, problems = edited(state.spec, own)
    failed = {each.path for each in problems}
    wrong = list(problems)
    found: list[FromConfig] = []
    for config in _followed(state.configs, [each for each in edits if each.path not in failed]):
        after = config
        try:
            after = replace(config, facts=_with_facts(config, edits))
            loaded = configs.read(after)
            if after.facts != config.facts or not config.labels:
                document: dict[str, Any] = unplaced(read(text))
                other = of_loaded(loaded, configs.overrides(after)).state.spec
                labels = exchanged(document, config.labels, unplaced(read(other)))
                text, after = spec_text(document), replace(after, labels=tuple(labels))
        except LrvizError as error:
            wrong.append(problem(_blamed(error, config), error))
        found.append(after)
    return State(text, state.sources, tuple(found)), tuple(wrong)


def _blamed(error: LrvizError, config: FromConfig) -> KeyPath:
    """Return the path of the fact that an error is about."""
    named = asked(error) or (error.message.partition(":")[0],)
    fact = next((each for each in named if each in FACTS), None)
    return ("configs", config.name, fact) if fact else ("configs", config.name)


def asked(error: LrvizError) -> tuple[str, ...]:
    """Return the facts that a page may say and that an error asks for, the first thing first."""
    if not isinstance(error, FactError):
        return ()
    named = ("framework" if each == "as" else each for each in error.facts)
    return tuple(each for each in named if each in FACTS)


def _followed(configs: Sequence[FromConfig], edits: Sequence[Edit]) -> list[FromConfig]:
    """Return configs whose curves were renamed or taken out, those that were added, no others."""
    found = list(configs)
    for edit in edits:
        path = edit.path
        if edit.action == "read":
            found.append(FromConfig(edit.text))
        elif edit.action == "unset" and path[:1] == ("configs",) and len(path) == 2:
            found = [each for each in found if each.name != path[1]]
        elif edit.action in ("rename", "unset") and path[:1] == ("schedules",) and len(path) == 2:
            after = (edit.text.strip(),) if edit.action == "rename" else ()
            found = [
                replace(each, labels=_replaced(each.labels, path[1], after))
                for each in found
                if each.labels != (path[1],) or after
            ]
    return found


def _replaced(labels: tuple[str, ...], label: str | int, after: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for each in labels for name in (after if each == label else (each,)))


def _with_facts(config: FromConfig, edits: Sequence[Edit]) -> Mapping[str, Any]:
    facts = dict(config.facts)
    for edit in edits:
        if edit.path[:2] == ("configs", config.name) and len(edit.path) == 3:
            name = str(edit.path[2])
            facts.pop(name, None)
            if edit.action == "set":
                value = unplaced(read_value(edit.text, Place(FILE)))
                is_number = not isinstance(value, bool) and isinstance(value, int | float)
                # What is no number goes on as it was typed, so that it is said what is wrong.
                facts[name] = value if is_number and abs(value) < _MOST else edit.text.strip()
    return facts
