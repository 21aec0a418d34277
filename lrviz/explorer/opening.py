"""From what stood on the command line to what a page shows at first, and may show at all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from lrviz import catalog
from lrviz.curves.trace import Trace
from lrviz.document import Map, unplaced
from lrviz.errors import LrvizError, UsageError
from lrviz.explorer.document import SHARED, FromConfig, State, free, read, spec_text, tidy
from lrviz.files import guarded
from lrviz.sources.expansion import expand
from lrviz.sources.grammar import reference
from lrviz.sources.kind import Origin
from lrviz.sources.loading import Loaded, Source, load_all
from lrviz.sources.logs.log import Log
from lrviz.sources.overrides import Overrides, optimizer_section, train_section
from lrviz.spec.inheritance import optimizer_map
from lrviz.spec.schedule import OptimizerSpec, Schedule

_OF_THE_FILE = ("title", "plot", "table")  # what stands at the top of a spec only
_WHAT = ("length", "members", "start", "resume")  # which a curve's values depend on


@dataclass(frozen=True)
class Kept:
    """A framework's config, which is read again where a page says more of its training.

    Attributes:
        source: As a command line names it.
        overrides: What is said of it anyhow.
        read: Reads it.
    """

    source: str
    overrides: Overrides
    read: Callable[[Overrides], Loaded]


@dataclass(frozen=True)
class Opened:
    """What the command line named; a page reads and runs nothing else.

    Attributes:
        state: What the page shows at first.
        held: Schedules that no spec can hold, whose own code builds them, by their SOURCE.
        logs: By their SOURCE.
        traces: By the names that the page has for them; from Python only.
        configs: Those of frameworks, by their SOURCE.
        read: The schedules that curves of the page's spec are at first, by their labels.
        files: The files that metrics are read from, resolved.
        notes: What was assumed on the way.
    """

    state: State
    held: Mapping[str, tuple[Schedule, ...]] = field(default_factory=dict)
    logs: Mapping[str, Log] = field(default_factory=dict)
    traces: Mapping[str, Trace] = field(default_factory=dict)
    configs: Mapping[str, Kept] = field(default_factory=dict)
    read: Mapping[str, Schedule] = field(default_factory=dict)
    files: frozenset[Path] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def unnamed(self) -> frozenset[str]:
        """Those of the page's sources that no command line can name: what Python gave."""
        return frozenset((*self.traces, *(each for each in self.held if not reference(each).kind)))

    def allow(self, path: Path) -> None:
        """Refuse to read a file that the command line did not name.

        Raises:
            UsageError: It is one.
        """
        if path.resolve() not in self.files:
            raise UsageError(f"{path}: not named on the command line, and a page reads no other")


def opened(sources: Sequence[Source | Trace], overrides: Overrides) -> Opened:
    """Read the SOURCEs of a command line.

    Args:
        sources: One or more; from Python also mappings, functions, Schedules and Traces.
        overrides: What the command line says for all.

    Raises:
        LrvizError: One is unknown or wrong.
    """
    plans = [each for each in sources if not isinstance(each, Trace)]
    found = of_loaded(load_all(plans, overrides) if plans else Loaded(()), overrides)
    names = list(unplaced(read(found.state.spec)).get("schedules", ()))
    traces: dict[str, Trace] = {}
    for each in sources:
        if isinstance(each, Trace):
            label = free(each.label, names)
            traces[f"trace {label}"] = replace(each, label=label)
            names.append(label)
    state = replace(found.state, sources=(*found.state.sources, *traces))
    return replace(found, state=state, traces=traces)


def of_loaded(loaded: Loaded, overrides: Overrides) -> Opened:
    """Return what SOURCEs come to that have been read."""
    held: dict[str, list[Schedule]] = {}
    curves: dict[str, dict[str, Any]] = {}
    for schedule, origin in zip(loaded.schedules, loaded.origins, strict=True):
        curve = _written(schedule) if origin is None else None
        if origin is not None and schedule.function is None and schedule.members:
            curve = _curve(origin, overrides)
        if curve is not None:
            curves[schedule.label] = curve
        else:  # those of one function come and go together, and each Schedule by itself
            name = f"schedule {schedule.label}" if origin is None else schedule.source
            held.setdefault(name, []).append(schedule)
    files = [
        schedule.folder / member.metric.file
        for schedule in loaded.schedules
        for member in schedule.members
        if member.metric is not None and member.metric.file is not None
    ]
    logs = {log.source: log for log in loaded.logs}
    labels: dict[str, list[str]] = {}
    for schedule in loaded.schedules:
        if schedule.config is not None and schedule.label in curves:
            labels.setdefault(schedule.source, []).append(schedule.label)
    configs = tuple(FromConfig(name, {}, tuple(each)) for name, each in labels.items())
    return Opened(
        State(_document(curves), (*held, *logs), configs),
        {source: tuple(each) for source, each in held.items()},
        logs,
        {},
        {name: Kept(name, overrides, partial(_again, name)) for name in labels},
        {each.label: each for each in loaded.schedules if each.label in curves},
        frozenset(path.resolve() for path in files),
        loaded.notes,
    )


def _again(source: str, overrides: Overrides) -> Loaded:
    with guarded(lambda _: None):  # the command line named it, and so what it names
        return load_all([source], overrides)


def _document(curves: Mapping[str, dict[str, Any]]) -> str:
    """Return curves as the text of one spec: what all of them have in common stands on top."""
    if not curves:
        return ""
    trees = [dict(each) for each in curves.values()]
    document: dict[str, Any] = {}
    for key in _OF_THE_FILE:
        said = [each.pop(key) for each in trees if key in each]
        if said and len(said) == len(trees) and all(each == said[0] for each in said):
            document[key] = said[0]
    for key in SHARED:
        if all(key in each and each[key] == trees[0][key] for each in trees):
            document[key] = trees[0][key]
            for each in trees:
                del each[key]
    document["schedules"] = dict(zip(curves, trees, strict=True))
    return spec_text(document)


def _curve(origin: Origin, overrides: Overrides) -> dict[str, Any]:
    """Return a curve with what the command line says of it in it, and what was assumed."""
    heard = origin.config.heard if origin.config else ()
    expanded = expand(origin.tree)
    written = origin.tree
    if overrides.interval is not None and "schedulers" in expanded:
        written = expanded  # whose members alone can say it
    tree: dict[str, Any] = unplaced(written.without("optimizers"))
    train, _ = train_section(expanded, overrides, heard, named=origin.is_named)
    tree["train"] = unplaced(train)
    tree["optimizer"] = _scaled(optimizer_section(expanded, overrides)[0], overrides.lr)
    members = tree["schedulers"] if "schedulers" in expanded and "schedulers" in tree else [tree]
    if overrides.interval is not None and ("schedulers" in tree or "interval" not in expanded):
        for each in members:
            each.setdefault("interval", overrides.interval)
    for each in (tree, *(m for m in tree.get("schedulers", ()) if isinstance(m, dict))):
        metric = each.get("metric")
        if isinstance(metric, dict) and isinstance(metric.get("file"), str):
            each["metric"] = {**metric, "file": str(origin.folder / metric["file"])}
    tidy(tree)
    return tree


def same(one: Schedule, other: Schedule) -> bool:
    """Tell whether two schedules are one curve, whatever it is called."""
    return all(getattr(one, name) == getattr(other, name) for name in _WHAT) and (
        _at_its_lr(one.optimizer) == _at_its_lr(other.optimizer)
    )


def _at_its_lr(optimizer: OptimizerSpec) -> OptimizerSpec:
    """Return an optimizer of one group with the lr that the command line says as its own."""
    if optimizer.lr is None or len(optimizer.groups) > 1 or optimizer.groups[0].options:
        return optimizer
    options = Map({**optimizer.options, "lr": optimizer.lr})
    return replace(optimizer, options=options, lr=None)


def _written(schedule: Schedule) -> dict[str, Any] | None:
    """Return a Schedule that Python gave as a curve of a spec; None where none says the same."""
    length, optimizer = schedule.length, _at_its_lr(schedule.optimizer)
    if schedule.function is not None or any(
        each.metric is not None and each.metric.file is not None for each in schedule.members
    ):
        return None
    tree: dict[str, Any] = unplaced(schedule.tree)
    train = {"steps": length.updates, "steps_per_epoch": length.updates_per_epoch}
    timed = {**tree, "train": {key: each for key, each in train.items() if each is not None}}
    said = {"type": optimizer.type, **optimizer.options}
    for curve in (tree, timed, {**timed, "optimizer": said}):
        try:
            [found] = load_all([curve]).schedules
        except (LrvizError, ValueError):
            continue
        if same(found, schedule):
            tidy(curve)
            return curve
    return None


def _scaled(value: Any, lr: float | None) -> Any:
    """Return an optimizer's section at another lr, with which those of its groups scale."""
    section: dict[str, Any] = unplaced(optimizer_map(value))
    if lr is None:
        return section
    before = section.get("lr", _default_lr(str(section.get("type", "SGD"))))
    scale = lr / before if isinstance(before, int | float) and before else 1.0
    groups = section.get("groups") or {}
    for each in groups.values():
        if isinstance(each, dict) and isinstance(each.get("lr"), int | float):
            each["lr"] = each["lr"] * scale
    rest = {key: each for key, each in section.items() if key not in ("type", "lr")}
    return {"type": section.get("type", "SGD"), "lr": lr, **rest}


def _default_lr(name: str) -> Any:
    """Return the lr of an optimizer of torch's where none is given."""
    known = catalog.optimizer_class(name)
    defaults = {each.name: each.default for each in known.signature} if known else {}
    return ast.literal_eval(defaults.get("lr") or "None")
