"""A plugin of pytest for a Python that torch is not installed in: what needs it is left out.

    python -m pytest -p tests.attacks.without_torch

Instead of torch there is a folder (`stand_in` makes it) with the text of its optimizers and
schedulers, which lrviz reads without importing it. Who imports it skips the test, or the module,
that runs; where that is a process of its own, it is noted, and the test is skipped afterwards.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import pytest

REASON = "needs torch"
ASKED = "asked.txt"  # beside the stand-in: the tests that imported it
INIT = f'''\
"""Not torch: see tests/attacks/without_torch.py."""

import os
from pathlib import Path

import pytest

with (Path(__file__).parents[1] / "{ASKED}").open("a", encoding="utf-8") as file:
    file.write(os.environ.get("PYTEST_CURRENT_TEST", "") + "\\n")
pytest.skip("{REASON}", allow_module_level=True)
'''


def origin() -> Path:
    """Return the folder of what is installed as torch."""
    found = find_spec("torch")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def stand_in(site: Path, version: str) -> None:
    """Install the text of the running Python's torch into another's site-packages."""
    (site / "torch" / "optim").mkdir(parents=True)
    (site / "torch" / "__init__.py").write_text(INIT, encoding="utf-8")
    for path in (origin() / "optim").glob("*.py"):
        shutil.copy(path, site / "torch" / "optim")
    metadata = site / f"torch-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")


class WithoutTorch:
    """Skips the tests whose processes asked for torch; counts what was left out."""

    def __init__(self) -> None:
        self.asked = origin() / ASKED
        self.asked.unlink(missing_ok=True)
        self.tests: set[str] = set()
        self.modules: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        asked = self.asked.read_text(encoding="utf-8") if self.asked.exists() else ""
        lines = asked.splitlines()
        if any(line.startswith(f"{item.nodeid} (") for line in lines):
            self.tests.add(item.nodeid)
        elif report.failed and call.when == "setup":  # a fixture that failed for a test before
            module = item.nodeid.partition("::")[0]
            if any(line.startswith(f"{module}::") and "(setup)" in line for line in lines):
                self.tests.add(item.nodeid)
        if item.nodeid in self.tests and (call.when == "call" or report.failed):
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 1, f"Skipped: {REASON}")
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped and REASON in str(report.longrepr):
            self.modules.add(report.nodeid)
            # pytest keeps the half that was imported, and who imports it next would get that.
            sys.modules.pop(report.nodeid.removesuffix(".py").replace("/", "."), None)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(
            f"{len(self.modules)} modules and {len(self.tests)} tests left out: {REASON}"
        )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(WithoutTorch())
