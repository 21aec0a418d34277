"""What a file is recognised as, what is asked for, and that nothing of it runs."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pytest

from lrviz import simulate
from lrviz.document import parse
from lrviz.errors import LrvizError, UsageError
from lrviz.sources.configs import reading
from lrviz.sources.configs.forms.python import read_python
from lrviz.sources.configs.framework import Document
from lrviz.sources.configs.reading import recognised
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides

DATA = Path(__file__).parents[2] / "data/configs/recipes"


def failure(path: Path, text: str, **given: Any) -> str:
    path.write_text(text)
    with pytest.raises(LrvizError) as caught:
        load_all([str(path)], Overrides(**given))
    return str(caught.value).removeprefix(str(path))


def said(path: Path, text: str, **given: Any) -> list[str]:
    path.write_text(text)
    notes = load_all([str(path)], Overrides(**given)).notes
    return [note.removeprefix(f"{path}: ") for note in notes]


def test_one_line_says_what_was_read_and_what_was_assumed(tmp_path: Path) -> None:
    text = (
        (DATA / "llama3-lora-sft.yaml").read_text().replace("warmup_ratio: 0.1", "warmup_steps: 42")
    )
    assert said(tmp_path / "train.yaml", text, dataset_size=1090) == [
        "read as LLaMA-Factory (transformers 5.23): 411 updates = 3 epochs of 137; "
        "world size 1 assumed (--world-size)"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "num_train_epochs: 3\nlearning_rate: 1e-4\n",
            ":1:19: num_train_epochs: 3, and how many samples an epoch has is not known; "
            "give --dataset-size (or --steps)",
        ),
        (
            "packing: true\nnum_train_epochs: 3\n",
            ":2:19: packing: how many batches an epoch has depends on the lengths of the samples; "
            "give --steps (or --steps-per-epoch)",
        ),
        (
            "lr_scheduler_type: cosin\nmax_steps: 10\n",
            ":1:20: lr_scheduler_type: transformers has no scheduler 'cosin'; did you mean cosine?",
        ),
        (
            "num_train_epochs: many\n",
            ":1:19: num_train_epochs: must be a number, not 'many'",
        ),
        (
            'lr_scheduler_type: cosine\nmax_steps: "${oc.env:STEPS}"\n',
            ":2:12: max_steps: must be a number, and ${oc.env:STEPS} is not "
            "known: names nothing in "
            "this file; resolvers are not run, and the environment is not read",
        ),
        (
            'lr_scheduler_type: cosine\nmax_steps: "${a}"\na: "${b}"\nb: "${a}"\n',
            ":3:4: references lead to each other more than 60 deep",
        ),
        (
            "lr_scheduler_type: reduce_lr_on_plateau\nmax_steps: 10\neval_strategy: epoch\n",
            ":1:20: lr_scheduler_type: reduce_lr_on_plateau sees a metric; give "
            "--metric FILE:COLUMN",
        ),
        (
            "base_model: x\nsequence_len: 8\nlearning_rate: 1e-4\nwarmup_steps: "
            "0.1\nmax_steps: 9\n",
            ":4:15: warmup_steps: Axolotl takes a whole number, not 0.1; a share is warmup_ratio",
        ),
        (
            "lr_scheduler: {class_path: torch.optim.lr_scheduler.StepLR}\n",
            ":1:1: lr_scheduler: without optimizer: Lightning's CLI does not use "
            "it; add optimizer:",
        ),
        (
            "scheduler: {_target_: torch.optim.lr_scheduler.StepLR, step_size: 2}\n"
            "optimizer: {_target_: torch.optim.Adam, lr: 1e-3}\ntrainer: {max_epochs: 3}\n",
            ":1:1: when step() is called stands in Python (lightning-hydra-template: epoch); "
            "give --interval step or --interval epoch",
        ),
    ],
    ids=lambda each: str(each)[:30],
)
def test_a_message_names_the_key_and_the_option(tmp_path: Path, text: str, message: str) -> None:
    assert failure(tmp_path / "train.yaml", text) == message


def test_a_file_of_two_frameworks_is_an_error_that_names_both(tmp_path: Path) -> None:
    text = "base_model: x\nsequence_len: 8\nlr_warmup_steps: 3\nmax_train_steps: 9\n"
    path = tmp_path / "train.yaml"
    assert failure(path, text) == (
        ":1:1: may be a config of Axolotl and diffusers example script; say which: "
        "--as axolotl or --as diffusers"
    )
    assert said(path, text, framework="diffusers", lr=1e-4)[0].startswith("read as diffusers 0.37")


def test_a_file_of_none_says_what_was_looked_for(tmp_path: Path) -> None:
    message = failure(tmp_path / "train.yaml", "a: 1\n")
    assert message.startswith(":1:1: neither a spec (`scheduler:` or `schedules:`) nor a config")
    assert "hf (lr_scheduler_type, per_device_train_batch_size, num_train_epochs)" in message
    assert message.endswith("say what it is with --as NAME")


@pytest.mark.parametrize("name", ["nope", "hf@new"])
def test_a_framework_that_is_not_known(tmp_path: Path, name: str) -> None:
    assert failure(tmp_path / "a.yaml", "a: 1\n", framework=name).startswith(f"--as {name}: ")


def test_an_option_for_configs_needs_one() -> None:
    with pytest.raises(LrvizError, match="--world-size: for configs of other frameworks"):
        load_all(["cosine"], Overrides(world_size=8))


def test_references_that_multiply_end(tmp_path: Path) -> None:
    lines = [f'k{i}: ["${{k{i + 1}}}", "${{k{i + 1}}}", "${{k{i + 1}}}"]' for i in range(13)]
    text = "lr_scheduler_type: cosine\n" + "\n".join(lines) + "\nk13: 1\n"
    assert "its references come to more than" in failure(tmp_path / "bomb.yaml", text)


def test_recognising_costs_little() -> None:
    documents = [
        Document(parse(path.read_text(), path.name), path.name)
        for path in sorted(DATA.glob("*.yaml"))
    ]
    recognised(documents[0])
    start = time.process_time()
    for each in documents:
        recognised(each)
    assert (time.process_time() - start) / len(documents) < 0.030


def test_set_sets_a_key_of_the_config(tmp_path: Path) -> None:
    text = "learning_rate: 1e-4\nmax_steps: 10\nlr_scheduler_type: linear\n"
    notes = said(tmp_path / "train.yaml", text, sets=("max_steps=20",))
    assert notes == ["read as transformers 5.23: 20 updates"]


def test_only_a_framework_whose_versions_differ_takes_one() -> None:
    with pytest.raises(UsageError, match=r"^--as litgpt@3: only LitGPT 0\.5\.13 is known; write"):
        reading.named("litgpt@3")
    assert reading.named("nanogpt@2023")[1] == "2023"


def test_a_script_with_functions_is_no_nanogpt_config(tmp_path: Path) -> None:
    config = "max_iters = 100\nwarmup_iters = 10\n"
    for text, found in ((config, "nanogpt"), (config + "def get_lr(it):\n    return 1.0\n", None)):
        document = Document(read_python(text, "c.py", tmp_path), "c.py", tmp_path, "python")
        framework = reading.recognised(document)
        assert (framework and framework.name) == found


def test_detectron2_scales_to_another_number_of_processes() -> None:
    file = str(DATA / "detectron2/COCO-Detection/cosine.yaml")
    [plan] = load_all([file], Overrides()).schedules
    [half] = load_all([file], Overrides(world_size=4)).schedules
    assert simulate(plan).lr.shape == (20_000, 2)
    assert simulate(half).lr.shape == (40_000, 2)
    # Two groups, the bias at twice the rate; each by half for half the processes.
    assert simulate(plan).lr[0].tolist() == [1e-5, 2e-5]
    assert simulate(half).lr[0].tolist() == [5e-6, 1e-5]


def test_a_base_of_detectron2_that_leads_back_is_an_error_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("_BASE_: a.yaml\n")
    said = failure(tmp_path / "a.yaml", "MODEL: {MASK_ON: true}\n_BASE_: b.yaml\n")
    assert said.endswith("b.yaml:1:9: _BASE_: a.yaml leads back to itself")
    said = failure(tmp_path / "a.yaml", "MODEL: {MASK_ON: true}\n_BASE_: nowhere.yaml\n")
    assert said == ":2:9: _BASE_: nowhere.yaml cannot be read: No such file or directory"


def test_steps_of_detectron2_that_are_no_iterations_run_nothing(tmp_path: Path) -> None:
    text = "SOLVER: {MAX_ITER: 90, STEPS: \"__import__('os').mkdir('x')\"}\n"
    said = failure(tmp_path / "a.yaml", text)
    assert ":1:31: SOLVER.STEPS: must be a list of iterations, not " in said
    assert not Path("x").exists()


@pytest.mark.parametrize(
    ("file", "sets", "given"),
    [
        ("tinyllama.yaml", "train.micro_batch_size=0", {}),
        ("tinyllama.yaml", "train.max_seq_length=0", {}),
        ("vit-updates.yaml", "batch_size=0", {"dataset_size": 9}),
        ("vit-updates.yaml", "grad_accum_steps=0", {"dataset_size": 9}),
        ("vit-updates.yaml", "lr_base_size=0", {"steps_per_epoch": 9}),
        ("clip-cooldown.yaml", "accum_freq=0", {"dataset_size": 9}),
        ("torchtune-lora.yaml", "batch_size=0", {"dataset_size": 9}),
        ("torchtune-lora.yaml", "gradient_accumulation_steps=0", {"dataset_size": 9}),
        ("zephyr-sft.yaml", "gradient_accumulation_steps=0", {"dataset_size": 9}),
        ("axolotl-rex.yaml", "micro_batch_size=0", {"dataset_size": 9}),
    ],
)
def test_a_count_that_is_divided_by_is_at_least_one(
    file: str, sets: str, given: dict[str, Any]
) -> None:
    key = sets.partition("=")[0]
    with pytest.raises(LrvizError, match=rf"{key}: must be at least 1, not 0"):
        load_all([str(DATA / file)], Overrides(sets=(sets,), **given))


def test_a_rate_of_a_config_that_is_complex_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "noam.yaml"
    sched = "{name: NoamAnnealing, d_model: -5, warmup_steps: 12}"
    file.write_text(f"trainer: {{max_steps: 9}}\nmodel: {{optim: {{lr: 2.0, sched: {sched}}}}}\n")
    [schedule] = load_all([str(file)], Overrides()).schedules
    with pytest.raises(LrvizError, match=r"^noam: its scheduler leaves no number as the lr before"):
        simulate(schedule)


@pytest.mark.parametrize(
    ("file", "given", "unheard"),
    [
        ("shakespeare-char.py", {"world_size": 3}, ["--world-size 3"]),
        (
            "llama3-8b.toml",
            {"dataset_size": 9, "world_size": 1},
            ["--dataset-size 9", "--world-size 1"],
        ),
        ("detectron2/Base-RCNN-FPN.yaml", {"world_size": 4}, ["--world-size 4"]),
        ("detectron2/COCO-Detection/cosine.yaml", {"world_size": 4}, []),
        ("resnet50-a1.yaml", {"metric": "a.csv:loss"}, ["--metric a.csv:loss"]),
        ("zephyr-sft.yaml", {"dataset_size": 900, "world_size": 1}, []),
        ("zephyr-sft.yaml", {"steps": 9, "dataset_size": 900}, []),
    ],
)
def test_what_a_config_does_not_ask_for_is_told_to_be_without_effect(
    file: str, given: dict[str, Any], unheard: list[str]
) -> None:
    [schedule] = load_all([str(DATA / file)], Overrides(**given)).schedules
    said = "without effect, nothing in this config asks for it"
    assert list(schedule.warnings) == [f"{each}: {said}" for each in unheard]


@pytest.mark.parametrize("file", ["resnet50-a1.yaml", "litgpt-lora.yaml", "clip-cooldown.yaml"])
def test_a_part_of_an_epoch_is_not_rounded_in_silence(file: str) -> None:
    given = Overrides(epochs=2.5, dataset_size=9_000)
    with pytest.raises(LrvizError, match=r"^--epochs: .+ whole epochs, not 2\.5; give --steps"):
        load_all([str(DATA / file)], given)


@pytest.mark.parametrize(
    ("sets", "epochs", "runs", "horizon"),
    [
        ((), None, 641, 640),
        ((), 2, 641, 640),  # the same, by the option
        (("train.max_steps=640",), None, 640, 640),
        (("train.max_steps=641",), None, 641, 640),
        (("train.max_steps=300",), None, 300, 300),
    ],
)
def test_litgpt_goes_on_behind_its_schedule_with_what_epochs_leave_over(
    sets: tuple[str, ...], epochs: int | None, runs: int, horizon: int
) -> None:
    # 962 micro-batches an epoch, 3 an update: 320 updates, and 641 in both.
    given = Overrides(sets=sets, epochs=epochs, dataset_size=1_923)
    [schedule] = load_all([str(DATA / "litgpt-lora.yaml")], given).schedules
    lr = simulate(schedule).lr[:, 0]
    assert len(lr) == runs
    after = 0.5 * 2e-4 * (1 + math.cos(math.pi * (runs - 1 - 200) / (horizon - 200)))
    assert lr[-1] == pytest.approx(after, rel=1e-6, abs=1e-12)


def test_the_epochs_that_are_said_get_what_the_framework_adds() -> None:
    # 20 epochs, and the 10 of cooldown_epochs; and 77 samples twice, in one ceil over both.
    [timm] = load_all([str(DATA / "resnet50-a1.yaml")], Overrides(epochs=20)).schedules
    assert simulate(timm).lr.shape == (30, 1)
    file = DATA / "axolotl-default-warmup.yaml"
    [axolotl] = load_all([str(file)], Overrides(epochs=2, dataset_size=77)).schedules
    config = parse(file.read_text(), str(file))
    batch = config["micro_batch_size"] * config["gradient_accumulation_steps"]
    assert simulate(axolotl).lr.shape == (math.ceil(2 * 77 / batch), 1)
