"""What the factory gives: an optimizer and the schedulers on it, before the first update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lrviz.document import KeyPath
from lrviz.spec.cadence import Cadence
from lrviz.spec.models import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch.optim import Optimizer

    from lrviz.building.rates import OwnRate
    from lrviz.building.resumed import Resumed
    from lrviz.spec.durations import Length


@dataclass(frozen=True)
class BuiltScheduler:
    """One real scheduler, and when its `step()` is called.

    Attributes:
        scheduler: A torch scheduler, or any object with `step()`.
        cadence: After which updates `step()` is called.
        metric: Shape (M,): value i is given to the call after unit i; None where `step` takes no
            metric, or a real training's spec has none.
        method: What is called in place of `step()`: timm's `step_update`.
        argument: What it is given first after unit i, as timm's is: how many are done; None where
            that is nothing.
        taken: The steps that it had taken before the first update, of a training resumed.
        times: Calls in a row, each time.
    """

    scheduler: Any
    cadence: Cadence
    metric: NDArray[np.float64] | None = None
    method: str = "step"
    argument: Callable[[int], float] | None = None
    taken: int = 0
    times: int = 1

    def step(self, index: int) -> None:
        """Call the scheduler after unit `index` (0-based) of its interval."""
        for call in range(index * self.times, (index + 1) * self.times):
            arguments: tuple[float, ...] = () if self.argument is None else (self.argument(call),)
            if self.metric is not None:
                arguments += (float(self.metric[index]),)
            getattr(self.scheduler, self.method)(*arguments)

    @property
    def interval(self) -> Interval:
        """When it is called: see `Cadence`."""
        return self.cadence.interval

    @property
    def frequency(self) -> int:
        """Only every so many updates, or epochs."""
        return self.cadence.frequency

    @property
    def begin(self) -> int:
        """First update, or epoch (0-based), after which it is called."""
        return self.cadence.begin

    @property
    def end(self) -> int | None:
        """First update, or epoch, after which it is called no more; None for the training's end."""
        return self.cadence.end


@dataclass(frozen=True)
class Part:
    """One scheduler of a schedule with its values resolved: what a rule looks at.

    Attributes:
        type: The class's or function's name, e.g. `CosineAnnealingLR`.
        path: Where it stands: `schedule.at(*part.path, "T_max")` is the place of an argument.
        arguments: What it was given, resolved (durations are counts of calls); less `schedulers`.
        defaults: The other arguments, as their signature has them.
        start: Calls of the top-level scheduler's step() before its phase.
        calls: Calls in its phase, at least 1.
        updates_per_call: Updates between two calls.
        member: Index of the top-level scheduler that it is, or is in.
        parts: Its own members, of a SequentialLR or ChainedScheduler.
    """

    type: str
    path: KeyPath
    arguments: Mapping[str, Any]
    defaults: Mapping[str, Any]
    start: int
    calls: int
    updates_per_call: Fraction
    member: int
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Built:
    """An optimizer and the schedulers on it, before the first update.

    Attributes:
        label: The curve's name.
        source: What the user named it by.
        optimizer: A real torch optimizer.
        schedulers: In the order in which they are built and stepped.
        length: How long the training is.
        groups: Names of the param groups.
        own: Everything is torch's own class with plain arguments or lrviz's own lambdas, so the
            light steps may stand in for torch's; False for adopted objects and trusted imports.
        warnings: What torch warned of while these were built, and what was rounded.
        notes: What is to be known of them besides, and no rule of `lrviz check` finds.
        parts: What the schedulers were built from, one a top-level scheduler.
        rate: What the optimizer makes of the lr inside `step()`; None where it uses it as it is.
        resumed: What a training is resumed with; None for a new one, or where that is not known.
    """

    label: str
    source: str
    optimizer: Optimizer
    schedulers: tuple[BuiltScheduler, ...]
    length: Length
    groups: tuple[str, ...]
    own: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    rate: OwnRate | None = None
    resumed: Resumed | None = None
