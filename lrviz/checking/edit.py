"""An edit: a value to write into a file."""

from __future__ import annotations

from dataclasses import dataclass

from lrviz.errors import Place


@dataclass(frozen=True)
class Edit:
    """A value to write into a file, in place of what stands there.

    Attributes:
        place: What it replaces: the characters `place.start` to `place.end` of `place.file`.
        text: The value, as YAML.
    """

    place: Place
    text: str
