"""Lengths, optimizers and members; what schedules inherit from their file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lrviz import catalog
from lrviz.document import Map, parse, placed, unplaced
from lrviz.errors import SpecError
from lrviz.sources.loading import load
from lrviz.spec.durations import Length
from lrviz.spec.inheritance import merged_optimizer, merged_train, node, split
from lrviz.spec.json_schema import json_schema
from lrviz.spec.models import Train
from lrviz.spec.schedule import optimizer
from lrviz.spec.training import length


@pytest.mark.parametrize(
    ("said", "optimizer", "note"),
    [
        ({"lr": 3e-4}, {"lr": 3e-4, "momentum": 0.9}, "SGD, momentum 0.9 (say otherwise with "),
        ({"momentum": 0.5}, {"lr": 0.1, "momentum": 0.5}, "SGD, lr 0.1 (say otherwise with "),
    ],
)
def test_an_optimizer_without_a_type_is_that_of_a_name(
    said: dict[str, Any], optimizer: dict[str, Any], note: str
) -> None:
    spec = {"train": {"steps": 9}, "optimizer": said, "scheduler": "cosine"}
    [schedule] = load(spec)
    assert (schedule.optimizer.type, schedule.optimizer.options) == ("SGD", optimizer)
    assert schedule.notes[0].startswith(note)
    [schedule] = load(spec, optimizer="adamw")
    assert (schedule.optimizer.type, schedule.optimizer.options) == (
        "AdamW",
        {"lr": 0.1} | said,
    )
    assert schedule.notes == ()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"lr": 3e-4}, "lr: unknown key; it stands under optimizer: {lr: 3e-4}"),
        ({"steps": 100}, "steps: unknown key; it stands under train: {steps: 100}"),
        ({"max_epochs": 9}, "max_epochs: unknown key; it stands under train: {epochs: 9}"),
        ({"at": [3]}, "at: unknown key; it stands under table: {at: ...}"),
        ({"train": {"lr": 1}}, "train.lr: unknown key; it stands under optimizer: {lr: 1}"),
        (
            {"schedulers": {"a": "cosine"}},
            "schedulers: must be a list, of the schedulers on one optimizer; for curves by their "
            "labels, did you mean schedules?",
        ),
        (
            {"schedules": ["cosine"]},
            "schedules: must be a mapping, of labels to curves; for several schedulers on one "
            "optimizer, did you mean schedulers?",
        ),
        (
            {"scheduler": ["cosine"]},
            "scheduler: must be one, as in scheduler: {type: StepLR, step_size: 30}; for several "
            "on one optimizer, did you mean schedulers?",
        ),
        (
            {"optimizer": [{"type": "SGD"}]},
            "optimizer: must be one, as in optimizer: {type: SGD, lr: 0.1}; for several in one "
            "training, did you mean optimizers?",
        ),
        (
            {"optimizers": [{"type": "SGD"}]},
            "optimizers: must be a mapping, of names to optimizers, as in optimizers: "
            "{generator: {type: Adam, lr: 0.001}}",
        ),
        (
            {"train": {"steps": 9}, "optimizer": {"groups": [{"lr": 0.1}]}},
            "optimizer.groups: must be a mapping, of names to param groups, as in groups: "
            "{backbone: {lr: 0.001}, head: {}}",
        ),
    ],
)
def test_a_key_in_the_wrong_place_is_told_its_own(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load({"scheduler": "cosine", **spec})
    assert caught.value.message == message


def test_a_schedules_own_length_replaces_the_files() -> None:
    base = placed({"epochs": 90, "steps_per_epoch": 100})
    assert unplaced(merged_train(base, placed({"steps": 5}))) == {
        "steps_per_epoch": 100,
        "steps": 5,
    }
    sizes = placed({"dataset_size": 10, "batch_size": 2})
    assert unplaced(merged_train(base, sizes)) == {
        "epochs": 90,
        "dataset_size": 10,
        "batch_size": 2,
    }
    assert unplaced(merged_train(sizes, placed({"steps_per_epoch": 7}))) == {"steps_per_epoch": 7}
    assert unplaced(merged_train(sizes, placed({"batch_size": 5}))) == {
        "dataset_size": 10,
        "batch_size": 5,
    }


def test_an_optimizer_of_another_type_inherits_only_lr() -> None:
    base = placed({"type": "SGD", "lr": 0.1, "momentum": 0.9})
    assert unplaced(merged_optimizer(base, placed({"type": "AdamW"}))) == {
        "type": "AdamW",
        "lr": 0.1,
    }
    assert unplaced(merged_optimizer(base, placed({"type": "SGD", "lr": 1.0}))) == {
        "type": "SGD",
        "lr": 1.0,
        "momentum": 0.9,
    }
    assert unplaced(merged_optimizer(base, placed({"lr": 1.0})))["momentum"] == 0.9


def test_layer_wise_decay_counts_from_the_deepest() -> None:
    found = optimizer(
        placed({"type": "SGD", "groups": {"layers": {"count": 3, "lr_decay": 0.5}, "head": {}}})
    )
    assert [group.name for group in found.groups] == ["layers.0", "layers.1", "layers.2", "head"]
    assert [group.factor for group in found.groups] == [0.125, 0.25, 0.5, 1.0]


def test_one_group_without_groups() -> None:
    assert [group.name for group in optimizer("Adam").groups] == ["0"]


@pytest.mark.parametrize(
    "text",
    [
        "StepLR",
        "{type: StepLR}",
        "{_target_: StepLR, _partial_: true}",
        "{class_path: StepLR}",
    ],
)
def test_spellings_of_a_bare_scheduler(text: str) -> None:
    assert unplaced(node(parse(text, "f"), ("scheduler",), None)) == {"type": "StepLR"}


def test_spellings_with_arguments_agree() -> None:
    texts = [
        "{type: StepLR, step_size: 3}",
        "{_target_: StepLR, step_size: 3}",
        "{class_path: StepLR, init_args: {step_size: 3}}",
    ]
    found = [unplaced(node(parse(text, "f"), ("scheduler",), None)) for text in texts]
    assert found == [{"type": "StepLR", "step_size": 3}] * 3


def test_one_curve_is_named_after_the_file() -> None:
    [found] = split(parse("train: {steps: 5}\nscheduler: cosine", "f"), "mine")
    assert (found.label, found.beside) == ("mine", ())


def test_schedules_inherit_and_keep_places() -> None:
    text = (
        "train: {epochs: 2, steps_per_epoch: 5}\n"
        "optimizer: {type: SGD, lr: 0.1, momentum: 0.9}\n"
        "schedules:\n"
        "  a: {scheduler: cosine}\n"
        "  b: {train: {steps: 3}, optimizer: {lr: 0.2}, scheduler: cosine}\n"
        "  c: cosine\n"
    )
    a, b, c = (each.tree for each in split(parse(text, "f"), "f"))
    assert unplaced(a["train"]) == unplaced(c["train"]) == {"epochs": 2, "steps_per_epoch": 5}
    assert unplaced(b["train"]) == {"steps": 3, "steps_per_epoch": 5}
    assert unplaced(b["optimizer"]) == {"type": "SGD", "lr": 0.2, "momentum": 0.9}
    assert str(b["optimizer"].places["lr"].value) == "f:5:42"
    assert str(b["optimizer"].places["momentum"].value) == "f:2:43"


def test_ignored_rules_of_the_file_and_of_the_schedule_add_up() -> None:
    text = (
        "check: {ignore: {LRV101: one}}\n"
        "schedules:\n"
        "  a: {scheduler: cosine, check: {ignore: {LRV202: two}}}\n"
    )
    [found] = split(parse(text, "f"), "f")
    assert unplaced(found.tree["check"]) == {"ignore": {"LRV101": "one", "LRV202": "two"}}


def test_where_an_argument_stands() -> None:
    [schedule] = load(
        {"train": {"steps": 10}, "scheduler": {"type": "StepLR", "step_size": 3}}, steps=5
    )
    assert schedule.length == Length(5)
    assert schedule.at("scheduler", "step_size") is None


def test_the_schema_accepts_recipes_and_refuses_a_misspelt_key() -> None:
    schema = json_schema(list(catalog.names()))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for recipe in catalog.recipes():
        assert list(validator.iter_errors(unplaced(parse(recipe.text, recipe.name)))) == []
    assert list(validator.iter_errors({"trian": {}}))
    assert list(validator.iter_errors({"train": {"steps": 0}, "scheduler": "cosine"}))
    members = {"train": {"steps": 9}, "schedulers": [{"scheduler": "linear", "intervall": "step"}]}
    assert list(validator.iter_errors(members))


def test_sections_are_documented_in_the_schema() -> None:
    train = json_schema()["$defs"]["Train"]["properties"]
    assert all(value.get("description") for value in train.values())


def test_configs_are_found_beside_the_package() -> None:
    folder = catalog.configs_folder()
    assert folder == Path(catalog.__file__).parents[2] / "configs"
    assert len(catalog.recipe_names()) >= 12


def test_an_empty_map_needs_a_length() -> None:
    with pytest.raises(SpecError, match="nothing says how long training is"):
        length(Train(), Map())
