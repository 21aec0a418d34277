"""What specs ask of a figure of their schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lrviz.spec.schedule import Schedule


@dataclass(frozen=True)
class Wanted:
    """Defaults for a figure.

    Attributes:
        x: What the x axis counts: the first that is wanted for, if all schedules can be counted so.
        log: The y axis is logarithmic: all of the specs ask for it.
        title: That of the one spec that all the schedules come from, if it has one.
    """

    x: Literal["step", "epoch", "progress", "tokens"] | None = None
    log: bool = False
    title: str | None = None


def wanted_by(schedules: Sequence[Schedule]) -> Wanted:
    """Return what the specs of schedules ask of their figure."""
    titles = {each.title for each in schedules}
    lengths = [each.length for each in schedules]
    known = {
        "epoch": all(length.updates_per_epoch for length in lengths),
        "tokens": all(length.tokens_per_update for length in lengths),
    }
    x = next((each.plot.x for each in schedules if each.plot.x), None)
    return Wanted(
        x=x if known.get(x or "", True) else None,
        log=bool(schedules) and all(each.plot.log for each in schedules),
        title=titles.pop() if len(titles) == 1 else None,
    )
