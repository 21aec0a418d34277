"""Functions of users that build a schedule, or are one: `module:callable`, `file.py:callable`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from lrviz.document import Map
from lrviz.errors import UsageError
from lrviz.sources.imports import import_named, is_there
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import with_sets
from lrviz.sources.reference import Reference
from lrviz.spec.models import Spec

_SETTABLE = ("train", "optimizer", "plot", "table", "check", "title")


def of_function(
    label: str, source: str, function: Callable[..., Any], sets: Sequence[str]
) -> Origin:
    """Return the origin of a schedule that a function builds.

    Raises:
        UsageError: `--set` says something of the schedule itself.
    """
    for each in sets:
        key = each.partition("=")[0].partition(".")[0]
        if key in Spec.model_fields and key not in _SETTABLE:
            raise UsageError(
                f"--set {each}: {source} is a function, which builds its schedule itself; of one "
                f"can be set: {', '.join(_SETTABLE)}"
            )
    return Origin(label, source, with_sets(Map(), sets), function=function, is_named=True)


def _parse(source: str) -> Reference | None:
    """Take `module:callable` apart; what has arguments is no function's name."""
    head, colon, name = source.rpartition(":")
    dotted = all(part.isidentifier() for part in name.split("."))
    if not colon or not head or not dotted or (re.search("[:=]", head) and not is_there(head)):
        return None
    return Reference(source, "function", name, file=head if head.endswith(".py") else None)


def _read(reference: Reference, sets: Sequence[str]) -> list[Origin]:
    function = import_named(reference.text)
    return [of_function(reference.name, reference.text, function, sets)]


FUNCTION = Kind("function", _parse, _read)
