"""A page's requests to its answers, as the bytes that are sent."""

from __future__ import annotations

import json
import re
import struct
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lrviz import catalog
from lrviz.document import Map
from lrviz.errors import LrvizError, SpecError, UsageError
from lrviz.explorer.answering import Answer, Answers
from lrviz.explorer.document import Problem, State
from lrviz.explorer.edits import MOST_EDITS, Edit, edited
from lrviz.explorer.opening import Opened, of_loaded
from lrviz.explorer.words import words
from lrviz.files import guarded
from lrviz.sources.configs.kind import of_file
from lrviz.sources.grammar import kind, reference
from lrviz.sources.loading import load_all
from lrviz.sources.logs.log import Log
from lrviz.sources.logs.reading import KNOWN_BY_NAME
from lrviz.sources.overrides import Overrides
from lrviz.views.html.data import figure_data
from lrviz.views.plan.defaults import wanted_by
from lrviz.views.plan.options import FigureOptions

FAULT = "lrviz cannot answer this, which is a fault of its own"
"""What a page says before an error that nobody should see."""

_HELD = "Built by its own code, for the length and lr that it was named with."
_TRACE = "A trace, as it was recorded."
_PAGES = 100  # whose newest request is remembered
_CHARACTERS = 1_000_000  # of a spec
_FILES = TypeAdapter(list[tuple[str, Annotated[int, Field(ge=0)]]])
_PART = re.compile(r"(?!\.{1,2}$)[^\\:\x00]{1,200}").fullmatch  # of a path


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Change(_Asked):
    """An edit, as a page sends it."""

    action: Literal["set", "unset", "rename", "add", "type", "unit", "merge"]
    path: list[int | str] = Field(max_length=60)
    text: str = Field(default="", max_length=_CHARACTERS)


class Request(_Asked):
    """What a page shows, and what is to be changed in it.

    Attributes:
        page: The page's own random name.
        number: Of this request; a higher one takes its place.
        spec: The spec's text.
        sources: What the page shows besides.
        edits: What is to be changed, in order.
    """

    page: str = Field(max_length=64)
    number: int
    spec: str = Field(max_length=_CHARACTERS)
    sources: list[str] = Field(default=[], max_length=100)
    edits: list[Change] = Field(default=[], max_length=MOST_EDITS)


@dataclass
class Service:
    """Answers to the requests of pages.

    Attributes:
        opened: What the command line named.
        files: The folder in which a file that a page sends lies while it is read.
    """

    opened: Opened
    files: Path
    _answers: Answers = field(init=False)
    _newest: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._answers = Answers(self.opened)

    def first(self) -> dict[str, Any]:
        """Return what a page begins with, and the names that it can add."""
        traces = self.opened.traces
        presets = [[each.name, each.summary] for each in catalog.presets()]
        classes = [[each.name, each.summary] for each in catalog.scheduler_classes()]
        return {
            "spec": self.opened.state.spec,
            "sources": list(self.opened.state.sources),
            "said": {**dict.fromkeys(self.opened.held, _HELD), **dict.fromkeys(traces, _TRACE)},
            "presets": presets,
            "classes": classes,
            "optimizers": list(catalog.optimizer_names()),
            "notes": list(self.opened.notes),
            "logs": list(KNOWN_BY_NAME),
        }

    def draw(self, body: bytes) -> bytes:
        """Return the head of an answer and, where there is a curve, the figure behind it.

        The head's length (32 bits, little-endian), the head as JSON, padded with spaces to a
        multiple of 8 bytes, and what `FigureData.message` gives.

        Raises:
            UsageError: It is no request.
            SupersededError: The page has sent a newer one.
        """
        asked = _read(body)
        state, problems, answer = self._answered(asked)
        head = {
            "number": asked.number,
            "spec": state.spec,
            "problems": [asdict(each) for each in problems],
            "updates": sum(each.updates for each in answer.plans),
            "seconds": answer.seconds,
        }
        figure = b""
        if answer.traces:
            wanted = wanted_by(answer.schedules)
            options = FigureOptions(x=wanted.x, log=wanted.log, title=wanted.title, annotate=True)
            figure = figure_data(answer.traces, options).message()
        text = json.dumps(head).encode()
        text += b" " * (-(len(text) + 4) % 8)
        return struct.pack("<I", len(text)) + text + figure

    def words(self, body: bytes) -> bytes:
        """Return as JSON what is said beside the figure.

        Raises:
            UsageError: It is no request.
            SupersededError: The page has sent a newer one.
        """
        asked = _read(body)
        state, problems, answer = self._answered(asked)
        said = self._answers.locked(lambda: words(state, answer, self.opened.unnamed))
        found = {"number": asked.number, "spec": state.spec, **said.plain()}
        return json.dumps({**found, "problems": [asdict(each) for each in problems]}).encode()

    def load(self, name: str, body: bytes) -> bytes:
        """Read a file that the page's user chose, and return as JSON what became of it.

        Returns:
            `spec`: the text of a spec to be merged into the page's, and `notes`; or `source`: the
            name of a log.

        Raises:
            LrvizError: It is none of these, or something in it is wrong.
        """
        return self._received(name, {"": body})

    def folder(self, name: str, body: bytes) -> bytes:
        """Read the folder of a log that the page's user chose, as `load` reads a file.

        Args:
            name: Of the folder.
            body: The length of a list (32 bits, little-endian), that list as JSON, of the files'
                paths below the folder and their sizes, and then what is in them.

        Raises:
            LrvizError: It has no log, or several, or something in it is wrong.
        """
        return self._received(name, files_of(body))

    def _received(self, name: str, files: Mapping[str, bytes]) -> bytes:
        plain = Path(name).name
        if not plain or plain.startswith("."):
            raise UsageError("the file has no name")
        with tempfile.TemporaryDirectory(dir=self.files) as folder:
            path = Path(folder) / plain
            for below, data in files.items():
                (path / below).parent.mkdir(parents=True, exist_ok=True)
                (path / below).write_bytes(data)
            try:
                return json.dumps(self._loaded(path)).encode()
            except LrvizError as error:
                raise UsageError(str(error).replace(f"{folder}/", "")) from None

    def _loaded(self, path: Path) -> dict[str, Any]:
        def only(other: Path) -> None:
            if not other.resolve().is_relative_to(path.resolve()):
                raise UsageError(f"{other.name}: a page reads no file beside the one it is given")

        with guarded(only):
            named = reference(str(path))
            if path.is_dir() and named.kind != "log":
                raise UsageError(f"{path.name}: no log of a training in this folder")
            if not named.kind:
                raise UsageError(
                    f"{path.name}: neither a spec, nor a config or a log that is known"
                )
            if kind(named.kind).runs_code and of_file(str(path), Overrides()) is None:
                raise UsageError(f"{path.name}: a page runs no code; name it on the command line")
            loaded = load_all([str(path)], Overrides(force=True))
        if loaded.logs:
            return {"source": self._keep(replace(loaded.logs[0], source=path.name))}
        found = of_loaded(loaded, Overrides())
        if not found.state.spec:
            raise UsageError(f"{path.name}: no spec of it can be written")
        notes = [each.replace(f"{path.parent}/", "") for each in found.notes]
        return {"spec": found.state.spec, "notes": notes}

    def _keep(self, log: Log) -> str:
        name, number = log.source, 1
        while name in self._answers.logs:
            number += 1
            name = f"{log.source} ({number})"
        self._answers.logs[name] = replace(log, source=name)
        return name

    def _answered(self, asked: Request) -> tuple[State, tuple[Problem, ...], Answer]:
        with self._lock:
            newest = max(asked.number, self._newest.pop(asked.page, asked.number))
            self._newest[asked.page] = newest
            while len(self._newest) > _PAGES:
                self._newest.popitem(last=False)
        edits = [Edit(each.action, tuple(each.path), each.text) for each in asked.edits]
        try:
            text, problems = edited(asked.spec, edits)
            state = State(text, tuple(asked.sources))
            stale = lambda: self._newest.get(asked.page, 0) > asked.number  # noqa: E731
            answer = self._answers.answer(state, stale)
        except SpecError as error:
            state = State(asked.spec, tuple(asked.sources))
            return state, (Problem((), str(error)),), Answer(Map())
        return state, (*problems, *answer.problems), answer


def files_of(body: bytes) -> dict[str, bytes]:
    """Return the files of a folder that a page sends, by their paths below it.

    Raises:
        UsageError: It is none, or a path leads out of the folder.
    """
    try:
        (length,) = struct.unpack_from("<I", body)
        listed = _FILES.validate_json(body[4 : 4 + length])
    except (struct.error, ValidationError):
        raise UsageError("no folder of a page") from None
    found: dict[str, bytes] = {}
    at = 4 + length
    for path, size in listed:
        if PurePosixPath(path).is_absolute() or any(not _PART(each) for each in path.split("/")):
            raise UsageError(f"{path}: no path below the folder")
        found[path] = body[at : at + size]
        at += size
    if not found:
        raise UsageError("no log of a training in this folder")
    return found


def _read(body: bytes) -> Request:
    try:
        return Request.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"no request of a page: {where}: {first['msg']}") from None
