"""What must not change a number, and what must change all of them alike."""

from __future__ import annotations

import csv
import json
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml

import lrviz
from lrviz import catalog
from lrviz.checking.runner import check
from lrviz.curves.comparison import compare
from lrviz.curves.trace import Trace
from lrviz.document import parse
from lrviz.errors import ScheduleError
from lrviz.sources.loading import load
from lrviz.views.chart import ChartOptions, chart
from lrviz.views.figure import figure
from lrviz.views.text.about import example
from lrviz.views.text.export import csv_lines, json_lines
from lrviz.views.text.table import comparison, table
from tests.attacks.trainings import Training, training
from tests.commands import lrviz as command

ROOT = Path(__file__).parents[2]
ABSOLUTE = {"lr", "max_lr", "base_lr", "swa_lr", "eta_min", "min_lr", "lr_end", "eps"}
# What depends on how long training is: shares of it, the rest of it, and what is left of it.
RELATIVE = re.compile(r'[0-9.]%"|"rest"|progress|total - step')

# How a table's columns are parted, and what stands where there is no value.
FORMS = (("rich", "│", "—"), ("plain", "|", "-"), ("markdown", "|", "—"))


def trainings(count: int, wanted: Callable[[Training], bool] = lambda case: True) -> list[Training]:
    """Return so many random trainings of up to 150 updates that torch takes."""
    found: list[Training] = []
    rng = Random(5)
    while len(found) < count:
        case = training(rng, 150)
        if wanted(case) and simulated(case.spec) is not None:
            found.append(case)
    return found


def simulated(spec: Any) -> Trace | None:
    """Return a spec's trace; None where torch refuses to build it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return lrviz.simulate(spec, trust=True)
        except ScheduleError:
            return None


def same(one: Trace | None, other: Trace | None) -> bool:
    """Tell whether two traces have the same numbers, bit for bit."""
    assert one is not None
    assert other is not None
    assert one.curves.keys() == other.curves.keys()
    return one.length == other.length and all(
        one.curves[name].tobytes() == other.curves[name].tobytes()
        and one.after[name].tobytes() == other.after[name].tobytes()
        for name in one.curves
    )


def doubled(value: Any, key: str = "") -> Any:
    """Return a spec with every absolute learning rate twice as large."""
    if isinstance(value, dict):
        return {name: doubled(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [doubled(each, key) for each in value]
    return 2 * value if key in ABSOLUTE and isinstance(value, float) else value


def with_floors(value: Any) -> Any:
    """Return a spec that says the absolute rates which two schedulers have by default."""
    if isinstance(value, list):
        return [with_floors(each) for each in value]
    if not isinstance(value, dict):
        return value
    known = {key: with_floors(each) for key, each in value.items()}
    if "patience" in known:
        known |= {"eps": 1e-8}
    if known.get("type") == "transformers.get_greedy_schedule":
        known |= {"min_lr": 1e-3, "max_lr": 1.0}
    return known


@pytest.mark.parametrize("name", catalog.preset_names())
def test_a_preset_follows_the_lr(name: str) -> None:
    one, two = lrviz.simulate(name, lr=0.15, steps=500), lrviz.simulate(name, lr=0.3, steps=500)
    assert np.array_equal(2 * one.lr, two.lr)
    assert np.array_equal(2 * one.after["lr"], two.after["lr"])
    assert one.curves.keys() == two.curves.keys()
    for param in one.curves.keys() - {"lr"}:
        assert np.array_equal(one.curves[param], two.curves[param])


def test_twice_the_rates_are_twice_the_curve() -> None:
    for case in trainings(150):
        spec = with_floors(case.spec)
        one, two = simulated(spec), simulated(doubled(spec))
        assert one is not None
        assert two is not None
        exact = ~(np.abs(one.lr) < 1e-290)  # a subnormal number has lost some bits
        assert np.array_equal(2 * one.lr[exact], two.lr[exact], equal_nan=True), spec
        if "momentum" in one.curves:
            assert np.array_equal(one.curves["momentum"], two.curves["momentum"])


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    for case in trainings(150, lambda case: not RELATIVE.search(json.dumps(case.spec))):
        more = case.updates + 1 + case.updates // 3
        lengths = [
            {"steps": steps, "steps_per_epoch": case.per_epoch} for steps in (case.updates, more)
        ]
        for slot in case.slots:
            if "values" in slot.get("metric", {}):
                slot["metric"]["values"] += [0.5] * more
        short, long = [simulated({**case.spec, "train": each}) for each in lengths]
        assert short is not None
        assert long is not None
        for name, values in short.curves.items():
            assert np.array_equal(long.curves[name][: short.updates], values, equal_nan=True)
        assert long.error == short.error if short.error else True
        if not short.error:
            after = long.lr[short.updates]
            assert np.array_equal(short.after["lr"], after, equal_nan=True), case.spec


def test_labels_order_and_neighbours_change_no_number() -> None:
    cases = trainings(40)
    train = {"steps": 97, "steps_per_epoch": 5}
    specs = {}
    for number, case in enumerate(cases):
        kept = ("scheduler", "schedulers", "interval", "frequency", "metric", "optimizer")
        spec = {key: case.spec[key] for key in kept if key in case.spec}
        for slot in spec.get("schedulers", [spec]):
            if "values" in slot.get("metric", {}):
                slot["metric"] = {"values": [float(i * 7 % 13) for i in range(97)]}
        if simulated({"train": train, **spec}) is not None:
            specs[f"curve {number}"] = spec
    assert len(specs) > 30
    alone = [simulated({"train": train, **spec, "title": "alone"}) for spec in specs.values()]
    backwards = {f"x{label}": spec for label, spec in reversed(specs.items())}
    plot = {"plot": {"x": "progress", "log": True}, "table": {"at": [3]}}
    for document, expected in (
        ({"train": train, "schedules": specs}, alone),
        ({"train": train, "schedules": backwards, **plot}, alone[::-1]),
    ):
        schedules = load(document, trust=True)
        assert [each.label for each in schedules] == list(document["schedules"])  # type: ignore[call-overload]
        assert all(
            same(simulated(schedule), trace)
            for schedule, trace in zip(schedules, expected, strict=True)
        )


def test_spelling_changes_no_number(tmp_path: Path) -> None:
    """The same document as a mapping, as YAML in blocks, in flows, and as JSON."""
    for case in trainings(25):
        expected = simulated(case.spec)
        texts = {
            "block.yaml": yaml.safe_dump(case.spec, default_flow_style=False, sort_keys=False),
            "flow.yml": yaml.safe_dump(case.spec, default_flow_style=True, sort_keys=False),
            "data.json": json.dumps(case.spec),
        }
        for name, text in texts.items():
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            assert same(simulated(str(path)), expected), case.spec


def test_no_view_changes_a_number() -> None:
    traces = [trace for case in trainings(12) if (trace := simulated(case.spec)) is not None]
    for trace in traces:
        for curve in trace.curves.values():
            curve.flags.writeable = False  # whoever writes raises
    before = [{name: curve.tobytes() for name, curve in each.curves.items()} for each in traces]
    figure(traces)
    for options in (ChartOptions(), ChartOptions(log=True, x="progress", ascii=True)):
        chart(traces, options)
    grid = table(traces, ["10%"])
    list(csv_lines(traces, ["all"]))
    list(json_lines(traces))
    comparison(compare(traces))
    check(load({"train": {"steps": 50}, "scheduler": "cosine"}))
    assert grid == table(traces, ["10%"])
    after = [{name: curve.tobytes() for name, curve in each.curves.items()} for each in traces]
    assert after == before


@pytest.mark.parametrize(("form", "rule", "nothing"), [*FORMS])
def test_the_forms_of_a_table_show_the_same_numbers(form: str, rule: str, nothing: str) -> None:
    sources = ("cosine", "onecycle", "step")
    grid = table([lrviz.simulate(name, steps=300) for name in sources], ["7"])
    args = ("--steps", "300", "--at", "7", "--format", form)
    lines = command("table", *sources, *args, COLUMNS="250").out.splitlines()
    shown = [[word for word in line.replace("\\", "").split() if word != rule] for line in lines]
    # The words in between may be wrapped.
    ends = {(words[0], *words[-len(grid.header) + grid.lead :]) for words in shown if words}
    rows = [
        (row[0] or row[1], *(nothing if cell is None else cell for cell in row[grid.lead :]))
        for row in grid.rows
    ]
    assert len(rows) > 10
    assert [row for row in rows if row not in ends] == []


def odd_numbers() -> Trace:
    """Return a trace of doubles that are hard to write: every kind of exponent, and no numbers."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**63, 2000, dtype=np.uint64) | (
        rng.integers(0, 2, 2000, dtype=np.uint64) << np.uint64(63)
    )
    values = bits.view(np.float64)
    values = np.where(np.isnan(values), np.nan, values)
    values[:8] = [0.0, -0.0, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1, 1e22]
    values[8:11] = [np.inf, -np.inf, np.nan]
    trace = lrviz.simulate("cosine", steps=2000)
    return Trace(
        label="odd",
        source="odd",
        groups=trace.groups,
        curves={"lr": values[:, None]},
        after={"lr": values[7:8]},
        length=trace.length,
    )


def test_csv_and_json_read_back_as_the_same_bits() -> None:
    traces = [odd_numbers()]
    traces += [trace for case in trainings(40) if (trace := simulated(case.spec)) is not None]
    for trace in traces:
        columns = [curve[:, g] for curve in trace.curves.values() for g in range(curve.shape[1])]
        header, *rows = csv.reader(csv_lines([trace], ["all"]))
        assert header[:2] == ["step", "epoch"]
        assert len(header) == 2 + len(columns)
        read = np.array([[float(cell) for cell in row[2:]] for row in rows])
        assert read.T.tobytes() == np.array(columns).tobytes()
        loaded = json.loads("".join(json_lines([trace], ["all"])))
        curves = loaded["schedules"][0]["curves"]
        assert len(curves) == len(columns)
        for curve, column in zip(curves, columns, strict=True):
            assert np.array(list(map(float, curve["values"]))).tobytes() == column.tobytes()
            assert float(curve["final"]).hex() == float(column[-1]).hex()
        after = [float(curve["after"]).hex() for curve in curves]
        expected = [float(value).hex() for values in trace.after.values() for value in values]
        assert after == expected
        *_, last = csv.reader(csv_lines([trace]))
        assert [float(cell).hex() for cell in last[2:]] == expected


def test_the_command_line_exports_what_python_computes(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    for case in trainings(10, lambda case: "third_party" not in json.dumps(case.spec)):
        path.write_text(yaml.safe_dump(case.spec, sort_keys=False), encoding="utf-8")
        trace = simulated(case.spec)
        assert trace is not None
        ran = command("table", str(path), "--format", "csv", "--at", "all", "--param", "lr", "-q")
        _, *rows = csv.reader(ran.out.splitlines())
        read = np.array([[float(cell) for cell in row[2:]] for row in rows])
        assert read.tobytes() == trace.lr.tobytes()


def assert_same_curves(source: str, other: str) -> None:
    """Check that two sources have the same curves; of long trainings, when they are cut short."""
    lengths = [[each.length for each in load(name)] for name in (source, other)]
    assert lengths[0] == lengths[1]
    shorter = {"steps": 2000} if max(each.updates for each in lengths[0]) > 20_000 else {}
    for mine, real in zip(load(source, **shorter), load(other, **shorter), strict=True):
        assert same(simulated(mine), simulated(real)), source


@pytest.mark.parametrize("name", catalog.recipe_names())
def test_init_writes_the_curves_of_the_recipe(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command("init", name, "-o", "mine.yaml", "-q").code == 0
    assert_same_curves("mine.yaml", str(catalog.recipe(name).path))


@pytest.mark.parametrize("name", catalog.names())
def test_info_prints_a_spec_of_the_same_curve(name: str) -> None:
    ran = command("info", name)
    pasted = parse(ran.out.split("In a spec\n")[1].split("\nIn PyTorch")[0], "pasted.yaml")
    mine = simulated({"train": {"steps": 1000}, **pasted})
    assert same(mine, simulated({"train": {"steps": 1000}, **example(catalog.find(name))}))
    if catalog.preset(name):
        assert same(mine, lrviz.simulate(name, steps=1000))


def shown_specs(page: str) -> Iterator[tuple[str, str]]:
    """Yield the YAML that a gallery's page shows, with the SOURCE of the command above it."""
    pattern = r"```sh\nlrviz plot '?(.*?)'?\n```\n\n<details>.*?\n\n(`{3,})yaml\n(.*?)\n\2\n"
    for source, _, text in re.findall(pattern, page, re.DOTALL):
        yield source.removesuffix(" --size 6x4"), text


def test_the_gallery_shows_specs_of_the_same_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "gallery" / "README.md").read_text(encoding="utf-8")
    shown = dict(shown_specs(page))
    found = (path for end in ("yaml", "json") for path in ROOT.glob(f"configs/**/*.{end}"))
    recipes = {path.relative_to(ROOT).as_posix() for path in found}
    assert shown.keys() == {*catalog.preset_names(), *recipes}
    shutil.copytree(ROOT / "configs", tmp_path / "configs")  # with the data that specs name
    monkeypatch.chdir(tmp_path)
    for source, text in shown.items():
        path = Path(source if source in recipes else f"{source}.yaml")
        path.write_text(text, encoding="utf-8")
        assert_same_curves(str(path), str(ROOT / source) if source in recipes else source)
