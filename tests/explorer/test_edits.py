"""What a page's edits make of its spec."""

from __future__ import annotations

from typing import Any

import pytest

from lrviz.document import unplaced
from lrviz.explorer.document import read
from lrviz.explorer.edits import Edit, edited
from lrviz.sources.loading import load_all

SPEC = """\
train: {steps: 1000}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
schedules:
  a:
    scheduler: {type: onecycle}
  b: cosine
"""


def after(*edits: Edit, text: str = SPEC) -> dict[str, Any]:
    """Return a spec with edits, none of which is wrong."""
    found, problems = edited(text, edits)
    assert problems == ()
    result: dict[str, Any] = unplaced(read(found))
    return result


def test_values_are_set_as_they_were_typed() -> None:
    path = ("schedules", "a", "scheduler", "pct_start")
    assert after(Edit("set", path, "1.0"))["schedules"]["a"]["scheduler"] == {
        "type": "onecycle",
        "pct_start": 1.0,
    }
    value = after(Edit("set", path, "1"))["schedules"]["a"]["scheduler"]["pct_start"]
    assert (value, type(value)) == (1, int)
    value = after(Edit("set", path, "1e-4"))["schedules"]["a"]["scheduler"]["pct_start"]
    assert (value, type(value)) == (1e-4, float)
    groups = after(Edit("set", ("optimizer", "groups", "head"), "{lr: 0.1lr}"))["optimizer"]
    assert groups["groups"] == {"head": {"lr": "0.1lr"}}


def test_a_curve_that_is_a_bare_name_is_written_out_where_something_in_it_is_set() -> None:
    assert after(Edit("set", ("schedules", "b", "scheduler", "eta_min"), "0.1lr"))["schedules"][
        "b"
    ] == {"scheduler": {"type": "cosine", "eta_min": "0.1lr"}}


def test_keys_and_items_are_taken_out() -> None:
    assert "momentum" not in after(Edit("unset", ("optimizer", "momentum")))["optimizer"]
    listed = Edit("set", ("schedules", "a", "scheduler", "milestones"), "[1, 2, 3]")
    taken = Edit("unset", ("schedules", "a", "scheduler", "milestones", 1))
    assert after(listed, taken)["schedules"]["a"]["scheduler"]["milestones"] == [1, 3]
    assert list(after(Edit("unset", ("schedules", "a")))["schedules"]) == ["b"]


def test_curves_are_added_and_renamed_in_their_place() -> None:
    found = after(Edit("add", (), "cosine"), Edit("add", (), "cosine"), Edit("add", (), "StepLR"))
    assert list(found["schedules"]) == ["a", "b", "cosine", "cosine 2", "StepLR"]
    assert "step_size" in found["schedules"]["StepLR"]["scheduler"]
    renamed = after(Edit("rename", ("schedules", "a"), " mine "))
    assert list(renamed["schedules"]) == ["mine", "b"]
    assert after(Edit("add", (), "plateau"), text="") == {
        "schedules": {"plateau": {"scheduler": {"type": "plateau"}}},
        "train": {"steps": 1000},
        "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
    }


def test_another_scheduler_has_what_it_needs_and_another_optimizer_what_it_knows() -> None:
    found = after(Edit("type", ("schedules", "a", "scheduler"), "ReduceLROnPlateau"))
    assert set(found["schedules"]["a"]) == {"scheduler", "metric"}
    back = after(
        Edit("type", ("schedules", "a", "scheduler"), "ReduceLROnPlateau"),
        Edit("type", ("schedules", "a", "scheduler"), "cosine"),
    )
    assert back["schedules"]["a"] == {"scheduler": {"type": "cosine"}}
    groups = Edit("set", ("optimizer", "groups"), "{a: {momentum: 0.5, lr: 0.1lr}}")
    assert after(groups, Edit("type", ("optimizer",), "AdamW"))["optimizer"] == {
        "type": "AdamW",
        "lr": 0.1,
        "groups": {"a": {"lr": "0.1lr"}},
    }


@pytest.mark.parametrize("train", ["{steps: 1000}", "{steps: 997, steps_per_epoch: 10}"])
def test_a_length_in_another_unit_is_the_same(train: str) -> None:
    text = SPEC.replace("{steps: 1000}", train)
    [before, _] = load_all([read(text)]).schedules
    for unit in ("epochs", "tokens", "steps"):
        text, problems = edited(text, [Edit("unit", ("train",), unit)])
        [found, _] = load_all([read(text)]).schedules
        assert problems == ()
        assert unit in unplaced(read(text))["train"]
        assert found.length.updates == before.length.updates


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Edit("set", ("schedules", "a", "scheduler", "x"), "[1"), "is not valid YAML"),
        (Edit("set", ("schedules", "a", "scheduler", 3), "1"), "nothing stands there that can be"),
        (Edit("set", ("optimizer", "lr", "x"), "1"), "nothing stands there that can be"),
        (Edit("set", (), "1"), "nothing stands there that can be"),
        (Edit("unit", ("optimizer", "lr"), "epochs"), "nothing stands there that can be"),
        (Edit("unset", ("schedules", "nope")), "nothing stands there that can be"),
        (Edit("unset", ("schedules", "a", "scheduler", "x")), "nothing stands there that can be"),
        (Edit("rename", ("schedules", "a"), "b"), "there is a curve 'b' already"),
        (Edit("rename", ("schedules", "a"), "  "), "a curve needs a name"),
        (Edit("add", (), "cosin"), "did you mean cosine?"),
        (Edit("type", ("optimizer",), "Adan"), "no optimizer 'Adan'; did you mean Adam?"),
        (Edit("merge", (), "[1]"), "a spec is a mapping"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(edit: Edit, said: str) -> None:
    text, [problem] = edited(SPEC, [edit])
    assert unplaced(read(text)) == unplaced(read(SPEC))
    assert problem.path == edit.path
    assert said in problem.message
    assert "<spec>" not in problem.message


def test_merged_curves_keep_the_training_that_they_had() -> None:
    other = "train: {epochs: 2, steps_per_epoch: 30}\noptimizer: {type: SGD, lr: 0.5}\n"
    merged = after(Edit("merge", (), f"{other}schedules: {{b: cosine, c: linear}}\n"))
    assert list(merged["schedules"]) == ["a", "b", "b 2", "c"]
    found = load_all([merged]).schedules
    assert [each.length.updates for each in found] == [1000, 1000, 60, 60]
    # 0.9 is of the others, though both are SGD.
    assert [dict(each.optimizer.options) for each in found] == [
        *[{"lr": 0.1, "momentum": 0.9}] * 2,
        *[{"lr": 0.5}] * 2,
    ]
    same = after(Edit("merge", (), SPEC))
    assert same["train"] == {"steps": 1000}
    assert list(same["schedules"]) == ["a", "b", "a 2", "b 2"]
