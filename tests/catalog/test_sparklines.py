"""The small curves of `lrviz list`; `--update-golden` draws them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

import lrviz
from lrviz import catalog
from lrviz.views.chart import sparkline
from lrviz.views.text.about import example

FILE = Path(catalog.__file__).with_name("sparklines.yaml")
HEAD = "# Each preset and class over 1,000 updates, as it comes. By tests/test_sparklines.py.\n"
WIDTH = 12


def drawn() -> dict[str, str]:
    found = {}
    for name in catalog.names():
        spec = {"train": {"steps": 1000}, "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9}}
        trace = lrviz.simulate({**spec, **example(catalog.find(name))})
        found[name] = sparkline(trace.lr[:, 0], WIDTH)
    return found


def test_sparklines_are_up_to_date(request: pytest.FixtureRequest) -> None:
    expected = drawn()
    if request.config.getoption("--update-golden"):
        lines = "".join(f'{name}: "{curve}"\n' for name, curve in expected.items())
        FILE.write_text(HEAD + lines, encoding="utf-8")
    assert catalog.sparklines() == expected


def test_sparklines_rise_and_fall_as_their_curves() -> None:
    curves = catalog.sparklines()
    assert {len(curve) for curve in curves.values()} == {WIDTH}
    assert set(curves["constant"]) == {"█"}
    assert list(curves["cosine"]) == sorted(curves["cosine"], reverse=True)
    assert curves["warmup-linear"][0] < curves["warmup-linear"][1] == "█"
    peak = curves["onecycle"].index("█")
    assert list(curves["onecycle"][:peak]) == sorted(curves["onecycle"][:peak])
