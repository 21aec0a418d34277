"""What copies of the schedulers would hold, found before anything is copied."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import _lru_cache_wrapper
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch.optim import Optimizer

from lrviz.building.calls import unwrapped
from lrviz.errors import FollowError
from lrviz.live import objects
from lrviz.live.reading import LARGE, Reader
from lrviz.live.standins import Refusal, StandIn, TensorStandIn

# What deepcopy does not copy.
_SHARED = (FunctionType, BuiltinFunctionType, weakref.ref, type, _lru_cache_wrapper)


class Survey:
    """Walks through what would be copied, and decides what is copied, shared or stood in for.

    Tensors and arrays are copied up to 32 MiB in all. Parameters, models, other optimizers and
    larger tensors are not: a stand-in takes their place. Data loaders and datasets are shared.
    Functions and classes are shared as well, which is why a `Reader` looks at them.

    Args:
        optimizer: The real one.
        memo: For deepcopy: the optimizer's stand-in and its parts by the ids of the real ones.
        training: What only the training moves, by id, each with what to call it.
        used: Gets the error of a stand-in that is used.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        memo: dict[int, Any],
        training: Mapping[int, str],
        used: list[FollowError],
    ) -> None:
        self.memo = memo
        self.training = dict(training)
        self._optimizer, self._used = optimizer, used
        self._copied: set[int] = set()
        self._shared: list[tuple[str, Any]] = []
        self._bytes = 0

    def walk(self, place: str, root: Any) -> bool:
        """Look at `root`, which would be copied; return whether it holds the optimizer."""
        stack, found = [(place, root)], False
        while stack:
            place, value = stack.pop()
            if isinstance(value, Optimizer) and unwrapped(value) is self._optimizer:
                # Itself, or in the wrapper that accelerate makes for it.
                self.memo[id(value)] = self.memo[id(self._optimizer)]
                self.training[id(value)] = "the optimizer"
            found = found or id(value) in self.training
            if objects.is_atom(value) or id(value) in self.memo or id(value) in self._copied:
                continue
            stack += reversed(self._opened(place, value))
        return found

    def reader(self) -> Reader:
        """Look at all functions that the copies would share with the training.

        Raises:
            FollowError: One of them cannot be followed.
        """
        reader = Reader(self.training, self._copied, self.memo)
        for place, value in self._shared:
            reader.read(place, value)
        return reader

    def stand_in(self, place: str, value: Any, what: str) -> Any:
        """Return what takes the place of an object that is not copied, always the same for one."""
        if id(value) not in self.memo:
            message = (
                f"{place} is {what}, which the simulation neither copies nor trains, "
                "and the scheduler uses it as it steps"
            )
            refusal = Refusal(message, self._used)
            tensor = isinstance(value, torch.Tensor)
            make: Any = TensorStandIn.of if tensor else StandIn
            self.memo[id(value)] = make(value, refusal)
        return self.memo[id(value)]

    def _opened(self, place: str, value: Any) -> list[tuple[str, Any]]:
        """Decide about one object, and return the parts of it that would be copied."""
        if isinstance(value, torch.nn.Parameter):
            self.stand_in(place, value, "a parameter of the model")
        elif isinstance(value, torch.nn.Module):
            self.stand_in(place, value, f"the model {type(value).__name__}")
        elif isinstance(value, Optimizer):
            self.stand_in(place, value, f"another optimizer, {type(value).__name__}")
        elif isinstance(value, torch.Tensor | np.ndarray):
            self._numbers(place, value)
        elif isinstance(value, objects.LOADERS):
            self.memo[id(value)] = value
        elif isinstance(value, _SHARED):
            self._copied.add(id(value))
            self._shared.append((place, value))
        elif isinstance(value, MethodType) and isinstance(value.__self__, torch.nn.Module):
            self.memo[id(value)] = value  # a LightningModule's; its function is looked at
            self._shared.append((place, value))
        else:
            self._copied.add(id(value))
            if objects.is_users(type(value)):
                self._shared.append((place, type(value)))
            if objects.attributes(value).get("optimizer") is self._optimizer:
                self.training[id(value)] = "the scheduler"
            return [(f"{place}{suffix}", part) for suffix, part in objects.parts(value)]
        return []

    def _numbers(self, place: str, value: Any) -> None:
        self._bytes += value.nbytes
        if self._bytes > LARGE:
            self._bytes -= value.nbytes
            self.stand_in(place, value, f"a {type(value).__name__} of {value.nbytes:,} bytes")
            return
        self._copied.add(id(value))
        if isinstance(value, torch.Tensor):
            # deepcopy would take a view's whole storage, and refuses what has a history.
            self.memo[id(value)] = value.detach().clone()
