"""Trace: what a schedule did in a simulated training, and the figures derived from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lrviz.curves.events import Array, blocks
from lrviz.errors import UsageError, suggestion
from lrviz.spec.durations import Length
from lrviz.writing.display import Displayed


@dataclass(frozen=True)
class RunError:
    """What a scheduler did that ended the simulation early.

    Attributes:
        update: 0-based update after which it failed; the trace holds `update + 1` rows.
        message: The type and the words of what `step()` raised, e.g. `ValueError: Tried to step
            101 times...`, or what it left behind that is no number.
        traceback: Of what it raised, as Python prints one; empty where nothing was raised.
    """

    update: int
    message: str
    traceback: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Trace(Displayed):
    """The values that every optimizer update of a training used; a notebook draws it.

    Attributes:
        label: The curve's name.
        source: What the user named it by, e.g. `cosine` or `configs/vit.yaml#small`.
        groups: Names of the G param groups.
        curves: `lr`, and each other quantity that moved (`momentum` for SGD's momentum and for
            betas[0], `weight_decay` ...), each an array of shape (N, G), float64: row t is what
            update t (0-based) used.
        after: For each of `curves` the G values that an update N would use; no update does.
        length: The length asked for; `length.updates` > N where `error` cut the run short.
        interval: `epoch` where every scheduler is stepped per epoch, else `step`.
        warnings: What torch warned of and what lrviz rounded, each once.
        error: Why the run ended early, or None.
    """

    label: str
    source: str
    groups: tuple[str, ...]
    curves: Mapping[str, Array]
    after: Mapping[str, Array]
    length: Length
    interval: str = "step"
    warnings: tuple[str, ...] = ()
    error: RunError | None = None

    @property
    def lr(self) -> Array:
        """The learning rates, shape (N, G): row t is what update t used."""
        return self.curves["lr"]

    @property
    def updates(self) -> int:
        """N, the number of updates that were simulated."""
        return len(self.curves["lr"])

    @property
    def updates_per_epoch(self) -> int | None:
        """Updates an epoch, or None where it is not known."""
        return self.length.updates_per_epoch

    @property
    def final(self) -> Array:
        """The learning rates of the last update, shape (G,)."""
        last: Array = self.lr[-1]
        return last

    def values(self, param: str = "lr", group: int = 0) -> Array:
        """Return one group's values, shape (N,): a view, not a copy."""
        column: Array = self.curves[param][:, group]
        return column

    def main_group(self, param: str = "lr") -> int:
        """Return the index of the group with the highest peak, the first of several."""
        peaks = [peak(self.values(param, group))[0] for group in range(len(self.groups))]
        return max(
            range(len(peaks)), key=lambda group: (not math.isnan(peaks[group]), peaks[group])
        )

    @np.errstate(invalid="ignore", over="ignore")
    def one_shape(self, param: str = "lr") -> bool:
        """Say whether all groups are one curve up to a constant factor, to 1e-9 of each value."""
        curve = self.curves[param]
        if curve.shape[1] == 1:
            return True
        main = self.main_group(param)
        highest, at = peak(curve[:, main])
        if math.isnan(highest) or highest == 0:
            return bool(np.array_equal(curve, np.broadcast_to(curve[:, main, None], curve.shape)))
        factors = curve[at] / highest
        return all(
            np.allclose(block, block[:, main, None] * factors, rtol=1e-9, atol=1e-12 * abs(highest))
            for _, block in blocks(curve)
        )


@dataclass(frozen=True)
class Curve:
    """One quantity of one param group, as tables and exports name it.

    Attributes:
        name: `label`; `label/group` where there are several groups; with `:momentum` behind it
            for another quantity than the learning rate.
        trace: Index of the trace it belongs to.
        param: Its quantity, e.g. `lr`.
        group: Index of its param group.
        values: Shape (N,).
        after: What no update uses.
    """

    name: str
    trace: int
    param: str
    group: int
    values: Array
    after: float


def curves(
    traces: Sequence[Trace], params: Sequence[str] = (), *, all_groups: bool = True
) -> tuple[Curve, ...]:
    """Return the curves of all traces, in the order of a table's columns.

    Args:
        traces: The traces.
        params: The quantities wanted, of those that moved; none means all that a trace has.
        all_groups: False leaves only the first and the last of more than two groups that are one
            curve up to a factor.

    Raises:
        UsageError: No trace has one of `params`.
    """
    known = list(dict.fromkeys(param for trace in traces for param in trace.curves))
    for param in params:
        if param not in known:
            raise UsageError(
                f"no {param} to show: these schedules move {', '.join(known)}"
                f"{suggestion(param, known)}"
            )
    return tuple(
        Curve(_name(trace, param, group), index, param, group, *_column(trace, param, group))
        for index, trace in enumerate(traces)
        for param in params or trace.curves
        if param in trace.curves
        for group in _shown_groups(trace, param, all_groups)
    )


def _name(trace: Trace, param: str, group: int) -> str:
    name = trace.label if len(trace.groups) == 1 else f"{trace.label}/{trace.groups[group]}"
    return name if param == "lr" else f"{name}:{param}"


def _column(trace: Trace, param: str, group: int) -> tuple[Array, float]:
    return trace.values(param, group), float(trace.after[param][group])


def _shown_groups(trace: Trace, param: str, all_groups: bool) -> Sequence[int]:
    count = len(trace.groups)
    if all_groups or count < 3 or not trace.one_shape(param):
        return range(count)
    return (0, count - 1)


@dataclass(frozen=True)
class Figures:
    """What one curve comes to.

    Attributes:
        peak: Its largest value; NaN where all are NaN.
        peak_at: The first update that uses it (0-based).
        final: What the last update used.
        mean: The mean over all updates.
        above_half: The share of updates, in [0, 1], whose value is more than half the peak.
    """

    peak: float
    peak_at: int
    final: float
    mean: float
    above_half: float


@np.errstate(invalid="ignore")
def figures(values: Array) -> Figures:
    """Return the figures of a curve, read in blocks.

    Args:
        values: Shape (N,), N at least 1.

    >>> figures(np.array([1.0, 4.0, 2.0, 3.0]))
    Figures(peak=4.0, peak_at=1, final=3.0, mean=2.5, above_half=0.5)
    """
    highest, at = peak(values)
    above = 0
    sums = []
    for _, block in blocks(values):
        sums.append(float(np.sum(block)))
        above += int(np.count_nonzero(block > highest / 2))
    total = math.fsum(sums) if all(map(math.isfinite, sums)) else sum(sums)
    return Figures(highest, at, float(values[-1]), total / len(values), above / len(values))


def peak(values: Array) -> tuple[float, int]:
    """Return the largest value and the first update that uses it; (NaN, 0) where all are NaN."""
    highest, at = math.nan, 0
    for start, block in blocks(values):
        if not np.isnan(block).all():
            index = int(np.nanargmax(block))
            if not block[index] <= highest:
                highest, at = float(block[index]), start + index
    return highest, at
