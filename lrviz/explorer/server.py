"""The local server of a page: 127.0.0.1, one token, until Ctrl-C or an hour after the last page."""

from __future__ import annotations

import json
import secrets
import select
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lrviz import __version__
from lrviz.errors import LrvizError, words
from lrviz.explorer.answering import SupersededError
from lrviz.explorer.gate import CHECKED, Gate
from lrviz.explorer.opening import Opened
from lrviz.explorer.page import explorer_page
from lrviz.explorer.service import FAULT, Service

IDLE = 3600.0
"""Seconds without an open page after which a server ends."""

_MOST = 2_000_000  # bytes of a request
_MOST_OF_A_FILE = 32_000_000
_PATIENCE = 30.0  # seconds that a client may be silent within a request
_BEAT = 15.0  # seconds after which an open page is told that the server is there
_SAFE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Explorer(ThreadingHTTPServer):
    """A server of one page, and of what it asks for.

    Args:
        opened: What the command line named.
        idle: Seconds without an open page after which it ends.
    """

    daemon_threads = True
    request_queue_size = 128  # a browser opens several connections at once

    def __init__(self, opened: Opened, idle: float = IDLE) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gate = Gate(secrets.token_urlsafe(24), self.server_address[1])
        self.idle = idle
        self._folder = tempfile.TemporaryDirectory(prefix="lrviz-")
        self.service = Service(opened, Path(self._folder.name))
        self.html, self.policy = explorer_page(self.service.first())
        self._pages = 0
        self._alone_since = time.monotonic()
        self._counting = threading.Lock()

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self.gate.port}/{self.gate.token}/"

    def count(self, change: int) -> None:
        """Note that a page was opened (1) or closed (-1)."""
        with self._counting:
            self._pages += change
            self._alone_since = time.monotonic()

    def service_actions(self) -> None:
        """End where no page has been open for long; called twice a second."""
        with self._counting:
            over = not self._pages and time.monotonic() - self._alone_since > self.idle
        if over:  # `shutdown` waits for the loop that this is called from
            threading.Thread(target=self.shutdown, daemon=True).start()
            self.idle = float("inf")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away; Python's own words on anything else."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the socket, and remove the files that pages sent."""
        super().__exit__(kind, error, trace)
        self._folder.cleanup()


class _Handler(BaseHTTPRequestHandler):
    server: Explorer
    protocol_version = "HTTP/1.1"
    server_version = f"lrviz/{__version__}"
    sys_version = ""
    timeout = _PATIENCE
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is sent as a whole

    def do_GET(self) -> None:
        if not self._is_let_in():
            return
        place = self._place()
        if place == "":
            html = self.server.html.encode()
            self._send(200, "text/html; charset=utf-8", html, self.server.policy)
        elif place == "alive":
            self._stay()
        else:
            self._refuse(404, "there is nothing here")

    def do_POST(self) -> None:
        if not self._is_let_in():
            return
        service, place = self.server.service, self._place()
        works: dict[str, Callable[[bytes], bytes]] = {
            "draw": service.draw,
            "words": service.words,
            "load": lambda body: service.load(self._query("name"), body),
            "folder": lambda body: service.load_folder(self._query("name"), body),
        }
        if place not in works:
            self._refuse(404, "there is nothing here")
            return
        body = self._body(_MOST if place in ("draw", "words") else _MOST_OF_A_FILE)
        if body is None:
            return
        try:
            answer = works[place](body)
        except SupersededError:
            self._refuse(409, "a newer request has come")
        except LrvizError as error:
            self._refuse(422, str(error))
        except Exception as error:
            self._refuse(500, f"{FAULT}: {words(error)}")
            raise  # where the server was started, its traceback is shown
        else:
            kind = "application/octet-stream" if place == "draw" else "application/json"
            self._send(200, kind, answer)

    def _is_let_in(self) -> bool:
        refusal = self.server.gate.refusal(self.command, self.path, dict(self.headers.items()))
        twice = [name for name in CHECKED if len(self.headers.get_all(name, ())) > 1]
        if twice:  # which of them is meant, servers do not agree on
            refusal = f"{twice[0]}: given twice"
        if refusal is not None:
            self._refuse(403, refusal)
        return refusal is None

    def _place(self) -> str:
        return urlsplit(self.path).path.split("/", 2)[2]

    def _query(self, name: str) -> str:
        return parse_qs(urlsplit(self.path).query).get(name, [""])[0]

    def _body(self, most: int) -> bytes | None:
        """Return the body of a request; None where it is refused."""
        said = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not said.isascii() or not said.isdecimal():
            self._refuse(411, "say how long the body is")
            return None
        if len(said) > 12 or int(said) > most:
            self._refuse(413, f"more than {most:,} bytes")
            return None
        return self.rfile.read(int(said))

    def _stay(self) -> None:
        """Keep a connection for as long as the page is open."""
        self.send_response(200)
        for name, value in {**_SAFE, "Content-Type": "text/event-stream"}.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.server.count(1)
        try:
            while True:
                self.wfile.write(b":\n\n")
                self.wfile.flush()
                readable, _, _ = select.select([self.connection], [], [], _BEAT)
                if readable:  # a browser sends nothing more: it has gone
                    return
        finally:
            self.server.count(-1)
            self.close_connection = True

    def _refuse(self, code: int, words: str) -> None:
        # What is left of the request is not read, so nothing can follow it.
        self.close_connection = self.close_connection or code != 409
        self._send(code, "application/json", json.dumps({"error": words}).encode())

    def _send(self, code: int, kind: str, data: bytes, policy: str = "default-src 'none'") -> None:
        self.send_response(code)
        for name, value in _SAFE.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Say nothing of requests."""
