"""Public recipes in other frameworks' words: each gives the curve that its framework gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lrviz
from lrviz.sources.configs.reading import frameworks
from lrviz.sources.loading import load_all, origins_of
from lrviz.sources.overrides import Overrides
from lrviz.views.text.spec import spec_lines

DATA = Path(__file__).parents[2] / "data/configs"
ROWS = [row for file in sorted(DATA.glob("recipes*.json")) for row in json.loads(file.read_text())]
EACH = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])


def source(row: dict[str, Any]) -> str:
    return str(DATA / "recipes" / row["file"])


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return the same training as a spec of lrviz, its counts written out."""
    train = {key: row[key] for key in ("steps", "steps_per_epoch") if key in row}
    optimizer = {"type": "AdamW", "lr": row["lr"]}
    if "groups" in row:
        optimizer["groups"] = row["groups"]
    interval = row.get("interval", "step")
    return {
        "train": train,
        "optimizer": optimizer,
        "scheduler": row["scheduler"],
        "interval": interval,
    }


@EACH
def test_a_recipe_gives_the_curve_of_its_framework(row: dict[str, Any]) -> None:
    [schedule] = load_all([source(row)], Overrides(**row["given"])).schedules
    trace, expected = lrviz.simulate(schedule), lrviz.simulate(lrviz.load(plain(row))[0])
    assert trace.lr.tolist() == expected.lr.tolist()


@EACH
def test_the_converted_spec_gives_the_same_curve(row: dict[str, Any], tmp_path: Path) -> None:
    file = source(row)
    [origin] = origins_of(file, Overrides(**row["given"]))
    assert origin.config is not None
    spec = tmp_path / "spec.yaml"
    spec.write_text("\n".join(spec_lines(origin.config, row["file"])) + "\n")
    [schedule] = load_all([file], Overrides(**row["given"])).schedules
    again = lrviz.simulate(lrviz.load(str(spec))[0])
    assert again.lr.tolist() == lrviz.simulate(schedule).lr.tolist()


@EACH
def test_every_value_says_where_it_is_from(row: dict[str, Any]) -> None:
    [origin] = origins_of(source(row), Overrides(**row["given"]))
    assert origin.config is not None
    for section in ("train", "optimizer", "scheduler"):
        for key in origin.tree[section]:
            said = [each for each in origin.config.comments if each[:2] == (section, key)]
            assert said
            assert all(origin.config.comments[each] for each in said)


def test_no_framework_is_imported() -> None:
    names = [str(DATA / "recipes" / row["file"]) for row in ROWS if not row["given"]]
    code = (
        "import sys; from lrviz.sources.loading import load_all; "
        f"load_all({names!r}); print(*sorted(n for n in sys.modules if '.' not in n))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    known = {each.name for each in frameworks()} | {"transformers", "torch", "mmengine", "nemo"}
    assert not known & set(done.stdout.split())
