"""The page in Chromium: dragging a control draws what the real schedulers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrviz
from lrviz.explorer.server import Explorer
from tests.browser import Browser
from tests.explorer.pages import served
from tests.explorer.shown import (
    change,
    control,
    drawn,
    open_page,
    same,
    settle,
    shake,
    simulated,
    spec,
)

HOSTILE = '</script><img src=x onerror="window.stolen=1">/*code*/\'${1}'


@pytest.fixture(scope="module")
def server() -> Iterator[Explorer]:
    with served(["onecycle", f"{HOSTILE}=cosine"], steps=1000) as found:
        yield found


@pytest.fixture
def page(browser: Browser, server: Explorer) -> Iterator[Browser]:
    open_page(browser, server.address)
    yield browser
    assert browser.errors() == []
    assert browser.run("return window.stolen ?? null") is None
    assert browser.run("return document.querySelector('img')") is None


PCT_START = ["schedules", "onecycle", "scheduler", "pct_start"]


def test_a_drag_draws_what_the_real_scheduler_does(page: Browser) -> None:
    change(page, PCT_START, 0.55, "r")
    trace = lrviz.simulate("onecycle:pct_start=0.55", steps=1000)
    found = drawn(page)
    assert np.array_equal(found["onecycle", "lr", 0], trace.lr[:, 0])
    assert np.array_equal(found["onecycle", "momentum", 0], trace.curves["momentum"][:, 0])
    assert spec(page)["schedules"]["onecycle"]["scheduler"] == {
        "type": "onecycle",
        "pct_start": 0.55,
    }
    assert "onecycle:pct_start=0.55" in page.value("document.querySelector('#command').innerText")
    code = page.value("document.querySelector('#code').innerText")
    assert "pct_start=0.55" in code
    assert "549" in page.value("document.querySelector('#table').innerText")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_curve_is_seen_and_nothing_is_cut(
    browser: Browser, server: Explorer, width: int, scheme: str
) -> None:
    open_page(browser, server.address, width, scheme)
    colour = browser.value(f"figure.data.views[0].panels[0].lines[0].{scheme}.colour")
    rgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    box = browser.run(
        "const box = document.querySelector('.lrviz-plot').getBoundingClientRect();"
        "return [box.top, box.bottom, box.left, box.right].map(Math.round)"
    )
    pixels = browser.pixels()[box[0] : box[1], box[2] : box[3]].astype(int)
    near = np.abs(pixels - rgb).sum(axis=2) < 60
    columns = np.flatnonzero(near.any(axis=0))
    assert len(columns) > 0.7 * (box[3] - box[2])  # all along, and not the legend's sample
    assert np.ptp(np.flatnonzero(near.any(axis=1))) > 0.3 * (box[1] - box[0])
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    cut = browser.run(
        "const every = 'button, input, select';"
        "return [...document.querySelector('#controls').querySelectorAll(every)]"
        ".filter((each) => each.offsetParent && each.getBoundingClientRect().right > innerWidth)"
        ".map((each) => each.dataset.key ?? each.id)"
    )
    assert cut == []


def test_an_error_stands_at_its_control_and_goes_with_its_cause(page: Browser) -> None:
    change(page, PCT_START, "1.5")
    where = control(PCT_START)
    row = f"document.querySelector({where!r}).closest('.row').querySelector('.problem')"
    assert "Expected float between 0 and 1 pct_start" in page.value(f"{row}.innerText")
    assert page.value(f"document.querySelector({where!r}).getAttribute('aria-invalid')") == "true"
    described = page.value(f"document.querySelector({where!r}).getAttribute('aria-describedby')")
    assert page.value(f"{row}.id") in described.split()
    assert {label for label, _, _ in drawn(page)} == {HOSTILE}
    change(page, PCT_START, "0.5")
    assert page.value(f"{row}.hidden")
    assert {label for label, _, _ in drawn(page)} == {HOSTILE, "onecycle"}


def test_the_address_gives_the_same_page_again(page: Browser, server: Explorer) -> None:
    change(page, PCT_START, 0.7, "r")
    page.run(
        "window.explorer.figure.setLog(true); window.explorer.figure.toggle(arguments[0], false)",
        HOSTILE,
    )
    page.wait("location.hash.length > 1")
    page.run("await new Promise((done) => setTimeout(done, 300))")
    address = page.run("return location.href")
    before = (drawn(page), spec(page))
    open_page(page, address)
    assert same(drawn(page), before[0])
    assert spec(page) == before[1]
    assert page.value("figure.state.log")
    assert page.value("[...figure.off]") == [HOSTILE]
    # What stands behind the # and is none of ours is no state.
    open_page(page, f"{server.address}#nonsense")
    assert spec(page)["schedules"]["onecycle"]["scheduler"] == {"type": "onecycle"}


def test_back_undoes_a_change(page: Browser) -> None:
    page.wait("location.hash.length > 1")
    change(page, PCT_START, 0.7, "r")
    page.run("window.before = location.hash")
    page.wait("location.hash !== window.before")
    page.run("history.back()")
    page.wait("!document.querySelector('#spec').innerText.includes('pct_start')")
    settle(page)
    assert spec(page)["schedules"]["onecycle"]["scheduler"] == {"type": "onecycle"}


def test_the_keyboard_alone_does_everything(page: Browser) -> None:
    def tab_to(selector: str) -> None:
        page.run("window.goal = arguments[0]", selector)
        for _ in range(6):  # many at once, of which those behind the goal do nothing
            page.press(*["Tab"] * 20)
            if page.run("return document.activeElement.matches(window.goal)"):
                return
        raise AssertionError(f"no Tab leads to {selector}")

    page.run(
        "document.addEventListener('keydown', (event) => {"
        "if (event.key === 'Tab' && document.activeElement.matches(window.goal))"
        "event.preventDefault(); });"
    )
    tab_to("#add")
    page.press("End")
    tab_to("#adding button")
    page.press("Enter")
    settle(page)
    added = list(spec(page)["schedules"])[-1]
    assert added not in ("onecycle", HOSTILE)
    tab_to(control(PCT_START, "r"))
    before = drawn(page)["onecycle", "lr", 0]
    page.press("Right", "Right")
    settle(page)
    assert not np.array_equal(drawn(page)["onecycle", "lr", 0], before)
    assert page.run("return document.activeElement.matches(arguments[0])", control(PCT_START, "r"))
    tab_to(control(["schedules", "onecycle", "scheduler", "three_phase"]))
    page.press("Space")
    settle(page)
    assert spec(page)["schedules"]["onecycle"]["scheduler"]["three_phase"] is True
    tab_to(f"[aria-label={f'Remove {added}'!r}]")
    page.press("Enter")
    settle(page)
    assert list(spec(page)["schedules"]) == ["onecycle", HOSTILE]


def test_schedulers_are_put_into_a_composite_one_and_taken_out(page: Browser) -> None:
    path = ["schedules", "onecycle", "scheduler"]
    choose = control(["schedules", "onecycle"]).replace('"[', '"t[')
    page.run(
        "const it = document.querySelector(arguments[0]); it.value = 'SequentialLR';"
        "it.dispatchEvent(new Event('change', {bubbles: true}));",
        choose,
    )
    settle(page)
    before = spec(page)["schedules"]["onecycle"]["scheduler"]
    assert len(before["schedulers"]) == len(before["milestones"]) + 1
    members = control([*path, "schedulers"]).replace('"[', '"m[')
    page.run("document.querySelector(arguments[0]).click()", members)
    settle(page)
    after = spec(page)["schedules"]["onecycle"]["scheduler"]
    assert after["schedulers"] == [*before["schedulers"], {"type": "cosine"}]
    assert after["milestones"] == [*before["milestones"], "90%"]
    assert ("onecycle", "lr", 0) in drawn(page)
    remove = control([*path, "schedulers", 0]).replace('"[', '"r[')
    page.run("document.querySelector(arguments[0]).click()", remove)
    settle(page)
    left = spec(page)["schedules"]["onecycle"]["scheduler"]
    assert left["schedulers"] == after["schedulers"][1:]
    assert left["milestones"] == ["90%"]


def test_files_are_loaded_and_the_spec_is_saved(page: Browser, tmp_path: Path) -> None:
    choose = (
        "const box = document.querySelector('#load'), files = new DataTransfer();"
        "files.items.add(new File([arguments[1]], arguments[0])); box.files = files.files;"
        "box.dispatchEvent(new Event('change', {bubbles: true}));"
        "await new Promise((done) => setTimeout(done, 300));"
    )
    page.run(choose, "mine.yaml", "train: {steps: 500}\nscheduler: linear\n")
    settle(page)
    page.run(choose, "log.csv", "step,lr\n" + "".join(f"{n},0.1\n" for n in range(0, 500, 50)))
    settle(page)
    found = drawn(page)
    assert len(found["mine", "lr", 0]) == 500
    assert found["log", "lr", 0].tolist() == [0.1] * 10
    page.run(choose, "nothing.txt", "nothing")
    assert "nothing.txt" in page.value("document.querySelector('#load-problem').innerText")
    assert ["422" in each for each in page.errors()] == [True]
    page.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.run("document.querySelector('#save').click()")
    saved = tmp_path / "explored.yaml"
    for _ in range(100):
        page.run("await new Promise((done) => setTimeout(done, 20))")
        if saved.exists():
            break
    text = saved.read_text(encoding="utf-8")
    assert text == page.run("return window.explorer.asking.state.spec")
    labels = [each.label for each in lrviz.load(str(saved))]
    assert labels == ["onecycle", HOSTILE, "mine"]


def test_a_folder_and_several_files_are_loaded(page: Browser, tmp_path: Path) -> None:
    log = "epoch,step,lr-SGD\n" + "".join(f"0,{n},0.1\n" for n in range(0, 1000, 100))
    (tmp_path / "run/version_0/checkpoints").mkdir(parents=True)
    (tmp_path / "run/version_0/metrics.csv").write_text(log)
    (tmp_path / "run/version_0/checkpoints/last.ckpt").write_bytes(b"0" * 33_000_000)  # not sent
    (tmp_path / "one.yaml").write_text("train: {steps: 9}\nscheduler: linear\n")
    (tmp_path / "none.txt").write_text("nothing")
    page.choose("#load-folder", tmp_path / "run")
    page.wait("document.querySelector('#status').textContent === 'Loaded run.'")
    settle(page)
    assert drawn(page)["run", "lr", 0].tolist() == [0.1] * 10
    page.choose("#load", tmp_path / "one.yaml", tmp_path / "none.txt")
    said = "Loaded one.yaml. one: SGD, lr 0.1, momentum 0.9"
    page.wait(f"document.querySelector('#status').textContent === '{said}'")
    settle(page)
    assert len(drawn(page)["one", "lr", 0]) == 9
    said = page.value("document.querySelector('#load-problem').textContent")
    assert said == "none.txt: neither a spec, nor a config or a log that is known"
    page.choose("#load-folder", tmp_path / "run/version_0/checkpoints")
    page.wait(
        "document.querySelector('#load-problem').textContent.startsWith('checkpoints: no log')"
    )
    (tmp_path / "large.csv").write_bytes(b"0" * 32_000_001)
    page.choose("#load", tmp_path / "large.csv")
    page.wait("document.querySelector('#load-problem').textContent.startsWith('More than 32 MB')")
    assert ["422" in each for each in page.errors()] == [True]


def test_texts_are_copied(page: Browser) -> None:
    page.devtools("Browser.grantPermissions", permissions=["clipboardReadWrite"])
    page.devtools("Emulation.setFocusEmulationEnabled", enabled=True)
    copied: dict[str, Any] = {}
    for button in ("[data-copies=command]", "[data-copies=spec]", "#code .copy", "#copy-address"):
        page.run("document.querySelector(arguments[0]).click()", button)
        page.run("await new Promise((done) => setTimeout(done, 150))")
        copied[button] = page.run("return await navigator.clipboard.readText()")
    assert copied["[data-copies=command]"].startswith("lrviz compare onecycle ")
    assert copied["[data-copies=spec]"].startswith("train: {steps: 1000}\n")
    assert copied["#code .copy"].startswith("import torch\n")
    assert copied["#copy-address"].startswith("http://127.0.0.1:")


def test_random_changes_end_with_what_simulate_gives(page: Browser) -> None:
    shake(page, 60, seed=1)
    assert same(drawn(page), simulated(page))
