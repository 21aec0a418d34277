"""Write the pictures of `lrviz explore` that README.md shows, in .github.

python -m tests.explorer.picture
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from tests.browser import chromium
from tests.explorer.pages import served
from tests.explorer.shown import change, open_page, settle

FOLDER = Path(__file__).parents[2] / ".github"
SIZE = (1200, 760)


def main() -> None:
    """Write both."""
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        for scheme in ("light", "dark"):
            with served(["onecycle", "warmup-cosine"], steps=10_000) as server:
                open_page(browser, server.address, SIZE[0], scheme)
                browser.surroundings(*SIZE, scheme)
                change(browser, ["schedules", "onecycle", "scheduler", "pct_start"], 0.4, "r")
                browser.run(
                    "document.querySelectorAll('.train, .optimizer').forEach("
                    "(each) => (each.open = false)); document.activeElement.blur();"
                    "window.explorer.figure.select(6000);"
                )
                settle(browser)
                few = Image.fromarray(browser.pixels()).quantize(128, dither=Image.Dither.NONE)
                few.save(FOLDER / f"explore-{scheme}.png", optimize=True)


if __name__ == "__main__":
    main()
