from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lrviz.views.html.packing import all_packed, packed, unpacked

CURVES = {
    "none": [],
    "one": [0.1],
    "ends of doubles": [0.0, -0.0, 5e-324, -1.7976931348623157e308, 2.2250738585072014e-308],
    "not finite": [np.inf, 0.1, -np.inf, np.nan, 0.1],
    "a fall": np.linspace(0.1, 0, 1001),
    "several blocks": np.sin(np.arange(200_001.0)),
    "one block": np.sin(np.arange(65_536.0)),
    "noise": np.random.default_rng(0).normal(size=1001),
}


def bits(values: object) -> NDArray[np.uint64]:
    return np.asarray(values, dtype=np.float64).view(np.uint64)


@pytest.mark.parametrize("name", CURVES)
def test_every_bit_comes_back(name: str) -> None:
    assert bits(unpacked(packed(np.asarray(CURVES[name], dtype=np.float64)))).tolist() == (
        bits(CURVES[name]).tolist()
    )


def test_the_bits_of_a_nan_come_back() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF0000000000BAD, 0x7FF0000000000001], np.uint64)
    assert bits(unpacked(packed(odd.view(np.float64)))).tolist() == odd.tolist()


def test_a_column_of_several_is_packed_as_what_it_is() -> None:
    groups = np.arange(12.0).reshape(6, 2)
    assert [unpacked(each).tolist() for each in all_packed([groups[:, 0], groups[:, 1]])] == [
        [0, 2, 4, 6, 8, 10],
        [1, 3, 5, 7, 9, 11],
    ]


def test_a_smooth_curve_takes_little_more_than_six_bits_a_value() -> None:
    curve = 0.05 * (1 + np.cos(np.pi * np.arange(100_000) / 100_000))
    assert len(packed(curve)) * 6 / 8 < 0.8 * len(curve)
