"""Interactive pages of large trainings, and axe-core's rules of accessibility on all kinds.

    python -m tests.attacks.pages [PAGES [SEED]]

Five schedules of a million updates: the size of the page, the time that it takes to write, to open
in Chromium and to zoom, and whether the browser has every double. Then so many pages of random
schedules, each looked at whole and at two zooms: no name and no word may lie on a curve or on
another one, or be nearer to another curve than to its own; no other curve may be between them. Then
axe-core, which npm fetches, looks at pages, a gallery's index among them, in both themes and at two
widths.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import lrviz
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.views.html.data import FigureData, figure_data
from lrviz.views.html.page import PageOptions, page
from lrviz.views.plan.options import FigureOptions
from lrviz.views.text.table import table
from tests.attacks.legibility import drawings
from tests.browser import Browser, chromium
from tests.commands import lrviz as command
from tests.named import misplaced, placed

LARGE = ("cosine", "onecycle", "warmup-cosine", "exponential", "polynomial")
UPDATES = 1_000_000
MOST_BYTES, MOST_WRITING, MOST_READY, MOST_ZOOM = 6e6, 1.5, 1.0, 0.005  # seconds
ZOOMS = 40
SIZES = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))


WIDTHS = (390, 800, 1280)


def main(pages: int, seed: int) -> int:
    """Attack; return 1 where anything is wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with chromium(folder / "profile") as browser:
            faults = [
                *large(browser, folder),
                *misnamed(browser, folder, pages, seed),
                *unreachable(browser, folder),
            ]
    for each in faults:
        told(f"wrong: {each}")
    return int(bool(faults))


def large(browser: Browser, folder: Path) -> list[str]:
    """Return what is wrong with the page of five million updates."""
    traces = [lrviz.simulate(each, steps=UPDATES) for each in LARGE]
    started = time.process_time()  # on all cores
    data = figure_data(traces, FigureOptions())
    text = page(data, PageOptions(tables=[("Key steps", table(traces))])).encode()
    writing = time.process_time() - started
    path = folder / "large.html"
    path.write_bytes(text)
    browser.surroundings(1280, 900, "light")
    browser.open(path.as_uri())
    ready = browser.value("performance.getEntriesByName('ready')[0].startTime") / 1000
    zooms = []
    for log in ("false", "true"):
        browser.value(f"(figure.setLog({log}), figure.reset())")
        browser.settle()
        zooms.append(zoomed(browser))
    told(
        f"{len(text) / 1e6:.2f} MB, written in {writing:.2f} s of the processor, ready in "
        f"{ready:.2f} s, a zoom in {1e3 * zooms[0]:.1f} ms (log: {1e3 * zooms[1]:.1f} ms)"
    )
    measured = {
        "the page's size": (len(text), MOST_BYTES),
        "the time to write it": (writing, MOST_WRITING),
        "the time until it is ready": (ready, MOST_READY),
        "the time of a zoom": (max(zooms), MOST_ZOOM),
    }
    slow = [f"{what}: {found:g}" for what, (found, most) in measured.items() if found > most]
    return slow + lost(browser, data, traces)


def zoomed(browser: Browser) -> float:
    """Return the processor's seconds for a zoom, the mean of many, at first of nearly all."""
    browser.devtools("Performance.setTimeDomain", timeDomain="threadTicks")
    browser.devtools("Performance.enable")
    before = spent(browser)
    browser.value(
        f"(() => {{ for (let at = 0; at < {ZOOMS}; at++) {{"
        "figure.zoom(0.97, [0, 3e5, 7e5, 1e6][at % 4]); figure.drawNow(); } })()"
    )
    found = (spent(browser) - before) / ZOOMS
    browser.devtools("Performance.disable")
    return found


def spent(browser: Browser) -> float:
    """Return the processor's seconds that the page's main thread has taken so far."""
    metrics = browser.devtools("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "ThreadTime")


def misnamed(browser: Browser, folder: Path, pages: int, seed: int) -> list[str]:
    """Return what is wrong with where names and words stand on random pages."""
    rng = random.Random(seed)
    found, looks, words, wanted = [], 0, 0, 0
    for said, traces, options in drawings(pages, seed):
        path = folder / "named.html"
        try:
            data = figure_data(traces, replace(options, size=None, style=None, grid=False))
        except UsageError:  # too many values for a browser
            continue
        path.write_text(page(data), encoding="utf-8")
        browser.surroundings(rng.choice(WIDTHS), 900, rng.choice(("light", "dark")))
        browser.open(path.as_uri())
        for _ in range(3):
            found += [f"{said}: {each}" for each in misplaced(browser, traces)]
            scene = placed(browser)
            looks += 1
            words += sum(each["is_name"] for each in scene["texts"])
            wanted += sum(each["light"]["named"] for each in scene["curves"])
            zoom, about = rng.choice((0.5, 0.2, 0.03)), rng.random()
            browser.value(f"figure.zoom({zoom}, {about} * figure.end)")
    told(f"{looks} looks: {words} of {wanted} curves named at the curve, {len(found)} wrong")
    return found


def lost(browser: Browser, data: FigureData, traces: list[Trace]) -> list[str]:
    """Return the curves whose doubles the browser has not."""
    hashes = browser.value(
        "Promise.all(figure.data.arrays.map(async each => Array.from(new Uint8Array("
        "await crypto.subtle.digest('SHA-256', each))).map(e => e.toString(16).padStart(2, '0'))"
        ".join('')))"
    )
    found = []
    for column in data.meta["columns"]:
        values = traces[column["trace"]].curves[column["param"]][:, column["group"]]
        digest = hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
        if hashes[column["array"]] != digest:
            found.append(f"the values of {column}")
    return found


def unreachable(browser: Browser, folder: Path) -> list[str]:
    """Return what axe-core finds on pages of all kinds."""
    axe = axe_core(folder)
    up = folder / "up.yaml"
    up.write_text("train: {steps: 1000}\nscheduler: {type: CosineAnnealingLR, T_max: 500}\n")
    for args in (
        ("plot", "cosine", "onecycle", "--steps", "500", "--annotate", "-o", f"{folder}/two.html"),
        ("plot", str(up), "--check", "-o", f"{folder}/checked.html"),
        ("compare", "configs/bert-finetune.yaml", "noam", "-o", f"{folder}/compared.html"),
        ("gallery", "configs/plates", "--html", "-o", f"{folder}/gallery"),
    ):
        command(*args)
    found = []
    for path in (*sorted(folder.glob("*.html")), folder / "gallery/index.html"):
        for width, scheme in SIZES:
            browser.surroundings(width, 900, scheme)
            browser("url", {"url": path.as_uri()})
            browser.wait("[...document.querySelectorAll('#figure')].every(e => e.figure?.drawn)")
            for each in violations(browser, axe):
                nodes = "; ".join(str(node["target"]) for node in each["nodes"][:4])
                found.append(f"{path.name} {width} {scheme}: {each['id']}: {nodes}")
    told(f"axe-core: {len(found)} violations on {len(SIZES)} looks at each page")
    return found


def axe_core(folder: Path) -> str:
    """Return axe-core's script, which npm fetches into a folder."""
    subprocess.run(["npm", "pack", "axe-core@4"], cwd=folder, check=True, capture_output=True)
    [packed] = folder.glob("axe-core-*.tgz")
    subprocess.run(["tar", "xzf", packed.name], cwd=folder, check=True)
    return (folder / "package/axe.min.js").read_text(encoding="utf-8")


def violations(browser: Browser, axe: str) -> list[dict[str, Any]]:
    """Return what axe-core finds on the page that is open."""
    browser.run(axe + "; window.axe = axe;")
    found: list[dict[str, Any]] = browser.run("return (await axe.run()).violations")
    return found


def told(text: str) -> None:
    """Say something on stdout."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    raise SystemExit(main(*(numbers + [100, 0][len(numbers) :])))
