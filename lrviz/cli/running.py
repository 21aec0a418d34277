"""From SOURCEs to traces, with all that is to be said on the way."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import typer

from lrviz.cli.console import fail, note, warn
from lrviz.cli.options import Shared, Training
from lrviz.cli.progress import progress
from lrviz.errors import LrvizError

if TYPE_CHECKING:
    from lrviz.sources import Loaded
    from lrviz.spec import Schedule
    from lrviz.trace import Trace

INTERRUPTED = 130


@dataclass(frozen=True)
class Run:
    """What the SOURCEs of a command line came to: schedules, and a trace of each."""

    schedules: tuple[Schedule, ...]
    traces: tuple[Trace, ...]

    def finish(self) -> None:
        """Exit with 1, and say why, where a scheduler's own error cut a run short."""
        for trace in self.traces:
            if trace.error:
                fail(
                    f"{trace.label}: the scheduler raised after update {trace.error.update:,} of "
                    f"{trace.length.updates:,}, and the curve ends there: {trace.error.message}"
                )
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
        with _interrupt_ends_at_once():
            for module in modules:
                import_module(module)
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _interrupt_ends_at_once() -> Iterator[None]:
    """End the process on Ctrl-C within: the import of C code may lose a KeyboardInterrupt."""
    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not own or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def load(sources: Sequence[str], shared: Training) -> Loaded:
    """Read the SOURCEs.

    Raises:
        LrvizError: One is unknown or wrong.
    """
    import_late("lrviz.sources")
    from lrviz.sources import load_all

    with own_tracebacks(shared.verbose):
        return load_all(sources, shared.overrides())


def simulated(loaded: Loaded, shared: Shared) -> Run:
    """Simulate schedules, and say on stderr what was assumed for them and what torch warned of.

    Raises:
        LrvizError: torch refuses one of them.
    """
    import_late("lrviz.simulation")
    from lrviz.factory import build_schedule
    from lrviz.simulation import run

    with own_tracebacks(shared.verbose):
        built = [build_schedule(schedule) for schedule in loaded.schedules]
        introduce(loaded, shared)
        traces: list[Trace] = []
        done = 0
        with progress(sum(each.length.updates for each in built), quiet=shared.quiet) as advance:
            for each in built:
                traces.append(run(each, partial(_advanced, advance, done)))
                done += each.length.updates
    if not shared.quiet:
        _say_warnings(traces)
    return Run(loaded.schedules, tuple(traces))


def _advanced(advance: Callable[[int], None], before: int, done: int) -> None:
    advance(before + done)


def introduce(loaded: Loaded, shared: Training) -> None:
    """Say on stderr what was assumed for schedules, and with `-v` what they are."""
    if not shared.quiet:
        for each in loaded.notes:
            note(each)
    if shared.verbose:
        for schedule in loaded.schedules:
            note(_described(schedule))


def _say_warnings(traces: Sequence[Trace]) -> None:
    labels: dict[str, list[str]] = {}
    for trace in traces:
        for text in trace.warnings:
            labels.setdefault(" ".join(text.split()), []).append(trace.label)
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
def own_tracebacks(verbose: bool) -> Iterator[None]:
    """Show the traceback of what a user's own code raised, where `-v` asks for it."""
    try:
        yield
    except LrvizError as error:
        if verbose and error.__cause__ is not None:
            for line in "".join(traceback.format_exception(error.__cause__)).splitlines():
                note(line)
        raise
