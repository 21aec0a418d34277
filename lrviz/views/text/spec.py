"""A converted config to the text of a spec, with a comment on each value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lrviz.document import KeyPath, Map, Seq, scalar
from lrviz.sources.configs.framework import Converted


def spec_lines(converted: Converted, file: str) -> Iterator[str]:
    """Yield the lines of the spec that a config comes to.

    Args:
        converted: What it came to.
        file: The config's name, for the first line.
    """
    yield f"# {file}, read as {converted.title}: {converted.summary}"
    for text in converted.assumed:
        yield f"# {text}"
    if converted.unused:
        yield "# without effect:"
        width = max(len(key) for key, _ in converted.unused)
        yield from (f"#   {key:<{width}}  {why}" for key, why in converted.unused)
    yield from _mapping(converted, converted.tree, ())


def _mapping(converted: Converted, data: Map, path: KeyPath) -> Iterator[str]:
    indent = "  " * len(path)
    for key, value in data.items():
        where = (*path, key)
        comment = converted.comments.get(where, "")
        comment = f"  # {' '.join(comment.split())}" if comment else ""
        name = _scalar(key)
        if isinstance(value, Map) and value:
            yield f"{indent}{name}:{comment}"
            yield from _mapping(converted, value, where)
        else:
            yield f"{indent}{name}: {_value(value)}{comment}"


def _value(value: Any) -> str:
    if isinstance(value, Map):
        return "{" + ", ".join(f"{_scalar(k)}: {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Seq | list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Return a scalar as YAML, in quotes where it would be read as another one without."""
    if not isinstance(value, str):
        return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    plain = value.replace("_", "").replace(".", "").replace("-", "").isalnum()
    is_text = isinstance(scalar(value), str) and value.isascii() and not value.startswith("-")
    return value if plain and is_text else json.dumps(value)
