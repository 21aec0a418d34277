"""What the functions in a scheduler read: a copy of the scheduler shares it with the training."""

from __future__ import annotations

import io
import random
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import _lru_cache_wrapper, partial
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrviz.errors import FollowError
from lrviz.live import bytecode, objects
from lrviz.live.objects import is_users, is_users_code
from lrviz.live.standins import ADVICE
from lrviz.live.watching import Content, Watch

LARGE = 2**25
"""32 MiB: more than any table of learning rates takes."""
_MANY = 1_000_000
_MISSING = object()
_USED_UP = (
    *(random.Random, np.random.Generator, np.random.RandomState, np.random.BitGenerator),
    *(torch.Generator, Iterator, *weakref.ProxyTypes),
)
_SIMPLE = (
    *(*objects.CONTAINERS, *objects.PLAIN, tuple, frozenset, partial, MethodType),
    *(BuiltinFunctionType, weakref.ref, _lru_cache_wrapper),
)
_KINDS = {
    "closure": "its closure variable",
    "global": "the global variable",
    "argument": "its argument",
}


@dataclass(frozen=True)
class _Site:
    """Where something is read: `place: subject` reads it through `kind 'expression'`."""

    place: str
    subject: str
    kind: str = ""
    expression: str = ""

    def __str__(self) -> str:
        return f"{self.kind} '{self.expression}'" if self.expression else self.kind

    def refuse(self, what: str, why: str = "") -> FollowError:
        through = f" through {self}" if self.kind else ""
        why = f", {why}" if why else ""
        return FollowError(f"{self.place}: {self.subject} reads {what}{through}{why}: {ADVICE}")


@dataclass(frozen=True)
class _Method:
    """A function of a class written by the user, and the object it is bound to."""

    function: FunctionType
    bound: Any


class Reader:
    """Looks at functions: refuses what cannot be followed, watches what they could change.

    A function is the same object in the copy of a scheduler. If it reads the optimizer, it sees
    the real one, which the simulation does not move; if it changes a list, it is the training's.

    Args:
        training: What only the training moves, by id, each with what to call it.
        copied: Ids of the objects of which the schedulers' copies have copies.
        memo: For deepcopy. A copied object that a function reads is shared instead, so that
            both see the same.
    """

    def __init__(self, training: Mapping[int, str], copied: set[int], memo: dict[int, Any]) -> None:
        self.watches: dict[int, Watch] = {}
        self._training, self._copied, self._memo = training, copied, memo
        self._seen: set[int] = set()
        self._functions: set[tuple[int, int]] = set()

    def read(self, place: str, value: Any) -> None:
        """Look at what deepcopy shares: a function, a class, a bound builtin, a weak reference.

        Raises:
            FollowError: It leads to what only the training moves, or to what reading uses up.
        """
        if isinstance(value, type):
            self._class(place, value)
        elif isinstance(value, FunctionType):
            self._function(place, value)
        elif isinstance(value, MethodType) and isinstance(value.__func__, FunctionType):
            self._function(place, value.__func__, value.__self__)
        else:
            self._examine(_Site(place, f"the {type(value).__name__} there"), value)

    def _class(self, place: str, kind: type) -> None:
        for each in kind.__mro__:
            if not is_users(each) or id(each) in self._seen:
                continue
            self._seen.add(id(each))
            site = _Site(place, f"the class {each.__name__}", "an attribute of its own")
            self._watch(site, each)
            for name, value in vars(each).items():
                found = objects.unwrapped(value)
                if isinstance(found, FunctionType):
                    self._function(place, found)
                elif isinstance(found, objects.CONTAINERS) and not name.startswith("__"):
                    self._examine(replace(site, kind="its attribute", expression=name), found)

    def _function(self, place: str, function: FunctionType, bound: Any = _MISSING) -> None:
        key = (id(function), id(bound))
        if key in self._functions:
            return
        self._functions.add(key)
        code = function.__code__
        where = f"{Path(code.co_filename).name}:{code.co_firstlineno}"
        site = _Site(place, f"the function {function.__name__} ({where})")
        _refuse_assignments(site, code)
        if is_users_code(code):
            self._watch(replace(site, kind="an attribute of its own"), function)
        known = bound is not _MISSING and code.co_argcount > 0
        for load in bytecode.loads(code, code.co_varnames[0] if known else None):
            if load.kind != "global" or is_users_code(code):
                value = bound if load.kind == "argument" else _variable(function, load)
                here = replace(site, kind=_KINDS[load.kind], expression=load.name)
                self._follow(here, value, load)
        for name, value in _defaults(function):
            self._examine(replace(site, kind="the default argument", expression=name), value)

    def _follow(self, site: _Site, value: Any, load: bytecode.Load) -> None:
        """Follow `a.b.c` as far as that is plain data, and look at what it leads to."""
        for name in load.attributes:
            self._pass(site, value)
            found = _attribute(value, name)
            if isinstance(found, _Method):
                self._function(site.place, found.function, found.bound)
                return
            if found is _MISSING:
                self._examine(site, value)
                return
            value = found
            site = replace(site, expression=f"{site.expression}.{name}")
        if load.measured:
            self._pass(site, value)
        else:
            self._examine(site, value)

    def _pass(self, site: _Site, value: Any) -> None:
        """Look at an object of which one attribute, or the length, is read."""
        self._refuse(site, value, whole=False)
        if id(value) in self._copied:
            self._examine(site, value)  # shared from now on, with all that it holds
        elif not isinstance(value, torch.Tensor | np.ndarray):
            self._watch(site, value)

    def _examine(self, site: _Site, root: Any) -> None:
        """Look at an object that is read as a whole, and at all that it holds."""
        stack = [(site.expression, root, False)]
        for _ in range(_MANY):
            if not stack:
                return
            expression, value, installed = stack.pop()
            if isinstance(value, ModuleType):
                self._watch(site, value)
            if objects.is_atom(value) or id(value) in self._seen:
                continue
            here = replace(site, expression=expression)
            self._refuse(here, value)
            if not isinstance(value, type):
                self._seen.add(id(value))
            if not installed and _is_used_up(value):
                raise here.refuse(f"a {type(value).__name__}", "which reading uses up")
            stack += [
                (f"{expression}{suffix}", part, installed or _is_installed(value))
                for suffix, part in self._opened(here, value)
            ]
        raise site.refuse("more objects than can be looked at")

    def _opened(self, site: _Site, value: Any) -> Iterable[tuple[str, Any]]:
        """Watch an object, and return the parts of it to look at."""
        bound = isinstance(value, MethodType) and isinstance(value.__func__, FunctionType)
        if isinstance(value, type | FunctionType) or (bound and is_users_code(value.__code__)):
            self.read(site.place, value)
            return ()
        if isinstance(value, BuiltinFunctionType):
            return [("", objects.owner(value))]
        if isinstance(value, weakref.ref):
            return [("", value())]
        if isinstance(value, _lru_cache_wrapper):
            return [("", value.__wrapped__)]
        if isinstance(value, objects.LOADERS):
            return ()
        self._watch(site, value)
        opaque = objects.is_standard(type(value)) and not isinstance(value, _SIMPLE)
        return () if opaque else objects.parts(value)

    def _refuse(self, site: _Site, value: Any, *, whole: bool = True) -> None:
        if id(value) in self._training:
            raise site.refuse(self._training[id(value)])
        if isinstance(value, Optimizer):
            raise site.refuse("another optimizer", "which the simulation does not step")
        if isinstance(value, LRScheduler):
            raise site.refuse("another scheduler", "which the simulation does not step")
        if whole and isinstance(value, torch.nn.Module | torch.nn.Parameter):
            raise site.refuse("the model", "which the simulation does not train")

    def _watch(self, site: _Site, value: Any) -> None:
        if isinstance(value, torch.Tensor | np.ndarray):
            dense = isinstance(value, np.ndarray) or (value.layout is torch.strided)
            if not dense or getattr(value, "is_meta", False) or value.nbytes > LARGE:
                kind = type(value).__name__
                raise site.refuse(f"a {kind}", "which is too big or too odd to be watched")
        elif isinstance(value, ModuleType):
            file = getattr(value, "__file__", None) or ""
            if not file or objects.is_installed(file):
                return
        elif not isinstance(value, (*objects.CONTAINERS, *objects.PLAIN, FunctionType)) and not (
            is_users(value if isinstance(value, type) else type(value))
        ):
            return
        if id(value) in self._copied:
            self._memo[id(value)] = value
        if id(value) not in self.watches:
            place = f"{site.place}: {site.subject}"
            self.watches[id(value)] = Watch(value, Content.of(value), place, str(site))


def _refuse_assignments(site: _Site, code: Any) -> None:
    for kind, name in bytecode.stores(code):
        if kind == "closure" or is_users_code(code):
            raise FollowError(
                f"{site.place}: {site.subject} assigns to {_KINDS[kind]} '{name}', "
                f"which would change your training: {ADVICE}"
            )


def _variable(function: FunctionType, load: bytecode.Load) -> Any:
    """Return the value of a variable now; None, an atom, where it has none or is a builtin."""
    if load.kind == "global":
        return function.__globals__.get(load.name)
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    try:
        return cells[load.name].cell_contents
    except ValueError:  # not assigned yet
        return None


def _defaults(function: FunctionType) -> Iterator[tuple[str, Any]]:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    yield from zip(positional[len(positional) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def _attribute(value: Any, name: str) -> Any:
    """Return an attribute that is plain data, or a method of the user's; _MISSING for others."""
    if isinstance(value, ModuleType):
        return vars(value).get(name)
    held = {} if isinstance(value, type) else objects.attributes(value)
    if name in held:
        return held[name]
    raw, found = objects.class_attribute(value, name, _MISSING)
    if isinstance(found, FunctionType):
        unbound = isinstance(value, type) or isinstance(raw, staticmethod | classmethod)
        method = _Method(found, _MISSING if unbound else value)
        return method if is_users_code(found.__code__) else _MISSING
    return _MISSING if hasattr(type(found), "__get__") else found


def _is_used_up(value: Any) -> bool:
    if isinstance(value, io.IOBase):
        return not value.writable()
    return isinstance(value, _USED_UP)


def _is_installed(value: Any) -> bool:
    return not isinstance(value, _SIMPLE) and not is_users(type(value))
