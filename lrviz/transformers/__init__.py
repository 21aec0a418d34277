"""From transformers' Trainer to a monitor of its optimizer: a callback."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from lrviz.live import monitor
from lrviz.live.monitored import Log
from lrviz.live.monitoring import Monitor, OnMismatch
from lrviz.sources.loading import load

_KEYS = ("learning_rate", "lr_scheduler_kwargs", "warmup_steps", "warmup_ratio", "output_dir")


class MonitorCallback(TrainerCallback):
    """Hold the optimizer of a Trainer, TRL's among them, against a plan, see `lrviz.monitor`.

    Args:
        plan: As for `lrviz.monitor`; None: what the Trainer's own arguments mean, by the length
            that it has computed; or what a scheduler of another class does, that it was given.
        log, on_mismatch, **overrides: Likewise.
    """

    def __init__(
        self, plan: Any = None, log: Log = None, on_mismatch: OnMismatch = "warn", **overrides: Any
    ) -> None:
        self._plan = plan
        self._how: dict[str, Any] = {"log": log, "on_mismatch": on_mismatch, **overrides}
        self.monitor: Monitor | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Begin to look."""
        del control
        if self.monitor is not None:  # of a training that raised
            self.monitor.close()
        meant = planned(args, state.max_steps, kwargs["lr_scheduler"], self._plan)
        self.monitor = monitor(kwargs["optimizer"], meant, start=state.global_step, **self._how)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Look no more."""
        if self.monitor is not None:
            self.monitor.close()


def planned(args: TrainingArguments, steps: int, scheduler: Any, plan: Any = None) -> Any:
    """Return a plan; else what a Trainer's arguments mean, or a scheduler that is not theirs."""
    if plan is not None or type(scheduler).__name__ != "LambdaLR":
        return scheduler if plan is None else plan
    said = {key: getattr(args, key, None) for key in _KEYS}
    given = {key: value for key, value in said.items() if value not in (None, {}, "")}
    kind = str(getattr(args.lr_scheduler_type, "value", args.lr_scheduler_type))
    said = {**given, "lr_scheduler_type": kind, "max_steps": steps}
    return replace(load(said, framework="hf")[0], label="the Trainer's arguments")
