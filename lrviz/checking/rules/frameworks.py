"""LRV7xx: what only one framework makes of its config."""

from __future__ import annotations

from collections.abc import Iterator

from lrviz.checking.edit import Edit
from lrviz.checking.rule import Check, Fault, rule
from lrviz.checking.subject import Subject

_TRAINER = "https://github.com/huggingface/transformers/blob/main/src/transformers/optimization.py"


def _trap(slug: str) -> Check:
    """Return the check that tells what reading the config said under this slug."""

    def check(subject: Subject) -> Iterator[Fault]:
        config = subject.schedule.config
        for trap in config.traps if config is not None else ():
            if trap.rule == slug:
                edits: tuple[Edit, ...] = ()
                if trap.mended is not None:
                    place, value = trap.mended
                    there = subject.text(place) or ""
                    quote = there[:1] if there[:1] in ("'", '"') else ""
                    edits = (Edit(place, f"{quote}{value}{quote}"),) if there else ()
                yield Fault(trap.message, trap.advice, trap.place, edits=edits)

    return check


constant_ignores_warmup = rule(
    "LRV701",
    "constant-ignores-warmup",
    "warning",
    what="A warmup is given to transformers' `constant`, which has none.",
    why="The warmup that the config speaks of does not happen: the first update uses the full rate,"
    " and nothing says so.",
    references=(_TRAINER,),
)(_trap("constant-ignores-warmup"))

two_warmups = rule(
    "LRV702",
    "two-warmups",
    "warning",
    what="A config of transformers gives both warmup_steps and warmup_ratio.",
    why="Which of them wins changed from transformers 4 to 5: an upgrade changes the run.",
    references=("https://github.com/huggingface/transformers/pull/41326",),
)(_trap("two-warmups"))

whole_waves = rule(
    "LRV703",
    "cosine-counts-waves",
    "warning",
    what="num_cycles of transformers' `cosine` is 1 or more.",
    why="It counts whole waves, of which half a one is the usual fall: with 1 the rate comes back"
    " to its peak at the end of the training.",
    references=(_TRAINER,),
    makes_pointless=("LRV201", "LRV202", "LRV302", "LRV301"),
)(_trap("cosine-full-wave"))

log_warmup = rule(
    "LRV704",
    "deepspeed-log-warmup",
    "warning",
    what="A warmup of DeepSpeed's is logarithmic, as none says otherwise.",
    why="Most of a logarithmic rise happens in its first updates, which is what a warmup is to"
    " prevent; the linear one has to be asked for.",
    references=("https://github.com/deepspeedai/DeepSpeed/issues/1298",),
)(_trap("deepspeed-log-warmup"))

idle_updates = rule(
    "LRV705",
    "deepspeed-two-idle-updates",
    "info",
    what="A warmup of DeepSpeed's uses its minimum, 0, for two updates.",
    why="DeepSpeed counts from -1: updates 0 and 1 use the same rate, and the schedule is one"
    " update later than others of its form.",
    references=("https://github.com/deepspeedai/DeepSpeed/pull/5287",),
)(_trap("deepspeed-two-idle-updates"))

replaced = rule(
    "LRV706",
    "deepspeed-scheduler-replaces",
    "warning",
    what="A JSON of DeepSpeed's with a scheduler block replaces the scheduler of the arguments.",
    why="lr_scheduler_type and its arguments stand in the config and do nothing.",
    references=("https://huggingface.co/docs/transformers/deepspeed",),
)(_trap("deepspeed-scheduler-replaces"))

default_warmup = rule(
    "LRV707",
    "axolotl-default-warmup",
    "info",
    what="Axolotl warms up where no warmup is given.",
    why="Without warmup_steps and warmup_ratio it takes 3 % of the updates, at most 100.",
    references=("https://github.com/axolotl-ai-cloud/axolotl/pull/3254",),
)(_trap("axolotl-default-warmup"))

flat_cosine = rule(
    "LRV708",
    "axolotl-flat-cosine",
    "warning",
    what="cosine_min_lr_ratio of Axolotl is 1.",
    why="It is the share of the rate that the cosine falls to: with 1 the rate never falls.",
    references=(
        "https://github.com/axolotl-ai-cloud/axolotl/blob/main/examples/llama-3/3b-qat-fsdp2.yaml",
    ),
    makes_pointless=("LRV202", "LRV203", "LRV204", "LRV206", "LRV207", "LRV208", "LRV209"),
)(_trap("axolotl-flat-cosine"))

negative_rates = rule(
    "LRV709",
    "torchtitan-negative-rates",
    "error",
    what="total_steps of torchtitan's lr_scheduler is below the training's steps.",
    why="The linear fall goes on behind its end: the rate is negative, and the training climbs.",
    references=(
        "https://github.com/pytorch/torchtitan/blob/main/torchtitan/components/optimizer/lr_scheduler.py",
    ),
    makes_pointless=("LRV205", "LRV201", "LRV006"),
)(_trap("torchtitan-negative-rates"))

per_epoch = rule(
    "LRV710",
    "lightning-cli-per-epoch",
    "warning",
    what="Lightning's CLI steps a scheduler once an epoch whose arguments count updates.",
    why="The YAML cannot say `interval: step`: the curve is over after a handful of its steps, and"
    " Lightning warns of it only where configure_optimizers is written by hand.",
    references=("https://github.com/Lightning-AI/pytorch-lightning/issues/5631",),
    makes_pointless=("LRV002", "LRV003", "LRV101", "LRV102", "LRV202", "LRV401", "LRV302"),
)(_trap("lightning-cli-per-epoch"))

by_world_size = rule(
    "LRV711",
    "rate-by-world-size",
    "info",
    what="The learning rate depends on the number of processes.",
    why="The same config trains with another rate on another machine.",
    references=(
        "https://github.com/huggingface/diffusers/blob/main/examples/dreambooth/train_dreambooth.py",
    ),
)(_trap("rate-by-world-size"))

_TIMM = "https://github.com/huggingface/pytorch-image-models/blob/main/timm/scheduler/"

multistep_early = rule(
    "LRV712",
    "timm-multistep-early",
    "info",
    what="The config has timm's multistep.",
    why="It drops one epoch, or one update, before each milestone, where torch's MultiStepLR drops"
    " at it; timm keeps that on purpose. A schedule taken over from torch is one early.",
    references=(
        f"{_TIMM}multistep_lr.py",
        "https://github.com/huggingface/pytorch-image-models/pull/2745",
    ),
)(_trap("timm-multistep-early"))

poly_power = rule(
    "LRV713",
    "timm-poly-power",
    "warning",
    what="decay_rate is below 0.5 with timm's poly, which takes it as the power.",
    why="With train.py's default of 0.1 the rate stays near its peak and drops at the very end.",
    references=(f"{_TIMM}scheduler_factory.py",),
    makes_pointless=("LRV202",),
)(_trap("timm-poly-power"))

cosine_in_warmup = rule(
    "LRV714",
    "timm-cosine-in-warmup",
    "info",
    what="timm's cosine has a warmup that is no prefix.",
    why="The cosine's clock runs during the warmup: the rate jumps to what the cosine is by then,"
    " and lr is never used.",
    references=(f"{_TIMM}cosine_lr.py", "https://github.com/microsoft/Swin-Transformer/issues/277"),
)(_trap("timm-cosine-in-warmup"))

per_batch = rule(
    "LRV715",
    "mmengine-steps-per-batch",
    "info",
    what="A scheduler of MMEngine counts iterations, of which accumulative_counts make an update.",
    why="ParamSchedulerHook steps it after every batch, with an update or without: a warmup of 500"
    " is over after 125 updates where four batches make one. Turning accumulation on changes it.",
    references=("https://github.com/open-mmlab/mmengine/issues/1308",),
)(_trap("mmengine-steps-per-batch"))

RULES = (
    constant_ignores_warmup,
    two_warmups,
    whole_waves,
    log_warmup,
    idle_updates,
    replaced,
    default_warmup,
    flat_cosine,
    negative_rates,
    per_epoch,
    by_world_size,
    multistep_early,
    poly_power,
    cosine_in_warmup,
    per_batch,
)
