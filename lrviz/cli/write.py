"""Files: whole or not at all, and never over one that lrviz did not write."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from lrviz.errors import OutputError, UsageError, suggestion
from lrviz.writing.provenance import FORMATS, PAGE, written_by_lrviz

STDOUT = Path("-")
"""The target that is no file: a page on stdout."""

_LONGEST = 80


def is_page(path: Path) -> bool:
    """Return whether a target is an HTML page rather than a picture."""
    return path == STDOUT or path.suffix.lower() == f".{PAGE}"


def figure_targets(named: Sequence[str], sources: Sequence[str]) -> tuple[Path, ...]:
    """Return the files to write a figure to, each checked before anything is computed.

    Args:
        named: What `-o` named, `-` for a page on stdout; where nothing, `default_name(sources)` in
            the current folder.
        sources: The SOURCEs of the command line.

    Raises:
        UsageError: An extension is unknown, or what is there was not written by lrviz and not
            named.
        OutputError: A file cannot be written there.
    """
    if named:
        for name in named:
            if name == str(STDOUT):
                continue
            _check_format(name)
            check_writable(Path(name))
        return tuple(map(Path, named))
    path = Path(default_name(sources))
    check_writable(path)
    if os.path.lexists(path) and not _ours(path):
        raise UsageError(
            f"{path} is here already and lrviz did not write it; "
            f"-o {path} replaces it, or name another file"
        )
    return (path,)


def default_name(sources: Sequence[str]) -> str:
    """Return the name of the picture that shows `sources`.

    >>> default_name(["configs/vit.yaml"]), default_name(["cosine", "onecycle:pct_start=0.2"])
    ('vit.png', 'cosine-vs-onecycle-pct_start-0.2.png')
    """
    from lrviz.sources.grammar import reference

    stems = [reference(source).slug for source in sources]
    name = "-vs-".join(stems)
    if len(name) > _LONGEST:
        more = f"-and-{len(stems) - 1}-more" if len(stems) > 1 else ""
        name = stems[0][:_LONGEST].rstrip("-.") + more
    return f"{name}.png"


def _check_format(name: str) -> None:
    extension = Path(name).suffix.removeprefix(".").lower()
    if extension in (*FORMATS, PAGE):
        return
    known = [f".{each}" for each in (*FORMATS, PAGE)]
    what = f"the format .{extension} is unknown" if extension else "no extension says which format"
    hint = suggestion(f".{extension}", known) or f"; it is one of {', '.join(known)}"
    raise UsageError(f"-o {name}: {what}{hint}")


def _ours(path: Path) -> bool:
    try:
        return written_by_lrviz(path)
    except OSError:
        return False


def check_writable(path: Path) -> None:
    """Raise an OutputError if no file can be written at `path`, as far as can be seen now."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        kind = "is not a folder" if folder.exists() else "does not exist; make it first"
        raise OutputError(f"{path} cannot be written: {folder} {kind}")
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"{path} cannot be written: it is read-only; name another file with -o")
    if _replaceable(path) and not os.access(folder, os.W_OK):
        raise OutputError(
            f"{path} cannot be written: {folder} is read-only; name a file elsewhere with -o"
        )


def write(path: Path, data: bytes) -> None:
    """Write a file as a whole: on any failure, what was there stays as it was.

    Where `path` is a link, the file it leads to is replaced. What is not a regular file (a device,
    a pipe) is written straight.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        if _replaceable(path):
            _replace(Path(os.path.realpath(path)), data)
        else:
            with path.open("wb") as stream:
                stream.write(data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _replaceable(path: Path) -> bool:
    return path.is_file() or not path.exists()


def _replace(target: Path, data: bytes) -> None:
    # Beside the target: a rename is atomic within one file system only.
    temporary = target.parent / f".lrviz-{os.urandom(6).hex()}.tmp"
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        if target.exists():
            before = target.stat()
            with contextlib.suppress(PermissionError, AttributeError):  # not root, or Windows
                os.chown(temporary, before.st_uid, before.st_gid)
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
