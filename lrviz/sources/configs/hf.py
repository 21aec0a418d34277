"""transformers' TrainingArguments as YAML or JSON: Trainer, TRL, alignment-handbook."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from lrviz.document import Map, parse, read_text
from lrviz.errors import SpecError
from lrviz.files import checked
from lrviz.sources.configs import deepspeed
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.sources.configs.get_scheduler import arguments, plateau, typed
from lrviz.sources.configs.unread import Unread
from lrviz.writing.numbers import amount

VERSION = "5.23"
LAST_WITH_RATIO = "5.14"  # transformers 5.15 refuses warmup_ratio
_OTHERS = ("finetuning_type", "cutoff_len", "base_model", "micro_batch_size", "lr_warmup_steps")
_TRL = ("dataset_name", "dataset_mixer", "dataset_text_field", "max_prompt_length", "beta")
_BIGGEST = 1_000_000  # bytes of a JSON of DeepSpeed's


def _recognises(document: Document) -> bool:
    data = document.data
    if any(key in data for key in _OTHERS) or "log_history" in data:
        return False
    return any(
        key in data
        for key in ("lr_scheduler_type", "per_device_train_batch_size", "num_train_epochs")
    )


def _convert(document: Document, facts: Facts) -> Converted:
    draft = begun(document, facts, "")
    keys = draft.keys
    lr = learning_rate(draft)
    steps = length(draft, document)
    schedule(draft, document, lr, steps)
    draft.unused(keys, "lr_end", "no argument of the Trainer's; it stands in lr_scheduler_kwargs")
    return draft.done()


def begun(document: Document, facts: Facts, title: str) -> Draft:
    """Return an empty draft for what the Trainer of transformers reads.

    A `warmup_ratio` says that the version is one that takes it, where none is asked for.

    Args:
        document: The config.
        facts: What the command line says.
        title: The framework that hands it to the Trainer; empty for none.

    Raises:
        SpecError: The version that is asked for refuses what stands there.
    """
    version = facts.version or VERSION
    ratio = document.data.get("warmup_ratio")
    if ratio is not None and not facts.version:
        version = LAST_WITH_RATIO
    inner = f"transformers {version}"
    full = f"{title} ({inner})" if title else inner
    draft = Draft(Keys(document.data, inner), Facts(**{**vars(facts), "version": version}), full)
    if ratio is not None and not draft.facts.before(5, 15):
        place = draft.keys.place("warmup_ratio")
        raise SpecError(
            f"warmup_ratio: transformers {version} has no such argument; write warmup_steps: "
            f"{ratio} there (below 1 it is a share), or say --as {document_name(title)}@4.57",
            place,
        )
    if ratio is not None and not facts.version:
        draft.assume(f"a version before 5.15, which refuses warmup_ratio (--as ...@{VERSION})")
    return draft


def document_name(title: str) -> str:
    """Return what `--as` calls the framework of this title."""
    return {"LLaMA-Factory": "llamafactory"}.get(title, "hf")


def learning_rate(draft: Draft) -> Given:
    """Return the learning rate.

    Raises:
        SpecError: It is not given, and whose default counts is not known.
    """
    keys = draft.keys
    if "learning_rate" not in keys and any(key in keys for key in _TRL):
        raise SpecError(
            "learning_rate is not given, and TRL's classes have defaults of their own (SFT 2e-5, "
            "DPO and GRPO 1e-6); write the one that is used",
            keys.data.place,
        )
    return keys.number("learning_rate", 5e-5)


def updates_an_epoch(
    draft: Draft, size: Given, batch: Given, accumulate: Given, *, drop_last: bool
) -> Given:
    """Return the updates of an epoch as the Trainer counts them.

    Of B batches an epoch on each of P processes it makes max(1, ceil(B / accumulation)) updates,
    and max(1, floor(B / accumulation)) before 4.52.
    """
    world = draft.world_size().value
    by_batch, by_world = (math.floor, math.floor) if drop_last else (math.ceil, math.ceil)
    batches = by_world(by_batch(size.value / batch.value) / world)
    divide = math.floor if draft.facts.before(4, 52) else math.ceil
    updates = max(1, divide(batches / accumulate.value))
    sizes = f"{batch.value} a device, {amount(world, 'device')}, {accumulate.value} accumulated"
    return size.to(updates, f"{size.value:,} samples, {sizes}")


def length(draft: Draft, document: Document) -> Given:
    """Write how long the training is, and return its updates.

    Raises:
        SpecError: That depends on what nothing says.
    """
    keys, facts = draft.keys, draft.facts
    batch = keys.whole("per_device_train_batch_size", 8, least=1)
    accumulate = keys.whole("gradient_accumulation_steps", 1, least=1)
    for given in (batch, accumulate):
        if given.value < 1:
            raise keys.wrong(given.key, "must be at least 1")
    maximum = keys.whole("max_steps", -1)
    packed = any(keys.flag(key).value for key in ("packing", "neat_packing"))
    per_epoch: Given | None = None
    if facts.steps_per_epoch is not None:
        per_epoch = draft.said("--steps-per-epoch", facts.steps_per_epoch)
    elif facts.dataset_size is not None and not packed:
        size = draft.dataset_size("", None)
        drop = keys.flag("dataloader_drop_last").value
        per_epoch = updates_an_epoch(draft, samples(draft, size), batch, accumulate, drop_last=drop)
    epochs = keys.number("num_train_epochs", 3.0)
    if facts.epochs is not None:
        epochs = draft.said("--epochs", facts.epochs)
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
    elif maximum.value > 0 and facts.epochs is None:
        steps = maximum
        draft.unused(keys, "num_train_epochs", "max_steps decides")
    elif per_epoch is None:
        raise _needs(epochs, packed=packed)
    else:
        steps = epochs.to(
            math.ceil(epochs.value * per_epoch.value), f"of {per_epoch.value} updates"
        )
    draft.put("train.steps", steps)
    draft.summary = f"{steps.value:,} updates"
    if per_epoch is not None:
        draft.put("train.steps_per_epoch", per_epoch)
        asked = steps.key == epochs.key
        whole = epochs.value if asked else steps.value / per_epoch.value
        draft.summary += f" = {amount(whole, 'epoch')} of {per_epoch.value:,}"
    return steps


def samples(draft: Draft, size: Given) -> Given:
    """Return the samples that are used, where `max_samples` takes the first of them only."""
    limit = draft.keys.whole("max_samples")
    if limit.value is not None and limit.value < size.value:
        return limit
    return size


def _needs(epochs: Given, *, packed: bool) -> SpecError:
    if packed:
        why = "packing: how many batches an epoch has depends on the lengths of the samples"
        return missing("--steps (or --steps-per-epoch)", why, epochs.place)
    why = f"num_train_epochs: {epochs.value:g}, and how many samples an epoch has is not known"
    return missing("--dataset-size (or --steps)", why, epochs.place)


def warmup_steps(draft: Draft, total: int) -> Given:
    """Return the updates of the warmup, by the rules of the version."""
    keys, facts = draft.keys, draft.facts
    steps, ratio = keys.number("warmup_steps", 0), keys.number("warmup_ratio", 0.0)
    both = steps.value > 0 and ratio.value > 0
    if facts.before(5):
        wins, loses = (steps, "warmup_ratio") if steps.value > 0 else (ratio, "")
    else:
        wins, loses = (ratio, "warmup_steps") if ratio.stated else (steps, "")
    if both:
        draft.unused(keys, loses, f"{wins.key} wins in {keys.defaults}")
        draft.trap(
            "two-warmups",
            f"warmup_steps {steps.value:g} and warmup_ratio {ratio.value:g} are both given: in"
            f" {keys.defaults} {wins.key} wins, and transformers 4 and 5 differ in which does",
            f"take {loses} out",
            keys.place(loses),
        )
    if wins.value >= 1 and not (facts.before(5) and wins is ratio):
        return wins.to(int(wins.value))
    return wins.to(math.ceil(total * wins.value), f"of {total:,} updates" if wins.value else "")


def schedule(draft: Draft, document: Document, lr: Given, steps: Given) -> None:
    """Write the optimizer and the scheduler that `get_scheduler` gives.

    Raises:
        SpecError: The type is unknown, or an argument is wrong.
    """
    keys = draft.keys
    warmup = warmup_steps(draft, steps.value)
    if replaced_by_deepspeed(draft, document, lr, steps, warmup):
        return
    kind = keys.text("lr_scheduler_type", "linear")
    extra = arguments(keys)
    draft.optimizer(lr)
    if kind.value in ("reduce_lr_on_plateau", "greedy"):
        plateau(draft, kind, extra)
        return
    typed(draft, kind, warmup, steps, extra)


def replaced_by_deepspeed(
    draft: Draft, document: Document, lr: Given, steps: Given, warmup: Given
) -> bool:
    """Write the scheduler of the JSON that `deepspeed:` names, where it has one."""
    keys = draft.keys
    named = keys.any("deepspeed")
    data = _json(draft, document, named)
    if data is None or not isinstance(data.get("scheduler"), Map):
        return False
    inner = Keys(
        data,
        "DeepSpeed " + deepspeed.VERSION,
        () if isinstance(named.value, str) else ("deepspeed",),
    )
    auto = {
        "warmup_min_lr": named.to(0, "auto"),
        "warmup_max_lr": lr,
        "warmup_num_steps": warmup.to(max(1, warmup.value), "auto"),
        "total_num_steps": steps,
    }
    deepspeed.write(draft, inner, lr, auto)
    why = "the scheduler block of deepspeed: replaces it"
    if "lr_scheduler_type" in keys or warmup.value:
        draft.trap(
            "deepspeed-scheduler-replaces",
            f"deepspeed: has a scheduler block ({data['scheduler'].get('type')}), which replaces"
            " lr_scheduler_type and its arguments without a word",
            "take the scheduler block out of the JSON, or the arguments out of here",
            keys.place("deepspeed"),
        )
    for key in ("lr_scheduler_type", "lr_scheduler_kwargs"):
        draft.unused(keys, key, why)
    return True


def _json(draft: Draft, document: Document, named: Given) -> Map | None:
    value: Any = named.value
    if isinstance(value, Map) or value is None:
        return value
    if not isinstance(value, str) or isinstance(value, Unread):
        raise draft.keys.wrong("deepspeed", "must be a file's name or a mapping")
    for path in (document.folder / value, Path(value)):
        try:
            if path.is_file() and path.stat().st_size < _BIGGEST:
                found = parse(read_text(checked(path).read_bytes(), str(path)), str(path))
                return found if isinstance(found, Map) else None
        except (OSError, ValueError):
            continue
    draft.assume(f"{value} is not there and assumed to have no scheduler block (deepspeed:)")
    return None


FRAMEWORK = Framework(
    name="hf",
    title="transformers TrainingArguments",
    file="YAML or JSON of TrainingArguments: Trainer, TRL, alignment-handbook",
    looked_for="lr_scheduler_type, per_device_train_batch_size, num_train_epochs",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
    aliases=("transformers", "trl"),
    versioned=True,
)
