"""The page in a notebook's cell, in Chromium, with a kernel that a test plays."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrviz
from lrviz.errors import LrvizError
from lrviz.explorer.opening import opened
from lrviz.explorer.service import Service
from lrviz.explorer.widget import _widget_class as widget_class
from lrviz.explorer.widget import answered, module, style
from lrviz.sources.overrides import Overrides
from tests.browser import Browser
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
  send: (content, _, [body]) => {
    if (window.ended) throw new Error("Cannot send");
    const bytes = new Uint8Array(body);
    window.asked.push([content, btoa(String.fromCharCode(...bytes))]);
  },
};
const el = document.createElement("div");
window.clear = found.default.render({model: window.model, el});
document.body.append(el); // as JupyterLab does, when it is rendered
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
def page(browser: Browser) -> Iterator[Browser]:
    browser.surroundings(1280, 900, "light")
    browser("url", {"url": "data:text/html,<body></body>"})
    yield browser
    assert browser.errors() == []


def serve(browser: Browser, service: Service) -> None:
    """Answer what cells ask for, until they ask for nothing more."""
    for _ in range(50):
        messages = browser.run("return window.asked.splice(0)")
        for content, body in messages:
            head, buffers = answered(service, content, [base64.b64decode(body)])
            browser.run(_ANSWER, head, [base64.b64encode(each).decode() for each in buffers])
        done = browser.run(
            "const {explorer} = [...document.querySelectorAll('.lrviz-explore')].at(-1);"
            "return explorer.settled > 0 && !explorer.asking.running"
        )
        if done and not messages:
            return


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


def test_the_cell_draws_what_the_kernel_answers(page: Browser, service: Service) -> None:
    page.run(_CELL, module(), json.dumps(service.first()))
    assert not page.run("return document.querySelector('#work').checkVisibility()")
    serve(page, service)
    page.run(
        'const it = document.querySelector(\'[data-key$="pct_start\\\\"]"]\');'
        "it.value = '0.7'; it.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    serve(page, service)
    assert "pct_start: 0.7" in page.run("return document.querySelector('#spec').innerText")
    shown = page.run("return [...document.querySelector('#figure').figure.drawnData.arrays[0]]")
    assert shown == lrviz.simulate("onecycle:pct_start=0.7", steps=100).lr[:, 0].tolist()
    assert page.run("return document.querySelector('#copy-address')") is None


def test_a_cell_minds_the_notebook_around_it(page: Browser, service: Service) -> None:
    page.run(
        "const sheet = document.head.appendChild(document.createElement('style'));"
        "sheet.textContent = arguments[0] + '.dark { color: rgb(220, 220, 220); }';"
        "document.addEventListener('keydown', (event) => (window.heard = event.key));",
        style(),
    )
    before = "const {backgroundColor, margin, colorScheme} = getComputedStyle(document.body);"
    before += "return [backgroundColor, margin, colorScheme]"
    assert page.run(before) == ["rgba(0, 0, 0, 0)", "8px", "normal"]  # as without a cell
    for _ in range(2):
        page.run(_CELL, module(), json.dumps(service.first()))
        serve(page, service)
    # Each has its own labels.
    names = (
        "[...document.querySelectorAll('.lrviz-explore label[for]')].map((each) => each.htmlFor)"
    )
    assert page.run(f"const all = {names}; return all.length - new Set(all).size") == 0
    # It is as dark as the notebook, which may say so late, whatever the system is.
    themes = "[...document.querySelectorAll('.lrviz-explore')].map((each) => each.dataset.theme)"
    assert page.run(f"return {themes}") == ["light", "light"]
    page.run("document.body.className = 'dark'")
    page.settle()
    assert page.run(f"return {themes}") == ["dark", "dark"]
    back = "return getComputedStyle(document.querySelector('.lrviz-explore')).backgroundColor"
    assert page.run(back) == "rgb(13, 17, 23)"
    # A key for one of its controls is no command of the notebook's.
    slider = "document.querySelector('.lrviz-explore input[type=range]')"
    page.run(f"{slider}.focus()")
    page.press("d")
    assert page.run("return window.heard ?? null") is None
    assert page.run(f"return {slider}.closest('[data-lm-suppress-shortcuts]') !== null")


def test_a_cell_without_a_kernel_says_what_to_do(page: Browser, service: Service) -> None:
    page.run("const late = setTimeout; window.setTimeout = (act, ms) => late(act, ms / 10)")
    page.run(_CELL, module(), json.dumps(service.first()))
    status = "document.querySelector('#status').textContent"
    page.wait(f"{status}.startsWith('No answer from the kernel: it is busy with another cell,')")
    serve(page, service)
    assert page.run(f"return {status}") == ""
    page.run(
        "window.ended = true;"
        "const it = document.querySelector('.lrviz-explore input[type=range]');"
        "it.dispatchEvent(new Event('input', {bubbles: true}));"
    )
    page.wait(f"{status} === 'The kernel has ended; run the cell again.'")


def test_a_file_that_is_too_large_for_a_message_is_not_sent(
    page: Browser, service: Service
) -> None:
    page.run(_CELL, module(), json.dumps(service.first()))
    serve(page, service)
    page.run(
        "const box = document.querySelector('#load'), files = new DataTransfer();"
        "files.items.add(new File([new Uint8Array(8e6 + 1)], 'log.csv')); box.files = files.files;"
        "box.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    said = "document.querySelector('#load-problem').textContent"
    page.wait(f"{said} === 'More than 8 MB: name the file in lrviz.explore(...).'")


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LrvizError, match="nothing to explore: give a source"):
        lrviz.explore()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(LrvizError, match=r"needs the package anywidget: pip install"):
        widget_class.__wrapped__()


def test_the_widget_answers_its_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("anywidget") is None:
        with pytest.raises(LrvizError, match=r"needs the package anywidget"):
            lrviz.explore("cosine", steps=10)
        return
    mine = lrviz.simulate("linear", steps=10)
    cell = lrviz.explore("cosine", mine, steps=10)
    first = json.loads(cell.first)
    assert first["spec"].startswith("train: {steps: 10}")
    assert first["sources"] == ["trace linear"]
    assert repr(cell) == (
        "lrviz.explore: a notebook shows it where its kernel runs; run the cell again"
    )
    assert "application/vnd.jupyter.widget-view+json" in cell._repr_mimebundle_()[0]
    sent: list[Any] = []
    monkeypatch.setattr(cell, "send", lambda *each: sent.append(each))
    body = asked(first["spec"], sources=first["sources"])
    cell._handle_custom_msg({"id": "x", "where": "draw"}, [memoryview(body)])
    [(head, [answer])] = sent
    assert head == {"id": "x"}
    curves = drawn(answer)[1]
    assert np.array_equal(curves["linear", "lr", 0], mine.lr[:, 0])
    assert np.array_equal(curves["cosine", "lr", 0], lrviz.simulate("cosine", steps=10).lr[:, 0])
    monkeypatch.setattr(Service, "draw", lambda self, body: body.nothing)
    cell._handle_custom_msg({"id": "y", "where": "draw"}, [body])
    assert sent[1] == (
        {
            "id": "y",
            "error": "lrviz cannot answer this, which is a fault of its own: AttributeError: "
            "'bytes' object has no attribute 'nothing'",
        },
    )
