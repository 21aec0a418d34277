from __future__ import annotations

import math
import random

import pytest

from lrviz.writing import numbers as formatting


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.00030000000000000003, "3e-4"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (0.001, "0.001"),
        (0.0009999, "9.999e-4"),
        (0.00099996, "0.001"),  # rounds up to where no exponent is written
        (1.2e-6, "1.2e-6"),
        (-2.5e-5, "-2.5e-5"),
        (0.012345, "0.01235"),
        (9999.4, "9999"),
        (9999.6, "1e4"),
        (12.5, "12.5"),
        (100.0, "100"),
        (5e-324, "4.941e-324"),
        (1.7976931348623157e308, "1.798e308"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_a_learning_rate_is_written_as_people_write_it(value: float, text: str) -> None:
    assert formatting.lr(value) == text


def test_seventeen_digits_read_back_as_the_same_double() -> None:
    numbers = random.Random(0)
    for _ in range(500):
        value = numbers.uniform(-1, 1) * 10.0 ** numbers.randint(-12, 3)
        assert float(formatting.lr(value, 17)) == value


def test_notation_can_be_fixed_for_a_whole_axis() -> None:
    assert [formatting.lr(v, scientific=True) for v in (0.1, 0.0, 0.01, 1.0)] == [
        "1e-1",
        "0",
        "1e-2",
        "1e0",
    ]
    assert formatting.lr(0.00002, scientific=False) == "0.00002"
    assert formatting.lr(123456.0, scientific=False) == "123500"


def test_counts_have_their_thousands_apart() -> None:
    assert [formatting.count(n) for n in (0, 999, 10_000, -1_234_567)] == [
        "0",
        "999",
        "10,000",
        "-1,234,567",
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.05, "5%"),
        (0.125, "12.5%"),
        (1e-7, "0.00001%"),
        (1.0, "100%"),
        (12.5, "1250%"),
    ],
)
def test_percent(share: float, text: str) -> None:
    assert formatting.percent(share) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (999.96, "1k"),
        (1_500, "1.5k"),
        (3.2e6, "3.2M"),
        (260e9, "260B"),
        (1e12, "1T"),
        (15e15, "15000T"),
        (-2_000, "-2k"),
    ],
)
def test_large_counts_have_a_suffix(number: float, text: str) -> None:
    assert formatting.compact(number) == text
