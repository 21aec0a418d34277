"""Reference: one SOURCE of a command line, taken apart once for everybody who asks what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")
"""What a spec file's name ends in."""


@dataclass(frozen=True)
class Reference:
    """A SOURCE, taken apart.

    Attributes:
        text: As it stood on the command line, less a `LABEL=` before it.
        kind: The name of its kind; empty where it is none that is known.
        name: What is named: a path, a preset or class, or the callable of a module.
        file: The file in it, as written: a spec, or Python code; None where there is none.
        picked: The schedule of a file that `#label` picks.
        arguments: Whether arguments stand behind a colon.
        label: What stood before `=`; None where the SOURCE names itself.
        resume: What stood behind `@resume=`: what is restored where training is resumed.
    """

    text: str
    kind: str = ""
    name: str = ""
    file: str | None = None
    picked: str | None = None
    arguments: bool = False
    label: str | None = None
    resume: str | None = None

    @property
    def path(self) -> Path | None:
        """The file in it as a path."""
        return None if self.file is None else Path(self.file)

    @property
    def slug(self) -> str:
        """A name for files about it: `vit`, `vit-small`, `onecycle-pct_start-0.2`."""
        text = self.text
        if self.label is not None:
            text = self.label
        elif self.kind == "spec":
            text = Path(self.name).stem + (f"-{self.picked}" if self.picked else "")
            text += f"-{self.resume}" if self.resume else ""
        elif self.kind == "stdin":
            text = "stdin"
        return re.sub(r"[^\w.]+", "-", text).strip("-.") or "schedule"

    @property
    def short(self) -> str:
        """It, the file in it by its name alone, without the folder that it lies in."""
        return replace(self, label=None).moved(lambda file: Path(file).name)

    def labelled(self, label: str) -> Reference:
        """Return it with a label before it."""
        return replace(self, label=label)

    def moved(self, place: Callable[[str], str]) -> str:
        """Return the SOURCE as text, with the file in it at another place."""
        text = self.text
        if self.file is not None:
            text = place(self.file) + text[len(self.file) :]
        return text if self.label is None else f"{self.label}={text}"
