"""Edits: one value, and nothing else in the file."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from lrviz.checking.fixing import Mended, diff, edited, mended, promised
from lrviz.checking.runner import check
from lrviz.sources.loading import load_all

SPEC = """\
# my   run
train:   {steps: 2000}   # short
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}

scheduler:
    type:  CosineAnnealingLR
    T_max: 1000   # was the old length
"""


def mend(path: Path) -> list[Mended]:
    return list(mended(check(load_all([str(path)]).schedules).findings))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_bytes(text.encode())
    return path


def test_only_the_value_changes(tmp_path: Path) -> None:
    [change] = mend(written(tmp_path, SPEC))
    assert change.after == SPEC.replace("T_max: 1000 ", "T_max: 2000 ")
    assert (change.before, change.count) == (SPEC, 1)


def test_what_was_mended_needs_no_mending(tmp_path: Path) -> None:
    [change] = mend(written(tmp_path, SPEC))
    assert mend(written(tmp_path, change.after)) == []


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_the_encoding_and_the_line_ends_stay(tmp_path: Path, mark: bytes, encoding: str) -> None:
    text = SPEC.replace("my", "mein Übungs-").replace("\n", "\r\n")
    path = tmp_path / "spec.yaml"
    path.write_bytes(mark + text.encode(encoding))
    [change] = mend(path)
    assert change.data == mark + text.replace("T_max: 1000 ", "T_max: 2000 ").encode(encoding)


@pytest.mark.parametrize(
    "value",
    ["&length 1000", "*length"],
    ids=["anchor", "alias"],
)
def test_what_stands_for_more_than_one_value_is_left(tmp_path: Path, value: str) -> None:
    text = SPEC.replace("T_max: 1000", f"T_max: {value}")
    if value.startswith("*"):
        text = text.replace("steps: 2000", "steps: 2000, steps_per_epoch: &length 1000")
    path = written(tmp_path, text)
    assert [each.code for each in check(load_all([str(path)]).schedules).findings] == ["LRV201"]
    assert mend(path) == []


def test_a_preset_s_name_is_not_overwritten_by_what_is_wrong_in_it(tmp_path: Path) -> None:
    text = "train: {steps: 100}\nmetric: {curve: progress}\nscheduler: {type: plateau}\n"
    path = written(tmp_path, text + "interval: step\n")
    assert all(not each.edits for each in check(load_all([str(path)]).schedules).findings)


def test_a_quoted_value_is_one(tmp_path: Path) -> None:
    [change] = mend(written(tmp_path, SPEC.replace("T_max: 1000", 'T_max: "50%"')))
    assert change.after == SPEC.replace("T_max: 1000", "T_max: rest")


def test_a_word_in_json_is_quoted(tmp_path: Path) -> None:
    text = (
        '{"train": {"epochs": 90, "steps_per_epoch": 100}, "interval": "step",\n'
        ' "scheduler": {"type": "CosineAnnealingLR", "T_max": 90}}\n'
    )
    path = tmp_path / "spec.json"
    path.write_text(text)
    [change] = mend(path)
    assert change.after == text.replace('"step"', '"epoch"')


def test_each_count_of_a_list_becomes_one_of_epochs(tmp_path: Path) -> None:
    text = """\
train: {epochs: 90, steps_per_epoch: 100}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
scheduler:
  type: MultiStepLR
  milestones:
    - 30   # first
    - 60
"""
    [change] = mend(written(tmp_path, text))
    assert change.after == text.replace("- 30 ", "- 30ep ").replace("- 60", "- 60ep")


def test_of_two_values_for_one_place_none_is_written(tmp_path: Path) -> None:
    text = """\
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
schedules:
  short: {train: {steps: 2000}, scheduler: &cosine {type: CosineAnnealingLR, T_max: 1000}}
  long: {train: {steps: 3000}, scheduler: *cosine}
"""
    path = written(tmp_path, text)
    found = check(load_all([str(path)]).schedules).findings
    assert [each.edits[0].text for each in found] == ["2000", "3000"]
    assert mend(path) == []


def test_edits_are_written_from_the_end(tmp_path: Path) -> None:
    from lrviz.checking.edit import Edit
    from lrviz.errors import Place

    edits = [Edit(Place("a", 1, 1, 0, 1), "long"), Edit(Place("a", 1, 3, 2, 3), "er")]
    assert edited("a b c", edits) == "long er c"


def test_a_diff_is_a_unified_one(tmp_path: Path) -> None:
    path = written(tmp_path, SPEC.rstrip("\n"))
    [change] = mend(path)
    assert diff(change) == (
        f"--- {path}\n+++ {path}\n@@ -4,4 +4,4 @@\n \n scheduler:\n"
        "     type:  CosineAnnealingLR\n"
        "-    T_max: 1000   # was the old length\n\\ No newline at end\n"
        "+    T_max: 2000   # was the old length\n\\ No newline at end\n"
    )


def test_an_edit_that_would_break_a_neighbour_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    text = (
        "train: {steps: 1000}\n"
        "schedules:\n"
        "  a: {scheduler: &s {type: CosineAnnealingLR, T_max: 500}}\n"
        "  b: {train: {steps: 500}, scheduler: *s}\n"
    )
    path.write_text(text)
    report = check(load_all([str(path)]).schedules)
    assert [(each.code, each.label) for each in report.findings] == [("LRV201", "a")]
    [left] = mended(report.findings)
    assert (left.after, left.count, left.refused) == (text, 0, 1)
    assert [each.edits for each in promised(report).findings] == [()]
    # Where the neighbour is mended by it, or unchanged, it is written.
    path.write_text(text.replace("train: {steps: 500}, ", ""))
    report = check(load_all([str(path)]).schedules)
    [written] = mended(report.findings)
    assert (written.count, written.refused) == (1, 0)
    assert promised(report) == report
    assert "T_max: 1000" in written.after
