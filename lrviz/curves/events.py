"""Events: where a curve jumps, turns, starts or stops being flat, or has a kink.

Written for learning rates: most of a curve is smooth up to the rounding of doubles, and an event is
one exact update. The curve is read in blocks, so that 10^8 updates need no more memory than 10^5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
Steps = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)

BLOCK = 1 << 14
_MARGIN = 24  # samples that a test may look at on either side of the one it decides on
# Events kept of one block where no more are wanted: a curve of noise needs no memory of its own.
_KEPT = 64
_ROUNDING = (
    32 * np.finfo(np.float64).eps
)  # of the largest value: what several roundings can add up to
_VISIBLE = 1e-6  # of the largest value: smaller turns and jumps are taken for float32 noise
_JUMP = 4.0  # a jump is that many times the steps before and after it
_OUTLIER = 6.0  # a kink's third difference is that many times those around it
_ROUGH = 16.0  # noise of some 10^4 values does not reach that many times its median
_ROUGH_FROM = 512  # values
_AROUND = 12  # how many third differences are looked at on either side


class Kind(IntEnum):
    """What happens at an event's step; the later one wins where two tests see the same step."""

    KINK = 1
    """The slope or the curvature changes at once."""
    DEPARTURE = 2
    """The last step of a flat stretch (three equal values or more)."""
    LEVEL = 3
    """The first step of a flat stretch."""
    LOW = 4
    """A turn from falling to rising."""
    HIGH = 5
    """A turn from rising to falling."""
    JUMP = 6
    """The first step of the new value."""
    NOT_FINITE = 7
    """The first step whose value is NaN or infinite."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a curve.

    Attributes:
        step: Index into the values.
        kind: What happens there.
        size: How far the curve goes from the event before it and to the next one, at least 0.
    """

    step: int
    kind: Kind
    size: float


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a curve.

    Attributes:
        largest: By step.
        more: How many there are besides.
        turns_up: The curve turns from falling to rising somewhere, other than by a jump.
    """

    largest: tuple[Event, ...]
    more: int
    turns_up: bool


@np.errstate(invalid="ignore", over="ignore")
def find_events(values: Array, limit: int = 12) -> Events:
    """Return the `limit` largest events of a curve, by step.

    Turns and jumps below a millionth of the largest value are taken for noise. Where the curve is
    flat to the bit on both sides a millionth of the values there decides: a milestone is found
    however small the rates have become.

    Args:
        values: Shape (N,), float64; NaN and infinities are allowed.
        limit: How many events are wanted, at least 0.
    """
    scale = largest_magnitude(values)
    found: list[tuple[Steps, Codes]] = []
    pruned = 0
    for start in range(0, len(values), BLOCK):
        steps, kinds = _block_events(values, start, scale)
        kept = _largest(_sizes(values, steps, kinds), max(limit, _KEPT))
        pruned += len(steps) - len(kept)
        found.append((steps[kept], kinds[kept]))
    steps = np.concatenate([each for each, _ in found])
    kinds = np.concatenate([each for _, each in found])
    keep = ~_noise(values, steps, kinds, scale)
    steps, kinds = steps[keep], kinds[keep]
    sizes = _sizes(values, steps, kinds)
    chosen = _largest(sizes, limit)
    return Events(
        tuple(Event(int(steps[i]), Kind(int(kinds[i])), float(sizes[i])) for i in chosen),
        pruned + len(steps) - len(chosen),
        bool(np.any(kinds == Kind.LOW)),
    )


def blocks(values: Array, first: int = 0, stop: int | None = None) -> Iterator[tuple[int, Array]]:
    """Yield (index of the first row, rows) of contiguous blocks of some `BLOCK` values.

    Args:
        values: Shape (N,) or (N, G).
        first: Of them, the row to begin with.
        stop: The row to end before; None for all.
    """
    rows = max(1, BLOCK * len(values) // max(1, values.size))
    stop = len(values) if stop is None else stop
    for start in range(first, stop, rows):
        yield start, np.ascontiguousarray(values[start : min(start + rows, stop)])


def largest_magnitude(values: Array) -> float:
    """Return the largest finite absolute value, 0.0 where there is none."""
    largest = 0.0
    for _, block in blocks(values):
        finite = np.abs(block[np.isfinite(block)])
        largest = max(largest, float(finite.max(initial=0.0)))
    return largest


def _block_events(values: Array, start: int, scale: float) -> tuple[Steps, Codes]:
    """Return steps and kinds of the events in one block, decided with a margin on either side."""
    low = max(0, start - _MARGIN)
    stop = min(len(values), start + BLOCK)
    window = np.ascontiguousarray(values[low : stop + _MARGIN])
    if _is_level(window) or _is_smooth(window, scale):
        return np.empty(0, np.int64), np.empty(0, np.int8)
    kinds = _classify(window, scale)
    kinds = kinds[start - low : stop - low]
    inside: Steps = np.flatnonzero(kinds)
    codes: Codes = kinds[inside]
    steps = inside + start
    keep = ~_noise(values, steps, codes, scale)
    return steps[keep], codes[keep]


def _is_level(values: Array) -> bool:
    return bool(np.isfinite(values[0]) and (values == values[0]).all())


def _is_smooth(values: Array, scale: float) -> bool:
    """Say at a glance that no sample is an event, as it is with most blocks of a long curve.

    It rises, or falls, at every step; no step is a jump; no third difference is more than rounding.
    """
    change = np.diff(values)
    low, high = float(change.min(initial=np.inf)), float(change.max(initial=-np.inf))
    if not (0 < low <= high < np.inf or -np.inf < low <= high < 0):
        return False
    smallest, largest = sorted((abs(low), abs(high)))
    if not largest <= max(_VISIBLE * scale, _JUMP * smallest):
        return False
    third = np.diff(change, 2)
    bound = _ROUNDING * scale
    return bool(third.max(initial=0) <= bound and third.min(initial=0) >= -bound)


def _classify(values: Array, scale: float) -> Codes:
    """Return the kind of every sample, 0 where nothing happens; shape as `values`."""
    kinds = np.zeros(len(values), np.int8)
    if len(values) > 2:
        change = np.diff(values)
        jumps, hidden = _jumps(values, change, scale)
        departures, levels = _flat_ends(change)
        lows, highs = _turns(values, change, scale)
        exact = jumps | departures | levels | lows | highs
        kinds[_kinks(values, scale) & ~_widened(exact, 3)] = Kind.KINK
        kinds[departures] = Kind.DEPARTURE
        kinds[levels] = Kind.LEVEL
        kinds[lows] = Kind.LOW
        kinds[highs] = Kind.HIGH
        # The trough before a restart and the new peak on it are one event, the jump.
        kinds[_widened(jumps | hidden, 1)] = 0
        kinds[jumps] = Kind.JUMP
    lost = ~np.isfinite(values)
    kinds[:-1][lost[1:]] = 0
    kinds[1:][lost[1:]] = np.where(lost[:-1], 0, Kind.NOT_FINITE)[lost[1:]]
    return kinds


def _jumps(values: Array, change: Array, scale: float) -> tuple[Flags, Flags]:
    """Flag the first sample of a new value, and of one that differs by a float32's rounding only.

    change[i] lies between samples i and i + 1.
    """
    size, sign = np.abs(change), np.sign(change)
    before, after = _shifted(size, -1, 0.0), _shifted(size, 1, 0.0)
    # At an end one neighbour is missing: it is taken as twice the other, so that a curve that
    # starts steeply, such as 1/t, does not start with a jump.
    before[0], after[-1] = 2 * after[0], 2 * before[-1]
    # Flat to the bit on both sides of one change, or of two in a row.
    milestone = (before == 0) & (after == 0)
    milestone[1:-2] |= (size[:-3] == 0) & (size[2:-1] > 0) & (size[3:] == 0)
    milestone[2:-1] |= (size[:-3] == 0) & (size[1:-2] > 0) & (size[3:] == 0)
    sharp = size > _JUMP * np.maximum(before, after)
    back = (_shifted(sign, -1, 0.0) == -sign) & (_shifted(sign, 1, 0.0) == -sign)
    milestone &= size > 0
    magnitude = np.abs(values)
    seen = size > _VISIBLE * np.maximum(magnitude[1:], magnitude[:-1])
    jumps = (milestone & seen) | ((size > _VISIBLE * scale) & (sharp | back))
    return np.append(False, jumps), np.append(False, milestone & ~seen)


def _flat_ends(change: Array) -> tuple[Flags, Flags]:
    """Flag the last and the first sample of every stretch of three equal values or more."""
    zero = change == 0
    departures = ~zero & _shifted(zero, -1, False) & _shifted(zero, -2, False)
    levels = zero & _shifted(zero, 1, False) & ~_shifted(zero, -1, True)
    return np.append(departures, False), np.append(levels, False)


def _turns(values: Array, change: Array, scale: float) -> tuple[Flags, Flags]:
    """Flag the samples where falling turns to rising, and rising to falling."""
    lows, highs = np.zeros(len(change) + 1, np.bool_), np.zeros(len(change) + 1, np.bool_)
    moving = np.flatnonzero(np.abs(change) > _ROUNDING * scale)
    sign = np.sign(change[moving])
    turning = np.flatnonzero(sign[:-1] == -sign[1:])
    first, last = moving[turning] + 1, moving[turning + 1]
    equal = np.concatenate([[0], np.cumsum(change == 0)])
    # A turn over three equal values or more is a plateau: its two ends are the events.
    plateau = (last - first >= 2) & (equal[last] - equal[first] == last - first)
    first, last, rising = first[~plateau], last[~plateau], sign[turning][~plateau] > 0
    at = _extremes(values, first, last, rising)
    lows[at[~rising]] = True
    highs[at[rising]] = True
    return lows, highs


def _extremes(values: Array, first: Steps, last: Steps, rising: Flags) -> Steps:
    """Return where each turn is highest, or lowest, from first to last; of several their middle."""
    if not len(first):
        return first
    lengths = last - first + 1
    begins = np.cumsum(lengths) - lengths
    steps: Steps = np.arange(lengths.sum()) + np.repeat(first - begins, lengths)
    heights = values[steps] * np.repeat(np.where(rising, 1.0, -1.0), lengths)
    heights[np.isnan(heights)] = -np.inf
    extreme = heights == np.repeat(np.maximum.reduceat(heights, begins), lengths)
    earliest = np.minimum.reduceat(np.where(extreme, steps, len(values)), begins)
    latest = np.maximum.reduceat(np.where(extreme, steps, -1), begins)
    return (earliest + latest) // 2


def _kinks(values: Array, scale: float) -> Flags:
    """Flag the samples where the slope or the curvature changes at once.

    A smooth curve's third differences u[i] = x[i+3] - 3 x[i+2] + 3 x[i+1] - x[i] vary slowly; a
    change of slope by k at sample t gives u[t-2] = k, u[t-1] = -k, one of the curvature by c gives
    c/2 twice, a jump by j gives j, -2j, j. Flagged is a local maximum of |u| that stands out
    against both sides, or against the calmer one: another kink may be near on the other.
    """
    flags = np.zeros(len(values), np.bool_)
    around = min(_AROUND, max(3, len(values) // 8))
    size = np.abs(np.diff(values, 3))
    if len(size) < 2 * around:
        return flags
    outside = np.full(around + 2, 0.0)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([outside, size, outside]), around
    ).max(axis=1)
    left, right = windows[: len(size)], windows[-len(size) :]
    near = np.maximum(_shifted(size, 1, 0.0), _shifted(size, 2, 0.0))
    near = np.maximum(near, np.maximum(_shifted(size, -1, 0.0), _shifted(size, -2, 0.0)))
    stands_out = (size >= near) & (size > _OUTLIER * np.minimum(left, right))
    stands_out &= size > _noise_floor(size, scale)
    stands_out[:5] = stands_out[-5:] = False  # too few values on one side to compare with
    hits = np.flatnonzero(stands_out)
    # u[i] and the larger of its neighbours share the second difference at the kink itself.
    at = np.unique(np.where(size[hits + 1] >= size[hits - 1], hits + 2, hits + 1))
    flags[at[np.diff(at, prepend=-2) > 1]] = True
    return flags


def _noise_floor(size: Array, scale: float) -> float:
    """Return what a third difference of this size may be by rounding alone.

    Curves computed in float32 are rough all over; in short ones their steps are larger than that.
    """
    rough = size[size > _ROUNDING * scale]
    if len(size) > _ROUGH_FROM and len(rough) > len(size) / 50:
        return _ROUGH * float(np.median(rough))
    return _ROUNDING * scale


def _noise(values: Array, steps: Steps, kinds: Codes, scale: float) -> Flags:
    """Flag the turns from which the curve comes back before it went far enough to be seen."""
    turn = (kinds == Kind.LOW) | (kinds == Kind.HIGH)
    hidden = turn[:-1] & turn[1:] & (np.abs(np.diff(values[steps])) < _VISIBLE * scale)
    flags: Flags = np.append(hidden, False) | np.concatenate([[False], hidden])
    return flags[: len(steps)]


def _sizes(values: Array, steps: Steps, kinds: Codes) -> Array:
    """Return how far the curve goes on the way to, at, and from each event."""
    here = values[steps]
    until = values[steps - (kinds == Kind.JUMP)]
    ways = np.abs(np.append(until, values[-1]) - np.append(values[0], here))
    sizes: Array = np.nan_to_num(
        ways[:-1] + ways[1:] + np.abs(here - until), nan=np.inf, posinf=np.inf
    )
    return sizes


def _largest(sizes: Array, limit: int) -> Steps:
    """Return the indices of the `limit` largest sizes, ascending."""
    return np.sort(np.argsort(-sizes, kind="stable")[:limit])


def _shifted(array: NDArray[T], by: int, fill: float | bool) -> NDArray[T]:
    """Return `array` with element i taken from i + `by`, and `fill` where there is none."""
    result = np.full_like(array, fill)
    if by > 0:
        result[:-by] = array[by:]
    else:
        result[-by:] = array[:by]
    return result


def _widened(flags: Flags, by: int) -> Flags:
    """Return `flags` with the `by` samples on either side of each flag flagged too."""
    result = flags.copy()
    for shift in range(1, by + 1):
        result |= _shifted(flags, shift, False) | _shifted(flags, -shift, False)
    return result
