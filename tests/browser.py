"""A page in headless Chromium: what it shows, and what it does when somebody uses it."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.chromium import FLAGS, path_of_chromium

KEYS = {"Left": "\ue012", "Right": "\ue014", "PageUp": "\ue00e", "PageDown": "\ue00f"}
KEYS |= {"Home": "\ue011", "End": "\ue010", "Tab": "\ue004", "Escape": "\ue00c", "Space": " "}
KEYS |= {
    "Shift": "\ue008",
    "Enter": "\ue007",
    "Backspace": "\ue003",
    "Up": "\ue013",
    "Down": "\ue015",
}


class Browser:
    """A window of Chromium, driven by chromedriver as the W3C's WebDriver says."""

    def __init__(self, address: str, path: str, profile: Path) -> None:
        flags = [*FLAGS, f"--user-data-dir={profile}"]
        chrome = {"args": flags, "binary": path}
        options = {"goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}
        made = _send(f"{address}/session", {"capabilities": {"alwaysMatch": options}})
        self._session = f"{address}/session/{made['sessionId']}"

    def close(self) -> None:
        """End it."""
        request = urllib.request.Request(self._session, method="DELETE")
        urllib.request.urlopen(request, timeout=60).close()

    def __call__(self, command: str, body: dict[str, Any]) -> Any:
        """Send a command of WebDriver's, and return its value."""
        return _send(f"{self._session}/{command}", body)

    def open(self, address: str) -> None:
        """Open an address, and wait until the figure is drawn."""
        self("url", {"url": address})
        self.wait("document.querySelector('.lrviz').figure?.drawn > 0")

    def run(self, script: str, *args: Any) -> Any:
        """Return what a script returns; a promise is waited for."""
        body = f"return (async () => {{{script}}}).apply(null, arguments)"
        return self("execute/sync", {"script": body, "args": list(args)})

    def value(self, expression: str, *args: Any) -> Any:
        """Return what an expression comes to; `figure` is the figure of the page."""
        figure = "const figure = document.querySelector('.lrviz')?.figure;"
        return self.run(f"{figure} return {expression}", *args)

    def wait(self, expression: str, seconds: float = 10) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({expression})"):
            assert time.monotonic() < end, f"never true: {expression}\n{self.errors()}"
            time.sleep(0.01)

    def devtools(self, command: str, **params: Any) -> Any:
        """Send a command of Chromium's own protocol."""
        return self("goog/cdp/execute", {"cmd": command, "params": params})

    def surroundings(self, width: int, height: int, scheme: str, scale: float = 1) -> None:
        """Set the window's size in CSS pixels, `light` or `dark`, and pixels per CSS pixel."""
        sizes = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", **sizes)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", features=features)
        self.settle()

    def settle(self) -> None:
        """Wait until what is asked for is drawn."""
        frame = "new Promise(done => requestAnimationFrame(done))"
        self.run(f"await {frame}; await {frame}; await {frame};")

    def pixels(self) -> NDArray[np.uint8]:
        """Return what the window shows, shape (height, width, 3)."""
        request = urllib.request.Request(f"{self._session}/screenshot")
        with urllib.request.urlopen(request, timeout=60) as answer:
            data = base64.b64decode(json.load(answer)["value"])
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB"))

    def press(self, *keys: str) -> None:
        """Press keys one after the other; `Shift+Right` holds the first."""
        actions: list[dict[str, str]] = []
        for key in keys:
            *held, last = key.split("+") if len(key) > 1 else [key]
            codes = [KEYS.get(each, each) for each in (*held, last)]
            actions += [{"type": "keyDown", "value": each} for each in codes]
            actions += [{"type": "keyUp", "value": each} for each in reversed(codes)]
        self._act({"type": "key", "id": "keys", "actions": actions})

    def pointer(self, *steps: tuple[str, float, float], kind: str = "mouse") -> None:
        """Do `move`, `down` and `up` at places of the window, one after the other."""
        self._act(_pointer("pointer", kind, steps))

    def fingers(self, *ways: Sequence[tuple[str, float, float]]) -> None:
        """Do steps with several fingers at once."""
        self._act(*(_pointer(f"f{at}", "touch", way) for at, way in enumerate(ways)))

    def wheel(self, x: float, y: float, by: int) -> None:
        """Turn the wheel over a place; below 0 is away from the user."""
        scroll = {"type": "scroll", "x": int(x), "y": int(y), "deltaX": 0, "deltaY": by}
        self._act({"type": "wheel", "id": "wheel", "actions": [scroll]})

    def choose(self, selector: str, *paths: Path) -> None:
        """Choose files, or a folder, in an input for such."""
        found = self("element", {"using": "css selector", "value": selector})
        [element] = found.values()
        self(f"element/{element}/value", {"text": "\n".join(map(str, paths))})

    def errors(self) -> list[str]:
        """Return what the page has told the console since the last call."""
        return [each["message"] for each in self("se/log", {"type": "browser"})]

    def _act(self, *sources: dict[str, Any]) -> None:
        self("actions", {"actions": list(sources)})
        self.settle()


def _pointer(name: str, kind: str, steps: Sequence[tuple[str, float, float]]) -> dict[str, Any]:
    actions: list[dict[str, Any]] = []
    for what, x, y in steps:
        move = {"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)}
        press = {"type": f"pointer{what.capitalize()}", "button": 0}
        actions += [move, press] if what != "move" else [move]
    return {"type": "pointer", "id": name, "parameters": {"pointerType": kind}, "actions": actions}


def _send(address: str, body: dict[str, Any] | None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        told = json.load(error)["value"]
        raise AssertionError(f"{told['error']}: {told['message']}") from None


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Give a browser; skip where Chromium or its driver is missing.

    Args:
        folder: Empty, for the profile.
    """
    path = path_of_chromium()
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("chromedriver is not installed (on Debian: apt-get install chromium-driver)")
    process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = next(
            line.rstrip(".\n").rpartition(" ")[2]
            for line in process.stdout
            if "started successfully on port" in line
        )
        browser = Browser(f"http://127.0.0.1:{port}", path, folder)
        try:
            yield browser
        finally:
            browser.close()
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
