"""Importing what users name on the command line: `module:callable`, `file.py:callable`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from lrviz import catalog
from lrviz.errors import LrvizError, UsageError, kind_of, suggestion, words
from lrviz.sources.paths import is_path, is_there, refused

_PROGRAM = "what it does as a program should stand under `if __name__ == '__main__':`"
_WHOLE = f"the whole file is imported to find a function in it: {_PROGRAM}"


def import_named(source: str) -> Callable[..., Any]:
    """Import what `module:callable` or `file.py:callable` names; naming it is the trust.

    Raises:
        UsageError: There is no such module or attribute, it raised, or it is not callable.
    """
    head, _, name = source.rpartition(":")
    with_current_folder()
    module = _file_module(head) if head.endswith(".py") else module_named(head, source)
    value = _bound(module, name, source)
    if not callable(value):
        raise UsageError(f"{source!r} is {kind_of(value)}, not a function")
    result: Callable[..., Any] = value
    return result


def _bound(module: ModuleType, name: str, source: str) -> Any:
    """Return what a name is in a module; a method, or Lightning's class, is that of an object."""
    owner_name, _, last = name.rpartition(".")
    value = attribute(module, name, source)
    owner = attribute(module, owner_name, source) if owner_name else None
    if isinstance(value, type) and hasattr(value, "configure_optimizers"):
        owner, last = value, "configure_optimizers"
    elif not isinstance(owner, type) or not inspect.isroutine(inspect.getattr_static(owner, last)):
        return value
    if isinstance(inspect.getattr_static(owner, last), staticmethod | classmethod):
        return getattr(owner, last)
    return getattr(_object(owner, last, source), last)


def _object(owner: type, method: str, source: str) -> Any:
    """Build an object of a class that needs nothing to be built."""
    try:
        parameters = inspect.signature(owner).parameters.values()
    except (TypeError, ValueError):  # a builtin class that does not say
        parameters = {}.values()
    needs = [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    if needs:
        head, name = source.rpartition(":")[0], owner.__name__
        arguments = ", ".join(f"{each}=..." for each in needs)
        raise UsageError(
            f"{source}: {name} needs {', '.join(needs)} to be built; write a function, "
            f"`def make(): return {name}({arguments}).{method}()`, and name it: {head}:make"
        )
    return run(owner, source)


def with_current_folder() -> None:
    """Let modules of the current folder be imported, as `python -m` does."""
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
    run(lambda: loader.exec_module(module), head, _WHOLE)
    return module


def module_named(head: str, source: str) -> ModuleType:
    """Import a module by its dotted name.

    Raises:
        UsageError: There is none, or importing it raised.
    """
    if not exists(head):
        if is_path(head):
            raise refused(head)
        near = suggestion(head, catalog.names())
        raise UsageError(f"{source!r}: no preset, scheduler or Python module {head!r}{near}")
    module: ModuleType = run(lambda: importlib.import_module(head), head, _WHOLE)
    return module


def exists(module: str) -> bool:
    """Tell whether there is such a module; only its parents are imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def attribute(module: ModuleType, name: str, source: str) -> Any:
    """Return what a module has by a dotted name.

    Raises:
        UsageError: It has none, with the nearest name.
    """
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            known = [each for each in dir(value) if not each.startswith("_")]
            raise UsageError(f"{source}: there is no {part!r}{suggestion(part, known)}")
        value = getattr(value, part)
    return value


def run(action: Callable[[], Any], what: str, advice: str | None = None) -> Any:
    """Run a user's code; what it raises, `sys.exit` included, is an error of `what`.

    Args:
        action: What runs it.
        what: What it is, for the message.
        advice: What to do about it.

    Raises:
        UsageError: It raised.
    """
    try:
        return action()
    except (LrvizError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if isinstance(error, SystemExit):
            advice = _PROGRAM
        more = f"; {advice}" if advice else ""
        raise UsageError(f"{what} raised {words(error)}{more}") from error
