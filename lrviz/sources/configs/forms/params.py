"""`key: value` lines, as open_clip writes them to params.txt, to plain data with places."""

from __future__ import annotations

from lrviz.document import MAX_CHARACTERS, Entry, Map, scalar
from lrviz.errors import Place, SpecError


def read_params(text: str, file: str) -> Map:
    """Read `key: value` lines; `None`, `True` and `False` are Python's.

    Raises:
        SpecError: A line is none, or a number is absurdly long.
    """
    if len(text) > MAX_CHARACTERS:
        raise SpecError(f"{len(text):,} characters; no config is that long", Place(file, 1, 1))
    result = Map(place=Place(file, 1, 1))
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        key, colon, value = line.rstrip().partition(": ")
        if not colon and line.strip() and not line.rstrip().endswith(":"):
            raise SpecError("not a `key: value` line", Place(file, number, 1))
        value = "" if not colon else value
        at = start + len(key) + 2
        name = key.rstrip(":")
        where = Place(file, number, 1, start, start + len(name))
        place = Place(file, number, len(key) + 3, at, at + len(value))
        try:
            known = None if value in ("None", "") else scalar(value)
        except ValueError as error:
            raise SpecError(str(error), place) from None
        if name:
            result.put(name, known, Entry(where, place))
        start += len(line)
    return result
