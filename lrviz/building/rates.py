"""Optimizers whose update does not use the lr of its group as it stands there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.optim import Optimizer

from lrviz.building.dummy import idle_step
from lrviz.building.quantities import Group

Rates = NDArray[np.float64]
_MOST = 2**24  # updates that torch counts: its count is a float32, which then stands still


@dataclass(frozen=True)
class OwnRate:
    """What an optimizer makes of the lr inside `step()`.

    Attributes:
        note: It in words; nothing is to be said where `effective` returns what it was given.
        effective: Returns the rates that updates use, shape (N, G), from those in their groups,
            where they do not depend on parameters and gradients; else None.
    """

    note: str
    effective: Callable[[Rates], Rates] | None = None


@dataclass(frozen=True)
class _Changer:
    """An optimizer class of this kind.

    Attributes:
        acts: Whether it does anything to the rate of a group.
        note: It in words, of the first group in which it acts.
        effective: A group's rates from its lr, shape (N,), and the updates before, shape (N,).
    """

    acts: Callable[[Group], bool]
    note: str
    effective: Callable[[Group, Rates, Rates], Rates] | None = None


def _adagrad(group: Group, lr: Rates, before: Rates) -> Rates:
    rates: Rates = lr / (1 + np.minimum(before, _MOST - 1) * group["lr_decay"])
    return rates


def _adafactor(group: Group, lr: Rates, before: Rates) -> Rates:
    del group
    # A power as torch takes it: a square root may round otherwise.
    counts = np.minimum(before, _MOST - 1) + 1
    return np.minimum(lr, [1 / each**0.5 for each in counts.tolist()])


def _schedule_free(group: Group, lr: Rates, before: Rates) -> Rates:
    warmup = group["warmup_steps"]
    return lr * np.where(before < warmup, (before + 1) / max(warmup, 1), 1.0)


_SHOWN = "what update t uses is shown as effective_lr"
_SCHEDULE_FREE = _Changer(
    lambda group: bool(group.get("warmup_steps")),
    f"warms the lr up by itself, over {{warmup_steps}} updates (warmup_steps): {_SHOWN}",
    _schedule_free,
)
_ESTIMATE = _Changer(
    lambda group: True,
    "multiplies the lr by its own estimate of a step's size, which depends on the gradients: what "
    "an update uses is not the lr shown here",
)
# By the class that has the `step`. Symbols are those of each class's documentation: torch 2.13
# (Adagrad, ASGD, Adafactor, Rprop), transformers 5.23, schedulefree 1.4, prodigyopt 1.1,
# dadaptation 3.2.
_KINDS: Mapping[tuple[str, str], _Changer] = {
    ("torch", "Adagrad"): _Changer(
        lambda group: bool(group["lr_decay"]),
        f"divides the lr by 1 + t * {{lr_decay:g}} (lr_decay): {_SHOWN}",
        _adagrad,
    ),
    ("torch", "ASGD"): _Changer(
        lambda group: bool(group["lambd"] and group["alpha"]),
        "has a rate of its own: update t uses lr / (1 + lambd * lr * t) ** alpha with the lr of "
        "update t - 1, not the lr shown here",
    ),
    ("torch", "Adafactor"): _Changer(
        lambda group: True,
        f"takes the lr as a bound, and uses min(lr, 1 / sqrt(t + 1)): {_SHOWN}",
        _adafactor,
    ),
    ("torch", "Rprop"): _Changer(
        lambda group: True,
        "takes the lr of its first update as the size of its first steps, and does not read it "
        "again: a scheduler has no effect",
    ),
    **{
        ("schedulefree", name): _SCHEDULE_FREE
        for name in ("AdamWScheduleFree", "SGDScheduleFree", "RAdamScheduleFree")
    },
    ("transformers", "Adafactor"): _Changer(
        lambda group: bool(group.get("relative_step")),
        "makes its rate of the count of updates (relative_step): it does not read the lr shown "
        "here",
    ),
    ("prodigyopt", "Prodigy"): _ESTIMATE,
    **{
        ("dadaptation", f"DAdapt{name}"): _ESTIMATE
        for name in ("AdaGrad", "Adam", "AdanIP", "Adan", "Lion", "SGD")
    },
}


def own_rate(optimizer: Optimizer) -> OwnRate | None:
    """Return what an optimizer makes of the lr inside `step()`; None where it uses it as it is.

    Known by the class whose `step` it has, and only where its arguments have it do so. Bias
    corrections, as Adam's, belong to the gradient's average and not to the rate.

    Args:
        optimizer: As it is before the first update shown; it may have made updates before.
    """
    owner = _owner(type(optimizer))
    kind = _KINDS.get((owner.__module__.partition(".")[0], owner.__name__))
    groups: Sequence[Group] = optimizer.param_groups
    acting = [group for group in groups if kind is not None and kind.acts(group)]
    if kind is None or not acting:
        return None
    note = f"{owner.__name__} {kind.note.format_map(acting[0])}"
    if kind.effective is None:
        return OwnRate(note)
    kept = [dict(group) for group in groups]  # as they are now: a scheduler moves them
    taken = [_taken(optimizer, group) for group in groups]
    of_group = kind.effective

    def effective(lr: Rates) -> Rates:
        updates = np.arange(len(lr), dtype=np.float64)
        columns = [
            of_group(group, lr[:, index], updates + taken[index])
            if kind.acts(group)
            else lr[:, index]
            for index, group in enumerate(kept)
        ]
        return np.stack(columns, axis=1)

    return OwnRate(note, effective)


def _owner(cls: type[Optimizer]) -> type[Any]:
    """Return the class whose `step` an optimizer of `cls` runs in a training."""
    return next(
        each
        for each in cls.__mro__
        if "step" in vars(each) and getattr(each, "step", None) is not idle_step
    )


def _taken(optimizer: Optimizer, group: Group) -> float:
    """Return the updates that an optimizer has made of a group."""
    if "k" in group:  # schedulefree's own count
        return float(group["k"])
    states = (optimizer.state.get(each) for each in group["params"])
    return max((float(state["step"]) for state in states if state and "step" in state), default=0.0)
