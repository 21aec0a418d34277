"""Watching what functions share with the training: what they change is noticed and put back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lrviz.live.objects import CONTAINERS, attributes, is_atom


@dataclass(frozen=True)
class Content:
    """What an object held at some time: references, and copies only of the numbers in an array.

    Attributes:
        items: The members of a container, in order; keys and values of a dict alternate.
        named: Its attributes.
        numbers: A copy of a tensor or an array.
    """

    items: tuple[Any, ...] = ()
    named: dict[str, Any] | None = None
    numbers: Any = None

    @classmethod
    def of(cls, value: Any) -> Content:
        """Return what `value` holds now."""
        if isinstance(value, torch.Tensor):
            return cls(numbers=value.detach().clone())
        if isinstance(value, np.ndarray):
            return cls(numbers=value.copy())
        items: tuple[Any, ...] = ()
        if isinstance(value, dict):
            items = tuple(each for pair in dict.items(value) for each in pair)
        elif isinstance(value, CONTAINERS):
            items = tuple(value)
        named = attributes(value)
        # What Python itself keeps in a class or a module, and may write there at any time.
        return cls(items, {key: each for key, each in named.items() if not key.startswith("__")})

    def equals(self, other: Content) -> bool:
        """Say whether both hold the same objects, or equal numbers and texts."""
        if self.numbers is not None:
            return _bits(self.numbers) == _bits(other.numbers)
        mine, theirs = self.named or {}, other.named or {}
        if mine.keys() != theirs.keys() or len(self.items) != len(other.items):
            return False
        pairs = [*zip(self.items, other.items, strict=True)]
        pairs += [(each, theirs[name]) for name, each in mine.items()]
        return all(_same(one, another) for one, another in pairs)


def _bits(numbers: Any) -> bytes:
    if isinstance(numbers, torch.Tensor):
        numbers = numbers.reshape(-1).contiguous().view(torch.uint8).cpu().numpy()
    bits: bytes = numbers.tobytes()
    return bits


def _same(mine: Any, theirs: Any) -> bool:
    if mine is theirs:
        return True
    return type(mine) is type(theirs) and is_atom(mine) and bool(mine == theirs)


@dataclass(frozen=True)
class Watch:
    """An object that a function of a scheduler can change.

    Attributes:
        value: The object.
        before: What it held before the simulation.
        place: The function that reads it.
        variable: The variable by which the function reads it.
    """

    value: Any
    before: Content
    place: str
    variable: str

    def restore(self) -> bool:
        """Put back what the object held; return whether it held anything else."""
        now = Content.of(self.value)
        if self.before.equals(now):
            return False
        self._restore_items()
        old, new = self.before.named or {}, now.named or {}
        # Past a __setattr__ of its own, as that of a frozen dataclass.
        write: Any = type if isinstance(self.value, type) else object
        for name in new.keys() - old.keys():
            write.__delattr__(self.value, name)
        for name, each in old.items():
            if name not in new or new[name] is not each:
                write.__setattr__(self.value, name, each)
        return True

    def _restore_items(self) -> None:
        value, items = self.value, self.before.items
        if isinstance(value, torch.Tensor):
            value.data.copy_(self.before.numbers)
        elif isinstance(value, np.ndarray):
            value[...] = self.before.numbers
        elif isinstance(value, dict):
            dict.clear(value)
            dict.update(value, zip(items[::2], items[1::2], strict=True))
        elif isinstance(value, set):
            value.clear()
            value.update(items)
        elif isinstance(value, list | deque):
            value.clear()
            value.extend(items)
