"""A cell of a notebook with the page of `lrviz explore` in it; its requests go to the kernel."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lrviz.errors import LrvizError, UsageError
from lrviz.explorer.answering import SupersededError
from lrviz.explorer.opening import opened
from lrviz.explorer.page import body, own_script, own_styles
from lrviz.explorer.service import Service
from lrviz.sources.loading import Source
from lrviz.sources.overrides import Overrides
from lrviz.views.html.page import script, styles


def explore(*sources: Source, **overrides: Any) -> Any:
    """Show schedules in a notebook, with a control for each argument.

    Args:
        *sources: Schedules, or any sources of one or more schedules.
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
    cell.on_msg(lambda _, asked, buffers: cell.send(*answered(service, asked, buffers)))
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
        if said.path == "load":
            answer = service.load(parse_qs(said.query).get("name", [""])[0], data)
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

    class Cell(anywidget.AnyWidget):  # type: ignore[misc]  # it has no types
        _esm = module()
        _css = styles() + own_styles()
        first = traitlets.Unicode().tag(sync=True)

    return Cell
