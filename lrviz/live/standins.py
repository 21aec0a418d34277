"""Stand-ins for what is too big to copy, or trained: who uses one is told that it is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import torch

from lrviz.errors import FollowError

ADVICE = (
    "pass a function that builds the optimizer and the scheduler to lrviz.simulate, "
    "or name it on the command line as `module:callable`"
)
_OPERATIONS = (
    *("__len__", "__iter__", "__next__", "__getitem__", "__setitem__", "__delitem__"),
    *("__contains__", "__call__", "__bool__", "__float__", "__int__", "__index__"),
    *("__lt__", "__le__", "__gt__", "__ge__", "__add__", "__sub__", "__mul__", "__truediv__"),
    *("__enter__", "__exit__", "__setattr__", "__delattr__"),
)
_TENSOR: Any = torch.Tensor
# What training does not change.
_METADATA = {
    *(_TENSOR.shape.__get__, _TENSOR.ndim.__get__, _TENSOR.dtype.__get__, _TENSOR.device.__get__),
    *(_TENSOR.requires_grad.__get__, _TENSOR.size, _TENSOR.dim, _TENSOR.numel),
}


class Refusal:
    """What happens to who uses a stand-in.

    Args:
        message: What it stands for.
        used: Gets the first error, since a scheduler may catch it.
    """

    def __init__(self, message: str, used: list[FollowError]) -> None:
        self.message, self.used = message, used

    def __call__(self) -> NoReturn:
        """Raise a FollowError."""
        error = FollowError(f"{self.message}: {ADVICE}")
        if not self.used:
            self.used.append(error)
        raise error


class StandIn:
    """Stands for a model, a data structure ..., which a copied scheduler may hold but not use.

    It is an instance of the real one's class to `isinstance`; anything else is refused.
    """

    def __init__(self, real: Any, refusal: Refusal) -> None:
        object.__setattr__(self, "_kept", (type(real), refusal))

    def __getattribute__(self, name: str) -> Any:
        kind, refusal = object.__getattribute__(self, "_kept")
        return kind if name == "__class__" else refusal()


class TensorStandIn(torch.Tensor):
    """Stands for a tensor, without its numbers: all that it tells is shape, dtype and device.

    It is a tensor, since C++ code that takes one for a tensor must not be lied to.
    """

    _refusal: Refusal

    @staticmethod
    def of(real: torch.Tensor, refusal: Refusal) -> TensorStandIn:
        """Return a stand-in for `real`."""
        make: Any = torch.Tensor._make_wrapper_subclass
        stand_in: TensorStandIn = make(
            TensorStandIn,
            real.shape,
            dtype=real.dtype,
            device=real.device,
            requires_grad=real.requires_grad,
        )
        stand_in._refusal = refusal
        vars(stand_in)["_is_param"] = isinstance(real, torch.nn.Parameter)
        return stand_in

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Refuse all that functions and methods of tensors would do with it."""
        if func in _METADATA:
            return super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[no-untyped-call]
        return cls.__torch_dispatch__(func, types, args, kwargs)

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Refuse what has come past `__torch_function__`."""
        given = [*args, *(kwargs or {}).values()]
        members = [each for arg in given for each in (arg if type(arg) in (list, tuple) else [arg])]
        return next(each for each in members if type(each) is cls)._refusal()


def _refuse(stand_in: StandIn, *_: Any, **__: Any) -> NoReturn:
    refusal: Refusal = object.__getattribute__(stand_in, "_kept")[1]
    refusal()


for _name in _OPERATIONS:
    setattr(StandIn, _name, _refuse)
