"""`${...}` of OmegaConf and Hydra, replaced by what stands there in the same file."""

from __future__ import annotations

import re
from typing import Any

from lrviz.document import MAX_NODES, Entry, KeyPath, Map, Seq, place_of
from lrviz.errors import SpecError
from lrviz.sources.configs.unread import Unread

_DEPTH = 60  # of references, and of what they lead to
_WHY = "names nothing in this file; resolvers are not run, and the environment is not read"
_LONGEST = 10_000  # characters of a text that others were put into
_REFERENCE = re.compile(r"\$\{([^${}]*)\}")


def resolved(root: Map) -> Map:
    """Return the data with each `${a.b}` replaced by what stands at `a.b`.

    What a resolver would compute (`${oc.env:HOME}`, `${eval:...}`) stays as it stands; nothing is
    computed, and the environment is not read.

    Raises:
        SpecError: A reference leads back to itself, or they multiply without bound.
    """
    result: Map = _Resolver(root).value(root, (), 0)
    return result


class _Resolver:
    """One pass over a document; what is looked at is counted, as references multiply."""

    def __init__(self, root: Map) -> None:
        self.root = root
        self.nodes = 0

    def value(self, value: Any, path: KeyPath, depth: int) -> Any:
        """Return what stands at `path`, resolved."""
        self.nodes += 1
        if self.nodes > 2 * MAX_NODES:
            raise SpecError(f"its references come to more than {2 * MAX_NODES:,} values")
        if depth > _DEPTH:
            raise SpecError(f"references lead to each other more than {_DEPTH} deep")
        try:
            if isinstance(value, Map):
                result = Map(place=value.place)
                for key, item in value.items():
                    entry = value.places.get(key, Entry(None, None))
                    result.put(key, self.value(item, (*path, key), depth + 1), entry)
                return result
            if isinstance(value, Seq):
                items = [self.value(each, (*path, i), depth + 1) for i, each in enumerate(value)]
                return Seq(items, value.places, value.place)
            if isinstance(value, str) and "${" in value:
                return self.text(value, path[:-1], depth + 1)
        except SpecError as error:
            raise error.at(place_of(self.root, path)) from None
        return value

    def text(self, text: str, at: KeyPath, depth: int) -> Any:
        """Return what a text comes to; one that is a single reference keeps the other's type."""
        whole = _REFERENCE.fullmatch(text)
        if whole:
            return self.target(whole[1], text, at, depth)
        result = text
        for found in list(_REFERENCE.finditer(text)):
            value = self.target(found[1], found[0], at, depth)
            if isinstance(value, Unread) or not isinstance(value, str | int | float):
                return Unread(text, _WHY)
            result = result.replace(found[0], str(value))
            if len(result) > _LONGEST:
                raise SpecError(f"{text[:60]}: grows beyond {_LONGEST:,} characters")
        return result

    def target(self, name: str, text: str, at: KeyPath, depth: int) -> Any:
        """Return what the path `name` leads to; the text itself where it leads nowhere."""
        if ":" in name:  # a resolver
            return Unread(text, _WHY)
        dots = len(name) - len(name.lstrip("."))
        base = at[: len(at) - (dots - 1)] if dots else ()
        steps = name[dots:].replace("[", ".").replace("]", "").split(".")
        node: Any = self.root
        where: KeyPath = ()
        for step in (*base, *steps):
            if isinstance(node, str) and "${" in node:
                node = self.value(node, where, depth + 1)
            if isinstance(node, Map) and str(step) in node:
                node, step = node[str(step)], str(step)
            elif isinstance(node, Seq) and str(step).isdigit() and int(step) < len(node):
                node, step = node[int(step)], int(step)
            else:
                return Unread(text, _WHY)
            where = (*where, step)
        return self.value(node, where, depth + 1)
