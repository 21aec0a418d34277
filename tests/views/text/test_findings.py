"""Findings as text, JSON and annotations; rules as text and as the README's table."""

from __future__ import annotations

import json

from lrviz.checking import rules
from lrviz.checking.edit import Edit
from lrviz.checking.runner import Finding, Report
from lrviz.errors import Place
from lrviz.views.text import findings

PLACE = Place("a,b/100%.yaml", 3, 7, 40, 44)
ERROR = Finding(
    "LRV204", "onecycle-overrun", "error", "100% too\nlate", "set it", PLACE, "x", 9, ()
)
WARNING = Finding(
    *("LRV201", "rebound", "warning", "it climbs", "set T_max to 9", Place("cosine"), "cosine"),
    edits=(Edit(PLACE, "9"),),
    groups=("bias", "norm"),
)
IGNORED = Finding(
    *("LRV301", "restart-near-end", "warning", "late", "set T_0", PLACE, "x"), reason="meant"
)
REPORT = Report((ERROR, WARNING), (IGNORED,), 2)


def plain(report: Report, verbose: bool = False) -> list[str]:
    return [findings.unstyled(line) for line in findings.lines(report, verbose=verbose)]


def test_text_has_two_lines_a_finding_and_a_last_one() -> None:
    assert plain(REPORT) == [
        "a,b/100%.yaml:3:7: error LRV204 onecycle-overrun [x] 100% too\\nlate",
        "    set it",
        "cosine: warning LRV201 rebound [cosine] it climbs",
        "    set T_max to 9  (--fix)",
        "1 error, 1 warning in 2 curves; 1 ignored by the spec (-v); --fix mends 1",
    ]


def test_verbose_adds_what_is_ignored_with_the_reason() -> None:
    assert plain(REPORT, verbose=True)[4:6] == [
        "a,b/100%.yaml:3:7: warning LRV301 restart-near-end [x] late",
        "    ignored: meant",
    ]


def test_nothing_is_said_to_be_nothing() -> None:
    assert plain(Report((), (), 1)) == ["nothing found in 1 curve"]


def test_json_has_the_documented_keys() -> None:
    document = json.loads(findings.as_json(REPORT))
    assert document == {
        "version": 1,
        "findings": [
            {
                "code": "LRV204",
                "name": "onecycle-overrun",
                "severity": "error",
                "message": "100% too\nlate",
                "advice": "set it",
                "file": "a,b/100%.yaml",
                "line": 3,
                "column": 7,
                "label": "x",
                "groups": [],
            },
            {
                "code": "LRV201",
                "name": "rebound",
                "severity": "warning",
                "message": "it climbs",
                "advice": "set T_max to 9",
                "file": "cosine",
                "line": 0,
                "column": 0,
                "label": "cosine",
                "groups": ["bias", "norm"],
            },
        ],
    }


def test_annotations_are_escaped_and_land_on_the_line() -> None:
    assert list(findings.github(REPORT)) == [
        "::error file=a%2Cb/100%25.yaml,line=3,col=7,title=LRV204 onecycle-overrun"
        "::x: 100%25 too%0Alate; set it",
        "::warning title=LRV201 rebound::cosine: it climbs; set T_max to 9",
    ]


def test_a_rule_says_what_why_and_where_from() -> None:
    rule = rules.find("LRV302")
    assert findings.rule_text(rule) == (
        "LRV302 incomplete-last-cycle (warning)\n\n"
        f"{rule.what}\n\n{rule.why}\n\nExample:\n\n"
        "    train: {steps: 10000}\n"
        "    scheduler: {type: CosineAnnealingWarmRestarts, T_0: 4000}"
        "     # 4000 + 4000 + half a cycle\n\n"
        f"References:\n\n- {rule.references[0]}\n"
    )


def test_the_list_has_every_rule() -> None:
    listed = list(findings.rule_lines(rules.RULES))
    assert [line.split()[0] for line in listed] == [rule.code for rule in rules.RULES]
