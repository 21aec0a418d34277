"""Stand-ins for what is too big to copy, or trained: who uses one is told that it is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from lrviz.errors import FollowError

ADVICE = (
    "pass a function that builds the optimizer and the scheduler to lrviz.simulate, "
    "or name it on the command line as `module:callable`"
)
# What training does not change.
_METADATA = frozenset({"shape", "ndim", "dim", "numel", "size", "dtype", "device"})
_OPERATIONS = (
    *("__len__", "__iter__", "__next__", "__getitem__", "__setitem__", "__delitem__"),
    *("__contains__", "__call__", "__bool__", "__float__", "__int__", "__index__", "__complex__"),
    *("__lt__", "__le__", "__gt__", "__ge__", "__neg__", "__abs__", "__add__", "__radd__"),
    *("__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__"),
    *("__matmul__", "__rmatmul__", "__pow__", "__rpow__", "__iadd__", "__isub__", "__imul__"),
    *("__itruediv__", "__enter__", "__exit__", "__setattr__", "__delattr__"),
)


class StandIn:
    """Stands for a parameter, a model ... in a copied scheduler, which may hold it but not use it.

    It is an instance of the real one's class to `isinstance`, and tells a tensor's shape, dtype
    and device. Anything else raises a FollowError; the first is kept in `used`, since a scheduler
    may catch it.
    """

    def __init__(self, real: Any, message: str, used: list[FollowError]) -> None:
        object.__setattr__(self, "_kept", (real, message, used))

    def __getattribute__(self, name: str) -> Any:
        real = object.__getattribute__(self, "_kept")[0]
        if name == "__class__":
            return type(real)
        if name in _METADATA and isinstance(real, torch.Tensor):
            return getattr(real, name)
        return _refuse(self)

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Refuse what a function of torch would do with it."""
        members = [each for arg in args for each in (arg if isinstance(arg, list) else [arg])]
        members += (kwargs or {}).values()
        return _refuse(next(each for each in members if type(each) is cls))


def _refuse(stand_in: Any, *_: Any, **__: Any) -> Any:
    _, message, used = object.__getattribute__(stand_in, "_kept")
    error = FollowError(f"{message}: {ADVICE}")
    if not used:
        used.append(error)
    raise error


for _name in _OPERATIONS:
    setattr(StandIn, _name, _refuse)
