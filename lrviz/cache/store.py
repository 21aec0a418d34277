"""The folder of what is kept: whole files, the ones longest unused out first."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrviz.cache.entry import Broken, Classes, decode, encode

VARIABLE = "LRVIZ_CACHE_DIR"
MOST = 256 * 2**20
"""Bytes of all entries together."""
LARGEST = 5 * 2**20
"""Bytes of one entry; a longer curve is simulated anew."""
_SUFFIX, _TEMPORARY = ".curve", ".tmp"
_ABANDONED = 3600.0  # seconds after which a temporary file is a killed process's


def folder() -> Path | None:
    """Return where curves are kept: LRVIZ_CACHE_DIR, or lrviz in the system's own place for caches.

    None where that variable is empty, and where there is no home.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) / "lrviz" / "Cache" if local else None
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if sys.platform != "darwin" and base.is_absolute():
        return base / "lrviz"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "lrviz"


class Store:
    """Values by key in a folder, which any number of processes share.

    What cannot be read is not there, and what cannot be written is not kept: a cache has no errors.

    Args:
        path: The folder; it is made when something is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, key: str, classes: Classes) -> Any:
        """Return what is kept for a key, as it was put there to the bit; None where nothing is."""
        path = self._file(key)
        try:
            with path.open("rb") as stream:
                data = stream.read(LARGEST + 1)
            value = decode(key, data, classes)
        except (OSError, Broken):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # when it was last used
        return value

    def put(self, key: str, value: Any, classes: Classes) -> bool:
        """Keep a value, and return whether it was kept."""
        try:
            data = encode(key, value, classes)
        except TypeError:
            return False
        if len(data) > LARGEST:
            return False
        path = self._file(key)
        temporary = path.with_name(f".{os.urandom(6).hex()}{_TEMPORARY}")
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                temporary.write_bytes(data)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError:
            return False
        self._make_room()
        return True

    def entries(self) -> list[tuple[float, int, Path]]:
        """Return when each entry was last used (seconds since 1970), its bytes and its file."""
        return sorted(self._listed(_SUFFIX))

    def clear(self) -> int:
        """Remove all entries; return how many there were."""
        entries = self.entries()
        for *_, path in (*entries, *self._listed(_TEMPORARY)):
            with contextlib.suppress(OSError):
                path.unlink()
        return len(entries)

    def _file(self, key: str) -> Path:
        return self.path / f"{key}{_SUFFIX}"

    def _listed(self, suffix: str) -> Iterator[tuple[float, int, Path]]:
        try:
            found = [each for each in os.scandir(self.path) if each.name.endswith(suffix)]
        except OSError:
            return
        for each in found:
            with contextlib.suppress(OSError):  # another process has removed it
                status = each.stat(follow_symlinks=False)
                yield status.st_mtime, status.st_size, Path(each.path)

    def _make_room(self) -> None:
        abandoned = time.time() - _ABANDONED
        for used, _, path in self._listed(_TEMPORARY):
            if used < abandoned:
                with contextlib.suppress(OSError):
                    path.unlink()
        entries = self.entries()
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= MOST:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size
