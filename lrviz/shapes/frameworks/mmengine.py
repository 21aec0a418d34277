"""MMEngine's parameter schedulers, all of a config together, as they act on one learning rate.

Each changes the rate that the others left, so that no one of them is a function of the step alone.
Reference: `mmengine/optim/scheduler/param_scheduler.py` and `hooks/param_scheduler_hook.py`,
mmengine 0.10.7; `QuadraticWarmupLR` of MMDetection 3.3, `engine/schedulers/quadratic_warmup.py`.
"""

from __future__ import annotations

import inspect
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from lrviz.errors import SpecError, suggestion
from lrviz.shapes.rate import rates
from lrviz.shapes.shape import Shape, check_at_least, check_ratio

# What a scheduler makes of a rate: of that and of the first one, in its step k (0-based) within its
# own range.
Value = Callable[[float, float, int], float]


def param_scheduler(
    *,
    param_schedulers: list[dict[str, Any]],
    max_iters: int,
    epoch_length: int = 1,
    accumulative_counts: int = 1,
) -> Shape:
    """All schedulers of a config, in the iterations (batches) of its training.

    Those of `by_epoch: false` are stepped after each iteration, the others after each epoch. A
    scheduler acts on the rate while `begin <= count < end`, of what it counts. An update uses the
    rate of its last iteration.

    Args:
        param_schedulers: Of each its `type` (LinearLR, CosineAnnealingLR ...), `by_epoch`, `begin`,
            `end` and its own arguments, in the config's order.
        max_iters: Iterations of the training, at least 1; the last makes an update in any case.
        epoch_length: Iterations of an epoch, at least 1.
        accumulative_counts: Iterations of an update, at least 1.

    Raises:
        SpecError: A scheduler is unknown, or an argument is.
    """
    for name, value in (("max_iters", max_iters), ("epoch_length", epoch_length)):
        check_at_least(name, value, 1)
    check_at_least("accumulative_counts", accumulative_counts, 1)
    for each in param_schedulers:
        _Scheduler(each)  # what is wrong is told before the first step
    if sum(each["type"] == "OneCycleLR" for each in param_schedulers) > 1:
        raise SpecError("two OneCycleLR write their rates over each other; not covered")
    updates = -(-max_iters // accumulative_counts)
    known: dict[float, _Rates] = {}

    def rate(step: int, lr: float) -> float:
        iteration = (step + 1) * accumulative_counts - 1
        if step == updates - 1:
            iteration = max_iters - 1
        if lr not in known:
            known[lr] = _Rates(lr, param_schedulers, epoch_length)
        return known[lr][iteration]

    return rates(rate)


class _Rates:
    """The rate of each iteration, computed as far as was asked for."""

    def __init__(self, lr: float, listed: Sequence[dict[str, Any]], epoch_length: int) -> None:
        self._found: list[float] = []
        self._more = _iterations(lr, listed, epoch_length)

    def __getitem__(self, iteration: int) -> float:
        while len(self._found) <= iteration:
            self._found.append(next(self._more))
        return self._found[iteration]


def _iterations(lr: float, listed: Sequence[dict[str, Any]], epoch_length: int) -> Iterator[float]:
    first, schedulers = lr, []
    for each in listed:
        scheduler = _Scheduler(each, first)
        first = scheduler.first
        lr = scheduler.step(lr)
        schedulers.append(scheduler)
    by_iteration = [each for each in schedulers if not each.by_epoch]
    by_epoch = [each for each in schedulers if each.by_epoch]
    iteration = 0
    while True:
        yield lr
        iteration += 1
        for scheduler in by_iteration:
            lr = scheduler.step(lr)
        if iteration % epoch_length == 0:
            for scheduler in by_epoch:
                lr = scheduler.step(lr)


class _Scheduler:
    """One scheduler: what it counts, and what it makes of the rate."""

    def __init__(self, given: dict[str, Any], first: float = 0.0) -> None:
        arguments = {key: value for key, value in given.items() if key not in _COMMON}
        name = given.get("type")
        if name not in KINDS:
            hint = suggestion(str(name), KINDS) or f"; there are: {', '.join(KINDS)}"
            raise SpecError(f"MMEngine has no scheduler {name!r}{hint}")
        self.begin, end = given.get("begin", 0), given.get("end")
        if not isinstance(self.begin, int) or not isinstance(end, int) or end <= self.begin:
            raise SpecError(f"{name}: end is {end}, a count above begin {self.begin}")
        self.end: int = end
        self.by_epoch: bool = given.get("by_epoch", True)
        kind = KINDS[name]
        try:
            inspect.signature(kind).bind(self.end - self.begin, **arguments)
        except TypeError as error:
            raise SpecError(f"{name}: {error}") from None
        self._value: Value = kind(self.end - self.begin, **arguments)
        # OneCycleLR says where it begins, for itself and for those behind it in the list.
        self.first: float = getattr(self._value, "starts_at", first)
        self._count = self._taken = -1

    def step(self, lr: float) -> float:
        """Return what a rate is after the next step."""
        self._count += 1
        if not self.begin <= self._count < self.end:
            return lr
        self._taken += 1
        return self._value(lr, self.first, self._taken)


def _constant(span: int, *, factor: float = 1.0 / 3) -> Value:
    check_ratio("factor", factor)

    def value(lr: float, first: float, step: int) -> float:
        if step == 0:
            return lr * factor
        return lr * (1.0 / factor) if step == span - 1 else lr

    return value


def _linear(span: int, *, start_factor: float = 1.0 / 3, end_factor: float = 1.0) -> Value:
    check_ratio("start_factor", start_factor)
    check_ratio("end_factor", end_factor)
    rise = end_factor - start_factor

    def value(lr: float, first: float, step: int) -> float:
        if step == 0:
            return lr * start_factor
        return lr * (1.0 + rise / ((span - 1) * start_factor + (step - 1) * rise))

    return value


def _exponential(span: int, *, gamma: float) -> Value:
    del span
    return lambda lr, first, step: lr * gamma if step else lr


def _step(span: int, *, step_size: int, gamma: float = 0.1) -> Value:
    del span
    check_at_least("step_size", step_size, 1)
    return lambda lr, first, step: lr * gamma if step and step % step_size == 0 else lr


def _multi_step(span: int, *, milestones: list[int], gamma: float = 0.1) -> Value:
    del span
    times = Counter(milestones)
    return lambda lr, first, step: lr * gamma ** times[step] if step in times else lr


def _floor(eta_min: float | None, eta_min_ratio: float | None) -> Callable[[float], float]:
    """Return what a cosine falls to, of a group's first rate."""
    if eta_min is not None and eta_min_ratio is not None:
        raise SpecError("eta_min and eta_min_ratio at once; keep one")
    if eta_min_ratio is not None:
        return lambda base: base * eta_min_ratio
    low = 0.0 if eta_min is None else eta_min
    return lambda base: low


def _cosine_annealing(
    span: int,
    *,
    T_max: int | None = None,
    eta_min: float | None = None,
    eta_min_ratio: float | None = None,
) -> Value:
    period, floor = T_max or span, _floor(eta_min, eta_min_ratio)

    def value(lr: float, first: float, step: int) -> float:
        low = floor(first)
        if step == 0:
            return lr
        if (step - 1 - period) % (2 * period) == 0:
            return lr + (first - low) * (1 - math.cos(math.pi / period)) / 2
        return _down(step, period) * (lr - low) + low

    return value


def _down(step: int, period: int) -> float:
    """Return the share of a cosine's height that one step leaves."""
    now, before = (1 + math.cos(math.pi * each / period) for each in (step, step - 1))
    return now / before


def _poly(span: int, *, eta_min: float = 0, power: float = 1.0) -> Value:
    def value(lr: float, first: float, step: int) -> float:
        if step == 0:
            return lr
        kept: float = (1 - 1 / (span - step)) ** power
        return (lr - eta_min) * kept + eta_min

    return value


def _cosine_restart(
    span: int,
    *,
    periods: list[int],
    restart_weights: Sequence[float] = (1,),
    eta_min: float | None = None,
    eta_min_ratio: float | None = None,
) -> Value:
    del span
    if (eta_min is None) == (eta_min_ratio is None):
        raise SpecError("CosineRestartLR wants one of eta_min and eta_min_ratio")
    if len(periods) != len(restart_weights):
        raise SpecError("CosineRestartLR wants as many restart_weights as periods")
    floor = _floor(eta_min, eta_min_ratio)
    ends = [sum(periods[: index + 1]) for index in range(len(periods))]

    def value(lr: float, first: float, step: int) -> float:
        index = next((i for i, end in enumerate(ends) if step < end), None)
        if index is None:
            return lr
        within = step - (ends[index] - periods[index])
        low = floor(first)
        if within == 0:
            return first * restart_weights[index]
        return _down(within, periods[index]) * (lr - low) + low

    return value


class _OneCycle:
    """Phases between three rates, from the first of which on it acts.

    Attributes:
        starts_at: The rate that it begins with.
    """

    def __init__(
        self,
        span: int,
        *,
        eta_max: float = 0,
        total_steps: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        check_ratio("pct_start", pct_start)
        if anneal_strategy not in ("cos", "linear"):
            raise SpecError(f"anneal_strategy is {anneal_strategy!r}: cos or linear")
        self._total = span if total_steps is None else total_steps
        check_at_least("total_steps", self._total, 1)
        self._cosine = anneal_strategy == "cos"
        self.starts_at = start = eta_max / div_factor
        bottom, share = start / final_div_factor, float(pct_start * self._total)
        last = self._total - 1
        self._phases: list[tuple[float, float, float]] = [(share - 1, start, eta_max)]
        if three_phase:
            second = float(2 * pct_start * self._total) - 2
            self._phases += [(second, eta_max, start), (last, start, bottom)]
        else:
            self._phases.append((last, eta_max, bottom))

    def __call__(self, lr: float, first: float, step: int) -> float:
        del lr, first
        if step > self._total:
            raise ValueError(
                f"Tried to step {step + 1} times. The specified number of total steps is"
                f" {self._total}"
            )
        begin: float = 0
        for end, low, high in self._phases[:-1]:
            if step <= end:
                return self._between(low, high, (step - begin) / (end - begin))
            begin = end
        end, low, high = self._phases[-1]
        return self._between(low, high, (step - begin) / (end - begin))

    def _between(self, start: float, end: float, share: float) -> float:
        if self._cosine:
            return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)
        return (end - start) * share + start


def _quadratic_warmup(span: int) -> Value:
    def value(lr: float, first: float, step: int) -> float:
        part = first * (2 * step + 1) / span**2
        return lr + part if step else part

    return value


_COMMON = ("type", "by_epoch", "begin", "end")
KINDS: dict[str, Callable[..., Value]] = {
    "ConstantLR": _constant,
    "CosineAnnealingLR": _cosine_annealing,
    "CosineRestartLR": _cosine_restart,
    "ExponentialLR": _exponential,
    "LinearLR": _linear,
    "MultiStepLR": _multi_step,
    "OneCycleLR": _OneCycle,
    "PolyLR": _poly,
    "QuadraticWarmupLR": _quadratic_warmup,
    "StepLR": _step,
}
"""MMEngine's schedulers by the names that its configs have."""

SHAPES: dict[str, Callable[..., Shape]] = {"param_scheduler": param_scheduler}
