"""Schedulers as people write and share them: they override `step`, `get_lr`, both or neither.

Their arguments are alike: `warmup` and `total` are numbers of calls.
"""

from __future__ import annotations

import math
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LinearLR, LRScheduler, ReduceLROnPlateau


class OverridesGetLr(LRScheduler):
    """A closed form of `last_epoch`."""

    def __init__(self, optimizer: Optimizer, warmup: int, total: int, last_epoch: int = -1) -> None:
        self.warmup, self.total = warmup, total
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        t = self.last_epoch
        if t < self.warmup:
            return [lr * (t + 1) / self.warmup for lr in self.base_lrs]
        rest = max(0.0, 1 - (t - self.warmup) / self.total)
        return [lr * rest**2 for lr in self.base_lrs]


class OverridesStep(LinearLR):
    """A `step` that takes every second call for one."""

    def __init__(self, optimizer: Optimizer, warmup: int, total: int) -> None:
        self.calls = 0
        super().__init__(optimizer, start_factor=1 / (warmup + 1), total_iters=total)

    def step(self, epoch: int | None = None) -> None:
        self.calls += 1
        if self.calls % 2:
            super().step(epoch)


class OverridesBoth(LRScheduler):
    """Cosine restarts after a warmup, which sets the groups itself and never asks torch's step."""

    def __init__(self, optimizer: Optimizer, warmup: int, total: int) -> None:
        self.warmup, self.total = warmup, warmup + total
        self.in_cycle, self.floors = -1, [group["lr"] / 100 for group in optimizer.param_groups]
        super().__init__(optimizer)
        for group, floor in zip(optimizer.param_groups, self.floors, strict=True):
            group["lr"] = floor

    def get_lr(self) -> list[Any]:
        return [
            floor + (lr - floor) * self._share()
            for lr, floor in zip(self.base_lrs, self.floors, strict=True)
        ]

    def _share(self) -> float:
        if self.in_cycle < self.warmup:
            return self.in_cycle / self.warmup
        done = (self.in_cycle - self.warmup) / (self.total - self.warmup)
        return (1 + math.cos(math.pi * done)) / 2

    def step(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self.in_cycle = self.last_epoch % self.total
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]


class OverridesNeither(LinearLR):
    """Another name for torch's own, with other arguments."""

    def __init__(self, optimizer: Optimizer, warmup: int, total: int) -> None:
        super().__init__(optimizer, 1 / (warmup + 2), 1.0, total_iters=warmup + total)


class Decoupled(LRScheduler):
    """Moves the weight decay along with the learning rate."""

    def __init__(self, optimizer: Optimizer, warmup: int, total: int) -> None:
        self.total = warmup + total
        super().__init__(optimizer)

    def get_lr(self) -> list[Any]:
        share = max(0.0, 1 - self.last_epoch / self.total)
        for group in self.optimizer.param_groups:
            if "weight_decay" in group:
                group["weight_decay"] = 0.05 * (2 - share)
        return [lr * share for lr in self.base_lrs]


class NoLRScheduler:
    """Any object with a `step`."""

    def __init__(self, optimizer: Optimizer, warmup: int, total: int) -> None:
        self.optimizer, self.warmup, self.total, self.calls = optimizer, warmup, total, 0
        self.peaks = [group["lr"] for group in optimizer.param_groups]
        self._write()

    def _write(self) -> None:
        share = min((self.calls + 1) / self.warmup, max(0.1, 1 - self.calls / self.total))
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * share

    def step(self) -> None:
        self.calls += 1
        self._write()


class GivesUp(OverridesGetLr):
    """Raises past its end, as OneCycleLR does."""

    def step(self, epoch: int | None = None) -> None:
        if self.last_epoch >= self.warmup + self.total:
            raise RuntimeError(f"no step behind {self.warmup + self.total}")
        super().step(epoch)


class PlateauWithWarmup(ReduceLROnPlateau):
    """Raises the learning rate over the first calls, and watches the metric after them."""

    def __init__(self, optimizer: Optimizer, warmup: int, **kwargs: Any) -> None:
        super().__init__(optimizer, **kwargs)
        self.warmup, self.calls = warmup, 0
        self.peaks = [group["lr"] for group in optimizer.param_groups]

    # torch's own ReduceLROnPlateau differs from LRScheduler in the same way.
    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        self.calls += 1
        if self.calls > self.warmup:
            super().step(metrics, epoch)
            return
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * self.calls / self.warmup
