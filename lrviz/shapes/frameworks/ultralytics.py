"""The schedule of Ultralytics' trainer (YOLO): a decay by epochs under a warmup by batches.

Reference: `BaseTrainer._do_train` of `ultralytics/engine/trainer.py` and `one_cycle` of
`utils/torch_utils.py`, ultralytics 8.4.190.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_at_least, check_count


def trainer(
    *,
    epochs: int,
    nb: int,
    nw: int,
    lrf: float = 0.01,
    cos_lr: bool = False,
    warmup_lr: float | list[float] = 0.0,
    accumulate: int = 1,
    ramp: float | None = None,
) -> Shape | list[Shape]:
    """A line or half a cosine in epochs, to the rate of which a warmup rises in batches.

    In batch `ni <= nw` the rate is between `warmup_lr` and that of its epoch. An update is made in
    a batch that is at least `accumulate` behind the last, of which there are fewer in the warmup.

    Args:
        epochs: Epochs of the training, at least 1.
        nb: Batches of an epoch, at least 1.
        nw: Batches of the warmup, at least 0.
        lrf: The factor of the lr that the decay aims at, in an epoch behind the last.
        cos_lr: Half a cosine in place of a line.
        warmup_lr: The rate of batch 0, or one for each param group (warmup_bias_lr for biases).
        accumulate: Batches of an update, at least 1.
        ramp: What the batches of an update rise to in the warmup, from 1; None: `accumulate`.

    Returns:
        A shape, or one for each param group where `warmup_lr` has so many.
    """
    check_at_least("epochs", epochs, 1)
    check_at_least("nb", nb, 1)
    check_count("nw", nw)
    check_at_least("accumulate", accumulate, 1)

    def factor(epoch: int) -> float:
        if cos_lr:
            return max((1 - math.cos(epoch * math.pi / epochs)) / 2, 0) * (lrf - 1) + 1
        return max(1 - epoch / epochs, 0) * (1.0 - lrf) + lrf

    batches = _Batches(nw, accumulate, accumulate if ramp is None else ramp)

    def shape(start: float) -> Shape:
        def rate(step: int, lr: float) -> float:
            ni = batches[step]
            aim = lr * factor(ni // nb)
            return aim if ni >= nw else (aim - start) / nw * ni + start

        return rates(rate)

    if isinstance(warmup_lr, list):
        return [shape(each) for each in warmup_lr]
    return shape(warmup_lr)


class _Batches:
    """The batch in which each update is made, as far as was asked for."""

    def __init__(self, nw: int, accumulate: int, ramp: float) -> None:
        self._found: list[int] = []
        self._more = updates(nw, accumulate, ramp)

    def __getitem__(self, update: int) -> int:
        while len(self._found) <= update:
            self._found.append(next(self._more))
        return self._found[update]


def updates(nw: int, accumulate: int, ramp: float) -> Iterator[int]:
    """Yield the batches in which updates are made, without an end.

    Args:
        nw: Batches of the warmup.
        accumulate: Batches of an update where there is no warmup.
        ramp: What they rise to in the warmup, from 1, and what they are behind it, rounded.
    """
    last, ni = -1, 0
    while True:
        if nw and ni <= nw:
            share = ramp if ni == nw else (ramp - 1) / nw * ni + 1
            accumulate = max(1, round(share))
        if ni - last >= accumulate:
            yield ni
            last = ni
        ni += 1


SHAPES: dict[str, Callable[..., Shape | list[Shape]]] = {"trainer": trainer}
