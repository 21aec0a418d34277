"""The rules of `lrviz check`, one module a family; a family's `RULES` are its rules."""

from __future__ import annotations

from lrviz.errors import UsageError, suggestion
from lrviz.rules import (
    composition,
    cycles,
    decay,
    groups,
    horizon,
    metric,
    reading_and_units,
    warmup,
)
from lrviz.rules.base import Rule

FAMILIES = (reading_and_units, warmup, horizon, decay, cycles, composition, metric, groups)
RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES for rule in family.RULES)
"""Every rule, by code."""


def find(name: str) -> Rule:
    """Return the rule of this code or slug.

    Raises:
        UsageError: There is none.
    """
    for rule in RULES:
        if name.upper() == rule.code or name.lower() == rule.slug:
            return rule
    known = [each for rule in RULES for each in (rule.code, rule.slug)]
    raise UsageError(f"there is no rule {name!r}{suggestion(name, known)}; see `lrviz rule`")


def named(prefix: str) -> tuple[Rule, ...]:
    """Return the rules whose code begins with `prefix`, or whose slug it is.

    Raises:
        UsageError: There is none.
    """
    chosen = tuple(each for each in RULES if each.code.startswith(prefix.upper()))
    return chosen if prefix and chosen else (find(prefix),)
