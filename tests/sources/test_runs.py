"""Scripts that are run: their schedule is that of their own loop, which is then stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)

import lrviz
from lrviz.errors import LrvizError
from tests.forked import fork_scripts

BEGIN = """\
import torch
from torch.optim.lr_scheduler import *

model = torch.nn.Linear(2, 1)


def update(optimizer):
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()


"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "train.py", *, begin: str = BEGIN) -> None:
        Path(name).write_text(begin + textwrap.dedent(text), encoding="utf-8")

    return write


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_scripts(monkeypatch)


def values(source: Any, **overrides: Any) -> list[float]:
    [schedule] = lrviz.load(source, **overrides)
    return lrviz.simulate(schedule).lr[:, 0].tolist()  # type: ignore[no-any-return]


def expected(optimizer: Any, steps: int, step: Any) -> list[float]:
    found = []
    for index in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        step(index)
    return found


def sgd(lr: float = 0.1) -> SGD:
    return SGD([torch.zeros(1, requires_grad=True)], lr=lr)


def test_a_plain_loop_with_arguments_and_no_later_code(script: Any) -> None:
    script(
        """
        import argparse, pathlib

        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float)
        args = parser.parse_args()

        if __name__ == "__main__":
            optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
            scheduler = OneCycleLR(optimizer, args.lr, total_steps=40)
            for index in range(40):
                update(optimizer)
                scheduler.step()
                pathlib.Path("updates").write_text(str(index + 1))
        """
    )
    [schedule] = lrviz.load("run:train.py --lr 0.01", steps=40)
    trace = lrviz.simulate(schedule)
    optimizer = AdamW([torch.zeros(1, requires_grad=True)], lr=0.01)
    scheduler = OneCycleLR(optimizer, 0.01, total_steps=40)
    momentum = []
    lrs = []
    for _ in range(40):
        lrs.append(optimizer.param_groups[0]["lr"])
        momentum.append(optimizer.param_groups[0]["betas"][0])
        optimizer.step()
        scheduler.step()
    assert trace.lr[:, 0].tolist() == lrs
    assert trace.values("momentum").tolist() == momentum
    assert trace.after["lr"].tolist() == [optimizer.param_groups[0]["lr"]]
    assert schedule.notes[0] == "AdamW, OneCycleLR stepped after each update"
    assert Path("updates").read_text() == "3"


def test_a_function_in_another_file_and_a_module(script: Any) -> None:
    Path("parts.py").write_text(
        "from torch.optim.lr_scheduler import LambdaLR\n\n\n"
        "def halving(optimizer, every):\n"
        "    return LambdaLR(optimizer, lambda step: 0.5 ** (step // every))\n"
    )
    script(
        """
        from parts import halving

        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = halving(optimizer, 7)
        while True:
            update(optimizer)
            scheduler.step()
        """
    )
    halving = [0.1 * 0.5 ** (t // 7) for t in range(30)]
    assert values("mine=run:train.py", steps=30) == halving
    assert values("run:-m train", steps=30) == halving


@pytest.mark.usefixtures("forked")
def test_a_schedule_per_epoch_asks_for_its_length(script: Any) -> None:
    script(
        """
        from torch.utils.data import DataLoader, TensorDataset

        data = DataLoader(TensorDataset(torch.zeros(36, 2)), batch_size=4, num_workers=1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = StepLR(optimizer, 2, 0.1)
        for epoch in range(5):
            for batch in data:
                update(optimizer)
            scheduler.step()
        """
    )
    with pytest.raises(LrvizError) as caught:
        lrviz.load("run:train.py")
    assert str(caught.value) == (
        "run:train.py: StepLR was stepped after 0 of 3 updates, so once an epoch as it seems, or "
        "never: give --steps-per-epoch (its DataLoader has 9 batches), or look at more updates "
        "with --after 10"
    )
    optimizer = sgd()
    scheduler = StepLR(optimizer, 2, 0.1)
    right = expected(optimizer, 45, lambda t: scheduler.step() if t % 9 == 8 else None)
    [schedule] = lrviz.load("run:train.py", epochs=5, steps_per_epoch=9)
    assert lrviz.simulate(schedule).lr[:, 0].tolist() == right
    assert schedule.notes[0] == "SGD, StepLR stepped after 0 of 3 updates: per epoch"


@pytest.mark.usefixtures("forked")
def test_stepped_several_times_an_update(script: Any) -> None:
    times = 4
    script(
        f"""
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = SequentialLR(
            optimizer, [LinearLR(optimizer), CosineAnnealingLR(optimizer, 20)], [5]
        )
        for _ in range(50):
            update(optimizer)
            for _ in range({times}):
                scheduler.step()
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=12)
    whole = lrviz.simulate(
        {
            "train": {"steps": 60},
            "optimizer": {"type": "SGD", "lr": 0.1},
            "scheduler": {
                "type": "SequentialLR",
                "milestones": [5],
                "schedulers": [
                    {"type": "LinearLR"},
                    {"type": "CosineAnnealingLR", "T_max": 20},
                ],
            },
        }
    )
    assert lrviz.simulate(schedule).lr[:, 0].tolist() == whole.lr[: 12 * times : times, 0].tolist()
    assert schedule.notes[0] == f"SGD, SequentialLR stepped {times} times after each update"
    assert schedule.warnings == (
        f"SequentialLR is stepped {times} times an update: a schedule made for one step an update "
        f"is over that much sooner; step it once an update, or multiply its lengths by {times} "
        "where that is meant",
    )


@pytest.mark.usefixtures("forked")
def test_stepped_before_the_optimizer(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = CosineAnnealingLR(optimizer, 20)
        for _ in range(20):
            scheduler.step()
            update(optimizer)
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=19)
    optimizer = sgd()
    scheduler = CosineAnnealingLR(optimizer, 20)
    optimizer.step()
    scheduler.step()
    right = expected(optimizer, 19, lambda _: scheduler.step())
    assert lrviz.simulate(schedule).lr[:, 0].tolist() == right
    assert schedule.notes[0] == "SGD, CosineAnnealingLR stepped before each update"
    assert schedule.warnings == (
        "CosineAnnealingLR is stepped before the first optimizer.step(): its first value is never "
        "used; call optimizer.step() first",
    )


@pytest.mark.usefixtures("forked")
def test_accumulation_is_an_update_of_several_batches(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = LambdaLR(optimizer, lambda step: 1 / (1 + step))
        for batch in range(400):
            model(torch.ones(1, 2)).sum().backward()
            if (batch + 1) % 4 == 0:
                optimizer.step()
                optimizer.zero_grad()
            scheduler.step()  # the fault: after each batch
        """
    )
    found = values("run:train.py", steps=10)
    optimizer = sgd()
    scheduler = LambdaLR(optimizer, lambda step: 1 / (1 + step))
    for _ in range(3):
        optimizer.step()
        scheduler.step()

    def four(_: int) -> None:
        for _ in range(4):
            scheduler.step()

    assert found == expected(optimizer, 10, four)


@pytest.mark.usefixtures("forked")
def test_updates_that_a_gradient_scaler_skips_are_no_steps_too_many(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = LinearLR(optimizer, total_iters=10)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)
        for index in range(50):
            optimizer.zero_grad()
            factor = 1e30 if index in (0, 1, 4) else 1e-30
            loss = model(torch.full((1, 2), 1e30)).sum() * factor
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=8)
    optimizer = sgd()
    scheduler = LinearLR(optimizer, total_iters=10)
    optimizer.step()
    scheduler.step()
    scheduler.step()
    right = expected(optimizer, 8, lambda _: scheduler.step())
    assert lrviz.simulate(schedule).lr[:, 0].tolist() == right
    assert schedule.notes[:2] == (
        "SGD, LinearLR stepped after each update",
        "the gradient scaler skipped 3 updates: the schedule is ahead of the updates by as many",
    )


@pytest.mark.usefixtures("forked")
def test_several_optimizers_are_a_curve_each(script: Any) -> None:
    script(
        """
        generator = torch.optim.Adam(model.parameters(), lr=0.01)
        critic = torch.optim.SGD(model.parameters(), lr=0.1)
        plain = torch.optim.SGD(model.parameters(), lr=0.5)
        halving = StepLR(generator, 5, 0.5)
        decay = StepLR(critic, 3, 0.1)
        for _ in range(20):
            update(critic)
            update(generator)
            update(plain)
            halving.step()
            decay.step()
        """
    )
    found = lrviz.load("run:train.py", steps=12)
    assert [each.label for each in found] == ["train (SGD)", "train (Adam)", "train (SGD) (2)"]
    lrs = [lrviz.simulate(each).lr[:, 0].tolist() for each in found]
    critic, generator = sgd(), sgd(0.01)
    one, two = StepLR(critic, 3, 0.1), StepLR(generator, 5, 0.5)
    assert lrs == [
        expected(critic, 12, lambda _: one.step()),
        expected(generator, 12, lambda _: two.step()),
        [0.5] * 12,
    ]
    assert found[2].notes[0] == "SGD, no scheduler"
    assert found[2].warnings == (
        "no scheduler acts on this SGD, while one does on the script's SGD, Adam: its lr stays as "
        "it is; build one for it too, unless its lr is meant to stay",
    )


@pytest.mark.usefixtures("forked")
def test_two_param_groups_one_of_which_came_late(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD([model.weight], lr=0.1)
        scheduler = StepLR(optimizer, 2, 0.1)
        optimizer.add_param_group({"params": [model.bias], "lr": 0.3})
        for _ in range(9):
            update(optimizer)
            scheduler.step()
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=6)
    lr = lrviz.simulate(schedule).lr
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = StepLR(optimizer, 2, 0.1)
    optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 0.3})
    for row in lr.tolist():
        assert row == [group["lr"] for group in optimizer.param_groups]
        optimizer.step()
        scheduler.step()
    assert schedule.warnings == (
        "StepLR was built when the optimizer had 1 of its 2 param groups, and has no base lr of "
        "the others; add groups before it is built",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", "run:train.py: it raised ZeroDivisionError: division by zero before an optimizer "
         "made an update in its process"),
        ("import os\nos._exit(7)", "run:train.py: its process ended with exit code 7"),
        ("raise SystemExit(3)", "run:train.py: it ended with exit code 3 before an optimizer made "
         "an update in its process"),
        ("raise SystemExit('needs a GPU')", "run:train.py: it ended with 'needs a GPU' before an "
         "optimizer made an update in its process"),
        (
            "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
            "for _ in range(99):\n    update(optimizer)",
            "run:train.py: no scheduler acts on SGD, whose lr stayed as it was for 12 updates",
        ),
        (
            "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
            "for t in range(99):\n    optimizer.param_groups[0]['lr'] = 0.1 / (1 + t)\n"
            "    update(optimizer)",
            "run:train.py: no scheduler acts on SGD: the script sets the lr itself; name the "
            "function that gives it, as in train.py:get_lr",
        ),
        (
            "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
            "plateau = ReduceLROnPlateau(optimizer)\n"
            "for t in range(99):\n    update(optimizer)\n    plateau.step(1.0)",
            "run:train.py: ReduceLROnPlateau looks at a metric, which comes from training: give "
            "its values with --metric FILE:COLUMN",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("forked")
def test_what_has_no_schedule_says_what_was_seen(script: Any, text: str, message: str) -> None:
    script(text)
    with pytest.raises(LrvizError) as caught:
        lrviz.load("run:train.py")
    assert str(caught.value).startswith(message)


@pytest.mark.usefixtures("forked")
def test_a_traceback_begins_in_the_script(script: Any, capfd: pytest.CaptureFixture[str]) -> None:
    script("1 / 0")
    with pytest.raises(LrvizError):
        lrviz.load("run:train.py")
    first, second, *_ = capfd.readouterr().err.splitlines()
    assert first == "Traceback (most recent call last):"
    assert second.startswith('  File "train.py", line ')


@pytest.mark.usefixtures("forked")
def test_a_script_that_waits_is_ended(script: Any) -> None:
    script("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)")
    with pytest.raises(LrvizError) as caught:
        lrviz.load("run:train.py", timeout=1.0)
    assert str(caught.value) == (
        "run:train.py: no optimizer made 3 updates within 1 s; give it longer with --timeout"
    )
    assert not Path(f"/proc/{Path('pid').read_text()}").exists()


def test_a_training_in_a_process_that_was_forked(script: Any) -> None:
    script(
        """
        import os

        if os.fork() == 0:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            scheduler = ExponentialLR(optimizer, 0.5)
            while True:
                update(optimizer)
                scheduler.step()
        os.wait()
        """
    )
    assert values("run:train.py", steps=5) == [0.1 * 0.5**t for t in range(5)]


def test_what_it_prints_is_no_result(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = ExponentialLR(optimizer, 0.5)
        while True:
            print("training")
            update(optimizer)
            scheduler.step()
        """
    )
    command = [sys.executable, "-m", "lrviz", "table", "run:train.py", "--steps", "3"]
    done = subprocess.run([*command, "--format", "csv"], capture_output=True, text=True, check=True)
    assert "training" not in done.stdout
    assert done.stderr.count("training") == 4
    assert "train: SGD, ExponentialLR stepped after each update" in done.stderr


def test_what_torch_warns_of_is_said_at_the_script_s_line(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = CosineAnnealingLR(optimizer, 20)
        while True:
            scheduler.step()
            update(optimizer)
        """
    )
    command = [sys.executable, "-m", "lrviz", "table", "run:train.py", "--steps", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    [said] = [line for line in done.stderr.splitlines() if "UserWarning" in line]
    line = Path("train.py").read_text().splitlines().index("    scheduler.step()") + 1
    assert said.startswith(f"train.py:{line}: UserWarning: Detected call of ")
    assert "lrviz/live" not in done.stderr


def test_options_of_a_run_want_one() -> None:
    with pytest.raises(LrvizError) as caught:
        lrviz.load("cosine", after=5)
    assert str(caught.value) == "--after: for scripts that are run, run:SCRIPT, and none is"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "run:",
            "'run:' names no script, as 'run:train.py --epochs 90' and 'run:-m package.train' do",
        ),
        ("run:absent.py", "run:absent.py: there is no file absent.py"),
        ("run:train.py 'x", "run:train.py 'x: No closing quotation"),
    ],
)
def test_what_is_no_script(source: str, message: str) -> None:
    with pytest.raises(LrvizError) as caught:
        lrviz.load(source)
    assert str(caught.value) == message


def test_a_trainer_of_transformers(script: Any) -> None:
    script(
        """
        from torch.utils.data import Dataset
        from transformers import Trainer, TrainingArguments


        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(2, 1)

            def forward(self, x, labels=None):
                found = self.layer(x)
                return {"loss": (found**2).mean(), "logits": found}


        class Rows(Dataset):
            def __len__(self):
                return 32

            def __getitem__(self, index):
                return {"x": torch.ones(2), "labels": torch.zeros(1)}


        if __name__ == "__main__":
            arguments = TrainingArguments(
                "out",
                per_device_train_batch_size=4,
                gradient_accumulation_steps=2,
                num_train_epochs=4,
                learning_rate=1e-3,
                lr_scheduler_type="cosine",
                warmup_steps=5,
                report_to=[],
                use_cpu=True,
            )
            Trainer(Model(), arguments, train_dataset=Rows()).train()
        """
    )
    config = {
        "learning_rate": 1e-3,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 5,
        "max_steps": 16,
    }
    assert values("run:train.py", steps=16) == values(config, framework="hf")


def test_a_trainer_of_lightning(script: Any) -> None:
    script(
        """
        from lightning.pytorch import LightningModule, Trainer
        from torch.utils.data import DataLoader, TensorDataset


        class Net(LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(2, 1)

            def training_step(self, batch):
                return self.layer(batch[0]).mean()

            def configure_optimizers(self):
                optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
                return [optimizer], [StepLR(optimizer, 2, 0.5)]


        rows = DataLoader(TensorDataset(torch.zeros(32, 2)), batch_size=2)
        Trainer(max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False).fit(
            Net(), rows
        )
        """
    )
    right = [0.1] * 32 + [0.05] * 16
    assert values("run:train.py", epochs=3, steps_per_epoch=16) == right


def test_processes_that_are_spawned_are_seen(script: Any) -> None:
    script(
        """
        import torch.multiprocessing


        def worker(rank):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            scheduler = StepLR(optimizer, 2, 0.5)
            while True:
                update(optimizer)
                scheduler.step()


        if __name__ == "__main__":
            torch.multiprocessing.spawn(worker, nprocs=1)
        """
    )
    assert values("run:train.py", steps=5) == [0.1, 0.1, 0.05, 0.05, 0.025]


def test_a_launcher_of_several_ranks_and_a_scheduler_that_is_stepped_once_for_each(
    script: Any,
) -> None:
    script(
        """
        import os, pathlib
        from accelerate import Accelerator

        accelerator = Accelerator(cpu=True)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = StepLR(optimizer, 4, 0.5)
        model, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)
        pathlib.Path(f"rank{os.environ['RANK']}").write_text(str(os.getpid()))
        while True:
            update(optimizer)
            scheduler.step()
        """
    )
    launched = "run:-m torch.distributed.run --standalone --nproc-per-node 2 train.py"
    [schedule] = lrviz.load(launched, steps=5)
    assert lrviz.simulate(schedule).lr[:, 0].tolist() == [0.1, 0.1, 0.05, 0.05, 0.025]
    assert (schedule.label, schedule.notes[0]) == (
        "train",
        "SGD, StepLR stepped 2 times after each update",
    )
    for rank in "01":  # torch's launcher gives each a session of its own
        process = Path("/proc", Path(f"rank{rank}").read_text())
        for _ in range(100):
            if not process.exists() or "\nState:\tZ" in (process / "status").read_text():
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"rank {rank} goes on")


def test_a_site_of_ones_own_is_customized_all_the_same(
    script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import builtins\nbuiltins.RATE = 0.3\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), *sys.path]))
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        scheduler = StepLR(optimizer, 2, 0.5)
        while True:
            update(optimizer)
            scheduler.step()
        """
    )
    assert values("run:train.py", steps=3) == [0.3, 0.3, 0.15]


@pytest.mark.usefixtures("forked")
def test_a_plateau_is_given_the_values_of_a_file(script: Any) -> None:
    losses = [2.0, 1.5, 1.4, 1.4, 1.5, 1.6, 1.3, 1.3, 1.3]
    Path("val.csv").write_text("loss\n" + "".join(f"{loss}\n" for loss in losses))
    script(
        """
        import os

        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        os.chdir("/")
        while True:
            for _ in range(6):
                update(optimizer)
            plateau.step(1.0)
        """
    )
    how = {"epochs": 9, "steps_per_epoch": 6}
    [schedule] = lrviz.load("run:train.py", metric="val.csv:loss", **how)
    optimizer = sgd()
    plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    right = expected(optimizer, 54, lambda t: plateau.step(losses[t // 6]) if t % 6 == 5 else None)
    assert lrviz.simulate(schedule).lr[:, 0].tolist() == right
    assert (right[0], right[-1]) == (0.1, 0.05)
    assert schedule.warnings == ()
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = StepLR(optimizer, 9)
        while True:
            update(optimizer)
            scheduler.step()
        """
    )
    [schedule] = lrviz.load("run:train.py", metric="val.csv:loss", steps=9)
    assert schedule.warnings == (
        "--metric: without effect, no scheduler of the script looks at one",
    )


REFUSED = {
    "an epoch for step()": (
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = CosineAnnealingWarmRestarts(optimizer, 10)
        for index in range(99):
            update(optimizer)
            scheduler.step(index / 20)
        """,
        "CosineAnnealingWarmRestarts.step() is given an epoch: say --interval fraction where that "
        "is epoch + i / steps_per_epoch, else take it out, as torch advises",
    ),
    "no regular way": (
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = ExponentialLR(optimizer, 0.5)
        for index in range(99):
            update(optimizer)
            if index % 2 == 0:
                scheduler.step()
        """,
        "ExponentialLR was stepped 1, 0, 1 times after the first 3 updates, and how it goes on is "
        "not seen: look at more with --after, or name a function that builds it, as in "
        "train.py:make_scheduler",
    ),
    "a warmup by hand": (
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = LambdaLR(optimizer, lambda step: 1 - step / 100)
        for index in range(99):
            update(optimizer)
            scheduler.step()
            if index < 10:
                optimizer.param_groups[0]["lr"] = 0.001 * (index + 1)
        """,
        "update 1 of SGD used 0.001, where its schedulers, as they were stepped, give 0.099: other "
        "code sets the lr too; name a function that gives it, as in train.py:get_lr",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.usefixtures("forked")
def test_what_cannot_be_followed_is_refused(script: Any, case: str) -> None:
    text, message = REFUSED[case]
    script(text)
    with pytest.raises(LrvizError) as caught:
        lrviz.load("run:train.py")
    assert str(caught.value) == f"run:train.py: {message}"


@pytest.mark.usefixtures("forked")
def test_schedulers_are_stepped_in_the_script_s_order(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        warmup = LinearLR(optimizer, 0.1, total_iters=8)
        cosine = CosineAnnealingLR(optimizer, 20)
        while True:
            update(optimizer)
            cosine.step()
            warmup.step()
        """
    )
    optimizer = sgd()
    warmup, cosine = LinearLR(optimizer, 0.1, total_iters=8), CosineAnnealingLR(optimizer, 20)

    def both(_: int) -> None:
        cosine.step()
        warmup.step()

    assert values("run:train.py", steps=20) == expected(optimizer, 20, both)


@pytest.mark.usefixtures("forked")
def test_a_scheduler_of_ones_own_class_and_a_runner_that_holds_it(script: Any) -> None:
    script(
        """
        class HalvingScheduler:
            def __init__(self, optimizer):
                self.optimizer = optimizer

            def step(self):
                self.optimizer.param_groups[0]["lr"] /= 2


        class ModelRunner:
            def __init__(self):
                self.model = model
                self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                self.scheduler = HalvingScheduler(self.optimizer)

            def step(self):
                update(self.optimizer)
                self.scheduler.step()


        runner = ModelRunner()
        while True:
            runner.step()
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=5)
    assert lrviz.simulate(schedule).lr[:, 0].tolist() == [0.1 * 0.5**t for t in range(5)]
    assert schedule.notes[0] == "SGD, HalvingScheduler stepped after each update"
    assert schedule.warnings == ()


@pytest.mark.usefixtures("forked")
def test_an_epoch_given_to_step_first_skips_no_value(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = CosineAnnealingWarmRestarts(optimizer, 2)
        for epoch in range(9):
            for index in range(4):
                scheduler.step(epoch + index / 4)
                update(optimizer)
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=20, steps_per_epoch=4, interval="fraction")
    assert schedule.warnings == ()


@pytest.mark.usefixtures("forked")
def test_a_group_that_comes_later_still_is_told(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD([model.weight], lr=0.1)
        scheduler = StepLR(optimizer, 2, 0.1)
        for index in range(9):
            if index == 2:
                optimizer.add_param_group({"params": [model.bias], "lr": 0.3})
            update(optimizer)
            scheduler.step()
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=6)
    assert lrviz.simulate(schedule).lr.shape == (6, 1)
    assert "built when the optimizer had 1 of its 2 param groups" in schedule.warnings[0]


def test_what_it_began_in_a_session_of_its_own_is_ended(script: Any) -> None:
    script(
        """
        import pathlib, subprocess

        begun = subprocess.Popen(["sleep", "777"], start_new_session=True)
        pathlib.Path("pid").write_text(str(begun.pid))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = StepLR(optimizer, 2, 0.1)
        while True:
            update(optimizer)
            scheduler.step()
        """
    )
    lrviz.load("run:train.py", steps=6)
    process = Path("/proc", Path("pid").read_text(), "status")
    for _ in range(100):
        if not process.exists() or "\nState:\tZ" in process.read_text():
            return
        time.sleep(0.05)
    pytest.fail("it goes on")


def test_a_process_that_it_starts_and_that_raises_is_not_over(script: Any) -> None:
    script(
        """
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = StepLR(optimizer, 2, 0.1)
        update(optimizer)
        raise RuntimeError("needs a GPU")
        """,
        "worker.py",
    )
    script("import subprocess, sys\nsubprocess.run([sys.executable, 'worker.py'])", begin="")
    with pytest.raises(LrvizError) as caught:
        lrviz.load("run:train.py")
    assert str(caught.value).startswith("run:train.py: it ended before an optimizer made an update")


@pytest.mark.usefixtures("forked")
def test_a_late_group_that_stays_as_it_is_is_told_as_such(script: Any) -> None:
    script(
        """
        class Fixed(LRScheduler):
            def get_lr(self):
                return [base / (1 + self.last_epoch) for base in self.base_lrs]

            def step(self):
                self.last_epoch += 1
                for group, lr in zip(self.optimizer.param_groups, self.get_lr()):
                    group["lr"] = lr


        optimizer = torch.optim.SGD([model.weight], lr=0.1)
        scheduler = Fixed(optimizer)
        optimizer.add_param_group({"params": [model.bias], "lr": 0.3})
        while True:
            update(optimizer)
            scheduler.step()
        """
    )
    [schedule] = lrviz.load("run:train.py", steps=6)
    assert schedule.warnings == (
        "Fixed was built when the optimizer had 1 of its 2 param groups, and leaves the others as "
        "they are; add groups before it is built",
    )


def test_a_compiled_step_is_looked_at(script: Any, forked: None) -> None:
    del forked
    script(
        """\
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = StepLR(optimizer, 5, 0.5)
        step = torch.compile(lambda: optimizer.step(), backend="eager")
        for _ in range(12):
            model(torch.ones(1, 2)).sum().backward()
            step()
            scheduler.step()
        """
    )
    assert values("run:train.py", steps=12) == [0.1] * 5 + [0.05] * 5 + [0.025] * 2
