"""Python files: what is read out of them, and what is said of them."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest

from lrviz.errors import LrvizError
from lrviz.sources.loading import load, load_all
from lrviz.sources.scripts import candidates, read_function

TRAIN = """\
import os
import math

import numpy as np

learning_rate = 6e-4
warmup_iters = 20
lr_decay_iters: int = 100
min_lr = learning_rate / 10
batch_size = int(os.environ.get('BATCH', 8))
data = np.memmap('train.bin')

def get_lr(it):
    if it < warmup_iters:
        return learning_rate * (it + 1) / (warmup_iters + 1)
    if it > lr_decay_iters:
        return min_lr
    return min_lr + cosine(it) * (learning_rate - min_lr)

def cosine(it):
    return 0.5 * (1.0 + math.cos(math.pi * (it - warmup_iters) / (lr_decay_iters - warmup_iters)))

def by_batch(it):
    return batch_size / (it + 1)

def configure(optimizer, steps):
    return torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=steps)

def get_batch(split):
    return data[split]

class Lit:
    def configure_optimizers(self):
        return None
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def failure(source: str) -> str:
    with pytest.raises(LrvizError) as caught:
        load(source, steps=3)
    return str(caught.value)


def test_a_function_of_numbers_is_read_out_of_a_script_that_trains() -> None:
    Path("train.py").write_text(TRAIN)
    loaded = load_all(["train.py:get_lr"])
    [schedule] = loaded.schedules
    assert schedule.function is not None
    got = [schedule.function(it) for it in (0, 19, 20, 60, 100, 101)]
    low, half = 6e-4 / 10, 0.5 * (1.0 + math.cos(math.pi * 40 / 80))
    top = low + 1.0 * (6e-4 - low)
    assert got == [6e-4 / 21, 6e-4 * 20 / 21, top, low + half * (6e-4 - low), low, low]
    assert loaded.notes[0] == (
        "get_lr: get_lr is read from train.py, which is not run: learning_rate = 0.0006, "
        "lr_decay_iters = 100, min_lr = 5.9999999999999995e-05, warmup_iters = 20"
    )


def test_what_needs_more_of_the_file_is_imported_and_the_error_says_so() -> None:
    Path("train.py").write_text(
        TRAIN.replace("import numpy as np", "").replace("np.memmap", "open")
    )
    assert failure("train.py:by_batch") == (
        "train.py raised FileNotFoundError: [Errno 2] No such file or directory: 'train.bin'; the "
        "whole file is imported to find a function in it: what it does as a program should stand "
        "under `if __name__ == '__main__':`"
    )


@pytest.mark.parametrize(
    "text",
    [
        "rate = 0.1\nrate = 0.2\ndef f(step): return rate",
        "rate = 0.1\nrate *= 2\ndef f(step): return rate",
        "rate = 0.1\nif True:\n    rate = 0.2\ndef f(step): return rate",
        "rate = 0.1\ndef g():\n    global rate\n    rate = 2\ndef f(step): return rate",
        "rate = 0.1\nfrom config import *\ndef f(step): return rate",
        "rate = [0.1]\ndef f(step): return rate[0]",
        "import numpy as math\ndef f(step): return math.cos(step)",
        "from math import *\ndef f(step): return cos(step)",
        "def f(step):\n    import os\n    return os.getpid()",
        "def f(step): return args.lr",
        "def f(step): return print(step)",
        "@cache\ndef f(step): return step",
        "f = lambda step: step",
        "def f(step): return g(step)\nclass g: pass",
        "rate = open('x')\ndef f(step): return rate",
        "rate = 1 / 0\ndef f(step): return rate",
        "def f(step): return step\ndef f(step): return 2 * step",
    ],
)
def test_what_only_running_the_file_can_tell_is_not_read(text: str) -> None:
    Path("a.py").write_text(text)
    assert read_function("a.py", "f") is None


def test_functions_of_math_and_defaults_are_read() -> None:
    Path("a.py").write_text(
        "from math import cos, pi\nhalf = 0.5 if pi > 3 else 1\n"
        "def f(step, scale=half):\n    total = sum = 0\n    for i in range(3):\n"
        "        total += max(i, step) * scale\n    return total + cos(0)\n"
    )
    read = read_function("a.py", "f")
    assert read is not None
    assert (read.function(1), read.constants) == (0.5 * (1 + 1 + 2) + 1.0, {"half": 0.5})


def test_a_file_alone_lists_the_functions_that_may_be_meant() -> None:
    Path("train.py").write_text(TRAIN)
    assert failure("train.py") == (
        "train.py: Python code; name the function that is meant: train.py:get_lr; "
        "or train.py:cosine, train.py:by_batch, train.py:configure, train.py:Lit"
    )
    Path("none.py").write_text("x = 1\n")
    assert failure("none.py") == (
        "none.py: Python code, and no function in it builds a schedule; write one that takes any "
        "of optimizer, steps, epochs, steps_per_epoch and returns a scheduler, or one of the step "
        "that returns the lr, and name it: none.py:function"
    )
    Path("bad.py").write_text("x = 1\ndef f(:\n")
    assert failure("bad.py") == "bad.py:2:7: not valid Python: invalid syntax"
    assert failure("nowhere.py") == "nowhere.py: no such file"


def test_a_function_that_speaks_of_no_rate_is_named_where_no_other_does() -> None:
    tree = ast.parse(
        "def a(x): return x\ndef b(x, y): return x\ndef c(): print()\ndef _d(): return 1"
    )
    assert candidates(tree) == ["a"]


LIT = """\
import torch

class Base:
    def configure_optimizers(self):
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([weight], lr=self.lr)
        return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)]

class Lit(Base):
    def __init__(self, lr=0.5):
        self.lr = lr

class Wide(Base):
    def __init__(self, width, depth, lr=0.5):
        self.lr = lr

class Makers:
    factor = 0.25
    def halve(self, step): return 0.5 ** step
    @staticmethod
    def third(step): return 3.0 ** -step
    @classmethod
    def quarter(cls, step): return cls.factor ** step
"""


@pytest.mark.parametrize("name", ["Lit", "Lit.configure_optimizers"])
def test_a_class_of_lightning_is_built_where_it_needs_nothing(name: str) -> None:
    from lrviz.simulation.simulated import simulated

    Path("lit.py").write_text(LIT)
    [schedule] = load(f"lit.py:{name}", epochs=3)
    assert simulated(schedule).lr[:, 0].tolist() == [0.5, 0.25, 0.125]


@pytest.mark.parametrize(
    ("name", "value"), [("halve", 0.25), ("third", 1 / 9), ("quarter", 0.0625)]
)
def test_a_method_is_that_of_an_object(name: str, value: float) -> None:
    Path("lit.py").write_text(LIT)
    [schedule] = load(f"lit.py:Makers.{name}", steps=3)
    assert schedule.function is not None
    assert schedule.function(2) == value


@pytest.mark.parametrize("name", ["Wide", "Wide.configure_optimizers"])
def test_a_class_that_needs_arguments_says_what_to_write(name: str) -> None:
    Path("lit.py").write_text(LIT)
    assert failure(f"lit.py:{name}") == (
        f"lit.py:{name}: Wide needs width, depth to be built; write a function, "
        "`def make(): return Wide(width=..., depth=...).configure_optimizers()`, and name it: "
        "lit.py:make"
    )
