"""Schedulers, and functions that build them, that misbehave in mid-run or before it.

Each scheduler keeps its learning rate for three updates, and then does what its name says.
"""

from __future__ import annotations

import io
import math
import sys
import time
import warnings
from typing import Any

import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import ConstantLR, LambdaLR, LRScheduler


class Quiet(LRScheduler):
    """Does nothing: the base of the others."""

    def get_lr(self) -> list[Any]:
        return [lr if self.last_epoch < 3 else self.turn(float(lr)) for lr in self.base_lrs]

    def turn(self, lr: float) -> Any:
        return lr


class Raises(Quiet):
    def turn(self, lr: float) -> Any:
        raise KeyError("no such thing")


class RaisesNothingToRead(Quiet):
    def turn(self, lr: float) -> Any:
        class Unspeakable(Exception):
            def __str__(self) -> str:
                raise ValueError("no words")

        raise Unspeakable


class Stops(Quiet):
    def turn(self, lr: float) -> Any:
        raise StopIteration


class Recurses(Quiet):
    def turn(self, lr: float) -> Any:
        return self.turn(lr)


class Exits(Quiet):
    def turn(self, lr: float) -> Any:
        sys.exit(7)


class ExitsInPeace(Quiet):
    def turn(self, lr: float) -> Any:
        sys.exit()


class Cancels(Quiet):
    def turn(self, lr: float) -> Any:
        raise GeneratorExit


class GivesTwo(Quiet):
    def turn(self, lr: float) -> Any:
        return torch.tensor([lr, lr])


class GivesNone(Quiet):
    def turn(self, lr: float) -> Any:
        return None


class GivesText(Quiet):
    def turn(self, lr: float) -> Any:
        return "0.1"


class GivesComplex(Quiet):
    def turn(self, lr: float) -> Any:
        return complex(1, 2)


class GivesEndless(Quiet):
    def turn(self, lr: float) -> Any:
        return 10**400


class GivesTooMany(Quiet):
    def get_lr(self) -> list[Any]:
        return [*super().get_lr(), *([0.1] if self.last_epoch == 3 else [])]


class GivesTooFew(Quiet):
    def get_lr(self) -> list[Any]:
        return super().get_lr() if self.last_epoch < 3 else []


class AddsGroup(Quiet):
    def turn(self, lr: float) -> Any:
        self.optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)]})
        return lr


class AddsGroupAfterwards(Quiet):
    def step(self, epoch: int | None = None) -> None:
        super().step(epoch)
        if self.last_epoch == 3:
            self.optimizer.add_param_group({"params": [torch.zeros(1, requires_grad=True)]})


class DropsGroups(Quiet):
    def step(self, epoch: int | None = None) -> None:
        super().step(epoch)
        if self.last_epoch == 3:
            self.optimizer.param_groups.clear()


class DropsLr(Quiet):
    def step(self, epoch: int | None = None) -> None:
        super().step(epoch)
        if self.last_epoch == 3:
            del self.optimizer.param_groups[-1]["lr"]


class LosesMomentum(Quiet):
    def step(self, epoch: int | None = None) -> None:
        super().step(epoch)
        if self.last_epoch == 3:
            self.optimizer.param_groups[0]["momentum"] = None


class ReplacesGroups(Quiet):
    """As `Optimizer.load_state_dict` does: what is used from then on are other dicts."""

    def step(self, epoch: int | None = None) -> None:
        super().step(epoch)
        if self.last_epoch == 3:
            groups = self.optimizer.param_groups
            self.optimizer.param_groups = [{**group, "lr": group["lr"] / 2} for group in groups]


class GivesTensor(Quiet):
    def turn(self, lr: float) -> Any:
        return torch.tensor(lr / 2, dtype=torch.float64)


class GivesNaN(Quiet):
    def turn(self, lr: float) -> Any:
        return math.nan


class Warns(Quiet):
    def turn(self, lr: float) -> Any:
        warnings.warn("something is odd", stacklevel=1)
        return lr


class WarnsEachTime(Quiet):
    def turn(self, lr: float) -> Any:
        warnings.warn(f"odd in step {self.last_epoch}", stacklevel=1)
        return lr


class Prints(Quiet):
    def turn(self, lr: float) -> Any:
        sys.stdout.write(f"step {self.last_epoch}\n")
        return lr


class ClosesStdout(Quiet):
    def turn(self, lr: float) -> Any:
        sys.stdout.close()
        return lr


class ReplacesStdout(Quiet):
    """As training scripts do that write a log beside it."""

    def turn(self, lr: float) -> Any:
        sys.stdout = io.StringIO()
        return lr


class Sleeps(Quiet):
    def turn(self, lr: float) -> Any:
        time.sleep(0.1)
        return lr


def exits(optimizer: Optimizer) -> Any:
    sys.exit("done")


def raises(optimizer: Optimizer) -> Any:
    raise RuntimeError("no data\nhere")


def gives_nothing(optimizer: Optimizer) -> None:
    return None


def has_no_lr() -> Any:
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = ConstantLR(optimizer)
    optimizer.param_groups[0]["lr"] = None
    return optimizer, scheduler


def has_no_groups() -> Any:
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    optimizer.param_groups.clear()
    return optimizer, ConstantLR(optimizer)


def no_optimizer(optimizer: Optimizer) -> Any:
    return {"optimizer": "SGD", "lr_scheduler": ConstantLR(optimizer)}


def odd_frequency(optimizer: Optimizer) -> Any:
    return {
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": ConstantLR(optimizer), "interval": "step", "frequency": "x"},
    }


def no_frequency(optimizer: Optimizer) -> Any:
    return [optimizer], [{"scheduler": ConstantLR(optimizer), "interval": "step", "frequency": 0}]


def exits_later(step: int) -> float:
    return 0.1 if step < 3 else sys.exit(3)


def gives_two_later(optimizer: Optimizer) -> Any:
    return LambdaLR(optimizer, lambda step: 1.0 if step < 3 else torch.tensor([1.0, 2.0]))  # type: ignore[arg-type,return-value]
