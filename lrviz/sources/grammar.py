"""The grammar of a SOURCE: text in, a Reference out; of files only the beginning is read."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from lrviz.errors import UsageError
from lrviz.sources.kind import Kind
from lrviz.sources.reference import Reference

_RESUME = "@resume="
_KINDS = (
    "lrviz.sources.runs.RUN",
    "lrviz.sources.specs.STDIN",
    "lrviz.sources.logs.kind.LOG",
    "lrviz.sources.specs.SPEC",
    "lrviz.sources.configs.kind.CONFIG",
    "lrviz.sources.names.PRESETS",
    "lrviz.sources.names.NAME",
    "lrviz.sources.scripts.SCRIPT",
    "lrviz.sources.functions.FUNCTION",
)


def _kind(dotted: str) -> Kind:
    module, _, name = dotted.rpartition(".")
    found: Kind = getattr(import_module(module), name)
    return found


KINDS: tuple[Kind, ...] = tuple(map(_kind, _KINDS))
"""The kinds of SOURCE, in the order in which a text is held against them."""


def reference(source: str) -> Reference:
    """Take a SOURCE apart.

    What is a SOURCE as a whole is one; else `LABEL=SOURCE` is split at the first `=` behind which
    a SOURCE stands, so that a label may have signs of its own.

    Args:
        source: As it stands on the command line.

    Returns:
        A Reference; its kind is empty where it is no SOURCE.

    Raises:
        UsageError: A label, or what it labels, is empty.

    >>> reference("vit.yaml#small").picked, reference("T_0=10 note=sgdr").label
    ('small', 'T_0=10 note')
    """
    found = _unlabelled(source)
    if found is not None:
        return found
    starts = [at for at, sign in enumerate(source) if sign == "="]
    for at in starts:
        found = _unlabelled(source[at + 1 :])
        if found is not None and at > 0:
            return found.labelled(source[:at])
    if starts and ":" not in source[: starts[0]]:
        label, _, rest = source.partition("=")
        if not label or not rest:
            raise UsageError(f"{source!r}: write LABEL=SOURCE, as in tuned=cosine")
        return Reference(rest, label=label)
    return Reference(source)


def kind(name: str) -> Kind:
    """Return the kind of this name."""
    return next(each for each in KINDS if each.name == name)


def _unlabelled(source: str) -> Reference | None:
    for each in KINDS:
        found = each.parse(source)
        if found is not None:
            return found
    head, at, way = source.rpartition(_RESUME)
    inner = _unlabelled(head) if at else None
    return replace(inner, text=source, resume=way) if inner is not None else None
