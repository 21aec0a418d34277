"""How somebody else's text is written: visible, within its line, and nothing in it is markup."""

from __future__ import annotations

import re

BREAKS = re.compile(r"(?<=[ /:#=_-])")  # a line is broken behind one of these where it can be
# Control characters, what turns the direction of text, and what no file of text can hold.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$])")  # $ begins a formula where GitHub shows it


def visible(text: str) -> str:
    r"""Return `text` with control characters written out, so that it stays in its line.

    >>> visible("a\x1b[31m\n")
    'a\\x1b[31m\\n'
    """
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def escaped(text: str) -> str:
    r"""Return Markdown that shows `text` as it is.

    >>> escaped("x_y|<b>")
    'x\\_y\\|\\<b\\>'
    """
    return _MARKUP.sub(r"\\\1", visible(text))


def cells(text: str) -> int:
    """Return how many terminal cells `text` takes; a CJK character or an emoji takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` cells, behind a space or punctuation if possible.

    >>> wrap("configs/imagenet.yaml#warmup-cosine", 16)
    ['configs/', 'imagenet.yaml#', 'warmup-cosine']
    """
    lines = []
    while cells(text) > width:
        end = 1
        while end < len(text) and cells(text[: end + 1]) <= width:
            end += 1
        # A space may stand in the margin; the next best is to break behind punctuation.
        space = text.rfind(" ", 1, end + 1)
        if space * 2 < end:
            space = max((match.end() for match in BREAKS.finditer(text, 1, end)), default=end)
        lines.append(text[:space].rstrip(" "))
        text = text[space:].lstrip(" ")
    return [*lines, text]
