"""The same command line in surroundings that differ: the same result, and not a word more."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import lrviz

ROOT = Path(__file__).parents[2]
Changes = dict[str, str | None]
ARGUMENTS = ("compare", "cosine", "onecycle", "--steps", "100", "-o", "out.svg")
# Each of these alone may end a command, or change what it shows; none hides another.
SURROUNDINGS: dict[str, Changes] = {
    "no HOME, no terminal's name, the C locale": {
        "HOME": None,
        "TERM": None,
        "LANG": "C",
        "LC_ALL": "C",
    },
    "a HOME and a locale that are not there, a dumb terminal": {
        "HOME": "/nonexistent",
        "TERM": "dumb",
        "LANG": "xx_YY",
        "LC_ALL": "xx_YY",
    },
    "ASCII, strictly, warnings as errors, sizes that are none": {
        "PYTHONIOENCODING": "ascii:strict",
        "PYTHONWARNINGS": "error",
        "COLUMNS": "wide",
        "LINES": "-3",
    },
    "no UTF-8 at all, no asserts, a backend of a notebook": {
        "PYTHONUTF8": "0",
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONOPTIMIZE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    },
    "Python's development mode, a backend that is not there": {
        "PYTHONDEVMODE": "1",
        "MPLBACKEND": "nonsense",
    },
}


def surroundings(folder: Path, changes: Changes) -> dict[str, str]:
    """Return the environment of a command: caches of its own, and what `changes` says."""
    unset = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    kept |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", "TMPDIR": str(folder)}
    kept |= {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in kept.items() if changes.get(name, "") is not None}


def ran(
    folder: Path, *arguments: str, shell: str = "", changes: Changes | None = None
) -> tuple[int, str, str]:
    """Run lrviz in a process; `shell` stands behind the command, for a shell to read."""
    command = [sys.executable, "-m", "lrviz", *arguments]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {shell}', "sh", *command] if shell else command,
        capture_output=True,
        cwd=folder,
        env=surroundings(folder, changes or {}),
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


Expected = tuple[tuple[int, str, str], bytes]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """Return what comes of the command in the usual surroundings."""
    folder = tmp_path_factory.mktemp("usual")
    result = ran(folder, *ARGUMENTS)
    assert result[0] == 0
    assert result[2].endswith("\nwrote out.svg\n")
    return result, (folder / "out.svg").read_bytes()


@pytest.mark.parametrize("changes", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_the_result_is_the_same(changes: Changes, expected: Expected, tmp_path: Path) -> None:
    assert ran(tmp_path, *ARGUMENTS, changes=changes) == expected[0]
    assert (tmp_path / "out.svg").read_bytes() == expected[1]


@pytest.mark.parametrize("kind", ["none yet", "for reading alone"])
def test_a_cache_of_fonts(kind: str, expected: Expected, tmp_path: Path) -> None:
    """Without a cache matplotlib looks for fonts anew, and says so where it always must."""
    cache = tmp_path / "cache" if kind == "none yet" else Path("/proc/cache")
    code, out, err = ran(tmp_path, *ARGUMENTS, changes={"MPLCONFIGDIR": str(cache)})
    assert (code, out) == expected[0][:2]
    assert (tmp_path / "out.svg").read_bytes() == expected[1]
    own = [line for line in err.splitlines() if not line.startswith("warning: ")]
    assert own == expected[0][2].splitlines()
    warnings = [line for line in err.splitlines() if line.startswith("warning: ")]
    # What to do is said last; releases differ in whether they say before that mkdir failed.
    assert ["MPLCONFIGDIR" in line for line in warnings[-1:]] == [True] * (kind != "none yet")
    assert len(warnings) <= 2
    assert ran(tmp_path, *ARGUMENTS, "-q", changes={"MPLCONFIGDIR": str(cache)})[2] == ""


def test_a_broken_matplotlibrc_changes_nothing(expected: Expected, tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 3\nnonsense: 5\nlines.linewidth: thick\n")
    code, out, err = ran(tmp_path, *ARGUMENTS, "-q")
    assert (code, out, err) == (0, expected[0][1], "")
    assert (tmp_path / "out.svg").read_bytes() == expected[1]


@pytest.mark.parametrize(
    ("shell", "kept"),
    [
        (">&-", (False, True)),
        ("<&- >&- 2>&-", (False, False)),
        ("2>/dev/full", (True, False)),
    ],
)
def test_closed_streams(
    shell: str, kept: tuple[bool, bool], expected: Expected, tmp_path: Path
) -> None:
    code, out, err = ran(tmp_path, *ARGUMENTS, shell=shell)
    assert code == 0
    assert (out, err) == (expected[0][1] * kept[0], expected[0][2] * kept[1])
    assert (tmp_path / "out.svg").read_bytes() == expected[1]


def test_a_full_stdout_is_an_error(expected: Expected, tmp_path: Path) -> None:
    code, out, err = ran(tmp_path, *ARGUMENTS, shell=">/dev/full")
    assert (code, out) == (2, "")
    assert err == (
        f"{expected[0][2]}error: the output cannot be written: No space left on device\n"
    )


def test_a_head_that_has_seen_enough(tmp_path: Path) -> None:
    code, out, err = ran(
        tmp_path,
        *("table", "cosine", "--steps", "200000", "--at", "all", "--format", "csv", "-q"),
        shell="| head -n 2",
    )
    assert (code, out, err) == (0, "step,epoch,cosine\n0,,0.1\n", "")


@pytest.mark.parametrize("form", ["plain", "rich"])
@pytest.mark.parametrize("columns", ["1", "20", "40"])
def test_a_narrow_terminal_breaks_no_number(form: str, columns: str) -> None:
    arguments = ("table", "cosine", "onecycle", "--steps", "10000", "-q", "--format", form)
    number = re.compile(r"(?<![\w%])\d[\d,.]*(?:e-\d+)?(?![\w%])")
    wide, narrow = (
        set(number.findall(lrviz(*arguments, COLUMNS=width).out)) for width in ("200", columns)
    )
    assert len(wide) > 20
    assert narrow == wide


def test_a_terminal_of_twenty_columns_is_kept_to(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    arguments = ("plot", "cosine", "onecycle", "--terminal", "--steps", "100", "-q")
    process = subprocess.Popen(
        [sys.executable, "-m", "lrviz", *arguments],
        stdout=slave,
        stderr=slave,
        cwd=tmp_path,
        env=surroundings(tmp_path, {"COLUMNS": "20", "LINES": "24", "NO_COLOR": "1"}),
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        seen += chunk
    assert process.wait() == 0
    lines = seen.decode().replace("\r", "").splitlines()
    assert len(lines) > 10
    assert max(map(len, lines)) <= 20
    assert lines[-2:] == ["━A━ cosine", "━B━ onecycle"]
