"""torch and matplotlib are imported without what is not used of them, and nothing differs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import pytest
import torch

import lrviz
from lrviz.cli import lean
from lrviz.cli.lean import UNUSED_OF_MATPLOTLIB, UNUSED_OF_TORCH, lean_matplotlib, lean_torch
from tests.commands import lrviz as command

ROOT = Path(__file__).parents[2]
[LEFT_OUT] = UNUSED_OF_TORCH
# All of torch's presets, transformers' function, and an optimizer that reads its parameters.
ARGS = ("table", "preset:*", "a.yaml", "--steps", "40", "--at", "all", "--format", "csv")
SPEC = """\
optimizer: {type: Adafactor, lr: 0.1}
scheduler: {type: transformers.get_cosine_schedule_with_warmup, num_warmup_steps: 5,
  num_training_steps: 40}
"""
CODE = f"""\
import sys
from lrviz.cli.app import app
try: app(sys.argv[1:])
except SystemExit as end: assert not end.code, end.code
import torch
assert {LEFT_OUT!r} not in sys.modules and not hasattr(torch, "_meta_registrations")
import torch._meta_registrations
assert "torch._decomp" in sys.modules
assert (torch.empty(2, 3, device="meta") @ torch.empty(3, 4, device="meta")).shape == (2, 4)
"""
DRAW = f"""\
import sys
from lrviz.cli.app import app
try: app(sys.argv[1:])
except SystemExit as end: assert not end.code, end.code
import matplotlib
assert not {set(UNUSED_OF_MATPLOTLIB)!r} & set(sys.modules)
assert not {{"dates", "category"}} & set(vars(matplotlib)), "no trace of them is left"
import matplotlib.dates
import matplotlib.pyplot
from mpl_toolkits.mplot3d import Axes3D
from matplotlib import _docstring
assert _docstring.interpd(type("Own", (), {{"__doc__": "%(Line2D:kwdoc)s"}})).__doc__.count("color")
assert matplotlib.dates.num2date(0).year == 1970 and Axes3D.name == "3d"
"""


def test_the_numbers_are_the_same_and_who_asks_for_it_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    Path("a.yaml").write_text(SPEC)
    ran = subprocess.run([sys.executable, "-c", CODE, *ARGS], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == command(*ARGS).out
    assert len(ran.stdout.splitlines()) == 41


def test_the_figures_are_the_same_and_who_asks_for_it_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    args = ("plot", "cosine", "onecycle", "--steps", "99", "-o", "a.png")
    ran = subprocess.run([sys.executable, "-c", DRAW, *args], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    lean = Path("a.png").read_bytes()
    assert command(*args).code == 0
    assert Path("a.png").read_bytes() == lean


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if torch and matplotlib were not imported."""
    for name in ("torch", "matplotlib", *UNUSED_OF_TORCH, *UNUSED_OF_MATPLOTLIB):
        monkeypatch.delitem(sys.modules, name, raising=False)


def left_out(*sources: Any, **overrides: Any) -> bool:
    schedules = [each for source in sources for each in lrviz.load(source, steps=9, **overrides)]
    with lean_torch(schedules):
        found = LEFT_OUT in sys.modules
    assert LEFT_OUT not in sys.modules
    return found


def test_a_users_code_gets_all_of_torch(fresh: None) -> None:
    del fresh
    assert left_out("cosine", "onecycle")
    assert not left_out("cosine", lambda step: 0.1)
    assert not left_out("cosine", trust=True)


def test_an_unknown_torch_is_taken_as_it_is(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    del fresh
    assert left_out("cosine"), f"see what torch {torch.__version__} imports, and what uses it"
    monkeypatch.setattr(lean, "KNOWN_TORCH", {})
    assert not left_out("cosine")


def test_an_unknown_matplotlib_is_taken_as_it_is(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del fresh
    with lean_matplotlib(lambda name: None):
        found = set(UNUSED_OF_MATPLOTLIB) & set(sys.modules)
    assert found == set(UNUSED_OF_MATPLOTLIB), (
        f"see what matplotlib {matplotlib.__version__} imports, and what uses it"
    )
    monkeypatch.setattr(lean, "KNOWN_MATPLOTLIB", {})
    with lean_matplotlib(lambda name: None):
        assert not set(UNUSED_OF_MATPLOTLIB) & set(sys.modules)


def test_a_torch_that_is_there_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sys.modules.get(LEFT_OUT)
    with lean_torch(lrviz.load("cosine", steps=9)):
        assert sys.modules.get(LEFT_OUT) is before
    assert sys.modules.get(LEFT_OUT) is before


def test_a_matplotlib_that_is_there_stays() -> None:
    import matplotlib.dates

    with lean_matplotlib(lambda name: None):
        assert sys.modules["matplotlib.dates"] is matplotlib.dates
    assert sys.modules["matplotlib.dates"] is matplotlib.dates
