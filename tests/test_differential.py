"""Random specs of every scheduler and optimizer against a hand-written loop, with ==."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import lrviz
from lrviz.errors import ScheduleError
from lrviz.trace import Trace
from tests.differential import by_hand, cases
from tests.reference import Reference, train


@settings(
    max_examples=2000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_equals_the_loop_on_real_optimizers(case: dict[str, Any]) -> None:
    check(case)


def check(case: dict[str, Any]) -> str:
    """Compare one case; return how it went: `equal`, `refused`, or `cut short`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of odd compositions; the numbers count
        try:
            optimizer, slots = by_hand(case)
        except Exception as error:  # noqa: BLE001
            with pytest.raises(ScheduleError) as refusal:
                lrviz.simulate(case)
            words = f"{type(error).__name__}: {error}".removesuffix(".")
            assert words in refusal.value.message
            return "refused"
        train_section = case["train"]
        expected = train(optimizer, slots, train_section["steps"], train_section["steps_per_epoch"])
        trace = lrviz.simulate(case)
    compare(trace, expected)
    return "equal" if trace.error is None else "cut short"


def compare(trace: Trace, expected: Reference) -> None:
    assert np.array_equal(trace.lr, np.array(expected.lr), equal_nan=True)
    assert np.array_equal(trace.after["lr"], np.array(expected.after_lr), equal_nan=True)
    if expected.failed is None:
        assert trace.error is None
    else:
        assert trace.error is not None
        assert (trace.error.update, trace.error.message) == (expected.failed, expected.words)
    momentum = np.array(expected.momentum)
    if "momentum" in trace.curves:
        assert np.array_equal(trace.curves["momentum"], momentum)
        assert np.array_equal(trace.after["momentum"], np.array(expected.after_momentum))
    elif momentum.size:
        assert (momentum == momentum[0]).all()
