"""Who is let in."""

from __future__ import annotations

import pytest

from lrviz.explorer.gate import Gate

GATE = Gate("secret", 8000)
HOST = {"Host": "127.0.0.1:8000"}
OWN = {**HOST, "Origin": "http://127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/secret/", HOST),
        ("GET", "/secret/alive", {**HOST, "Sec-Fetch-Site": "same-origin"}),
        ("GET", "/secret/", {"Host": "localhost:8000", "Sec-Fetch-Site": "none"}),
        ("POST", "/secret/draw", OWN),
        ("POST", "/secret/draw", {"Host": "localhost:8000", "Origin": "http://localhost:8000"}),
        # Who follows a link elsewhere sees the page; who wrote the link does not.
        ("GET", "/secret/", {**HOST, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}),
    ],
)
def test_the_page_is_let_in(method: str, path: str, headers: dict[str, str]) -> None:
    assert GATE.refusal(method, path, headers) is None


@pytest.mark.parametrize(
    ("method", "path", "headers", "why"),
    [
        ("GET", "/secret/", {}, "Host"),
        ("GET", "/secret/", {"Host": "127.0.0.1"}, "Host"),
        ("GET", "/secret/", {"Host": "127.0.0.1:8001"}, "Host"),
        ("GET", "/secret/", {"Host": "evil.example:8000"}, "Host"),
        ("GET", "/secret/", {"Host": "127.0.0.1:8000.evil.example"}, "Host"),
        ("GET", "/", HOST, "token"),
        ("GET", "/secret", HOST, "token"),
        ("GET", "/Secret/", HOST, "token"),
        ("GET", "/secret2/", HOST, "token"),
        ("GET", "//secret/", HOST, "token"),
        ("GET", "/sécret/", HOST, "token"),
        ("POST", "/secret/draw", HOST, "Origin"),
        ("POST", "/secret/draw", {**HOST, "Origin": "null"}, "Origin"),
        ("POST", "/secret/draw", {**HOST, "Origin": "http://127.0.0.1:8001"}, "Origin"),
        ("POST", "/secret/draw", {**HOST, "Origin": "https://127.0.0.1:8000"}, "Origin"),
        ("POST", "/secret/draw", {**HOST, "Origin": "http://localhost:8000"}, "Origin"),
        ("GET", "/secret/alive", {**HOST, "Origin": "http://evil.example"}, "Origin"),
        ("GET", "/secret/", {**HOST, "Sec-Fetch-Site": "cross-site"}, "Sec-Fetch-Site"),
        ("GET", "/secret/", {**HOST, "Sec-Fetch-Site": "same-site"}, "Sec-Fetch-Site"),
        (
            "GET",
            "/secret/",
            {**HOST, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"},
            "Sec-Fetch-Site",
        ),
        (
            "POST",
            "/secret/draw",
            {**OWN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"},
            "Sec-Fetch-Site",
        ),
    ],
)
def test_nobody_else_is(method: str, path: str, headers: dict[str, str], why: str) -> None:
    refusal = GATE.refusal(method, path, headers)
    assert refusal is not None
    assert refusal.partition(":")[0] == why
