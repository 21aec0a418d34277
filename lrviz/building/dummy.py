"""The dummy optimizer: a real optimizer class whose `step` is idle, built in microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.optim import Optimizer

from lrviz.errors import ScheduleError, words


def idle_step(*_: object, **__: object) -> None:
    """Update nothing: a schedule does not depend on the parameters, nor on a closure's loss.

    It is the method of a class, as which others may wrap it, and the attribute of an instance.
    """


# torch wraps the `step` of every class that is not marked so, for its profiler and step hooks, and
# that of every optimizer under a scheduler, to see that it is called first (`_opt_called` says so).
idle_step.hooked = True  # type: ignore[attr-defined]
idle_step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]

IDLE: Mapping[str, Any] = {"step": idle_step, "_opt_called": True}
"""The attributes of an optimizer whose `step()` does nothing, and which torch takes for stepped."""


def _idle(cls: type[Optimizer]) -> type[Optimizer]:
    """Return a subclass of `cls`, named alike, that neither steps nor imports torch._dynamo."""
    replaced: dict[str, Any] = {**IDLE, "__module__": cls.__module__}
    for name in ("add_param_group", "state_dict", "load_state_dict"):
        original = getattr(Optimizer, name)
        if getattr(cls, name) is original:
            # torch._disable_dynamo, which wraps these, imports torch._dynamo: 1 s, and it wants all
            # of torch. A torch that does not wrap them needs nothing replaced.
            replaced[name] = getattr(original, "__wrapped__", original)
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
