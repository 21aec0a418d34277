"""What a figure of five long curves costs: bytes, time, and what it may differ by."""

from __future__ import annotations

import gc
import io
import statistics
import time
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from lrviz.curves.trace import Trace
from lrviz.views.figure import figure, save_bytes
from tests.traces import trace
from tests.views.figure.test_paths import UPDATES, difference, five

if TYPE_CHECKING:
    from tests.benchmarks.benchmark import Report

REPEATS = 7
BYTES = {"svg": 150_000, "pdf": 60_000}
HALF = 0.5
DIFFERENCE = 64  # of 255


def pictures(report: Report) -> None:
    """Compare a figure of five curves with matplotlib's of all their points."""
    print(f"pictures: five curves of {UPDATES:,} updates, lrviz against all points in matplotlib")
    curves = [trace(values, label=f"curve {index}") for index, values in enumerate(five())]
    for form, most in BYTES.items():
        size = len(save_bytes(figure(curves), form))
        report.line(
            f"bytes of the {form.upper()} : target", f"{size:,}", size / most, 1, least=False
        )
    for form in ("png", "svg", "pdf"):
        times: tuple[list[float], list[float]] = [], []
        for _ in range(REPEATS):
            for draw, kept in zip((ours, theirs), times, strict=True):
                # As timeit does: it would be chance in whose turn all garbage is collected.
                gc.collect()
                gc.disable()
                start = time.perf_counter()
                draw(curves, form)
                kept.append(time.perf_counter() - start)
                gc.enable()
        own, other = map(statistics.median, times)
        detail = f"{own:.3f} : {other:.3f}"
        report.line(
            f"{form.upper()} of lrviz : of matplotlib", detail, own / other, HALF, least=False
        )
    worst = difference()
    report.line("PNG : full drawing", f"{worst} of 255", worst / DIFFERENCE, 1, least=False)


def ours(curves: list[Trace], form: str) -> bytes:
    """Return lrviz's picture."""
    return save_bytes(figure(curves), form)


def theirs(curves: list[Trace], form: str) -> bytes:
    """Return matplotlib's picture of all points, with the same kind of text as ours."""
    with mpl.rc_context({"svg.fonttype": "none", "pdf.fonttype": 42}):
        return all_points(curves, form)


def all_points(curves: list[Trace], form: str) -> bytes:
    """Return what people plot, with matplotlib's own settings."""
    fig = Figure(figsize=(8, 5), dpi=150)
    ax = fig.add_subplot()
    for each in curves:
        ax.plot(each.lr[:, 0], label=each.label)
    ax.legend(loc="upper right")
    buffer = io.BytesIO()
    fig.savefig(buffer, format=form)
    return buffer.getvalue()
