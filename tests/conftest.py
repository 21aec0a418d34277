"""The golden files: `python -m pytest --update-golden` writes them, git shows what changed.

Nothing is kept between the tests: each simulates what it looks at.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same cases in every run: what the random ones find is for the scripts beside the tests.
settings.register_profile("lrviz", derandomize=True, deadline=None)
settings.load_profile("lrviz")

os.environ["LRVIZ_CACHE_DIR"] = ""  # also for the processes that tests start
for name in ("COLUMNS", "LINES"):  # of the terminal's, and in workers of readline's
    os.environ.pop(name, None)

collect_ignore = ["data"]  # scripts among it are run, not imported

GOLDEN = Path(__file__).parent / "golden"

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Return a function that compares a text with tests/golden/<name>."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
