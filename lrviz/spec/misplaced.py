"""Keys that a spec has, in a place where they do not stand: where they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrviz.errors import shown
from lrviz.writing.numbers import lr

# What other tools call the keys.
_OTHER_NAMES = {
    "max_steps": "steps",
    "total_steps": "steps",
    "num_steps": "steps",
    "num_training_steps": "steps",
    "iterations": "steps",
    "max_epochs": "epochs",
    "num_epochs": "epochs",
    "num_train_epochs": "epochs",
    "learning_rate": "lr",
}
_OPTIMIZERS = ("lr", "momentum", "weight_decay", "betas", "groups")


def home(key: str, value: Any, sections: Mapping[str, list[str]]) -> str:
    """Return where a key stands, as an example with its value: `optimizer: {lr: 0.0003}`.

    Args:
        key: It.
        value: What was given to it.
        sections: The keys of each section of a spec.

    Returns:
        Empty where it stands nowhere.
    """
    name = _OTHER_NAMES.get(key, key)
    known = {"optimizer": _OPTIMIZERS, **sections}
    for section, keys in known.items():
        if name in keys:
            given = "..." if isinstance(value, Mapping | list) else shown(value)
            if isinstance(value, float):
                given = lr(value, 15)
            return f"{section}: {{{name}: {given}}}"
    return ""
