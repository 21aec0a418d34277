"""The callbacks in real trainings of transformers and of Lightning, on a tiny model."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from lightning.pytorch import LightningModule, Trainer
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import LambdaLR, LinearLR, StepLR
from torch.utils.data import DataLoader, Dataset, TensorDataset
from transformers import Trainer as HFTrainer
from transformers import TrainerCallback, TrainingArguments

import lrviz
from lrviz.lightning import Monitor
from lrviz.live.writing import ScheduleWarning
from lrviz.transformers import MonitorCallback


@pytest.fixture
def told() -> Iterator[list[str]]:
    found: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ScheduleWarning)

        def show(message: Warning | str, kind: type[Warning], *_: Any) -> None:
            if issubclass(kind, ScheduleWarning):
                found.append(str(message))

        warnings.showwarning = show  # type: ignore[assignment]
        yield found


# transformers


class Rows(Dataset[dict[str, torch.Tensor]]):
    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return {"x": torch.full((2,), float(index)), "labels": torch.zeros(1)}


class Model(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": ((self.layer(x) - labels) ** 2).mean() * 1e-6}


class TwiceAStep(TrainerCallback):
    """Steps the scheduler once more after each update, as people's own code does by mistake."""

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        kwargs["lr_scheduler"].step()


def arguments(folder: Path, **given: Any) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder / "out"),
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        logging_strategy="no",
        save_strategy="no",
        per_device_train_batch_size=4,
        **{"learning_rate": 1e-3, "warmup_steps": 5, "num_train_epochs": 2, **given},
    )


@pytest.mark.parametrize("kind", ["linear", "cosine", "constant_with_warmup", "polynomial"])
def test_a_trainer_holds_to_its_own_arguments(kind: str, tmp_path: Path, told: list[str]) -> None:
    watch = MonitorCallback(log=tmp_path / "lr.csv")
    given = arguments(tmp_path, lr_scheduler_type=kind, gradient_accumulation_steps=2)
    HFTrainer(Model(), given, train_dataset=Rows(), callbacks=[watch]).train()
    assert watch.monitor is not None
    assert (watch.monitor.update, watch.monitor.mismatch, told) == (16, None, [])
    assert len((tmp_path / "lr.csv").read_text().splitlines()) == 17


def test_a_trainer_s_fault_is_told(tmp_path: Path, told: list[str]) -> None:
    watch = MonitorCallback()
    given = arguments(tmp_path, lr_scheduler_type="linear", num_train_epochs=4)
    HFTrainer(Model(), given, train_dataset=Rows(), callbacks=[watch, TwiceAStep()]).train()
    first, cause = told
    assert first == "the Trainer's arguments: update 1: the optimizer uses 4e-4, the plan says 2e-4"
    assert "the run took 2 of the plan's steps for each update" in cause


def test_a_plan_of_one_s_own(tmp_path: Path, told: list[str]) -> None:
    plan = {
        "train": {"steps": 32},
        "optimizer": {"type": "AdamW", "lr": 1e-3},
        "scheduler": {
            "type": "transformers.linear", "num_warmup_steps": 5, "num_training_steps": 32
        },
    }  # fmt: skip
    given = arguments(tmp_path, lr_scheduler_type="linear")
    watch = MonitorCallback(plan, on_mismatch="raise")
    HFTrainer(Model(), given, train_dataset=Rows(), callbacks=[watch]).train()
    assert (watch.monitor is not None and watch.monitor.update, told) == (32, [])


def test_a_scheduler_of_one_s_own_is_its_own_plan(tmp_path: Path, told: list[str]) -> None:
    for faults in ([], [TwiceAStep()]):
        model = Model()
        optimizer = SGD(model.parameters(), lr=0.1)
        decay = LinearLR(optimizer, total_iters=20)
        watch = MonitorCallback()
        HFTrainer(
            model,
            arguments(tmp_path),
            train_dataset=Rows(),
            callbacks=[watch, *faults],
            optimizers=(optimizer, decay),  # type: ignore[arg-type]  # any scheduler works
        ).train()
        assert watch.monitor is not None
        assert (watch.monitor.update, len(told)) == (32, len(faults))
    assert told[0].startswith("the schedulers: update 1: the optimizer uses 0.04")


# Accelerate


def test_what_accelerate_has_prepared_is_recorded_and_a_plan(told: list[str]) -> None:
    accelerator = Accelerator(cpu=True)
    layer = torch.nn.Linear(2, 1)
    sgd = SGD(layer.parameters(), lr=0.1)
    optimizer, scheduler = accelerator.prepare(sgd, LinearLR(sgd, total_iters=5))
    recorded = lrviz.record(optimizer, scheduler, steps=8).lr[:, 0].tolist()
    used = []
    with lrviz.monitor(optimizer, scheduler) as watched:
        for _ in range(8):
            accelerator.backward(layer(torch.ones(1, 2)).sum())
            used.append(sgd.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    assert (used, watched.mismatch, told) == (recorded, None, [])


# Lightning


class Net(LightningModule):
    def __init__(self, interval: str = "step") -> None:
        super().__init__()
        self.layer, self.interval = torch.nn.Linear(2, 1), interval

    def training_step(self, batch: list[torch.Tensor]) -> torch.Tensor:
        return self.layer(batch[0]).mean() * 1e-6  # type: ignore[no-any-return]

    def configure_optimizers(self) -> Any:
        optimizer = SGD(self.parameters(), lr=0.1)
        decay = LambdaLR(optimizer, lambda step: 1 / (1 + step))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": decay, "interval": self.interval},
        }


class Pair(LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.g, self.d = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
        self.automatic_optimization = False

    def training_step(self, batch: list[torch.Tensor]) -> None:
        for optimizer, layer in zip(self.optimizers(), (self.g, self.d), strict=True):
            optimizer.zero_grad()
            self.manual_backward(layer(batch[0]).mean() * 1e-6)
            optimizer.step()
        for each in self.lr_schedulers():  # type: ignore[union-attr]
            each.step()

    def configure_optimizers(self) -> Any:
        g, d = SGD(self.g.parameters(), lr=0.1), AdamW(self.d.parameters(), lr=0.01)
        return [g, d], [StepLR(g, 5, 0.5), StepLR(d, 3, 0.1)]


def batches() -> Any:
    return DataLoader(TensorDataset(torch.zeros(32, 2)), batch_size=2)


def fitted(module: LightningModule, watch: Monitor, folder: Path, epochs: int = 2) -> None:
    trainer_of(watch, folder, epochs).fit(module, batches())


def trainer_of(watch: Monitor, folder: Path, epochs: int) -> Trainer:
    return Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        callbacks=[watch],
    )


def plan(steps: int) -> Any:
    return {
        "train": {"steps": steps},
        "optimizer": {"type": "SGD", "lr": 0.1},
        "scheduler": {"type": "LambdaLR", "lr_lambda": "1 / (1 + step)"},
    }


def test_lightning_as_planned(tmp_path: Path, told: list[str]) -> None:
    watch = Monitor(plan(32), log=tmp_path / "lr.csv")
    fitted(Net(), watch, tmp_path)
    assert (watch.monitor.update, watch.monitor.mismatch, told) == (32, None, [])
    verdict = lrviz.compare(lrviz.simulate(plan(32)), tmp_path / "lr.csv")
    assert verdict.equal


def test_lightning_steps_per_epoch_where_the_plan_does_not(tmp_path: Path, told: list[str]) -> None:
    watch = Monitor(plan(96), steps_per_epoch=16)
    fitted(Net("epoch"), watch, tmp_path, epochs=6)
    first, cause = told
    assert first == "schedule: update 1: the optimizer uses 0.1, the plan says 0.05"
    assert "it was stepped per epoch where the plan steps per update" in cause


def test_two_optimizers_of_lightning(tmp_path: Path, told: list[str]) -> None:
    plans = [
        lrviz.simulate(lambda optimizer: StepLR(optimizer, 5, 0.5), steps=32, lr=0.1),
        lrviz.simulate(lambda optimizer: StepLR(optimizer, 3, 0.1), steps=32, lr=0.01),
    ]
    watch = Monitor(plans, log=tmp_path / "lr.csv", on_mismatch="raise")
    fitted(Pair(), watch, tmp_path)
    assert [each.update for each in watch.monitor.values()] == [32, 32]
    assert told == []
    assert (tmp_path / "lr-0.csv").exists()
    assert (tmp_path / "lr-1.csv").exists()


class Unequal(Pair):
    """Trains its second optimizer in every third batch alone."""

    def training_step(self, batch: list[torch.Tensor], batch_idx: int = 0) -> None:
        acting = zip(self.optimizers(), (self.g, self.d), self.lr_schedulers(), strict=True)  # type: ignore[arg-type]
        for index, (optimizer, layer, scheduler) in enumerate(acting):
            if index == 0 or batch_idx % 3 == 0:
                optimizer.zero_grad()
                self.manual_backward(layer(batch[0]).mean() * 1e-6)
                optimizer.step()
                scheduler.step()


def test_optimizers_of_unequal_updates_are_resumed_each_at_its_own(
    tmp_path: Path, told: list[str]
) -> None:
    plans = [
        lrviz.simulate(lambda optimizer: StepLR(optimizer, 5, 0.5), steps=32, lr=0.1),
        lrviz.simulate(lambda optimizer: StepLR(optimizer, 3, 0.1), steps=32, lr=0.01),
    ]
    checkpoint = tmp_path / "half.ckpt"
    for epochs in (1, 2):
        watch = Monitor(plans, on_mismatch="raise")
        trainer = trainer_of(watch, tmp_path, epochs)
        trainer.fit(Unequal(), batches(), ckpt_path=str(checkpoint) if epochs == 2 else None)
        trainer.save_checkpoint(checkpoint)
    assert [each.update for each in watch.monitor.values()] == [32, 12]
    assert told == []


def test_neither_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, lrviz, lrviz.live; print(*sorted({'transformers', 'lightning', "
        "'lrviz.transformers', 'lrviz.lightning'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "\n"
