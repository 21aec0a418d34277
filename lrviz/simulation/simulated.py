"""From a schedule to its trace, from the first update on or from where a training is resumed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lrviz.building.built import Built
from lrviz.building.factory import build_each, build_schedule
from lrviz.curves.trace import Trace
from lrviz.errors import SpecError, UsageError
from lrviz.simulation import loop
from lrviz.spec.schedule import Schedule


def simulated(schedule: Schedule, on_progress: Callable[[int], None] | None = None) -> Trace:
    """Build a schedule and run it.

    Args:
        schedule: What to simulate.
        on_progress: As for `lrviz.simulation.loop.run`.

    Raises:
        LrvizError: torch refuses it, or it cannot be run.
    """
    return started(schedule, loop.run(build_schedule(schedule), on_progress))


def simulated_each(schedule: Schedule) -> list[tuple[Schedule, Trace]]:
    """Simulate a schedule, or one for each optimizer where its function returns several.

    Raises:
        LrvizError: As for `simulated`.
    """
    return [(each, started(each, loop.run(built))) for each, built in build_each(schedule)]


def started(schedule: Schedule, plan: Trace) -> Trace:
    """Return the trace of a schedule from the update on at which its training is resumed.

    With everything restored that is the plan from there on, to the bit: objects of which the
    schedulers were built, got their state back, and then the optimizer its own, step as those do
    that were never interrupted. Otherwise it is run: to a checkpoint, and on from what of it is
    restored, whose numbers torch gives.

    Args:
        schedule: What to simulate; `start` and `resume` say where, and what is restored.
        plan: Its trace, from the first update on.

    Raises:
        UsageError: A function builds it, which restores what it does.
        SpecError: An optimizer is to be restored first, and its class cannot be stepped so.
    """
    if not schedule.start:
        return plan
    if schedule.resume == "all":
        return _from(plan, schedule.start)
    if schedule.function is not None:
        raise UsageError(
            f"{schedule.source}: resume={schedule.resume} is for specs and names; a function "
            "restores what it does itself: let it, and lrviz shows what comes of it"
        )
    built, states, ended = _resumed(schedule)
    if ended is not None:
        return ended
    try:
        _restore(built, states, schedule)
    except Exception as error:
        raise SpecError(
            f"train.resume: torch does not restore that: {error}", schedule.at("train", "resume")
        ) from error
    trace = loop.run(built, start=schedule.start)
    return replace(trace, steps=schedule.start + np.arange(len(trace.lr)))


def _from(trace: Trace, start: int) -> Trace:
    """Return the rows of a trace from an update on; all where it ended before."""
    if len(trace.lr) <= start:
        return trace
    curves = {name: curve[start:] for name, curve in trace.curves.items()}
    return replace(trace, curves=curves, steps=np.arange(start, len(trace.lr)))


def _resumed(schedule: Schedule) -> tuple[Built, tuple[Any, list[Any]], Trace | None]:
    """Return new objects, the states of the interrupted run's, and its trace where it ended first.

    The interrupted run may have been planned for another length: what a spec says in shares of it
    (`100%`) was then another number, which the states hold, and functions do not.
    """
    planned = replace(schedule.length, updates=schedule.planned or schedule.length.updates)
    first = build_schedule(replace(schedule, length=planned))
    stop = replace(first, length=replace(first.length, updates=schedule.start))
    run = loop.run(replace(stop, own=False))
    ended = run if run.error is not None else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's note that the optimizer's is to be saved too
        # A copy, as a file is one: load_state_dict keeps what it is given.
        states = [copy.deepcopy(each.scheduler.state_dict()) for each in first.schedulers]
    checkpoint = copy.deepcopy(first.optimizer.state_dict())
    if schedule.resume != "optimizer-first":
        return build_schedule(schedule), (checkpoint, states), ended
    fresh = build_schedule(replace(schedule, members=()))
    fresh.optimizer.load_state_dict(checkpoint)
    again = build_schedule(schedule, fresh.optimizer)
    # On an optimizer of one's own a schedule has no metric; here it sees that of the plan.
    pairs = zip(again.schedulers, first.schedulers, strict=True)
    built = tuple(replace(each, metric=before.metric) for each, before in pairs)
    return replace(again, schedulers=built, groups=first.groups), (checkpoint, states), ended


def _restore(built: Built, states: tuple[Any, list[Any]], schedule: Schedule) -> None:
    checkpoint, of_schedulers = states
    if schedule.planned or schedule.resume in ("no-optimizer", "optimizer-first"):
        for each, state in zip(built.schedulers, of_schedulers, strict=True):
            each.scheduler.load_state_dict(state)
    if schedule.planned or schedule.resume == "no-scheduler":
        built.optimizer.load_state_dict(checkpoint)
