"""How long `lrviz explore` takes from a moved slider to the drawn curve, in headless Chromium.

    python -m tests.benchmarks.explorer [UPDATES ...]

Prints the median and the slowest of a hundred moves, one after the other, of a page with two
curves; and of as many in one go, how many of them were drawn.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from tests.browser import Browser, chromium
from tests.explorer.pages import served
from tests.explorer.shown import control, open_page, settle

MOVES = 100
SLIDERS = (["onecycle", "scheduler", "pct_start"], ["cosine", "scheduler", "eta_min"])

_MOVE = """
const [selector, share] = arguments;
const slider = document.querySelector(selector);
const figure = window.explorer.figure, before = figure.drawnData;
const drawn = new Promise((done) => {
  const look = () => {
    if (figure.drawnData === before) return;
    figure.root.removeEventListener("lrviz:drawn", look);
    done(performance.now());
  };
  figure.root.addEventListener("lrviz:drawn", look);
});
slider.value = Number(slider.min) + share * (Number(slider.max) - Number(slider.min));
const since = performance.now();
slider.dispatchEvent(new Event("input", {bubbles: true}));
return (await drawn) - since;
"""

_DRAG = """
const [selector, moves] = arguments;
const slider = document.querySelector(selector);
const figure = window.explorer.figure, before = figure.drawn;
for (let at = 0; at < moves; at++) {
  slider.value = Number(slider.min) + at / moves * (Number(slider.max) - Number(slider.min));
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((done) => requestAnimationFrame(done));
}
return figure.drawn - before;
"""


def moves(browser: Browser) -> list[float]:
    """Return the milliseconds that each move took."""
    taken = []
    for number in range(MOVES):
        path = ["schedules", *SLIDERS[number % 2]]
        share = 0.05 + 0.9 * number / MOVES
        taken.append(float(browser.run(_MOVE, control(path, "r"), share)))
        if number % 10 == 9:
            settle(browser, 60)
    return taken


def main(updates: list[int]) -> None:
    """Measure, and print what was measured."""
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        for number in updates:
            with served(["onecycle", "cosine"], steps=number) as server:
                open_page(browser, server.address)
                moves(browser)  # once before, so that all is warm
                taken = moves(browser)
                path = ["schedules", *SLIDERS[0]]
                drawn = browser.run(_DRAG, control(path, "r"), MOVES)
                settle(browser, 60)
            print(
                f"{number:>9,} updates: median {statistics.median(taken):.0f} ms, "
                f"slowest {max(taken):.0f} ms; {drawn} of {MOVES} moves of a drag drawn"
            )


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1_000, 10_000, 100_000])
