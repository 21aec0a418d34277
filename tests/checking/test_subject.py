"""The shapes of param groups: which are one, and what telling them apart costs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from lrviz.checking import rules
from lrviz.checking.runner import look, make_subjects
from lrviz.checking.subject import Subject
from lrviz.sources.loading import load_all


def subject(groups: dict[str, Any], scheduler: Any, steps: int = 1000) -> Subject:
    spec = {
        "train": {"steps": steps},
        "optimizer": {"type": "SGD", "lr": 0.1, "groups": groups},
        "scheduler": scheduler,
    }
    [schedule] = load_all([spec]).schedules
    return next(make_subjects(schedule, lambda place: None))


def families(found: Subject) -> list[tuple[int, ...]]:
    return [each.family for each in found.shapes()]


COSINE = {"type": "CosineAnnealingLR", "T_max": 1000}


def test_groups_that_are_one_up_to_a_factor_are_one_shape_the_highest_first() -> None:
    groups = {"a": {"lr": 0.01}, "b": {"lr": 0.3}, "c": {}}
    assert families(subject(groups, COSINE)) == [(1, 2, 0)]
    assert families(subject(groups, COSINE | {"eta_min": 0.001})) == [(1,), (2,), (0,)]


def test_a_group_without_a_rate_is_a_shape_of_its_own() -> None:
    assert families(subject({"frozen": {"lr": 0.0}, "head": {}}, COSINE)) == [(1,), (0,)]


def test_one_group_is_looked_at_as_it_is() -> None:
    one = subject({"a": {}}, COSINE)
    assert one.shapes() == (one,)


@pytest.mark.parametrize("update", [0, 1, 31, 968, 999])
def test_the_first_and_the_last_updates_are_told_apart_one_by_one(update: int) -> None:
    lambdas = ["1 - progress", f"0 if step == {update} else 1 - progress"]
    found = subject({"a": {}, "b": {}}, {"type": "LambdaLR", "lr_lambda": lambdas})
    assert families(found) == [(0,), (1,)]


def test_how_far_below_its_lr_a_group_stays_is_told_apart() -> None:
    cycle = {"type": "OneCycleLR", "max_lr": 0.1, "total_steps": 1000, "cycle_momentum": False}
    found = subject({"a": {}, "b": {"lr": 0.5}}, cycle)
    assert families(found) == [(0,), (1,)]


def test_a_thousand_groups_of_two_shapes_cost_little() -> None:
    groups = {f"g{index}": {"lr": 0.1 * (index + 1) / 1000} for index in range(1000)}
    lambdas = ["1 - progress", "max(0, 1 - 4 * progress)"] * 500
    found = subject(groups, {"type": "LambdaLR", "lr_lambda": lambdas}, steps=2000)
    assert sorted(map(len, families(found))) == [500, 500]
    started = time.process_time()
    findings = list(look(found, rules.RULES))
    assert time.process_time() - started < 0.5
    [dead] = findings
    assert (dead.code, dead.groups[:2], len(dead.groups)) == ("LRV203", ("g1", "g3"), 500)
    assert dead.message.startswith("in groups g1, g3, g5 and 497 more: from update ")


def test_shapes_hold_what_is_of_all_groups_once() -> None:
    found = subject({"a": {"lr": 0.01}, "b": {"lr": 0.3}}, COSINE | {"eta_min": 0.001})
    one, other = found.shapes()
    assert one.sampled is other.sampled is found.sampled
    assert (one.group, one.main, other.group, other.main) == (1, 1, 0, 1)


def test_infinite_rates_are_a_shape_too() -> None:
    growing = {"type": "ExponentialLR", "gamma": 1e9}
    found = subject({"frozen": {"lr": 0.0}, "head": {}}, growing)
    assert np.isinf(found.trace.lr[-1, 1])
    assert families(found) == [(1,), (0,)]
