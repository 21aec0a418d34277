"""Functions of users that build a schedule, or are one: `module:callable`, `file.py:callable`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lrviz.document import Map
from lrviz.errors import UsageError, shown
from lrviz.sources.imports import import_named
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides, with_sets
from lrviz.sources.paths import is_there
from lrviz.sources.reference import Reference
from lrviz.sources.scripts import read_function
from lrviz.spec.models import Spec

_SETTABLE = ("train", "optimizer", "plot", "table", "check", "title")


def of_function(
    label: str, source: str, function: Callable[..., Any], overrides: Overrides
) -> Origin:
    """Return the origin of a schedule that a function builds.

    Raises:
        UsageError: `--set` says something of the schedule itself.
    """
    for each in overrides.sets:
        key = each.partition("=")[0].partition(".")[0]
        if key in Spec.model_fields and key not in _SETTABLE:
            raise UsageError(
                f"--set {each}: {source} is a function, which builds its schedule itself; of one "
                f"can be set: {', '.join(_SETTABLE)}"
            )
    return Origin(
        label,
        source,
        with_sets(Map(), overrides.sets),
        function=function,
        is_named=True,
        has_optimizer="optimizer" not in _arguments(function),
    )


def _arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a builtin that tells nothing: math.cos
        return ()


def _parse(source: str) -> Reference | None:
    """Take `module:callable` apart; what has arguments is no function's name."""
    head, colon, name = source.rpartition(":")
    dotted = all(part.isidentifier() for part in name.split("."))
    if not colon or not head or not dotted or (re.search("[:=]", head) and not is_there(head)):
        return None
    return Reference(source, "function", name, file=head if head.endswith(".py") else None)


def _read(reference: Reference, overrides: Overrides) -> list[Origin]:
    name, file, source = reference.name, reference.file, reference.text
    read = read_function(file, name) if file is not None else None
    function = read.function if read else import_named(source)
    origin = of_function(name, source, function, overrides)
    if not read:
        return [origin]
    values = ", ".join(f"{each} = {shown(value)}" for each, value in read.constants.items())
    note = f"{name} is read from {file}, which is not run{f': {values}' if values else ''}"
    return [replace(origin, notes=(note,))]


FUNCTION = Kind("function", _parse, _read)
