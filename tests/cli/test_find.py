"""`list`, `info`, `init` and `schema`: what there is, and how one starts."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
import yaml
from torch.optim.optimizer import register_optimizer_step_pre_hook

import lrviz as package
from lrviz import catalog
from lrviz.building.factory import build_schedule
from lrviz.cli import init
from lrviz.document import parse, unplaced
from lrviz.sources.configs.reading import frameworks
from lrviz.views.text.about import about, example
from lrviz.views.text.code import torch_code
from tests.commands import lrviz

NAMES = catalog.names()
STEPS = 120


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def schedule(name: str, steps: int = STEPS) -> package.Schedule:
    document = {"train": {"steps": steps}, "schedules": {name: example(catalog.find(name))}}
    [found] = package.load(document)
    return found


def names() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7, 9, 10, 13, 25, 30, 49, STEPS])
@pytest.mark.parametrize("name", NAMES)
def test_the_code_to_paste_trains_with_the_same_rates(name: str, steps: int) -> None:
    found = schedule(name, steps)
    metrics = [each.metric for each in build_schedule(found).schedulers if each.metric is not None]
    code = "\n".join(torch_code(found)).replace("(metric)", "(float(values[step]))")
    used: list[float] = []
    hook = register_optimizer_step_pre_hook(lambda o, a, k: used.append(o.param_groups[0]["lr"]))
    namespace = {"model": torch.nn.Linear(1, 1), "values": metrics[0] if metrics else None}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own, of its SequentialLR
            exec(code, namespace)
    finally:
        hook.remove()
    assert used == package.simulate(found).lr[:, 0].tolist()


def test_the_code_is_as_one_writes_it() -> None:
    assert list(torch_code(schedule("warmup-cosine", 1000))) == [
        "import torch",
        "from lrviz.shapes import warmup_cosine",
        "from torch.optim.lr_scheduler import LambdaLR",
        "",
        "lr, total_steps = 0.1, 1000",
        "optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)",
        "scheduler = LambdaLR(",
        "    optimizer,",
        "    lr_lambda=warmup_cosine(",
        "        warmup=max(1, round(total_steps * 5 / 100)),",
        "        num_cycles=0.5,",
        "        total=total_steps,",
        "    ),",
        ")",
        "",
        "for step in range(total_steps):",
        "    ...  # forward and backward",
        "    optimizer.step()",
        "    scheduler.step()",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_code_is_too_long(name: str) -> None:
    assert max(map(len, torch_code(schedule(name)))) <= 100


def test_phases_and_ranges_are_in_the_code() -> None:
    code = "\n".join(torch_code(schedule("cosine-plateau", 1000)))
    assert "    if step < round(total_steps * 60 / 100):\n        cosine_annealing.step()\n" in code
    assert (
        "    if step >= round(total_steps * 60 / 100):\n        reduce_lr_on_plateau.step(" in code
    )
    [rest] = package.load(
        {
            "train": {"steps": 100},
            "scheduler": {
                "type": "SequentialLR",
                "milestones": ["10%"],
                "schedulers": [
                    {"type": "LinearLR", "total_iters": "10%"},
                    {"type": "CosineAnnealingLR", "T_max": "rest", "eta_min": "0.5lr"},
                ],
            },
        }
    )
    text = "\n".join(torch_code(rest))
    assert "T_max=max(1, total_steps - max(1, round(total_steps * 10 / 100)))," in text
    assert "eta_min=0.5 * lr," in text


@pytest.mark.parametrize("name", NAMES)
def test_info_shows_a_curve_and_a_spec_that_works(name: str) -> None:
    ran = lrviz("info", name)
    assert (ran.code, ran.err) == (0, "")
    titles = [line for line in ran.out.splitlines() if line and not line.startswith(" ")]
    assert titles[0].split("  ")[0] == name
    assert titles[1:] == ["Arguments", "Over 1,000 updates", "In a spec", "In PyTorch"]
    pasted = ran.out.split("In a spec\n")[1].split("\nIn PyTorch")[0]
    document = {"train": {"steps": 50}, **yaml.safe_load(pasted)}
    assert package.simulate(document).updates == 50


def test_info_tells_a_classs_arguments_as_torch_has_them() -> None:
    ran = lrviz("info", "StepLR", COLUMNS="100")
    assert ran.out.startswith(
        "StepLR  (torch.optim.lr_scheduler)\n"
        "  Decays the learning rate of each parameter group by gamma every step_size epochs.\n"
        "  Reference: "
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html\n"
        "\n"
        "Arguments\n"
        "  step_size: int\n"
        "      Period of learning rate decay.\n"
        "  gamma: float = 0.1\n"
        "      Multiplicative factor of learning rate decay.\n"
    )


@pytest.mark.parametrize("name", ["wsd", "OneCycleLR"])
def test_info_of_a_terminal_of_no_width_has_lines_all_the_same(name: str) -> None:
    ran = lrviz("info", name, COLUMNS="1")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == lrviz("info", name, COLUMNS="22").out


def test_info_tells_a_presets_arguments_and_defaults() -> None:
    head, arguments = about(catalog.find("wsd"), 200)
    preset = catalog.preset("wsd")
    assert preset is not None
    assert head.lines[0] == preset.summary
    assert [line.split()[0] for line in arguments.lines] == list(preset.params)
    assert arguments.lines[0].endswith("[1%]")


def test_a_later_class_without_an_example_says_why_there_is_no_curve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lrviz.views.text.about._EXAMPLES", {})
    ran = lrviz("info", "SWALR")
    assert ran.code == 0
    assert "Curve\n  none: SWALR needs swa_lr; add it" in ran.out


def test_the_list_has_everything_with_a_summary() -> None:
    ran = lrviz("list", COLUMNS="200")
    assert (ran.code, ran.err) == (0, "")
    rows = re.findall(r"^  (\S+) {2,}(?:([▁-█]{12}) {2,})?(\S.*)$", ran.out, re.MULTILINE)
    assert {name: curve for name, curve, _ in rows if curve} == catalog.sparklines()
    assert [(name, text) for name, _, text in rows] == [
        *((each.name, each.summary) for each in catalog.presets()),
        *((each.name, each.summary) for each in catalog.scheduler_classes()),
        *((each.name, each.title) for each in catalog.recipes()),
        *((each.name, f"{each.title}: {each.file}") for each in frameworks()),
    ]
    assert "AdamW" in ran.out.splitlines()[-1]


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_the_list_keeps_to_the_width(columns: str) -> None:
    assert max(map(len, lrviz("list", COLUMNS=columns).out.splitlines())) <= int(columns)


@pytest.mark.parametrize("line", ["list", "info cosine --help", "schema", "init", "init gpt3"])
def test_torch_and_matplotlib_are_not_imported(line: str) -> None:
    code = (
        "import sys\n"
        "from lrviz.cli.app import app\n"
        f"try: app({line.split()!r})\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'torch', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy or code else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stderr.partition("wrote")[0]) == (0, "")


@pytest.mark.parametrize("name", catalog.recipe_names())
def test_init_writes_a_recipe_that_runs(name: str) -> None:
    ran = lrviz("init", name)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[0] == "wrote lrviz.yaml"
    assert ran.err.splitlines()[-1] == "look at it: lrviz plot lrviz.yaml"
    assert Path("lrviz.yaml").read_bytes() == catalog.recipe(name).path.read_bytes()
    [each, *_] = package.load("lrviz.yaml")
    build_schedule(each)


def test_init_brings_the_data_that_a_recipe_names() -> None:
    ran = lrviz("init", "plateau", "-o", "mine.yaml")
    assert ran.err == (
        "wrote mine.yaml\nwrote data/plateau.csv\nlook at it: lrviz plot mine.yaml\n"
    )
    assert names() == ["data/plateau.csv", "mine.yaml"]
    assert lrviz("init", "plateau", "-q").err == ""  # the data that is there is the same


def test_init_overwrites_nothing_without_force() -> None:
    Path("lrviz.yaml").write_text("mine")
    ran = lrviz("init", "gpt3")
    assert ran.err == (
        "error: lrviz.yaml is here already; --force overwrites it, -o names another file\n"
    )
    assert (ran.code, Path("lrviz.yaml").read_text()) == (2, "mine")
    Path("data").mkdir()
    Path("data/plateau.csv").write_text("mine")
    ran = lrviz("init", "plateau", "-o", "new.yaml")
    assert (ran.code, names()) == (2, ["data/plateau.csv", "lrviz.yaml"])
    assert lrviz("init", "gpt3", "--force", "-q").code == 0
    assert Path("lrviz.yaml").read_text() == catalog.recipe("gpt3").text


def test_init_makes_no_folder() -> None:
    ran = lrviz("init", "gpt3", "-o", "no/lrviz.yaml")
    assert ran.code == 2
    assert ran.err.endswith("no does not exist; make it first\n")
    assert list(Path().iterdir()) == []


def test_init_without_a_terminal_lists_what_there_is() -> None:
    ran = lrviz("init")
    assert (ran.code, ran.err) == (0, "")
    for name in catalog.recipe_names():
        assert f"\n  {name} " in ran.out
    assert "Usual warmups" in ran.out
    assert ran.out.endswith("Write one with `lrviz init RECIPE`, e.g. lrviz init vit-imagenet.\n")


def answered(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    given = iter(answers)
    monkeypatch.setattr(init, "_on_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *a, **k: next(given))


def test_init_asks_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    # A Transformer; fine-tuning of a language model; after some answers that are none, the first.
    answered(monkeypatch, "1", " 3 ", "0", "x", "²", "1" * 4301, "1")
    ran = lrviz("init")
    assert ran.code == 0
    assert Path("lrviz.yaml").read_text() == catalog.recipe("bert-finetune").text
    assert "What do you train?" in ran.err
    assert ran.err.count("a number from 1 to 1, please") == 4
    assert "Usual warmups:" in ran.err
    assert ran.out == ""


def answers(questions: dict[str, Any], name: str) -> list[list[str]]:
    """Return what to type for each way through the guide, the recipe's number last."""
    ways = []
    for number, answer in enumerate(questions[name]["answers"], 1):
        below = (
            answers(questions, answer["next"])
            if "next" in answer
            else [[str(each)] for each in range(1, len(answer["recipes"]) + 1)]
        )
        ways += [[str(number), *way] for way in below]
    return ways


def test_every_way_through_the_guide_ends_at_a_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    guide = yaml.safe_load((Path(package.__file__).parent / "catalog" / "guide.yaml").read_text())
    reached = set()
    for way in answers(guide["questions"], guide["start"]):
        answered(monkeypatch, *way)
        assert lrviz("init", "-q", "--force").code == 0
        reached.add(Path("lrviz.yaml").read_text())
    assert reached == {recipe.text for recipe in catalog.recipes()}


def test_the_schema_takes_the_recipes_and_refuses_a_misspelt_key() -> None:
    ran = lrviz("schema")
    schema = json.loads(ran.out)
    assert ran.code == 0
    validator = jsonschema.Draft202012Validator(schema)
    for recipe in catalog.recipes():
        validator.validate(unplaced(parse(recipe.text, recipe.name)))
    assert not validator.is_valid({"tran": {"steps": 10}, "scheduler": "cosine"})


@pytest.mark.parametrize("name", catalog.optimizer_names())
def test_info_tells_of_an_optimizer(name: str) -> None:
    ran = lrviz("info", name)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{name}  (torch.optim)\n")
    arguments = ran.out.split("Arguments\n")[1].split("\nIn a spec")[0]
    shown = re.findall(r"^  (\w+)", arguments, re.MULTILINE)
    real = list(inspect.signature(getattr(torch.optim, name)).parameters)
    assert shown == [each for each in real if each != "params"]
    assert lrviz("info", name.lower()) == ran
    spec = ran.out.split("In a spec\n")[1].split("\n")[0]
    document = {**yaml.safe_load(spec), "train": {"steps": 3}, "scheduler": "linear"}
    assert package.load(document)[0].optimizer.type == name
