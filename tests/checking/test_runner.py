"""Selection, causes, ignores with their reasons, and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lrviz.checking import rules
from lrviz.checking.runner import Report, Selection, check
from lrviz.errors import Place, SpecError, UsageError
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides

REBOUND = """\
train: {steps: 18000}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
scheduler: {type: CosineAnnealingLR, T_max: 9000}
"""
TWO = """\
train: {steps: 1000}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
check: {ignore: {LRV201: up again on purpose}}
schedules:
  full: {scheduler: {type: CosineAnnealingLR, T_max: 1000}}
  half: {scheduler: {type: CosineAnnealingLR, T_max: 500}}
"""


def report(tmp_path: Path, text: str, selection: Selection | None = None, pick: str = "") -> Report:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    return check(load_all([f"{path}{pick}"]).schedules, selection)


def codes(found: Report) -> list[str]:
    return [each.code for each in found.findings]


def of(spec: dict[str, Any], **overrides: Any) -> Report:
    return check(load_all([spec], Overrides(**overrides)).schedules)


def test_a_finding_says_where_what_with_which_numbers_and_what_to_do(tmp_path: Path) -> None:
    [found] = report(tmp_path, REBOUND).findings
    start = REBOUND.index("T_max")
    place = Place(str(tmp_path / "spec.yaml"), 3, 38, start, start + 5)
    assert (found.code, found.name, found.severity) == ("LRV201", "rebound", "warning")
    assert (found.place, found.label, found.update) == (place, "spec", 9000)
    assert found.message == (
        "the LR climbs from 0 at update 9,000 back to 0.1 at the end: "
        "T_max is 9,000, the scheduler takes 18,000 steps"
    )
    assert found.advice == "set T_max to 18000; for restarts take CosineAnnealingWarmRestarts"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ["LRV201"]),
        (Selection(select=("LRV2",)), ["LRV201"]),
        (Selection(select=("rebound",)), ["LRV201"]),
        (Selection(select=("LRV1", "lrv3")), []),
        (Selection(ignore=("LRV201",)), []),
        (Selection(select=("LRV2",), ignore=("LRV20",)), []),
        (Selection(ignore=("LRV1", "LRV202")), ["LRV201"]),
    ],
)
def test_rules_are_chosen_by_code_prefix_and_name(
    tmp_path: Path, selection: Selection, expected: list[str]
) -> None:
    assert codes(report(tmp_path, REBOUND, selection)) == expected


def test_a_selection_that_names_no_rule_says_so() -> None:
    with pytest.raises(UsageError) as caught:
        Selection(ignore=("LRV999",)).rules()
    assert str(caught.value) == "there is no rule 'LRV999'; `lrviz rule` lists them"


def test_one_cause_gives_one_finding() -> None:
    spec = {
        "train": {"epochs": 90, "steps_per_epoch": 100},
        "optimizer": {"type": "SGD", "lr": 0.1},
        "scheduler": {"type": "CosineAnnealingLR", "T_max": 90},
    }
    everything = of(spec)
    assert codes(everything) == ["LRV002"]
    # Without the rule that knows the cause, what it comes to is found.
    [schedule] = load_all([spec]).schedules
    assert codes(check([schedule], Selection(ignore=("LRV002",)))) == ["LRV201"]


def test_what_is_only_worth_knowing_hides_nothing() -> None:
    found = of(
        {
            "train": {"epochs": 30, "steps_per_epoch": 10},
            "interval": "epoch",
            "optimizer": {"type": "SGD", "lr": 0.1},
            "scheduler": {"type": "MultiStepLR", "milestones": [30], "gamma": 0.5},
        }
    )
    assert codes(found) == ["LRV208", "LRV209"]
    assert [each.severity for each in found.findings] == ["warning", "info"]


def test_an_ignored_finding_keeps_its_reason(tmp_path: Path) -> None:
    found = report(tmp_path, REBOUND + "check: {ignore: {LRV201: the second half is meant}}\n")
    assert found.findings == ()
    assert [(each.code, each.reason, each.edits) for each in found.ignored] == [
        ("LRV201", "the second half is meant", ())
    ]


def test_what_an_ignored_finding_explains_stays_explained(tmp_path: Path) -> None:
    text = REBOUND.replace("9000}", "12000}") + "check: {ignore: {LRV201: meant}}\n"
    assert report(tmp_path, text).findings == ()
    only = report(tmp_path, text.replace("check", "title: a\ncheck"), Selection(select=("LRV202",)))
    assert only.findings == ()


def test_a_prefix_ignores_a_family(tmp_path: Path) -> None:
    found = report(tmp_path, REBOUND + "check: {ignore: {LRV2: all of it is meant}}\n")
    assert (codes(found), [each.code for each in found.ignored]) == ([], ["LRV201"])


def test_an_ignore_without_a_reason_is_no_spec(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"spec.yaml:4:26: check.ignore.LRV201"):
        report(tmp_path, REBOUND + 'check: {ignore: {LRV201: ""}}\n')


def test_an_ignore_of_no_rule_is_no_spec(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        report(tmp_path, REBOUND + "check: {ignore: {LRV291: meant}}\n")
    assert str(caught.value) == (
        f"{tmp_path}/spec.yaml:4:18: check.ignore: there is no rule 'LRV291'; "
        "`lrviz rule` lists them"
    )


def test_an_ignore_of_a_file_is_used_by_any_of_its_schedules(tmp_path: Path) -> None:
    found = report(tmp_path, TWO)
    assert (codes(found), [each.label for each in found.ignored]) == ([], ["half"])


def test_an_ignore_that_silences_nothing_is_found_once(tmp_path: Path) -> None:
    found = report(tmp_path, TWO.replace("500", "1000"))
    assert [(each.code, each.place.line, each.place.column) for each in found.findings] == [
        ("LRV009", 3, 18)
    ]


def test_an_ignore_of_a_file_is_not_judged_by_one_of_its_schedules(tmp_path: Path) -> None:
    assert report(tmp_path, TWO, pick="#full").findings == ()


def test_an_ignore_is_not_judged_by_rules_that_did_not_run(tmp_path: Path) -> None:
    text = TWO.replace("500", "1000")
    assert report(tmp_path, text, Selection(ignore=("LRV2",))).findings == ()
    assert report(tmp_path, text, Selection(ignore=("LRV009",))).findings == ()


def test_findings_come_in_the_order_of_the_file_and_once_each(tmp_path: Path) -> None:
    text = """\
train: {steps: 1000}
optimizer: {type: AdamW, lr: 1e-3}
schedules:
  a: {scheduler: {_target_: torch.optim.lr_scheduler.CosineAnnealingLR, T_max: 500}}
  b: {scheduler: {_target_: torch.optim.lr_scheduler.CosineAnnealingLR, T_max: 5000}}
"""
    found = report(tmp_path, text)
    assert [(each.code, each.label, each.place.line) for each in found.findings] == [
        ("LRV001", "a", 2),
        ("LRV201", "a", 4),
        ("LRV202", "b", 5),
    ]
    assert found.curves == 2


def test_severities_are_ordered(tmp_path: Path) -> None:
    text = REBOUND.replace("lr: 0.1", "lr: 1e-1")
    assert codes(report(tmp_path, text)) == ["LRV201"]  # lrviz alone reads this spec
    found = report(tmp_path, text.replace("type: C", "_target_: torch.optim.lr_scheduler.C"))
    assert [each.severity for each in found.at_least("info")] == ["info", "warning"]
    assert [each.severity for each in found.at_least("warning")] == ["warning"]
    assert found.at_least("error") == ()


def test_a_finding_names_the_update_that_shows_it(tmp_path: Path) -> None:
    found = report(tmp_path, TWO.replace("LRV201: up", "LRV301: up").replace("500", "400"))
    shown = [(each.label, each.update, each.code) for each in found.findings if each.update]
    assert shown == [("half", 400, "LRV201")]


def test_a_bare_name_has_a_place_without_lines() -> None:
    schedules = load_all(["CosineAnnealingLR:T_max=500"], Overrides(steps=1000)).schedules
    [found] = check(schedules).findings
    assert (found.code, found.place.line, found.edits) == ("LRV201", 0, ())
    assert found.place.file == "CosineAnnealingLR:T_max=500"


def test_progress_counts_the_updates_of_all(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(TWO.replace("steps: 1000", "steps: 40000"))
    seen: list[int] = []
    check(load_all([str(path)]).schedules, None, seen.append)
    assert seen == sorted(seen)
    assert max(seen) > 40000


def test_a_function_is_read_from_the_objects_that_it_builds(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR\n"
        "def cosine(optimizer, steps): return CosineAnnealingLR(optimizer, T_max=steps // 2)\n"
        "def drops(optimizer, steps): return MultiStepLR(optimizer, [10, 2 * steps])\n"
    )
    sources = [f"{path}:cosine", f"{path}:drops"]
    found = check(load_all(sources, Overrides(steps=1000)).schedules)
    assert [(each.code, each.label, each.place.line) for each in found.findings] == [
        ("LRV201", "cosine", 0),
        ("LRV209", "drops", 0),
    ]


def test_every_rule_is_run_once_a_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [rule.code for rule in Selection().rules()] == [rule.code for rule in rules.RULES]
