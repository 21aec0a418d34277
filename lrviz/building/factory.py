"""From a schedule to real PyTorch objects: the optimizer, and the schedulers on it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from torch.optim import Optimizer

from lrviz.building import signatures, unheard
from lrviz.building.built import Built, BuiltScheduler, Part
from lrviz.building.calls import takes_metric, with_epochs, with_values
from lrviz.building.functions import build_function
from lrviz.building.imports import import_scheduler, torch_scheduler
from lrviz.building.named import lambda_lr
from lrviz.building.optimizers import build_optimizer
from lrviz.building.rates import own_rate
from lrviz.building.several import Several
from lrviz.building.signatures import Signature
from lrviz.building.values import Phase, resolved
from lrviz.document import KeyPath, Map, Seq, place_of
from lrviz.errors import LrvizError, Place, ScheduleError, SpecError, UsageError, words
from lrviz.shapes import frameworks
from lrviz.spec import durations
from lrviz.spec.cadence import Cadence
from lrviz.spec.inheritance import node
from lrviz.spec.schedule import MemberSpec, Schedule

_ADVICE = {
    "with `cycle_momentum` option": "add cycle_momentum: false, or take an optimizer with momentum",
    "define either total_steps OR": "add total_steps: 100%",
    "does not support `ReduceLROnPlateau`": "list both under the schedule's own `schedulers:`, "
    "with `end:` and `begin:`",
    "division by zero": "a count or a divisor is 0, or a phase has no length (pct_start * "
    "total_steps is 1)",
}


def build_schedule(schedule: Schedule, optimizer: Optimizer | None = None) -> Built:
    """Build the real objects of a schedule.

    Args:
        schedule: What to build.
        optimizer: Your own, to train with, which needs no metric in the spec; None for a dummy
            one of the spec's class.

    Returns:
        The optimizer and its schedulers, before the first update.

    Raises:
        SpecError: An argument is unknown, missing, or of the wrong kind.
        ScheduleError: torch refuses what it is given.
    """
    if schedule.function is not None:
        return build_function(schedule, optimizer or build_optimizer(schedule))
    real = optimizer is not None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        optimizer = optimizer or build_optimizer(schedule)
        lrs = tuple(float(group["lr"]) for group in optimizer.param_groups)
        phases, built = [], []
        for index, member in enumerate(schedule.members):
            phase, scheduler = _member(schedule, index, optimizer, lrs)
            phases.append(phase)
            known = not real or member.metric is not None
            built.append(_with_metric(schedule, member, scheduler) if known else scheduler)
    if schedule.members and not real:
        _metric_is_seen(schedule, built)
    notes = [note for phase in phases for note in phase.notes]
    notes += [] if real else unheard.of_lr(schedule, optimizer, lrs)
    notes += [str(each.message) for each in caught]
    names = tuple(group.name for group in schedule.optimizer.groups)
    if len(names) != len(optimizer.param_groups):
        names = tuple(str(index) for index in range(len(optimizer.param_groups)))
    return Built(
        label=schedule.label,
        source=schedule.source,
        optimizer=optimizer,
        schedulers=tuple(built),
        length=schedule.length,
        groups=names,
        own=not real
        and all(phase.own for phase in phases)
        and not any(each.argument for each in built),
        warnings=tuple(dict.fromkeys((*schedule.warnings, *notes))),
        notes=unheard.of_scheduler(built, schedule.label, schedule.beside),
        parts=tuple(part for phase in phases for part in phase.parts),
        rate=None if real else own_rate(optimizer),
    )


def build_each(schedule: Schedule) -> list[tuple[Schedule, Built]]:
    """Build a schedule, or one for each optimizer where its function returns several.

    Raises:
        LrvizError: As for `build_schedule`.
    """
    try:
        return [(schedule, build_schedule(schedule))]
    except Several as several:
        return [(each, build_schedule(each)) for each in several.schedules]


def _member(
    schedule: Schedule, index: int, optimizer: Optimizer, lrs: tuple[float, ...]
) -> tuple[Phase, BuiltScheduler]:
    member, length = schedule.members[index], schedule.length
    unit = _unit(schedule, member)
    begin = _moment(schedule, member, "begin", unit) or 0
    end = _moment(schedule, member, "end", unit)
    cadence = Cadence(member.interval, member.frequency, begin, end)
    phase = Phase(
        schedule=schedule,
        optimizer=optimizer,
        lrs=lrs,
        per_call=Fraction(cadence.per_count(length)),
        total=max(1, cadence.counts(length)),
        start=cadence.missed,
        member=index,
    )
    scheduler = _scheduler(phase, member.node, member.path)
    if not member.interval_stated and _looks_like_epochs(phase):
        shown = "; ".join(f"{key} {', '.join(map(str, v))}" for key, v in phase.counts.items())
        phase.notes.append(
            f"stepped per update: {shown} {'are' if ',' in shown else 'is in'} updates; "
            "did you mean interval: epoch?"
        )
    try:
        return phase, with_epochs(BuiltScheduler(scheduler, cadence), length)
    except UsageError as error:
        raise SpecError(error.message, schedule.at(*member.path[:-1], "interval")) from None


def _unit(schedule: Schedule, member: MemberSpec) -> Fraction:
    """Return the updates of one unit of the interval."""
    length = schedule.length
    path = (*member.path[:-1], "interval")
    if member.interval != "step" and length.updates_per_epoch is None:
        raise SpecError(
            f"interval: {member.interval}, and how long an epoch is is not known; add "
            "`steps_per_epoch:` (or dataset_size and batch_size) to `train:`, "
            "or --steps-per-epoch",
            schedule.at(*path),
        )
    if member.interval == "epoch":
        return Fraction(length.unit("epoch"))
    if length.epochs_only and "interval" in _at(schedule.tree, member.path[:-1]):
        raise SpecError(
            f"interval: {member.interval}, and how many updates an epoch has is not known; add "
            "`steps_per_epoch:` to `train:`, or --steps-per-epoch",
            schedule.at(*path),
        )
    return Fraction(1)


def _at(tree: Any, path: KeyPath) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _moment(schedule: Schedule, member: MemberSpec, name: str, unit: Fraction) -> int | None:
    value = getattr(member, name)
    if not isinstance(value, str):
        return value if value is None else int(value)
    place = schedule.at(*member.path[:-1], name)
    duration = durations.parse(value)
    if duration is None:
        problem = f"{value!r} is no duration: {durations.EXAMPLES}"
        raise SpecError(problem).at(place, (*member.path[:-1], name))
    try:
        return round(duration.updates(schedule.length) / unit)
    except SpecError as error:
        raise error.at(place, (*member.path[:-1], name)) from None


def _looks_like_epochs(phase: Phase) -> bool:
    length = phase.schedule.length
    per_epoch = length.unit("epoch")
    counts = [each for values in phase.counts.values() for each in values]
    return per_epoch > 1 and bool(counts) and max(counts) * per_epoch <= length.updates


def _scheduler(phase: Phase, data: Map, path: KeyPath) -> Any:
    """Build one scheduler, its members first, as one would write it by hand."""
    schedule = phase.schedule
    here = schedule.at(*path, "type") or schedule.at(*path)
    try:
        target = _target(phase, data["type"])
        known = signatures.signature(target, skip=_first(target))
        inner: list[Part] = []
        arguments = _arguments(phase, data, path, known, inner)
        known.complete(arguments)
    except SpecError as error:
        raise error.at(here) from None
    phase.parts.append(_part(phase, path, known, arguments, tuple(inner)))
    try:
        if "optimizer" in inspect.signature(target).parameters:
            return target(optimizer=phase.optimizer, **arguments)
        return target(phase.optimizer, **arguments)
    except LrvizError as error:  # an expression without a value at step 0
        raise error.at(here, path) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a constructor may raise: torch's, or a user's own
        said = words(error)
        advice = "".join(f"; {text}" for key, text in _ADVICE.items() if key in said)
        said = said.removesuffix(".")
        raise ScheduleError(f"{known.name} refuses its arguments: {said}{advice}", here) from error


def _part(
    phase: Phase,
    path: KeyPath,
    known: Signature,
    arguments: Mapping[str, Any],
    inner: tuple[Part, ...],
) -> Part:
    given = {key: value for key, value in arguments.items() if key != "schedulers"}
    parameters = known.parameters.values()
    rest = {
        each.name: each.default
        for each in parameters
        if each.name not in (*arguments, "last_epoch") and not each.required
    }
    return Part(
        known.name, path, given, rest, phase.start, phase.total, phase.per_call, phase.member, inner
    )


def _first(target: Callable[..., Any]) -> tuple[str, ...]:
    names = list(inspect.signature(target).parameters)
    return ("optimizer",) if "optimizer" in names else tuple(names[:1])


def _target(phase: Phase, name: str) -> Callable[..., Any]:
    if "." not in name:
        return torch_scheduler(name)
    shape = frameworks.find(name)
    if shape is not None:
        return lambda_lr(name, shape)
    target = import_scheduler(name, trust=phase.schedule.trust)
    module = getattr(target, "__module__", "")
    if not module.startswith("torch.optim.") or not isinstance(target, type):
        phase.own = False
    return target


def _arguments(
    phase: Phase, data: Map, path: KeyPath, known: Signature, inner: list[Part]
) -> dict[str, Any]:
    """Return the arguments resolved; the parts of the members among them go to `inner`."""
    result: dict[str, Any] = {}
    names = [name for name in data if name != "type"]
    # The members' phases begin at the milestones, which are read first.
    for name in sorted(names, key=lambda each: each == "schedulers"):
        where: KeyPath = (*path, name)
        place = place_of(data, (name,)) or phase.schedule.at(*where)
        try:
            parameter = known.known(name)
            if name == "last_epoch":
                raise SpecError(
                    "last_epoch resumes nothing without the optimizer's state; leave it out "
                    "(lrviz.record follows a scheduler in mid-training)"
                )
            if name == "schedulers":
                milestones = result.get("milestones")
                result[name] = _members(phase, data[name], where, milestones, inner)
            else:
                result[name] = resolved(phase, name, data[name], parameter)
        except SpecError as error:
            key = place_of(data, (name,), key=True) if name not in known.parameters else None
            raise error.at(key or place, where) from None
    return {name: result[name] for name in names}


def _members(
    phase: Phase, items: Any, path: KeyPath, milestones: Any, inner: list[Part]
) -> list[Any]:
    if not isinstance(items, Seq):
        raise SpecError("schedulers must be a list of schedulers")
    bounds = [0, *milestones] if isinstance(milestones, list) else [0] * len(items)
    built = []
    for index, item in enumerate(items):
        begin = bounds[index] if index < len(bounds) else 0
        sequential = isinstance(milestones, list)
        end = bounds[index + 1] if sequential and index + 1 < len(bounds) else phase.total
        start, calls = phase.start + begin, max(1, end - begin)
        within = replace(phase, start=start, total=calls, parts=inner)
        where: KeyPath = (*path, index)
        place = items.places[index]
        try:
            built.append(_scheduler(within, node(item, where, place), where))
        except SpecError as error:
            raise error.at(place) from None
        phase.own = phase.own and within.own
    return built


def _with_metric(schedule: Schedule, member: MemberSpec, built: BuiltScheduler) -> BuiltScheduler:
    """Read the metric's values where the scheduler's step() requires one."""
    place = schedule.at(*member.path[:-1], "metric") or schedule.at("metric")
    here = schedule.at(*member.path, "type") or schedule.at(*member.path)
    name = type(built.scheduler).__name__
    if not takes_metric(built.scheduler):
        return built
    if member.metric is None:
        raise SpecError(
            f"{name} needs a metric to step on; add `metric: {{values: [...]}}`, "
            "`metric: {file: val.csv, column: val_loss}` or `metric: {curve: ...}`",
            here,
        )
    try:
        return with_values(built, member.metric, schedule.length, schedule.folder)
    except LrvizError as error:
        raise error.at(place) from None


def _metric_is_seen(schedule: Schedule, built: list[BuiltScheduler]) -> None:
    place: Place | None = None
    for member, each in zip(schedule.members, built, strict=True):
        if member.metric is not None and each.metric is None:
            place = schedule.at(*member.path[:-1], "metric", key=True)
            if "metric" in _at(schedule.tree, member.path[:-1]):
                name = type(each.scheduler).__name__
                raise SpecError(f"metric: {name} looks at none; take it out", place)
    looking = [
        member.path
        for member, each in zip(schedule.members, built, strict=True)
        if each.metric is not None
    ]
    alone = all(len(path) > 1 and "metric" in _at(schedule.tree, path[:-1]) for path in looking)
    if "metric" in schedule.tree and alone:
        place = schedule.at("metric", key=True)
        who = "each scheduler here that looks at one has its own" if looking else ""
        raise SpecError(f"metric: {who or 'no scheduler here looks at one'}; take it out", place)
