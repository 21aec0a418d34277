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
            help="A rule's code or name; without one, all are listed.",
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

    if name is None:
        emit(findings.rule_lines(rules.RULES))
    else:
        emit([findings.rule_text(rules.find(name))], end="")
