"""What a page's state came to in words: key steps, findings, code, and the command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from lrviz.checking.runner import UNUSED_IGNORE, Finding, Selection, check
from lrviz.curves.trace import Trace
from lrviz.document import KeyPath
from lrviz.explorer.answering import Answer, Answers
from lrviz.explorer.command import SAVED, command
from lrviz.explorer.document import FILE, SHARED, State, in_a_page, path_of
from lrviz.explorer.sections import Section, config_sections, sections
from lrviz.spec.schedule import Schedule
from lrviz.views.text.code import has_code, torch_code
from lrviz.views.text.grid import Grid
from lrviz.views.text.table import table


@dataclass(frozen=True)
class Found:
    """A finding of `lrviz check`, and the control that it is about."""

    code: str
    name: str
    severity: str
    label: str
    message: str
    advice: str
    path: KeyPath
    update: int | None


@dataclass(frozen=True)
class Words:
    """All that a page says beside its figure.

    Attributes:
        sections: The controls.
        table: The values at the key steps; None where there is no curve.
        found: What `lrviz check` finds.
        code: PyTorch lines by the curve's label.
        command: The `lrviz` command.
        notes: What was warned of, with the curve's label.
    """

    sections: tuple[Section, ...]
    table: Grid | None
    found: tuple[Found, ...]
    code: tuple[tuple[str, str], ...]
    command: str
    notes: tuple[tuple[str, str], ...]

    def plain(self) -> dict[str, Any]:
        """Return all of it as JSON takes it."""
        result = asdict(self)
        if self.table is not None:
            result["table"]["text"] = sorted(self.table.text)
            result["table"]["faint"] = sorted(self.table.faint)
        return result


def words(state: State, answer: Answer, answers: Answers) -> Words:
    """Return what a page says of an answer, and of who gave it."""
    wanted = tuple(dict.fromkeys(step for each in answer.schedules for step in each.table.at))
    # What is as a config has it is held to that config, as `lrviz check` does.
    checked = [answer.as_read.get(each.label, each) for each in answer.schedules]
    report = check(checked, Selection(ignore=(UNUSED_IGNORE,)), traces=answer.plans)
    return Words(
        (*config_sections(state.configs, answers.configs), *sections(answer.tree)),
        _without_options(table(answer.traces, wanted)) if answer.traces else None,
        tuple(_found(each, answer) for each in report.findings),
        tuple((each.label, "\n".join(code_lines(each))) for each in answer.schedules),
        command(state, answer, answers),
        tuple((trace.label, text) for trace in answer.traces for text in _said(trace)),
    )


def _without_options(grid: Grid) -> Grid:
    return replace(grid, notes=tuple(map(in_a_page, grid.notes)))


def _said(trace: Trace) -> Iterator[str]:
    yield from trace.warnings
    if trace.cut_short:
        yield trace.cut_short


def _found(finding: Finding, answer: Answer) -> Found:
    curve: KeyPath = ("schedules", finding.label)
    path = path_of(answer.tree, finding.place) or curve
    read = answer.as_read.get(finding.label)
    if read is not None and finding.place is not None:
        inner = path_of(read.tree, finding.place, finding.place.file) or ()
        path = (
            *(() if inner[:1] and inner[0] in SHARED and inner[0] in answer.tree else curve),
            *inner,
        )
    return Found(
        finding.code,
        finding.name,
        finding.severity,
        finding.label,
        finding.message,
        finding.advice.replace(FILE, "the spec"),
        path,
        finding.update,
    )


def code_lines(schedule: Schedule) -> Iterator[str]:
    """Yield the lines of Python code that train with a schedule."""
    if schedule.function is not None:
        yield f"# {schedule.source} builds it"
    elif has_code(schedule):
        yield from torch_code(schedule)
    else:
        yield "import lrviz"
        yield ""
        yield f"# the spec of this page, saved as {SAVED}"
        yield f"built = lrviz.build({f'{SAVED}#{schedule.label}'!r}, optimizer)"
        yield "# for each of built, as its interval says: built.scheduler.step()"
