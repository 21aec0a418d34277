"""Scripts that are run in a fork of the tests' own process, where torch is imported already."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import pytest

from lrviz.live import scripts


class Forked:
    """Stands in for the process of a script, as `lrviz.sources.runs` starts it."""

    def __init__(
        self, command: list[str], *, stdin: int, start_new_session: bool, env: dict[str, str]
    ) -> None:
        assert command[:3] == [sys.executable, "-m", "lrviz.live.scripts"]
        assert (stdin, start_new_session) == (subprocess.DEVNULL, True)
        self.returncode: int | None = None
        with warnings.catch_warnings(action="ignore"):  # Python 3.12 warns where there are threads
            self.pid = os.fork()
        if not self.pid:
            try:
                os.setsid()
                os.environ.update(env)
                warnings.resetwarnings()
                scripts.main(*command[3:])
                os._exit(0)
            finally:
                os._exit(1)

    def poll(self) -> int | None:
        """Return how it ended; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self) -> None:
        """Wait for its end."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def fork_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `run:SCRIPT` fork for the rest of a test; a second instead of three for each script."""
    monkeypatch.setattr(subprocess, "Popen", Forked)
