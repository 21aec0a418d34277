"""`lrviz check`: schedule bugs, before the run has them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lrviz.cli.console import coloured, emit, emit_rich, fail, note, warn
from lrviz.cli.lean import lean_torch
from lrviz.cli.options import NoCache, Sources, Training, required
from lrviz.cli.progress import progress
from lrviz.cli.running import import_late, introduce, load, say_warnings, show_traceback, user_code
from lrviz.cli.table import DEFAULT
from lrviz.cli.write import write
from lrviz.errors import LrvizError, Place, UsageError

if TYPE_CHECKING:
    from lrviz.checking.runner import Report

_RULES = "Rules"
_MENDING = "Mending"


def complete_rule(incomplete: str) -> list[str]:
    """Return the codes of rules that begin with `incomplete`."""
    from lrviz.checking import rules

    return [rule.code for rule in rules.RULES if rule.code.startswith(incomplete.upper())]


@dataclass(frozen=True)
class Chosen:
    """Which rules are run, and from which severity on the command fails."""

    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="CODES",
            help="Run these rules only: codes or their beginnings (LRV2,LRV301), or names.",
            autocompletion=complete_rule,
            rich_help_panel=_RULES,
        ),
    ] = None
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="CODES",
            help="Leave these out. What a spec should not be held to it says itself, with the "
            "reason: check: {ignore: {LRV301: ...}}.",
            autocompletion=complete_rule,
            rich_help_panel=_RULES,
        ),
    ] = None
    fail_on: Annotated[
        Literal["info", "warning", "error"],
        typer.Option(
            "--fail-on",
            help="Exit with 1 where something of this severity, or a worse one, is found.",
            rich_help_panel=_RULES,
        ),
    ] = "warning"


def check(
    chosen: Chosen,
    training: Training,
    sources: Sources = None,
    form: Annotated[
        Literal["text", "json", "github"],
        typer.Option(
            "--format", help="text, one JSON object, or annotations for a GitHub workflow."
        ),
    ] = "text",
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Write the values that mend findings into the specs; nothing else in them "
            "changes.",
            rich_help_panel=_MENDING,
        ),
    ] = False,
    diff: Annotated[
        bool,
        typer.Option(
            "--diff",
            help="Show what --fix would write, and write nothing.",
            rich_help_panel=_MENDING,
        ),
    ] = False,
    no_cache: NoCache = False,
) -> None:
    """Find schedule bugs: a warmup that never ends, a cosine that climbs back, and many more.

    Without a SOURCE it reads lrviz.yaml here; folders are searched for specs.

    lrviz check configs --fail-on error
    """
    if fix and diff:
        raise UsageError("--fix and --diff at once; keep one")
    if diff and form != "text":
        raise UsageError(f"--diff and --format {form} at once; a diff has a form of its own")
    given = tuple(sources or ())
    if not given and Path(DEFAULT).is_file():
        given = (DEFAULT,)
    given = required(given, "check")
    # What is mended rests on more than on these schedules: on all that shares a value with them.
    mending = fix or diff
    recall = not (no_cache or mending)
    wrong: list[str] = []
    try:
        report = _report(given, chosen, training, recall=recall, mending=mending)
    except LrvizError:
        given, wrong = ((), []) if mending else _told_apart(given, chosen, training, recall=recall)
        if not wrong:
            raise
        for text in wrong:
            fail(text)
        if not given:
            raise typer.Exit(2) from None
        report = _report(given, chosen, training, recall=recall)
    if diff:
        emit(_diffs(report, training), end="")
    if fix and any(each.edits for each in report.findings):
        _mend(report, training)
        report = _report(given, chosen, training, recall=False)
    if not diff:
        _show(report, form, verbose=training.verbose)
    if wrong or report.at_least(chosen.fail_on):
        raise typer.Exit(2 if wrong else 1)


def _report(
    given: Sequence[str],
    chosen: Chosen,
    training: Training,
    *,
    recall: bool,
    mending: bool = False,
) -> Report:
    """Return what is found; where it is to be shown, with edits only where --fix writes them."""
    import_late("lrviz.sources.loading")
    from lrviz.cache.key import texts
    from lrviz.cache.memory import answer
    from lrviz.checking.edit import Edit
    from lrviz.checking.fixing import promised
    from lrviz.checking.runner import UNUSED_IGNORE, Finding, Report, Selection
    from lrviz.checking.runner import check as checked
    from lrviz.sources.overrides import Overrides
    from lrviz.sources.specs import expanded

    # What a spec ignores may be needed without the command line's own steps or values.
    changed = (UNUSED_IGNORE,) if training.overrides() != Overrides() else ()
    selection = Selection(_codes(chosen.select), (*_codes(chosen.ignore), *changed))
    selection.rules()
    loaded = load(expanded(given), training)
    loaded.without_logs("lrviz compare PLAN LOG says what happened in a run")
    introduce(loaded, training)
    place = answer(
        *loaded.schedules,
        wanted=recall,
        classes=(Report, Finding, Edit, Place),
        more=(selection, texts(*loaded.schedules) if recall else ()),
    )
    report: Report | None = place.recall()
    if training.verbose and report is not None:
        note("what is found is from the cache")
    if report is None:
        with lean_torch(loaded.schedules):
            import_late("lrviz.simulation.simulated")
        total = sum(each.length.updates for each in loaded.schedules)
        with user_code(training.verbose), progress(total, quiet=training.quiet) as advance:
            report = checked(loaded.schedules, selection, advance)
            report = report if mending else promised(report, training.overrides())
        place.keep(report)
    if not training.quiet:
        say_warnings(report.notes)
    for text in report.tracebacks if training.verbose else ():
        show_traceback(text)
    return report


def _told_apart(
    given: Sequence[str], chosen: Chosen, training: Training, *, recall: bool
) -> tuple[tuple[str, ...], list[str]]:
    """Return the files that can be checked, and what is wrong with the others.

    Nothing is looked at where something else than a file is given, which may run a user's code.
    """
    from lrviz.sources.specs import expanded

    files = expanded(given)
    if not all(Path(source.partition("#")[0]).is_file() for source in files):
        return (), []
    right, errors = [], []
    for source in files:
        try:
            _report([source], chosen, replace(training, quiet=True, verbose=False), recall=recall)
        except LrvizError as error:
            errors.append(str(error))
        else:
            right.append(source)
    return tuple(right), list(dict.fromkeys(errors))


def _codes(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(code.strip() for each in given or () for code in each.split(","))


def _diffs(report: Report, training: Training) -> Iterator[str]:
    from lrviz.checking.fixing import diff, mended

    for changes in mended(report.findings, training.overrides()):
        yield diff(changes)


def _mend(report: Report, training: Training) -> None:
    """Write what mends findings."""
    from lrviz.checking.fixing import mended

    for each in mended(report.findings, training.overrides()):
        if each.refused:
            edits = "1 edit is" if each.refused == 1 else f"{each.refused} edits are"
            warn(f"{each.file}: {edits} not written: another curve there would have a new finding")
        if each.count:
            write(Path(each.file), each.data)
            if not training.quiet:
                values = "value" if each.count == 1 else "values"
                note(f"{each.file}: wrote {each.count} {values}")


def _show(report: Report, form: str, *, verbose: bool) -> None:
    from lrviz.views.text import findings

    if form == "json":
        emit([findings.as_json(report)])
    elif form == "github":
        emit(findings.github(report))
    elif coloured(sys.stdout):
        from rich.text import Text

        spans = findings.lines(report, verbose=verbose)
        emit_rich(*(Text.assemble(*each) for each in spans), soft_wrap=True)
    else:
        emit(map(findings.unstyled, findings.lines(report, verbose=verbose)))
