"""Random trainings, as the specs that people would write; what they mean is for `by_hand.py`.

A count is often written as a duration (`30ba`, `2.5ep`, `7%`, `rest`), a learning rate as a share
(`0.1lr`), a class in another spelling (`_target_`, `class_path`), so that these are tried as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from transformers import optimization

FACTORS = (0.1, 0.5, 0.9, 1.0 / 3.0)
LRS = (1.0, 0.1, 0.3, 1e-3, 3e-4, 7.123456789e-5)

# What is written in a spec, and the same by hand: step and total are numbers of calls.
LAMBDAS: dict[str, Callable[[int, int], float]] = {
    "0.95 ** step": lambda step, total: math.pow(0.95, step),
    "1 / (1 + 0.1 * step)": lambda step, total: 1.0 / (1.0 + 0.1 * step),
    "min((step + 1) ** -0.5, (step + 1) * 40 ** -1.5)": lambda step, total: min(
        math.pow(step + 1.0, -0.5), (step + 1.0) * math.pow(40.0, -1.5)
    ),
    "0.5 if step % 10 < 5 else 1": lambda step, total: 0.5 if step % 10.0 < 5.0 else 1.0,
    "1 - 0.9 * progress": lambda step, total: 1.0 - 0.9 * (step / total),
    "max(0.1, (total - step) / total)": lambda step, total: max(0.1, (total - step) / total),
}
CURVES: dict[str, Callable[[float, float, float], float]] = {
    "2 / (1 + epoch)": lambda step, epoch, progress: 2.0 / (1.0 + epoch),
    "1 - progress": lambda step, epoch, progress: 1.0 - progress,
    "abs(step % 7 - 3)": lambda step, epoch, progress: abs(step % 7.0 - 3.0),
}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9},
    "Adadelta": {},
    "Adafactor": {},
    "Adagrad": {},
    "Adam": {"betas": [0.9, 0.95]},
    "Adamax": {},
    "AdamW": {"weight_decay": 0.1},
    "ASGD": {},
    "LBFGS": {},
    "Muon": {},
    "NAdam": {},
    "RAdam": {},
    "RMSprop": {"momentum": 0.5},
    "Rprop": {},
    "SparseAdam": {},
}
TORCH = (
    *("LambdaLR", "MultiplicativeLR", "StepLR", "MultiStepLR", "ConstantLR", "LinearLR"),
    *("ExponentialLR", "PolynomialLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts"),
    *("CyclicLR", "OneCycleLR", "SWALR"),
)


def there(*names: str) -> tuple[str, ...]:
    """Return those of these functions that the installed transformers has: not all old ones do."""
    return tuple(name for name in names if hasattr(optimization, name))


TRANSFORMERS = there(
    *("get_constant_schedule", "get_constant_schedule_with_warmup"),
    *("get_linear_schedule_with_warmup", "get_cosine_schedule_with_warmup"),
    "get_cosine_with_hard_restarts_schedule_with_warmup",
    *("get_polynomial_decay_schedule_with_warmup", "get_inverse_sqrt_schedule"),
    "get_cosine_with_min_lr_schedule_with_warmup",
    *("get_cosine_with_min_lr_schedule_with_warmup_lr_rate", "get_wsd_schedule"),
)
MEASURED = there("get_reduce_on_plateau_schedule", "get_greedy_schedule")  # these see a metric
OTHERS = ("OverridesGetLr", "OverridesStep", "OverridesBoth", "OverridesNeither", "Decoupled")
ALONE = ("NoLRScheduler", "GivesUp")  # third parties' that stand in no composite


@dataclass(frozen=True)
class Training:
    """A training: the spec, the number of updates, and how many of them are an epoch.

    The two numbers say what the spec's `train` comes to, found beside it and not by lrviz.
    """

    spec: dict[str, Any]
    updates: int
    per_epoch: int

    @property
    def slots(self) -> list[dict[str, Any]]:
        """The schedulers, each with when it is stepped; one alone stands in the spec itself."""
        listed: list[dict[str, Any]] = self.spec.get("schedulers") or [self.spec]
        return listed


def training(rng: Random, most: int, *, functions: bool = False) -> Training:
    """Return a training of up to `most` updates, short ones more often than long ones.

    Args:
        rng: Where chance comes from.
        most: Updates.
        functions: Only what a function may return: no `begin`, `end` or metric.
    """
    updates = min(most, int(math.exp(rng.uniform(0.0, math.log(most + 1)))))
    return Writer(rng, updates, functions).training()


class Writer:
    """Writes one training."""

    def __init__(self, rng: Random, updates: int, functions: bool) -> None:
        self.rng = rng
        self.functions = functions
        self.updates = updates
        self.per_epoch = 1
        self.epochs_only = False
        self.groups = 1
        self.calls = updates  # of step(), of the slot that is written
        self.per_call = 1  # updates

    def flip(self, chance: float = 0.5) -> bool:
        return self.rng.random() < chance

    def training(self) -> Training:
        train = self.train()
        optimizer = self.optimizer()
        spec: dict[str, Any] = {"train": train, "optimizer": optimizer}
        if self.flip():
            slot = self.slot(alone=True)
            spec |= slot if self.flip() else {"schedulers": [slot]}
        else:
            spec["schedulers"] = [self.slot() for _ in range(self.rng.randint(1, 3))]
        return Training(spec, self.updates, self.per_epoch)

    def train(self) -> dict[str, Any]:
        """Write how long training is, in one of the ways; updates may change with it."""
        self.per_epoch = self.rng.choice([1, 2, 3, 7, 20, self.rng.randint(1, self.updates)])
        way = self.rng.randrange(6)
        if way == 0:
            epochs = Fraction(self.rng.randint(1, 400), self.rng.choice([1, 4, 100]))
            while epochs * self.per_epoch > 2 * self.updates + 1:
                epochs /= 2
            written = float(epochs)
            self.updates = math.ceil(Fraction(repr(written)) * self.per_epoch)
            return {"epochs": written, "steps_per_epoch": self.per_epoch}
        if way == 1:
            return {"steps": self.updates, **self.sizes()}
        if way == 2:
            tokens = self.rng.randint(1, 9)
            whole = self.updates * tokens - self.rng.randrange(tokens)
            train = {"tokens": float(whole), "tokens_per_update": float(tokens)}
            return train | {"steps_per_epoch": self.per_epoch}
        if way == 3 and not self.functions:
            self.per_epoch, self.epochs_only = 1, True
            return {"epochs": self.updates}
        return {"steps": self.updates, "steps_per_epoch": self.per_epoch}

    def sizes(self) -> dict[str, Any]:
        """Write an epoch as a data set, batches, devices and accumulation."""
        batch, world, accumulate = (self.rng.choice([1, 2, 3, 8]) for _ in range(3))
        size = self.rng.randint(batch * world, batch * world * accumulate * 6)
        drop, sampler_drops = self.flip(), world > 1 and self.flip()
        # What torch's DistributedSampler gives a device, and its DataLoader makes of it.
        samples = (math.floor if sampler_drops else math.ceil)(Fraction(size, world))
        batches = (math.floor if drop else math.ceil)(Fraction(samples, batch))
        self.per_epoch = math.ceil(Fraction(batches, accumulate))
        sizes = {"dataset_size": size, "batch_size": batch, "world_size": world}
        if sampler_drops:
            sizes["sampler_drop_last"] = True
        return sizes | {"accumulate": accumulate, "drop_last": drop}

    def optimizer(self) -> dict[str, Any]:
        name = "SGD" if self.flip(0.4) else self.rng.choice(sorted(OPTIMIZERS))
        self.groups = 1 if name == "LBFGS" else self.rng.choice([1, 1, 2, 3, 4, 5])
        section: dict[str, Any] = {"type": name, "lr": self.lr(), **OPTIMIZERS[name]}
        if self.groups > 1 and self.flip(0.2):
            decay = self.rng.choice([0.5, 0.75, 0.9])
            layers = {"count": self.groups - 1, "lr_decay": decay}
            section["groups"] = {"layers": layers, "head": {}}
        elif self.groups > 1 or self.flip(0.2):
            section["groups"] = {f"g{index}": self.group(name) for index in range(self.groups)}
        return section

    def group(self, name: str) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.flip():
            options["lr"] = self.share() if self.flip(0.3) else self.lr()
        if self.flip(0.2) and name in ("SGD", "RMSprop"):
            options["momentum"] = self.rng.choice([0.0, 0.5, 0.95])
        if self.flip(0.2) and name in ("SGD", "AdamW"):
            options["weight_decay"] = 0.01
        return options

    def slot(self, *, alone: bool = False) -> dict[str, Any]:
        """Write a scheduler, when it is stepped, and the metric that it sees."""
        rng = self.rng
        interval = "epoch" if self.epochs_only else rng.choice(["step", "epoch"])
        slot: dict[str, Any] = {"interval": interval, "frequency": rng.choice([1, 1, 1, 2, 3])}
        units = self.updates // (self.per_epoch if interval == "epoch" else 1)
        if not self.functions and not alone:
            slot["begin"] = rng.choice([0, 0, rng.randint(0, units + 1)])
            if self.flip():
                slot["end"] = slot["begin"] + rng.randint(1, units + 1)
        self.calls = max(1, units // slot["frequency"])
        self.per_call = slot["frequency"] * (self.per_epoch if interval == "epoch" else 1)
        if not self.functions and self.flip(0.15):
            metric: dict[str, Any] = {"values": [rng.uniform(0, 3) for _ in range(units)]}
            if self.flip(0.4):
                metric = {"curve": rng.choice(sorted(CURVES))}
            return {**slot, "metric": metric, "scheduler": self.measured()}
        return {**slot, "scheduler": self.spelt(self.tree(2, alone=self.flip(0.1)))}

    def measured(self) -> dict[str, Any]:
        """Write a scheduler that sees a metric."""
        rng = self.rng
        name = rng.choice(
            ["ReduceLROnPlateau", "ReduceLROnPlateau", "PlateauWithWarmup", *MEASURED]
        )
        node: dict[str, Any] = {
            "type": f"transformers.{name}" if name in MEASURED else name,
            "factor": self.factor(),
            "patience": rng.randint(0, 4),
            "mode": rng.choice(["min", "max"]),
            "threshold_mode": rng.choice(["rel", "abs"]),
            "cooldown": rng.randint(0, 2),
        }
        if name == "PlateauWithWarmup":
            return {
                **node,
                "type": "tests.attacks.third_party.PlateauWithWarmup",
                "warmup": self.count(),
            }
        if self.flip():
            node["min_lr"] = rng.choice([0.0, 1e-4, self.lr()])
        if name == "ReduceLROnPlateau" and self.flip(0.3):
            node["min_lr"] = self.rates()
        if name == "get_greedy_schedule":
            node |= {"warmup": rng.randint(0, 2), "smooth": self.flip(), "window_size": 5}
            node["reset_start"] = rng.randint(1, 5)
        return node

    def tree(self, depth: int, *, alone: bool = False) -> dict[str, Any]:
        """Write a scheduler: one of torch's, another's, or a composite as deep as `depth`."""
        kinds = ["torch"] * 3 + (["SequentialLR", "ChainedScheduler"] if depth else [])
        kind = self.rng.choice([*kinds, "transformers" if self.flip(0.6) else "third party"])
        if kind == "torch":
            return self.torch()
        if kind == "transformers":
            return self.transformers()
        if kind == "third party":
            return self.third_party(alone=alone and depth == 2)
        members = [self.spelt(self.tree(depth - 1)) for _ in range(self.rng.randint(1, 3))]
        if kind == "ChainedScheduler":
            return {"type": kind, "schedulers": members}
        bounds = self.rng.sample(range(1, self.calls + 3), min(len(members) - 1, self.calls))
        members = members[: len(bounds) + 1]
        milestones: list[Any] = sorted(bounds)
        if self.flip(0.2) and not self.epochs_only:
            milestones = [f"{bound * self.per_call}ba" for bound in milestones]
        return {"type": kind, "schedulers": members, "milestones": milestones}

    def spelt(self, node: dict[str, Any]) -> Any:
        """Write a node in one of the spellings that are read."""
        name, arguments = node["type"], {k: v for k, v in node.items() if k != "type"}
        if self.flip(0.8):
            return node
        if "." not in name:
            module = "swa_utils" if name == "SWALR" else "lr_scheduler"
            name = f"torch.optim.{module}.{name}"
        if self.flip(0.3):
            return {"class_path": name, "init_args": arguments}
        key = self.rng.choice(["type", "_target_"])
        return {key: name, **arguments, **({"_partial_": True} if key == "_target_" else {})}

    def lr(self) -> float:
        return self.rng.choice(LRS) if self.flip() else self.rng.uniform(1e-6, 2.0)

    def share(self) -> str:
        return self.rng.choice(["lr", "0.1lr", "0.25lr", "1.5lr"])

    def factor(self) -> float:
        return self.rng.choice(FACTORS) if self.flip() else self.rng.uniform(0.01, 0.99)

    def rate(self) -> float | str:
        return self.share() if self.flip(0.3) else self.lr()

    def rates(self) -> Any:
        """Write a learning rate, or one a group."""
        return [self.rate() for _ in range(self.groups)] if self.flip(0.3) else self.rate()

    def count(self, least: int = 1) -> Any:
        """Write a number of calls of step(), or a duration."""
        high = max(least, self.calls * self.rng.choice([1, 2]))
        number = self.rng.choice(
            [self.rng.randint(least, least + 11), self.rng.randint(least, high)]
        )
        if self.flip(0.7):
            return number
        if self.flip(0.2):
            return "rest"
        units = ["%", "ep", "ba"][: 2 if self.epochs_only else 3]
        amounts = {"%": number * 100 / self.calls, "ep": number / 2, "ba": number}
        unit = self.rng.choice(units)
        return f"{max(0.001, round(amounts[unit], 3))}{unit}"

    def torch(self) -> dict[str, Any]:
        """Write one of torch's schedulers that stand alone."""
        rng = self.rng
        name = rng.choice(TORCH)
        arguments: dict[str, Callable[[], dict[str, Any]]] = {
            "LambdaLR": lambda: {"lr_lambda": self.lambdas()},
            "MultiplicativeLR": lambda: {"lr_lambda": self.lambdas()},
            "StepLR": lambda: {"step_size": self.count(), "gamma": self.factor()},
            "MultiStepLR": lambda: {
                "milestones": [self.count(0) for _ in range(rng.randint(1, 4))],
                "gamma": self.factor(),
            },
            "ConstantLR": lambda: {"factor": self.factor(), "total_iters": self.count()},
            "LinearLR": lambda: {
                "start_factor": self.factor(),
                "end_factor": rng.choice([1.0, 0.5, 0.0]),
                "total_iters": self.count(),
            },
            "ExponentialLR": lambda: {"gamma": self.factor()},
            "PolynomialLR": lambda: {
                "total_iters": self.count(),
                "power": rng.choice([1.0, 2.0, 0.9]),
            },
            "CosineAnnealingLR": lambda: {
                "T_max": self.count(),
                "eta_min": rng.choice([0.0, 1e-5, "0.01lr"]),
            },
            "CosineAnnealingWarmRestarts": lambda: {
                "T_0": self.count(),
                "T_mult": rng.randint(1, 3),
                "eta_min": rng.choice([0.0, 1e-5, "0.01lr"]),
            },
            "CyclicLR": lambda: {
                "base_lr": self.rates(),
                "max_lr": self.rates(),
                "step_size_up": self.count(),
                "step_size_down": None if self.flip() else self.count(),
                "mode": rng.choice(["triangular", "triangular2", "exp_range"]),
                "gamma": self.factor(),
                "cycle_momentum": self.flip(),
            },
            "OneCycleLR": lambda: {
                "max_lr": self.rates(),
                "total_steps": self.count(2),
                "pct_start": rng.choice([0.3, "10%", 0.45]),
                "anneal_strategy": rng.choice(["cos", "linear"]),
                "three_phase": self.flip(),
                "cycle_momentum": self.flip(),
            },
            "SWALR": lambda: {
                "swa_lr": self.rates(),
                "anneal_epochs": self.count(0),
                "anneal_strategy": rng.choice(["cos", "linear"]),
            },
        }
        return {"type": name, **arguments[name]()}

    def lambdas(self) -> Any:
        """Write an expression, or one a group."""
        names = sorted(LAMBDAS)
        if self.flip(0.7):
            return self.rng.choice(names)
        return [self.rng.choice(names) for _ in range(self.groups)]

    def transformers(self) -> dict[str, Any]:
        """Write one of transformers' schedule functions, less those that see a metric."""
        rng = self.rng
        name = rng.choice(TRANSFORMERS)
        node: dict[str, Any] = {"type": f"transformers.{name}"}
        if name != "get_constant_schedule":
            node["num_warmup_steps"] = self.count(0)
        if "linear" in name or "cosine" in name or "polynomial" in name:
            node["num_training_steps"] = self.count()
        if "hard_restarts" in name:
            node["num_cycles"] = rng.randint(1, 4)
        elif "cosine" in name:
            node["num_cycles"] = rng.choice([0.5, 1.0, 0.25])
        if "min_lr" in name:
            node |= {"min_lr_rate": 0.1} if self.flip() else {"min_lr": self.rate()}
        if name.endswith("lr_rate"):
            node["warmup_lr_rate"] = rng.choice([0.0, 0.2])
        if "polynomial" in name:
            node |= {"lr_end": rng.choice([1e-7, "0.05lr"]), "power": rng.choice([1.0, 2.0])}
        if "inverse" in name and self.flip():
            node["timescale"] = self.count()
        if "wsd" in name:
            node |= {"num_decay_steps": self.count(), "min_lr_ratio": rng.choice([0.0, 0.1])}
            node[rng.choice(["num_training_steps", "num_stable_steps"])] = self.count()
            for key in ("warmup_type", "decay_type"):
                node[key] = rng.choice(["linear", "cosine", "1-sqrt"])
        return node

    def third_party(self, *, alone: bool) -> dict[str, Any]:
        """Write a scheduler like those that people share: classes of `third_party.py`."""
        name = self.rng.choice(ALONE if alone else OTHERS)
        node: dict[str, Any] = {"type": f"tests.attacks.third_party.{name}"}
        return {**node, "warmup": self.count(), "total": self.count()}
