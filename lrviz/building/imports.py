"""The scheduler classes and functions that a spec names by dotted paths, from torch or others."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from lrviz import catalog
from lrviz.errors import SpecError, kind_of, suggestion
from lrviz.sources.imports import attribute, exists, module_named, run, with_current_folder

# What a spec may name without --trust, and where what it names must have been written.
_TORCH = ("torch.optim.lr_scheduler", "torch.optim.swa_utils", "torch.optim")
_TRANSFORMERS = ("transformers.optimization", "transformers")


def import_scheduler(path: str, *, trust: bool) -> Callable[..., Any]:
    """Import the scheduler class or function that a spec names by its dotted path.

    Args:
        path: `transformers.get_cosine_schedule_with_warmup`, `my_pkg.sched.MyLR`.
        trust: Anything may be imported. Without it only schedulers of torch.optim and schedule
            functions of transformers.optimization are: importing runs code.

    Raises:
        SpecError: It is not there, or not allowed without `--trust`.
    """
    prefix, _, name = path.rpartition(".")
    if prefix in _TRANSFORMERS:
        try:
            return _transformers_function(path, name)
        except SpecError:
            if not trust:
                raise
    if prefix in _TORCH and not trust:
        return _torch_class(path, name)
    if not trust:
        raise SpecError(
            f"{path} is neither a scheduler of torch nor a schedule of transformers, and importing "
            "it runs its code; if you know what it does, add --trust"
        )
    parts = path.split(".")
    with_current_folder()
    for cut in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:cut])
        if exists(head):
            module = module_named(head, path)
            value = attribute(module, ".".join(parts[cut:]), path)
            if not callable(value):
                raise SpecError(f"{path} is {kind_of(value)}, not a scheduler class")
            result: Callable[..., Any] = value
            return result
    raise SpecError(f"no module {parts[0]!r} is installed, or {path} is misspelt")


def _torch_class(path: str, name: str) -> Callable[..., Any]:
    if catalog.scheduler_class(name) is None:
        near = suggestion(name, catalog.class_names())
        raise SpecError(f"{path} is no scheduler class{near}")
    return torch_scheduler(name)


def torch_scheduler(name: str) -> Callable[..., Any]:
    """Return torch's scheduler class of this name.

    Raises:
        SpecError: The installed torch has none.
    """
    from torch.optim import lr_scheduler, swa_utils

    for module in (lr_scheduler, swa_utils):
        found = getattr(module, name, None)
        if isinstance(found, type) and issubclass(found, lr_scheduler.LRScheduler):
            return found
    near = suggestion(name, catalog.names())
    raise SpecError(f"no preset or scheduler {name!r}{near} (`lrviz list` shows all)")


def _transformers_function(path: str, name: str) -> Callable[..., Any]:
    if not exists("transformers"):
        raise SpecError(f"{path} needs the package transformers; pip install 'lrviz[transformers]'")
    module = run(lambda: importlib.import_module("transformers.optimization"), "transformers")
    found = getattr(module, name, None)
    code = getattr(found, "__code__", None)
    takes_optimizer = code is not None and "optimizer" in code.co_varnames[: code.co_argcount]
    if getattr(found, "__module__", None) != module.__name__ or not takes_optimizer:
        schedules = [each for each in dir(module) if each.startswith("get_")]
        near = suggestion(name, schedules) or f"; there are: {', '.join(schedules)}"
        raise SpecError(f"{path} is no schedule function of transformers{near}")
    result: Callable[..., Any] = getattr(module, name)
    return result
