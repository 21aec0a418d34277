"""What a gallery shows, and where in it: SOURCEs, each with the name of its figures."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lrviz import catalog
from lrviz.sources.grammar import reference
from lrviz.sources.names import ALL_PRESETS
from lrviz.sources.specs import expanded


@dataclass(frozen=True)
class Listing:
    """A SOURCE, and where it stands in the gallery.

    Attributes:
        source: As on the command line.
        name: Of its figures, relative to the gallery and without `-light.svg`.
        section: The folder that it was found in, `preset:*`, or empty.
    """

    source: str
    name: str
    section: str = ""


def entries(sources: Sequence[str], site: bool = False) -> tuple[Listing, ...]:
    """Return what SOURCEs stand for, each spec once and with a name of its own.

    Of a folder, what is in its folders comes before its own specs, so that overviews in a folder
    below open the page.

    Args:
        sources: As on the command line.
        site: An index.html is made, and so no entry has that name.

    Raises:
        UsageError: A folder has no spec.
    """
    found: list[Listing] = []
    seen: set[str] = set()
    taken = {"index"} if site else set()
    for entry in _listed(sources):
        named = reference(entry.source)
        key = os.path.normpath(entry.source) if named.kind == "spec" else entry.source
        if key in seen:
            continue
        seen.add(key)
        name, number = entry.name, 1
        while name.casefold() in taken:  # on some systems a.svg and A.svg are one file
            number += 1
            name = f"{entry.name}-{number}"
        taken.add(name.casefold())
        found.append(Listing(entry.source, name, entry.section))
    return tuple(found)


def _listed(sources: Sequence[str]) -> Iterator[Listing]:
    for source in sources:
        if source == ALL_PRESETS or source in catalog.preset_names():
            names = catalog.preset_names() if source == ALL_PRESETS else [source]
            for name in names:
                yield Listing(name, f"presets/{name}", ALL_PRESETS)
            continue
        files = expanded([source])
        if files == [source]:
            yield Listing(source, reference(source).slug)
            continue
        for file in sorted(files, key=_folders_first):
            path = Path(file)
            name = path.relative_to(source).with_suffix("").as_posix()
            yield Listing(path.as_posix(), name, path.parent.as_posix())


def _folders_first(file: str) -> list[tuple[bool, str]]:
    *folders, name = Path(file).parts
    return [*((False, folder) for folder in folders), (True, name)]
