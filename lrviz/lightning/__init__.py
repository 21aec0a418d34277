"""From Lightning's Trainer to monitors of its optimizers: a callback."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from lrviz.errors import UsageError
from lrviz.live import monitor
from lrviz.live.monitored import Log
from lrviz.live.monitoring import OnMismatch


class Monitor(Callback):
    """Hold the optimizers of a Trainer against a plan, or one each, see `lrviz.monitor`.

    Args:
        plan: As for `lrviz.monitor`; of several optimizers a list, in their order.
        log, on_mismatch, **overrides: Likewise; of several `lr-0.csv`, `lr-1.csv`.
    """

    def __init__(
        self, plan: Any = None, log: Log = None, on_mismatch: OnMismatch = "warn", **overrides: Any
    ) -> None:
        self._plan = plan
        self._how: dict[str, Any] = {"log": log, "on_mismatch": on_mismatch, **overrides}
        self.monitor: Any = None
        self._start: dict[str, int] = {}

    def state_dict(self) -> dict[str, Any]:
        """Return the updates that each of several optimizers has made, which a checkpoint keeps."""
        several = isinstance(self.monitor, dict)
        return {name: each.update for name, each in self.monitor.items()} if several else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take them from a checkpoint."""
        self._start = state_dict

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to look."""
        del pl_module
        optimizers, plan, how = trainer.optimizers, self._plan, self._how
        if isinstance(plan, list) and len(plan) == len(optimizers) == 1:
            [plan] = plan
        if len(optimizers) == 1:
            self.monitor = monitor(optimizers[0], plan, start=trainer.global_step, **how)
            return
        if plan is not None and (not isinstance(plan, list) or len(plan) != len(optimizers)):
            raise UsageError(f"{len(optimizers)} optimizers want a list of as many plans")
        named = {str(index): each for index, each in enumerate(optimizers)}
        plans = None if plan is None else dict(zip(named, plan, strict=True))
        start = self._start or trainer.global_step // len(optimizers)  # it counts those of all
        self.monitor = monitor(named, plans, start=start, **how)

    def on_train_end(self, *_: Any) -> None:
        """Look no more."""
        if self.monitor is not None:
            self.monitor.close()
