"""An explorer's server for a test, and requests to it."""

from __future__ import annotations

import http.client
import json
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.explorer.opening import opened
from lrviz.explorer.server import IDLE, Explorer
from lrviz.sources.overrides import Overrides


@contextmanager
def served(sources: Sequence[Any], idle: float = IDLE, **overrides: Any) -> Iterator[Explorer]:
    """Serve a page until the end of the context."""
    with Explorer(opened(sources, Overrides(**overrides)), idle) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(0.05))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def sent(
    server: Explorer,
    method: str,
    place: str,
    body: bytes = b"",
    *,
    token: str | None = None,
    **headers: str | None,
) -> tuple[int, dict[str, str], bytes]:
    """Send one request as the page would, but for what is said; a header of None is left out."""
    port = server.gate.port
    own: dict[str, str | None] = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(body))}
    if method == "POST":
        own["Origin"] = f"http://127.0.0.1:{port}"
    own |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        path = f"/{server.gate.token if token is None else token}/{place}"
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in own.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


def asked(
    spec: str,
    *edits: tuple[Any, ...],
    sources: Sequence[str] = (),
    configs: Sequence[Any] = (),
    number: int = 1,
) -> bytes:
    """Return a request of a page."""
    changes = [dict(zip(("action", "path", "text"), each, strict=False)) for each in edits]
    said = {"page": "test", "number": number, "spec": spec, "edits": changes}
    return json.dumps({**said, "sources": sources, "configs": configs}).encode()


def drawn(answer: bytes) -> tuple[dict[str, Any], dict[tuple[str, str, int], NDArray[np.float64]]]:
    """Return the head of an answer, and its curves by label, quantity and group."""
    (length,) = struct.unpack_from("<I", answer)
    head = json.loads(answer[4 : 4 + length])
    rest = answer[4 + length :]
    if not rest:
        return head, {}
    (inner,) = struct.unpack_from("<I", rest)
    meta = json.loads(rest[4 : 4 + inner])
    doubles = np.frombuffer(rest[4 + inner :], "<f8")
    arrays = np.split(doubles, np.cumsum(meta["sizes"])[:-1])
    labels = [each["label"] for each in meta["traces"]]
    curves = {
        (labels[each["trace"]], each["param"], each["group"]): arrays[each["array"]]
        for each in meta["columns"]
    }
    return head, curves
