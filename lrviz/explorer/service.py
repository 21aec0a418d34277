"""A page's requests to its answers, as the bytes that are sent."""

from __future__ import annotations

import json
import struct
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lrviz import catalog
from lrviz.document import Map
from lrviz.errors import SpecError, UsageError
from lrviz.explorer.answering import Answer, Answers
from lrviz.explorer.configs import asked, changed
from lrviz.explorer.document import FromConfig, Problem, State, in_a_page
from lrviz.explorer.edits import MOST_EDITS, Edit
from lrviz.explorer.opening import Kept, Opened, of_loaded
from lrviz.explorer.received import Received, files_of
from lrviz.explorer.words import words
from lrviz.sources.configs.framework import FactError
from lrviz.sources.loading import Loaded
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


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Change(_Asked):
    """An edit, as a page sends it."""

    action: Literal["set", "unset", "rename", "add", "type", "unit", "merge", "read"]
    path: list[int | str] = Field(max_length=60)
    text: str = Field(default="", max_length=_CHARACTERS)


class Stated(_Asked):
    """A config that a page shows, see `FromConfig`."""

    name: str = Field(max_length=1000)
    facts: dict[str, int | float | str] = Field(default={}, max_length=20)
    labels: list[str] = Field(default=[], max_length=1000)


class Request(_Asked):
    """What a page shows, and what is to be changed in it.

    Attributes:
        page: The page's own random name.
        number: Of this request; a higher one takes its place.
        spec: The spec's text.
        sources: What the page shows besides.
        configs: Configs of frameworks that curves of the spec are from, or are to be.
        edits: What is to be changed, in order.
    """

    page: str = Field(max_length=64)
    number: int
    spec: str = Field(max_length=_CHARACTERS)
    sources: list[str] = Field(default=[], max_length=100)
    configs: list[Stated] = Field(default=[], max_length=100)
    edits: list[Change] = Field(default=[], max_length=MOST_EDITS)


@dataclass
class Service:
    """Answers to the requests of pages.

    Attributes:
        opened: What the command line named.
        folder: Where a file that a page sends lies while it is read.
    """

    opened: Opened
    folder: Path
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
            "configs": [asdict(each) for each in self.opened.state.configs],
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
        request = _read(body)
        state, problems, answer = self._answered(request)
        head = {
            "number": request.number,
            "spec": state.spec,
            "configs": [asdict(each) for each in state.configs],
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
        request = _read(body)
        state, problems, answer = self._answered(request)
        said = self._answers.locked(lambda: words(state, answer, self._answers))
        found = {"number": request.number, "spec": state.spec, **said.plain()}
        return json.dumps({**found, "problems": [asdict(each) for each in problems]}).encode()

    def load(self, name: str, body: bytes) -> bytes:
        """Read a file that the page's user chose, and return as JSON what became of it.

        Returns:
            `spec`: the text of a spec to be merged into the page's, and `notes`; or `config` or
            `source`: the name of a framework's config, or of a log.

        Raises:
            LrvizError: It is none of these, or something in it is wrong.
        """
        return self._received(Received(name, {"": body}, self.folder))

    def load_folder(self, name: str, body: bytes) -> bytes:
        """Read the folder of a log that the page's user chose, as `load` reads a file.

        Args:
            name: Of the folder.
            body: See `files_of`.

        Raises:
            LrvizError: It has no log, or several, or something in it is wrong.
        """
        return self._received(Received(name, files_of(body), self.folder))

    def _received(self, received: Received) -> bytes:
        overrides = Overrides(force=True)
        try:
            loaded = received.read(overrides)
        except FactError as error:
            if not asked(error):
                raise UsageError(in_a_page(error.message)) from None
            loaded = Loaded(())
        kept = Kept(received.plain, overrides, received.read)
        if loaded.logs:
            found = {"source": self._keep(replace(loaded.logs[0], source=received.plain))}
        elif not loaded.schedules or loaded.schedules[0].config is not None:
            found = {"config": self._answers.configs.keep(kept)}
        else:
            state = of_loaded(loaded, overrides).state
            if not state.spec:
                raise UsageError(f"{received.plain}: no spec of it can be written")
            return json.dumps({"spec": state.spec, "notes": loaded.notes}).encode()
        return json.dumps(found).encode()

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
        configs = tuple(
            FromConfig(each.name, dict(each.facts), tuple(each.labels)) for each in asked.configs
        )
        state = State(asked.spec, tuple(asked.sources), configs)
        try:
            state, problems = changed(state, edits, self._answers.configs)
            stale = lambda: self._newest.get(asked.page, 0) > asked.number  # noqa: E731
            answer = self._answers.answer(state, stale)
        except SpecError as error:
            return state, (Problem((), str(error)),), Answer(Map())
        return state, (*problems, *answer.problems), answer


def _read(body: bytes) -> Request:
    try:
        return Request.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"no request of a page: {where}: {first['msg']}") from None
