"""Axes: what x counts and how far y reaches; no matplotlib."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.writing import numbers as formatting

_MISSING = {
    "epoch": ("updates an epoch has", "--steps-per-epoch"),
    "tokens": ("tokens an update has", "tokens_per_update in its spec"),
}

# Beyond these matplotlib's ticks leave what a double can hold.
_GREATEST = 1e290
_LOG_ENDS = 1e-200, 1e200

# Of a logarithmic axis.
_DEEP = 1e-3  # of the greatest value: what is less for a short time only may be left out
_MOST_OF_FALL = 0.25  # of the axis, that a fall below it may take


@dataclass(frozen=True)
class Unit:
    """What an x axis counts.

    Attributes:
        name: The axis' label.
        factors: How much of it an update is, for each trace.
        write: Writes a tick's label.
        whole: Ticks are whole numbers.
        place: How a place is written within words, around its tick's label.
    """

    name: str
    factors: tuple[float, ...]
    write: Callable[[float], str]
    whole: bool = True
    place: str = "update {}"

    def at(self, value: float) -> str:
        """Return a place in words: `update 30`, `epoch 27`, `33.3%`, `30M tokens`."""
        return self.place.format(self.write(value))

    def at_all(self, values: Sequence[float]) -> str:
        """Return places in words: `updates 30, 60 and 80`, `25%, 50% and 75%`."""
        *first, last = map(self.write, values)
        listed = f"{', '.join(first)} and {last}" if first else last
        place = self.place.replace(self.name, f"{self.name}s") if first else self.place
        return place.format(listed)

    def every(self, value: float) -> str:
        """Return a distance in words: `100 updates`, `5 epochs`, `10%`, `30M tokens`."""
        written, one = self.write(value), "" if value == 1 else "s"
        return f"{written} {self.name}{one}" if self.name in ("update", "epoch") else self.at(value)

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
        return Unit("progress", shares, lambda value: formatting.percent(value / 100), False, "{}")
    factors = []
    for trace in traces:
        per_update = epochs_per_update(trace) if x == "epoch" else _tokens_per_update(trace)
        if per_update is None:
            what, option = _MISSING[x]
            raise UsageError(
                f"{trace.label}: how many {what} is not known; give {option}, "
                "or use --x step or --x progress"
            )
        factors.append(per_update)
    if x == "epoch":
        longest = max(t.length.updates * f for t, f in zip(traces, factors, strict=True))
        return Unit("epoch", tuple(factors), formatting.lr, longest >= 2, "epoch {}")
    return Unit("tokens", tuple(factors), formatting.compact, place="{} tokens")


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


def even_ticks(low: float, high: float, most: int, *, whole: bool) -> list[float]:
    """Return ticks at a round distance, the last one at `high` where a round distance allows it.

    Args:
        low: Lower end; ticks are multiples of their distance.
        high: Upper end.
        most: How many ticks there may be, at least 2.
        whole: Ticks are whole numbers.

    >>> even_ticks(0, 90, 8, whole=True), even_ticks(0, 10_000, 8, whole=True)[-2:]
    ([0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0], [8000.0, 10000.0])
    """
    step = _tick_distance(max(high - low, 1e-12), max(2, most), whole)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _tick_distance(span: float, most: int, whole: bool) -> float:
    power = 10.0 ** math.floor(math.log10(span / most))
    steps = [m * power for m in (1, 2, 5, 10, 20, 50, 2.5, 25, 1.5, 3, 15, 30)]
    if whole:
        steps = [s for s in steps if s >= 1 and s == int(s)] or [1.0]
    fitting = [s for s in steps if span / s <= most - 1 + 1e-9]
    even = [s for s in fitting if abs(span / s - round(span / s)) < 1e-9 and span / s >= 3]
    if even:  # the most ticks, but fewer of a rounder distance rather than a third more
        return min(even, key=lambda s: (span / s < 0.55 * (most - 1), even.index(s)))
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

    def with_room_above(self, share: float) -> YScale:
        """Return the axis with that share of it, from 0 to less than 1, added above."""
        if self.log:
            return replace(self, high=self.low * (self.high / self.low) ** (1 / (1 - share)))
        return replace(self, high=self.low + (self.high - self.low) / (1 - share))

    def writer(self) -> Callable[[float, Any], str]:
        """Return what writes its tick labels: all with an exponent, or none."""
        top = max(abs(self.low), abs(self.high))
        small = (self.low < 5e-4 if self.log else top < 0.01) or top >= 1e5
        digits = 6 if self.log else max(4, math.ceil(math.log10(top / (self.high - self.low))) + 3)
        return lambda value, _: formatting.lr(value, min(digits, 15), scientific=small)

    def typesetter(self) -> Callable[[float, Any], str]:
        """Return what writes its tick labels on a page of print."""
        write = self.writer()
        return lambda value, _: formatting.typeset(write(value, None))


def y_scale(curves: Sequence[Array], *, log: bool, from_zero: bool, margin: float = 1.0) -> YScale:
    """Return the y axis for some curves.

    A linear axis reaches from a little below zero (with `from_zero`; else from a little below the
    least value) to a little above the greatest. A logarithmic one starts at the least positive
    value. But where what lies below a thousandth of the greatest, for less than a twentieth of a
    curve's updates, would take up more than a quarter of it, as the last values of a cosine would,
    it starts at the power of ten below which that is.

    Args:
        curves: Shape (N,) each; what is not finite does not count.
        log: Logarithmic; where nothing is positive the axis is linear, and the note says so.
        from_zero: Zero is on a linear axis.
        margin: How much of the usual room is left beyond the values; 0: none.
    """
    ends = [found for curve in curves if (found := _ends(curve, -_GREATEST)) is not None]
    if log and any(high >= _LOG_ENDS[0] for _, high in ends):
        return _log_scale(curves, margin)
    note = "Nothing is above zero: the axis is linear." if log else ""
    low = min((low for low, _ in ends), default=0.0)
    high = max((high for _, high in ends), default=0.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if max(abs(low), abs(high)) < 1 / _GREATEST:
        return YScale(-0.05, 1.0, note=note, empty=True)
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):  # a constant, but for rounding
        span = max(abs(low), abs(high))
        return YScale(low - 0.1 * span, high + 0.1 * span, note=note)
    below = 0.025 if low >= 0 or from_zero else 0.08
    return YScale(low - margin * below * span, high + margin * 0.06 * span, note=note)


def _log_scale(curves: Sequence[Array], margin: float) -> YScale:
    ends = [found for curve in curves if (found := _ends(curve, _LOG_ENDS[0])) is not None]
    least = min(low for low, _ in ends)
    high = min(max(high for _, high in ends), _LOG_ENDS[1])
    low = max(_LOG_ENDS[0], min([high * _DEEP, *(_usual_least(curve) for curve in curves)]))
    whole, fall = (math.log10(each) - math.log10(least) for each in (high, low))
    low = 10.0 ** math.floor(math.log10(low) + 1e-9) if fall > _MOST_OF_FALL * whole else least
    if high < 3 * low:
        return YScale(low / 3, high * 3, log=True)
    beyond = 10 ** (margin * 0.04 * (math.log10(high) - math.log10(low)))
    cut = any(bool((curve < low).any()) for curve in curves)
    return YScale(low if cut else low / beyond, high * beyond, log=True)


def span(curve: Array) -> tuple[float, float] | None:
    """Return the least and the greatest finite value of a curve, if there is any."""
    low, high = float(np.min(curve)), float(np.max(curve))
    if math.isfinite(low) and math.isfinite(high):  # as they are of nearly all curves
        return low, high
    finite = curve[np.isfinite(curve)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def _ends(curve: Array, above: float) -> tuple[float, float] | None:
    """Return the least and the greatest finite value from `above` on, if there is any."""
    found = span(curve)
    if found is not None and found[0] >= above:
        return found[0], min(found[1], _GREATEST)
    counts = np.isfinite(curve) & (curve >= above)
    if not counts.any():
        return None
    low = float(np.min(curve, initial=np.inf, where=counts))
    high = float(np.max(curve, initial=-np.inf, where=counts))
    return low, min(high, _GREATEST)


def _usual_least(curve: Array) -> float:
    """Return the positive value that a twentieth of a curve's updates are below."""
    some = curve[:: max(1, len(curve) // 20_000)]
    some = np.sort(some[np.isfinite(some) & (some >= _LOG_ENDS[0])])
    return float(some[len(some) // 20]) if some.size else np.inf
