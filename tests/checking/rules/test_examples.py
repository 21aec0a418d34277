"""Every rule on a spec with its bug, on one that nearly has it, and on the published recipes."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrviz import catalog
from lrviz.checking import rules
from lrviz.checking.fixing import mended
from lrviz.checking.rule import Rule
from lrviz.checking.runner import Finding, Report, check, look, make_subjects
from lrviz.document import Map, parse
from lrviz.errors import LrvizError, UsageError
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides
from tests.forked import fork_scripts

DATA = Path(__file__).parents[2] / "data"
CONFIGS = Path(__file__).parents[3] / "configs"
EACH = pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.code)


def report(source: str | dict[str, Any], **overrides: Any) -> Report:
    return check(load_all([source], Overrides(**overrides)).schedules)


def loud(found: Report) -> list[Finding]:
    return list(found.at_least("warning"))


@pytest.fixture(autouse=True)
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_scripts(monkeypatch)


def source(folder: str, rule: Rule) -> tuple[str, Path]:
    """Return what is checked, a spec or a script that is run, and its file."""
    [path] = (DATA / folder).glob(f"{rule.slug}.*")
    return (f"run:{path}" if path.suffix == ".py" else str(path)), path


def buggy(rule: Rule) -> tuple[str, list[str]]:
    given, path = source("buggy", rule)
    return given, path.read_text().splitlines()


def by_run(rule: Rule) -> dict[str, Any]:
    """Return what a script, whose length no file tells, is checked with."""
    return {"steps": 20, "steps_per_epoch": 10, "after": 10} if rule.code[3] == "9" else {}


@EACH
def test_a_rule_finds_its_bug_and_nothing_else(rule: Rule) -> None:
    file, lines = buggy(rule)
    found = report(file, **by_run(rule))
    [line] = [number for number, text in enumerate(lines, 1) if text.endswith("# <-")]
    assert [(each.code, each.place.line) for each in found.findings if each.code == rule.code] == [
        (rule.code, line)
    ]
    assert {each.code for each in loud(found)} <= {rule.code}


@EACH
def test_a_bug_is_from_a_real_thread_that_the_rule_names(rule: Rule) -> None:
    _, lines = buggy(rule)
    assert lines[0].removeprefix("# ") in rule.references


@EACH
def test_what_the_advice_says_mends_it(rule: Rule) -> None:
    file, lines = buggy(rule)
    if file.startswith("run:"):  # a script is mended in another, which is also the near miss
        assert report(source("near", rule)[0], **by_run(rule)).findings == ()
        return
    sets = tuple(text.removeprefix("# mend: ") for text in lines if text.startswith("# mend: "))
    found = report(file, sets=sets)
    assert sets
    assert loud(found) == []
    assert rule.code not in {each.code for each in found.findings}


@EACH
def test_what_fix_writes_mends_it(rule: Rule, tmp_path: Path) -> None:
    file, _ = buggy(rule)
    found = [each for each in report(file, **by_run(rule)).findings if each.code == rule.code]
    changes = list(mended(found))
    assert len(changes) == sum(bool(each.edits) for each in found)
    for change in changes:
        copy = tmp_path / "mended.yaml"
        copy.write_bytes(change.data)
        assert loud(report(str(copy))) == []
        before, after = change.before.splitlines(), change.after.splitlines()
        assert sum(one != two for one, two in zip(before, after, strict=True)) == 1


@EACH
def test_a_near_miss_is_silent(rule: Rule) -> None:
    found = report(source("near", rule)[0], **by_run(rule))
    assert [each.message for each in found.findings if each.code == rule.code] == []


def test_every_file_is_a_rule_s() -> None:
    slugs = {rule.slug for rule in rules.RULES}
    assert {path.stem for path in (DATA / "buggy").iterdir()} == slugs
    assert {path.stem for path in (DATA / "near").iterdir()} == slugs


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_alarm_at_a_published_recipe(path: Path) -> None:
    assert [(each.code, each.message) for each in loud(report(str(path)))] == []


@pytest.mark.parametrize("steps", [100, 1_000, 10_000])
@pytest.mark.parametrize("name", catalog.preset_names())
def test_no_alarm_at_a_preset(name: str, steps: int) -> None:
    assert [(each.code, each.message) for each in loud(report(name, steps=steps))] == []
    per_epoch = max(1, steps // 20)
    found = loud(report(name, steps=steps, steps_per_epoch=per_epoch, interval="epoch"))
    assert [(each.code, each.message) for each in found] == []


MILLION = 1_000_000


def looked_at(name: str, **overrides: Any) -> tuple[list[str], float]:
    [schedule] = load_all([name], Overrides(steps=MILLION, **overrides)).schedules
    [subject] = make_subjects(schedule, lambda place: None)
    started = time.process_time()
    found = list(look(subject, rules.RULES))
    seconds = time.process_time() - started
    return [each.code for each in found if each.severity != "info"], seconds


# Simulating a million steps of every preset takes half a minute; a curve that is stepped per epoch
# has as many updates and is done at once.
@pytest.mark.parametrize("name", catalog.preset_names())
def test_no_alarm_at_a_million_updates_per_epoch(name: str) -> None:
    assert looked_at(name, steps_per_epoch=1000, interval="epoch")[0] == []


def test_no_alarm_at_a_million_updates_and_next_to_no_cost() -> None:
    looks = [looked_at(name) for name in ("cosine", "sgdr", "warmup-linear")]
    assert [codes for codes, _ in looks] == [[], [], []]
    assert min(seconds for _, seconds in looks) < 0.1


def test_codes_and_names_are_unique_and_well_formed() -> None:
    assert len(rules.RULES) >= 25
    assert len({rule.code for rule in rules.RULES}) == len(rules.RULES)
    assert len({rule.slug for rule in rules.RULES}) == len(rules.RULES)
    for rule in rules.RULES:
        assert re.fullmatch(r"LRV[0-9]\d\d", rule.code)
        assert re.fullmatch(r"[a-z][a-z-]+", rule.slug)


def test_a_rule_makes_only_other_rules_pointless() -> None:
    codes = {rule.code for rule in rules.RULES}
    for rule in rules.RULES:
        assert set(rule.makes_pointless) <= codes - {rule.code}


@EACH
def test_an_example_is_yaml_or_a_script(rule: Rule) -> None:
    if rule.code[3] == "9":
        assert ast.parse(rule.example).body
    else:
        assert isinstance(parse(rule.example, rule.code), Map)


def test_rules_stand_in_the_order_of_their_codes() -> None:
    codes = [rule.code for rule in rules.RULES]
    assert codes == sorted(codes)


def test_a_rule_is_found_by_code_and_by_name() -> None:
    assert rules.find("lrv201") is rules.find("rebound")
    assert [rule.code for rule in rules.named("LRV3")] == ["LRV301", "LRV302", "LRV303"]
    with pytest.raises(UsageError) as caught:
        rules.find("reboud")
    assert (
        str(caught.value)
        == "there is no rule 'reboud'; did you mean rebound?; `lrviz rule` lists them"
    )


COUNT = st.one_of(
    st.integers(1, 60), st.sampled_from(["5%", "100%", "rest", "2ep", "0.3dur", "7ba"])
)
RATE = st.sampled_from([0.0, 1e-4, 0.01, 0.1, 1.0, "0.1lr", "1lr"])
FACTOR = st.sampled_from([0.0, 0.1, 0.5, 1.0])
LEAF = st.one_of(
    st.fixed_dictionaries({"type": st.just("CosineAnnealingLR"), "T_max": COUNT, "eta_min": RATE}),
    st.fixed_dictionaries({"type": st.just("StepLR"), "step_size": COUNT, "gamma": FACTOR}),
    st.fixed_dictionaries(
        {"type": st.just("MultiStepLR"), "milestones": st.lists(COUNT, max_size=4)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("LinearLR"), "start_factor": st.sampled_from([0.1, 1.0])},
        optional={"total_iters": COUNT, "end_factor": FACTOR},
    ),
    st.fixed_dictionaries({"type": st.just("ConstantLR"), "factor": FACTOR, "total_iters": COUNT}),
    st.fixed_dictionaries({"type": st.just("PolynomialLR"), "total_iters": COUNT, "power": FACTOR}),
    st.fixed_dictionaries({"type": st.just("ExponentialLR"), "gamma": st.sampled_from([0.5, 1e9])}),
    st.fixed_dictionaries(
        {"type": st.just("CosineAnnealingWarmRestarts"), "T_0": COUNT, "T_mult": st.integers(1, 3)}
    ),
    st.fixed_dictionaries({"type": st.just("OneCycleLR"), "max_lr": RATE, "total_steps": COUNT}),
    st.fixed_dictionaries(
        {
            "type": st.just("CyclicLR"),
            "base_lr": RATE,
            "max_lr": RATE,
            "step_size_up": COUNT,
            "cycle_momentum": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("LambdaLR"),
            "lr_lambda": st.sampled_from(
                [
                    "1 - progress",
                    "-1",
                    "1 / (20 - step)",
                    {"shape": "warmup_cosine", "warmup": 3, "num_cycles": 1.5, "total": 9},
                    {"shape": "warmup_cosine_restarts", "warmup": "5%", "num_cycles": 3},
                    {"shape": "wsd", "warmup": "1ep", "decay": "20%"},
                ]
            ),
        }
    ),
    st.sampled_from([{"type": name} for name in catalog.preset_names() if "plateau" not in name]),
)


def _composite(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.fixed_dictionaries(
            {
                "type": st.just("SequentialLR"),
                "milestones": st.lists(COUNT, min_size=1, max_size=1),
                "schedulers": st.lists(inner, min_size=2, max_size=2),
            }
        ),
        st.fixed_dictionaries(
            {
                "type": st.just("ChainedScheduler"),
                "schedulers": st.lists(inner, min_size=1, max_size=3),
            }
        ),
    )


SCHEDULER = st.recursive(LEAF, _composite, max_leaves=4)
MEMBER = st.fixed_dictionaries(
    {"scheduler": SCHEDULER},
    optional={
        "interval": st.sampled_from(["step", "epoch"]),
        "frequency": st.integers(1, 40),
        "begin": COUNT,
        "end": COUNT,
    },
)
PLATEAU = st.fixed_dictionaries(
    {
        "interval": st.sampled_from(["step", "epoch"]),
        "metric": st.sampled_from([{"curve": "1 - progress"}, {"curve": "progress"}]),
        "scheduler": st.fixed_dictionaries(
            {"type": st.just("ReduceLROnPlateau"), "patience": st.integers(0, 12)},
            optional={"min_lr": RATE, "mode": st.sampled_from(["min", "max"])},
        ),
    }
)
SPEC = st.fixed_dictionaries(
    {
        "train": st.fixed_dictionaries(
            {"steps": st.integers(1, 60), "steps_per_epoch": st.integers(1, 20)}
        ),
        "optimizer": st.sampled_from(
            [
                {"type": "SGD", "lr": 0.1, "momentum": 0.9},
                {"type": "SGD", "lr": 0.0},
                {"type": "AdamW", "lr": 0.1, "groups": {"a": {"lr": 0.01}, "b": {"count": 2}}},
            ]
        ),
        "schedulers": st.lists(st.one_of(MEMBER, PLATEAU), min_size=1, max_size=3),
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(spec=SPEC)
def test_a_random_spec_never_makes_a_rule_raise(spec: dict[str, Any]) -> None:
    try:
        [schedule] = load_all([spec]).schedules
        [subject] = make_subjects(schedule, lambda place: None)
    except LrvizError:
        return  # torch refuses it, and says so
    for finding in look(subject, rules.RULES):
        assert finding.message
        assert "nan%" not in finding.message
        assert finding.update is None or 0 <= finding.update < subject.updates
