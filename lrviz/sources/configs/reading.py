"""A document to the framework whose config it is, and to the spec that it comes to."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from functools import cache
from importlib import import_module

from lrviz.errors import SpecError, UsageError, suggestion
from lrviz.sources import configs
from lrviz.sources.configs.framework import Converted, Document, FactError, Facts, Framework
from lrviz.sources.configs.interpolation import resolved

ONLY_CONFIGS = ("dataset_size", "world_size", "metric")
"""What the command line says of configs alone: fields of Facts."""
_LENGTHS = ("steps", "epochs", "steps_per_epoch")


@cache
def frameworks() -> tuple[Framework, ...]:
    """Return the frameworks whose configs are read: one a module of this folder, by name."""
    names = [each.name for each in pkgutil.iter_modules(configs.__path__)]
    modules = [import_module(f"{configs.__name__}.{name}") for name in names]
    found = [each.FRAMEWORK for each in modules if hasattr(each, "FRAMEWORK")]
    return tuple(sorted(found, key=lambda each: each.name))


def named(text: str) -> tuple[Framework, str]:
    """Return the framework that `--as NAME[@VERSION]` names, and the version.

    Raises:
        UsageError: There is none, or the version is no number, or only one is known.
    """
    name, at, version = text.partition("@")
    if at and not all(each.isdigit() for each in version.split(".")):
        raise UsageError(f"--as {text}: write a version behind @, as in {name}@4.51")
    known = {alias: each for each in frameworks() for alias in (each.name, *each.aliases)}
    if name.lower() not in known:
        near = (
            suggestion(name, known)
            or f"; there are: {', '.join(each.name for each in frameworks())}"
        )
        raise UsageError(f"--as {text}: no framework {name!r}{near}")
    found = known[name.lower()]
    if version and not found.versioned:
        raise UsageError(
            f"--as {text}: only {found.title} {found.version} is known; write --as {found.name}"
        )
    return found, version


def recognised(document: Document) -> Framework | None:
    """Return the framework whose config a document is; None where it is of none.

    Raises:
        SpecError: It may be of several.
    """
    found = [each for each in frameworks() if each.recognises(document)]
    if len(found) > 1:
        titles = " and ".join(each.title for each in found)
        said = " or ".join(f"--as {each.name}" for each in found)
        problem = f"may be a config of {titles}; say which: {said}"
        raise FactError(problem, document.data.place)
    return found[0] if found else None


def converted(framework: Framework, document: Document, facts: Facts) -> Converted:
    """Return the spec that a config comes to.

    Raises:
        SpecError: Something in it is wrong, unknown, or needs a fact that nothing says.
    """
    data = resolved(document.data)
    read = Document(data, document.file, document.folder, document.form)
    try:
        found = framework.convert(read, facts)
    except SpecError as error:
        raise error.at(document.data.place) from None
    said = [name for name in (*ONLY_CONFIGS, *_LENGTHS) if getattr(facts, name) is not None]
    heard = tuple(name for name in said if _matters(name, framework, read, facts, found))
    return replace(found, heard=heard)


def _matters(
    name: str, framework: Framework, document: Document, facts: Facts, found: Converted
) -> bool:
    """Tell whether a fact that is said makes a difference: whether it would be missed."""
    try:
        without = framework.convert(document, replace(facts, **dict.fromkeys([name])))  # type: ignore[arg-type]  # a name of one that may be None
    except SpecError:
        return True
    return (without.tree, without.comments, without.assumed) != (
        found.tree,
        found.comments,
        found.assumed,
    )
