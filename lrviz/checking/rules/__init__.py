"""A curve to its faults: the rules of `lrviz check`, by family: a module's `RULES` are its own."""

from __future__ import annotations

from lrviz.checking.rule import Rule
from lrviz.checking.rules import (
    composition,
    cycles,
    decay,
    groups,
    horizon,
    metric,
    reading,
    side_by_side,
    units,
    warmup,
)
from lrviz.errors import UsageError, suggestion

FAMILIES = (
    *(reading, units, warmup, horizon, decay),
    *(cycles, composition, side_by_side, metric, groups),
)
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
