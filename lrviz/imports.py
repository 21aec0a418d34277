"""Importing what users name: `module:callable`, `file.py:callable`, and dotted paths of a spec."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from lrviz import catalog
from lrviz.errors import LrvizError, SpecError, UsageError, suggestion, words

# What a spec may name without --trust, and where what it names must have been written.
_TORCH = ("torch.optim.lr_scheduler", "torch.optim.swa_utils", "torch.optim")
_TRANSFORMERS = ("transformers.optimization", "transformers")


def import_named(source: str) -> Callable[..., Any]:
    """Import what `module:callable` or `file.py:callable` names; naming it is the trust.

    Raises:
        UsageError: There is no such module or attribute, it raised, or it is not callable.
    """
    head, _, name = source.rpartition(":")
    _with_current_folder()
    module = _file_module(head) if head.endswith(".py") else _module(head, source)
    value = _attribute(module, name, source)
    if not callable(value):
        raise UsageError(f"{source!r} is a {type(value).__name__}, not a function")
    result: Callable[..., Any] = value
    return result


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
    _with_current_folder()
    for cut in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:cut])
        if _exists(head):
            module = _module(head, path)
            value = _attribute(module, ".".join(parts[cut:]), path)
            if not callable(value):
                raise SpecError(f"{path} is a {type(value).__name__}, not a scheduler class")
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
    if not _exists("transformers"):
        raise SpecError(f"{path} needs the package transformers; pip install 'lrviz[transformers]'")
    module = _run(lambda: importlib.import_module("transformers.optimization"), "transformers")
    found = getattr(module, name, None)
    code = getattr(found, "__code__", None)
    takes_optimizer = code is not None and "optimizer" in code.co_varnames[: code.co_argcount]
    if getattr(found, "__module__", None) != module.__name__ or not takes_optimizer:
        schedules = [each for each in dir(module) if each.startswith("get_")]
        near = suggestion(name, schedules) or f"; there are: {', '.join(schedules)}"
        raise SpecError(f"{path} is no schedule function of transformers{near}")
    result: Callable[..., Any] = getattr(module, name)
    return result


def is_there(path: str) -> bool:
    """Tell whether there is such a file or folder; what cannot be a path is not there."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return False


def _with_current_folder() -> None:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _file_module(head: str) -> ModuleType:
    if not is_there(head) or not Path(head).is_file():
        raise UsageError(f"{head}: no such file")
    found = importlib.util.spec_from_file_location(Path(head).stem, head)
    if found is None or found.loader is None:
        raise UsageError(f"{head}: cannot be read as Python")
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    loader = found.loader
    _run(lambda: loader.exec_module(module), head)
    return module


def _module(head: str, source: str) -> ModuleType:
    if not _exists(head):
        near = suggestion(head, catalog.names())
        raise UsageError(f"{source!r}: no preset, scheduler or Python module {head!r}{near}")
    module: ModuleType = _run(lambda: importlib.import_module(head), head)
    return module


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _attribute(module: ModuleType, name: str, source: str) -> Any:
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            known = [each for each in dir(value) if not each.startswith("_")]
            raise UsageError(f"{source}: there is no {part!r}{suggestion(part, known)}")
        value = getattr(value, part)
    return value


def _run(action: Callable[[], Any], what: str) -> Any:
    try:
        return action()
    except (LrvizError, KeyboardInterrupt):
        raise
    except BaseException as error:
        advice = ""
        if isinstance(error, SystemExit):
            advice = "; what it does as a program should stand under `if __name__ == '__main__':`"
        raise UsageError(f"{what} raised {words(error)}{advice}") from error
