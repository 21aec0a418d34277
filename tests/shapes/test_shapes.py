"""The shapes against the installed transformers, for `==`, and against their formulas."""

from __future__ import annotations

import inspect
import io
import itertools
import math
from collections.abc import Callable
from typing import Any, get_type_hints

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import optimization

from lrviz.errors import SpecError
from lrviz.shapes import (
    SHAPES,
    Shape,
    constant,
    exponential,
    exponential_ramp,
    inverse_sqrt,
    inverse_time,
    noam,
    warmup_constant,
    warmup_cosine,
    warmup_cosine_restarts,
    warmup_linear,
    warmup_polynomial,
    wsd,
)
from lrviz.shapes.shape import Form

SPANS = [(0, 1), (0, 40), (1, 40), (7, 40), (39, 40), (40, 40), (41, 40), (50, 40), (1, 1), (3, 0)]
CURVES: tuple[Form, ...] = ("linear", "cosine", "1-sqrt")


def theirs(make: Callable[..., LambdaLR], *args: Any, lr: float = 1.0, **kwargs: Any) -> Shape:
    """The factor that a function of transformers gives to LambdaLR."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    function: Shape = make(optimizer, *args, **kwargs).lr_lambdas[0]
    return function


def assert_same(ours: Shape, reference: Shape, last: int) -> None:
    for step in range(last + 1):
        value = ours(step)
        assert (step, value) == (step, reference(step))
        assert type(value) is float


SEVERAL: dict[str, list[dict[str, Any]]] = {
    "constant": [{}],
    "warmup_constant": [{"warmup": 0}, {"warmup": 9}],
    "warmup_linear": [{"warmup": 9, "total": 31}, {"warmup": 0, "total": 0}],
    "warmup_cosine": [
        {"warmup": 9, "total": 31, "num_cycles": 1.7, "min_ratio": 0.1},
        {"warmup": 0, "total": 45},
    ],
    "warmup_cosine_restarts": [{"warmup": 9, "total": 31, "num_cycles": 2.5}],
    "warmup_polynomial": [
        {"warmup": 9, "total": 31, "power": 1.7, "min_ratio": 0.1},
        {"warmup": 0, "total": 45, "power": 2},
    ],
    "inverse_sqrt": [{"warmup": 9}, {"warmup": 0, "timescale": 7}],
    "noam": [{"warmup": 1}, {"warmup": 9}],
    "inverse_time": [{"decay_steps": 7, "rate": 0.3}],
    "exponential": [{"end_ratio": 0.03, "total": 31}],
    "wsd": [
        {"warmup": 9, "decay": 10, "total": 31, "warmup_type": rise, "decay_type": fall}
        for rise in CURVES
        for fall in CURVES
    ]
    + [{"warmup": 20, "decay": 20, "total": 31, "min_ratio": 0.1}],
    "exponential_ramp": [{"start_ratio": 1e-4, "total": 31}, {"start_ratio": 0.1, "total": 0}],
}


@pytest.mark.parametrize("name", SHAPES)
def test_many_steps_are_single_ones(name: str) -> None:
    """Bit for bit, for each shape, from anywhere to anywhere."""
    for arguments in SEVERAL[name]:
        shape: Any = SHAPES[name](**arguments)
        single = np.array([shape(step) for step in range(60)])
        for first, stop in itertools.combinations(range(0, 61, 4), 2):
            many = shape.many(first, stop)
            assert many.tobytes() == single[first:stop].tobytes(), (arguments, first, stop)


@pytest.mark.parametrize("name", SHAPES)
def test_a_checkpoint_of_a_scheduler_with_it_can_be_saved(name: str) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    state = LambdaLR(optimizer, SHAPES[name](**SEVERAL[name][0])).state_dict()
    assert state["lr_lambdas"] == [None]
    torch.save(state, io.BytesIO())


def test_constant() -> None:
    assert_same(constant(), theirs(optimization.get_constant_schedule), 10)


@pytest.mark.parametrize("warmup", [0, 1, 7, 40])
def test_warmup_constant(warmup: int) -> None:
    reference = theirs(optimization.get_constant_schedule_with_warmup, warmup)
    assert_same(warmup_constant(warmup=warmup), reference, 60)


@pytest.mark.parametrize(("warmup", "total"), [*SPANS, (333, 1000)])
def test_warmup_linear(warmup: int, total: int) -> None:
    reference = theirs(optimization.get_linear_schedule_with_warmup, warmup, total)
    assert_same(warmup_linear(warmup=warmup, total=total), reference, total + 20)


@pytest.mark.parametrize("num_cycles", [0.5, 0.3, 2, 0])
@pytest.mark.parametrize(("warmup", "total"), [*SPANS, (333, 1000)])
def test_warmup_cosine(warmup: int, total: int, num_cycles: float) -> None:
    make = optimization.get_cosine_schedule_with_warmup
    reference = theirs(make, warmup, total, num_cycles)
    ours = warmup_cosine(warmup=warmup, total=total, num_cycles=num_cycles)
    assert_same(ours, reference, total + 20)


@pytest.mark.parametrize("min_ratio", [0.0, 0.1, 1 / 3, 1.0])
@pytest.mark.parametrize("num_cycles", [0.5, 1.7])
@pytest.mark.parametrize(("warmup", "total"), SPANS)
def test_warmup_cosine_with_a_floor(
    warmup: int, total: int, num_cycles: float, min_ratio: float
) -> None:
    make = optimization.get_cosine_with_min_lr_schedule_with_warmup
    reference = theirs(make, warmup, total, num_cycles, min_lr_rate=min_ratio)
    ours = warmup_cosine(warmup=warmup, total=total, num_cycles=num_cycles, min_ratio=min_ratio)
    assert_same(ours, reference, total + 20)


@pytest.mark.parametrize("num_cycles", [1, 2, 3])
@pytest.mark.parametrize(("warmup", "total"), SPANS)
def test_warmup_cosine_restarts(warmup: int, total: int, num_cycles: int) -> None:
    make = optimization.get_cosine_with_hard_restarts_schedule_with_warmup
    reference = theirs(make, warmup, total, num_cycles)
    ours = warmup_cosine_restarts(warmup=warmup, total=total, num_cycles=num_cycles)
    assert_same(ours, reference, total + 20)


@pytest.mark.parametrize(("power", "min_ratio"), [(1.0, 0.0), (2.0, 0.1), (0.5, 1e-7), (3, 0.3)])
@pytest.mark.parametrize(("warmup", "total"), [(0, 1), (0, 40), (1, 40), (7, 40), (39, 40)])
def test_warmup_polynomial(warmup: int, total: int, power: float, min_ratio: float) -> None:
    make = optimization.get_polynomial_decay_schedule_with_warmup
    reference = theirs(make, warmup, total, lr_end=min_ratio, power=power)
    ours = warmup_polynomial(warmup=warmup, total=total, power=power, min_ratio=min_ratio)
    assert_same(ours, reference, total + 20)


def test_warmup_polynomial_without_a_fall() -> None:
    # transformers divides by zero here
    ours = warmup_polynomial(warmup=4, total=4, min_ratio=0.5)
    assert [ours(step) for step in (0, 3, 4, 5)] == [0.0, 0.75, 1.0, 0.5]


@pytest.mark.parametrize("timescale", [None, 1, 7, 100])
@pytest.mark.parametrize("warmup", [0, 1, 7, 40])
def test_inverse_sqrt(warmup: int, timescale: int | None) -> None:
    reference = theirs(optimization.get_inverse_sqrt_schedule, warmup, timescale)
    assert_same(inverse_sqrt(warmup=warmup, timescale=timescale), reference, 120)


@pytest.mark.parametrize(("warmup_type", "decay_type"), [*itertools.product(CURVES, CURVES)])
@pytest.mark.parametrize("min_ratio", [0.0, 0.1])
@pytest.mark.parametrize(
    ("warmup", "decay", "total"),
    [(0, 0, 1), (5, 10, 40), (0, 10, 40), (5, 0, 40), (20, 20, 40), (30, 20, 40), (5, 60, 40)],
)
def test_wsd(
    warmup: int, decay: int, total: int, warmup_type: Form, decay_type: Form, min_ratio: float
) -> None:
    reference = theirs(
        optimization.get_wsd_schedule,
        warmup,
        decay,
        num_training_steps=total,
        warmup_type=warmup_type,
        decay_type=decay_type,
        min_lr_ratio=min_ratio,
        num_cycles=0.4,
    )
    ours = wsd(
        warmup=warmup,
        decay=decay,
        total=total,
        warmup_type=warmup_type,
        decay_type=decay_type,
        min_ratio=min_ratio,
        num_cycles=0.4,
    )
    assert_same(ours, reference, total + 20)


def test_defaults_are_those_of_transformers() -> None:
    assert_same(
        wsd(warmup=5, decay=10, total=40),
        theirs(optimization.get_wsd_schedule, 5, 10, num_training_steps=40),
        60,
    )
    assert_same(
        warmup_cosine(warmup=5, total=40),
        theirs(optimization.get_cosine_schedule_with_warmup, 5, 40),
        60,
    )
    assert_same(
        warmup_cosine_restarts(warmup=5, total=40),
        theirs(optimization.get_cosine_with_hard_restarts_schedule_with_warmup, 5, 40),
        60,
    )


def test_two_groups_equal_transformers_in_a_real_scheduler() -> None:
    """LambdaLR multiplies each group's own lr by the factor."""
    runs = []
    for make in (
        lambda optimizer: LambdaLR(optimizer, warmup_cosine(warmup=3, total=20, min_ratio=0.1)),
        lambda optimizer: optimization.get_cosine_with_min_lr_schedule_with_warmup(
            optimizer, 3, 20, min_lr_rate=0.1
        ),
    ):
        parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
        groups: list[dict[str, Any]] = [
            {"params": [parameters[0]]},
            {"params": [parameters[1]], "lr": 0.007},
        ]
        optimizer = torch.optim.SGD(groups, lr=0.3)
        scheduler = make(optimizer)
        rows = []
        for _ in range(22):
            rows.append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
            scheduler.step()
        runs.append(rows)
    assert runs[0] == runs[1]
    assert runs[0][3] == [0.3, 0.007]


@pytest.mark.parametrize("warmup", [1, 2, 40, 4000])
def test_noam_peaks_at_exactly_one(warmup: int) -> None:
    shape = noam(warmup=warmup)
    peak = warmup - 1
    assert shape(peak) == 1.0
    assert shape(peak + 1) == math.sqrt(warmup / (warmup + 1))
    assert all(shape(step) == (step + 1) / warmup for step in range(max(0, peak - 1), peak))
    assert all(shape(step) > shape(step + 1) for step in range(peak, peak + 50))


@pytest.mark.parametrize(("model", "warmup"), [(512, 4000), (1024, 16000)])
def test_noam_is_the_paper_divided_by_its_peak(model: int, warmup: int) -> None:
    shape = noam(warmup=warmup)
    for n in (1, 2, warmup - 1, warmup, warmup + 1, 10 * warmup):
        paper = model**-0.5 * min(n**-0.5, n * warmup**-1.5)
        assert shape(n - 1) * (model * warmup) ** -0.5 == pytest.approx(paper, rel=1e-14)


def test_inverse_time() -> None:
    shape = inverse_time(decay_steps=8, rate=3.0)
    assert [shape(step) for step in (0, 8, 16, 40)] == [1.0, 1 / 4, 1 / 7, 1 / 16]
    assert shape(1) == 1 / (1 + 3 * 1 / 8)


def test_exponential_reaches_its_end_at_total() -> None:
    shape = exponential(end_ratio=0.01, total=1000)
    assert (shape(0), shape(500), shape(1000)) == (1.0, 0.1, 0.01)
    assert shape(999) > 0.01 > shape(1001)
    assert exponential(end_ratio=0.5, total=0)(1) == 0.5


@pytest.mark.parametrize("total", [2, 3, 100, 1000])
@pytest.mark.parametrize("start_ratio", [1e-8, 1e-6, 0.3])
def test_the_ramp_ends_with_the_last_update(start_ratio: float, total: int) -> None:
    shape = exponential_ramp(start_ratio=start_ratio, total=total)
    values = [shape(step) for step in range(total)]
    assert (values[0], values[-1], shape(total), shape(total + 1)) == (start_ratio, 1.0, 1.0, 1.0)
    ratios = [after / before for before, after in itertools.pairwise(values)]
    assert ratios == pytest.approx([start_ratio ** (-1 / (total - 1))] * (total - 1), rel=1e-12)


@pytest.mark.parametrize("total", [0, 1])
def test_a_ramp_of_one_update_is_its_end(total: int) -> None:
    assert exponential_ramp(start_ratio=1e-6, total=total)(0) == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: warmup_constant(warmup=-1), "warmup is -1: it must be at least 0"),
        (lambda: warmup_linear(warmup=0, total=-1), "total is -1: it must be at least 0"),
        (lambda: wsd(warmup=0, decay=-2, total=9), "decay is -2: it must be at least 0"),
        (
            lambda: warmup_cosine(warmup=0, total=9, min_ratio=1.5),
            "min_ratio is 1.5: it must be between 0 and 1",
        ),
        (
            lambda: warmup_cosine(warmup=0, total=9, min_ratio=math.nan),
            "min_ratio is nan: it must be between 0 and 1",
        ),
        (
            lambda: warmup_cosine(warmup=0, total=9, num_cycles=-0.5),
            "num_cycles is -0.5: it must be a number of at least 0",
        ),
        (
            lambda: warmup_cosine_restarts(warmup=0, total=9, num_cycles=math.inf),
            "num_cycles is inf: it must be a number of at least 0",
        ),
        (
            lambda: warmup_polynomial(warmup=0, total=9, power=0.0),
            "power is 0.0: it must be a number above 0",
        ),
        (lambda: inverse_sqrt(warmup=0, timescale=0), "timescale is 0: it must be at least 1"),
        (lambda: noam(warmup=0), "warmup is 0: noam needs at least 1, its peak is there"),
        (lambda: inverse_time(decay_steps=0), "decay_steps is 0: it must be at least 1"),
        (
            lambda: inverse_time(decay_steps=1, rate=-1.0),
            "rate is -1.0: it must be a number of at least 0",
        ),
        (
            lambda: exponential(end_ratio=0.0, total=9),
            "end_ratio is 0.0: it must be a number above 0",
        ),
        (
            lambda: exponential_ramp(start_ratio=-1e-6, total=9),
            "start_ratio is -1e-06: it must be a number above 0",
        ),
    ],
)
def test_what_makes_no_curve_is_refused(make: Callable[[], Shape], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.message == message


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_can_be_read_by_its_signature(name: str) -> None:
    shape = SHAPES[name]
    hints = get_type_hints(shape)
    parameters = inspect.signature(shape).parameters
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters.values())
    assert set(hints) == {*parameters, "return"}
    allowed = {int, float, int | None, Form}
    assert all(hints[each] in allowed for each in parameters)
    assert all(f"        {each}: " in (shape.__doc__ or "") for each in parameters)
    assert "    Reference: " in (shape.__doc__ or "")
