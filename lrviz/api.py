"""The Python API: a source in, schedulers, a Trace or a Figure out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lrviz.building.built import BuiltScheduler
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.sources.loading import Source, load
from lrviz.spec.schedule import Schedule
from lrviz.views.plan.defaults import wanted_by
from lrviz.writing.display import Displayed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch.optim import Optimizer

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
    from lrviz.simulation.loop import simulated

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
    from lrviz.simulation.loop import simulated
    from lrviz.views.figure import FigureOptions
    from lrviz.views.figure import figure as draw

    traces: list[Trace] = []
    schedules: list[Schedule] = []
    for source in sources:
        if isinstance(source, Trace):
            traces.append(source)
        else:
            named = _all(source, overrides)
            schedules += named
            traces += map(simulated, named)
    if not traces:
        raise UsageError("nothing to draw: give a source, as in lrviz.plot('cosine', steps=1000)")
    if figure is None:
        wanted = wanted_by(schedules)
        figure = FigureOptions(x=wanted.x, log=wanted.log, title=wanted.title)
    return draw(traces, figure, ax=ax)


def _all(source: Source, overrides: dict[str, Any]) -> list[Schedule]:
    return [source] if isinstance(source, Schedule) else load(source, **overrides)


def _one(source: Source, overrides: dict[str, Any]) -> Schedule:
    schedules = _all(source, overrides)
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
