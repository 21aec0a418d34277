"""What the real callables take: names, annotations, and whether a value fits before it is used."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import math
import re
import sys
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from lrviz.errors import SpecError, number_hint, shown, suggestion

ANY = inspect.Parameter.empty

_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    type(None): "null",
}
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts"}
_LISTS = (list, tuple, collections.abc.Sequence, collections.abc.Iterable)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, its evaluated annotation (ANY without one) and its default."""

    name: str
    annotation: Any
    default: Any

    @property
    def required(self) -> bool:
        """There is no default."""
        return self.default is ANY


@dataclass(frozen=True)
class Signature:
    """The parameters that a spec can give; `open` where any further name is taken."""

    name: str
    parameters: dict[str, Parameter]
    open: bool

    def known(self, name: str) -> Parameter:
        """Return the parameter of this name.

        Raises:
            SpecError: There is none; with the nearest name, or all of them.
        """
        if name in self.parameters:
            return self.parameters[name]
        if self.open:
            return Parameter(name, ANY, None)
        names = [each for each in self.parameters if each != "last_epoch"]
        hint = suggestion(name, names) or f"; it takes: {', '.join(names) or 'none'}"
        raise SpecError(f"{self.name} has no argument {name!r}{hint}")

    def complete(self, given: typing.Iterable[str]) -> None:
        """Raise a SpecError that names the required parameters which are not `given`."""
        names = set(given)
        missing = [each.name for each in self.parameters.values() if each.required]
        missing = [name for name in missing if name not in names]
        if missing:
            example = ",".join(f"{name}=..." for name in missing)
            add = "it" if len(missing) == 1 else "them"
            raise SpecError(
                f"{self.name} needs {' and '.join(missing)}; add {add}, "
                f"on the command line {self.name}:{example}"
            )


def signature(target: Callable[..., Any], *, skip: tuple[str, ...]) -> Signature:
    """Return the parameters of a class or function, less those named in `skip`."""
    parameters: dict[str, Parameter] = {}
    is_open = False
    listed = _listed(target.__doc__ or "")
    for each in inspect.signature(target).parameters.values():
        if each.kind is each.VAR_KEYWORD:
            is_open = True
        elif each.kind is not each.VAR_POSITIONAL and each.name not in skip:
            annotation = _evaluated(each.annotation, target)
            if annotation is float and each.name in listed:
                annotation = float | list[float]
            parameters[each.name] = Parameter(each.name, annotation, each.default)
    return Signature(getattr(target, "__name__", repr(target)), parameters, is_open)


@functools.lru_cache(maxsize=64)
def _listed(documentation: str) -> frozenset[str]:
    """Return the arguments that take a value a group by their documentation alone.

    They are annotated float, and documented "(float or list)" (SWALR's swa_lr as swa_lrs).
    """
    return frozenset(re.findall(r"(\w+?)s? \(float or list\)", documentation))


def _evaluated(annotation: Any, target: Any) -> Any:
    if not isinstance(annotation, str):
        return annotation
    # torch imports Callable and its kin for type checkers only, so get_type_hints fails on it.
    names = {**vars(typing), **vars(collections.abc), **vars(sys.modules[target.__module__])}
    try:
        return eval(annotation, names)
    except Exception:  # noqa: BLE001 - whatever an annotation of foreign code can do; then nothing is known of it
        return ANY


def options(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the annotation alone."""
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def item(annotation: Any) -> Any:
    """Return what the items of a list in this annotation are annotated as (ANY if nothing is)."""
    for each in options(annotation):
        if get_origin(each) in _LISTS:
            arguments = get_args(each)
            return arguments[0] if arguments else ANY
    return ANY


def is_of_fixed_length(annotation: Any) -> bool:
    """Tell whether only tuples of so many items are annotated, as `tuple[float, float]` is."""
    listed = [each for each in options(annotation) if get_origin(each) in _LISTS]
    return bool(listed) and all(
        get_origin(each) is tuple and ... not in get_args(each) for each in listed
    )


def takes(annotation: Any, kind: Any) -> bool:
    """Tell whether `kind` (int, float, str, Callable, list) is among what is annotated."""
    for each in options(annotation):
        origin = get_origin(each)
        if each is kind or (kind is list and (origin in _LISTS or each in _LISTS)):
            return True
        if kind is Callable and (origin is collections.abc.Callable or each is Callable):
            return True
    return False


def fits(value: Any, annotation: Any) -> bool:
    """Tell whether a value is of the annotated kind; a whole number fits where a float does."""
    if annotation in (ANY, Any):
        return True
    return any(_fits_one(value, each) for each in options(annotation))


def _fits_one(value: Any, annotation: Any) -> bool:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return value in arguments and not isinstance(value, bool)
    if origin in _LISTS or annotation in _LISTS:
        if not isinstance(value, list | tuple):
            return False
        if origin is tuple and Ellipsis not in arguments:
            return len(value) == len(arguments) and all(map(fits, value, arguments))
        inner = arguments[0] if arguments else ANY
        return all(fits(each, inner) for each in value)
    if origin is collections.abc.Callable or annotation is Callable:
        return callable(value)
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if annotation in (None, type(None)):
        return value is None
    return isinstance(value, annotation) if isinstance(annotation, type) else True


def described(annotation: Any) -> str:
    """Return an annotation in words: `a whole number or null`."""
    words: list[str] = []
    for each in options(annotation):
        origin, arguments = get_origin(each), get_args(each)
        if each in _WORDS:
            words.append(_WORDS[each])
        elif origin is Literal:
            words.append("one of " + ", ".join(map(str, arguments)))
        elif origin is tuple:
            words.append(f"a list of {len(arguments)} numbers")
        elif origin in _LISTS:
            inner = options(arguments[0])[0] if arguments else float
            words.append(f"a list of {_PLURALS.get(inner, 'them')}")
        elif origin is collections.abc.Callable:
            words.append("an expression in step, total, progress, or {shape: ...}")
    words = list(dict.fromkeys(words))
    return " or ".join(words) or str(annotation)


def check(value: Any, annotation: Any) -> None:
    """Check a value against an annotation.

    Raises:
        SpecError: It is of another kind, or not finite.
    """
    if not fits(value, annotation):
        hint = ""
        if takes(annotation, int) and isinstance(value, str | float):
            hint = "; write a count like 30, or a duration: 5%, 3ep, 500ba, rest"
        about = number_hint(value) if takes(annotation, int) or takes(annotation, float) else ""
        raise SpecError(f"must be {described(annotation)}, not {shown(value)}{about}{hint}")
    numbers = value if isinstance(value, list | tuple) else [value]
    if not all(_is_finite(each) for each in numbers if isinstance(each, int | float)):
        raise SpecError(f"must be finite, not {shown(value)}")


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond all doubles
        return False
