"""Findings' edits written into the text of the files, which otherwise stays as it is."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lrviz.checking.edit import Edit
from lrviz.checking.runner import Finding, Report, check
from lrviz.document import read_text
from lrviz.errors import LrvizError
from lrviz.sources.loading import load_text
from lrviz.sources.overrides import Overrides

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Mended:
    """A file with edits written into it.

    Attributes:
        file: Its name.
        before: Its text.
        after: Its text with the edits.
        data: What to write: `after` in the encoding that the file has.
        count: How many findings are mended.
        refused: How many are not, as what mends them would bring another finding to some curve.
    """

    file: str
    before: str
    after: str
    data: bytes
    count: int
    refused: int = 0


def mended(findings: Iterable[Finding], overrides: Overrides | None = None) -> Iterator[Mended]:
    """Yield each file that findings mend, with their edits written into it.

    Of findings that would write different values at one place none is followed, and none whose
    edit would bring a new finding to any curve of the file: an anchor's value may be right for
    one alias and wrong for another.

    Args:
        findings: Of a report.
        overrides: What the command line said for all when they were found.

    Raises:
        OSError: A file cannot be read any more.
    """
    for file, groups in _by_file(findings).items():
        raw = Path(file).read_bytes()
        before = read_text(raw, file)
        agreed = list(dict.fromkeys(_agreed(groups)))
        chosen = _harmless(agreed, before, file, overrides)
        after = edited(before, {edit for group in chosen for edit in group})
        refused = len(agreed) - len(chosen)
        if after != before or refused:
            yield Mended(file, before, after, _encoded(after, raw), len(chosen), refused)


def promised(report: Report, overrides: Overrides | None = None) -> Report:
    """Return a report whose findings have edits only where `mended` would write them.

    Args:
        report: What was found.
        overrides: What the command line said for all when it was.

    Raises:
        OSError: A file cannot be read any more.
    """
    kept: set[tuple[Edit, ...]] = set()
    for file, groups in _by_file(report.findings).items():
        text = read_text(Path(file).read_bytes(), file)
        kept |= {*_harmless(list(dict.fromkeys(_agreed(groups))), text, file, overrides)}
    found = tuple(
        each if each.edits in kept else replace(each, edits=()) for each in report.findings
    )
    return replace(report, findings=found)


def _by_file(findings: Iterable[Finding]) -> dict[str, list[tuple[Edit, ...]]]:
    by_file: dict[str, list[tuple[Edit, ...]]] = {}
    for finding in findings:
        if finding.edits:
            by_file.setdefault(finding.edits[0].place.file, []).append(finding.edits)
    return by_file


def _harmless(
    groups: list[tuple[Edit, ...]], text: str, file: str, overrides: Overrides | None
) -> list[tuple[Edit, ...]]:
    """Return the groups of edits after which no curve of the file has a new finding."""

    def found(chosen: Iterable[tuple[Edit, ...]]) -> set[tuple[str, str]] | None:
        written = edited(text, {edit for group in chosen for edit in group})
        try:
            report = check(load_text(written, file, overrides))
        except LrvizError:
            return None
        return {(each.code, each.label) for each in report.findings if each.severity != "info"}

    before = found(())
    after = found(groups)
    if before is None or (after is not None and after <= before):
        return groups
    kept: list[tuple[Edit, ...]] = []
    for group in groups:
        after = found([*kept, group])
        if after is not None and after <= before:
            kept.append(group)
    return kept


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with edits written into it, which must not overlap.

    >>> from lrviz.errors import Place
    >>> edited("T_max: 90  # epochs", [Edit(Place("a.yaml", 1, 8, 7, 9), "90ep")])
    'T_max: 90ep  # epochs'
    """
    for edit in sorted(edits, key=lambda each: -each.place.start):
        text = text[: edit.place.start] + edit.text + text[edit.place.end :]
    return text


def diff(changes: Mended) -> str:
    """Return a unified diff of one file."""
    before, after = (text.splitlines(keepends=True) for text in (changes.before, changes.after))
    lines = difflib.unified_diff(before, after, changes.file, changes.file)
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end\n" for line in lines)
    return "".join(ended)


def _agreed(groups: Sequence[tuple[Edit, ...]]) -> list[tuple[Edit, ...]]:
    """Return the groups of edits of which no edit contradicts, or overlaps, one of another's."""
    everything = {edit for group in groups for edit in group}

    def clashes(edit: Edit) -> bool:
        return any(
            edit.place.start < other.place.end and other.place.start < edit.place.end
            for other in everything
            if other != edit
        )

    return [group for group in groups if not any(map(clashes, group))]


def _encoded(text: str, raw: bytes) -> bytes:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return mark + text.encode(encoding)
    return text.encode()
