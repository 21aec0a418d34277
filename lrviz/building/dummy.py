"""The dummy optimizer: a real optimizer class whose `step` is idle, built in microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.optim import Optimizer

from lrviz.errors import ScheduleError, words


def _idle_step(self: Optimizer, closure: object = None) -> None:
    """Update nothing: a schedule does not depend on the parameters."""


# torch wraps the `step` of every class that is not marked so, for its profiler and step hooks.
_idle_step.hooked = True  # type: ignore[attr-defined]


def _idle(cls: type[Optimizer]) -> type[Optimizer]:
    """Return a subclass of `cls`, named alike, that neither steps nor imports torch._dynamo."""
    replaced: dict[str, Any] = {"step": _idle_step, "__module__": cls.__module__}
    if cls.add_param_group is Optimizer.add_param_group:
        # torch._disable_dynamo, which wraps this method, imports torch._dynamo: 1 s. A torch that
        # does not wrap it needs nothing replaced.
        original = Optimizer.add_param_group
        replaced["add_param_group"] = getattr(original, "__wrapped__", original)
    return type(cls.__name__, (cls,), replaced)


def dummy_optimizer(
    cls: type[Optimizer],
    groups: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
) -> Optimizer:
    """Build an optimizer of class `cls` whose `step()` does nothing.

    It is an instance of `cls` whose own `__init__` has run, so its defaults, checks and messages
    are the real ones; each param group holds one parameter of shape (1, 1), float32.

    Args:
        cls: An optimizer class of `torch.optim`, or one like them.
        groups: What each param group sets beside `params`, in order; left as it is.
        defaults: The keyword arguments of `cls`.

    Raises:
        ScheduleError: `cls` refuses the arguments or the groups; its own words are in the message.

    >>> optimizer = dummy_optimizer(torch.optim.SGD, [{"lr": 0.5}, {}], {"lr": 0.1})
    >>> [group["lr"] for group in optimizer.param_groups]
    [0.5, 0.1]
    """
    params = [{**group, "params": [torch.zeros(1, 1, requires_grad=True)]} for group in groups]
    # mypy knows the signature of Optimizer.__init__ only, which takes the defaults as one dict.
    make: Any = _idle(cls)
    try:
        optimizer: Optimizer = make(params, **defaults)
    except Exception as error:
        message = f"{cls.__name__} refuses its arguments: {words(error)}"
        raise ScheduleError(message) from error
    return optimizer
