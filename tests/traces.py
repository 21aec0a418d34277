"""Traces for the tests of what reads them: from torch's schedulers stepped by hand, or made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lrviz.curves.trace import RunError, Trace
from lrviz.spec.durations import Length

if TYPE_CHECKING:
    from torch.optim import SGD

Array = NDArray[np.float64]


def stepped(make: Callable[[SGD], Any], calls: int, lr: float = 0.1) -> Array:
    """Return the learning rates before each of so many calls of a real scheduler's step()."""
    import torch  # here: traces that are made up are for tests without torch too
    from torch.optim import SGD

    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    rates = []
    for _ in range(calls):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates, dtype=np.float64)


def trace(
    values: ArrayLike,
    *,
    label: str = "a",
    per_epoch: int | None = None,
    interval: str = "step",
    groups: Sequence[str] = ("",),
    after: ArrayLike = 0.0,
    momentum: ArrayLike | None = None,
    updates: int | None = None,
    error: RunError | None = None,
    epochs_only: bool = False,
) -> Trace:
    """Return a trace of these learning rates, shape (N,) or (N, G)."""
    curves = {"lr": np.asarray(values, dtype=np.float64).reshape(-1, len(groups))}
    if momentum is not None:
        curves["momentum"] = np.asarray(momentum, dtype=np.float64).reshape(-1, len(groups))
    last = np.broadcast_to(np.asarray(after, dtype=np.float64), (len(groups),))
    return Trace(
        label=label,
        source=f"{label}.yaml",
        groups=tuple(groups),
        curves=curves,
        after=dict.fromkeys(curves, last),
        length=Length(updates or len(curves["lr"]), per_epoch, epochs_only=epochs_only),
        interval=interval,
        error=error,
    )
