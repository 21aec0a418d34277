"""The fast path: the same numbers as the plain loop, without most of what the loop costs.

Three things are saved. Nothing but a scheduler's `step()` moves a value, so rows are filled by
slices between two calls. Many steps of a scheduler that is alone are made at once (`bulk`). And
light steps stand in for what is left of those of torch's own leaf schedulers (`light`).
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from torch.optim import lr_scheduler, swa_utils

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.quantities import Group, Read
from lrviz.curves.events import Array
from lrviz.simulation.filling import Loop
from lrviz.simulation.light import light_steps
from lrviz.simulation.recording import Recording
from lrviz.simulation.timeline import Timeline

CHUNK = 8192
"""Updates simulated at a time: so many are held as Python floats, and reported as progress."""

KNOWN_TORCH = {
    "417a23bdcb5e6809dd5fb58541283b7853bf6dd87e1e7db597899363be76271f": "2.13.0",
}
"""SHA-256 of torch's lr_scheduler.py and swa_utils.py, joined, that the light steps were made for.

The whole files, so that another torch, whose schedulers might move values that are not looked at
here, takes the plain loop until somebody has read it.
"""


def in_order(schedulers: Iterable[BuiltScheduler]) -> list[BuiltScheduler]:
    """Return the schedulers as they are stepped after one update: the per-epoch ones come last."""
    return sorted(schedulers, key=lambda built: built.interval == "epoch")


def may_run(built: Built) -> bool:
    """Return whether the fast path is known to give the plain loop's numbers for `built`."""
    plain = all(isinstance(group["lr"], int | float) for group in built.optimizer.param_groups)
    return built.own and plain and torch_is_known()


@cache
def torch_is_known() -> bool:
    """Return whether this torch's schedulers are ones that the light steps were made for."""
    digest = hashlib.sha256()
    try:
        for module in (lr_scheduler, swa_utils):
            digest.update(Path(inspect.getfile(module)).read_bytes())
    except OSError:  # torch lies in an archive
        return False
    return digest.hexdigest() in KNOWN_TORCH


def run(built: Built, on_progress: Callable[[int], None] | None = None) -> Recording:
    """Simulate `built`, for which `may_run` holds.

    Args:
        built: Its schedulers and its optimizer are left in the state of the training's end.
        on_progress: Called with the number of updates that are done, once in `CHUNK` updates.
    """
    groups = built.optimizer.param_groups
    everyone = {member for each in built.schedulers for member in _family(each.scheduler)}
    reads = _reads(everyone, groups)
    updates = built.length.updates
    # Once, so that the schedulers do not warn that they were called before the optimizer.
    built.optimizer.step()
    with light_steps(everyone, groups):
        timelines = [Timeline.of(each, built.length) for each in in_order(built.schedulers)]
        loop = Loop.of(timelines, groups, reads, updates)
        for start in range(0, updates, CHUNK):
            error = loop.fill(start, min(start + CHUNK, updates))
            if error:
                updates = error.update + 1
                break
            if on_progress:
                on_progress(min(start + CHUNK, updates))
    curves = {name: each.curve(updates) for name, each in loop.rows.items()}
    after = {name: np.array([read(each) for each in groups], float) for name, read in reads.items()}
    for name in [name for name in curves if name != "lr" and _is_still(curves[name], after[name])]:
        del curves[name], after[name]
    return Recording(curves, after, error)


def blocks(built: Built) -> Iterator[dict[str, Array]]:
    """Yield the values that each update uses, some thousand updates at a time.

    So long a run of updates is held in memory, whatever the training's length. Where a scheduler
    raises, they end.

    Args:
        built: One for which `may_run` holds; nothing else may step it meanwhile.
    """
    groups = built.optimizer.param_groups
    everyone = {member for each in built.schedulers for member in _family(each.scheduler)}
    reads = _reads(everyone, groups)
    built.optimizer.step()
    with light_steps(everyone, groups):
        timelines = [Timeline.of(each, built.length) for each in in_order(built.schedulers)]
        for start in range(0, built.length.updates, CHUNK):
            stop = min(start + CHUNK, built.length.updates)
            loop = Loop.of(timelines, groups, reads, stop - start, start)
            error = loop.fill(start, stop)
            count = stop - start if error is None else error.update + 1 - start
            yield {name: each.curve(count) for name, each in loop.rows.items()}
            if error:
                return


def _reads(everyone: Iterable[Any], groups: list[Group]) -> dict[str, Read]:
    """Return what is read of each group: the lr, and the momentum where one may move it."""
    reads: dict[str, Read] = {"lr": itemgetter("lr")}
    if any(getattr(each, "cycle_momentum", False) for each in everyone):
        reads["momentum"] = _first_beta if "betas" in groups[0] else itemgetter("momentum")
    return reads


def _first_beta(group: Group) -> float:
    found: float = group["betas"][0]
    return found


def _is_still(curve: Array, after: Array) -> bool:
    first: Array = curve[0]
    same = (curve.min(axis=0) == first) & (curve.max(axis=0) == first) & (after == first)
    return bool(same.all())


def _family(scheduler: Any) -> Iterator[Any]:
    """Yield a scheduler and, where it is a composite, all that it holds."""
    yield scheduler
    for member in getattr(scheduler, "_schedulers", ()):
        yield from _family(member)
