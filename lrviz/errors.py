"""The one base of lrviz's errors, and the place in the input that an error is about."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# This package, and what imports for it.
_OWN = (str(Path(__file__).parent), "<frozen importlib")
_LONGEST = 3000  # characters of a message: what is wrong may be a text of megabytes
_LONGEST_NAME = 200  # of what is looked for among the known ones


@dataclass(frozen=True, slots=True)
class Place:
    """A key or a value in a file, or an argument on the command line.

    Attributes:
        file: The file as the user named it, `<stdin>`, or the argument itself.
        line: 1-based; 0 for an argument on the command line, which has no lines.
        column: 1-based, in characters.
        start: Offset of the first character in the text.
        end: Offset behind the last character.
    """

    file: str
    line: int = 0
    column: int = 0
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class LrvizError(Exception):
    """What went wrong, where, and what to do next; the base of every error lrviz raises.

    Attributes:
        message: One message, without the place.
        place: Where in the input, if it is about one.
        path: The keys that lead there, if there are any.
    """

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        keys = self.path if self.place is None or self.place.line else self.path[-1:]
        parts = [str(self.place) if self.place else "", ".".join(map(str, keys)), self.message]
        return cut(": ".join(part for part in parts if part))

    def at(self, place: Place | None, path: tuple[str | int, ...] = ()) -> Self:
        """Return this error with `place` and `path`, each unless it has one: the innermost wins."""
        self.place = self.place or place
        self.path = self.path or path
        return self


class SpecError(LrvizError):
    """A spec, a preset's argument or a data file that it names is wrong."""


class UsageError(LrvizError):
    """The command line, or a call of the Python API, is wrong."""


class ScheduleError(LrvizError):
    """A scheduler or an optimizer refused what it was given; its own words are in the message."""


class FollowError(LrvizError):
    """Objects that user code built cannot be followed without changing them."""


class OutputError(LrvizError):
    """An output cannot be written."""


def words(error: BaseException) -> str:
    """Return the type of an error that other code raised, and what it says if it says anything.

    >>> words(ValueError("no")), words(StopIteration())
    ('ValueError: no', 'StopIteration')
    """
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  (its __str__ is foreign code, too)
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def traceback_of(error: BaseException) -> str:
    """Return the traceback of an error that other code raised, from where that code begins."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename.startswith(_OWN):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def cut(text: str) -> str:
    """Return a message without its middle where it is absurdly long.

    The place stands at its beginning, and what to do at its end.
    """
    return text if len(text) <= _LONGEST else f"{text[:2000]} ... {text[-900:]}"


def shown(value: object) -> str:
    """Return a value as one writes it in YAML, cut short where it is long.

    >>> shown(True), shown("many"), shown([0.5, None])
    ('true', "'many'", '[0.5, null]')
    """
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list | tuple):
        text = f"[{', '.join(map(shown, value[:60]))}]"
    else:
        try:
            text = repr(value)
        except ValueError:  # Python writes no integer of more than some thousand digits
            text = "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def kind_of(value: object) -> str:
    """Return what a value is, with its article.

    >>> kind_of(3), kind_of("a")
    ('an int', 'a str')
    """
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeioAEIO' else 'a'} {name}"


def counted(text: str) -> str:
    """Return a number with a unit, `10k` or `1.5M`, without it: `10000`.

    >>> counted("10k"), counted("1.5M"), counted("7")
    ('10000', '1500000', '7')
    """
    scale = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9}.get(text[-1:])
    if scale is None or not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?", text[:-1]):
        return text
    return f"{float(text[:-1]) * scale:.15g}"


def number_hint(value: object) -> str:
    """Return what is to be known of a text where a number is wanted, or an empty string."""
    if isinstance(value, str) and "_" in value and value.replace("_", "").isdigit():
        return f" (YAML has no underscores in numbers: {value.replace('_', '')})"
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?[kKMBG]", value):
        return f" (YAML has no such units: {counted(value)})"
    if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?", value):
        return " (it is text: take the quotes away)"
    return ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for the nearest of `known`, or an empty string."""
    if len(name) > _LONGEST_NAME:
        return ""
    names = list(known)
    lowered = {each.lower(): each for each in reversed(names)}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f"; did you mean {lowered[near[0]]}?" if near else ""
