"""`--watch`: load and draw again whenever a file that was read is saved."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrviz.cli import lean, signals
from lrviz.cli.console import fail, note
from lrviz.cli.options import Shared
from lrviz.cli.running import load
from lrviz.errors import LrvizError, OutputError, UsageError

if TYPE_CHECKING:
    from lrviz.sources.loading import Loaded

_SETTLED = 30  # milliseconds without another event: an editor has finished its save
_LOOK = 200  # milliseconds after which the files are looked at, event or not
_MOST = 1000  # files of a folder that are looked at
_CLEAR = "\x1b[H\x1b[2J"

# What says that a file is another one than before; None: there is none.
_Stamp = tuple[int, int, int] | None

Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Draw again whenever a spec, or a file that it names, is saved; Ctrl-C ends it.",
    ),
]


def rounds(
    watch: bool,
    sources: Sequence[str],
    shared: Shared,
    show: Callable[[Loaded], None],
    files: Iterable[str] = (),
) -> None:
    """Load the SOURCEs and show them: once, or with `watch` again after each save, until Ctrl-C.

    A watch has no other end, so Ctrl-C ends it well, with exit code 0. A spec that is wrong is
    reported, and waited for; what was shown last stays.

    Args:
        watch: Whether to go on.
        sources: The SOURCEs of the command line.
        shared: Its shared options.
        show: Simulates and prints or writes.
        files: More files to watch.

    Raises:
        LrvizError: Without `watch` a source is unknown or wrong; with it, the command line is, or
            there is nothing to watch.
    """
    if not watch:
        show(load(sources, shared))
        return
    changes = _watchfiles()
    own = {*source_files(sources), *map(Path, files)}
    if not own:
        raise UsageError(
            f"--watch: {', '.join(sources)} names no file that could be saved; "
            "name a spec file (`lrviz init` writes one), or leave --watch out"
        )
    # Python tells a changed file from its bytecode by size and whole seconds only.
    sys.dont_write_bytecode = True
    # What is saved next may name other people's code, which gets all of torch.
    lean.own_process = False
    screen, named = _Screen(), set[Path]()
    with _until_interrupted():
        while True:
            own |= {*source_files(sources)}  # a log's folder may have new files
            seen = _stamps(own | named)
            with screen.round():
                loaded = load(sources, shared)
                named = named_files(loaded)
                seen = _stamps(named) | seen
                show(loaded)
            if not shared.quiet:
                screen.say(f"watching {_told(seen)}; Ctrl-C ends it")
            _wait(changes, seen)


def _told(seen: Iterable[Path]) -> str:
    """Return what is watched; of a folder and what is in it, the folder."""
    folders = {each for each in seen if each.is_dir()}
    return ", ".join(sorted(str(each) for each in seen if not folders & {*each.parents}))


@contextlib.contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if signals.code() not in (None, signals.INTERRUPTED):
            raise


class _Screen:
    """What was shown last, and on a terminal stays in view under an error."""

    def __init__(self) -> None:
        self.shown: str | None = None
        self.said = ""

    @contextlib.contextmanager
    def round(self) -> Iterator[None]:
        """Show on stdout what is printed in here as a whole, or on an error what was before."""
        wiped = bool(self.shown) and sys.stdout.isatty()
        if wiped:
            _print(_CLEAR)
            self.said = ""
        page = _Held(sys.stdout)
        try:
            with contextlib.redirect_stdout(page), contextlib.suppress(typer.Exit):
                yield
        except LrvizError as error:
            if self.shown is None and isinstance(error, UsageError | OutputError):
                raise
            self.shown = self.shown or ""
            if wiped:
                _print(self.shown)
            fail(str(error))
        else:
            self.shown = page.getvalue()
            _print(self.shown)

    def say(self, text: str) -> None:
        """Say something, unless it still stands there."""
        if text != self.said:
            note(text)
        self.said = text


class _Held(io.StringIO):
    """Text for `stream`, kept back: width, colours and characters are chosen as for the stream."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        return str(self.stream.encoding)

    def isatty(self) -> bool:
        return bool(self.stream.isatty())


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _watchfiles() -> Any:
    try:
        import watchfiles
    except ImportError:
        raise UsageError(
            "--watch needs the package watchfiles: pip install 'lrviz[watch]'"
        ) from None
    return watchfiles.watch


def source_files(sources: Sequence[str]) -> Iterator[Path]:
    """Yield the files among the SOURCEs: specs, Python files, logs and what a log's folder has."""
    from lrviz.sources.grammar import reference

    for source in sources:
        path = reference(source).path
        if path is not None and path.is_file():
            yield path
        elif path is not None and path.is_dir():  # a log; a folder changes with what is new in it
            yield path
            yield from islice(path.rglob("*"), _MOST)


def named_files(loaded: Loaded) -> set[Path]:
    """Return the files that the specs name: metrics."""
    return {
        schedule.folder / member.metric.file
        for schedule in loaded.schedules
        for member in schedule.members
        if member.metric is not None and member.metric.file is not None
    }


def _stamps(files: Iterable[Path]) -> dict[Path, _Stamp]:
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> _Stamp:
    try:
        state = file.stat()
    except OSError:  # for a moment, where an editor replaces it
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def _wait(changes: Any, seen: dict[Path, _Stamp]) -> None:
    """Return when one of the files is another than it was `seen`."""
    places = {place for file in seen for place in (file.absolute(), file.resolve())}
    # A save may replace the file, so the folders are watched, and not what is in them.
    folders = {next(each for each in place.parents if each.is_dir()) for place in places}
    names = {place.name for place in places}
    events = changes(
        *folders,
        watch_filter=lambda _, path: Path(path).name in names,
        recursive=False,
        step=_SETTLED,
        rust_timeout=_LOOK,
        yield_on_timeout=True,
    )
    with contextlib.closing(events):
        while _stamps(seen) == seen:
            next(events)
