"""From SOURCEs to traces, with all that is to be said on the way."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import typer

from lrviz.cli.console import fail, note, warn
from lrviz.cli.lean import lean_torch
from lrviz.cli.options import Shared, Training
from lrviz.cli.progress import progress
from lrviz.cli.signals import ended_at_once
from lrviz.errors import LrvizError, traceback_of

if TYPE_CHECKING:
    from lrviz.building.built import Built
    from lrviz.curves.trace import Trace
    from lrviz.sources.loading import Loaded
    from lrviz.sources.logs.log import Log
    from lrviz.spec.schedule import Schedule

PATIENCE = 5.0
"""Seconds after which a scheduler of the user's that takes long is named."""

_SLOW = 1e-3  # seconds an update; torch's own schedulers take some millionths


@dataclass(frozen=True)
class Run:
    """What the SOURCEs of a command line came to: schedules and logs, and a trace of each."""

    schedules: tuple[Schedule, ...]
    traces: tuple[Trace, ...]
    logs: tuple[Log, ...] = ()

    @property
    def plans(self) -> tuple[Trace, ...]:
        """The traces of the schedules; those of the logs come behind them."""
        return self.traces[: len(self.schedules)]

    def finish(self) -> None:
        """Exit with 1, and say why, where a scheduler's own error cut a run short."""
        for trace in self.traces:
            if trace.cut_short:
                fail(trace.cut_short)
        if any(trace.error for trace in self.traces):
            raise typer.Exit(1)


def import_late(*modules: str) -> None:
    """Import what is large (pydantic, torch, matplotlib) with the garbage collector off.

    It would go through all that is imported, again and again; frozen, that also stays out of later
    collections and of the last one at the interpreter's exit.
    """
    if all(module in sys.modules for module in modules):
        return
    gc.disable()
    try:
        with ended_at_once(), _no_backend():
            for module in modules:
                import_module(module)
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _no_backend() -> Iterator[None]:
    """Let matplotlib be imported without the backend that MPLBACKEND names.

    A figure that goes to a file needs none, and matplotlib refuses to be imported with a wrong one.
    """
    named = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if named is not None:
            os.environ["MPLBACKEND"] = named


def load(sources: Sequence[str], shared: Training) -> Loaded:
    """Read the SOURCEs.

    Raises:
        LrvizError: One is unknown or wrong.
    """
    import_late("lrviz.sources.loading")
    from lrviz.sources.loading import load_all

    with user_code(shared.verbose):
        return load_all(sources, shared.overrides())


def simulated(loaded: Loaded, shared: Shared) -> Run:
    """Simulate schedules, and say on stderr what was assumed for them and what torch warned of.

    Raises:
        LrvizError: torch refuses one of them.
    """
    from lrviz.cache.memory import answer

    answers = [answer(each, wanted=not shared.no_cache) for each in loaded.schedules]
    known: list[Trace | None] = [each.recall() for each in answers]
    unknown = [each for each, trace in zip(loaded.schedules, known, strict=True) if trace is None]
    if unknown:
        with lean_torch(loaded.schedules):
            import_late("lrviz.simulation.simulated")
    with user_code(shared.verbose):
        made = iter(_simulated(unknown, loaded, shared))
    schedules: list[Schedule] = []
    traces: list[Trace] = []
    for schedule, place, found in zip(loaded.schedules, answers, known, strict=True):
        for one, trace in [(schedule, found)] if found is not None else next(made):
            how = "from the cache" if found else "simulated"
            if found is None and place.keep(trace):
                how = "simulated, and kept in the cache"
            if shared.verbose and place.store:
                note(f"{trace.label}: {how}")
            schedules.append(one)
            traces.append(trace)
    if loaded.logs:
        from lrviz.simulation.logged import trace_of

        plan = loaded.schedules[0] if loaded.schedules else None
        traces += [trace_of(each, plan) for each in loaded.logs]
    if not shared.quiet:
        say_warnings((trace.label, text) for trace in traces for text in trace.warnings)
    if shared.verbose:
        for trace in traces:
            show_traceback(trace.error.traceback if trace.error else "")
    return Run(tuple(schedules), tuple(traces), loaded.logs)


def _simulated(
    schedules: Sequence[Schedule], loaded: Loaded, shared: Shared
) -> list[list[tuple[Schedule, Trace]]]:
    """Simulate what is not known, and introduce all that was loaded once that can be built.

    Returns:
        For each schedule itself and its trace, or those for each of several optimizers.
    """
    if not schedules:
        introduce(loaded, shared)
        return []
    from lrviz.building.factory import build_each
    from lrviz.simulation.loop import run
    from lrviz.simulation.simulated import started

    built = [build_each(schedule) for schedule in schedules]
    introduce(loaded, shared)
    done, total = 0, sum(each.length.updates for one in built for _, each in one)
    made: list[list[tuple[Schedule, Trace]]] = []
    with progress(total, quiet=shared.quiet) as advance:
        for one in built:
            made.append([])
            for schedule, each in one:
                plan = run(each, _advanced(each, advance, done, quiet=shared.quiet))
                made[-1].append((schedule, started(schedule, plan)))
                done += each.length.updates
    return made


def _advanced(
    built: Built, advance: Callable[[int], None], before: int, *, quiet: bool
) -> Callable[[int], None]:
    """Return what a run tells its progress to; it names, once, a user's scheduler that is slow."""
    started = time.monotonic()
    said = quiet or built.own

    def advanced(done: int) -> None:
        nonlocal said
        advance(before + done)
        seconds = time.monotonic() - started
        each = seconds / done
        if not said and seconds > PATIENCE and each > _SLOW:
            said = True
            total = each * built.length.updates
            all_of_them = f"{total:,.0f} s" if total < 300 else f"{total / 60:,.0f} min"
            note(
                f"{built.label}: its scheduler takes {each:.2g} s an update, and all "
                f"{built.length.updates:,} will take about {all_of_them}; Ctrl-C ends it"
            )

    return advanced


def introduce(loaded: Loaded, shared: Training) -> None:
    """Say on stderr what was assumed for schedules, and with `-v` what they are."""
    if not shared.quiet:
        for each in loaded.notes:
            note(each)
    if shared.verbose:
        for schedule in loaded.schedules:
            note(_described(schedule))


def say_warnings(texts: Iterable[tuple[str, str]]) -> None:
    """Say on stderr what was warned of, each text once with the names of its curves."""
    labels: dict[str, list[str]] = {}
    for label, text in texts:
        labels.setdefault(" ".join(text.split()), []).append(label)
    for text, names in labels.items():
        warn(f"{', '.join(names)}: {text}")


def _described(schedule: Schedule) -> str:
    length = schedule.length
    updates = f"{length.updates:,} updates"
    if length.updates_per_epoch and not length.epochs_only:
        updates += f", {length.updates_per_epoch:,} an epoch"
    types = ", ".join(f"{member.node['type']} per {member.interval}" for member in schedule.members)
    return f"{schedule.label}: {updates}; {schedule.optimizer.type}; {types or schedule.source}"


@contextmanager
def user_code(verbose: bool) -> Iterator[None]:
    """Run what may call a user's own code: what that prints goes to stderr, beside the result.

    Where `-v` asks for it, the traceback of what it raised is shown.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except LrvizError as error:
        if verbose and error.__cause__ is not None:
            show_traceback(traceback_of(error.__cause__))
        raise


def show_traceback(text: str) -> None:
    """Say a traceback on stderr, as text; nothing where it is empty."""
    for line in text.splitlines():
        note(line)
