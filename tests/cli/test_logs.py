"""Logs beside plans, as on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lrviz as package
from lrviz.curves.trace import Trace
from tests.commands import lrviz

DATA = Path(__file__).parents[1] / "data" / "logs"
STATE = str(DATA / "trainer_state.json")
SPEC = "train: {steps: 40}\noptimizer: {type: AdamW, lr: 3e-4}\nscheduler: "
PLAN = "{type: warmup-cosine, warmup: 5}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC + PLAN)


def test_compare_says_what_happened_first() -> None:
    ran = lrviz("compare", "spec.yaml", STATE, "--exit-code", "-o", "a.svg")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == [
        "trainer_state against spec: all 40 logged values are the plan's, to the bit.",
        "Held against the plan: 40 values, updates 0 to 39, to the bit.",
    ]
    assert ran.err == "wrote a.svg\n"
    assert "trainer_state" in Path("a.svg").read_text()


def test_the_length_that_the_log_tells_is_the_plans_where_nothing_else_is() -> None:
    ran = lrviz("compare", "warmup-cosine:warmup=5", STATE, "--lr", "3e-4", "-q", "-o", "a.svg")
    assert "all 40 logged values are the plan's, to the bit" in ran.out


def test_another_warmup_is_named_with_the_first_difference() -> None:
    Path("spec.yaml").write_text(SPEC + "{type: warmup-cosine, warmup: 8}\n")
    ran = lrviz("compare", "spec.yaml", STATE, "--exit-code", "-q", "-o", "a.svg")
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "trainer_state against spec: its warmup took 5 updates."
    assert "Update 1 is the first that differs: the plan says 3.75e-5, the log 6e-5." in ran.out


def test_json_for_machines() -> None:
    Path("spec.yaml").write_text(SPEC + "{type: warmup-cosine, warmup: 8}\n")
    ran = lrviz("compare", "spec.yaml", STATE, "--format", "json", "-q", "-o", "a.svg")
    [verdict] = json.loads(ran.out)["verdicts"]
    assert (verdict["equal"], verdict["values"], verdict["precision"]) == (False, 40, "to the bit")
    assert [(each["name"], each["parameters"]) for each in verdict["causes"]] == [
        ("warmup", {"updates": 5})
    ]
    assert verdict["differs"]["update"] == 1
    ran = lrviz("compare", "spec.yaml", "cosine", "--format", "json", "-q", "-o", "b.svg")
    assert (ran.code, ran.err) == (
        2,
        "error: --format json: it tells what a log says of a plan; name a log, too\n",
    )


def test_a_snapshot_keeps_a_schedule() -> None:
    Path("plan.csv").write_text(lrviz("table", "spec.yaml", "--at", "all", "--format", "csv").out)
    assert lrviz("compare", "spec.yaml", "plan.csv", "--exit-code", "-q", "-o", "a.svg").code == 0
    Path("spec.yaml").write_text(SPEC + "{type: warmup-cosine, warmup: 6}\n")
    ran = lrviz("compare", "spec.yaml", "plan.csv", "--exit-code", "-q", "-o", "a.svg")
    assert ran.code == 1
    assert "Update 1 is the first that differs: the plan says 5e-5, the log 6e-5." in ran.out


def test_a_log_alone_is_drawn_and_tabled() -> None:
    log = str(DATA / "lightning" / "metrics.csv")
    ran = lrviz("plot", log, "-o", "a.svg")
    assert (ran.code, ran.err) == (0, "wrote a.svg\n")
    ran = lrviz("table", log, "--format", "csv", "--at", "all", "--param", "lr")
    assert ran.out.splitlines()[0] == "step,epoch,lightning/SGD/pg1,lightning/SGD/pg2"
    assert len(ran.out.splitlines()) == 9


def test_a_log_is_no_schedule_to_check() -> None:
    ran = lrviz("check", STATE)
    assert ran.code == 2
    assert "is a log" in ran.err
    ran = lrviz("plot", STATE, "--check", "-o", "a.svg")
    said = f"error: {STATE} is a log, and no schedule; --check looks at a plan; name that, too\n"
    assert (ran.code, ran.err) == (2, said)


def test_a_plan_is_checked_beside_its_log() -> None:
    Path("spec.yaml").write_text(SPEC + "{type: CosineAnnealingLR, T_max: 20}\n")
    ran = lrviz("plot", STATE, "spec.yaml", "--check", "-o", "a.svg")
    assert ran.code == 0
    assert ran.err.splitlines()[0].startswith("spec.yaml:3:")
    assert ran.err.splitlines()[-2:] == ["1 warning in 1 curve; --fix mends 1", "wrote a.svg"]


def test_a_folder_has_its_name_also_where_one_stands_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, below in ((".", Path("run-3")), ("..", Path("run-3/plots"))):
        below.mkdir()
        Path("run-3/trainer_state.json").write_text(Path(STATE).read_text())
        with monkeypatch.context() as there:
            there.chdir(below)
            ran = lrviz("table", name, "--format", "csv")
        assert ran.out.splitlines()[0] == "step,epoch,run-3"


def test_in_python() -> None:
    verdict = package.compare("spec.yaml", STATE)
    assert (verdict.equal, verdict.values) == (True, 40)
    assert str(verdict).startswith("trainer_state against spec: all 40 logged values")
    fast = package.simulate("spec.yaml").lr[::2]
    trace = Trace("run", "run", ("0",), {"lr": fast}, {}, package.simulate("spec.yaml").length)
    assert [each.name for each in package.compare("spec.yaml", trace).causes] == ["fast"]
