"""An explorer's page in Chromium: what a test sees of it and does with it."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

import lrviz
from lrviz.errors import LrvizError
from tests.browser import Browser

Curves = dict[tuple[str, str, int], NDArray[np.float64]]

_DRAWN = """
const {meta, arrays} = (() => {
  const data = window.explorer.figure.drawnData;
  return {meta: data, arrays: data.arrays};
})();
const text = (array) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let found = "";
  for (let at = 0; at < bytes.length; at += 8192)
    found += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(found);
};
return meta.columns.map(({trace, param, group, array}) =>
  [meta.traces[trace].label, param, group, text(arrays[array])]);
"""

# Makes a random change of a random control, as a hand or a keyboard does.
CHANGE = """
const [at, share] = arguments;
const all = [...document.querySelectorAll("#sections input, #sections select")];
const it = all[Math.floor(at * all.length)];
const is = (event) => it.dispatchEvent(new Event(event, {bubbles: true}));
if (it.type === "range") {
  it.value = Number(it.min) + share * (Number(it.max) - Number(it.min));
  is("input");
  if (share > 0.5) is("change");
} else if (it.type === "checkbox") {
  it.click();
} else if (it.tagName === "SELECT") {
  it.selectedIndex = Math.floor(share * it.options.length);
  is("change");
} else {
  const texts = ["0", "1", "0.5", "-1", "30%", "5ep", "rest", "1e-3", "0.1lr", "many", "[1", "null",
    "true", "[10%, 20%]", "500ba", "1.0"];
  it.value = texts[Math.floor(share * texts.length)];
  is("change");
}
return `${it.dataset.key} ${it.value}`;
"""


def settle(browser: Browser, seconds: float = 20) -> None:
    """Wait until the page has shown all that it was asked for."""
    browser.wait(
        "window.explorer && !window.explorer.asking.running && !window.explorer.asking.again "
        "&& window.explorer.settled > 0",
        seconds,
    )
    browser.settle()


def open_page(browser: Browser, address: str, width: int = 1280, scheme: str = "light") -> None:
    """Open a page, and wait until all of it is there."""
    browser("url", {"url": "about:blank"})  # else an address that differs behind # loads nothing
    browser.surroundings(width, 900, scheme)
    browser("url", {"url": address})
    settle(browser)


def drawn(browser: Browser) -> Curves:
    """Return the curves that are drawn, by label, quantity and group: every value."""
    if browser.run("return window.explorer.empty"):
        return {}
    return {
        (label, param, group): np.frombuffer(base64.b64decode(text), "<f8")
        for label, param, group, text in browser.run(_DRAWN)
    }


def spec(browser: Browser) -> dict[str, Any]:
    """Return the spec that the page shows."""
    found: dict[str, Any] = yaml.safe_load(
        browser.value("document.querySelector('#spec').innerText")
    )
    return found


def simulated(browser: Browser) -> Curves:
    """Return what `lrviz.simulate` gives for the spec that the page shows, of each of its curves.

    Curves that are refused are left out.
    """
    text = browser.run("return window.explorer.asking.state.spec")
    found: Curves = {}
    from lrviz.explorer.document import read  # YAML 1.2, as lrviz reads it

    document = read(text)
    for label in document["schedules"]:
        alone = document.without()
        alone["schedules"] = document["schedules"].only(label)
        try:
            trace = lrviz.simulate(alone, force=True)
        except LrvizError:
            continue
        for param, values in trace.curves.items():
            for group in range(values.shape[1]):
                found[label, param, group] = values[:, group]
    return found


def same(one: Curves, other: Curves) -> bool:
    """Tell whether curves have the same names and values."""
    return set(one) == set(other) and all(
        np.array_equal(one[key], other[key], equal_nan=True) for key in one
    )


def control(path: list[Any], part: str = "") -> str:
    """Return a selector of a control by the path of its value; `r` is its slider."""
    key = json.dumps(path, separators=(",", ":")) + part
    return f"[data-key={json.dumps(key)}]"


def change(browser: Browser, path: list[Any], value: object, part: str = "") -> None:
    """Give a control another value, and wait for the answer."""
    script = (
        "const it = document.querySelector(arguments[0]); it.value = arguments[1];"
        "it.dispatchEvent(new Event('input', {bubbles: true}));"
        "it.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    browser.run(script, control(path, part), value)
    settle(browser)


def shake(browser: Browser, changes: int, seed: int, limit: int = 20_000) -> None:
    """Make random changes, without a wait between them, and wait for the last answer.

    Args:
        browser: With a page.
        changes: How many.
        seed: Of the random numbers.
        limit: Updates beyond which the page begins anew, as it does where no curve is left.
    """
    chosen = random.Random(seed)
    start = browser.run("return structuredClone(window.explorer.asking.state)")
    for number in range(changes):
        browser.run(CHANGE, chosen.random(), chosen.random())
        if number % 20 == 19:
            settle(browser, 60)
            lost = browser.run(
                "return window.explorer.empty || window.explorer.figure.drawnData.traces"
                ".some((each) => each.updates > arguments[0])",
                limit,
            )
            if lost:
                browser.run("window.explorer.asking.set(arguments[0])", start)
    settle(browser, 60)
