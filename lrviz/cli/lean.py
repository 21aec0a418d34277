"""torch without what nothing here uses of it: a quarter of its import."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrviz.spec.schedule import Schedule

KNOWN_TORCH = {
    "cf40c075c95864036e835795756d69b8cccfafa76f3bcde5eba9d06065ccd3d1": "2.13.0",
}
"""SHA-256 of torch's __init__.py, of which it is known that it can do without `LEFT_OUT`."""

LEFT_OUT = "torch._meta_registrations"
"""Kernels for tensors without data, which compilers ask for, with their decompositions.

torch imports it last, and uses nothing of it.
"""


@contextmanager
def lean_torch(schedules: Iterable[Schedule]) -> Iterator[None]:
    """Let torch be imported without `LEFT_OUT`, where all that will run is known.

    Whoever imports that afterwards gets it. A torch that is not known, or imported already, is
    taken as it is, and also where a user's code has a part in what will be simulated.
    """
    users = any(each.function is not None or each.trust for each in schedules)
    if users or "torch" in sys.modules or not _is_known():
        yield
        return
    sys.modules[LEFT_OUT] = empty = ModuleType(LEFT_OUT)
    try:
        yield
    finally:
        del sys.modules[LEFT_OUT]
        torch, name = sys.modules.get("torch"), LEFT_OUT.rpartition(".")[2]
        if getattr(torch, name, None) is empty:
            delattr(torch, name)


def _is_known() -> bool:
    found = find_spec("torch")
    try:
        data = Path(found.origin).read_bytes() if found and found.origin else b""
    except OSError:  # torch lies in an archive
        return False
    return hashlib.sha256(data).hexdigest() in KNOWN_TORCH
