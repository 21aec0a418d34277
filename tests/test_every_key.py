"""No key of a spec is without effect: each, in every place where it is accepted, changes something.

A key is set in a spec of each kind; what comes of it, as a user may see it, is another thing than
before, or it is an error.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from lrviz.checking.runner import check
from lrviz.errors import LrvizError
from lrviz.simulation.simulated import simulated
from lrviz.sources.loading import load_all
from lrviz.spec.metrics import Metric
from lrviz.spec.models import (
    Check,
    Curve,
    Group,
    Member,
    Optimizer,
    Plot,
    Spec,
    Table,
    Train,
    Trained,
)
from lrviz.views.plan.defaults import wanted_by
from lrviz.views.text.export import csv_lines
from lrviz.views.text.table import table

TRAIN = {"epochs": 6, "dataset_size": 45, "batch_size": 4, "tokens_per_update": 10}
PLATEAU = {"type": "ReduceLROnPlateau", "patience": 2}
STEP = {"type": "StepLR", "step_size": 7, "gamma": 0.5}
CURVE = {"curve": "1 - 0.1 * step", "noise": 0.5, "seed": 1}
SPECS: dict[str, dict[str, Any]] = {
    "a class": {"scheduler": STEP},
    "a preset": {"scheduler": {"type": "warmup-cosine", "warmup": 9}},
    "a preset with a metric": {"scheduler": {"type": "plateau", "patience": 2}},
    "a preset of several": {"scheduler": {"type": "cosine-plateau", "patience": 2}},
    "a plateau": {"scheduler": PLATEAU, "metric": CURVE},
    "several": {"schedulers": [{"scheduler": STEP}, {"scheduler": PLATEAU, "metric": CURVE}]},
    "several with one metric": {
        "schedulers": [{"scheduler": STEP}, {"scheduler": PLATEAU}],
        "metric": CURVE,
    },
    "several with a preset": {
        "schedulers": [{"scheduler": STEP}, {"scheduler": {"type": "plateau", "patience": 2}}]
    },
    "momentum": {"scheduler": {"type": "OneCycleLR", "max_lr": "1lr", "total_steps": "100%"}},
}
SPECS = {
    name: {
        "train": TRAIN,
        "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9, "groups": {"a": {}, "b": {}}},
        **each,
    }
    for name, each in SPECS.items()
}
SPECS["several optimizers"] = {
    "train": TRAIN,
    "optimizers": {
        "one": {"type": "SGD", "lr": 0.1, "momentum": 0.9, "groups": {"a": {}, "b": {}}},
        "two": {"type": "SGD", "lr": 0.2, "scheduler": PLATEAU, "metric": CURVE},
    },
    "scheduler": STEP,
}
SPECS["labelled"] = {
    "train": TRAIN,
    "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
    "schedules": {"one": {"scheduler": STEP}, "two": {"scheduler": PLATEAU, "metric": CURVE}},
}

# Values of a key, at least one of which must matter wherever it is accepted.
VALUES: dict[type[BaseModel], dict[str, list[Any]]] = {
    Train: {
        "steps": [50],
        "epochs": [3],
        "tokens": [300],
        "tokens_per_update": [20],
        "steps_per_epoch": [9],
        "dataset_size": [60],
        "batch_size": [3],
        "world_size": [2],
        "accumulate": [2],
        "drop_last": [True],
        "sampler_drop_last": [True],
        "start": [20],
        "resume": ["nothing", "planned:50"],
    },
    Optimizer: {"type": ["Adam"], "groups": [{"c": {}}, None]},
    Group: {"count": [2], "lr_decay": [0.5]},
    Plot: {"x": ["epoch"], "log": [True]},
    Table: {"at": [[3]]},
    Check: {"ignore": [{"LRV302": "so it is"}]},
    Metric: {
        "values": [[1.0] * 90],
        "file": ["nowhere.csv"],
        "column": ["loss"],
        "curve": ["1"],
        "noise": [0.1],
        "seed": [7],
    },
    Member: {
        "scheduler": ["cosine"],
        "interval": ["epoch", "fraction"],
        "frequency": [3],
        "begin": [20, 70],
        "end": [30],
        "metric": [{"values": []}, {"curve": "1"}, {"curve": "-step"}],
    },
}
VALUES[Trained] = {
    **VALUES[Optimizer],
    **{key: VALUES[Member][key] for key in ("scheduler", "interval", "frequency", "metric")},
    "schedulers": [[{"scheduler": "cosine"}]],
}
VALUES[Curve] = {
    **{key: VALUES[Member][key] for key in ("scheduler", "interval", "frequency", "metric")},
    "schedulers": [[{"scheduler": "cosine"}]],
    "train": [{"steps": 50}],
    "optimizer": ["Adam"],
    "optimizers": [{"a": "Adam"}],
    "summary": ["what it is"],
    "when": ["where it is good"],
    "reference": ["a paper"],
    "check": [{"ignore": {"LRV302": "so it is"}}],
}
VALUES[Spec] = {
    **VALUES[Curve],
    "title": ["Some"],
    "schedules": [{"c": "cosine"}],
    "plot": [{"x": "epoch"}],
    "table": [{"at": [3]}],
}


def test_every_key_has_a_value_here() -> None:
    for model, values in VALUES.items():
        assert sorted(values) == sorted(model.model_fields), model


def outcome(spec: dict[str, Any]) -> Any:
    """Return what a user may see of a spec, or its error."""
    try:
        loaded = load_all([copy.deepcopy(spec)])
        traces = [simulated(each) for each in loaded.schedules]
    except LrvizError as error:
        return str(error)
    about = [
        (each.optimizer.type, each.summary, each.when, each.reference) for each in loaded.schedules
    ]
    at = tuple(step for each in loaded.schedules for step in each.table.at)
    findings = [(each.code, each.label, each.reason) for each in check(loaded.schedules).findings]
    shown = [*csv_lines(traces, ["all"]), repr(table(traces, at)), str(wanted_by(loaded.schedules))]
    lengths = [each.length for each in loaded.schedules]
    return (about, lengths, findings, shown, [each.warnings for each in traces])


def places(spec: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], type[BaseModel]]]:
    """Yield where in a spec keys may stand, and those of which model."""
    yield (), Spec
    yield from ((("train",), Train), (("optimizer",), Optimizer))
    for label in spec.get("optimizers", ()):
        yield ("optimizers", label), Trained
    yield from ((("plot",), Plot), (("table",), Table), (("check",), Check))
    if "groups" in spec.get("optimizer", ()):
        yield ("optimizer", "groups", "a"), Group
    if "metric" in spec:
        yield ("metric",), Metric
    for index, each in enumerate(spec.get("schedulers", ())):
        if "scheduler" in each:
            yield ("schedulers", index), Member
            if "metric" in each:
                yield ("schedulers", index, "metric"), Metric
    for label in spec.get("schedules", ()):
        yield ("schedules", label), Curve
        yield ("schedules", label, "train"), Train


def with_value(spec: dict[str, Any], path: tuple[str | int, ...], key: str, value: Any) -> Any:
    result = copy.deepcopy(spec)
    at: Any = result
    for part in path:
        at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
    at[key] = value
    return result


@pytest.mark.parametrize("name", SPECS)
def test_a_key_changes_what_is_seen_or_is_an_error(name: str) -> None:
    spec = SPECS[name]
    before = outcome(spec)
    assert not isinstance(before, str), before
    silent = [
        (path, key)
        for path, model in places(spec)
        for key, values in VALUES[model].items()
        if all(outcome(with_value(spec, path, key, value)) == before for value in values)
    ]
    assert not silent
