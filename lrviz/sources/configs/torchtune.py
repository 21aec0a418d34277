"""torchtune's YAML with `_component_`."""

from __future__ import annotations

import math

from lrviz.document import Map
from lrviz.errors import SpecError
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.writing.numbers import amount

VERSION = "0.6.1"
_COSINE = "torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup"


def _recognises(document: Document) -> bool:
    data = document.data
    parts = [data.get(key) for key in ("optimizer", "model", "tokenizer", "lr_scheduler")]
    return any(isinstance(each, Map) and "_component_" in each for each in parts)


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"torchtune {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    optimizer, block = keys.inner("optimizer"), keys.inner("lr_scheduler")
    lr = optimizer.number("lr", 1e-3)
    steps = _steps(draft)
    draft.put("train.steps", steps)
    draft.optimizer(lr)
    kind = block.text("_component_")
    if kind.value is None:
        if "lr_scheduler" in keys:
            raise SpecError("lr_scheduler: needs _component_", keys.place("lr_scheduler"))
        draft.scheduler("transformers.constant", kind, {})
    elif kind.value.rpartition(".")[2] != _COSINE.rpartition(".")[2]:
        raise SpecError(f"lr_scheduler._component_: {kind.value} is not covered", kind.place)
    else:
        arguments = {"num_warmup_steps": block.whole("num_warmup_steps")}
        if arguments["num_warmup_steps"].value is None:
            raise SpecError("lr_scheduler: needs num_warmup_steps", block.data.place)
        arguments["num_training_steps"] = steps
        arguments["num_cycles"] = block.number("num_cycles", 0.5)
        draft.scheduler("transformers.cosine", kind, arguments)
    draft.put("interval", kind.to("step", "after every update"))
    return draft.done()


def _steps(draft: Draft) -> Given:
    keys, facts = draft.keys, draft.facts
    epochs, cap = keys.number("epochs", 1), keys.whole("max_steps_per_epoch")
    accumulate = keys.whole("gradient_accumulation_steps", 1, least=1)
    if facts.epochs is not None:
        epochs = draft.said("--epochs", facts.epochs)
    if facts.steps is not None:
        draft.summary = f"{facts.steps:,} updates"
        return draft.said("--steps", facts.steps)
    per_epoch: int | None = facts.steps_per_epoch
    if per_epoch is None and facts.dataset_size is not None:
        packed = keys.inner("dataset").any("packed").value
        if packed is True:
            why = "dataset.packed: how many batches an epoch has depends on the samples' lengths"
            raise missing("--steps-per-epoch", why, keys.place("dataset"))
        batch = keys.whole("batch_size", 1, least=1)
        batches = math.ceil(facts.dataset_size / draft.world_size().value) // batch.value
        per_epoch = batches // accumulate.value
    if per_epoch is None and cap.value is not None:
        per_epoch = cap.value
        draft.assume("an epoch assumed to be no shorter than max_steps_per_epoch (--dataset-size)")
    if per_epoch is None:
        why = f"epochs: {epochs.value:g}, and how many samples there are is not known"
        raise missing("--dataset-size (or --steps)", why, epochs.place)
    if cap.value is not None:
        per_epoch = min(per_epoch, cap.value)
    if per_epoch < 1:
        raise SpecError("the samples do not fill one update an epoch", epochs.place)
    draft.put("train.steps_per_epoch", epochs.to(per_epoch, "in updates each"))
    total = int(epochs.value * per_epoch)
    draft.summary = f"{total:,} updates = {amount(epochs.value, 'epoch')} of {per_epoch:,}"
    return epochs.to(total, f"of {per_epoch:,} updates")


FRAMEWORK = Framework(
    name="torchtune",
    title="torchtune",
    file="its recipes' YAML",
    looked_for="optimizer, model or lr_scheduler with _component_",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
