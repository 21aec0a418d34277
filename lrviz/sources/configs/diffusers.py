"""The arguments of diffusers' example scripts (`train_*.py`), as YAML or JSON."""

from __future__ import annotations

import math

from lrviz.document import Map
from lrviz.sources.configs import get_scheduler
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing

VERSION = "0.37"
_WITH_CYCLES = "cosine_with_restarts"


def _recognises(document: Document) -> bool:
    data = document.data
    if "lr_warmup_steps" in data or "max_train_steps" in data:
        return True
    return "pretrained_model_name_or_path" in data and "train_batch_size" in data


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"diffusers {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    lr = _rate(draft)
    steps = _steps(draft)
    draft.put("train.steps", steps)
    draft.optimizer(lr)
    kind, warmup = keys.text("lr_scheduler", "constant"), keys.whole("lr_warmup_steps", 500)
    # Both counts are given times the processes, and accelerate steps that often an update.
    extra = Keys(Map(place=keys.data.place), keys.defaults)
    if kind.value == _WITH_CYCLES:
        extra.data.put(
            "num_cycles", keys.whole("lr_num_cycles", 1).value, keys.entry("lr_num_cycles")
        )
    elif kind.value == "polynomial":
        extra.data.put("power", keys.number("lr_power", 1.0).value, keys.entry("lr_power"))
    get_scheduler.typed(draft, kind, warmup, steps, extra)
    for key, where in (("lr_num_cycles", _WITH_CYCLES), ("lr_power", "polynomial")):
        if kind.value != where:
            draft.unused(keys, key, f"for lr_scheduler: {where} only")
    draft.summary = f"{steps.value:,} updates"
    return draft.done()


def _rate(draft: Draft) -> Given:
    """Return the learning rate, scaled by the whole batch under `scale_lr`."""
    keys = draft.keys
    lr = keys.number("learning_rate", 1e-4)
    if not keys.flag("scale_lr").value:
        return lr
    batch, accumulate = (
        keys.whole("train_batch_size", 16, least=1),
        keys.whole("gradient_accumulation_steps", 1, least=1),
    )
    world = draft.world_size()
    scaled = lr.value * accumulate.value * batch.value * world.value
    draft.trap(
        "rate-by-world-size",
        f"scale_lr multiplies the LR by the samples of an update: {lr.value:g} becomes {scaled:g}"
        f" on {world.value} processes, and another number with more of them",
        "take scale_lr out and write the learning_rate that is meant",
        keys.place("scale_lr"),
    )
    return lr.to(scaled, f"times {accumulate.value} * {batch.value} * {world.value} (scale_lr)")


def _steps(draft: Draft) -> Given:
    keys, facts = draft.keys, draft.facts
    maximum, epochs = keys.whole("max_train_steps"), keys.whole("num_train_epochs", 100)
    if facts.epochs is not None:
        epochs = draft.said("--epochs", math.ceil(facts.epochs))
    if facts.steps is not None:
        return draft.said("--steps", facts.steps)
    if maximum.value is not None and facts.epochs is None:
        draft.unused(keys, "num_train_epochs", "max_train_steps decides")
        return maximum
    if facts.steps_per_epoch is not None:
        per_epoch = facts.steps_per_epoch
    elif facts.dataset_size is not None:
        batches = math.ceil(facts.dataset_size / keys.whole("train_batch_size", 16, least=1).value)
        batches = math.ceil(batches / draft.world_size().value)
        per_epoch = math.ceil(batches / keys.whole("gradient_accumulation_steps", 1, least=1).value)
    else:
        why = f"num_train_epochs: {epochs.value}, and how many samples there are is not known"
        raise missing("--dataset-size (or --steps)", why, epochs.place)
    draft.put("train.steps_per_epoch", epochs.to(per_epoch, "in updates each"))
    return epochs.to(epochs.value * per_epoch, f"of {per_epoch:,} updates")


FRAMEWORK = Framework(
    name="diffusers",
    title="diffusers example script",
    file="the arguments of train_*.py as YAML or JSON",
    looked_for="lr_warmup_steps, max_train_steps",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
