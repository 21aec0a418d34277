"""A cell of a notebook with the page of `lrviz explore` in it; its requests go to the kernel."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lrviz.curves.trace import Trace
from lrviz.errors import LrvizError, UsageError, words
from lrviz.explorer.answering import SupersededError
from lrviz.explorer.opening import opened
from lrviz.explorer.page import body, own_script, own_styles
from lrviz.explorer.service import FAULT, Service
from lrviz.sources.loading import Source
from lrviz.sources.overrides import Overrides
from lrviz.views.html.page import script, styles

_SAID = "lrviz.explore: a notebook shows it where its kernel runs; run the cell again"
"""What a notebook shows of it as text."""


def explore(*sources: Source | Trace, **overrides: Any) -> Any:
    """Show schedules in a notebook, with a control for each argument.

    Args:
        *sources: Traces, Schedules, or any sources of one or more schedules.
        **overrides: As for `lrviz.load`: `steps`, `epochs`, `lr` ...

    Returns:
        A widget, which a notebook displays.

    Raises:
        LrvizError: As for `lrviz.load`, or the package anywidget is missing.
    """
    if not sources:
        raise UsageError("nothing to explore: give a source, as in lrviz.explore('onecycle')")
    service = Service(opened(sources, Overrides(**overrides)), Path(tempfile.gettempdir()))
    cell = _widget_class()(first=json.dumps(service.first()))

    def hear(_: Any, asked: dict[str, Any], buffers: Sequence[Any]) -> None:
        try:
            cell.send(*answered(service, asked, buffers))
        except Exception as error:
            cell.send({"id": asked.get("id"), "error": f"{FAULT}: {words(error)}"})
            raise  # the notebook's log shows its traceback

    cell.on_msg(hear)
    return cell


def answered(
    service: Service, asked: dict[str, Any], buffers: Sequence[Any]
) -> tuple[dict[str, Any], list[bytes]]:
    """Return the answer to a message of a cell: its content, and its buffers.

    Args:
        service: What answers.
        asked: `id`, which is given back, and `where`: as the server's paths, without the token.
        buffers: One, the body.
    """
    said = urlsplit(str(asked.get("where")))
    data, found = b"".join(bytes(each) for each in buffers), {"id": asked.get("id")}
    try:
        if said.path in ("load", "folder"):
            read = service.load if said.path == "load" else service.load_folder
            answer = read(parse_qs(said.query).get("name", [""])[0], data)
        elif said.path in ("draw", "words"):
            answer = service.draw(data) if said.path == "draw" else service.words(data)
        else:
            raise UsageError(f"{said.path}: there is nothing here")
    except (LrvizError, SupersededError) as error:
        return {**found, "error": str(error) or "a newer request has come"}, []
    return found, [answer]


def module() -> str:
    """Return the cell's script, as a module."""
    own = (Path(__file__).parent / "widget.js").read_text(encoding="utf-8")
    return f"{script()}const BODY = {json.dumps(body())};\n{own_script()}\n{own}"


def style() -> str:
    """Return the cell's stylesheet: it says nothing of the notebook around."""
    own = (Path(__file__).parent / "widget.css").read_text(encoding="utf-8")
    return f"{styles('.lrviz-explore')}{own_styles()}{own}"


@cache
def _widget_class() -> Any:
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise UsageError(
            "lrviz.explore needs the package anywidget: pip install 'lrviz[notebook]'; "
            "on a command line, lrviz explore needs none"
        ) from None

    class Cell(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = module()
        _css = style()
        first = traitlets.Unicode().tag(sync=True)

        def __repr__(self) -> str:
            return _SAID

    return Cell
