from __future__ import annotations

from itertools import pairwise

import numpy as np

from lrviz.views.plan.downsample import vertices
from lrviz.views.plan.ground import reach


def test_a_column_holds_all_values_from_its_begin_to_its_end() -> None:
    values = np.random.default_rng(0).normal(size=101)
    values[50:60] = np.nan
    edges = np.linspace(0, 120, 38)
    low, high = reach(*vertices(values, 10_000), edges)
    for index, (start, end) in enumerate(pairwise(edges)):
        inside = values[int(start) : int(end) + 1]
        inside = inside[np.isfinite(inside)]
        if inside.size:
            assert (low[index], high[index]) == (inside.min(), inside.max())
        else:
            assert np.isnan([low[index], high[index]]).all()


def test_a_slope_is_between_the_edges_of_its_column() -> None:
    low, high = reach(np.array([0.0, 10.0]), np.array([0.0, 1.0]), np.arange(11.0))
    assert np.allclose(low, np.arange(10) / 10)
    assert np.allclose(high, np.arange(1, 11) / 10)
