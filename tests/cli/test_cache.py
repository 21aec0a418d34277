"""The second look at a schedule: the same bytes, without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from lrviz.curves.trace import Trace
from lrviz.views.figure import FigureOptions, figure
from lrviz.views.figure.surroundings import drawn_with
from tests.commands import lrviz

ROOT = Path(__file__).parents[2]
SPEC = "train: {steps: 1000}\noptimizer: {type: SGD, lr: 0.1}\nscheduler: {type: %s, T_max: 500}\n"
ASSUMED = "cosine: SGD, lr 0.1, momentum 0.9 (say otherwise with --optimizer, --lr)\n"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LRVIZ_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(SPEC % "CosineAnnealingLR")
    return tmp_path / "cache"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


COMMANDS = {
    "table": ("table", "a.yaml", "onecycle", "--steps", "1000", "--format", "json", "--at", "all"),
    "plot": ("plot", "a.yaml", "onecycle", "-o", "out.svg"),
    "compare": ("compare", "a.yaml", "onecycle", "-o", "out.svg", "--exit-code"),
    "check": ("check", "a.yaml"),
    "gallery": ("gallery", "a.yaml", "-o", "gallery"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_hit_is_the_same_to_the_byte_as_a_miss(name: str, kept: Path) -> None:
    runs, written = [], []
    for more in (("--no-cache",), (), ()):
        for path in (*Path().glob("out.*"), *Path().glob("gallery/*")):
            path.unlink()
        runs.append(lrviz(*COMMANDS[name], *more))
        files = sorted((*Path().glob("out.*"), *Path().glob("gallery/*")))
        written.append([path.read_bytes() for path in files])
        if more:
            assert names(kept) == set()
    assert runs[0] == runs[1] == runs[2]
    assert written[0] == written[1] == written[2]
    assert names(kept)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_hit_imports_no_torch(name: str, kept: Path) -> None:
    code = (
        "import sys\n"
        "from lrviz.cli.app import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    args = [sys.executable, "-c", code, *COMMANDS[name]]
    codes = [subprocess.run(args, env=env, capture_output=True).returncode for _ in range(2)]
    assert codes == [1, 0]
    assert names(kept)


def test_verbose_says_which_it_was(kept: Path) -> None:
    del kept
    command = ("table", "cosine", "--steps", "10", "-v")
    what = ASSUMED + "cosine: 10 updates; SGD; CosineAnnealingLR per step\n"
    assert lrviz(*command).err == what + "cosine: simulated, and kept in the cache\n"
    assert lrviz(*command).err == what + "cosine: from the cache\n"
    assert lrviz(*command, "--no-cache").err == what
    assert lrviz(*command, LRVIZ_CACHE_DIR="").err == what
    long = lrviz("table", "cosine", "--steps", "700000", "-v").err
    assert long.endswith("cosine: simulated\n")
    first = lrviz("check", "a.yaml", "-v").err
    assert lrviz("check", "a.yaml", "-v").err == first + "what is found is from the cache\n"


def test_a_gallery_draws_nothing_that_it_drew_before(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw(traces: Sequence[Trace], options: FigureOptions) -> Figure:
        drawn.append(traces[0].label)
        return figure(traces, options)

    monkeypatch.setattr("lrviz.gallery.pages.figure", draw)
    command = ("gallery", "a.yaml", "onecycle", "--steps", "100", "-v")
    first = lrviz(*command).err
    assert lrviz(*command).err == first.replace("-dark.svg\n", "-dark.svg, from the cache\n")
    assert lrviz(*command, "--check").code == 0
    both = ["a", "a", "onecycle", "onecycle"]
    assert drawn == both
    # What only the page shows is a part of it, what only another spec says is none.
    Path("a.yaml").write_text("# mine\n" + Path("a.yaml").read_text())
    ran = lrviz(*command, "--check")
    assert (ran.code, ran.out) == (1, "stale: gallery/README.md\n")
    assert drawn == [*both, "a", "a"]
    for more in (("--png",), ("--param", "lr"), ("--lr", "0.3"), ("--no-cache",)):
        drawn.clear()
        lrviz(*command, *more)
        assert drawn == both
    drawn.clear()
    monkeypatch.setattr(mpl, "__version__", "9.9")
    lrviz(*command)
    assert drawn == both
    before = drawn_with()
    monkeypatch.setattr(fontManager, "ttflist", fontManager.ttflist[1:])
    assert drawn_with() != before


def test_a_picture_that_is_warned_of_is_drawn_each_time(kept: Path) -> None:
    del kept
    command = ("gallery", "\N{MAHJONG TILE EAST WIND}=cosine", "--steps", "10")
    for _ in range(2):
        with pytest.warns(UserWarning, match="the figure's fonts have nothing for"):
            lrviz(*command)


def test_of_two_the_one_that_is_known_is_not_simulated(kept: Path) -> None:
    del kept
    lrviz("table", "onecycle", "--steps", "10")
    said = lrviz("table", "cosine", "onecycle", "--steps", "10", "-v")
    assert said.err.splitlines()[-2:] == [
        "cosine: simulated, and kept in the cache",
        "onecycle: from the cache",
    ]
    again = lrviz("table", "cosine", "onecycle", "--steps", "10", "--no-cache")
    assert said.out == again.out


def test_a_changed_spec_is_simulated(kept: Path) -> None:
    before = lrviz("table", "a.yaml").out
    assert "0.1" in before
    Path("a.yaml").write_text(SPEC.replace("0.1", "0.2") % "CosineAnnealingLR")
    after = lrviz("table", "a.yaml").out
    assert after == lrviz("table", "a.yaml", "--no-cache").out != before
    assert len(names(kept)) == 2


def test_what_failed_is_told_each_time(kept: Path) -> None:
    Path("a.yaml").write_text(
        "train: {steps: 20}\noptimizer: {type: SGD, lr: 0.1}\n"
        "scheduler: {type: OneCycleLR, max_lr: 0.1, total_steps: 10}\n"
    )
    first, second = lrviz("table", "a.yaml"), lrviz("table", "a.yaml")
    assert (first.code, len(names(kept))) == (1, 1)
    assert first == second


def test_a_users_code_is_run_each_time(kept: Path) -> None:
    Path("mine.py").write_text(
        "from pathlib import Path\n"
        "def f(step):\n"
        "    return float(Path('value').read_text())\n"
        "class Mine:\n"
        "    pass\n"
    )
    for value in ("0.5", "0.25"):
        Path("value").write_text(value)
        assert value in lrviz("table", "mine.py:f", "--steps", "5").out
    lrviz("table", "cosine", "--steps", "5", "--trust")
    assert names(kept) == set()


def test_a_tampered_entry_is_a_miss_and_is_replaced(kept: Path) -> None:
    command = ("table", "cosine", "--steps", "10")
    right = lrviz(*command).out
    [path] = kept.iterdir()
    good = path.read_bytes()
    for bad in (b"", good[:-1], good.replace(b"cosine", b"cosinf"), b"\x80\x04N."):
        path.write_bytes(bad)
        assert lrviz(*command).out == right
        assert path.read_bytes() == good


def test_info_and_clear(kept: Path) -> None:
    more = "A curve above 5 MiB is not kept; those longest unused go first.\n"
    assert lrviz("cache").out == f"{kept}: 0 curves, 0.0 of at most 256 MiB\n{more}"
    lrviz("table", "cosine", "--steps", "70000")
    assert lrviz("cache", "info").out == f"{kept}: 1 curve, 0.5 of at most 256 MiB\n{more}"
    lrviz("table", "cosine", "onecycle", "--steps", "9")
    assert lrviz("cache", "clear").out == f"{kept}: 3 curves removed\n"
    assert names(kept) == set()


def test_without_a_folder_it_says_how_to_have_one() -> None:
    ran = lrviz("cache", LRVIZ_CACHE_DIR="")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: there is no cache: LRVIZ_CACHE_DIR is empty, or there is no home; "
        "name a folder in LRVIZ_CACHE_DIR\n"
    )
