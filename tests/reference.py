"""The loop that people write, by hand, on real optimizers: what lrviz's numbers are compared with.

It shares no code with lrviz and takes no short cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch.optim import Optimizer

from lrviz.spec.models import Interval


@dataclass
class Slot:
    """A scheduler and when it is called; the fields mean what those of `BuiltScheduler` do."""

    scheduler: Any
    interval: Interval = "step"
    frequency: int = 1
    begin: int = 0
    end: int | None = None
    metric: list[float] | None = None


@dataclass
class Reference:
    """What the loop saw.

    Attributes:
        lr: lr[t][g] is what update t used for group g.
        momentum: The same for `momentum` or `betas[0]`; empty where the optimizer has neither.
        decay: The same for the weight decay.
        after_lr: What the next update would use.
        after_momentum: The same for the momentum.
        failed: The update after which a scheduler raised, or None.
        words: The scheduler's own words then.
    """

    lr: list[list[float]] = field(default_factory=list)
    momentum: list[list[float]] = field(default_factory=list)
    decay: list[list[float]] = field(default_factory=list)
    after_lr: list[float] = field(default_factory=list)
    after_momentum: list[float] = field(default_factory=list)
    failed: int | None = None
    words: str = ""


def real_optimizer(
    cls: type[Optimizer], groups: list[dict[str, Any]], defaults: dict[str, Any]
) -> Optimizer:
    """Return a real optimizer with one (2, 2) parameter a group, each with a gradient."""
    params = []
    for group in groups:
        param = torch.ones(2, 2, requires_grad=True)
        param.grad = torch.full((2, 2), 0.5)
        if cls is torch.optim.SparseAdam:
            param.grad = param.grad.to_sparse()
        params.append({**group, "params": [param]})
    make: Any = cls
    optimizer: Optimizer = make(params, **defaults)
    return optimizer


def lrs(optimizer: Optimizer) -> list[float]:
    """Return the learning rate of each group now."""
    return [float(group["lr"]) for group in optimizer.param_groups]


def momenta(optimizer: Optimizer) -> list[float]:
    """Return the momentum, or Adam's beta1, of each group now."""
    if "betas" in optimizer.param_groups[0]:
        return [float(group["betas"][0]) for group in optimizer.param_groups]
    if "momentum" in optimizer.param_groups[0]:
        return [float(group["momentum"]) for group in optimizer.param_groups]
    return []


def decays(optimizer: Optimizer) -> list[float]:
    """Return the weight decay of each group now."""
    return [float(group.get("weight_decay", 0.0)) for group in optimizer.param_groups]


def train(
    optimizer: Optimizer, slots: list[Slot], updates: int, updates_per_epoch: int | None = None
) -> Reference:
    """Train for so many updates, and write down what each of them used."""
    seen = Reference()
    epoch = 0
    in_epoch = 0
    for t in range(updates):
        seen.lr.append(lrs(optimizer))
        seen.momentum.append(momenta(optimizer))
        seen.decay.append(decays(optimizer))
        optimizer.step(lambda: 1.0)
        in_epoch += 1
        try:
            for slot in slots:
                if slot.interval == "step":
                    step(slot, t)
            if in_epoch == updates_per_epoch:
                for slot in slots:
                    if slot.interval == "epoch":
                        step(slot, epoch)
                epoch += 1
                in_epoch = 0
        except Exception as error:  # noqa: BLE001
            seen.failed = t
            seen.words = f"{type(error).__name__}: {error}".removesuffix(": ")
            break
    seen.after_lr = lrs(optimizer)
    seen.after_momentum = momenta(optimizer)
    return seen


def step(slot: Slot, number: int) -> None:
    """Call the scheduler after update, or epoch, `number` (0-based), if it is its turn."""
    if number < slot.begin:
        return
    if slot.end is not None and number >= slot.end:
        return
    if (number + 1) % slot.frequency != 0:
        return
    if slot.metric is None:
        slot.scheduler.step()
    else:
        slot.scheduler.step(slot.metric[number])
