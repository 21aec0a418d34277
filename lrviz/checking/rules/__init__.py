"""A curve to its faults: the rules of `lrviz check`, a module a family with its `RULES`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from lrviz.checking.rule import Rule
from lrviz.errors import UsageError, suggestion

FAMILIES = tuple(
    import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)
)
"""The families: the modules of this folder."""

RULES: tuple[Rule, ...] = tuple(
    sorted((rule for family in FAMILIES for rule in family.RULES), key=lambda rule: rule.code)
)
"""Every rule, by code."""


def find(name: str) -> Rule:
    """Return the rule of this code or slug.

    Raises:
        UsageError: There is none.
    """
    for rule in RULES:
        if name.upper() == rule.code or name.lower() == rule.slug:
            return rule
    hint = suggestion(name, [rule.slug for rule in RULES])
    raise UsageError(f"there is no rule {name!r}{hint}; `lrviz rule` lists them")


def named(prefix: str) -> tuple[Rule, ...]:
    """Return the rules whose code begins with `prefix`, or whose slug it is.

    Raises:
        UsageError: There is none.
    """
    chosen = tuple(each for each in RULES if each.code.startswith(prefix.upper()))
    return chosen if prefix and chosen else (find(prefix),)
