"""Random changes of the controls of `lrviz explore`: at the end, all drawn values are simulate's.

    python -m tests.attacks.sliders [CHANGES [SEED]]

Each round makes so many changes of random controls of one page, faster than they are answered, and
compares every value that Chromium has drawn with `lrviz.simulate` of the spec that the page shows.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser import chromium
from tests.explorer.pages import served
from tests.explorer.shown import drawn, open_page, same, shake, simulated

ROUND = 100
PAGES = (
    ["onecycle", "warmup-cosine", "multistep"],
    ["plateau", "cosine-plateau", "CyclicLR:base_lr=0.1lr,max_lr=1lr"],
    ["SequentialLR:milestones=[10%],schedulers=[{type: LinearLR}, cosine]", "wsd", "sgdr"],
    ["configs/beit-finetune.yaml", "configs/cifar10-resnet.yaml"],
)


def main(changes: int, seed: int) -> int:
    """Attack; return 1 where something drawn was another value."""
    wrong = made = compared = 0
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        while made < changes:
            sources = PAGES[made // ROUND % len(PAGES)]
            with served(sources, steps=1000) as server:
                open_page(browser, server.address)
                count = min(ROUND, changes - made)
                shake(browser, count, seed + made)
                made += count
                shown, wanted = drawn(browser), simulated(browser)
                compared += sum(each.size for each in shown.values())
                told = browser.errors()
                if not same(shown, wanted) or told:
                    wrong += 1
                    text = browser.run("return window.explorer.asking.state.spec")
                    which = f"seed {seed + made - count}: {set(shown) ^ set(wanted)} {told}"
                    print(f"{which}\n{text}")  # noqa: T201
    print(f"{made:,} changes, {compared:,} values, {wrong} pages wrong")  # noqa: T201
    return int(bool(wrong))


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    raise SystemExit(main(*(numbers + [2000, 0][len(numbers) :])))
