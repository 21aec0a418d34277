"""What a figure shows, for those who hear it read."""

from __future__ import annotations

from lrviz.views.plan.planning import Plan
from lrviz.writing import numbers as formatting
from lrviz.writing.text import visible

_NAMED = 6  # curves that are named
_LONGEST = 80  # characters of a name
_OVER = {"update": "updates", "epoch": "epochs", "progress": "the share of its training"}


def spoken(plan: Plan, title: str | None) -> tuple[str, str]:
    """Return a figure's title and a sentence: its quantities, how many curves, and whose.

    Args:
        plan: What is drawn.
        title: As it was asked for; None: the names of the schedules.
    """
    names = [visible(" ".join(trace.label.split()))[:_LONGEST] for trace in plan.traces]
    listed = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        listed += f" and {len(names) - _NAMED} more"
    panels = " and ".join(panel.title for panel in plan.panels)
    values = [line.values[line.last] for line in plan.panels[0].lines if line.last is not None]
    ends = sorted({formatting.lr(float(value), 3) for value in values}, key=float)
    fall = f", which ends at {ends[0]}" if len(ends) == 1 else ""
    over = _OVER.get(plan.below.name, plan.below.name)
    heading = visible(" ".join(title.split())) if title else listed
    return heading, f"The {panels} over {over} of {listed}{fall}."
