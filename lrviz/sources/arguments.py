"""Arguments on the command line: `onecycle:pct_start=0.2,three_phase=true`, `--set a.b=1e-4`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lrviz.document import Entry, Map, Seq, parse, placed, scalar
from lrviz.errors import Place, SpecError, UsageError


def read_arguments(source: str, node: Map) -> None:
    """Read what stands behind the first colon of `source` into `node`.

    A piece without `=` goes on the list before it: `multistep:milestones=30,60,gamma=0.1`.

    Raises:
        UsageError: A piece is no argument.
    """
    name, text = "", source.partition(":")[2]
    offset = len(source) - len(text)
    for start, piece in _pieces(text):
        place = Place(source, 0, 0, offset + start, offset + start + len(piece))
        key, equals, value = piece.partition("=")
        if re.fullmatch(r"\w+", key.strip()) and equals:
            name = key.strip()
            if name in node:
                raise UsageError(f"{source}: {name} is given twice; keep one")
            if name == "type":
                raise UsageError(f"{source}: type is the name before the colon")
            node.put(name, read_value(value, place), Entry(place, place))
        elif not name or not piece.strip():
            raise UsageError(
                f"{source}: {piece!r} is no argument; write name=value, as in "
                "onecycle:pct_start=0.2,three_phase=true"
            )
        else:
            first = node[name]
            listed = first if isinstance(first, Seq) else Seq([first], [place], place)
            listed.append(read_value(piece, place))
            listed.places.append(place)
            node[name] = listed


def _pieces(text: str) -> list[tuple[int, str]]:
    """Split at the commas that no bracket and no quote protects; with their offsets."""
    pieces, depth, quote, start = [], 0, "", 0
    for index, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            pieces.append((start, text[start:index]))
            start = index + 1
    return [*pieces, (start, text[start:])]


def read_value(text: str, place: Place) -> Any:
    """Read one value as YAML; everything in it stands at `place`.

    Raises:
        UsageError: It is no YAML.
    """
    text = text.strip()
    if text[:1] not in ("[", "{", "'", '"'):
        try:
            return scalar(text)
        except ValueError as error:
            raise UsageError(f"{place}: {error}") from None
    try:
        value = parse(text, place.file)
    except SpecError as error:
        raise UsageError(f"{place.file}: {text!r} is {error.message}") from None
    return placed(_unplaced(value), place)


def _unplaced(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unplaced(item) for key, item in value.items()}
    return [_unplaced(item) for item in value] if isinstance(value, list) else value
