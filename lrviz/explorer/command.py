"""What a page shows to the `lrviz` command that shows it too."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from lrviz import catalog
from lrviz.document import unplaced
from lrviz.errors import LrvizError
from lrviz.explorer.answering import Answer, Answers
from lrviz.explorer.configs import Configs
from lrviz.explorer.document import State, read
from lrviz.explorer.opening import opened
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import DEFAULT_OPTIMIZER
from lrviz.views.text.about import flow

SAVED = "explored.yaml"
"""What a saved spec is called."""

_LENGTH = ("steps", "epochs", "steps_per_epoch", "start")


def command(state: State, answer: Answer, answers: Answers) -> str:
    """Return the command line that shows a page's curves.

    Where names and options can say it all, that is one that opens as this very page, which is
    tried, or names the configs that the curves are from; else it names the file that the page's
    "save spec" writes. What Python gave, no command line can name.
    """
    said = _said(state) or _configs(state, answer, answers.configs)
    sources = said[0] if said else [SAVED] if answer.tree.get("schedules") else []
    unnamed = answers.opened.unnamed
    words = [*sources, *(each for each in state.sources if each not in unnamed)]
    if not words:
        return "# nothing that a command line can name"
    verb = "compare" if len(sources) > 1 and len(words) == len(sources) else "plot"
    options = [each for option in (said[1] if said else ()) for each in option]
    return shlex.join(["lrviz", verb, *words, *options])


def _said(state: State) -> tuple[list[str], list[tuple[str, str]]] | None:
    """Return SOURCEs and options that open as this page's spec; None where none do."""
    try:
        document = unplaced(read(state.spec))
        sources = [_source(label, curve) for label, curve in document["schedules"].items()]
        options = [*_train(document["train"]), *_optimizer(document["optimizer"])]
        intervals = {curve.get("interval") for curve in document["schedules"].values()}
        if intervals != {None}:
            [interval] = intervals
            options.append(("--interval", interval))
        there = opened(sources, _overrides(options)).state
        same = unplaced(read(there.spec)) == document
    except (LrvizError, LookupError, ValueError, TypeError, AttributeError):
        return None  # a spec that is wrong, or says what no option does
    return (sources, options) if same else None


def _configs(
    state: State, answer: Answer, known: Configs
) -> tuple[list[str], list[tuple[str, str]]] | None:
    """Return configs and what is said of them; None where that is not all of the page."""
    labels = [label for config in state.configs for label in config.labels]
    if labels != [each.label for each in answer.schedules if each.function is None]:
        return None
    if not labels or not set(labels) <= set(answer.as_read):
        return None
    configs = [config for config in state.configs if config.labels]
    said = [list(_options(known.overrides(config))) for config in configs]
    sources = []
    for config in configs:
        name, before = known.kept[config.name].source, known.read(config).schedules
        if [each.label for each in before] != list(config.labels):
            if len(before) > 1:
                return None  # curves of one file get no other names
            name = f"{config.labels[0]}={name}"
        sources.append(name)
    return (sources, said[0]) if all(each == said[0] for each in said) else None


def _options(overrides: Overrides) -> Iterator[tuple[str, str]]:
    names = {"framework": "as"}
    for each in fields(overrides):
        value = getattr(overrides, each.name)
        if each.name == "sets":
            yield from (("--set", text) for text in value)
        elif value is not None and not isinstance(value, bool):
            yield f"--{names.get(each.name, each.name).replace('_', '-')}", flow(value)


def _source(label: str, curve: dict[str, Any]) -> str:
    node = curve["scheduler"]
    if curve.keys() - {"scheduler", "interval"} or node["type"] not in catalog.names():
        raise ValueError
    given = ",".join(f"{key}={flow(each)}" for key, each in node.items() if key != "type")
    source = f"{node['type']}:{given}" if given else str(node["type"])
    return source if label == node["type"] else f"{label}={source}"


def _train(train: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in _LENGTH:
        if key in train:
            yield f"--{key.replace('_', '-')}", flow(train[key])


def _optimizer(optimizer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    known = dict(DEFAULT_OPTIMIZER) if optimizer["type"] == DEFAULT_OPTIMIZER["type"] else {}
    if not known:
        yield "--optimizer", optimizer["type"]
    if optimizer.get("lr") != known.get("lr"):
        yield "--lr", flow(optimizer["lr"])
    for key, value in optimizer.items():
        if key not in ("type", "lr") and value != known.get(key):
            yield "--set", f"optimizer.{key}={flow(value)}"


def _overrides(options: list[tuple[str, str]]) -> Overrides:
    given = dict(options)
    numbers: dict[str, type] = dict.fromkeys(("--steps", "--steps-per-epoch", "--start"), int)
    numbers |= dict.fromkeys(("--epochs", "--lr"), float)
    values: dict[str, Any] = {
        name.removeprefix("--").replace("-", "_"): numbers.get(name, str)(text)
        for name, text in given.items()
        if name != "--set"
    }
    return Overrides(**values, sets=tuple(text for name, text in options if name == "--set"))
