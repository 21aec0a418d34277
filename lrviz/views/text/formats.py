"""The formats of a table by name: the function that writes one, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

# For people: of a Grid and the terminal's width. `rich`, which is no lines, is the terminal's own.
GRIDS: Mapping[str, str] = {
    "plain": "lrviz.views.text.grid.plain",
    "markdown": "lrviz.views.text.grid.markdown",
}
# For programs: of traces, key steps and quantities, with every digit.
EXPORTS: Mapping[str, str] = {
    "csv": "lrviz.views.text.export.csv_lines",
    "json": "lrviz.views.text.export.json_lines",
}


def writer(name: str) -> Callable[..., Iterator[str]]:
    """Return the function that writes a format, one of `GRIDS` or `EXPORTS`, as lines."""
    module, _, function = {**GRIDS, **EXPORTS}[name].rpartition(".")
    found: Any = getattr(import_module(module), function)
    return found  # type: ignore[no-any-return]
