"""What a kind of SOURCE is: how it looks, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrviz.document import Map
from lrviz.errors import Place
from lrviz.sources.configs.framework import Converted
from lrviz.sources.overrides import Overrides
from lrviz.sources.reference import Reference


@dataclass(frozen=True)
class Origin:
    """A schedule's data before presets are written out.

    Attributes:
        label: The curve's name.
        source: What the user named it by.
        tree: The data, with places.
        folder: Where files that it names are looked for.
        function: A user's function, which builds the schedule in place of `tree`.
        is_named: It is a name or a function: nothing is said of its surroundings.
        has_optimizer: It has an optimizer of its own, or needs none: what is said of one is not
            for it.
        notes: What was assumed where it was read.
        warnings: What is wrong with it.
        config: What another framework's config came to, where it is from one.
        beside: The other optimizers of its training.
    """

    label: str
    source: str
    tree: Map
    folder: Path = field(default_factory=Path)
    function: Callable[..., Any] | None = None
    is_named: bool = False
    has_optimizer: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    config: Converted | None = None
    beside: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """A place for what has none of its own: the beginning of the source."""
        first = 0 if self.is_named else 1
        return self.tree.place or Place(self.source, first, first)


@dataclass(frozen=True)
class Kind:
    """A kind of SOURCE.

    Attributes:
        name: Its name.
        parse: Takes a SOURCE apart, by its text and what files there are; None where it is no such.
        read: Reads one, with what the command line says for all.
        runs_code: Reading one, or building what it says, runs code that it names.
    """

    name: str
    parse: Callable[[str], Reference | None]
    read: Callable[[Reference, Overrides], list[Origin]]
    runs_code: bool = True
