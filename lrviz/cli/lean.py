"""torch and matplotlib without what nothing here uses of them: a quarter of their imports."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrviz.spec.schedule import Schedule

KNOWN_TORCH = {
    "cf40c075c95864036e835795756d69b8cccfafa76f3bcde5eba9d06065ccd3d1": "2.13.0",
}
"""SHA-256 of torch's __init__.py, of which it is known that it can do without `UNUSED_OF_TORCH`."""

UNUSED_OF_TORCH: dict[str, dict[str, Any]] = {"torch._meta_registrations": {}}
"""Kernels for tensors without data, which compilers ask for, with their decompositions.

torch imports it last, and uses nothing of it.
"""

KNOWN_MATPLOTLIB = {
    "6f0fdb730b2403ba4402348715840391a2d76b719507ea10bfcddd3c27e83b01": "3.11.2",
}
"""SHA-256 of the files that import these or document what is drawn, joined."""

UNUSED_OF_MATPLOTLIB: dict[str, dict[str, Any]] = {
    "matplotlib.category": {},
    "matplotlib.dates": {},
    "mpl_toolkits.mplot3d": {"Axes3D": None},
}
"""Axes of words, of dates and of three dimensions: imported to be registered, and not drawn."""


@contextmanager
def lean_torch(schedules: Iterable[Schedule]) -> Iterator[None]:
    """Let torch be imported without `UNUSED_OF_TORCH`, where all that will run is known.

    Whoever imports that afterwards gets it. A torch that is not known, or imported already, is
    taken as it is, and also where a user's code has a part in what will be simulated.
    """
    users = any(each.function is not None or each.trust for each in schedules)
    lean = not users and _is_known("torch", ("__init__.py",), KNOWN_TORCH)
    with _without(UNUSED_OF_TORCH if lean else {}):
        yield


@contextmanager
def lean_matplotlib(load: Callable[[str], None]) -> Iterator[None]:
    """Let matplotlib be imported without `UNUSED_OF_MATPLOTLIB`, likewise.

    Nor are the texts put together that document its classes, a third of its import.

    Args:
        load: Imports a module.
    """
    files = "axes/_axes.py", "projections/__init__.py", "_docstring.py"
    if not _is_known("matplotlib", files, KNOWN_MATPLOTLIB):
        yield
        return
    with _without(UNUSED_OF_MATPLOTLIB):
        load("matplotlib._docstring")
        documents = sys.modules["matplotlib._docstring"]
        classes = documents.Substitution, type(documents.interpd)
        calls = [each.__call__ for each in classes]
        for each in classes:
            each.__call__ = lambda _, documented: documented
        try:
            yield
        finally:
            for each, call in zip(classes, calls, strict=True):
                each.__call__ = call


@contextmanager
def _without(modules: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Have modules that hold no more than these names, until it is left."""
    empty = {name: ModuleType(name) for name in modules if name not in sys.modules}
    for name, module in empty.items():
        vars(module).update(modules[name])
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name, module in empty.items():
            del sys.modules[name]
            package, _, attribute = name.rpartition(".")
            if getattr(sys.modules.get(package), attribute, None) is module:
                delattr(sys.modules[package], attribute)


def _is_known(package: str, files: Iterable[str], known: Iterable[str]) -> bool:
    """Say whether a package that is not imported yet is one whose files are known."""
    if package in sys.modules:
        return False
    found = find_spec(package)
    if found is None or found.origin is None:
        return False
    digest = hashlib.sha256()
    try:
        for file in files:
            digest.update((Path(found.origin).parent / file).read_bytes())
    except OSError:  # it lies in an archive
        return False
    return digest.hexdigest() in known
