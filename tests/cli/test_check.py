"""`lrviz check` and `lrviz rule`, as one calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.commands import lrviz

SPEC = """\
train: {steps: 2000}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
scheduler: {type: CosineAnnealingLR, T_max: 1000}  # half
"""
FOUND = (
    "spec.yaml:3:38: warning LRV201 rebound [spec] the LR climbs from 0 at update 1,000 back to"
    " 0.1 at the end: T_max is 1,000, the scheduler takes 2,000 steps\n"
    "    set T_max to 2000; for restarts take CosineAnnealingWarmRestarts  (--fix)\n"
    "1 warning in 1 curve; --fix mends 1\n"
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC)


def test_a_finding_is_shown_and_fails() -> None:
    ran = lrviz("check", "spec.yaml")
    assert (ran.code, ran.out, ran.err) == (1, FOUND, "")


def test_colours_change_nothing_but_the_colour() -> None:
    ran = lrviz("check", "spec.yaml", FORCE_COLOR="1")
    assert "\x1b[" in ran.out
    assert ran.code == 1


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 1),
        (("--fail-on", "error"), 0),
        (("--fail-on", "info"), 1),
        (("--ignore", "LRV2,LRV3"), 0),
        (("--select", "LRV1"), 0),
        (("--select", "LRV1", "--select", "rebound"), 1),
    ],
)
def test_the_exit_code_is_that_of_what_was_found(args: tuple[str, ...], code: int) -> None:
    assert lrviz("check", "spec.yaml", *args).code == code


def test_nothing_found_is_success() -> None:
    ran = lrviz("check", "cosine", "--steps", "100", "-q")
    assert (ran.code, ran.out) == (0, "nothing found in 1 curve\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("nothere.yaml",), "nothere.yaml: no such file"),
        (("spec.yaml", "--select", "LRV777"), "there is no rule 'LRV777'"),
        (("spec.yaml", "--fix", "--diff"), "--fix and --diff at once; keep one"),
        ((), "check needs a SOURCE: a spec file"),
    ],
)
def test_a_wrong_input_is_told_apart(args: tuple[str, ...], message: str) -> None:
    ran = lrviz("check", *args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")


def test_without_a_source_it_reads_lrviz_yaml() -> None:
    Path("spec.yaml").rename("lrviz.yaml")
    ran = lrviz("check")
    assert (ran.code, ran.out) == (1, FOUND.replace("spec", "lrviz"))


def test_a_folder_is_searched() -> None:
    Path("specs/deep").mkdir(parents=True)
    Path("spec.yaml").rename("specs/deep/one.yaml")
    ran = lrviz("check", "specs")
    assert ran.out.startswith("specs/deep/one.yaml:3:38: warning LRV201")


def test_a_file_that_is_wrong_hides_no_other() -> None:
    Path("a.yaml").write_text("train: {steps: 9}\nschedler: 1\n")
    Path("b.yaml").write_text(SPEC.replace("T_max", "T_mx"))
    Path("c.yaml").write_text(SPEC.replace("1000", "2000").replace("CosineAnnealingLR", "StepLR"))
    wrong = (
        "error: a.yaml:2:1: schedler: unknown key; did you mean scheduler?\n"
        "error: b.yaml:3:38: scheduler.T_mx: CosineAnnealingLR has no argument 'T_mx'; did you "
        "mean T_max?\n"
    )
    ran = lrviz("check", "a.yaml", "spec.yaml", "b.yaml")
    assert (ran.code, ran.out, ran.err) == (2, FOUND, wrong)
    ran = lrviz("check", "a.yaml", "b.yaml")
    assert (ran.code, ran.out, ran.err) == (2, "", wrong)
    ran = lrviz("check", "a.yaml", "spec.yaml", "--fix")
    assert (ran.code, ran.out, ran.err) == (2, "", wrong.split("\n")[0] + "\n")
    assert Path("spec.yaml").read_text() == SPEC
    ran = lrviz("check", "a.yaml", "spec.yaml", "--select", "LRV999")
    assert ran.err.count("error:") == 1


def test_fix_writes_one_value_and_looks_again() -> None:
    ran = lrviz("check", "spec.yaml", "--fix")
    assert Path("spec.yaml").read_text() == SPEC.replace("T_max: 1000", "T_max: 2000")
    assert (ran.code, ran.out, ran.err) == (
        0,
        "nothing found in 1 curve\n",
        "spec.yaml: wrote 1 value\n",
    )


def test_diff_writes_nothing() -> None:
    ran = lrviz("check", "spec.yaml", "--diff")
    assert Path("spec.yaml").read_text() == SPEC
    assert ran.code == 1
    assert ran.out.splitlines()[:2] == ["--- spec.yaml", "+++ spec.yaml"]
    assert "+scheduler: {type: CosineAnnealingLR, T_max: 2000}  # half" in ran.out.splitlines()


def test_what_fix_would_refuse_is_not_promised() -> None:
    Path("spec.yaml").write_text(
        "train: {steps: 1000}\n"
        "optimizer: {type: SGD, lr: 0.1, momentum: 0.9}\n"
        "schedules:\n"
        "  a: {scheduler: &s {type: CosineAnnealingLR, T_max: 500}}\n"
        "  b: {train: {steps: 500}, scheduler: *s}\n"
    )
    ran = lrviz("check", "spec.yaml")
    assert ran.out.splitlines()[1:] == [
        "    set T_max to 1000; for restarts take CosineAnnealingWarmRestarts",
        "1 warning in 2 curves",
    ]
    ran = lrviz("check", "spec.yaml", "--fix")
    assert ran.err == (
        "warning: spec.yaml: 1 edit is not written: another curve there would have a new finding\n"
    )


def test_a_value_of_the_command_line_is_not_written_to_the_file() -> None:
    ran = lrviz("check", "spec.yaml", "--set", "scheduler.T_max=900", "--fix")
    assert (ran.code, Path("spec.yaml").read_text()) == (1, SPEC)


def test_json_and_annotations() -> None:
    ran = lrviz("check", "spec.yaml", "--format", "json")
    [finding] = json.loads(ran.out)["findings"]
    assert (finding["file"], finding["line"], finding["column"]) == ("spec.yaml", 3, 38)
    ran = lrviz("check", "spec.yaml", "--format", "github")
    assert ran.out.startswith("::warning file=spec.yaml,line=3,col=38,title=LRV201 rebound::spec: ")


def test_the_reasons_of_what_is_ignored_are_shown_with_v() -> None:
    Path("spec.yaml").write_text(SPEC + "check: {ignore: {LRV201: two halves}}\n")
    ran = lrviz("check", "spec.yaml")
    assert (ran.code, ran.out) == (0, "nothing found in 1 curve; 1 ignored by the spec (-v)\n")
    assert "    ignored: two halves\n" in lrviz("check", "spec.yaml", "-v").out


def test_an_ignore_is_not_judged_on_another_training() -> None:
    Path("spec.yaml").write_text(SPEC + "check: {ignore: {LRV201: two halves}}\n")
    assert lrviz("check", "spec.yaml", "--steps", "1000").code == 0


def test_rule_explains_one_and_lists_all() -> None:
    ran = lrviz("rule", "LRV201")
    assert (ran.code, ran.out) == (0, lrviz("rule", "rebound").out)
    assert ran.out.startswith("LRV201 rebound (warning)\n\nA cosine goes on beyond its end")
    assert lrviz("rule").out.startswith("LRV001  number-read-as-text")
    family = lrviz("rule", "LRV3").out.splitlines()
    assert [line.split()[0] for line in family] == ["LRV301", "LRV302", "LRV303"]
    ran = lrviz("rule", "LRV2O1")
    assert (ran.code, ran.err) == (
        2,
        "error: there is no rule 'LRV2O1'; `lrviz rule` lists them\n",
    )


def test_the_hook_of_pre_commit_runs_the_command() -> None:
    path = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
    [hook] = yaml.safe_load(path.read_text())
    assert hook["entry"] == "lrviz check"
