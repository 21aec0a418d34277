"""A trace that has rows for some updates only, as a log has, through all that reads traces."""

from __future__ import annotations

import csv
import json

import numpy as np
from matplotlib.lines import Line2D

import lrviz
from lrviz.curves.comparison import compare
from lrviz.curves.keysteps import key_steps
from lrviz.curves.trace import Trace
from lrviz.spec.durations import Length
from lrviz.views.chart import ChartOptions, chart
from lrviz.views.figure import FigureOptions, figure
from lrviz.views.text.export import csv_lines, json_lines
from lrviz.views.text.table import table

PLAN = lrviz.simulate("warmup-linear", steps=100, lr=1.0)
STEPS = np.array([4, 9, 14, 50, 99])


def log(values: np.ndarray | None = None) -> Trace:
    rows = PLAN.lr[STEPS] if values is None else values
    return Trace("log", "log.csv", ("0",), {"lr": rows}, {}, Length(100), steps=STEPS)


def test_rows_and_updates() -> None:
    sparse = log()
    assert (sparse.updates, len(sparse.lr), sparse.update(3)) == (100, 5, 50)
    assert [sparse.row(update) for update in (0, 4, 6, 7, 31, 33, 99, 500)] == [
        *(0, 0, 0, 1, 2, 3),
        *(4, 4),
    ]
    assert [sparse.has(update) for update in (4, 5, 99, 100, -1)] == [
        True,
        False,
        True,
        False,
        False,
    ]
    spread = sparse.by_update()
    assert np.flatnonzero(np.isfinite(spread)).tolist() == STEPS.tolist()
    assert spread[50] == PLAN.lr[50, 0]


def test_key_steps_are_updates_that_were_logged_and_none_comes_after() -> None:
    found = {name: key.step for key in key_steps(log()).steps for name in key.names}
    assert found["first"] == 4
    assert PLAN.lr.argmax() == 10
    assert found["peak"] == 14  # the highest of those that were logged
    assert found["last"] == 99
    assert "after" not in found


def test_a_table_shows_the_nearest_logged_value_and_says_so() -> None:
    grid = table([PLAN, log()], at=["50", "52"])
    cells = {row[0]: row[2:] for row in grid.rows}
    assert cells["50"][1] == cells["52"][1] == cells["50"][0]
    assert cells[""] == ("0", None)  # after
    assert "log: logged values, each of the logged update that is nearest." in grid.notes


def test_csv_and_json_have_what_was_logged_to_the_bit() -> None:
    rows = list(csv.DictReader(csv_lines([PLAN, log()], at=["all"])))
    assert [int(row["step"]) for row in rows if row["log"]] == STEPS.tolist()
    assert [float(row["log"]) for row in rows if row["log"]] == PLAN.lr[STEPS, 0].tolist()
    alone = list(csv.DictReader(csv_lines([log()], at=["all"])))
    assert [int(row["step"]) for row in alone] == STEPS.tolist()
    [made] = json.loads("".join(json_lines([log()], at=["all"])))["schedules"]
    [curve] = made["curves"]
    assert (curve["steps"], curve["after"]) == (STEPS.tolist(), None)
    assert curve["values"] == PLAN.lr[STEPS, 0].tolist()


def test_only_what_both_have_is_compared() -> None:
    [same] = compare([PLAN, log()]).differences
    assert (same.updates, same.differs) == (5, None)
    wrong = PLAN.lr[STEPS].copy()
    wrong[3] *= 2
    [differs] = compare([PLAN, log(wrong)]).differences
    assert differs.differs is not None
    assert (differs.differs.update, differs.differs.second) == (50, 2 * PLAN.lr[50, 0])
    assert compare([log(wrong)]).comparands[0].summary.peak_at == 50


def test_a_figure_has_a_dot_at_each_logged_update() -> None:
    fig = figure([PLAN, log()], FigureOptions(x="progress"))
    line, dots = fig.axes[0].lines
    assert (line.get_marker(), dots.get_marker()) == ("None", "o")
    assert np.asarray(dots.get_xdata()).tolist() == STEPS.tolist()
    assert np.asarray(dots.get_ydata()).tolist() == PLAN.lr[STEPS, 0].tolist()
    assert not [text for text in fig.texts if "not finite" in text.get_text()]
    samples = [each.get_marker() for each in fig.artists if isinstance(each, Line2D)]
    assert set(samples) == {"None", "o"}  # beside the names: a piece of the line, a dot


def test_a_chart_has_dots_where_something_was_logged() -> None:
    lines = chart([log()], ChartOptions(width=60, height=12)).plain.splitlines()
    columns = {x for line in lines[1:-3] for x, sign in enumerate(line) if "⠀" < sign <= "⣿"}
    assert len(STEPS) <= len(columns) <= 2 * len(STEPS)  # an update may lie on an edge
