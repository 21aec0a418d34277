"""What a log says of a plan, as lines of text and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from lrviz.curves.diagnosis.verdict import Verdict
from lrviz.writing.numbers import count, lr


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the sentence, and below it the evidence and what to do."""
    yield f"{verdict.log} against {verdict.plan}: {verdict.sentence}."
    rows = "1 value" if verdict.values == 1 else f"{count(verdict.values)} values"
    where = f"updates {count(verdict.first)} to {count(verdict.last)}"
    yield f"Held against the plan: {rows}, {where}, {verdict.precision}."
    first = verdict.differs
    if first is not None and verdict.causes:
        of = "" if verdict.param == "lr" else f"of the {verdict.param.replace('_', ' ')} "
        yield (
            f"Update {count(first.update)} is the first that differs: {of}the plan says"
            f" {lr(first.planned, 12)}, the log {lr(first.logged, 12)}."
        )
    for cause in verdict.causes:
        if cause.advice:
            yield f"{cause.advice[0].upper()}{cause.advice[1:]}."
    for note in verdict.notes:
        yield f"{note[0].upper()}{note[1:]}."


def verdict_json(verdicts: list[Verdict]) -> str:
    """Return verdicts as JSON: `{"version": 1, "verdicts": [...]}`; the keys are in the README."""
    return json.dumps({"version": 1, "verdicts": [_plain(each) for each in verdicts]}, indent=2)


def _plain(verdict: Verdict) -> dict[str, Any]:
    first = verdict.differs
    return {
        "plan": verdict.plan,
        "log": verdict.log,
        "equal": verdict.equal,
        "param": verdict.param,
        "sentence": verdict.sentence,
        "values": verdict.values,
        "first": verdict.first,
        "last": verdict.last,
        "precision": verdict.precision,
        "rounding": verdict.rounding,
        "differs": first
        and {
            "update": first.update,
            "planned": _number(first.planned),
            "logged": _number(first.logged),
        },
        "largest": _number(verdict.largest),
        "causes": [
            {
                "name": each.name,
                "sentence": each.sentence,
                "advice": each.advice,
                "parameters": dict(each.parameters),
            }
            for each in verdict.causes
        ],
        "undecided": verdict.undecided,
        "notes": list(verdict.notes),
    }


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)
