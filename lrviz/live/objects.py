"""What the objects of a training are made of: their parts, and whose code they are."""

from __future__ import annotations

import argparse
import datetime
import enum
import functools
import inspect
import numbers
import re
import sys
import sysconfig
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    CodeType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any

import numpy as np
import torch

_ATOMS = (
    *(type(None), type(...), type(NotImplemented), str, bytes, range, slice, numbers.Number),
    *(np.generic, enum.Enum, PurePath, datetime.date, datetime.time, datetime.timedelta),
    *(re.Pattern, ModuleType, CodeType, torch.dtype, torch.device),
)
_INSTALLED = tuple(
    {sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_PACKAGES = re.compile(r"[/\\](site|dist)-packages[/\\]")
CONTAINERS = (list, dict, set, deque)
PLAIN = (argparse.Namespace, SimpleNamespace)
LOADERS = (
    torch.utils.data.DataLoader,
    torch.utils.data.Dataset,
    torch.utils.data.Sampler,
)


def is_atom(value: Any) -> bool:
    """Say whether a value can never change: a number, a text, a path ..."""
    return _is_atomic(type(value))


_is_atomic: Callable[[type], bool] = functools.lru_cache(1024)(
    lambda kind: issubclass(kind, _ATOMS)
)


def is_installed(file: str) -> bool:
    """Say whether a file is Python's own or a package's, of this environment or of one below it."""
    return file.startswith(_INSTALLED) or _PACKAGES.search(file) is not None


def is_users_code(code: CodeType) -> bool:
    """Say whether code was written by the user: not installed, not Python's own."""
    return not (code.co_filename.startswith("<frozen") or is_installed(code.co_filename))


def is_standard(kind: type) -> bool:
    """Say whether a class is Python's own."""
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names


def is_users(kind: type) -> bool:
    """Say whether a class was written by the user: not installed, not Python's own."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return not is_standard(kind) and not is_installed(file)


def attributes(value: Any) -> dict[str, Any]:
    """Return what an object holds in its `__dict__` and its `__slots__`."""
    found = dict(getattr(value, "__dict__", {}))
    for each in type(value).__mro__:
        for name in _slots(each):
            member = vars(each).get(name)
            if isinstance(member, MemberDescriptorType) and hasattr(value, name):
                found[name] = member.__get__(value)
    return found


def _slots(kind: type) -> Iterable[str]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else slots


def parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of an object that are no atoms, each with how it is written behind it.

    >>> [suffix for suffix, part in parts({"milestones": [30, 60], "gamma": 0.1})]
    ["['milestones']"]
    """
    if isinstance(value, dict):
        for key, each in value.items():
            shown = repr(key) if is_atom(key) else type(key).__name__
            if not is_atom(key):
                yield f"'s key {shown}", key
            if not is_atom(each):
                yield f"[{shown}]", each
    elif isinstance(value, list | tuple | set | frozenset | deque):
        for index, each in enumerate(value):
            if not is_atom(each):
                yield f"[{index}]", each
    elif isinstance(value, functools.partial):
        yield from ((".func", value.func), (".args", value.args), (".keywords", value.keywords))
    elif isinstance(value, MethodType):
        yield from ((".__self__", value.__self__), (".__func__", value.__func__))
    for name, each in attributes(value).items():
        if not is_atom(each):
            yield f".{name}", each


def owner(function: BuiltinFunctionType) -> Any:
    """Return the object that a method of a builtin class belongs to; None for a plain function."""
    bound = function.__self__
    return None if isinstance(bound, type | ModuleType) else bound


def unwrapped(value: Any) -> Any:
    """Return the function in a staticmethod, a classmethod, a property or a cached one."""
    if isinstance(value, staticmethod | classmethod):
        return value.__func__
    if isinstance(value, property):
        return value.fget
    return value.func if isinstance(value, functools.cached_property) else value


def class_attribute(value: Any, name: str, missing: Any) -> tuple[Any, Any]:
    """Return what stands in the class (of an object, or the class itself) by this name.

    Returns:
        It as it stands there, and unwrapped; `missing` twice where there is nothing.
    """
    kind = value if isinstance(value, type) else type(value)
    raw = inspect.getattr_static(kind, name, missing)
    return raw, unwrapped(raw)
