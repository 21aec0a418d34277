"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lrviz.checking.edit import Edit
from lrviz.checking.subject import Subject
from lrviz.errors import Place

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
"""From the least to the most severe."""


@dataclass(frozen=True)
class Fault:
    """One thing that a rule found in one curve.

    Attributes:
        message: What is wrong, with this run's numbers.
        advice: What to write instead.
        place: The key at fault; None for the source as a whole.
        update: The update (0-based) at which the curve shows it, or None.
        edits: What mends it, where one value does; written by `--fix`.
        severity: Where it is another than the rule's.
        groups: Indices of the param groups that it is about, which its message names then; None
            for those that were looked at.
    """

    message: str
    advice: str
    place: Place | None
    update: int | None = None
    edits: tuple[Edit, ...] = ()
    severity: Severity | None = None
    groups: tuple[int, ...] | None = None


_EXAMPLES = Path(__file__).parent / "rules" / "examples"

Check = Callable[[Subject], Iterator[Fault]]


@dataclass(frozen=True)
class Rule:
    """One schedule bug that `lrviz check` looks for.

    Attributes:
        code: `LRV` and three digits, the first of which is the family; never used again.
        slug: Its name.
        severity: Of what it finds, unless a fault has its own.
        what: What it looks for, in a line or two.
        why: Why that is bad.
        references: Threads and pages about it.
        check: Finds it in one curve.
        makes_pointless: Codes of rules whose findings in the same curve have the same cause.
    """

    code: str
    slug: str
    severity: Severity
    what: str
    why: str
    references: tuple[str, ...]
    check: Check
    makes_pointless: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """What has it, the part of a spec or of a script: the file of its code in `examples`."""
        [file] = _EXAMPLES.glob(f"{self.code}.*")
        return file.read_text(encoding="utf-8")


def rule(
    code: str,
    slug: str,
    severity: Severity,
    *,
    what: str,
    why: str,
    references: tuple[str, ...],
    makes_pointless: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Return a decorator that makes a Rule of its check; the arguments are the Rule's."""

    def made(check: Check) -> Rule:
        return Rule(code, slug, severity, what, why, references, check, makes_pointless)

    return made
