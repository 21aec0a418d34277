"""What stands on the command line, and what becomes of it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from lrviz import catalog
from lrviz.building.factory import build_schedule
from lrviz.document import unplaced
from lrviz.errors import LrvizError, UsageError
from lrviz.simulation.simulated import simulated
from lrviz.sources.loading import Source, load, load_all
from lrviz.sources.overrides import Overrides
from lrviz.sources.specs import expanded


def labels(*sources: str, **overrides: Any) -> list[str]:
    return [each.label for each in load_all(sources, Overrides(steps=10, **overrides)).schedules]


def node(source: str) -> Any:
    return unplaced(load(source, steps=10)[0].members[0].node)


def failure(*sources: Any, **overrides: Any) -> str:
    with pytest.raises(LrvizError) as error:
        load_all(sources, Overrides(**overrides))
    return str(error.value)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spec(folder: Path, name: str, schedules: str = "a: cosine\n  b: linear") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"train: {{steps: 10}}\nschedules:\n  {schedules}\n", encoding="utf-8")
    return name


def test_arguments_of_a_name() -> None:
    assert node("MultiStepLR:milestones=3,6,8,gamma=0.1") == {
        "type": "MultiStepLR",
        "milestones": [3, 6, 8],
        "gamma": 0.1,
    }
    assert node("OneCycleLR:max_lr=1lr,total_steps=100%,three_phase=true")["three_phase"] is True
    assert node("MultiStepLR:milestones=[3, 6],gamma=1e-1")["milestones"] == [3, 6]
    assert node("LambdaLR:lr_lambda='max(step, 1)'")["lr_lambda"] == "max(step, 1)"
    assert node("LambdaLR:lr_lambda=max(step, 1)")["lr_lambda"] == "max(step, 1)"
    assert node("LambdaLR:lr_lambda={shape: noam, warmup: 3}")["lr_lambda"] == {
        "shape": "noam",
        "warmup": 3,
    }


def test_a_preset_may_say_how_it_is_drawn() -> None:
    [schedule] = load("range-test", steps=10)
    assert schedule.plot.log
    [own] = load({"train": {"steps": 10}, "scheduler": "range-test", "plot": {"log": False}})
    assert not own.plot.log
    members = {"train": {"steps": 10}, "schedulers": [{"scheduler": "range-test"}]}
    assert not load(members)[0].plot.log


def test_a_presets_parameters_and_its_classs_arguments() -> None:
    assert node("cosine:eta_min=0.1lr")["eta_min"] == "0.1lr"
    assert node("warmup-cosine:warmup=3")["lr_lambda"]["warmup"] == 3


def test_an_argument_points_into_its_own_text() -> None:
    source = "MultiStepLR:milestones=3,six"
    [schedule] = load(source, steps=10)
    place = schedule.at("scheduler", "milestones", 1)
    assert place is not None
    assert source[place.start : place.end] == "six"


def test_labels() -> None:
    assert labels("cosine", "tuned=cosine", "StepLR:step_size=3") == ["cosine", "tuned", "StepLR"]


def test_equal_labels_are_told_apart(folder: Path) -> None:
    assert labels("cosine", "cosine:eta_min=0.1lr") == ["cosine", "cosine:eta_min=0.1lr"]
    assert labels("cosine", "cosine") == ["cosine", "cosine (2)"]
    one, two = spec(folder, "x/one.yaml"), spec(folder, "y/one.yaml")
    assert labels(one, two) == ["x/one: a", "x/one: b", "y/one: a", "y/one: b"]
    three = spec(folder, "three.yaml")
    assert labels(f"{one}#a", f"{three}#a") == ["one: a", "three: a"]


def test_files_and_picks(folder: Path) -> None:
    name = spec(folder, "s.yaml")
    assert labels(name) == ["a", "b"]
    assert labels(f"{name}#b") == ["b"]
    assert labels(f"mine={name}#b") == ["mine"]
    assert load(Path(name))[0].source == "s.yaml"
    odd = spec(folder, "a=b:c#d.yaml")
    assert labels(odd) == ["a", "b"]
    (folder / "one.json").write_text('{"train": {"steps": 3}, "scheduler": "cosine"}')
    assert labels("one.json") == ["one"]


def test_all_presets_at_once() -> None:
    assert labels("preset:*") == list(catalog.preset_names())


def test_folders_become_their_specs(folder: Path) -> None:
    spec(folder, "x/one.yaml")
    spec(folder, "x/y/two.yml")
    spec(folder, "x/.venv/three.yaml")
    (folder / "x" / "notes.txt").write_text("no spec")
    (folder / "x" / "plan.json").write_text('{"train": {"steps": 3}, "scheduler": "cosine"}')
    (folder / "x" / "trainer_state.json").write_text('{"global_step": 0, "log_history": []}')
    (folder / "cosine").mkdir()  # the preset, not the folder
    assert expanded(["cosine", "x"]) == ["cosine", "x/one.yaml", "x/plan.json", "x/y/two.yml"]
    (folder / "empty").mkdir()
    with pytest.raises(UsageError, match=r"^empty: no spec"):
        expanded(["empty"])


def test_a_spec_on_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.TextIOWrapper(io.BytesIO(b"train: {steps: 7}\nscheduler: cosine\n"))
    monkeypatch.setattr(sys, "stdin", raw)
    [schedule] = load("-")
    assert (schedule.label, schedule.length.updates) == ("stdin", 7)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert failure("-").startswith("<stdin>:1:1: not a spec: it is empty;")  # as where it has lines


def test_what_is_assumed_is_said_once() -> None:
    loaded = load_all(["cosine", "linear"])
    assert loaded.notes == (
        "cosine, linear: 1,000 updates, SGD, lr 0.1, momentum 0.9 "
        "(say otherwise with --steps, --optimizer, --lr)",
    )
    assert load_all(["cosine"], Overrides(steps=5, lr=0.2)).notes == ()
    [many] = load_all(["preset:*"], Overrides(steps=5)).notes
    assert many.startswith("constant, cosine, cosine-plateau, cyclic, 19 more: SGD, lr 0.1")
    assert load_all(["cosine"], Overrides(steps=5)).notes == (
        "cosine: SGD, lr 0.1, momentum 0.9 (say otherwise with --optimizer, --lr)",
    )
    assert load_all(["cosine"], Overrides(lr=0.5)).notes == (
        "cosine: 1,000 updates (say otherwise with --steps)",
    )


def test_steps_replace_epochs_and_keep_the_epochs_length(folder: Path) -> None:
    (folder / "e.yaml").write_text(
        "train: {epochs: 3, steps_per_epoch: 4}\nscheduler: cosine\n", encoding="utf-8"
    )
    assert load("e.yaml")[0].length.updates == 12
    found = load("e.yaml", steps=5)[0].length
    assert (found.updates, found.updates_per_epoch) == (5, 4)
    assert load("e.yaml", epochs=2)[0].length.updates == 8
    assert load("e.yaml", steps_per_epoch=10)[0].length.updates == 30


def test_lr_is_the_optimizers_and_groups_scale_with_it() -> None:
    from lrviz.building.factory import build_schedule

    spec = {
        "train": {"steps": 5},
        "optimizer": {"type": "SGD", "lr": 0.1, "groups": {"a": {"lr": 0.3}, "b": {}}},
        "scheduler": "constant",
    }
    [schedule] = load(spec, lr=0.2)
    groups = build_schedule(schedule).optimizer.param_groups
    assert [group["lr"] for group in groups] == [0.3 * (0.2 / 0.1), 0.2]


def test_set_reaches_every_spec(folder: Path) -> None:
    name = spec(folder, "s.yaml")
    [a, b] = load(name, sets=("train.steps=3", "schedules.a.scheduler.eta_min=0.5"))
    assert (a.length.updates, b.length.updates) == (3, 3)
    assert unplaced(a.members[0].node)["eta_min"] == 0.5
    [bare] = load("StepLR", sets=("scheduler.step_size=4",))
    assert unplaced(bare.members[0].node) == {"type": "StepLR", "step_size": 4}
    assert failure(name, sets=("nonsense",)) == (
        "--set nonsense: write key.path=value, as in optimizer.lr=0.3"
    )
    assert failure(name, sets=("trian.steps=3",)) == (
        "--set trian.steps=3: trian: unknown key; did you mean train?"
    )


def test_interval_fills_in_where_nothing_says() -> None:
    both = {
        "train": {"epochs": 2, "steps_per_epoch": 5},
        "schedulers": [
            {"interval": "step", "scheduler": "constant"},
            {"scheduler": {"type": "StepLR", "step_size": 1}},
        ],
    }
    [schedule] = load(both, interval="epoch")
    assert [member.interval for member in schedule.members] == ["step", "epoch"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("cosin", "no preset or scheduler 'cosin'; did you mean cosine? (`lrviz list` shows all)"),
        ("zzz", "no preset or scheduler 'zzz' (`lrviz list` shows all)"),
        ("nowhere.yaml", "nowhere.yaml: no such file; `lrviz init` writes a starter spec"),
        ("cosine.yaml", "cosine.yaml: no such file; for the preset, say cosine"),
        ("nowhere.csv", "nowhere.csv: no such file"),
        ("nowhere.log:lr", "nowhere.log: no such file"),
        ("runs/3", "runs/3: no such file; there is no folder runs"),
        ("nowhere/", "nowhere/: no such file"),
        ("no/such.yaml", "no/such.yaml: no such file; there is no folder no"),
        (".", ".: a folder, not a spec; name the files in it"),
        ("a=", "'a=': write LABEL=SOURCE, as in tuned=cosine"),
        (
            "onecycle:pct_start",
            "onecycle:pct_start: 'pct_start' is no argument; write name=value, as in "
            "onecycle:pct_start=0.2,three_phase=true",
        ),
        (
            "onecycle:pct_start=1,pct_start=2",
            "onecycle:pct_start=1,pct_start=2: pct_start is given twice; keep one",
        ),
        (
            "cosine:eta_mim=0",
            "cosine:eta_mim=0: cosine has no argument 'eta_mim'; did you mean eta_min?",
        ),
        (
            "nosuchmodule:f",
            "'nosuchmodule:f': no preset, scheduler or Python module 'nosuchmodule'",
        ),
        ("nowhere.py:f", "nowhere.py: no such file"),
        ("x" * 500 + ".py:f", "x" * 500 + ".py: no such file"),
        ("math:nothing", "math:nothing: there is no 'nothing'"),
        ("x" * 500 + ".yaml", "x" * 500 + ".yaml: cannot be read: File name too long"),
        ("x\0.yaml", "'x\\x00.yaml': no such file"),
        ("9" * 400, f"no preset or scheduler '{'9' * 400}' (`lrviz list` shows all)"),
        ("math:pi", "'math:pi' is a float, not a function"),
        ("sys:maxsize", "'sys:maxsize' is an int, not a function"),
        ("math:sqr", "math:sqr: there is no 'sqr'; did you mean sqrt?"),
    ],
)
def test_messages(folder: Path, source: str, message: str) -> None:
    assert failure(source) == message


def test_messages_about_files(folder: Path) -> None:
    spec(folder, "recipe.yaml")
    (folder / "notes.txt").write_text("x")
    assert failure("recipes.yaml") == "recipes.yaml: no such file; did you mean recipe.yaml?"
    (folder / "empty.csv").touch()
    no_log = (
        "notes.txt: no spec, whose name ends in .yaml, .yml or .json, and no log that is known; "
        "what another log holds is read from a CSV file with the columns step and lr"
    )
    assert failure("notes.txt") == failure("notes.txt:lr") == no_log
    assert failure("empty.csv") == "empty.csv: an empty file"
    assert failure("emptv.csv") == "emptv.csv: no such file; did you mean empty.csv?"
    assert failure("recipe.yaml#c") == "recipe.yaml has no schedule 'c'; it has: a, b"
    assert failure("x=recipe.yaml") == (
        "recipe.yaml has several schedules; pick one: recipe.yaml#label of a, b"
    )
    (folder / "binary.yaml").write_bytes(b"\x89PNG\r\n\x1a\n\xff")
    assert failure("binary.yaml") == "binary.yaml:1:1: not UTF-8 text; save the file as UTF-8"
    assert failure("recipe.yaml", steps=1, epochs=1.0) == "--steps and --epochs at once; keep one"
    assert failure("recipe.yaml", steps=0) == "--steps: train.steps: must be at least 1, not 0"


def test_a_function_file_is_imported_when_it_is_named(folder: Path) -> None:
    (folder / "mine.py").write_text("def halve(step):\n    return 0.5 ** step\n")
    [schedule] = load("mine.py:halve", steps=3)
    assert schedule.label == "halve"
    assert schedule.function is not None
    assert schedule.function(2) == 0.25
    (folder / "broken.py").write_text("raise ValueError('no')\n")
    assert failure("broken.py:f") == (
        "broken.py raised ValueError: no; the whole file is imported to find a function in it: "
        "what it does as a program should stand under `if __name__ == '__main__':`"
    )


@pytest.mark.parametrize("source", ["mine.py:halve", lambda step: 0.5**step])
def test_set_reaches_what_a_function_leaves_open(folder: Path, source: Source) -> None:
    (folder / "mine.py").write_text("def halve(step):\n    return 0.5 ** step\n")
    sets = ("train.steps=7", "table.at=[3]", "title=Halves", "optimizer=Adam")
    [schedule] = load(source, sets=sets)
    assert (schedule.length.updates, schedule.table.at, schedule.title) == (7, [3], "Halves")
    assert schedule.optimizer.type == "Adam"
    for refused in ("scheduler.T_max=3", "interval=epoch", "schedules.a=cosine"):
        with pytest.raises(UsageError) as caught:
            load(source, sets=(refused,))
        name = source if isinstance(source, str) else "<lambda>"
        assert str(caught.value) == (
            f"--set {refused}: {name} is a function, which builds its schedule itself; of one can "
            "be set: train, optimizer, plot, table, check, title"
        )
    with pytest.raises(LrvizError, match=r"^--set foo=3: foo: unknown key; known here: "):
        load(source, sets=("foo=3",))


@pytest.mark.parametrize("index", ["2", "-1", "x", "²", "1" * 4301])
def test_set_names_an_item_that_a_list_does_not_have(index: str) -> None:
    spec = {"train": {"steps": 9}, "scheduler": {"type": "MultiStepLR", "milestones": [3, 6]}}
    with pytest.raises(UsageError) as caught:
        load(spec, sets=(f"scheduler.milestones.{index}=5",))
    assert str(caught.value).endswith(f"{index[-100:]}' is no index of a list of 2")
    [schedule] = load(spec, sets=("scheduler.milestones.1=5",))
    assert schedule.members[0].node["milestones"] == [3, 5]


def test_set_changes_the_optimizer_that_is_assumed_for_a_name() -> None:
    [schedule] = load("cosine", sets=("optimizer.lr=0.3",))
    assert schedule.optimizer.type == "SGD"
    assert schedule.optimizer.options == {"lr": 0.3, "momentum": 0.9}
    [schedule] = load("cosine", sets=("optimizer.type=Adam",))
    assert (schedule.optimizer.type, "momentum" in schedule.optimizer.options) == ("Adam", False)
    [schedule] = load("cosine", sets=("optimizer.lr=0.3",), lr=0.4)
    assert schedule.optimizer.lr == 0.4


def test_what_python_may_pass() -> None:
    [schedule] = load({"train": {"steps": 3}, "scheduler": "cosine"})
    assert load_all([schedule]).schedules == (schedule,)
    with pytest.raises(UsageError, match="no source; give a path, a name, a mapping"):
        load(3)  # type: ignore[arg-type]


FLAT = {"curve": "1"}


@pytest.mark.parametrize(
    ("metric", "cuts"),
    [
        ({"curve": "1"}, [702, 803, 904]),
        ({"curve": "-step"}, []),
        ({"values": [1.0] * 650 + [0.5] * 350}, [752, 853, 954]),
    ],
)
def test_a_metric_beside_a_preset_of_several_is_the_one_that_is_seen(
    metric: dict[str, object], cuts: list[int]
) -> None:
    spec = {
        "train": {"steps": 1000},
        "optimizer": {"type": "SGD", "lr": 0.1},
        "metric": metric,
        "scheduler": {"type": "cosine-plateau"},
    }
    [schedule] = load(spec)
    lr = simulated(schedule).lr[:, 0]
    assert [t for t in range(602, 1000) if lr[t] != lr[t - 1]] == cuts


def test_a_metric_beside_schedulers_is_seen_by_a_preset_among_them() -> None:
    members = [{"scheduler": {"type": "plateau", "patience": 9}}]
    [schedule] = load({"train": {"steps": 30}, "metric": FLAT, "schedulers": members})
    lr = simulated(schedule).lr[:, 0]
    assert [t for t in range(1, 30) if lr[t] != lr[t - 1]] == [11, 21]


def test_a_metric_that_nobody_sees_is_an_error() -> None:
    plateau = {"scheduler": {"type": "ReduceLROnPlateau"}, "metric": FLAT}
    with pytest.raises(LrvizError) as caught:
        build_schedule(load({"train": {"steps": 9}, "metric": FLAT, "schedulers": [plateau]})[0])
    assert str(caught.value) == (
        "metric: each scheduler here that looks at one has its own; take it out"
    )
    with pytest.raises(LrvizError) as caught:
        load({"train": {"steps": 9}, "scheduler": "plateau", "metric": {**FLAT, "seed": 3}})
    assert str(caught.value) == (
        "the spec given:1:1: metric: seed is the noise's, and there is none: add noise, or take "
        "seed out"
    )
