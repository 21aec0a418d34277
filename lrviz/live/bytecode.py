"""Which variables of the outside a function's code loads, and which attributes of them."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

_FREE = {"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"}
_GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_ATTRIBUTE = {"LOAD_ATTR", "LOAD_METHOD"}


@dataclass(frozen=True)
class Load:
    """A variable that code loads.

    Attributes:
        kind: `closure`, `global`, or `argument` for the bound argument.
        name: Its name.
        attributes: What is read of it: `optim`, `lr` for `cfg.optim.lr`.
        measured: Only `len()` of that is taken.
    """

    kind: str
    name: str
    attributes: tuple[str, ...]
    measured: bool


def loads(
    code: CodeType, bound: str | None = None, free: frozenset[str] | None = None
) -> Iterator[Load]:
    """Yield what code, and the functions defined in it, load from outside.

    Args:
        code: A function's.
        bound: The name of an argument whose value is known, `self` of a bound method.
        free: The closure variables of the outermost function; None for those of `code`.
    """
    free = frozenset(code.co_freevars) if free is None else free
    steps = list(dis.get_instructions(code))
    for index, step in enumerate(steps):
        for kind, name in _loaded(step, bound, free):
            end = index + 1
            while end < len(steps) and steps[end].opname in _ATTRIBUTE:
                end += 1
            read = tuple(str(each.argval) for each in steps[index + 1 : end])
            called = end < len(steps) and steps[end].opname in ("PRECALL", "CALL")
            before = steps[index - 1] if index else step
            measured = called and before.opname == "LOAD_GLOBAL" and before.argval == "len"
            yield Load(kind, name, read, measured)
    for inner in _inner(code):
        names = frozenset(inner.co_freevars)
        yield from loads(inner, bound if bound in names else None, free & names)


def stores(code: CodeType, free: frozenset[str] | None = None) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each outside variable that code, or its inner code, assigns.

    Args:
        code: A function's.
        free: The closure variables of the outermost function; None for those of `code`.
    """
    free = frozenset(code.co_freevars) if free is None else free
    for step in dis.get_instructions(code):
        if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            yield "global", str(step.argval)
        elif step.opname in ("STORE_DEREF", "DELETE_DEREF") and step.argval in free:
            yield "closure", str(step.argval)
    for inner in _inner(code):
        yield from stores(inner, free & frozenset(inner.co_freevars))


def _loaded(
    step: dis.Instruction, bound: str | None, free: frozenset[str]
) -> Iterator[tuple[str, str]]:
    names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
    if step.opname in _GLOBAL:
        yield "global", str(step.argval)
    elif step.opname in _FREE and step.argval in free:
        yield "closure", str(step.argval)
    elif bound in names and (step.opname in _FREE or step.opname.startswith("LOAD_FAST")):
        yield "argument", str(bound)


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]
