"""Axes: what x counts, how far y reaches, and where the ticks are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import FixedLocator, Locator, LogLocator, MaxNLocator

from lrviz.errors import UsageError
from lrviz.trace import Trace
from lrviz.views import formatting
from lrviz.views.figure.downsample import Array

# Beyond these neither an axis nor its margin is within a double.
_LEAST, _GREATEST = 1e-300, 1e300


@dataclass(frozen=True)
class Unit:
    """What an x axis counts.

    Attributes:
        name: The axis' label.
        factors: How much of it an update is, for each trace.
        write: Writes a tick's label.
        whole: Ticks are whole numbers.
    """

    name: str
    factors: tuple[float, ...]
    write: Callable[[float], str]
    whole: bool = True

    @property
    def factor(self) -> float | None:
        """The one factor of all traces, or None where they differ."""
        return self.factors[0] if len(set(self.factors)) == 1 else None


def unit(x: str, traces: Sequence[Trace]) -> Unit:
    """Return the unit for an x axis of `step`, `epoch`, `progress` or `tokens`.

    Raises:
        UsageError: It is not known for one of the traces.
    """
    if x == "step":
        most = max(trace.length.updates for trace in traces)
        write = _write_count if most < 1_000_000 else formatting.compact
        return Unit("update", (1.0,) * len(traces), write)
    if x == "progress":
        shares = tuple(100 / trace.length.updates for trace in traces)
        return Unit("progress", shares, lambda value: formatting.percent(value / 100), whole=False)
    factors = []
    for trace in traces:
        per_update = epochs_per_update(trace) if x == "epoch" else _tokens_per_update(trace)
        if per_update is None:
            option = "--steps-per-epoch" if x == "epoch" else "tokens_per_update in its spec"
            raise UsageError(
                f"{trace.label}: x counts {x}s, and how many updates that is is not known; "
                f"give {option}, or use --x step or --x progress"
            )
        factors.append(per_update)
    if x == "epoch":
        longest = max(t.length.updates * f for t, f in zip(traces, factors, strict=True))
        return Unit("epoch", tuple(factors), formatting.lr, whole=longest >= 2)
    return Unit("tokens", tuple(factors), formatting.compact)


def units(x: str | None, traces: Sequence[Trace]) -> tuple[Unit, Unit | None]:
    """Return the units below and above the panels.

    None as `x` is updates, or epochs where only epochs are known. Above stands what else is known
    and the same for all: epochs over updates, else tokens over updates, or updates over any other.
    """
    per_epoch = {epochs_per_update(trace) for trace in traces}
    if x is None:
        x = "epoch" if all(trace.length.epochs_only for trace in traces) else "step"
    below = unit(x, traces)
    others = ("epoch", "tokens") if x == "step" else ("step",)
    if below.factor is None or per_epoch == {1.0}:
        return below, None
    for other in others:
        try:
            above = unit(other, traces)
        except UsageError:
            continue
        if above.factor is not None:
            return below, above
    return below, None


def epochs_per_update(trace: Trace) -> float | None:
    """Return the share of an epoch that an update is; None where it is not known."""
    if trace.length.epochs_only:
        return 1.0
    return 1 / trace.updates_per_epoch if trace.updates_per_epoch else None


def _tokens_per_update(trace: Trace) -> float | None:
    tokens = trace.length.tokens_per_update
    return None if tokens is None else float(tokens)


def _write_count(value: float) -> str:
    return formatting.count(round(value)) if value == round(value) else formatting.lr(value)


class EvenLocator(Locator):
    """Ticks at round distances, the last one at the axis' end where a round distance allows it."""

    def __init__(self, most: int, whole: bool) -> None:
        """Place at most `most` ticks (at least 2), on whole numbers where `whole`."""
        self._most, self._whole = max(2, most), whole

    def __call__(self) -> Sequence[float]:
        """Return the ticks within the present view."""
        low, high = self.axis.get_view_interval() if self.axis else (0.0, 1.0)
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks between two ends."""
        low, high = sorted((vmin, vmax))
        step = self._step(high - low)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return [index * step for index in range(first, last + 1)]

    def _step(self, span: float) -> float:
        span = max(span, 1e-12)  # a reader may zoom in as far as he likes
        power = 10.0 ** math.floor(math.log10(span / self._most))
        steps = [m * power for m in (1, 2, 5, 10, 20, 50, 2.5, 25, 1.5, 3, 15, 30)]
        if self._whole:
            steps = [s for s in steps if s >= 1 and s == int(s)] or [1.0]
        fitting = [s for s in steps if span / s <= self._most - 1 + 1e-9]
        even = [s for s in fitting if abs(span / s - round(span / s)) < 1e-9 and span / s >= 3]
        if even:  # the most ticks, but fewer of a rounder distance rather than a third more
            return min(even, key=lambda s: (span / s < 0.55 * (self._most - 1), even.index(s)))
        plain = [s for s in fitting if s / 10 ** math.floor(math.log10(s) + 1e-9) in (1, 2, 5)]
        return min(plain or fitting or steps[-1:])


@dataclass(frozen=True)
class YScale:
    """How far a y axis reaches.

    Attributes:
        low: The lower end.
        high: The upper end.
        log: Whether it is logarithmic.
        note: In words, where the axis is not the one that was asked for.
        empty: There is nothing but zeros.
    """

    low: float
    high: float
    log: bool = False
    note: str = ""
    empty: bool = False

    def fraction(self, values: Array) -> Array:
        """Return the heights of values, 0 at the lower and 1 at the upper end, clipped to it."""
        clipped = np.clip(values, self.low, self.high)
        if self.log:
            clipped = np.log(clipped)
            low, high = math.log(self.low), math.log(self.high)
        else:
            low, high = self.low, self.high
        return np.asarray((clipped - low) / (high - low))

    def locator(self, most: int) -> Locator:
        """Return a locator of some `most` labelled ticks."""
        if not self.log:
            if self.empty:
                return FixedLocator([0.0])
            return MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2)
        decades = math.log10(self.high / self.low)
        return LogLocator(subs=(1, 2, 5) if 3 * decades <= most else (1,), numticks=most + 1)

    def writer(self) -> Callable[[float, Any], str]:
        """Return what writes its tick labels: all with an exponent, or none."""
        top = max(abs(self.low), abs(self.high))
        small = (self.low < 1e-3 if self.log else top < 0.01) or top >= 1e5
        digits = 6 if self.log else max(4, math.ceil(math.log10(top / (self.high - self.low))) + 3)
        return lambda value, _: formatting.lr(value, min(digits, 15), scientific=small)


def y_scale(curves: Sequence[Array], *, log: bool, from_zero: bool) -> YScale:
    """Return the y axis for some curves.

    A linear axis reaches from a little below zero (with `from_zero`; else from a little below the
    least value) to a little above the greatest. A logarithmic one starts at the least positive
    value, but leaves out what lies below a millionth of the greatest for less than half a percent
    of a curve's updates: a cosine's last values would otherwise take up most of the axis.

    Args:
        curves: Shape (N,) each; what is not finite does not count.
        log: Logarithmic; where nothing is positive the axis is linear, and the note says so.
        from_zero: Zero is on a linear axis.
    """
    finite = [curve[np.isfinite(curve)] for curve in curves]
    finite = [np.clip(curve, -_GREATEST, _GREATEST) for curve in finite if curve.size]
    if log and any((curve >= _LEAST).any() for curve in finite):
        return _log_scale(finite)
    note = "Nothing is above zero: the axis is linear." if log else ""
    low = min((float(curve.min()) for curve in finite), default=0.0)
    high = max((float(curve.max()) for curve in finite), default=0.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if max(abs(low), abs(high)) < _LEAST:
        return YScale(-0.05, 1.0, note=note, empty=True)
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):  # a constant, but for rounding
        span = max(abs(low), abs(high))
        return YScale(low - 0.1 * span, high + 0.1 * span, note=note)
    below = 0.025 if low >= 0 or from_zero else 0.08
    return YScale(low - below * span, high + 0.06 * span, note=note)


def _log_scale(curves: Sequence[Array]) -> YScale:
    positive = [found for curve in curves if (found := curve[curve >= _LEAST]).size]
    least = min(float(curve.min()) for curve in positive)
    high = max(float(curve.max()) for curve in positive)
    usual = min(float(np.partition(c, len(c) // 200)[len(c) // 200]) for c in positive)
    low = min(high * 1e-6, usual)
    low = least if least >= low / 10 else low
    if high < 3 * low:
        return YScale(low / 3, high * 3, log=True)
    margin = (high / low) ** 0.04
    cut = any((curve < low).any() for curve in curves)
    return YScale(low if cut else low / margin, high * margin, log=True)
