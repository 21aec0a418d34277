"""From a scheduler to what makes many of its steps at once: the same operations, by arrays.

An array's +, -, *, / round as Python's do, and a product that is accumulated is made in order, so
the numbers are those of single steps. What C's library rounds (cos, pow) is asked of Python, value
by value. For the torch that the light steps are for; the tests hold each form against it with `==`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from torch.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    LambdaLR,
    MultiplicativeLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)
from torch.optim.swa_utils import SWALR

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.simulation.bulk import parts
from lrviz.simulation.bulk.closed import cyclic, one_cycle, warm_restarts
from lrviz.simulation.bulk.functions import rescaled, scaled
from lrviz.simulation.bulk.parts import Bulk, Metrics, lrs_of
from lrviz.simulation.bulk.plateaus import plateau
from lrviz.simulation.bulk.products import FACTORS, chained, multiplied, together
from lrviz.simulation.bulk.recursions import averaged, cosine


def bulk(scheduler: Any, groups: list[Group], metrics: Metrics | None = None) -> Bulk | None:
    """Return what makes many steps of a scheduler at once, where it has such a form.

    Args:
        scheduler: Of torch's classes, behind its first update; no other of its optimizer is called
            amid the steps.
        groups: Of its optimizer, whose lrs are numbers.
        metrics: Those of its steps to come, where they are given some.
    """
    if metrics is not None:
        takes = type(scheduler) is ReduceLROnPlateau
        return _form(plateau, scheduler, groups, metrics) if takes else None
    make = _FORMS.get(type(scheduler))
    return _form(make, scheduler, groups) if make else None


def jointly(schedulers: list[Any], groups: list[Group]) -> Bulk | None:
    """Return what makes many steps of several at once, one after another in each step.

    Args:
        schedulers: As for `bulk`, and called behind the same updates.
        groups: Of their optimizer.
    """
    return _form(together, schedulers, groups)


def _form(make: Callable[..., Bulk | None], *arguments: Any) -> Bulk | None:
    try:
        return make(*arguments)
    except (TypeError, ValueError, OverflowError):  # an argument that is no plain number
        return None


def _sequential(scheduler: SequentialLR, groups: list[Group]) -> Bulk | None:
    milestones: Sequence[int] = scheduler._milestones
    members = scheduler._schedulers
    if any(type(each) is not int for each in milestones):
        return None
    forms = [bulk(each, groups) for each in members]

    def make(steps: int) -> dict[str, Array] | None:
        count = scheduler.last_epoch + 1
        index = bisect_right(milestones, count)
        if index and milestones[index - 1] == count:
            scheduler.step()  # begins the next member
            return {"lr": lrs_of(groups)[None]}
        form = forms[index]
        if index < len(milestones):
            steps = min(steps, milestones[index] - count)
        found = form(steps) if form and steps >= parts.LEAST else None
        if found is not None:
            scheduler.last_epoch += len(found["lr"])
            scheduler._last_lr = members[index].get_last_lr()
        return found

    return make


_FORMS: dict[type, Callable[[Any, list[Group]], Bulk | None]] = {
    **dict.fromkeys(FACTORS, multiplied),
    ChainedScheduler: chained,
    CosineAnnealingLR: cosine,
    CosineAnnealingWarmRestarts: warm_restarts,
    CyclicLR: cyclic,
    LambdaLR: scaled,
    MultiplicativeLR: rescaled,
    OneCycleLR: one_cycle,
    SequentialLR: _sequential,
    SWALR: averaged,
}
