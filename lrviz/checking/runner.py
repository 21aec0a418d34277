"""What the rules find in schedules, less what has the same cause and what a spec ignores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrviz.checking import rules
from lrviz.checking.edit import Edit
from lrviz.checking.rule import SEVERITIES, Fault, Rule, Severity
from lrviz.checking.subject import Subject
from lrviz.checking.worded import worded
from lrviz.curves.trace import Trace
from lrviz.document import read_text
from lrviz.errors import LrvizError, Place, SpecError
from lrviz.spec.schedule import Schedule

if TYPE_CHECKING:
    from lrviz.building.built import Built

UNUSED_IGNORE = "LRV009"


@dataclass(frozen=True)
class Finding:
    """What a rule found in one curve.

    Attributes:
        code: The rule's.
        name: The rule's slug.
        severity: `error`, `warning` or `info`.
        message: What is wrong, with this run's numbers.
        advice: What to write instead.
        place: The key at fault; line 0 for what has no lines.
        label: The curve's name.
        update: The update (0-based) at which the curve shows it, or None.
        edits: What `--fix` writes; none where no one value mends it.
        reason: Why the spec ignores it; None where it does not.
        groups: Names of the param groups that it is about; empty for all.
    """

    code: str
    name: str
    severity: Severity
    message: str
    advice: str
    place: Place
    label: str
    update: int | None = None
    edits: tuple[Edit, ...] = ()
    reason: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """Which rules are run, by code, prefix of a code, or slug; none in `select` means all.

    Attributes:
        select: These only.
        ignore: Less these.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules.

        Raises:
            UsageError: A name is no rule's.
        """
        chosen = {rule for name in self.select for rule in rules.named(name)} or set(rules.RULES)
        left = chosen - {rule for name in self.ignore for rule in rules.named(name)}
        return tuple(rule for rule in rules.RULES if rule in left)


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes:
        findings: By place.
        ignored: Those that the spec ignores, each with its reason.
        curves: How many curves were looked at.
        tracebacks: Of what schedulers raised in mid-run.
        notes: What no rule finds and is to be known of a run, each with its curve's name.
    """

    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    curves: int
    tracebacks: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings that are as severe or more."""
        least = SEVERITIES.index(severity)
        return tuple(each for each in self.findings if SEVERITIES.index(each.severity) >= least)


def check(
    schedules: Sequence[Schedule],
    selection: Selection | None = None,
    on_progress: Callable[[int], None] | None = None,
    traces: Sequence[Trace] | None = None,
) -> Report:
    """Simulate schedules and look at each with the rules.

    Args:
        schedules: What to look at; those of one file together, so that an ignore for the file is
            reported as unused only if none of them needs it.
        selection: Which rules; None for all.
        on_progress: Called with the number of updates done, of all schedules.
        traces: What the simulation of each gave, where that has been done.

    Returns:
        The report.

    Raises:
        LrvizError: A schedule cannot be built, an ignore names no rule, or a name of `selection`
            does not.
    """
    chosen = (selection or Selection()).rules()
    texts = _Texts()
    found: list[Finding] = []
    ignores = _Ignores(chosen)
    tracebacks: list[str] = []
    done = 0
    given: Sequence[Trace | None] = traces or [None] * len(schedules)
    notes: list[tuple[str, str]] = []
    curves = 0
    for schedule, trace in zip(schedules, given, strict=True):
        ignores.add(schedule)
        advance = partial(_advance, on_progress, done) if on_progress else None
        for subject in make_subjects(schedule, texts, advance, trace):
            found += [ignores.applied(each, subject.schedule) for each in look(subject, chosen)]
            if subject.trace.error:
                tracebacks.append(subject.trace.error.traceback)
            notes += [(subject.trace.label, text) for text in _notes(subject)]
            curves += 1
        done += schedule.length.updates
    found += ignores.unused()
    first: dict[tuple[str, Place, str], Finding] = {}
    for each in found:
        first.setdefault((each.code, each.place, each.message), each)
    unique = list(first.values())
    unique.sort(key=lambda each: (each.place.file, each.place.line, each.place.column, each.code))
    return Report(
        tuple(each for each in unique if each.reason is None),
        tuple(each for each in unique if each.reason is not None),
        curves,
        tuple(tracebacks),
        tuple(notes),
    )


def _notes(subject: Subject) -> Iterator[str]:
    """Yield what a run warned of and no rule finds: the others say it with its line."""
    rate = subject.built.rate
    known = {*subject.built.notes, *([rate.note] if rate is not None else [])}
    yield from (text for text in subject.trace.warnings if text in known)


def _advance(on_progress: Callable[[int], None], before: int, done: int) -> None:
    on_progress(before + done)


def make_subjects(
    schedule: Schedule,
    text: Callable[[Place], str | None],
    on_progress: Callable[[int], None] | None = None,
    trace: Trace | None = None,
) -> Iterator[Subject]:
    """Build and, unless there is a trace, simulate a schedule; yield what rules look at.

    It is one, or one for each optimizer where a function returns several.
    """
    # Here: a report is read, shown and mended without torch.
    from lrviz.building.factory import build_each

    for each, built in build_each(schedule):
        yield _subject(each, built, text, on_progress, trace)


def _subject(
    schedule: Schedule,
    built: Built,
    text: Callable[[Place], str | None],
    on_progress: Callable[[int], None] | None,
    trace: Trace | None,
) -> Subject:
    from lrviz.building.optimizers import build_optimizer
    from lrviz.simulation.loop import run
    from lrviz.simulation.simulated import started

    if schedule.function is None:
        lrs = tuple(float(each["lr"]) for each in build_optimizer(schedule).param_groups)
    else:
        groups = built.optimizer.param_groups
        lrs = tuple(float(each.get("initial_lr", each["lr"])) for each in groups)
    # The rules look at the whole plan, also where a training is resumed.
    plan = trace if trace is not None and not schedule.start else run(built, on_progress)
    restart = None if schedule.resume == "all" else started(schedule, plan)
    return Subject(schedule, built, plan, lrs, text, restart=restart)


def look(subject: Subject, chosen: Sequence[Rule]) -> Iterator[Finding]:
    """Yield what rules find in one curve, less what another finding is the cause of.

    Every shape that the param groups have is looked at; groups of which a rule says the same share
    a finding.
    """
    every = range(len(subject.trace.groups))
    found: dict[tuple[Any, ...], tuple[Rule, Fault, set[int]]] = {}
    with np.errstate(all="ignore"):  # infinite and NaN rates are what some rules look for
        for shape in subject.shapes():
            for rule in chosen:
                for fault in rule.check(shape):
                    key = (rule.code, fault.place, fault.advice, fault.update)
                    _, _, groups = found.setdefault(key, (rule, fault, set()))
                    own = fault.groups if fault.groups is not None else shape.family or every
                    groups.update(own)
    pointless = {
        (code, group)
        for rule, fault, groups in found.values()
        if (fault.severity or rule.severity) != "info"
        for code in rule.makes_pointless
        for group in groups
    }
    for rule, fault, groups in found.values():
        left = [group for group in every if group in groups and (rule.code, group) not in pointless]
        if left:
            # A scheduler that raised leaves a curve that ends before some of what is planned.
            shown = fault.update if (fault.update or 0) < subject.updates else None
            names = (
                [subject.trace.groups[group] for group in left] if len(left) < len(every) else []
            )
            told = fault.message if fault.groups is not None else _whose(names) + fault.message
            finding = _finding(subject.schedule, rule, replace(fault, message=told))
            yield replace(finding, update=shown, groups=tuple(names))


def _whose(names: Sequence[str]) -> str:
    """Return what names the param groups before a message; nothing for all.

    >>> _whose(["bias"]), _whose(["a", "b"]), _whose(["a", "b", "c", "d", "e"])
    ('in group bias: ', 'in groups a, b: ', 'in groups a, b, c and 2 more: ')
    """
    if len(names) < 2:
        return f"in group {names[0]}: " if names else ""
    more = f" and {len(names) - 3} more" if len(names) > 4 else ""
    return f"in groups {', '.join(names[: 3 if more else 4])}{more}: "


def _finding(schedule: Schedule, rule: Rule, fault: Fault) -> Finding:
    message, advice = fault.message, fault.advice
    if not rule.code.startswith("LRV7"):  # a framework's own traps have its words already
        message, advice = worded(message, schedule), worded(advice, schedule)
    return Finding(
        code=rule.code,
        name=rule.slug,
        severity=fault.severity or rule.severity,
        message=message,
        advice=advice,
        place=fault.place or Place(schedule.source),
        label=schedule.label,
        update=fault.update,
        edits=fault.edits,
    )


class _Texts:
    """What stands at a place: the files are read once each."""

    def __init__(self) -> None:
        self._files: dict[str, str | None] = {}

    def __call__(self, place: Place) -> str | None:
        if not place.line:
            return None
        if place.file not in self._files:
            self._files[place.file] = self._read(place.file)
        text = self._files[place.file]
        return None if text is None else text[place.start : place.end]

    def _read(self, file: str) -> str | None:
        path = Path(file)
        try:
            return read_text(path.read_bytes(), file) if path.is_file() else None
        except (OSError, LrvizError):
            return None


class _Ignores:
    """The `check: {ignore: ...}` of the schedules, and which of them silenced something."""

    def __init__(self, chosen: Sequence[Rule]) -> None:
        self._chosen = {rule.code for rule in chosen}
        self._codes: dict[tuple[Place | None, str], set[str]] = {}
        self._schedules: dict[tuple[Place | None, str], Schedule] = {}
        self._used: set[tuple[Place | None, str]] = set()

    def add(self, schedule: Schedule) -> None:
        """Take in what a schedule ignores."""
        picked = "#" in schedule.source  # what the file ignores may be for those not picked
        for name in schedule.check.ignore:
            key = self._key(schedule, name)
            try:
                codes = {rule.code for rule in rules.named(name)}
            except LrvizError as error:
                raise SpecError(f"check.ignore: {error.message}", key[0]) from None
            self._codes[key] = codes
            self._schedules.setdefault(key, schedule)
            if picked:
                self._used.add(key)

    def applied(self, finding: Finding, schedule: Schedule) -> Finding:
        """Return a finding with the reason why it is ignored, if it is."""
        for name, reason in schedule.check.ignore.items():
            key = self._key(schedule, name)
            if finding.code in self._codes[key]:
                self._used.add(key)
                return replace(finding, reason=reason, edits=())
        return finding

    def unused(self) -> Iterator[Finding]:
        """Yield a finding for each that silenced nothing, though its rules were run."""
        rule = rules.find(UNUSED_IGNORE)
        if rule.code not in self._chosen:
            return
        for key, codes in self._codes.items():
            place, name = key
            if key in self._used or not codes <= self._chosen:
                continue
            message = f"{name} is ignored and finds nothing here"
            yield _finding(self._schedules[key], rule, Fault(message, "take it out", place))

    def _key(self, schedule: Schedule, name: str) -> tuple[Place | None, str]:
        return schedule.at("check", "ignore", name, key=True), name
