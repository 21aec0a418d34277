"""Views on traces that were stored as JSON, and a rule on text: all without torch.

So that they are tried on a Python that torch is not installed in; see `versions.py`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

import lrviz
from lrviz.building.built import Built
from lrviz.checking import rules
from lrviz.checking.runner import Finding, Report
from lrviz.checking.subject import Subject
from lrviz.curves.comparison import compare
from lrviz.curves.trace import Trace
from lrviz.spec.config import Config
from lrviz.views.chart import ChartOptions, chart
from lrviz.views.figure import FigureOptions, figure, save_bytes
from lrviz.views.figure.likeness import alike
from lrviz.views.text import findings
from lrviz.views.text.export import csv_lines, json_lines
from lrviz.views.text.grid import markdown, plain
from lrviz.views.text.table import comparison, table
from tests.conftest import GOLDEN, Golden

SPECS = Path(__file__).parents[1] / "data" / "stored"
STORED = GOLDEN / "stored"
TEXTS: dict[str, Callable[[Sequence[Trace]], str]] = {
    "table.txt": lambda traces: "\n".join(plain(table(traces))),
    "table.md": lambda traces: "\n".join(markdown(table(traces, ["25%,3ep"]))),
    "compared.txt": lambda traces: "\n".join(plain(comparison(compare(traces)))),
    "chart.txt": lambda traces: chart(traces, ChartOptions(width=72, height=16)).plain,
    "steps.csv": lambda traces: "".join(csv_lines(traces)),
    "all.csv": lambda traces: "".join(csv_lines(traces, ["all"])),
    "steps.json": lambda traces: without_version("".join(json_lines(traces))),
}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SPECS)


def without_version(text: str) -> str:
    return text.replace(json.loads(text)["torch"], "TORCH")


def stored() -> list[Trace]:
    """Read tests/golden/stored/traces.json; the spec says what stands in no JSON."""
    found = json.loads((STORED / "traces.json").read_text(encoding="utf-8"))
    return [
        restored(schedule, known)
        for schedule, known in zip(lrviz.load("three.yaml"), found["schedules"], strict=True)
    ]


def restored(schedule: lrviz.Schedule, known: dict[str, Any]) -> Trace:
    names = dict.fromkeys(curve["param"] for curve in known["curves"])
    own = {name: [c for c in known["curves"] if c["param"] == name] for name in names}
    return Trace(
        label=known["label"],
        source=known["source"],
        groups=tuple(curve["group"] for curve in own["lr"]),
        curves={name: np.array([c["values"] for c in curves]).T for name, curves in own.items()},
        after={name: np.array([c["after"] for c in curves]) for name, curves in own.items()},
        length=schedule.length,
        interval=schedule.members[0].interval,
    )


def test_what_is_stored_is_what_torch_gives(golden: Golden) -> None:
    made = [lrviz.simulate(schedule) for schedule in lrviz.load("three.yaml")]
    golden("stored/traces.json", without_version("".join(json_lines(made, ["all"]))))
    for one, other in zip(made, stored(), strict=True):
        assert (one.groups, one.interval) == (other.groups, other.interval)
        for name, curve in one.curves.items():
            assert np.array_equal(curve, other.curves[name])
            assert np.array_equal(one.after[name], other.after[name])


@pytest.mark.parametrize("name", TEXTS)
def test_a_view_that_is_text(name: str, golden: Golden) -> None:
    golden(f"stored/{name}", TEXTS[name](stored()).rstrip("\n") + "\n")


def test_a_trace_goes_through_json_unchanged() -> None:
    again = json.loads("".join(json_lines(stored(), ["all"])))
    assert again["schedules"] == json.loads((STORED / "traces.json").read_text())["schedules"]


def test_a_figure_is_alike(golden: Golden, request: pytest.FixtureRequest) -> None:
    made = save_bytes(figure(stored(), FigureOptions(title="Stored")), "svg", source="three.yaml")
    if request.config.getoption("--update-golden"):
        golden("stored/figure.svg", made.decode())
    assert alike(made, (STORED / "figure.svg").read_bytes())


def test_a_figure_in_pixels_has_all_curves() -> None:
    page = save_bytes(figure(stored(), FigureOptions(size=(6, 4), dpi=100)), "png")
    pixels = imread(io.BytesIO(page))
    assert pixels.shape[:2] == (400, 600)
    colours = np.unique((pixels[..., :3] * 255).round().astype(int).reshape(-1, 3), axis=0)
    there = {"#{:02x}{:02x}{:02x}".format(*colour) for colour in colours}
    lines = figure(stored()).axes[0].lines
    assert {str(line.get_color()).lower() for line in lines} <= there


def test_a_rule_on_text_and_its_finding() -> None:
    # As a config of another program's, which is what the rule looks at.
    schedule = replace(lrviz.load("three.yaml")[-1], config=Config("a trainer", ""))
    trace = stored()[-1]
    text = (SPECS / "three.yaml").read_text(encoding="utf-8")
    built = Built(schedule.label, schedule.source, None, (), schedule.length, trace.groups)  # type: ignore[arg-type]  # no optimizer without torch
    subject = Subject(schedule, built, trace, (3e-4,), lambda place: text[place.start : place.end])
    [rule] = rules.named("LRV001")
    [fault] = rule.check(subject)
    assert fault.place is not None
    finding = Finding(
        *(rule.code, rule.slug, rule.severity, fault.message, fault.advice),
        *(fault.place, schedule.label),
    )
    said = [findings.unstyled(line) for line in findings.lines(Report((finding,), (), 1))]
    assert said == [
        "three.yaml:13:7: info LRV001 number-read-as-text [steps] 3e-4 is a number here, and text "
        "to a program that reads this file with PyYAML",
        "    write 3.0e-4",
        "1 info in 1 curve",
    ]
