"""`lrviz rule`: what the rules of `lrviz check` look for, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from lrviz.cli.check import complete_rule
from lrviz.cli.console import emit


def rule(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="A rule's code or name, or the beginning of codes (LRV2); without one, all are "
            "listed.",
            autocompletion=complete_rule,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Explain a rule of `lrviz check`: what it looks for, why, an example, where people hit it.

    lrviz rule LRV201
    """
    from lrviz.checking import rules
    from lrviz.views.text import findings

    found = rules.RULES if name is None else rules.named(name)
    if len(found) > 1:
        emit(findings.rule_lines(found))
    else:
        emit([findings.rule_text(found[0])], end="")
