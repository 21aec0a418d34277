"""Whatever a page asks for is answered in words: no edit ends in anything but an answer."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrviz import catalog
from lrviz.document import unplaced
from lrviz.explorer.document import read
from lrviz.explorer.opening import opened
from lrviz.explorer.sections import Section, sections
from lrviz.explorer.service import Service
from lrviz.sources.overrides import Overrides
from tests.explorer.pages import asked, drawn

SOURCES = (
    ["onecycle", "cosine-plateau"],
    ["SequentialLR:milestones=[10%],schedulers=[{type: LinearLR}, cosine]", "plateau"],
    [str(catalog.recipe("beit-finetune").path)],
    [str(catalog.recipe("gpt3").path)],
)
TEXTS = [
    *("0", "1", "-1", "1.5", "30%", "5ep", "rest", "1e-3", "0.1lr", "many", "[1", "null", "true"),
    *("[10%, 20%]", "500ba", ".inf", ".nan", "{}", "[]", "''", "1e308", "9" * 20, "{type: cosine}"),
    *("{type: LambdaLR, lr_lambda: 'step'}", "[cosine, linear]", "{a: {lr: 0.1lr}, b: {}}"),
    *("{curve: '1/step'}", "'1/step'", "{shape: wsd, warmup: 5%, decay: 1%}", "epoch", "fraction"),
    *("LBFGS", "{file: a.csv, column: a}", "\u202e", "a\nb", "!!python/object:os.system x"),
    "&a [*a]",
]
NAMES = [*catalog.names(), *catalog.optimizer_names(), "nope", "", "deepspeed.WarmupLR"]
ACTIONS = [*["set"] * 8, "unset", "unset", "rename", "add", "type", "unit", "merge"]


def paths(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a document."""
    yield path
    items: Any = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    for key, value in items:
        yield from paths(value, (*path, key))


def shown(found: tuple[Section, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each control."""
    for section in found:
        yield from (control.path for control in section.controls)
        yield from shown(section.sections)


def edit(chosen: random.Random, spec: str) -> tuple[str, list[Any], str]:
    """Return a random edit of a spec."""
    tree = read(spec)
    controls = list(shown(sections(tree)))
    path = chosen.choice([*paths(unplaced(tree)), *controls * 3])
    if chosen.random() < 0.1:
        path = (*path, chosen.choice(["x", 0, -1, "type"]))
    action = chosen.choice(ACTIONS)
    text = chosen.choice(NAMES if action in ("add", "type", "rename") else TEXTS)
    if action == "unit":
        text = chosen.choice(["steps", "epochs", "tokens"])
    return action, list(path), text


@pytest.mark.parametrize("seed", range(24))
def test_random_edits_are_answered(seed: int, tmp_path: Path) -> None:
    chosen = random.Random(seed)
    found = opened(SOURCES[seed % len(SOURCES)], Overrides(steps=200))
    service, spec = Service(found, tmp_path), found.state.spec
    for number in range(4):
        body = asked(spec, edit(chosen, spec), number=number)
        head, curves = drawn(service.draw(body))
        said = json.loads(service.words(body))
        assert said["spec"] == head["spec"]
        assert said["problems"] == head["problems"]
        assert bool(curves) == (said["table"] is not None)
        spec = head["spec"]
