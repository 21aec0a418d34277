from __future__ import annotations

import numpy as np
import pytest

from lrviz.errors import UsageError
from lrviz.views.figure import figure
from tests.attacks.legibility import drawings
from tests.legible import illegible
from tests.traces import trace


@pytest.mark.parametrize("seed", range(3))
def test_random_figures_can_be_read(seed: int) -> None:
    for words, traces, options in drawings(8, 1_000 + seed):
        try:
            fig = figure(traces, options)
        except UsageError:
            continue
        assert illegible(fig) == [], words


def test_what_cannot_be_read_is_found() -> None:
    falling = np.linspace(0.1, 0.0, 100)
    fig = figure([trace(falling, label="a"), trace(falling / 2, label="b")])
    _, second = fig.axes[0].lines
    assert illegible(fig) == []
    second.set_linestyle("-")
    second.set_color("#0073b4")
    fig.text(0.99, 0.5, "cut off")
    fig.text(0.3, 0.5, "one text")
    fig.text(0.32, 0.51, "another text")
    x, y = fig.axes[0].transData.transform((50, 0.05)) / fig.bbox.size
    fig.text(x, y, "middle", ha="center", va="center", rotation=30)
    assert set(illegible(fig)) == {
        "'cut off' is off the page",
        "'one text' lies on 'another text'",
        "'middle' lies on a",
        "a and b are alike in greyscale",
        "a and b are alike: colours",
        "a and b are alike: protanopia",
        "a and b are alike: deuteranopia",
        "a and b are alike: tritanopia",
    }
