"""`lrviz cache`: where curves that were simulated are kept."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from lrviz.cli.console import emit
from lrviz.errors import UsageError


def cache(
    what: Annotated[
        Literal["info", "clear"],
        typer.Argument(help="info: where it is, and how full; clear: remove all of it."),
    ] = "info",
) -> None:
    """Say where the curves that were simulated are kept, or remove them.

    lrviz cache clear
    """
    from lrviz.cache.store import LARGEST, MOST, VARIABLE, Store, folder

    path = folder()
    if path is None:
        raise UsageError(
            f"there is no cache: {VARIABLE} is empty, or there is no home; "
            f"name a folder in {VARIABLE}"
        )
    store = Store(path)
    if what == "clear":
        emit([f"{path}: {_curves(store.clear())} removed"])
        return
    entries = store.entries()
    mebibytes = sum(size for _, size, _ in entries) / 2**20
    emit(
        [
            f"{path}: {_curves(len(entries))}, {mebibytes:.1f} of at most {MOST >> 20} MiB",
            f"A curve above {LARGEST >> 20} MiB is not kept; those longest unused go first.",
        ]
    )


def _curves(count: int) -> str:
    return f"{count:,} curve{'' if count == 1 else 's'}"
