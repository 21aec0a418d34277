"""Odd numbers in every place where one can stand: taken for exactly what they are, or refused.

What each of them comes to stands in golden/numbers.txt: a value, or the whole message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrviz.building.built import Built
from lrviz.building.factory import build_schedule
from lrviz.document import parse
from lrviz.errors import LrvizError
from lrviz.simulation.loop import run
from lrviz.sources.loading import load_all
from lrviz.spec.schedule import Schedule
from tests.commands import lrviz
from tests.conftest import Golden

NUMBERS = ["0", "-0.0", "-1", "5e-324", "1e308", ".inf", "-.inf", ".nan", "1e400", "1.5", "1e1"]
NUMBERS += ["9" * 400, "9" * 4301, "0x" + "f" * 3600, "true", "1_000", "0x10", "010", "1:30"]
NUMBERS += ["2001-01-01", "~", "'5'", "5%"]

LONG = "train: {steps: 40, steps_per_epoch: 4}\noptimizer: {type: SGD, lr: 0.1, momentum: 0.9}\n"
SHORT = "train: {steps: 4}\n"
PLATEAU = "scheduler: {type: ReduceLROnPlateau, "

Seen = Callable[[Schedule, Built], Any]


def of_length(schedule: Schedule, built: Built) -> Any:
    return schedule.length


def of_group(name: str) -> Seen:
    return lambda schedule, built: [group[name] for group in built.optimizer.param_groups]


def of_argument(name: str) -> Seen:
    return lambda schedule, built: built.parts[-1].arguments[name]


def of_metric(name: str) -> Seen:
    return lambda schedule, built: getattr(schedule.members[0].metric, name)


def of_slot(name: str) -> Seen:
    return lambda schedule, built: getattr(built.schedulers[0], name)


def argument(text: str) -> tuple[str, Seen]:
    """Return the place of the last argument in a scheduler of this text."""
    return f"{LONG}scheduler: {{{text}: %s}}\n", of_argument(text.split()[-1])


PLACES: dict[str, tuple[str, Seen]] = {
    "train.steps": ("train: {steps: %s}\nscheduler: cosine\n", of_length),
    "train.epochs": ("train: {epochs: %s}\nscheduler: cosine\n", of_length),
    "train.steps_per_epoch": (
        "train: {steps: 40, steps_per_epoch: %s}\nscheduler: cosine\n",
        of_length,
    ),
    "train.tokens": ("train: {tokens: %s, tokens_per_update: 1}\nscheduler: cosine\n", of_length),
    "train.tokens_per_update": (
        "train: {tokens: 100, tokens_per_update: %s}\nscheduler: cosine\n",
        of_length,
    ),
    "train.dataset_size": (
        "train: {epochs: 2, batch_size: 5, dataset_size: %s}\nscheduler: cosine\n",
        of_length,
    ),
    "frequency": (f"{LONG}frequency: %s\nscheduler: cosine\n", of_slot("frequency")),
    "begin": (f"{LONG}schedulers: [{{begin: %s, scheduler: cosine}}]\n", of_slot("begin")),
    "end": (f"{LONG}schedulers: [{{end: %s, scheduler: cosine}}]\n", of_slot("end")),
    "optimizer.lr": (
        f"{SHORT}optimizer: {{type: SGD, lr: %s}}\nscheduler: cosine\n",
        of_group("initial_lr"),
    ),
    "optimizer.betas": (
        f"{SHORT}optimizer: {{type: Adam, betas: [0.9, %s]}}\nscheduler: cosine\n",
        of_group("betas"),
    ),
    "groups.lr": (
        f"{SHORT}optimizer: {{type: SGD, lr: 1, groups: {{a: {{lr: %s}}}}}}\nscheduler: cosine\n",
        of_group("initial_lr"),
    ),
    "groups.count": (
        f"{SHORT}optimizer: {{type: SGD, lr: 1, groups: {{a: {{count: %s}}}}}}\n"
        "scheduler: cosine\n",
        lambda schedule, built: len(built.optimizer.param_groups),
    ),
    "groups.lr_decay": (
        f"{SHORT}optimizer: {{type: SGD, lr: 1, groups: {{a: {{count: 2, lr_decay: %s}}}}}}\n"
        "scheduler: cosine\n",
        of_group("initial_lr"),
    ),
    "a count": argument("type: StepLR, step_size"),
    "a float": argument("type: StepLR, step_size: 3, gamma"),
    "a count or null": argument("type: OneCycleLR, max_lr: 1, total_steps"),
    "a float or a list": argument("type: OneCycleLR, total_steps: 40, max_lr"),
    "a share of 1": argument("type: OneCycleLR, max_lr: 1, total_steps: 40, pct_start"),
    "a divisor": argument("type: OneCycleLR, max_lr: 1, total_steps: 40, div_factor"),
    "a factor": argument("type: LinearLR, start_factor"),
    "a rate": argument("type: CosineAnnealingLR, T_max: 40, eta_min"),
    "milestones": (
        f"{LONG}scheduler: {{type: MultiStepLR, milestones: [3, %s]}}\n",
        of_argument("milestones"),
    ),
    "an expression": (
        f"{LONG}scheduler: {{type: LambdaLR, lr_lambda: %s}}\n",
        lambda schedule, built: run(built).lr[:2, 0].tolist(),
    ),
    "a shape's count": (
        f"{LONG}scheduler: {{type: LambdaLR, lr_lambda: {{shape: warmup_constant, warmup: %s}}}}\n",
        lambda schedule, built: run(built).lr[:2, 0].tolist(),
    ),
    "a preset's count": (
        f"{LONG}scheduler: {{type: warmup-cosine, warmup: %s}}\n",
        lambda schedule, built: run(built).lr[:2, 0].tolist(),
    ),
    "a count of transformers": argument(
        "type: transformers.get_constant_schedule_with_warmup, num_warmup_steps"
    ),
    "metric.values": (
        "train: {steps: 2}\nmetric: {values: [1, %s]}\nscheduler: plateau\n",
        of_metric("values"),
    ),
    "metric.noise": (
        f"{LONG}metric: {{curve: '1', noise: %s}}\nscheduler: plateau\n",
        of_metric("noise"),
    ),
    "metric.seed": (
        f"{LONG}metric: {{curve: '1', noise: 1, seed: %s}}\nscheduler: plateau\n",
        of_metric("seed"),
    ),
    "table.at": (
        f"{LONG}table: {{at: [%s]}}\nscheduler: cosine\n",
        lambda schedule, built: schedule.table.at,
    ),
}


def short(text: str, most: int = 60) -> str:
    return text if len(text) < most else f"{text[:20]}... ({len(text)})"


def came_to(text: str, seen: Seen) -> str:
    try:
        [schedule] = load_all([parse(text, "spec.yaml")]).schedules
        built = build_schedule(schedule)
    except LrvizError as error:
        return str(error)
    return f"= {short(repr(seen(schedule, built)), 130)}"


def test_what_a_number_comes_to_in_every_place(golden: Golden) -> None:
    lines = []
    for place, (text, seen) in PLACES.items():
        lines.append(f"\n{place}\n")
        lines += [f"  {short(each):20} {came_to(text % each, seen)}\n" for each in NUMBERS]
    golden("numbers.txt", "".join(lines).lstrip())


OPTIONS = {
    "--steps": "table cosine --steps {}",
    "--epochs": "table cosine --epochs {}",
    "--steps-per-epoch": "table cosine --steps 40 --steps-per-epoch {}",
    "--lr": "table cosine --steps 4 --lr {}",
    "--at": "table cosine --steps 40 --at {}",
    "--set train.steps": "table cosine --set train.steps={}",
    "--set scheduler.eta_min": "table cosine --steps 4 --set scheduler.eta_min={}",
    "cosine:eta_min": "table cosine:eta_min={} --steps 4",
    "StepLR:step_size": "table StepLR:step_size={} --steps 4",
    "multistep:milestones": "table multistep:milestones=3,{} --steps 4",
    "--dpi": "plot cosine --steps 4 --size 4x3 -o out.png --dpi {}",
    "--size": "plot cosine --steps 4 --dpi 50 -o out.png --size {}x3",
}


def test_what_a_number_comes_to_on_the_command_line(
    golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = []
    for place, line in OPTIONS.items():
        lines.append(f"\n{place}\n")
        form = ["--format", "csv"] if line.startswith("table") else []
        for each in NUMBERS:
            ran = lrviz(*(word.format(each) for word in line.split()), *form, "-q")
            rows = ran.out.splitlines()[-2:] if ran.code != 2 else []  # the last update, and after
            said = " ".join([*ran.err.splitlines(), *rows])
            said = re.sub("9{60,}|f{60,}", lambda found: short(found[0]), said)
            lines.append(f"  {short(each):20} {ran.code} {said}\n")
    golden("numbers_on_command_lines.txt", "".join(lines).lstrip())
