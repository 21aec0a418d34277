"""The PyTorch code of random trainings, run: the rates that it uses are those of the schedule."""

from __future__ import annotations

import warnings
from random import Random
from typing import Any

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

import lrviz
from lrviz.building.factory import build_schedule
from lrviz.errors import LrvizError
from lrviz.sources.loading import load_all
from lrviz.spec.schedule import Schedule
from lrviz.views.text.code import has_code, torch_code
from tests.attacks.trainings import training

TRAININGS = 120


def run(schedule: Schedule) -> list[list[float]]:
    """Return what the code of a schedule uses: a row an update, a value a param group."""
    code = "\n".join(torch_code(schedule))
    metrics: list[Any] = []
    built = build_schedule(schedule).schedulers
    for each in sorted(built, key=lambda each: each.interval == "epoch"):  # as they are stepped
        if each.metric is not None:
            unit = schedule.length.unit(each.interval)
            code = code.replace(
                ".step(metric)", f".step(float(metrics[{len(metrics)}][step // {unit}]))", 1
            )
            metrics.append(each.metric)
    used: list[list[float]] = []
    hook = register_optimizer_step_pre_hook(
        lambda optimizer, *_: used.append([float(each["lr"]) for each in optimizer.param_groups])
    )
    names = [each.name for each in schedule.optimizer.groups]
    params = {name: [torch.zeros(1, 1, requires_grad=True)] for name in names}

    class Model:
        def parameters(self) -> list[torch.Tensor]:
            return params[names[0]]

    # LBFGS evaluates what it is given, and the others take no step without gradients.
    code = code.replace("optimizer.step()", "optimizer.step(lambda: 0.0)")
    namespace: dict[str, Any] = {"model": Model(), "params": params, "metrics": metrics}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(code, namespace)
    finally:
        hook.remove()
    return used


def schedules() -> list[Any]:
    """Return the schedules of random trainings that are torch's alone and run to their end."""
    found = []
    for number in range(TRAININGS):
        spec = training(Random(number), 60).spec
        try:
            [schedule] = load_all([spec]).schedules
            trace = lrviz.simulate(schedule)
        except LrvizError:
            continue
        if has_code(schedule) and trace.error is None:
            found.append(pytest.param(schedule, trace, id=str(number)))
    return found


def test_an_expression_has_its_functions_and_is_not_broken_within() -> None:
    rise = "floor(70 * progress) / (1 + step) if step < 50 else 0.97 ** floor(350 * progress / 2.4)"
    spec = {"train": {"steps": 60}, "scheduler": {"type": "LambdaLR", "lr_lambda": rise}}
    [schedule] = load_all([spec]).schedules
    assert run(schedule) == lrviz.simulate(schedule).lr.tolist()


@pytest.mark.parametrize(("schedule", "trace"), schedules())
def test_the_code_uses_the_rates_of_the_schedule(schedule: Schedule, trace: lrviz.Trace) -> None:
    assert run(schedule) == trace.lr.tolist()
