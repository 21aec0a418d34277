"""What the blocks of a documentation may do: its configuration says it, and never a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lrviz.errors import UsageError
from lrviz.sources.grammar import kind, reference
from lrviz.spec.schedule import Schedule
from lrviz.writing.numbers import count

MAX_UPDATES = 10_000_000


@dataclass(frozen=True)
class Permission:
    """What blocks may do. Text that strangers send to a documentation is data, as YAML is.

    Attributes:
        folders: Files are read below these only, wherever links lead.
        trust: Functions and dotted paths to anything run.
        max_updates: Of a block in all, each param group's counted.
        setting: How the configuration spells a setting, `{}` being its name.
    """

    folders: tuple[Path, ...]
    trust: bool = False
    max_updates: int = MAX_UPDATES
    setting: str = field(default="{}", compare=False)

    def of_file(self, path: Path) -> None:
        """Refuse a file that is not below the folders.

        Raises:
            UsageError: It is not.
        """
        found = path.resolve()
        if not any(found.is_relative_to(folder.resolve()) for folder in self.folders):
            raise UsageError(
                f"{path}: outside of the documentation, whose files alone are read; "
                f"{self.named('folders')} adds folders"
            )

    def of_source(self, source: str) -> None:
        """Refuse a script that would be run, and other code, if that is not trusted.

        Raises:
            UsageError: It is one.
        """
        named = reference(source)
        if named.kind == "run":
            raise UsageError(
                f"{source}: runs a whole script, which no page does; draw it with lrviz plot, and "
                "show the picture"
            )
        if named.kind and kind(named.kind).runs_code and not self.trust:
            raise UsageError(
                f"{source}: runs code, which a page is not trusted with; "
                f"{self.named('trust')} allows it"
            )

    def of_style(self, style: str) -> None:
        """Refuse a style that is neither a plain name nor a file's: it would be imported.

        Raises:
            UsageError: It is one.
        """
        plain = style.replace("-", "_").isidentifier()
        if not (plain or (style.endswith(".mplstyle") and "://" not in style) or self.trust):
            raise UsageError(
                f"style {style!r}: neither a style's name nor an .mplstyle file; "
                f"{self.named('trust')} allows what matplotlib would import"
            )

    def of_lengths(self, schedules: Sequence[Schedule]) -> None:
        """Refuse trainings that would hold the build.

        Raises:
            UsageError: They are longer than allowed.
        """
        total = sum(each.length.updates * max(1, len(each.optimizer.groups)) for each in schedules)
        if total > self.max_updates:
            raise UsageError(
                f"{count(total)} updates, all param groups counted, and a block may take "
                f"{count(self.max_updates)}; {self.named('max_updates')} allows more"
            )

    def refused(self, option: str) -> str:
        """Return why a block has no such option as the command line has."""
        setting = {"trust": "trust", "force": "max_updates"}[option]
        return f"{option}: a page cannot say it; {self.named(setting)} does, for all blocks"

    def named(self, name: str) -> str:
        """Return a setting as the configuration spells it."""
        return self.setting.format(name)
