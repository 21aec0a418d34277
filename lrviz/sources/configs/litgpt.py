"""LitGPT's YAML, of pretraining (a cosine of its own) and of finetuning (torch's)."""

from __future__ import annotations

import math

from lrviz.document import Map
from lrviz.errors import SpecError
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing

VERSION = "0.5.13"
_KEYS = ("lr_warmup_steps", "lr_warmup_fraction", "max_tokens", "micro_batch_size")
_PRETRAIN = ("model_name", "tokenizer_dir", "initial_checkpoint_dir", "model_config")


def _recognises(document: Document) -> bool:
    train = document.data.get("train")
    return (
        isinstance(train, Map) and "global_batch_size" in train and any(k in train for k in _KEYS)
    )


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"LitGPT {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    train = keys.inner("train")
    if train.number("lr_warmup_fraction").value and train.whole("lr_warmup_steps").value:
        problem = "train: LitGPT refuses both lr_warmup_fraction and lr_warmup_steps"
        raise SpecError(problem, train.place("lr_warmup_fraction"))
    pretrain = "max_tokens" in train or any(key in keys for key in _PRETRAIN)
    world = _world(draft, "auto" if pretrain else 1)
    batch = train.whole("global_batch_size", 512 if pretrain else 16, least=1)
    micro = train.whole("micro_batch_size", 4 if pretrain else 1, least=1)
    accumulate = batch.value // world // micro.value
    if accumulate < 1:
        problem = f"train.global_batch_size: {batch.value} is less than a micro-batch of each of"
        raise SpecError(f"{problem} {world} processes", batch.place)
    if pretrain:
        _pretraining(draft, train, world, batch.to(accumulate, "in micro-batches an update"))
    else:
        _finetuning(draft, train, world, accumulate)
    draft.put("interval", train.any("lr_warmup_steps").to("step", "after every update"))
    return draft.done()


def _world(draft: Draft, default: str | int) -> int:
    """Return the processes: devices times num_nodes."""
    keys = draft.keys
    if draft.facts.world_size is not None:
        return draft.facts.world_size
    nodes = keys.whole("num_nodes", 1).value
    devices = keys.any("devices", default).value
    if devices in ("auto", -1):
        draft.assume("one device a node assumed (--world-size)")
        devices = 1
    else:
        devices = keys.whole("devices", 1).value
    if nodes * devices < 1:
        raise keys.wrong("devices", "must be at least 1")
    return int(nodes * devices)


def _optimizer(draft: Draft) -> None:
    keys = draft.keys
    train, block = keys.inner("train"), keys.any("optimizer", "AdamW")
    if "learning_rate" in train and not isinstance(block.value, Map):
        draft.optimizer(train.number("learning_rate"))  # LitGPT of before 0.5
        return
    init = keys.inner("optimizer").inner("init_args") if isinstance(block.value, Map) else None
    draft.optimizer(
        block.to(1e-3, "torch's default lr") if init is None else init.number("lr", 1e-3)
    )


def _pretraining(draft: Draft, train: Keys, world: int, accumulate: Given) -> None:
    facts, tokens = draft.facts, train.number("max_tokens", 3e12)
    micro = train.whole("micro_batch_size", 4)
    length = train.whole("max_seq_length", least=1)
    if length.value is None:
        length = draft.keys.inner("model_config").whole("block_size", least=1)
    if facts.steps is not None:
        most = draft.said("--steps", facts.steps * accumulate.value)
        steps = draft.said("--steps", facts.steps)
    elif length.value is None:
        why = "train.max_seq_length: not given, and the model's is not known"
        raise missing("--steps", why, train.place("max_seq_length"))
    else:
        count = int(tokens.value) // world // (micro.value * length.value)
        most = tokens.to(count, "in micro-batches")
        steps = tokens.to(count // accumulate.value, "in updates")
    if steps.value < 1:
        raise SpecError("train.max_tokens: does not come to one update", tokens.place)
    draft.put("train.steps", steps)
    _optimizer(draft)
    draft.summary = f"{steps.value:,} updates of {accumulate.value:,} micro-batches"
    draft.unused(train, "max_steps", "pretraining counts max_tokens")
    share = train.number("lr_warmup_fraction")
    if share.value:
        if facts.dataset_size is None:
            why = "train.lr_warmup_fraction: a share of an epoch, whose length is not known"
            raise missing("--dataset-size", why, share.place)
        batches = math.ceil(math.ceil(facts.dataset_size / world) / micro.value)
        warmup = share.to(math.ceil(share.value * batches), f"of {batches:,} micro-batches")
    else:
        # LitGPT writes every key: one without a value is None there, and no warmup.
        none = "lr_warmup_steps" in train.data and "lr_warmup_steps" not in train
        given = train.whole("lr_warmup_steps", 0 if none else 2000, least=0)
        warmup = given.to(given.value * accumulate.value, "in micro-batches")
    arguments = {
        "warmup_iters": warmup.to(min(most.value, warmup.value)),
        "max_iters": most,
        "min_lr": train.number("min_lr", 4e-5),
        "accumulation_iters": accumulate,
    }
    draft.scheduler("litgpt.get_lr", train.any("max_tokens"), arguments)


def _finetuning(draft: Draft, train: Keys, world: int, accumulate: int) -> None:
    facts, maximum = draft.facts, train.whole("max_steps", least=1)
    epochs = draft.whole_epochs(train.whole("epochs", 5, least=1))
    if "lr_warmup_fraction" in train:
        problem = "train.lr_warmup_fraction: LitGPT's finetuning refuses it; write lr_warmup_steps"
        raise SpecError(problem, train.place("lr_warmup_fraction"))
    per_epoch, batches = facts.steps_per_epoch, None
    if per_epoch is None and facts.dataset_size is not None:
        micro = train.whole("micro_batch_size", 1).value
        batches = math.ceil(math.ceil(facts.dataset_size / world) / micro)
        per_epoch = batches // accumulate
    if facts.steps is not None:
        steps = runs = draft.said("--steps", facts.steps)
    elif per_epoch is None:
        if maximum.value is None:
            why = f"train.epochs: {epochs.value}, and how many samples there are is not known"
            raise missing("--dataset-size (or --steps)", why, epochs.place)
        steps = runs = maximum
        draft.assume("the epochs assumed to be no shorter than max_steps (--dataset-size)")
    else:
        steps = runs = epochs.to(epochs.value * per_epoch, f"of {per_epoch:,} updates")
        if batches is not None:
            # What is left of an epoch's batches counts on in the next, behind the schedule's end.
            runs = epochs.to(epochs.value * batches // accumulate, "with what epochs leave over")
        if maximum.value is not None:
            steps, runs = (min(maximum, each, key=lambda g: g.value) for each in (steps, runs))
    warmup = train.whole("lr_warmup_steps", 100)
    if not warmup.value or warmup.value < 0:
        problem = "train.lr_warmup_steps: LitGPT divides by it; write 1 for the shortest"
        raise SpecError(problem, warmup.place)
    if steps.value < 1:
        raise SpecError("the samples do not fill one update an epoch", epochs.place)
    draft.put("train.steps", runs)
    if per_epoch:
        draft.put("train.steps_per_epoch", epochs.to(per_epoch, "in updates each"))
    _optimizer(draft)
    draft.summary = f"{runs.value:,} updates"
    draft.unused(train, "min_lr", "finetuning falls to 0")
    rise = {"type": "LambdaLR", "lr_lambda": f"step / {warmup.value}"}
    fall = {"type": "CosineAnnealingLR", "T_max": steps.value - warmup.value}
    parts = warmup.to([rise, fall], "a rise and a cosine")
    arguments = {"schedulers": parts, "milestones": warmup.to([warmup.value])}
    draft.scheduler("SequentialLR", warmup, arguments)


FRAMEWORK = Framework(
    name="litgpt",
    title="LitGPT",
    file="its YAML",
    looked_for="train with global_batch_size and lr_warmup_steps or max_tokens",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
