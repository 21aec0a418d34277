"""What schedules gave before: recalled without torch, or kept for the next time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrviz.cache.key import key
from lrviz.cache.store import Store, folder
from lrviz.curves.trace import RunError, Trace
from lrviz.spec.durations import Length
from lrviz.spec.schedule import Schedule

_TRACE = (Trace, RunError, Length)


@dataclass(frozen=True)
class Answer:
    """The place of an answer, in which it is or to which it goes.

    Attributes:
        store: None: nothing is recalled, and nothing kept.
        key: Of all that the answer depends on; None, likewise, where a user's code is among it.
        classes: The answer's, and those of what it holds.
    """

    store: Store | None
    key: str | None
    classes: tuple[type, ...]

    def recall(self) -> Any:
        """Return the answer as it was kept, to the bit; None where it is not known."""
        return self.store.get(self.key, self.classes) if self.store and self.key else None

    def keep(self, value: Any) -> bool:
        """Keep the answer; return whether it is known from now on."""
        return bool(self.store and self.key and self.store.put(self.key, value, self.classes))


def answer(
    *schedules: Schedule,
    wanted: bool = True,
    classes: tuple[type, ...] = _TRACE,
    more: object = None,
) -> Answer:
    """Return the place of what schedules give: a Trace, where nothing else is said.

    Args:
        *schedules: What is asked about.
        wanted: The user has not said that nothing is to be recalled.
        classes: The answer's, and those of what it holds: dataclasses of plain data and arrays.
        more: What the answer depends on besides.
    """
    path = folder() if wanted else None
    if path is None:
        return Answer(None, None, classes)
    return Answer(Store(path), key(*schedules, more=(classes[0].__name__, more)), classes)
