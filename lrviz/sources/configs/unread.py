"""Values of a config that stand there and are not read: an error only where one is needed."""

from __future__ import annotations


class Unread(str):
    """What stands there, as text, and why it is not read."""

    __slots__ = ("why",)
    why: str

    def __new__(cls, text: str, why: str) -> Unread:
        """Return the text with the reason."""
        result = super().__new__(cls, text)
        result.why = why
        return result
