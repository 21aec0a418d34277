"""A framework's schedule, by its own name and with its own arguments, as torch's LambdaLR."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lrviz.shapes import Shape


def lambda_lr(name: str, shape: Callable[..., Shape | list[Shape]]) -> Callable[..., Any]:
    """Return what builds a LambdaLR of a shape, with the shape's parameters as its own.

    Args:
        name: As the spec names it: `deepspeed.WarmupLR`.
        shape: Its arguments in, its factor by the number of `step()` calls out; or a list of such,
            one for each param group.
    """

    def build(optimizer: Optimizer, **arguments: Any) -> LambdaLR:
        return LambdaLR(optimizer, shape(**arguments))

    first = inspect.Parameter("optimizer", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own = inspect.signature(shape).parameters.values()
    vars(build)["__signature__"] = inspect.Signature([first, *own])
    build.__name__ = name
    build.__module__ = shape.__module__  # where its annotations are evaluated
    build.__doc__ = shape.__doc__
    return build
