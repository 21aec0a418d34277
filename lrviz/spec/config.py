"""What is known of the framework's config that a schedule is from, besides the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lrviz.document import KeyPath
from lrviz.errors import Place


@dataclass(frozen=True)
class Trap:
    """What a framework makes of a config that its author may not have meant.

    Attributes:
        rule: The slug of the rule of `lrviz check` that says it.
        message: What happens, with this config's numbers.
        advice: What to write instead, in the config's own words.
        place: The key at fault.
        mended: What mends it: the place of a value, and the value to write there.
    """

    rule: str
    message: str
    advice: str
    place: Place | None
    mended: tuple[Place, str] | None = None


@dataclass(frozen=True)
class Config:
    """What is known of the framework's config that a schedule is from.

    Attributes:
        framework: The framework with its version.
        said: What the config was read as, what it came to, and what was assumed, in one line.
        traps: What only this framework makes of it.
        keys: Its keys by the path of the value in the schedule's tree that is theirs, as it stands.
    """

    framework: str
    said: str
    traps: tuple[Trap, ...] = ()
    keys: Mapping[KeyPath, str] = field(default_factory=dict)
