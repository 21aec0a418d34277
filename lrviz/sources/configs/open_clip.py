"""open_clip's params.txt, or its arguments as YAML or JSON."""

from __future__ import annotations

import math

from lrviz.errors import SpecError
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework
from lrviz.writing.numbers import amount

VERSION = "3.3.0"
_KEYS = ("warmup", "lr_scheduler", "epochs_cooldown", "train_num_samples", "train_data", "workers")
_KINDS = ("cosine", "const", "const-cooldown")


def _recognises(document: Document) -> bool:
    data = document.data
    return "accum_freq" in data and any(key in data for key in _KEYS)


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"open_clip {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    epochs = draft.whole_epochs(keys.whole("epochs", 32))
    kind = keys.text("lr_scheduler", "cosine")
    if kind.value not in _KINDS:
        raise keys.wrong("lr_scheduler", f"must be one of {', '.join(_KINDS)}")
    skipped = keys.flag("skip_scheduler").value
    cooldown = kind.value == "const-cooldown" and not skipped
    per_epoch: int | None = None
    if facts.steps is None or cooldown:
        per_epoch = _updates(draft, epochs)
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
        draft.summary = f"{steps.value:,} updates"
    else:
        assert per_epoch is not None
        steps = epochs.to(per_epoch * epochs.value, f"of {per_epoch:,} updates")
        whole = amount(epochs.value, "epoch")
        draft.summary = f"{steps.value:,} updates = {whole} of {per_epoch:,}"
    if steps.value < 1:
        raise SpecError("the samples do not fill one update", epochs.place)
    draft.put("train.steps", steps)
    if per_epoch is not None:
        draft.put("train.steps_per_epoch", epochs.to(per_epoch, "in updates each"))
    draft.optimizer(keys.number("lr", 5e-4))
    if skipped:
        draft.scheduler("transformers.constant", keys.any("skip_scheduler"), {})
        for key in ("lr_scheduler", "warmup", "epochs_cooldown"):
            draft.unused(keys, key, "skip_scheduler")
    else:
        _schedule(draft, kind, steps, per_epoch)
    draft.put("interval", kind.to("step", "set before every update"))
    return draft.done()


def _schedule(draft: Draft, kind: Given, steps: Given, per_epoch: int | None) -> None:
    keys = draft.keys
    arguments = {"warmup_length": keys.whole("warmup", 10_000, least=0)}
    if kind.value != "const":
        arguments["steps"] = steps
    if kind.value == "const-cooldown":
        epochs = keys.whole("epochs_cooldown")
        if epochs.value is None or per_epoch is None:
            raise SpecError("epochs_cooldown: lr_scheduler const-cooldown needs it", kind.place)
        arguments["cooldown_steps"] = epochs.to(
            per_epoch * epochs.value, f"of {per_epoch:,} updates"
        )
        arguments["cooldown_power"] = keys.number("lr_cooldown_power", 1.0)
        arguments["cooldown_end_lr"] = keys.number("lr_cooldown_end", 0.0)
    else:
        for key in ("epochs_cooldown", "lr_cooldown_power", "lr_cooldown_end"):
            draft.unused(keys, key, f"lr_scheduler {kind.value} has no cooldown")
    name = {"cosine": "cosine_lr", "const": "const_lr", "const-cooldown": "const_lr_cooldown"}
    draft.scheduler(f"open_clip.{name[kind.value]}", kind, arguments)


def _updates(draft: Draft, epochs: Given) -> int:
    """Return the updates of an epoch, `num_batches // accum_freq`."""
    keys, facts = draft.keys, draft.facts
    if facts.steps_per_epoch is not None:
        return facts.steps_per_epoch
    samples = keys.whole("train_num_samples")
    if samples.value is None or facts.dataset_size is not None:
        why = f"epochs: {epochs.value:,}, and how many samples there are is not known"
        samples = draft.dataset_size(why, epochs.place)
    world = keys.whole("world_size", least=1)
    if world.value is None or facts.world_size is not None:
        world = draft.world_size()
    batch, accumulate = keys.whole("batch_size", 64, least=1), keys.whole("accum_freq", 1, least=1)
    workers = keys.whole("workers", 4)
    if _is_webdataset(keys):
        # Rounded up, and again to a multiple of the workers, so that each gives as many batches.
        batches = math.ceil(samples.value / (batch.value * world.value))
        each = max(1, workers.value)
        batches = math.ceil(batches / each) * each
    else:
        batches = math.ceil(samples.value / world.value) // batch.value  # drop_last
    updates: int = batches // accumulate.value
    return updates


def _is_webdataset(keys: Keys) -> bool:
    """Tell as `get_dataset_fn` does: `auto` goes by what the file's name ends in."""
    kind, data = keys.text("dataset_type", "auto").value, keys.text("train_data", "").value
    if kind == "auto":
        return str(data).rpartition(".")[2] == "tar"
    return bool(kind == "webdataset")


FRAMEWORK = Framework(
    name="open_clip",
    title="open_clip",
    file="a run's params.txt, or its arguments as YAML or JSON",
    looked_for="accum_freq with warmup, lr_scheduler or train_data",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
