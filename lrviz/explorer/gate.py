"""Who may ask the server what: the page that it printed the address of, and nobody else."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

CHECKED = ("Host", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest")
"""The headers that are looked at."""

_OWN = ("same-origin", "none")  # what Sec-Fetch-Site is for the page itself, and for who types


@dataclass(frozen=True)
class Gate:
    """The checks that each request passes before anything of it is read.

    Attributes:
        token: Random; the first part of each path.
        port: Where the server listens, on 127.0.0.1.
    """

    token: str
    port: int

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a Host may be: another name that leads here is somebody's rebound DNS."""
        return (f"127.0.0.1:{self.port}", f"localhost:{self.port}")

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> str | None:
        """Return why a request is refused, or None.

        Args:
            method: GET or POST.
            path: With the token in it.
            headers: Of the request.
        """
        host = headers.get("Host", "")
        if host not in self.hosts:
            return "Host: not this server's; open the address that lrviz explore printed"
        token, slash, _ = path.removeprefix("/").partition("/")
        if not slash or not hmac.compare_digest(token.encode(), self.token.encode()):
            return "token: not this server's; open the address that lrviz explore printed"
        origin = headers.get("Origin")
        if origin is None and method == "POST":
            return "Origin: missing"
        if origin is not None and origin != f"http://{host}":
            return "Origin: another site's"
        site = headers.get("Sec-Fetch-Site")
        # A link to the page may stand anywhere; who follows it reads nothing for who wrote it.
        follows = method == "GET" and headers.get("Sec-Fetch-Dest") == "document"
        if site is not None and site not in _OWN and not follows:
            return "Sec-Fetch-Site: another site's"
        return None
