"""YAML text to plain data that remembers where each key and value stood.

The numbers are YAML 1.2's (`1e-4` is a float, `yes` and `1:30` are strings), duplicate keys are
errors, and nothing but mappings, lists and scalars is ever built: tags are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from lrviz.errors import Place, SpecError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Far above any spec that a person writes, far below what exhausts the C stack or the memory.
MAX_CHARACTERS = 8_000_000
MAX_DEPTH = 50
MAX_NODES = 200_000
MAX_DIGITS = 3500  # Python writes no integer of more than 4,300, and these may be hexadecimal
_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"

_NULL = re.compile(r"(null|Null|NULL|~|)$")
_BOOL = re.compile(r"(true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"
)

KeyPath = tuple[str | int, ...]


class Entry(NamedTuple):
    """Where a key of a mapping stands, and where its value does."""

    key: Place | None
    value: Place | None


class Map(dict[str, Any]):
    """A mapping that knows the places of its keys and values."""

    __slots__ = ("place", "places")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        places: Mapping[str, Entry] | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(data or {})
        self.places: dict[str, Entry] = dict(places or {})
        self.place = place

    def put(self, key: str, value: Any, entry: Entry) -> None:
        """Set `key` to `value`, which stands at `entry`."""
        self[key] = value
        self.places[key] = entry

    def over(self, base: Map) -> Map:
        """Return `base` with the keys of this mapping put over it, one level deep."""
        return Map({**base, **self}, {**base.places, **self.places}, self.place or base.place)

    def only(self, *keys: str) -> Map:
        """Return the part of this mapping that has these keys."""
        return Map(
            {key: value for key, value in self.items() if key in keys}, self.places, self.place
        )

    def without(self, *keys: str) -> Map:
        """Return this mapping less these keys."""
        return self.only(*(key for key in self if key not in keys))


class Seq(list[Any]):
    """A list that knows the places of its items."""

    __slots__ = ("place", "places")

    def __init__(
        self,
        items: Sequence[Any] = (),
        places: Sequence[Place | None] = (),
        place: Place | None = None,
    ) -> None:
        super().__init__(items)
        self.places: list[Place | None] = list(places) or [None] * len(items)
        self.place = place


def place_of(data: Any, path: Sequence[str | int], *, key: bool = False) -> Place | None:
    """Return where the value (or the key, with `key`) at `path` below `data` stands.

    Where the path leads further than the data, the place of the last part that is there.
    """
    found: Place | None = getattr(data, "place", None)
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(data, Map) and part in data:
            entry = data.places.get(str(part), Entry(None, None))
            found = (entry.key if last and key else entry.value) or found
            data = data[str(part)]
        elif isinstance(data, Seq) and isinstance(part, int) and part < len(data):
            found = data.places[part] or found
            data = data[part]
        else:
            break
    return found


def unplaced(data: Any) -> Any:
    """Return `data` as ordinary dicts and lists."""
    if isinstance(data, Mapping):
        return {key: unplaced(value) for key, value in data.items()}
    return [unplaced(item) for item in data] if isinstance(data, list | tuple) else data


def placed(data: Any, place: Place | None = None) -> Any:
    """Return plain `data` (from Python, or one argument) as Map and Seq that all stand at `place`.

    Raises:
        SpecError: A key is not a string.
    """
    if isinstance(data, Map | Seq):
        return data
    if isinstance(data, Mapping):
        for key in data:
            if not isinstance(key, str):
                raise SpecError(f"the key {key!r} is not a string", place)
        entries = dict.fromkeys(data, Entry(place, place))
        return Map({key: placed(value, place) for key, value in data.items()}, entries, place)
    if isinstance(data, list | tuple):
        return Seq([placed(item, place) for item in data], [place] * len(data), place)
    return data


def read_text(raw: bytes, file: str) -> str:
    """Decode the bytes of a text file (UTF-8, or UTF-16 with its mark).

    Raises:
        SpecError: They are not text.
    """
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        place = Place(file, line, column, error.start, error.end)
        raise SpecError("not UTF-8 text; save the file as UTF-8", place) from None


def parse(text: str, file: str) -> Any:
    """Read one YAML (or JSON) document.

    Args:
        text: The document.
        file: Its name, for messages.

    Returns:
        Map, Seq and scalars (str, int, float, bool, None); None for an empty document.

    Raises:
        SpecError: The text is no YAML, repeats a key, has a tag or is absurdly large.
    """
    if len(text) > MAX_CHARACTERS:
        raise SpecError(
            f"{len(text):,} characters; a spec has at most {MAX_CHARACTERS:,}: "
            "keep long metrics in a CSV file",
            Place(file, 1, 1),
        )
    try:
        return _Builder(text, file).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(file, mark, mark) if mark else Place(file, 1, 1)
        if "maximum nesting depth" in str(error.problem):  # libyaml's own, of 1,000, reads ahead
            raise SpecError(_TOO_DEEP, place) from None
        raise SpecError(f"not valid YAML: {_problem(error)}", place) from None
    except (yaml.reader.ReaderError, UnicodeEncodeError):
        # Sought here, as libyaml counts bytes, of which a character may have several.
        found = yaml.reader.Reader.NON_PRINTABLE.search(text)
        position = found.start() if found else 0
        before = text[:position]
        line = before.count("\n") + 1
        column = position - (before.rfind("\n") + 1) + 1
        place = Place(file, line, column, position, position + 1)
        is_byte = found is not None and "\ud800" <= found[0] <= "\udfff"
        what = "a byte that is no text" if is_byte else "a control character"
        raise SpecError(f"not valid YAML: {what}; remove it", place) from None
    except yaml.YAMLError as error:
        raise SpecError(f"not valid YAML: {error}", Place(file, 1, 1)) from None


def scalar(text: str) -> Any:
    """Read one plain YAML 1.2 scalar, or return `text` itself where it is a string.

    Raises:
        ValueError: It is an integer of absurd length.

    >>> scalar("1e-4"), scalar("10"), scalar("yes"), scalar("1:30")
    (0.0001, 10, 'yes', '1:30')
    """
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text[0] in "tT"
    if _INT.match(text):
        digits = text.lstrip("+-")
        if len(digits) > MAX_DIGITS:
            raise ValueError(f"a number of {len(digits):,} digits; quote it if it is text")
        return int(text, 0) if digits[:2] in ("0x", "0o") else int(text)
    if _FLOAT.match(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or error)
    if "found character '\\t'" in problem or "found character that cannot start" in problem:
        return f"{problem}; indent with spaces, and quote text that begins with a special sign"
    if "invalid Unicode character escape code" in problem:
        return f"{problem}; write the character itself (json.dumps(..., ensure_ascii=False))"
    if "did not find expected" in problem:
        return f"{problem}; a bracket, a quote or an indentation above may be the cause"
    if "mapping values are not allowed" in problem:
        return f"{problem}; check the indentation, and quote text that contains ': '"
    return problem


def _place(file: str, start: yaml.Mark, end: yaml.Mark) -> Place:
    return Place(file, start.line + 1, start.column + 1, start.index, end.index)


class _Builder:
    """Builds the data from the stream of events: the depth is known before anything recurses."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
        self.anchors: dict[str, tuple[Any, int] | None] = {}
        self.nodes = 0

    def document(self) -> Any:
        next(self.events)  # the stream's start
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value, _ = self.node(next(self.events), 0)
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.fail("a second document begins here; write one spec a file", event)
        return value

    def fail(self, message: str, event: Any) -> None:
        raise SpecError(message, _place(self.file, event.start_mark, event.end_mark))

    def count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self.fail(f"more than {MAX_NODES:,} values, aliases counted as what they name", event)

    def node(self, event: Any, depth: int) -> tuple[Any, Place]:
        place = _place(self.file, event.start_mark, event.end_mark)
        before = self.nodes
        self.count(1, event)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event), place
        if depth > MAX_DEPTH:
            self.fail(_TOO_DEEP, event)
        if event.tag not in (None, "!"):
            self.fail(
                f"the tag {event.tag.replace('tag:yaml.org,2002:', '!!')} is not read; "
                "write the plain value",
                event,
            )
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event) if event.implicit[0] else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(place, depth)
        else:
            value = self.mapping(place, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.nodes - before)
        return value, place

    def scalar(self, event: Any) -> Any:
        try:
            return scalar(event.value)
        except ValueError as error:
            return self.fail(str(error), event)

    def alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            self.fail(f"*{event.anchor} names no anchor above it", event)
        known = self.anchors[event.anchor]
        if known is None:
            self.fail(f"*{event.anchor} stands inside of what it names", event)
            return None
        self.count(known[1], event)
        return known[0]

    def sequence(self, place: Place, depth: int) -> Seq:
        result = Seq(place=place)
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            item, where = self.node(event, depth + 1)
            result.append(item)
            result.places.append(where)
        return result

    def mapping(self, place: Place, depth: int) -> Map:
        result = Map(place=place)
        merged: list[Map] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.fail("a key must be plain text", event)
            _, where = self.node(event, depth + 1)
            name = event.value
            value, value_place = self.node(next(self.events), depth + 1)
            if name == "<<" and event.implicit[0]:
                merged += self.bases(value, event)
                continue
            if name in result:
                first = result.places[name].key
                line = first.line if first else 0
                self.fail(f"duplicate key {name!r} (first on line {line}); remove one", event)
            result.put(name, value, Entry(where, value_place))
        if not merged:
            return result
        whole = Map(place=place)  # as if each were put over the next, in one pass
        for each in (*reversed(merged), result):
            whole.update(each)
            whole.places.update(each.places)
        return whole

    def bases(self, value: Any, event: Any) -> list[Map]:
        bases = value if isinstance(value, Seq) else [value]
        if not all(isinstance(base, Map) for base in bases):
            self.fail("<< merges mappings only", event)
        return list(bases)
