"""From what stood on the command line to what a page shows at first, and may show at all."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrviz import catalog
from lrviz.document import unplaced
from lrviz.errors import UsageError
from lrviz.explorer.document import SHARED, State, spec_text, tidy
from lrviz.sources.expansion import expand
from lrviz.sources.kind import Origin
from lrviz.sources.loading import Loaded, Source, load_all
from lrviz.sources.logs.log import Log
from lrviz.sources.overrides import Overrides, optimizer_section, train_section
from lrviz.spec.inheritance import optimizer_map
from lrviz.spec.schedule import Schedule

_OF_THE_FILE = ("title", "plot", "table")  # what stands at the top of a spec only


@dataclass(frozen=True)
class Opened:
    """What the command line named; a page reads and runs nothing else.

    Attributes:
        state: What the page shows at first.
        held: Schedules that no spec can hold, whose own code builds them, by their SOURCE.
        logs: By their SOURCE.
        files: The files that metrics are read from, resolved.
        notes: What was assumed on the way.
    """

    state: State
    held: Mapping[str, tuple[Schedule, ...]] = field(default_factory=dict)
    logs: Mapping[str, Log] = field(default_factory=dict)
    files: frozenset[Path] = frozenset()
    notes: tuple[str, ...] = ()

    def allow(self, path: Path) -> None:
        """Refuse to read a file that the command line did not name.

        Raises:
            UsageError: It is one.
        """
        if path.resolve() not in self.files:
            raise UsageError(f"{path}: not named on the command line, and a page reads no other")


def opened(sources: Sequence[Source], overrides: Overrides) -> Opened:
    """Read the SOURCEs of a command line.

    Args:
        sources: One or more; from Python also mappings, functions and Schedules.
        overrides: What the command line says for all.

    Raises:
        LrvizError: One is unknown or wrong.
    """
    return of_loaded(load_all(sources, overrides), overrides)


def of_loaded(loaded: Loaded, overrides: Overrides) -> Opened:
    """Return what SOURCEs come to that have been read."""
    held: dict[str, list[Schedule]] = {}
    curves: dict[str, dict[str, Any]] = {}
    for schedule, origin in zip(loaded.schedules, loaded.origins, strict=True):
        if origin is None or schedule.function is not None or not schedule.members:
            held.setdefault(schedule.source, []).append(schedule)
        else:
            curves[schedule.label] = _curve(origin, overrides)
    files = [
        schedule.folder / member.metric.file
        for schedule in loaded.schedules
        for member in schedule.members
        if member.metric is not None and member.metric.file is not None
    ]
    logs = {log.source: log for log in loaded.logs}
    return Opened(
        State(_document(curves), (*held, *logs)),
        {source: tuple(each) for source, each in held.items()},
        logs,
        frozenset(path.resolve() for path in files),
        loaded.notes,
    )


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
