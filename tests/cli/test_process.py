"""The command line as a process: entry point, pipes, signals, terminals, start-up."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LRVIZ = (sys.executable, "-m", "lrviz")
LONG = ("--steps", "50000000", "--lr", "0.1", "--optimizer", "SGD")


def environment(**more: str) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**plain, "PYTHONPATH": str(ROOT), "TERM": "xterm", **more}


def ran(folder: Path, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LRVIZ, *args],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
    )


def test_the_module_runs_and_keeps_the_streams_apart(tmp_path: Path) -> None:
    done = ran(tmp_path, "compare", "cosine", "onecycle", "--steps", "100")
    assert done.returncode == 0
    assert done.stderr == (
        "cosine, onecycle: SGD, lr 0.1, momentum 0.9 (say otherwise with --optimizer, --lr)\n"
        "wrote cosine-vs-onecycle.png\n"
    )
    assert done.stdout.splitlines()[0].split() == [
        "step",
        "what",
        "cosine",
        "onecycle",
        "onecycle:",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["cosine-vs-onecycle.png"]


def test_only_warnings_for_users_are_shown(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import warnings\n"
        "class Old(DeprecationWarning, UserWarning): pass  # as pyparsing's are\n"
        "warnings.warn('for programmers', Old)\n"
        "warnings.warn('for users')\n"
        "def half(step): return 0.5 if Old else 1  # which is not read alone: it needs a class\n"
    )
    done = ran(tmp_path, "table", "mine.py:half", "--steps", "3")
    assert (done.returncode, done.stderr) == (0, "warning: for users\n")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("table", "cosine", "--steps", "10", "-q"), 0),
        (("table", "OneCycleLR:max_lr=1,total_steps=5", "--steps", "10", "-q"), 1),
        (("table", "no-such-thing"), 2),
    ],
)
def test_the_exit_codes(tmp_path: Path, args: tuple[str, ...], code: int) -> None:
    done = ran(tmp_path, *args)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_table_imports_neither_matplotlib_nor_dynamo() -> None:
    code = (
        "import sys\n"
        "from lrviz.__main__ import main\n"
        "sys.argv = ['lrviz', 'table', 'cosine', 'onecycle', '--steps', '100', '-q']\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "import gc; assert gc.isenabled() and gc.get_freeze_count() > 10_000\n"
        "sys.exit(str({'matplotlib', 'torch._dynamo', 'rich'} & set(sys.modules) or 0))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment()
    )
    assert found.stderr == "0\n"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from lrviz.__main__ import main\n"
        "sys.argv = ['lrviz', '--help']\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'torch', 'matplotlib', 'numpy', 'pydantic', 'yaml'} & set(sys.modules)\n"
        "sys.exit(str(heavy or 0))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment()
    )
    assert found.stderr == "0\n"


@pytest.mark.parametrize("args", [("table", "cosine", "--at", "all", "--format", "csv"), ("list",)])
def test_a_closed_pipe_ends_quietly(tmp_path: Path, args: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*LRVIZ, *args],
            stdout=writing,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment(),
        )
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"Broken" not in done.stderr


def on_terminal(
    folder: Path, *args: str, until: bytes = b"", then: int = 0, **more: str
) -> tuple[int, str]:
    """Run on a terminal of its own; send the signal `then` when `until` was seen."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*LRVIZ, *args],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=folder,
        env=environment(**more),
        start_new_session=True,
    )
    os.close(slave)
    seen = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not chunk:
            break
        seen += chunk
        if then and until in seen:
            process.send_signal(then)
            then = 0
    code = process.wait(timeout=60)
    os.close(master)
    return code, seen.decode()


def test_ctrl_c_is_130_without_a_traceback_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "out.png").write_bytes(b"old")
    code, seen = on_terminal(
        tmp_path, "plot", "cosine", *LONG, "-o", "out.png", until=b"simulating", then=signal.SIGINT
    )
    assert code == 130
    assert "simulating" in seen  # the bar is drawn on a terminal when it takes long
    assert "Traceback" not in seen
    assert "wrote" not in seen
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]
    assert (tmp_path / "out.png").read_bytes() == b"old"


def test_ctrl_c_while_it_starts_is_130(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*LRVIZ, "table", "cosine", *LONG],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(),
    )
    time.sleep(0.6)  # in the midst of importing torch, or near it
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    # Where the machine is slow Python itself has not come to `main` yet, and ends by the signal.
    begun = process.returncode != -signal.SIGINT or b"in main" in errors
    assert (process.returncode == 130 and b"Traceback" not in errors) or not begun, errors


def test_a_terminal_gets_rich_tables_in_its_width(tmp_path: Path) -> None:
    code, seen = on_terminal(
        tmp_path, "table", "cosine", "--steps", "100", "-q", COLUMNS="50", NO_COLOR="1"
    )
    assert code == 0
    assert "─" in seen
    assert max(len(re.sub("\x1b\\[[0-9;]*m", "", line)) for line in seen.splitlines()) <= 50


def test_no_bar_and_no_colour_without_a_terminal(tmp_path: Path) -> None:
    done = ran(tmp_path, "table", "cosine", "--steps", "3000000", "--lr", "0.1")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_an_ascii_stdout_ends_no_command(tmp_path: Path) -> None:
    done = ran(
        tmp_path, "info", "cosine", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C", LANG="C"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "In PyTorch" in done.stdout
    assert done.stdout.isascii()
