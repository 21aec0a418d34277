"""Random changes of the controls of `lrviz explore`: at the end, all drawn values are simulate's.

    python -m tests.attacks.sliders [CHANGES [SEED]]

Each round makes so many changes of random controls of one page, faster than they are answered, and
compares every value that Chromium has drawn with `lrviz.simulate` of the spec that the page shows.
Then axe-core, which npm fetches, looks at a page with all that one may have, in both themes and at
two widths.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.attacks.pages import SIZES, axe_core, told, violations
from tests.browser import Browser, chromium
from tests.explorer.pages import served
from tests.explorer.shown import change, drawn, open_page, same, shake, simulated

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
    with tempfile.TemporaryDirectory() as name, chromium(Path(name) / "profile") as browser:
        while made < changes:
            sources = PAGES[made // ROUND % len(PAGES)]
            with served(sources, steps=1000) as server:
                open_page(browser, server.address)
                count = min(ROUND, changes - made)
                shake(browser, count, seed + made)
                made += count
                shown, wanted = drawn(browser), simulated(browser)
                compared += sum(each.size for each in shown.values())
                errors = browser.errors()
                if not same(shown, wanted) or errors:
                    wrong += 1
                    text = browser.run("return window.explorer.asking.state.spec")
                    told(f"seed {seed + made - count}: {set(shown) ^ set(wanted)} {errors}\n{text}")
        told(f"{made:,} changes, {compared:,} values, {wrong} pages wrong")
        found = unreachable(browser, Path(name))
    told("\n".join([f"axe-core: {len(found)} violations", *found]))
    return int(bool(wrong or found))


def unreachable(browser: Browser, folder: Path) -> list[str]:
    """Return what axe-core finds on a page with all that one may have, errors and findings too."""
    axe = axe_core(folder)
    log = folder / "log.csv"
    log.write_text("step,lr\n0,0.1\n500,0.05\n", encoding="utf-8")
    config = folder / "train.yaml"
    config.write_text("model_name_or_path: a\nlr_scheduler_type: constant\n", encoding="utf-8")
    sources = [*PAGES[1], *PAGES[2], str(log), "StepLR:step_size=5,gamma=0.1"]
    found = []
    with served(sources, steps=200_000) as server:
        for width, scheme in SIZES:
            open_page(browser, server.address, width, scheme)
            browser.run("document.querySelector('.optimizer > .body > button').click()")
            browser.choose("#load", config)  # which needs a fact
            browser.wait("document.querySelector('.config .problem:not([hidden])')", 60)
            change(browser, ["schedules", "CyclicLR", "scheduler", "gamma"], "many")
            browser.run(
                "document.querySelectorAll('details').forEach((each) => (each.open = true))"
            )
            for each in violations(browser, axe):
                nodes = "; ".join(str(node["html"])[:80] for node in each["nodes"][:4])
                found.append(f"{width} {scheme}: {each['id']}: {nodes}")
    return found


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]]
    raise SystemExit(main(*(numbers + [2000, 0][len(numbers) :])))
