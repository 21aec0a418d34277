"""torch and matplotlib without what nothing here uses of them: a third of their imports."""

from __future__ import annotations

import hashlib
import os
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

UNUSED_OF_TORCH: dict[str, dict[str, Any]] = {
    # Kernels for tensors without data, which compilers ask for, with their decompositions.
    "torch._meta_registrations": {},
    "torch.distributed._meta_registrations": {},
    # What compilers make of a program, and what they have in place of its branches and loops.
    "torch.export": {},
    "torch.func": {"vmap": None},
    "torch._higher_order_ops": {"cond": None, "while_loop": None},
    "torch._higher_order_ops.invoke_subgraph": {"NestedCompileRegionOptions": object},
    # Models in few bits.
    "torch.quantization": {},
    "torch.nn.intrinsic": {},
    "torch.nn.qat": {},
    "torch.nn.quantizable": {},
    "torch.nn.quantized": {},
    # Data, and models of others.
    "torch.utils.data": {},
    "torch.hub": {"tqdm": None},
    # Kinds of mathematics.
    "torch.distributions": {},
    "torch.masked": {},
    "torch.signal": {"windows": None},
    # Measuring.
    "torch.profiler": {},
}
"""What torch imports for those who write `torch.export` and never import it: nobody does here.

The names are those that torch itself imports from them, and has no use for.
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

DEBUGGING = "TORCH_COMPILE_DEBUG", "TORCH_CUDA_SANITIZER", "TORCH_LOGS", "TORCH_TRACE"
"""Variables of the environment at which torch imports its compilers, or tells of them."""

_DEVICES = "TORCH_DEVICE_BACKEND_AUTOLOAD"

own_process = False
"""Whether this process ends with lrviz's command, so that nobody asks it for more of torch."""


@contextmanager
def lean_torch(schedules: Iterable[Schedule]) -> Iterator[None]:
    """Let torch be imported without `UNUSED_OF_TORCH`, where all that will run is known.

    A torch that is not known, or imported already, is taken as it is, and also where other people's
    code has a part in what will be simulated, torch is being debugged, or the process is not
    lrviz's own: what is left out can hardly be imported later, in another order than torch's.
    """
    more = any(map(_runs_others, schedules)) or any(name in os.environ for name in DEBUGGING)
    if not own_process or more or not _is_known("torch", ("__init__.py",), KNOWN_TORCH):
        yield
        return
    with _without(UNUSED_OF_TORCH), _no_device():
        yield


def _runs_others(schedule: Schedule) -> bool:
    """Say whether more than torch's own code makes the numbers: a user's, or transformers'."""
    nodes = [member.node for member in schedule.members]
    return (
        schedule.function is not None
        or schedule.trust
        or "transformers" in f"{nodes} {schedule.optimizer.type}"
    )


@contextmanager
def _no_device() -> Iterator[None]:
    """Let torch be imported without the packages of other companies' devices.

    They would be in want of what is left out, and a learning rate needs no device.
    """
    asked = os.environ.get(_DEVICES)
    os.environ[_DEVICES] = "0"
    try:
        yield
    finally:
        if asked is None:
            del os.environ[_DEVICES]
        else:
            os.environ[_DEVICES] = asked


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
