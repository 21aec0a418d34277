"""The controls of a page: one for every argument that the real signature has."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from lrviz import catalog
from lrviz.building.imports import torch_scheduler
from lrviz.building.optimizers import optimizer_class
from lrviz.explorer.controls import Control
from lrviz.explorer.document import read
from lrviz.explorer.opening import opened
from lrviz.explorer.sections import Section, sections
from lrviz.sources.overrides import Overrides


def shown(text: str) -> dict[str, Section]:
    """Return a spec's sections by their titles."""
    return {each.title: each for each in sections(read(text))}


def curve(scheduler: str, **beside: str) -> dict[str, Control]:
    """Return the controls of a curve by their names."""
    more = "".join(f", {key}: {value}" for key, value in beside.items())
    text = f"train: {{steps: 1000}}\nschedules: {{a: {{scheduler: {scheduler}{more}}}}}\n"
    return {each.name: each for each in shown(text)["a"].controls}


@pytest.mark.parametrize("name", catalog.class_names())
def test_every_argument_of_a_class_has_a_control(name: str) -> None:
    real = inspect.signature(torch_scheduler(name)).parameters
    wanted = [each for each in real if each not in ("optimizer", "last_epoch", "schedulers")]
    names = list(curve(f"{{type: {name}}}"))
    assert names[: len(wanted)] == wanted
    metric = ["metric curve"] if name == "ReduceLROnPlateau" else []
    assert names[len(wanted) :] == ["interval", "frequency", *metric]


@pytest.mark.parametrize("name", catalog.preset_names())
def test_every_param_of_a_preset_has_a_control_and_so_has_every_argument_of_its_class(
    name: str,
) -> None:
    preset = catalog.preset(name)
    assert preset is not None
    found = curve(name)
    for param in preset.params:
        assert found[param].said == preset.params[param].help
    node = preset.data.get("scheduler")
    if isinstance(node, dict) and not preset.params:
        real = set(inspect.signature(torch_scheduler(node["type"])).parameters)
        assert real - {"optimizer", "last_epoch"} <= set(found)


@pytest.mark.parametrize("name", catalog.optimizer_names())
def test_every_argument_of_an_optimizer_has_a_control(name: str) -> None:
    section = shown(f"optimizer: {{type: {name}}}\n")["Optimizer"]
    real = inspect.signature(optimizer_class(name, trust=False)).parameters
    assert [each.name for each in section.controls] == [each for each in real if each != "params"]


def test_kinds_ranges_and_values_come_from_annotations_defaults_and_documentation() -> None:
    found = curve("{type: OneCycleLR, max_lr: 0.5lr, total_steps: 500, pct_start: 30%}")
    assert {name: each.kind for name, each in found.items()} == {
        "max_lr": "rate",
        "total_steps": "duration",
        "epochs": "duration",
        "steps_per_epoch": "duration",
        "pct_start": "number",
        "anneal_strategy": "choice",
        "cycle_momentum": "boolean",
        "base_momentum": "number",
        "max_momentum": "number",
        "div_factor": "number",
        "final_div_factor": "number",
        "three_phase": "boolean",
        "interval": "choice",
        "frequency": "whole",
    }
    assert found["anneal_strategy"].choices == ("cos", "linear")
    assert found["total_steps"].position == 50.0  # percent of the training
    assert found["pct_start"].position == pytest.approx(0.3)
    assert found["pct_start"].span is not None
    assert (found["pct_start"].span.low, found["pct_start"].span.high) == (0.0, 1.0)
    assert found["max_lr"].required
    assert found["max_lr"].position == pytest.approx(-0.30103)  # log10 of the share
    assert (found["div_factor"].value, found["div_factor"].given) == ("25.0", False)
    assert found["pct_start"].said.startswith("The percentage of the cycle")


def test_a_metric_that_is_needed_is_asked_for() -> None:
    asked = curve("ReduceLROnPlateau")["metric curve"]
    assert (asked.path, asked.given) == (("schedules", "a", "metric", "curve"), False)
    assert "metric curve" not in curve("cosine")


def test_a_pair_stays_a_pair() -> None:
    [betas] = [
        each
        for each in shown("optimizer: {type: AdamW}\n")["Optimizer"].controls
        if each.name == "betas"
    ]
    assert (len(betas.items), betas.fixed) == (2, True)
    assert not curve("multistep")["milestones"].fixed


def test_a_slider_reaches_its_value() -> None:
    span = curve("{type: PolynomialLR, power: 12}")["power"].span
    assert span is not None
    assert (span.low, span.high) == (0.0, 12.0)


def test_lists_have_a_control_an_item() -> None:
    found = curve("{type: MultiStepLR, milestones: [30%, 5ba]}")["milestones"]
    assert [(each.kind, each.value, each.position) for each in found.items] == [
        ("duration", "30%", 30.0),
        ("duration", "5ba", 0.5),
    ]
    preset = curve("multistep")["milestones"]
    assert (preset.given, [each.value for each in preset.items]) == (False, ["50%", "75%"])


def test_shapes_members_groups_and_metrics_have_theirs() -> None:
    found = curve("{type: LambdaLR, lr_lambda: {shape: wsd, warmup: 5%, decay: 20%}}")
    assert found["decay_type"].choices == ("linear", "cosine", "1-sqrt")
    assert "total" not in found
    assert curve("plateau", metric="{curve: '1'}")["metric curve"].value == '"1"'
    nested = "{type: SequentialLR, milestones: [5], schedulers: [LinearLR, cosine]}"
    text = f"schedules: {{a: {{scheduler: {nested}}}}}\n"
    inside = shown(text)["a"].sections
    assert [each.title for each in inside] == ["LinearLR", "cosine"]
    assert inside[1].controls[0].path == ("schedules", "a", "scheduler", "schedulers", 1, "T_max")
    groups = shown("optimizer: {type: SGD, groups: {a: {}, b: {lr: 0.1lr, momentum: 0.5}}}\n")
    assert [[each.name for each in group.controls] for group in groups["Optimizer"].sections] == [
        ["lr", "count", "lr_decay"],
        ["lr", "count", "lr_decay", "momentum"],
    ]


def test_what_stands_there_and_is_no_argument_can_be_taken_out() -> None:
    found = curve("{type: StepLR, step_size: 3, nope: 1}")["nope"]
    assert (found.kind, found.given, found.required) == ("text", True, False)


def every(found: tuple[Section, ...]) -> Iterator[Section]:
    """Yield all sections, those inside of others too."""
    for each in found:
        yield each
        yield from every(each.sections)


@pytest.mark.parametrize(
    "text",
    [
        "train: 3\noptimizer: [1]\nschedules: {a: 3, b: {scheduler: [1]}}\n",
        "train: {steps: many}\nschedules: {a: {scheduler: {type: nope, x: {y: 1}}}}\n",
        "schedules: {a: {schedulers: [1, {scheduler: 3}]}, b: {scheduler: {type: [1]}}}\n",
        "schedules: [1]\n",
        "optimizer: {type: nope, groups: {a: 1}}\n",
        "schedules: {a: {scheduler: {type: SequentialLR, schedulers: 3, milestones: x}}}\n",
        "schedules: {a: {scheduler: {type: LambdaLR, lr_lambda: {shape: nope}}, metric: 3}}\n",
    ],
)
def test_of_what_is_wrong_is_shown_what_can_be_told(text: str) -> None:
    for section in every(sections(read(text))):
        assert section.path


def test_recipes_have_their_controls() -> None:
    for recipe in catalog.recipes():
        text = opened([str(recipe.path)], Overrides()).state.spec
        paths = [
            control.path for section in every(sections(read(text))) for control in section.controls
        ]
        assert len(paths) == len(set(paths)) > 10
