"""`lrviz explore` as a process: what it prints, and how it ends."""

from __future__ import annotations

import _thread
import os
import re
import signal
import subprocess
import sys
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from lrviz.cli.explore import show
from tests.commands import lrviz

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{32}/\n")


def test_it_prints_its_address_and_ctrl_c_ends_it_well(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lrviz", "explore", "cosine", "--steps", "50", "--no-open"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline()
        assert ADDRESS.fullmatch(address)
        with urllib.request.urlopen(address.strip(), timeout=20) as answer:
            assert b"lrviz explore" in answer.read()
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert rest == ""
    assert said == (
        "cosine: SGD, lr 0.1, momentum 0.9 (say otherwise with --optimizer, --lr)\n"
        "Ctrl-C ends it, as does an hour without an open page\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_browser_opens_the_address_while_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[str] = []

    def show(address: str) -> bool:
        with urllib.request.urlopen(address, timeout=20) as answer:
            pages.append(answer.read().decode())
        _thread.interrupt_main()
        return True

    browser = SimpleNamespace(name="firefox", open=show)
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    ran = lrviz("explore", "cosine", "--steps", "50", "-q")
    assert (ran.code, ran.err) == (0, "")
    [page] = pages
    assert "<h1>lrviz explore</h1>" in page


def missing() -> None:
    raise webbrowser.Error("could not locate runnable browser")


@pytest.mark.parametrize(
    "get",
    [
        missing,
        lambda: SimpleNamespace(name="/usr/bin/xdg-open", open=lambda _: False),
        lambda: SimpleNamespace(name="/usr/bin/w3m"),  # not opened: it takes the terminal
    ],
)
def test_where_no_browser_shows_it_that_is_said(
    get: Callable[[], object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "get", get)
    show("http://127.0.0.1:1/")
    assert capsys.readouterr().err == "no browser is found here; open the address yourself\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ("cosine", "--trust"),
            "error: --trust: a page runs no code but what the command line names itself\n",
        ),
        (
            (),
            "error: explore needs a SOURCE: a spec file, a preset or a torch class, "
            "e.g. lrviz explore cosine (`lrviz list` shows what there is)\n",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_served(args: tuple[str, ...], said: str) -> None:
    ran = lrviz("explore", *args)
    assert (ran.code, ran.out, ran.err) == (2, "", said)
