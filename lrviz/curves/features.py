"""What a curve does as a whole, whoever made it: climbs again, stops in a fall, only rises.

Read off some hundred samples, so that noise of rounding and the length of a training do not matter;
a curve with restarts, stairs or several waves has none of these features.
"""

from __future__ import annotations

import numpy as np

from lrviz.curves.events import Array

_SAMPLES = 400
_LEAST = 40  # updates below which a curve is too short to have a form
_STILL = 1e-9  # of the peak: less is rounding
_BREAK = 0.05  # of the peak: a jump of less is what a warmup's own last step is
_CALM = 4  # times the steps around it
_SOON = 0.05  # of the training: what is reached within it, as things move, is as good as reached


def sampled(values: Array) -> tuple[Array, int]:
    """Return some hundred values of a curve, and how many updates lie between two of them."""
    stride = max(1, len(values) // _SAMPLES)
    return values[::stride], stride


def climb_again(values: Array) -> tuple[int, int] | None:
    """Return the lowest and the last update of a curve that falls, and then climbs to its end.

    The fall takes it to half its peak or below, the climb brings back a tenth of that at least, in
    a twentieth of the updates or more, and neither has a jump: a restart is none.

    Args:
        values: Shape (N,).

    >>> climb_again(0.5 + 0.5 * np.cos(np.pi * np.arange(1000) / 500))
    (500, 999)
    """
    found = _form(values)
    if found is None:
        return None
    some, stride, top = found
    low = top + int(np.argmin(some[top:]))
    fall, climb = some[top : low + 1], some[low:]
    deep = some[low] <= 0.5 * some[top]
    if not deep or len(climb) < 0.05 * len(some) or len(fall) < 0.05 * len(some):
        return None
    back = climb[-1] - climb[0]
    still = _STILL * some[top]
    smooth = np.diff(climb).max(initial=0.0) <= 0.25 * back
    rising = bool((np.diff(climb) >= -still).all()) and climb[-1] > climb[-2]
    if not (back >= 0.1 * (some[top] - some[low]) and smooth and rising):
        return None
    if not (np.diff(fall) <= still).all() or not (np.diff(some[: top + 1]) >= -still).all():
        return None
    return min(low * stride, len(values) - 1), len(values) - 1


def cut_off(values: Array) -> float | None:
    """Return the share of its peak at which a curve stops in the middle of a fall.

    Of a fall that gets steeper until near its end, above a tenth of the peak; or of a straight one
    behind a plateau of a third of the training, above a quarter. A straight fall from the start, a
    convex one, and one that levels off may end where they do on purpose.

    >>> cut_off(0.5 + 0.5 * np.cos(np.pi * np.arange(1000) / 2000)) > 0.5
    True
    >>> cut_off(np.linspace(1.0, 0.3, 1000)) is None
    True
    """
    found = _form(values)
    if found is None:
        return None
    some, _, top = found
    still = _STILL * some[top]
    steps = -np.diff(some[top:])
    falling = np.flatnonzero(steps > still)
    if not len(falling) or (steps < -still).any() or not (steps[-5:] > still).all():
        return None
    plateau, steps = top + int(falling[0]), steps[falling[0] :]
    share = float(some[-1] / some[top])
    if len(steps) < 0.1 * len(some) or steps.max() > 0.25 * (some[top] - some[-1]):
        return None
    third = max(1, len(steps) // 3)
    steeper = steps[-third:].mean() > 1.3 * steps[:third].mean()
    if steeper and steps[-3:].mean() > 0.6 * steps.max():
        ends_soon = some[-1] <= _SOON * len(some) * steps[-1]
        return share if share > 0.1 and not ends_soon else None
    straight = np.ptp(steps) < 0.01 * steps.mean()
    return share if straight and plateau > 0.3 * len(some) and share > 0.25 else None


def rises_short_of(values: Array, goal: float) -> bool:
    """Tell whether a curve never falls, still rises at its end, and is far from a goal.

    >>> rises_short_of(np.arange(1000) / 5000, 1.0), rises_short_of(np.arange(1000) / 1000, 1.0)
    (True, False)
    """
    found = _form(values)
    if found is None:
        return False
    some, _, _ = found
    steps = np.diff(some)
    far = goal - some[-1] > _SOON * len(some) * steps[-1]
    return bool(far and (steps >= 0).all() and (steps[-5:] > _STILL * some.max()).all())


def breaks_off(values: Array) -> int | None:
    """Return the update at which a rise from the start breaks off, and nothing rises any more.

    The jump, up or down, is a twentieth of the peak at least, four times each step before it, and
    four times each behind it.

    >>> breaks_off(np.concatenate([np.linspace(0, 0.1, 50), np.linspace(1, 0, 950)]))
    50
    >>> breaks_off(np.concatenate([np.linspace(0, 1, 50), np.linspace(1, 0, 950)])) is None
    True
    """
    if len(values) < _LEAST:
        return None
    steps = np.diff(values)
    up, down = float(steps.max()), -float(steps.min())
    size = max(up, down)
    if not size > _BREAK * values.max() or not np.isfinite(values).all() or values.min() < 0:
        return None
    at = int(steps.argmax() if up > down else steps.argmin())
    before, behind = steps[:at], steps[at + 1 :]
    if len(before) < 2 or not len(behind):
        return None
    # The last step of a rise by stairs is none: it rises until the jump, and never falls.
    if not (before >= 0).all() or not (before[-2:] > 0).all() or (behind > 0).any():
        return None
    calm = _CALM * max(float(before.max()), -float(behind.min())) < size
    return at + 1 if calm else None


def _form(values: Array) -> tuple[Array, int, int] | None:
    """Return samples, their distance and the last of the highest; None where there is no form."""
    if len(values) < _LEAST:
        return None
    some, stride = sampled(values)
    if not np.isfinite(some).all() or not some.max() > 0 or some.min() < 0:
        return None
    highest = np.flatnonzero(some >= some.max() * (1 - _STILL))
    return some, stride, int(highest[0])
