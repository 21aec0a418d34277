"""What there is in a script's process: the schedulers on an optimizer, and its own lines."""

from __future__ import annotations

import gc
import re
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer, lr_scheduler

from lrviz.building.calls import unwrapped
from lrviz.live.objects import is_installed

_OWN = str(Path(__file__).parents[1])
_NAMED = re.compile("(?i:sched|warmup|anneal|decay)|LR(?![a-z])|(^|[^a-zA-Z])lr|^Lr")
_HOLDERS = re.compile("trainer|runner|engine|learner|agent|solver|callback|hook", re.IGNORECASE)


def caller() -> tuple[str, int] | None:
    """Return file and line of the script that led here; None where only installed code did."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not (file.startswith((_OWN, "<")) or is_installed(file)):
            return file, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None


def classes() -> Iterator[type]:
    """Yield torch's base class of schedulers, and all classes on it, and such as there are."""
    todo: list[type] = [lr_scheduler.LRScheduler]
    found: set[type] = set()
    while todo:
        kind = todo.pop()
        if kind not in found:
            found.add(kind)
            todo += kind.__subclasses__()
            yield kind
    for name in ("timm.scheduler.scheduler",):
        base = getattr(sys.modules.get(name), "Scheduler", None)
        if base is not None:
            yield from (base, *base.__subclasses__())


def acting_on(optimizer: Optimizer) -> tuple[Optimizer, list[Any]]:
    """Return the schedulers on an optimizer, in the order in which they were built.

    Those are of torch's class, or objects with an optimizer and step() that are called so; one
    that another holds is not among them. They may be on an optimizer that has the same param
    groups and leaves the update to this one, as SAM does: that one is returned with them.
    """
    found = [
        each
        for each in gc.get_objects()
        if _is_scheduler(each)
        and isinstance(acted := _optimizer(each), Optimizer)
        and acted.param_groups is optimizer.param_groups
    ]
    held = {id(inner) for each in found for inner in _members(each) if inner is not each}
    acting = [each for each in found if id(each) not in held]
    return _optimizer(acting[0]) if acting else optimizer, acting


def other_class(scheduler: Any) -> type | None:
    """Return the class of somebody's scheduler that has its step(), where that is not torch's."""
    if isinstance(scheduler, lr_scheduler.LRScheduler):
        return None
    return next((kind for kind in type(scheduler).__mro__ if "step" in vars(kind)), None)


def _is_scheduler(value: Any) -> bool:
    kind = type(value)
    if issubclass(kind, lr_scheduler.LRScheduler | lr_scheduler.ReduceLROnPlateau):
        return True
    if issubclass(kind, Optimizer | torch.nn.Module | type | weakref.ProxyType):
        return False
    named = _NAMED.search(kind.__name__) and not _HOLDERS.search(kind.__name__)
    return bool(named) and callable(getattr(kind, "step", None)) and not hasattr(kind, "zero_grad")


def _optimizer(scheduler: Any) -> Any:
    try:
        return unwrapped(vars(scheduler).get("optimizer"))
    except TypeError:  # an object of slots
        return None


def _members(scheduler: Any) -> Iterator[Any]:
    for value in vars(scheduler).values():
        yield from value if isinstance(value, list | tuple) else (value,)
