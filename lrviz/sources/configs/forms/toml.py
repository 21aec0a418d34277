"""TOML to plain data with places."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from lrviz.document import MAX_CHARACTERS, MAX_DEPTH, Entry, KeyPath, Map, Seq
from lrviz.errors import Place, SpecError

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_PAIR = re.compile(r"\s*([\w\-.\"']+)\s*=\s*")


def read_toml(text: str, file: str) -> Map:
    """Read TOML.

    tomllib tells no places: they are sought in the lines, where each key of a section and what
    stands behind its `=` is found; what an inline table holds stands where the table does.

    Raises:
        SpecError: It is no TOML.
    """
    if len(text) > MAX_CHARACTERS:
        raise SpecError(f"{len(text):,} characters; no config is that long", Place(file, 1, 1))
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(found[1]), int(found[2])) if found else (1, 1)
        words = re.sub(r" \(at .*\)$", "", str(error))
        raise SpecError(f"not valid TOML: {words}", Place(file, line, column)) from None
    except RecursionError:
        raise SpecError(f"nested more than {MAX_DEPTH} deep", Place(file, 1, 1)) from None
    first = Place(file, 1, 1)
    result: Map = _placed(data, (), _places(text, file), Entry(first, first))
    return result


def _places(text: str, file: str) -> dict[KeyPath, Entry]:
    result: dict[KeyPath, Entry] = {}
    section: KeyPath = ()
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        header, pair = _HEADER.match(line), _PAIR.match(line)
        if header:
            section = _names(header[1])
            at = header.start(1)
            place = Place(file, number, at + 1, start + at, start + header.end(1))
            result[section] = Entry(place, place)
        elif pair:
            value = _value(line[pair.end() :])
            left, right = pair.start(1), pair.end()
            key = Place(file, number, left + 1, start + left, start + pair.end(1))
            stands = Place(file, number, right + 1, start + right, start + right + len(value))
            result[(*section, *_names(pair[1]))] = Entry(key, stands)
        start += len(line)
    return result


def _names(text: str) -> KeyPath:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


def _value(rest: str) -> str:
    """Return a value less the comment behind it."""
    quote = rest[:1] if rest[:1] in ("'", '"') else ""
    if quote:
        return rest[: rest.find(quote, 1) + 1]
    return rest.partition("#")[0].rstrip()


def _placed(data: Any, path: KeyPath, places: dict[KeyPath, Entry], above: Entry) -> Any:
    if isinstance(data, dict):
        result = Map(place=above.value)
        for key, item in data.items():
            entry = places.get((*path, key), above)
            result.put(key, _placed(item, (*path, key), places, entry), entry)
        return result
    if isinstance(data, list):
        items = [_placed(item, (*path, index), places, above) for index, item in enumerate(data)]
        return Seq(items, [above.value] * len(items), above.value)
    return data if isinstance(data, str | int | float | bool) else str(data)
