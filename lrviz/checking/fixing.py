"""Findings' edits written into the text of the files, which otherwise stays as it is."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lrviz.checking.edit import Edit
from lrviz.checking.runner import Finding
from lrviz.document import read_text

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
    """

    file: str
    before: str
    after: str
    data: bytes
    count: int


def mended(findings: Iterable[Finding]) -> Iterator[Mended]:
    """Yield each file that findings mend, with their edits written into it.

    Of findings that would write different values at one place none is followed.

    Raises:
        OSError: A file cannot be read any more.
    """
    by_file: dict[str, list[tuple[Edit, ...]]] = {}
    for finding in findings:
        if finding.edits:
            by_file.setdefault(finding.edits[0].place.file, []).append(finding.edits)
    for file, groups in by_file.items():
        raw = Path(file).read_bytes()
        before = read_text(raw, file)
        chosen = _agreed(groups)
        after = edited(before, {edit for group in chosen for edit in group})
        if after != before:
            yield Mended(file, before, after, _encoded(after, raw), len(set(chosen)))


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
