"""Axolotl's YAML."""

from __future__ import annotations

import math

from lrviz.document import Map, Seq
from lrviz.errors import SpecError
from lrviz.sources.configs import get_scheduler, hf
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.writing.numbers import amount

VERSION = "0.18"
DEFAULT_RATIO = 0.03  # where neither warmup_steps nor warmup_ratio is given
MOST_BY_DEFAULT = 100


def _recognises(document: Document) -> bool:
    data = document.data
    known = ("micro_batch_size", "adapter", "sequence_len", "sample_packing", "num_epochs")
    return "base_model" in data and any(key in data for key in known)


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"Axolotl {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    if "learning_rate" not in keys:
        raise SpecError("learning_rate: Axolotl needs it", keys.data.place)
    lr = keys.number("learning_rate")
    steps, base = _length(draft)
    warmup = _warmup(draft, base)
    draft.put("train.steps", steps)
    if facts.steps_per_epoch is not None:
        draft.put("train.steps_per_epoch", draft.said("--steps-per-epoch", facts.steps_per_epoch))
    draft.optimizer(lr)
    _groups(draft, lr)
    _schedule(draft, document, lr, steps, warmup)
    return draft.done()


def _length(draft: Draft) -> tuple[Given, int]:
    """Return the updates, and those that `warmup_ratio` is a share of."""
    keys, facts = draft.keys, draft.facts
    micro, accumulate = (
        keys.whole("micro_batch_size", 1, least=1),
        keys.whole("gradient_accumulation_steps", 1, least=1),
    )
    maximum, epochs = keys.whole("max_steps"), keys.number("num_epochs", 1.0)
    packing = keys.flag("sample_packing").value
    if facts.epochs is not None:
        epochs = draft.said("--epochs", facts.epochs)
    total: int | None = None
    if facts.dataset_size is not None and not packing:
        size = draft.dataset_size("", None)
        world = draft.world_size()
        batch = micro.value * accumulate.value * world.value
        total = math.ceil(size.value * epochs.value / batch)
        if keys.any("val_set_size").value:
            draft.assume("--dataset-size counts what val_set_size leaves")
    elif facts.steps_per_epoch is not None:
        total = math.ceil(facts.steps_per_epoch * epochs.value)
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
    elif maximum.value and facts.epochs is None:
        steps = maximum
        if total is None:
            draft.assume("one pass over the data assumed to be no shorter than max_steps")
        draft.unused(keys, "num_epochs", "max_steps decides")
    elif total is None:
        why = f"num_epochs: {epochs.value:g}, and how many samples there are is not known"
        if packing:
            why = "sample_packing: how many batches an epoch has depends on the samples' lengths"
        option = "--steps (or --steps-per-epoch)" if packing else "--dataset-size (or --steps)"
        raise missing(option, why, keys.place("sample_packing") if packing else epochs.place)
    else:
        steps = epochs.to(total, "in updates")
    draft.summary = f"{steps.value:,} updates"
    if steps.key == epochs.key:
        draft.summary += f" = {amount(epochs.value, 'epoch')}"
    return steps, steps.value if total is None else min(total, steps.value)


def _warmup(draft: Draft, total: int) -> Given:
    keys = draft.keys
    steps, ratio = keys.number("warmup_steps"), keys.number("warmup_ratio")
    if steps.value is not None:
        if steps.value != int(steps.value):
            raise SpecError(
                f"warmup_steps: Axolotl takes a whole number, not {steps.value:g}; a share is"
                " warmup_ratio",
                steps.place,
            )
        given = steps.to(int(steps.value))
        draft.unused(keys, "warmup_ratio", "warmup_steps wins")
    elif ratio.value is not None:
        given = ratio.to(max(int(ratio.value * total), 0), f"of {total:,} updates, rounded down")
    else:
        count = min(int(DEFAULT_RATIO * total), MOST_BY_DEFAULT)
        given = ratio.to(count, "3 % of the updates, at most 100")
        draft.trap(
            "axolotl-default-warmup",
            f"neither warmup_steps nor warmup_ratio is given: Axolotl warms up for {count:,}"
            f" updates, 3 % of {total:,}",
            "write warmup_steps: 0 for none, or the warmup that is meant",
            keys.place("lr_scheduler") or keys.data.place,
        )
    return given.to(2, "of which Axolotl makes 2") if given.value == 1 else given


def _groups(draft: Draft, lr: Given) -> None:
    keys = draft.keys
    groups: dict[str, Given] = {}
    listed = keys.any("lr_groups")
    if listed.value is not None:
        if not isinstance(listed.value, Seq) or not all(isinstance(g, Map) for g in listed.value):
            raise keys.wrong("lr_groups", "must be a list of mappings")
        for index, each in enumerate(listed.value):
            inner = Keys(each, keys.defaults, ("lr_groups", index))
            name = inner.text("name", f"group{index}").value
            groups[str(name).replace(".", "_")] = inner.number("lr")
    ratio = keys.number("loraplus_lr_ratio")
    if ratio.value is not None:
        groups["lora_B"] = ratio.to(lr.value * ratio.value, "times learning_rate")
    scale, embedding = keys.number("embedding_lr_scale"), keys.number("embedding_lr")
    if embedding.value is not None:
        groups["embeddings"] = embedding
    elif scale.value is not None:
        groups["embeddings"] = scale.to(lr.value * scale.value, "times learning_rate")
    if groups:
        draft.put("optimizer.groups.others", lr.to({}))
        for name, given in groups.items():
            draft.put(f"optimizer.groups.{name}.lr", given)


def _schedule(draft: Draft, document: Document, lr: Given, steps: Given, warmup: Given) -> None:
    keys = draft.keys
    if hf.replaced_by_deepspeed(draft, document, lr, steps, warmup):
        return
    kind = keys.text("lr_scheduler", "cosine")
    extra = get_scheduler.arguments(keys)
    low, rest = keys.number("cosine_min_lr_ratio"), keys.number("cosine_constant_lr_ratio")
    counts = {"num_warmup_steps": warmup, "num_training_steps": steps}
    interval = kind.to("step", "after every update")
    if keys.any("jagged_restart_steps").value:
        _jagged(draft, kind, counts, low)
    elif kind.value == "one_cycle":
        share = warmup.to(warmup.value / steps.value, "as a share of the updates")
        arguments = {"max_lr": lr, "total_steps": steps, "pct_start": share}
        arguments |= {key: extra.any(key) for key in extra.data}
        draft.scheduler("OneCycleLR", kind, arguments)
    elif kind.value == "rex":
        counts = {"total_steps": steps, "num_warmup_steps": warmup, "max_lr": lr}
        if low.value is not None:
            counts["min_lr"] = low.to(lr.value * low.value, "times learning_rate")
        draft.scheduler("axolotl.RexLR", kind, counts)
    elif kind.value == "cosine" and keys.any("lr_quadratic_warmup").value is True:
        draft.scheduler("axolotl.cosine_with_quadratic_warmup", kind, counts)
        draft.unused(keys, "cosine_min_lr_ratio", "lr_quadratic_warmup wins")
    elif kind.value == "cosine" and low.value and rest.value:
        ratios = {"constant_lr_ratio": rest, "min_lr_ratio": low}
        draft.scheduler("axolotl.cosine_with_warmup_decay_constant", kind, counts | ratios)
    elif kind.value == "cosine" and low.value:
        draft.scheduler("axolotl.cosine_with_min_lr", kind, counts | {"min_lr_ratio": low})
    else:
        draft.unused(keys, "cosine_min_lr_ratio", f"lr_scheduler: {kind.value} has none")
        get_scheduler.typed(draft, kind, warmup, steps, extra)
        return
    draft.put("interval", interval)
    if kind.value == "cosine" and low.value == 1:
        draft.trap(
            "axolotl-flat-cosine",
            "cosine_min_lr_ratio: 1 is the share of the LR that the cosine falls to: it does not"
            " fall",
            "write cosine_min_lr_ratio: 0.1, or take it out",
            low.place,
            "0.1",
        )


def _jagged(draft: Draft, kind: Given, counts: dict[str, Given], low: Given) -> None:
    keys = draft.keys
    known = ("cosine", "linear", "constant", "constant_with_warmup", "cosine_with_restarts")
    if kind.value not in known or (kind.value == "cosine" and low.value):
        raise SpecError(
            f"jagged_restart_steps over lr_scheduler: {kind.value} is not covered; it is over "
            f"{', '.join(known)} without cosine_min_lr_ratio",
            kind.place,
        )
    names = {"warmup": 10, "anneal": 1}
    arguments = {"schedule": kind, **counts}
    arguments["jagged_restart_steps"] = keys.whole("jagged_restart_steps")
    for name, default in names.items():
        key = f"jagged_restart_{name}_steps"
        given = keys.whole(key, default)
        arguments[key] = given if given.value else given.to(default)
    draft.scheduler("axolotl.JaggedLRRestartScheduler", kind, arguments)


FRAMEWORK = Framework(
    name="axolotl",
    title="Axolotl",
    file="its YAML",
    looked_for="base_model with micro_batch_size, adapter or sequence_len",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
