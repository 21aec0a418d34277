"""CSV and JSON: what is written reads back as the same doubles."""

from __future__ import annotations

import csv
import json
import math
import tracemalloc
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR

from lrviz.curves.trace import RunError, Trace
from lrviz.errors import UsageError
from lrviz.views.text.export import csv_lines, json_lines
from lrviz.views.text.rows import table_rows
from tests.conftest import Golden
from tests.traces import stepped, trace


def cosine(n: int, label: str = "cosine") -> Trace:
    return trace(stepped(lambda o: CosineAnnealingLR(o, n), n), label=label, after=1e-17)


def steps(n: int, label: str = "steps") -> Trace:
    rates = np.repeat(stepped(lambda o: MultiStepLR(o, [3, 6]), n // 10), 10)
    return trace(rates, label=label, per_epoch=10, interval="epoch")


def grouped() -> Trace:
    rates = np.outer(stepped(lambda o: CosineAnnealingLR(o, 30), 30), [1, 1 / 3, 0.1])
    return trace(rates, label="vit", groups=("head", "neck", "body"), after=[1.0, 2.0, 3.0])


def table(lines: Iterator[str]) -> list[list[str]]:
    return list(csv.reader(lines))


def test_every_update_of_every_group_reads_back_as_the_same_double() -> None:
    made = [grouped(), cosine(45)]
    header, *rows = table(csv_lines(made, ["all"]))
    assert header == ["step", "epoch", "vit/head", "vit/neck", "vit/body", "cosine"]
    assert [row[0] for row in rows] == [str(t) for t in range(45)]
    for column, values in enumerate([*made[0].lr.T, made[1].lr[:, 0]], start=2):
        texts = [row[column] for row in rows]
        assert [float(text) for text in texts[: len(values)]] == values.tolist()
        assert texts[len(values) :] == [""] * (45 - len(values))


@pytest.mark.parametrize("n", [4095, 4096, 4097, 8193])
def test_no_row_is_lost_where_the_rows_are_written_in_parts(n: int) -> None:
    values = np.random.default_rng(0).random(n)
    rows = table(csv_lines([trace(values)], ["all"]))[1:]
    assert [(int(row[0]), float(row[2])) for row in rows] == list(enumerate(values.tolist()))
    loaded = json.loads("".join(json_lines([trace(values)], ["all"])))
    (curve,) = loaded["schedules"][0]["curves"]
    assert curve["steps"] == list(range(n))
    assert curve["values"] == values.tolist()


def test_key_steps_are_those_of_the_table_and_end_with_after() -> None:
    made = [steps(90), cosine(60)]
    _, *rows = table(csv_lines(made, ["7", "10%"]))
    expected = table_rows(made, ["7", "10%"]).updates(made)
    assert 7 in expected
    assert [row[0] for row in rows] == [*map(str, expected), "after"]
    for row in rows[:-1]:
        t = int(row[0])
        assert float(row[2]) == made[0].lr[t, 0]
        assert (float(row[3]) if row[3] else None) == (made[1].lr[t, 0] if t < 60 else None)
    assert rows[-1] == ["after", "", "0.0", "1e-17"]


def test_epochs_are_fractions_and_empty_where_unknown_or_not_common() -> None:
    rows = table(csv_lines([steps(90)], ["all"]))[1:]
    assert [float(row[1]) for row in rows] == [t / 10 for t in range(90)]
    assert {row[1] for row in table(csv_lines([cosine(9)], ["all"]))[1:]} == {""}
    assert {row[1] for row in table(csv_lines([steps(90), cosine(9)], ["all"]))[1:]} == {""}


def test_other_quantities_are_columns_and_can_be_chosen() -> None:
    made = [trace([0.1, 0.2], label="x", momentum=[0.9, 0.8])]
    assert table(csv_lines(made))[0] == ["step", "epoch", "x", "x:momentum"]
    assert table(csv_lines(made, (), ["momentum"])) == [
        ["step", "epoch", "x:momentum"],
        ["0", "", "0.9"],
        ["1", "", "0.8"],
        ["after", "", "0.0"],
    ]
    assert table(csv_lines(made, ["all"], ["lr"]))[1:] == [["0", "", "0.1"], ["1", "", "0.2"]]


def test_values_that_are_not_finite_and_the_smallest_read_back() -> None:
    values = [math.nan, math.inf, -math.inf, 5e-324, -0.0, 0.1 + 0.2, 1.7976931348623157e308]
    texts = [row[2] for row in table(csv_lines([trace(values)], ["all"]))[1:]]
    assert texts[:3] == ["nan", "inf", "-inf"]
    assert list(map(repr, map(float, texts))) == list(map(repr, values))
    made = trace(values, after=math.nan)
    (schedule,) = json.loads("".join(json_lines([made], ["all"])), parse_constant=pytest.fail)[
        "schedules"
    ]
    (curve,) = schedule["curves"]
    assert curve["values"][:3] == ["nan", "inf", "-inf"]
    assert list(map(repr, map(float, curve["values"]))) == list(map(repr, values))
    assert curve["after"] == "nan"


def test_no_two_columns_are_named_alike() -> None:
    made = [trace([0.1], label=label) for label in ("step", "epoch", "step:lr", "a")]
    assert table(csv_lines(made))[0] == [
        *("step", "epoch", "step:lr", "epoch:lr", "step:lr:lr", "a"),
    ]


@pytest.mark.parametrize("label", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_label_that_a_spreadsheet_would_run_is_text(label: str) -> None:
    header = table(csv_lines([trace([0.1], label=label)]))[0]
    assert header[2] == f"'{label}"


@pytest.mark.parametrize("label", ['a,b"c', "two\nlines", "学習率", "a=b"])
def test_any_other_label_reads_back_as_it_is(label: str) -> None:
    assert table(csv_lines([trace([0.1], label=label)]))[0][2] == label
    loaded = json.loads("".join(json_lines([trace([0.1], label=label)])))
    assert loaded["schedules"][0]["label"] == label


def test_json_has_all_that_is_documented() -> None:
    made = Trace(
        **{
            **vars(grouped()),
            "warnings": ('UserWarning: "x"', "two"),
            "error": RunError(29, "ValueError: no"),
        }
    )
    loaded = json.loads("".join(json_lines([made, cosine(20)])))
    assert list(loaded) == ["version", "torch", "schedules"]
    assert (loaded["version"], loaded["torch"]) == (1, torch.__version__)
    first, second = loaded["schedules"]
    assert list(first) == ["label", "source", "updates", "curves", "warnings", "error"]
    assert (first["label"], first["source"], first["updates"]) == ("vit", "vit.yaml", 30)
    assert first["warnings"] == ['UserWarning: "x"', "two"]
    assert first["error"] == {"update": 29, "message": "ValueError: no"}
    assert second["error"] is None
    assert [curve["group"] for curve in first["curves"]] == ["head", "neck", "body"]
    assert [list(curve) for curve in second["curves"]] == [
        ["group", "param", "steps", "values", "final", "after"]
    ]
    for group, curve in enumerate(first["curves"]):
        assert curve["values"] == [made.lr[t, group] for t in curve["steps"]]
        assert (curve["final"], curve["after"]) == (made.lr[-1, group], group + 1)
    assert second["curves"][0]["steps"][-1] == 19
    assert first["curves"][0]["steps"][-1] == 29


def test_a_schedule_without_the_quantity_has_no_curves() -> None:
    made = [trace([0.1], label="x", momentum=[0.9]), trace([0.1], label="y")]
    loaded = json.loads("".join(json_lines(made, (), ["momentum"])))
    assert [len(schedule["curves"]) for schedule in loaded["schedules"]] == [1, 0]


def test_lines_end_in_a_line_break_and_stand_as_they_stood(golden: Golden) -> None:
    made = [trace([1.0, 0.5, 0.25], label="a", per_epoch=2), trace([math.nan], label="b")]
    for name, lines in (("short.csv", csv_lines(made)), ("short.json", json_lines(made))):
        texts = list(lines)
        assert all(text.endswith("\n") and text.count("\n") == 1 for text in texts)
        golden(f"export/{name}", "".join(texts).replace(torch.__version__, "TORCH"))


@pytest.mark.parametrize("lines", [csv_lines, json_lines])
def test_a_million_updates_are_written_as_they_are_asked_for(lines: type) -> None:
    made = [trace(np.random.default_rng(0).random(1_000_000))]
    tracemalloc.start()
    text = lines(made, ["all"])
    assert len(list(islice(text, 50_000))) == 50_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6


@pytest.mark.parametrize("lines", [csv_lines, json_lines])
def test_what_is_wrong_is_said_before_the_first_line(lines: type) -> None:
    with pytest.raises(UsageError, match="'lst' is no step; did you mean last"):
        next(lines([cosine(9)], ["lst"]))
    with pytest.raises(UsageError, match="no momentum to show"):
        next(lines([cosine(9)], (), ["momentum"]))
