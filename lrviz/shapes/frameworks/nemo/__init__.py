"""NeMo's policies out of the arguments of `model.optim.sched`.

`step` is what NeMo counts: 0 for the first update. Reference: `nemo/core/optim/lr_scheduler.py` of
nemo_toolkit 3.0.0.
"""

from __future__ import annotations

from collections.abc import Callable

from lrviz.shapes.frameworks.nemo import annealing, holding
from lrviz.shapes.shape import Shape

SHAPES: dict[str, Callable[..., Shape]] = {
    "WarmupPolicy": annealing.warmup_policy,
    "CosineAnnealing": annealing.cosine_annealing,
    "InverseSquareRootAnnealing": annealing.inverse_square_root_annealing,
    "PolynomialDecayAnnealing": annealing.polynomial_decay_annealing,
    "NoamAnnealing": annealing.noam_annealing,
    "NoamHoldAnnealing": holding.noam_hold_annealing,
    "PolynomialHoldDecayAnnealing": holding.polynomial_hold_decay_annealing,
    "SquareAnnealing": annealing.square_annealing,
    "SquareRootAnnealing": annealing.square_root_annealing,
    "T5InverseSquareRootAnnealing": annealing.t5_inverse_square_root_annealing,
    "WarmupAnnealing": annealing.warmup_annealing,
    "WarmupHoldAnnealLinear": holding.warmup_hold_anneal_linear,
    "WarmupHoldAnnealOneMinusSquareRoot": holding.warmup_hold_anneal_one_minus_square_root,
    "WarmupHoldPolicy": holding.warmup_hold_policy,
}
