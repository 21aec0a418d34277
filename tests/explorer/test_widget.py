"""The page in a notebook's cell, in Chromium, with a kernel that a test plays."""

from __future__ import annotations

import base64
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import lrviz
from lrviz.errors import LrvizError
from lrviz.explorer.opening import opened
from lrviz.explorer.service import Service
from lrviz.explorer.widget import answered, module
from lrviz.sources.overrides import Overrides
from tests.browser import Browser, chromium
from tests.explorer.pages import asked, drawn

SPEC = "train: {steps: 100}\nschedules: {a: {scheduler: {type: onecycle}}}\n"

# What a notebook does with the module, and a kernel's answers that are fetched from outside.
_CELL = """
const [text, first] = arguments;
window.asked = [];
const found = await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
window.model = {
  get: () => first,
  on: (_, hear) => (window.model.hear = hear),
  send: async (content, _, [body]) => {
    const bytes = new Uint8Array(body);
    window.asked.push([content, btoa(String.fromCharCode(...bytes))]);
  },
};
document.body.replaceChildren();
found.default.render({model: window.model, el: document.body});
"""
_ANSWER = """
const [content, buffers] = arguments;
const bytes = buffers.map((each) => Uint8Array.from(atob(each), (sign) => sign.charCodeAt(0)));
window.model.hear(content, bytes.map((each) => new DataView(each.buffer)));
"""


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(opened(["onecycle"], Overrides(steps=100)), tmp_path)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with chromium(tmp_path / "profile") as found:
        yield found


def test_a_message_is_answered_as_a_request_is(service: Service) -> None:
    head, [answer] = answered(service, {"id": "x", "where": "draw"}, [memoryview(asked(SPEC))])
    assert head == {"id": "x"}
    trace = lrviz.simulate("onecycle", steps=100)
    assert np.array_equal(drawn(answer)[1]["a", "lr", 0], trace.lr[:, 0])
    _, [words] = answered(service, {"id": "y", "where": "words"}, [asked(SPEC)])
    assert json.loads(words)["command"].startswith("lrviz plot ")
    _, [loaded] = answered(
        service, {"id": "z", "where": "load?name=b.yaml"}, [b"train: {steps: 9}\nscheduler: linear"]
    )
    assert "linear" in json.loads(loaded)["spec"]
    wrong = {"id": 1, "error": "nothing: there is nothing here"}
    assert answered(service, {"id": 1, "where": "nothing"}, []) == (wrong, [])
    assert "no request" in answered(service, {"id": 1, "where": "draw"}, [b"["])[0]["error"]


def test_the_cell_draws_what_the_kernel_answers(browser: Browser, service: Service) -> None:
    browser("url", {"url": "data:text/html,<body></body>"})
    browser.run(_CELL, module(), json.dumps(service.first()))

    def serve() -> None:
        for _ in range(50):
            messages = browser.run("return window.asked.splice(0)")
            for content, body in messages:
                head, buffers = answered(service, content, [base64.b64decode(body)])
                browser.run(_ANSWER, head, [base64.b64encode(each).decode() for each in buffers])
            done = browser.run(
                "const page = document.querySelector('.lrviz-explore').explorer;"
                "return page.settled > 0 && !page.asking.running"
            )
            if done and not messages:
                return

    serve()
    browser.run(
        'const it = document.querySelector(\'[data-key$="pct_start\\\\"]"]\');'
        "it.value = '0.7'; it.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    serve()
    assert "pct_start: 0.7" in browser.run("return document.querySelector('#spec').innerText")
    shown = browser.run("return [...document.querySelector('#figure').figure.drawnData.arrays[0]]")
    assert shown == lrviz.simulate("onecycle:pct_start=0.7", steps=100).lr[:, 0].tolist()
    assert browser.run("return document.querySelector('#copy-address')") is None
    assert browser.errors() == []


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LrvizError, match="nothing to explore: give a source"):
        lrviz.explore()
    if importlib.util.find_spec("anywidget") is None:
        with pytest.raises(LrvizError, match=r"needs the package anywidget: pip install"):
            lrviz.explore("cosine", steps=10)
    else:
        assert json.loads(lrviz.explore("cosine", steps=10).first)["spec"].startswith("train:")
