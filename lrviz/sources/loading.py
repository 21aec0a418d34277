"""From what stood on the command line to schedules."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrviz.document import Map, parse, placed
from lrviz.errors import SpecError, UsageError
from lrviz.sources.configs.origin import known, no_config
from lrviz.sources.configs.reading import ONLY_CONFIGS
from lrviz.sources.expansion import expand
from lrviz.sources.followed import Followed
from lrviz.sources.functions import of_function
from lrviz.sources.grammar import kind, reference
from lrviz.sources.kind import Origin
from lrviz.sources.logs.kind import log
from lrviz.sources.overrides import (
    Overrides,
    assumption,
    optimizer_section,
    train_section,
    with_sets,
)
from lrviz.sources.specs import of_document, of_file
from lrviz.sources.unknown import unknown
from lrviz.spec import metrics, training
from lrviz.spec import schedule as spec
from lrviz.spec.metrics import Metric
from lrviz.spec.models import Spec, validated
from lrviz.spec.schedule import Schedule
from lrviz.spec.several import SCHEDULERS
from lrviz.writing.display import Displayed

if TYPE_CHECKING:
    from lrviz.sources.logs.log import Log

MANY = 5  # labels named in a note

Source = str | os.PathLike[str] | Mapping[str, Any] | Callable[..., Any] | Schedule


@dataclass(frozen=True)
class Loaded:
    """The schedules and the logs of a command line.

    Attributes:
        schedules: In order, their labels distinct.
        logs: In order.
        origins: Of each schedule, what it was before presets were written out; None where it was
            a Schedule already.
    """

    schedules: tuple[Schedule, ...]
    logs: tuple[Log, ...] = ()
    origins: tuple[Origin | None, ...] = ()

    def without_logs(self, advice: str) -> None:
        """Refuse logs where only schedules mean something.

        Raises:
            UsageError: There is one.
        """
        if self.logs:
            raise UsageError(f"{self.logs[0].source} is a log, and no schedule; {advice}")

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed for them, each once, with the labels of those it was assumed for."""
        labels: dict[str, list[str]] = {}
        for schedule in self.schedules:
            for note in schedule.notes:
                labels.setdefault(note, []).append(schedule.label)
        read = [f"{each.source}: {each.config.said}" for each in self.schedules if each.config]
        return (*read, *(f"{_names(of)}: {note}" for note, of in labels.items()))


def load_all(sources: Sequence[Source], overrides: Overrides | None = None) -> Loaded:
    """Read every SOURCE of a command line.

    Args:
        sources: Spec files (`file.yaml#label` picks one schedule), `-` for stdin, `LABEL=SOURCE`,
            presets and classes with or without arguments, `module:callable`; from Python also
            mappings and functions.
        overrides: What the command line says for all.

    Returns:
        The schedules in order, their labels distinct, and the logs.

    Raises:
        LrvizError: A source is unknown, or a spec or a log is wrong.
    """
    overrides = overrides or Overrides()
    found: list[Schedule] = []
    origins: list[Origin | None] = []
    logs = tuple(
        log(named, overrides.x)
        for source in sources
        if isinstance(source, str) and (named := reference(source)).kind == "log"
    )
    kinds = {reference(source).kind for source in sources if isinstance(source, str)}
    facts = {key: value for each in logs for key, value in each.facts.items()}
    for source in sources:
        if isinstance(source, Schedule):
            found.append(source)
            origins.append(None)
        elif not isinstance(source, str) or reference(source).kind != "log":
            for each in origins_of(source, overrides):
                found.append(_schedule(each, _with_facts(each, overrides, facts)))
                origins.append(each)
    for option in ("after", "timeout"):
        if getattr(overrides, option) is not None and "run" not in kinds:
            raise UsageError(f"--{option}: for scripts that are run, run:SCRIPT, and none is")
    if not any(each.config for each in found):
        no_config(overrides, functions=any(each.function for each in found))
    return Loaded(tuple(_distinct(found)), logs, tuple(origins))


def load_text(text: str, file: str, overrides: Overrides | None = None) -> tuple[Schedule, ...]:
    """Return all schedules of a spec or a config as it would be with another text.

    Args:
        text: Its text.
        file: Its path, which need not have that text.
        overrides: What the command line says for all.

    Raises:
        LrvizError: It is wrong.
    """
    overrides, path = overrides or Overrides(), Path(file)
    origins = of_document(parse(text, file), (path.stem, file, path.parent), overrides)
    return tuple(_schedule(each, overrides) for each in origins)


def _with_facts(origin: Origin, overrides: Overrides, facts: Mapping[str, float]) -> Overrides:
    """Return the overrides, with the length that a log tells where nothing else does."""
    said = overrides.steps is not None or overrides.epochs is not None or "train" in origin.tree
    if said or "steps" not in facts:
        return overrides
    return replace(overrides, steps=int(facts["steps"]))


def _names(labels: list[str]) -> str:
    names = list(dict.fromkeys(labels))
    if len(names) > MANY:
        names[MANY - 1 :] = [f"{len(names) - MANY + 1} more"]
    return ", ".join(names)


class Schedules(Displayed, list[Schedule]):
    """The schedules of one source; a notebook displays them as a figure."""


def load(source: Source, **overrides: Any) -> Schedules:
    """Return the schedules of one source.

    Args:
        source: As on the command line (a path, a preset's name with or without arguments,
            `module:callable`), a mapping in the form of a spec, or a function that builds
            `(optimizer, scheduler)`.
        **overrides: Fields of `Overrides`: `steps`, `epochs`, `steps_per_epoch`, `lr`,
            `optimizer`, `interval`, `sets`, `trust`, `force`; for configs of other frameworks
            also `framework`, `dataset_size`, `world_size`, `metric`.

    Returns:
        One schedule for each curve, in a list that a notebook displays as a figure.

    Raises:
        LrvizError: There is no such source, or the spec is wrong.

    >>> [schedule.label for schedule in load("cosine", steps=100)]
    ['cosine']
    """
    return Schedules(load_all([source], Overrides(**overrides)).schedules)


def _no_source(source: object) -> UsageError:
    """Return what to say of an object that is none; a scheduler has its optimizer in it."""
    advice = "give a path, a name, a mapping or a function"
    if hasattr(source, "optimizer") and hasattr(source, "step"):
        advice = (
            "lrviz.record(optimizer, scheduler, steps=...) follows what is built already, "
            "and lrviz.plot and lrviz.explore show that"
        )
    return UsageError(f"{type(source).__name__}: no source; {advice}")


def origins_of(source: Source, overrides: Overrides) -> list[Origin]:
    """Read one SOURCE to the data of its schedules.

    Raises:
        LrvizError: It is unknown, or what stands there is wrong.
    """
    if isinstance(source, Mapping):
        return of_document(placed(source), ("schedule", "the spec given", Path()), overrides)
    if isinstance(source, os.PathLike):
        return of_file(os.fspath(source), None, overrides)
    if not isinstance(source, str):
        if isinstance(source, Schedule) or not callable(source):
            raise _no_source(source)
        name = getattr(source, "__name__", type(source).__name__)
        return [of_function(name, name, source, overrides)]
    named = reference(source)
    if not named.kind:
        raise unknown(named)
    origins = kind(named.kind).read(named, overrides)
    if named.resume:
        origins = [_resumed(each, named.resume) for each in origins]
    if named.label is None:
        return origins
    if len(origins) > 1:
        labels = ", ".join(origin.label for origin in origins)
        raise UsageError(
            f"{named.text} has several schedules; pick one: {named.text}#label of {labels}"
        )
    return [replace(origins[0], label=named.label)]


def _resumed(origin: Origin, way: str) -> Origin:
    """Return an origin as it goes on where a training is resumed in a way of its own."""
    tree = with_sets(origin.tree, [f"train.resume={way}"])
    return replace(origin, label=f"{origin.label} ({way})", tree=tree)


def _schedule(origin: Origin, overrides: Overrides) -> Schedule:
    """Finish one schedule."""
    try:
        tree = origin.tree if origin.function else expand(origin.tree)
        heard = origin.config.heard if origin.config else ()
        train, assumed_length = train_section(tree, overrides, heard, named=origin.is_named)
        value, assumed = optimizer_section(tree, overrides)
        said = validated(Spec, Map({"train": train}).over(tree))
        length = training.length(said.train, train, force=overrides.force)
        training.check_start(said.train, train, length)
        none = origin.function or (origin.beside and not any(key in tree for key in SCHEDULERS))
        members = () if none else spec.members(tree, overrides.interval)
        optimizer = spec.optimizer(value, overrides.lr)
    except SpecError as error:
        raise error.at(origin.place) from None
    notes = (
        assumption(assumed_length, {} if origin.has_optimizer else assumed),
        training.padding(said.train),
    )
    return Schedule(
        label=origin.label,
        source=origin.source,
        tree=tree,
        length=length,
        optimizer=optimizer,
        members=members,
        folder=origin.folder,
        trust=overrides.trust,
        function=origin.function,
        stepped=overrides.interval,
        metric=_metric(overrides, origin) if origin.function else None,
        start=said.train.start,
        resume=said.train.resume,
        plot=said.plot,
        table=said.table,
        check=said.check,
        title=said.title,
        summary=said.summary,
        when=said.when,
        reference=said.reference,
        notes=(*origin.notes, *filter(None, notes)),
        warnings=(*origin.warnings, *_unheard(origin, tree, overrides)),
        config=known(origin.config) if origin.config else None,
        beside=origin.beside,
    )


def _metric(overrides: Overrides, origin: Origin) -> Metric | None:
    """Return the metric that the command line says; a script that was run has had it."""
    if overrides.metric is None or isinstance(origin.function, Followed):
        return None
    file, column = metrics.named(overrides.metric)
    return Metric(file=str(Path(file).absolute()), column=column)


def _unheard(origin: Origin, tree: Map, overrides: Overrides) -> Iterator[str]:
    """Yield what the command line says, and this schedule cannot follow."""
    options = {"--optimizer": overrides.optimizer, "--lr": overrides.lr}
    said = [option for option, value in options.items() if value is not None]
    if any(each.startswith("optimizer") for each in overrides.sets):
        said.append("--set optimizer")
    if origin.has_optimizer and said:
        yield f"{', '.join(said)}: without effect, its own code says which lr and which optimizer"
    if origin.config is not None:
        for name in ONLY_CONFIGS:
            value = getattr(overrides, name)
            if value is not None and name not in origin.config.heard:
                option = f"--{name.replace('_', '-')} {value}"
                yield f"{option}: without effect, nothing in this config asks for it"
    asked = origin.config is not None and "--interval" in origin.config.comments.values()
    if overrides.interval is not None and not (asked or origin.function) and _interval_stated(tree):
        yield f"--interval {overrides.interval}: without effect, its interval is stated"


def _interval_stated(tree: Map) -> bool:
    return all("interval" in each for each in tree.get("schedulers", [tree]))


def _distinct(schedules: list[Schedule]) -> list[Schedule]:
    """Tell equal labels apart by the shortest differing part of their sources."""
    counts = Counter(schedule.label for schedule in schedules)
    result = []
    for schedule in schedules:
        if counts[schedule.label] > 1:
            same = [each.source for each in schedules if each.label == schedule.label]
            schedule = replace(schedule, label=_longer(schedule, same))
        result.append(schedule)
    seen: Counter[str] = Counter()
    for index, schedule in enumerate(result):
        seen[schedule.label] += 1
        if seen[schedule.label] > 1:
            result[index] = replace(schedule, label=f"{schedule.label} ({seen[schedule.label]})")
    return result


def _longer(schedule: Schedule, sources: list[str]) -> str:
    source = schedule.source
    if len(set(sources)) == 1:
        return schedule.label
    path = _spec_file(source)
    if path is None:
        return source
    others = [
        file.with_suffix("").parts
        for each in sources
        if each != source and (file := _spec_file(each)) is not None
    ]
    parts = path.with_suffix("").parts
    for length in range(1, len(parts) + 1):
        tail = parts[-length:]
        if all(other[-length:] != tail for other in others):
            name = "/".join(tail)
            return name if schedule.label == parts[-1] else f"{name}: {schedule.label}"
    return source


def _spec_file(source: str) -> Path | None:
    named = reference(source)
    return named.path if named.kind == "spec" else None
