"""What a schedule gives where its optimizer has another learning rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrviz.checking.subject import Subject
from lrviz.errors import LrvizError

# So many updates tell whether the rates come of the optimizer's lr; a warmup from 0 needs two.
_UPDATES = 256


def unheard_lr(subject: Subject) -> float | None:
    """Return the optimizer's lr where somebody's scheduler gives the same rates whatever it is.

    It is built once more on an optimizer with half the lr. Schedulers of torch and shapes of lrviz
    are known, and code that makes its own optimizer is not asked.
    """
    from lrviz.building.factory import build_schedule
    from lrviz.simulation.loop import run

    if subject.built.own or subject.resumed or not subject.built.schedulers:
        return None
    kinds = [type(each.scheduler).__module__ for each in subject.built.schedulers]
    known = any(kind.partition(".")[0] in ("torch", "transformers", "lrviz") for kind in kinds)
    rows = min(_UPDATES, len(subject.trace.lr))
    seen = subject.trace.lr[:rows]
    schedule = subject.schedule
    own = subject.base if schedule.optimizer.lr is None else schedule.optimizer.lr
    if known or rows < 2 or (seen == own).any():
        return None
    half = replace(schedule.optimizer, lr=own / 2)
    try:
        built = build_schedule(replace(schedule, optimizer=half, start=0, resume="all"))
        trace = run(replace(built, length=replace(built.length, updates=rows)))
    except LrvizError:
        return None
    given = built.optimizer.defaults.get("lr") == own / 2
    return own if given and np.array_equal(trace.lr, seen) else None
