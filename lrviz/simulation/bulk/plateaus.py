"""Schedulers that look at a metric: most steps do nothing but count."""

from __future__ import annotations

import numpy as np
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lrviz.building.quantities import Group
from lrviz.curves.events import Array
from lrviz.simulation.bulk.parts import Bulk, Metrics
from lrviz.simulation.light import to_beat

_PIECE = 256
"""Steps that are looked at together: whether one of them can do more than count."""


def plateau(scheduler: ReduceLROnPlateau, groups: list[Group], metrics: Metrics) -> Bulk | None:
    """Return the form of a reduction at plateaus, unless its counts are no whole numbers.

    Args:
        scheduler: Of that class itself.
        groups: Of its optimizer.
        metrics: Of its steps to come.
    """
    patience, pause = scheduler.patience, scheduler.cooldown
    if type(patience) is not int or patience < 0 or type(pause) is not int:
        return None
    sign = 1.0 if scheduler.mode == "min" else -1.0  # the smaller the better, then
    beat = to_beat(scheduler)
    made = scheduler.last_epoch

    def make(steps: int) -> dict[str, Array]:
        first = scheduler.last_epoch
        values = sign * metrics(first - made, first - made + steps)
        bound = sign * beat(scheduler.best)
        bad, wait = scheduler.num_bad_epochs, scheduler.cooldown_counter
        lrs, begins = [[group["lr"] for group in groups]], [0]
        for start in range(0, len(values), _PIECE):
            piece = values[start : start + _PIECE]
            count = len(piece)
            if not wait and bad + count <= patience and not (piece < bound).any():
                bad += count
                continue
            for step, value in enumerate(piece.tolist(), start):
                if value < bound:
                    scheduler.best, bad = sign * value, 0
                    bound = sign * beat(scheduler.best)
                else:
                    bad += 1
                if wait > 0:
                    wait, bad = wait - 1, 0
                if bad > patience:
                    scheduler._reduce_lr(first + step + 1)
                    bad, wait = 0, pause
                    now = [group["lr"] for group in groups]
                    if now != lrs[-1]:  # it leaves alone what would change by less than its eps
                        lrs.append(now)
                        begins.append(step)
        scheduler.num_bad_epochs, scheduler.cooldown_counter = bad, wait
        scheduler.last_epoch += len(values)
        scheduler._last_lr = lrs[-1]
        stays = np.diff(begins, append=len(values))
        found: Array = np.repeat(np.array(lrs, float), stays, axis=0)
        return {"lr": found}

    return make
