from __future__ import annotations

import json
import struct
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lrviz.curves.trace import RunError, Trace
from lrviz.errors import UsageError
from lrviz.spec.durations import Length
from lrviz.views.html import data as module
from lrviz.views.html.data import figure_data
from lrviz.views.plan.bands import FAINT
from lrviz.views.plan.marks import Mark
from lrviz.views.plan.options import FigureOptions
from lrviz.views.plan.palette import DARK, LIGHT, Colours, mixed, readable
from lrviz.views.plan.planning import plan
from tests.traces import trace

FALL = np.linspace(0.1, 0.001, 50)
LAYERS = trace(np.outer(FALL, [1.0, 0.5, 0.25]), label="layers", groups=("a", "b", "c"))
PLAIN = FigureOptions()


def made(*traces: Trace, **options: Any) -> dict[str, Any]:
    return figure_data(traces, FigureOptions(**options)).meta


def labels(view: dict[str, Any], panel: int = 0) -> list[str]:
    return [line["label"] for line in view["panels"][panel]["lines"]]


def test_every_value_of_every_quantity_and_group_is_there() -> None:
    twice = np.outer(FALL, [1.0, 0.3])
    moved = trace(twice, label="m", groups=("x", "y"), momentum=[[0.9, 0.8]] * 50)
    found = figure_data([LAYERS, moved], PLAIN)
    traces = [LAYERS, moved]
    assert len(found.meta["columns"]) == 3 + 4
    for column in found.meta["columns"]:
        values = traces[column["trace"]].curves[column["param"]][:, column["group"]]
        assert found.arrays[column["array"]].tolist() == values.tolist()
    assert found.meta["sizes"] == [50] * len(found.arrays)


def test_equal_columns_are_there_once_and_minus_zero_is_not_zero() -> None:
    values = np.outer(FALL, [1.0, 1.0, 1.0])
    values[-1] = 0.0, 0.0, -0.0
    found = figure_data([trace(values, groups=("a", "b", "c"))], PLAIN)
    assert [each["array"] for each in found.meta["columns"]] == [0, 0, 1]
    assert len(found.arrays) == 2


def test_curves_have_the_names_colours_and_dashes_of_the_figure() -> None:
    traces = [trace(FALL, label="one"), trace(FALL[::-1], label="two"), LAYERS]
    [view, _] = made(*traces)["views"]
    for theme, palette in (("light", LIGHT), ("dark", DARK)):
        planned = plan(traces, PLAIN, Colours(palette.curves, palette.back))
        assert labels(view) == [line.label for line in planned.panels[0].lines]
        assert [line[theme] for line in view["panels"][0]["lines"]] == [
            {
                "colour": each.colour,
                "dashes": each.dashes,
                "order": each.order,
                "named": each.named,
                "text": readable(each.colour, palette.text, palette.back),
                "told": readable(
                    each.colour, palette.text, mixed(palette.back, each.colour, FAINT)
                ),
            }
            for each in planned.looks[0]
        ]


def test_all_groups_are_a_second_view_where_there_are_more_of_them() -> None:
    ends, every = made(LAYERS)["views"]
    assert (ends["groups"], every["groups"]) == ("ends", "all")
    assert labels(ends) == ["layers/a", "layers/c +1 group up to ×4"]
    assert labels(every) == ["layers/a", "layers/b", "layers/c"]
    assert [each["groups"] for each in made(LAYERS, groups="all")["views"]] == ["all"]
    assert [each["groups"] for each in made(trace(FALL))["views"]] == ["ends"]


def test_equal_schedules_are_one_curve_under_both_names() -> None:
    found = made(trace(FALL, label="a"), trace(FALL, label="b"))
    assert labels(found["views"][0]) == ["a = b"]
    assert [each["label"] for each in found["traces"]] == ["a = b"]


def test_the_x_axis_counts_what_is_known_of_all() -> None:
    epochs = trace(FALL, per_epoch=10)
    assert [each["key"] for each in made(epochs)["units"]] == ["step", "epoch", "progress"]
    shorter = trace(FALL[:20], label="b")
    assert [each["key"] for each in made(epochs, shorter)["units"]] == ["step", "progress"]
    assert made(epochs, shorter)["units"][1]["factors"] == (2.0, 5.0)
    alone = trace(FALL, epochs_only=True)
    assert [each["key"] for each in made(alone)["units"]] == ["epoch", "progress"]
    assert made(alone)["unit"] == "epoch"
    assert made(epochs, x="epoch")["unit"] == "epoch"
    tokens = replace(epochs, length=Length(50, 10, tokens_per_update=Fraction(3)))
    assert made(tokens)["units"][3] == {"key": "tokens", "factors": (3.0,), "whole": True}
    with pytest.raises(UsageError, match="how many updates an epoch has is not known"):
        made(shorter, x="epoch")


def test_a_log_has_its_steps_and_a_resumed_run_its_start() -> None:
    steps = np.array([0, 10, 49])
    log = Trace("log", "log.csv", ("",), {"lr": FALL[steps, None]}, {}, Length(50), steps=steps)
    rest = np.arange(30, 50)
    resumed = Trace(
        "rest", "r.yaml", ("",), {"lr": FALL[rest, None]}, {"lr": FALL[:1]}, Length(50), steps=rest
    )
    found = figure_data([log, resumed], PLAIN)
    one, other = found.meta["traces"]
    assert one["logged"]
    assert found.arrays[one["steps"]].tolist() == [0, 10, 49]
    assert not other["logged"]
    assert (other["start"], other["updates"]) == (30, 50)
    assert [line["dots"] for line in found.meta["views"][0]["panels"][0]["lines"]] == [True, False]


def test_marks_name_their_update_whatever_the_x_axis_counts() -> None:
    marks = (Mark("layers", 20, "LRV101 no-warmup", ("c",)),)
    for x in ("step", "progress"):
        assert made(LAYERS, marks=marks, x=x)["marks"] == [
            {
                "trace": 0,
                "group": 2,
                "update": 20,
                "texts": ["LRV101 no-warmup"],
                "given": True,
                "kind": "",
                "together": [],
            }
        ]
    assert made(LAYERS, marks=marks)["marked"]
    assert not made(LAYERS)["marked"]
    words = made(trace([0.0, 0.1, 0.2, 0.1, 0.0]), annotate=True)["marks"]
    assert [(each["update"], each["texts"][-1], each["given"]) for each in words] == [
        (2, "end of warmup", False)
    ]


def test_what_a_picture_does_not_show_is_noted() -> None:
    short = trace(FALL, updates=80, error=RunError(49, "ValueError: past the end"))
    assert made(short)["notes"] == [
        "a: its scheduler failed after update 49 of 80, and the curve ends there: "
        "ValueError: past the end"
    ]
    assert made(short)["traces"][0]["length"] == 80
    gap = trace([0.1, np.nan, np.inf, 0.1])
    assert made(gap)["notes"] == ["a: 2 values of lr are not finite."]


def test_more_values_than_a_browser_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 149)
    with pytest.raises(UsageError) as caught:
        made(LAYERS)
    assert str(caught.value) == (
        "a page holds every value of every param group, and these are 150, more than the 149 that "
        "a browser has room for; write an .svg or a .png, or give fewer --steps"
    )
    monkeypatch.setattr(module, "MOST", 150)
    assert len(made(LAYERS)["columns"]) == 3


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(UsageError, match="nothing to draw: no schedule was given"):
        made()


def test_a_message_has_all_of_it_at_multiples_of_eight_bytes() -> None:
    found = figure_data([LAYERS], PLAIN)
    data = found.message()
    [length] = struct.unpack_from("<I", data)
    assert (length + 4) % 8 == 0
    assert json.loads(data[4 : 4 + length]) == json.loads(json.dumps(found.meta))
    doubles = np.frombuffer(data, "<f8", offset=4 + length)
    assert doubles.tolist() == np.concatenate(found.arrays).tolist()
