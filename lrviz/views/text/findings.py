"""What a check found, as text, JSON and workflow annotations; and what a rule says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from lrviz.writing.text import visible

if TYPE_CHECKING:
    from lrviz.checking.rule import Rule
    from lrviz.checking.runner import Finding, Report

Span = tuple[str, str]
"""A piece of a line and its style, as rich names it."""

_STYLES = {"error": "bold red", "warning": "yellow", "info": "blue"}
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def lines(report: Report, *, verbose: bool = False) -> Iterator[list[Span]]:
    """Yield a report as lines for people: two a finding, then what it comes to.

    Args:
        report: The report.
        verbose: The findings that specs ignore too, with the reasons.
    """
    for finding in report.findings:
        yield from _finding(finding)
    for finding in report.ignored if verbose else ():
        yield from _finding(finding)
    yield [(summary(report), "bold")]


def _finding(finding: Finding) -> Iterator[list[Span]]:
    style = "dim" if finding.reason is not None else _STYLES[finding.severity]
    yield [
        (f"{visible(str(finding.place))}: ", "bold"),
        (f"{finding.severity} {finding.code} {finding.name}", style),
        (f" [{visible(finding.label)}] ", "cyan"),
        (visible(finding.message), ""),
    ]
    if finding.reason is not None:
        yield [(f"    ignored: {visible(finding.reason)}", "dim")]
        return
    fix = "  (--fix)" if finding.edits else ""
    yield [("    ", ""), (visible(finding.advice), "green"), (fix, "dim")]


def summary(report: Report) -> str:
    """Return how much was found, in one line."""
    curves = f"{report.curves} {'curve' if report.curves == 1 else 'curves'}"
    silenced = f"; {len(report.ignored)} ignored by the spec (-v)" if report.ignored else ""
    if not report.findings:
        return f"nothing found in {curves}{silenced}"
    counts = [
        (kind, sum(each.severity == kind for each in report.findings))
        for kind in ("error", "warning", "info")
    ]
    found = ", ".join(_counted(number, kind) for kind, number in counts if number)
    mendable = sum(bool(each.edits) for each in report.findings)
    fix = f"; --fix mends {mendable}" if mendable else ""
    return f"{found} in {curves}{silenced}{fix}"


def _counted(number: int, kind: str) -> str:
    return f"{number} {kind}{'s' if number > 1 and kind != 'info' else ''}"


def unstyled(spans: Iterable[Span]) -> str:
    """Return a line without its styles.

    >>> unstyled([("a.yaml:1:1: ", "bold"), ("error", "red")])
    'a.yaml:1:1: error'
    """
    return "".join(text for text, _ in spans).rstrip()


def as_json(report: Report) -> str:
    """Return the findings as one JSON object."""
    findings = [
        {
            "code": each.code,
            "name": each.name,
            "severity": each.severity,
            "message": each.message,
            "advice": each.advice,
            "file": each.place.file,
            "line": each.place.line,
            "column": each.place.column,
            "label": each.label,
            "groups": list(each.groups),
        }
        for each in report.findings
    ]
    return json.dumps({"version": 1, "findings": findings}, indent=2)


def github(report: Report) -> Iterator[str]:
    """Yield the findings as GitHub's workflow commands, which annotate the lines of a change."""
    for each in report.findings:
        properties = {"file": each.place.file} if each.place.line else {}
        if each.place.line:
            properties |= {"line": str(each.place.line), "col": str(each.place.column)}
        properties["title"] = f"{each.code} {each.name}"
        shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        message = _escaped(f"{each.label}: {each.message}; {each.advice}")
        yield f"::{_COMMANDS[each.severity]} {shown}::{message}"


def _escaped(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def rule_text(rule: Rule) -> str:
    """Return what a rule says of itself, as Markdown that reads well as it is."""
    example = "".join(f"    {line}\n" for line in rule.example.splitlines())
    references = "".join(f"- {each}\n" for each in rule.references)
    also = f"\nAlso explains: {', '.join(rule.makes_pointless)}\n" if rule.makes_pointless else ""
    return (
        f"{rule.code} {rule.slug} ({rule.severity})\n\n{rule.what}\n\n{rule.why}\n\n"
        f"Example:\n\n{example}{also}\nReferences:\n\n{references}"
    )


def rule_lines(rules: Sequence[Rule]) -> Iterator[str]:
    """Yield one line a rule."""
    width = max(len(rule.slug) for rule in rules)
    for rule in rules:
        yield f"{rule.code}  {rule.slug:<{width}}  {rule.severity:<7}  {rule.what}"
