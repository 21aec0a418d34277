"""Parameters to our named shapes: factors of each group's lr, for torch's LambdaLR.

A shape is a function of keyword-only parameters that returns the factor as a function of `step`,
the number of `step()` calls so far (0 for the first update). Parameters annotated `int` are counts
of such calls; `total` is the calls in the phase that the shape runs in. Where transformers has a
function of the same shape, both are equal bit for bit at every step: the operations are the same
ones in the same order.
"""

from __future__ import annotations

from collections.abc import Callable

from lrviz.shapes.decays import exponential, exponential_ramp, inverse_sqrt, inverse_time, noam, wsd
from lrviz.shapes.shape import Shape
from lrviz.shapes.warmups import (
    constant,
    warmup_constant,
    warmup_cosine,
    warmup_cosine_restarts,
    warmup_linear,
    warmup_polynomial,
)

__all__ = [
    "SHAPES",
    "Shape",
    "constant",
    "exponential",
    "exponential_ramp",
    "inverse_sqrt",
    "inverse_time",
    "noam",
    "warmup_constant",
    "warmup_cosine",
    "warmup_cosine_restarts",
    "warmup_linear",
    "warmup_polynomial",
    "wsd",
]

SHAPES: dict[str, Callable[..., Shape]] = {
    shape.__name__: shape
    for shape in (
        constant,
        warmup_constant,
        warmup_linear,
        warmup_cosine,
        warmup_cosine_restarts,
        warmup_polynomial,
        inverse_sqrt,
        noam,
        inverse_time,
        exponential,
        wsd,
        exponential_ramp,
    )
}
"""Every shape by the name that a spec gives it: `lr_lambda: {shape: warmup_cosine, ...}`."""
