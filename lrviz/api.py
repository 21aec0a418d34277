"""The Python API: a source in, schedulers, a Trace or a Figure out."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lrviz.building.built import BuiltScheduler
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.sources.loading import Source, load, load_all
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import Schedule
from lrviz.views.plan.defaults import wanted_by
from lrviz.writing.display import Displayed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch.optim import Optimizer

    from lrviz.curves.diagnosis.verdict import Verdict
    from lrviz.views.figure import FigureOptions


def simulate(
    source: Source,
    *,
    on_progress: Callable[[int], None] | None = None,
    **overrides: Any,
) -> Trace:
    """Step the real scheduler of one schedule through a training, and return what it did.

    Args:
        source: A Schedule, or any source of exactly one: a path (`"spec.yaml#label"`), a name
            with or without arguments, a mapping, or a function that builds
            `(optimizer, scheduler)`.
        on_progress: Called with the number of updates done, once in some thousand.
        **overrides: As for `lrviz.load`: `steps`, `epochs`, `lr` ...

    Returns:
        The Trace: `lr[t, g]` is the learning rate that update t uses for param group g.

    Raises:
        LrvizError: There is no such source, the spec is wrong, or torch refuses it. A scheduler
            that raises in mid-run does not: see `Trace.error`.

    >>> simulate("linear", steps=4, lr=1.0).lr[:, 0].tolist()
    [1.0, 0.75, 0.5, 0.25]
    """
    from lrviz.simulation.simulated import simulated

    return simulated(_one(source, overrides), on_progress)


def build(source: Source, optimizer: Optimizer, **overrides: Any) -> list[BuiltScheduler]:
    """Build the real schedulers of a schedule on your optimizer, to train with what was seen.

    Args:
        source: A Schedule, or any source of exactly one.
        optimizer: Yours. Its own lr and param groups are used; the spec's optimizer is not.
        **overrides: As for `lrviz.load`.

    Returns:
        The schedulers. Call `.scheduler.step()` after each update (where `interval` is `step`) or
        after each epoch: every `frequency`-th time, from `begin` until `end`.

    Raises:
        LrvizError: As for `lrviz.load`, or torch refuses the arguments on this optimizer.

    >>> import torch
    >>> sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    >>> [built] = build("cosine", sgd, steps=100)
    >>> type(built.scheduler).__name__, built.scheduler.T_max, built.interval
    ('CosineAnnealingLR', 100, 'step')
    """
    from lrviz.building.factory import build_schedule

    return list(build_schedule(_one(source, overrides), optimizer).schedulers)


def plot(
    *sources: Source | Trace,
    ax: Axes | None = None,
    figure: FigureOptions | None = None,
    **overrides: Any,
) -> Figure:
    """Draw schedules over each other.

    Args:
        *sources: Traces, Schedules, or any sources of one or more schedules.
        ax: Axes to draw into; None for a Figure of its own, outside pyplot.
        figure: A `lrviz.FigureOptions` (x axis, log, size, style ...); None: what the specs ask
            for in `plot` and `title`.
        **overrides: As for `lrviz.load`.

    Returns:
        The Figure; a notebook displays it, and `.savefig("schedule.svg")` writes it.

    Raises:
        LrvizError: As for `lrviz.simulate`.
    """
    from lrviz.simulation.simulated import simulated_each
    from lrviz.views.figure import FigureOptions
    from lrviz.views.figure import figure as draw

    traces: list[Trace] = []
    schedules: list[Schedule] = []
    for source in sources:
        if isinstance(source, Trace):
            traces.append(source)
        else:
            for each in _all(source, overrides):
                for schedule, trace in simulated_each(each):
                    schedules.append(schedule)
                    traces.append(trace)
    if not traces:
        raise UsageError("nothing to draw: give a source, as in lrviz.plot('cosine', steps=1000)")
    if figure is None:
        wanted = wanted_by(schedules)
        figure = FigureOptions(x=wanted.x, log=wanted.log, title=wanted.title)
    return draw(traces, figure, ax=ax)


def compare(plan: Source | Trace, log: str | os.PathLike[str] | Trace, **overrides: Any) -> Verdict:
    """Say what a log tells of a plan: equal, what happened, or where they first differ.

    Args:
        plan: A Schedule, any source of exactly one, or a Trace.
        log: The path of a log, as on the command line (`"lightning_logs/version_0"`,
            `"log.csv:lr"`), or a Trace.
        **overrides: As for `lrviz.load`; `x` is the column that numbers the log's rows. What the
            log tells of the training's length holds where nothing else does.

    Returns:
        The Verdict: `equal`, `sentence`, `causes`, `differs`; a notebook shows the sentence.

    Raises:
        LrvizError: As for `lrviz.simulate`, or the log cannot be read.

    >>> compare(simulate("cosine", steps=9), simulate("cosine", steps=9)).sentence
    "all 9 logged values are the plan's, to the bit"
    """
    from lrviz.simulation.logged import judge, trace_of
    from lrviz.simulation.simulated import simulated

    sources: list[Source] = [] if isinstance(plan, Trace) else [plan]
    logs = [] if isinstance(log, Trace) else [os.fspath(log)]
    loaded = load_all([*sources, *logs], Overrides(**overrides))
    if logs and len(loaded.logs) != 1:
        raise UsageError(f"{logs[0]} is no log; for two schedules, compare their traces")
    schedule = None if isinstance(plan, Trace) else _only(list(loaded.schedules))
    traced = log if isinstance(log, Trace) else trace_of(loaded.logs[0], schedule)
    planned = plan if isinstance(plan, Trace) else simulated(_only(list(loaded.schedules)))
    habit = loaded.logs[0].habit if loaded.logs else ""
    return judge(planned, traced, schedule, habit)


def _all(source: Source, overrides: dict[str, Any]) -> list[Schedule]:
    return [source] if isinstance(source, Schedule) else load(source, **overrides)


def _one(source: Source, overrides: dict[str, Any]) -> Schedule:
    return _only(_all(source, overrides))


def _only(schedules: list[Schedule]) -> Schedule:
    if len(schedules) > 1:
        labels = ", ".join(schedule.label for schedule in schedules)
        raise UsageError(
            f"{schedules[0].source} has {len(schedules)} schedules; "
            f"pick one with '#label': {labels}"
        )
    return schedules[0]


def _svg(displayed: Any) -> str:
    from lrviz.views.figure import save_bytes

    figure = plot(*displayed) if isinstance(displayed, list) else plot(displayed)
    return save_bytes(figure, "svg").decode()


Displayed.as_svg = staticmethod(_svg)
