from __future__ import annotations

import numpy as np
import pytest

from lrviz.curves.events import Array
from lrviz.views.figure import FigureOptions, figure
from lrviz.views.plan.bands import Band, bands, outlined
from lrviz.views.plan.downsample import vertices
from lrviz.views.plan.panels import Line
from tests.legible import illegible
from tests.traces import trace

INCHES = 7.0  # of an axis; 168 cycles on it are one on 4 CSS pixels
FALLING = 1 - np.arange(20_000) % 100 / 100


def found(values: Array) -> list[Band]:
    line = Line("a", values, 0, 0)
    return bands(line, vertices(values, 1_500), len(values) / INCHES * 4 / 96)


@pytest.mark.parametrize(
    "values",
    [FALLING, FALLING[::-1], np.abs((np.arange(20_000) + 50) % 100 - 50) / 50],
    ids=["restarts", "climbs", "triangles"],
)
def test_dense_cycles_are_a_band_between_their_least_and_greatest_values(values: Array) -> None:
    [band] = found(values)
    assert (band.start, band.end, band.cycles, band.text) == (0, 20_000, 200, "200 cycles")
    assert set(band.low) == {values.min()}
    assert set(band.high) == {values.max()}
    assert (band.x[0], band.x[-1]) == (0, 20_000)
    assert (np.diff(band.x) > 0).all()


def test_cycles_that_can_be_seen_are_none() -> None:
    assert found(np.resize(1 - np.arange(150) / 150, 20_000)) == []  # 133
    assert len(found(np.resize(1 - np.arange(115) / 115, 20_000))) == 1  # 174
    assert found(np.linspace(1, 0, 20_000)) == []
    assert found(np.resize([0.1, 0.2], 300)) == []  # each update has pixels of its own


def test_a_band_is_where_the_cycles_are_and_the_rest_is_drawn_as_it_is() -> None:
    values = np.concatenate([np.linspace(0, 1, 5_000), FALLING[:10_000], np.linspace(1, 0, 5_000)])
    [band] = found(values)
    assert (band.start, band.end, band.cycles) == (5_000, 15_000, 100)
    x, y = outlined(vertices(values, 1_500), [band])
    pieces = np.split(np.stack([x, y]), np.flatnonzero(np.isnan(x)), axis=1)
    before, around, after = (piece[:, np.isfinite(piece).all(axis=0)] for piece in pieces)
    assert before[0].max() <= 5_000
    assert (around[:, 0] == around[:, -1]).all()
    assert (around[0].min(), around[0].max()) == (5_000, 15_000)
    assert after[0].min() >= 15_000
    assert after[0].max() == 20_000


@pytest.mark.parametrize("before", [None, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("after", [None, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("cycle", [FALLING[:100], FALLING[99::-1]], ids=["restarts", "climbs"])
def test_every_cycle_counts_beside_a_level_stretch(
    before: float | None, after: float | None, cycle: Array
) -> None:
    held = [np.full(0 if each is None else 70_000, each or 0.0) for each in (before, after)]
    [band] = found(np.concatenate([held[0], np.tile(cycle, 1_000), held[1]]))
    start = len(held[0])
    assert (band.cycles, band.text) == (1_000, "1,000 cycles")
    assert abs(band.start - start) <= 1
    assert abs(band.end - start - 100_000) <= 1


def test_what_is_not_periodic_is_not_called_so() -> None:
    noise = np.random.default_rng(0).random(20_000)
    [band] = found(noise)
    ups = np.count_nonzero(np.diff(np.sign(np.diff(noise)))) // 2
    assert band.text == f"{ups + 1:,} ups and downs"


def test_a_falling_band_follows_its_cycles() -> None:
    top = np.linspace(1, 0.5, 20_000)
    [band] = found(top * FALLING)
    assert np.allclose(band.high, np.interp(band.x, np.arange(20_000), top), atol=0.01)


def test_a_band_is_drawn_and_told_of() -> None:
    curve = trace(0.1 * FALLING, label="cycles")
    other = trace(np.linspace(0.1, 0, 20_000), label="line")
    for options in (FigureOptions(), FigureOptions(log=True, style="dark", size=(4, 3))):
        fig = figure([curve, other], options)
        [ax] = fig.axes
        assert len(ax.collections) == 1
        assert [each.get_text() for each in ax.texts] == ["200 cycles"]
        assert illegible(fig) == []
    fig = figure([curve, other], FigureOptions(grid=True))
    assert [len(ax.collections) for ax in fig.axes] == [1, 0]
