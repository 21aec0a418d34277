"""torch and matplotlib are imported without what is not used of them, and nothing differs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import pytest
import torch

import lrviz
from lrviz import catalog
from lrviz.cli import lean
from lrviz.cli.lean import (
    DEBUGGING,
    UNUSED_OF_MATPLOTLIB,
    UNUSED_OF_TORCH,
    lean_matplotlib,
    lean_torch,
)
from tests.commands import lrviz as command

ROOT = Path(__file__).parents[2]
# All of torch's presets and optimizers, and some of its schedulers with values of their own.
ARGS = (
    "table",
    "preset:*",
    "a.yaml",
    "resumed.yaml",
    "--steps",
    "40",
    "--at",
    "all",
    "--format",
    "csv",
)
SPEC = """\
schedules:
  chain: {scheduler: {type: ChainedScheduler, schedulers: [
      {type: LinearLR, total_iters: 9}, {type: ExponentialLR, gamma: 0.9}]}}
  warm: {scheduler: {type: CosineAnnealingWarmRestarts, T_0: 7, T_mult: 2}}
  cyclic: {scheduler: {type: CyclicLR, base_lr: 0.01, max_lr: 0.1, step_size_up: 6}}
  average: {scheduler: {type: SWALR, swa_lr: 0.05, anneal_epochs: 8}}
"""
RESUMED = """\
train: {steps: 40, start: 10}
optimizer: {type: AdamW, lr: 0.1, groups: {body: {}, head: {lr: 0.01}}}
schedules:
""" + "".join(
    f"  {way!r}: {{scheduler: onecycle, train: {{resume: {way!r}}}}}\n"
    for way in ("no-scheduler", "no-optimizer", "nothing", "optimizer-first", "planned:60")
)
CODE = f"""\
import os
import sys
from lrviz.__main__ import main
try: main()
except SystemExit as end: assert not end.code, end.code
import torch
left_out = {set(UNUSED_OF_TORCH)!r}
assert not left_out & set(sys.modules)
for name in left_out:
    package, _, attribute = name.rpartition(".")
    assert not hasattr(sys.modules.get(package), attribute), name
assert os.environ.get("TORCH_DEVICE_BACKEND_AUTOLOAD") == "1"
"""
# A company's device, as torch finds it, which needs all of torch.
DEVICE = {
    "device-1.dist-info/entry_points.txt": "[torch.backends]\ndevice = device:load\n",
    "device-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: device\nVersion: 1\n",
    "device.py": "def load():\n    import torch\n    torch.utils.data.DataLoader\n",
}
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


def test_the_numbers_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{tmp_path}")
    monkeypatch.setenv("TORCH_DEVICE_BACKEND_AUTOLOAD", "1")
    optimizers = "".join(
        f"  {name}: {{optimizer: {{type: {name}, lr: 0.1}}, scheduler: ConstantLR}}\n"
        for name in catalog.optimizer_names()
    )
    Path("a.yaml").write_text(SPEC + optimizers)
    Path("resumed.yaml").write_text(RESUMED)
    Path("device-1.dist-info").mkdir()
    for name, text in DEVICE.items():
        Path(name).write_text(text)
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
    for name in DEBUGGING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(lean, "own_process", True)


def left_out(*sources: Any, **overrides: Any) -> bool:
    schedules = [each for source in sources for each in lrviz.load(source, steps=9, **overrides)]
    with lean_torch(schedules):
        found = set(UNUSED_OF_TORCH) & set(sys.modules)
    assert not set(UNUSED_OF_TORCH) & set(sys.modules)
    assert not found or found == set(UNUSED_OF_TORCH)
    return bool(found)


def test_other_peoples_code_gets_all_of_torch(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    del fresh
    assert left_out("cosine", "onecycle")
    assert not left_out("cosine", lambda step: 0.1)
    assert not left_out("cosine", trust=True)
    function = "transformers.get_cosine_schedule_with_warmup"
    node = {"type": function, "num_warmup_steps": 1, "num_training_steps": 9}
    assert not left_out("cosine", {"scheduler": node})
    chain = {"type": "ChainedScheduler", "schedulers": [node]}
    assert not left_out({"scheduler": chain})
    assert not left_out({"optimizer": {"type": "transformers.Adafactor"}, "scheduler": "StepLR"})
    monkeypatch.setattr(lean, "own_process", False)
    assert not left_out("cosine"), "who calls the app from Python"


@pytest.mark.parametrize("name", DEBUGGING)
def test_who_debugs_torch_gets_all_of_it(
    fresh: None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del fresh
    monkeypatch.setenv(name, "1")
    assert not left_out("cosine")


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
    monkeypatch.setattr(lean, "own_process", True)
    before = {name: sys.modules.get(name) for name in UNUSED_OF_TORCH}
    assert before["torch.export"] is not None
    with lean_torch(lrviz.load("cosine", steps=9)):
        assert {name: sys.modules.get(name) for name in UNUSED_OF_TORCH} == before
    assert {name: sys.modules.get(name) for name in UNUSED_OF_TORCH} == before


def test_a_matplotlib_that_is_there_stays() -> None:
    import matplotlib.dates

    with lean_matplotlib(lambda name: None):
        assert sys.modules["matplotlib.dates"] is matplotlib.dates
    assert sys.modules["matplotlib.dates"] is matplotlib.dates
