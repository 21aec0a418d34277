"""Expressions at many steps at once: `==` to each step by itself, to the bit, or left to that."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from lrviz.errors import ScheduleError
from lrviz.spec.expressions import lr_lambda, metric_curve

TOTAL = 1000


def many(text: str, first: int, stop: int) -> Any:
    return vars(lr_lambda(text, TOTAL))["many"](first, stop)


def singly(text: str, first: int, stop: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([lr_lambda(text, TOTAL)(step) for step in range(first, stop)])


def same(ours: Any, theirs: np.ndarray[Any, np.dtype[np.float64]]) -> bool:
    return bool(ours.dtype == np.float64 and ours.tobytes() == theirs.tobytes())


@pytest.mark.parametrize(
    "text",
    [
        "0.97 ** step + exp(-step / 50) * cos(pi * progress)",
        "step % 7 + step // 7 + step % 2.5 - (step / 3) // 0.7 - -step % 0.3",
        "min(step, 40, progress * 100) + max(0.1, 1 - step / 30, -progress)",
        "(step > 3) + (step > 5) + (2 < step <= 9 != 4) + (not step) + (not step - 8)",
        "step > 10 and step - 12 or progress and 3",
        "step / 10 if step < 10 else 1 if step < 20 else sqrt(step)",
        "floor(step / 7) - ceil(step / 7) + floor(-progress) + abs(5 - step) + +step",
        "min(0 * step, -0.0) + max(-0.0, 0 * step)",
        "max(0 * (step > 5), -0.0 * step)",
        "-(step * 0) * 1",
        "0.25",
        "total / 1e3",
    ],
)
def test_an_expression_at_many_steps(text: str) -> None:
    for first, stop in ((0, 60), (7, 8), (950, 1001)):
        found = many(text, first, stop)
        assert found.shape == (stop - first,)
        assert same(found, singly(text, first, stop))


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("1 / step if step else 0", 0, 1),  # both branches are computed
        ("log(step)", 0, 1),
        ("sqrt(step - 3) if step >= 3 else 0", 2, 3),
        ("exp(1000 - step) if step > 600 else 1", 200, 601),
        ("step * step * step", 208_064, 1),  # a float would not hold the whole number
        ("(step * step * step) % 10", 208_064, 1),
        ("step * (step * step) - step * (step * step)", 208_064, 1),
    ],
)
def test_what_is_left_to_single_steps(text: str, near: int, far: int) -> None:
    assert many(text, near, near + 1) is None
    assert same(many(text, far, far + 1), singly(text, far, far + 1))


def test_random_expressions() -> None:
    picked = random.Random(0)

    def expression(depth: int) -> str:
        if depth == 0 or picked.random() < 0.15:
            return picked.choice(["step", "step", "progress", "total", "pi", "0", "1", "0.3", "7"])
        one, two, three = (expression(depth - 1) for _ in range(3))
        return picked.choice(
            [
                *(f"({one} {sign} {two})" for sign in ("+", "-", "*", "/", "//", "%", "**")),
                *(f"({one} {sign} {two})" for sign in ("<", "<=", ">", ">=", "==", "!=")),
                *(f"{name}({one}, {two})" for name in ("min", "max")),
                *(f"{name}({one})" for name in ("abs", "exp", "log", "sin", "sqrt", "floor")),
                *(f"({one} {word} {two})" for word in ("and", "or")),
                *(f"({sign} {one})" for sign in ("-", "+", "not")),
                f"({one} if {two} else {three})",
            ]
        )

    found = 0
    for _ in range(400):
        text = expression(3)
        if len(text) > 500:
            continue
        at_once = many(text, 1, 40)
        if at_once is None:
            continue
        found += 1
        assert same(at_once, singly(text, 1, 40)), text
    assert found > 200


def test_a_metric_curve_at_many_steps() -> None:
    curve = metric_curve("step + 10 * epoch + exp(progress)")
    steps = np.arange(0, 40, 4)
    found = vars(curve)["many"](step=steps, epoch=steps / 8, progress=steps / 40)
    assert same(found, np.array([curve(step, step / 8, step / 40) for step in steps.tolist()]))
    curve = metric_curve("1 / (step - 8)")
    assert vars(curve)["many"](step=steps, epoch=steps / 8, progress=steps / 40) is None
    with pytest.raises(ScheduleError):
        curve(8, 1.0, 0.2)
