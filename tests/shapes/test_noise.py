"""The normal numbers of torch's generator, and the noise that timm makes of them."""

from __future__ import annotations

import math

import pytest
import torch

from lrviz.errors import SpecError
from lrviz.shapes.frameworks import timm
from lrviz.shapes.noise import noisy, normals

SEEDS = [*range(300), 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 5, 2**40 + 1]


def drawn(seed: int, count: int) -> list[float]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(1, generator=generator).item() for _ in range(count)]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_numbers_are_torchs(seed: int) -> None:
    ours = normals(seed)
    assert [next(ours) for _ in range(7)] == drawn(seed, 7)


@pytest.mark.parametrize("noise_range_t", [0, 5, [5, 8], [2.5, 4.5]])
def test_noise_is_where_the_range_has_it(noise_range_t: float | list[float]) -> None:
    shape = noisy(timm.step)(decay_t=100, noise_range_t=noise_range_t, noise_pct=0.3, noise_seed=9)
    first, last = noise_range_t if isinstance(noise_range_t, list) else (noise_range_t, math.inf)
    for t in range(12):
        within = first <= t < last and t > 0
        kept = next(each for each in drawn(9 + t, 200) if abs(each) < 0.3)
        assert 0.5 * shape(t) == (0.5 + 0.5 * kept if within else 0.5)


def test_noise_needs_bounds_and_room() -> None:
    make = noisy(timm.step)
    with pytest.raises(SpecError, match="noise_pct is 0: it must be a number above 0"):
        make(decay_t=1, noise_range_t=1, noise_pct=0)
    with pytest.raises(SpecError, match="where it begins, and where it ends"):
        make(decay_t=1, noise_range_t=[1, 2, 3])
