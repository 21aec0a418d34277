"""Ultralytics' args.yaml (YOLO): a decay by epochs, a warmup by batches, biases of their own."""

from __future__ import annotations

import math
from itertools import takewhile

from lrviz.errors import SpecError
from lrviz.shapes.frameworks.ultralytics import updates
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.spec.training import MAX_UPDATES
from lrviz.writing.numbers import amount

VERSION = "8.4.190"
_KEYS = ("lrf", "cos_lr", "warmup_bias_lr", "close_mosaic", "nbs")
# From these on: another SGD for `auto`, a warmup that ends before the last epoch, and batches of an
# update that rise to whole ones.
_AUTO, _SHORT, _WHOLE = (8, 4, 3), (8, 4, 103), (8, 4, 183)
_LONG = 10_000  # iterations behind which `auto` takes SGD
_HEAD = 3  # what MuSGD multiplies the rate of the head by


def _recognises(document: Document) -> bool:
    return "lr0" in document.data and any(key in document.data for key in _KEYS)


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"ultralytics {facts.version or VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    if keys.any("time").value is not None:
        problem = "time: hours say how many epochs there are; not covered"
        raise SpecError(problem, keys.place("time"))
    epochs = draft.whole_epochs(keys.whole("epochs", 100, least=1))
    batch = _batch(draft)
    nominal = keys.number("nbs", 64)
    ramp = nominal.value / batch.value
    accumulate = max(round(ramp), 1)
    nb = _batches(draft, batch, accumulate)
    if not facts.before(*_WHOLE):
        accumulate = min(accumulate, nb.value * epochs.value)
        ramp = accumulate
    warmup = keys.number("warmup_epochs", 3.0)
    nw = _warmup(facts, warmup, epochs.value, nb.value)
    total = epochs.value * nb.value
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
    else:
        count = _count(nw, total, accumulate, ramp)
        if count > MAX_UPDATES:
            raise SpecError(f"epochs: {count:,} updates; is that what was meant?", epochs.place)
        steps = epochs.to(count, f"of {nb.value:,} batches, in updates")
    draft.put("train.steps", steps)
    if accumulate == 1 and ramp <= 1:
        draft.put("train.steps_per_epoch", nb)
    whole = amount(epochs.value, "epoch")
    draft.summary = f"{steps.value:,} updates = {whole} of {nb.value:,} batches"
    bias = _optimizer(draft, total=_iterations(draft, batch, nominal, epochs), facts=facts)
    arguments = {
        "epochs": epochs,
        "nb": nb,
        "nw": warmup.to(nw, "in batches"),
        "lrf": keys.number("lrf", 0.01),
        "cos_lr": keys.flag("cos_lr"),
        "warmup_lr": bias,
        "accumulate": nominal.to(accumulate, "over batch"),
        "ramp": nominal.to(ramp, "over batch"),
    }
    draft.scheduler("ultralytics.trainer", keys.any("lrf", 0.01), arguments)
    draft.put("interval", epochs.to("step", "the rate that each update uses"))
    return draft.done()


def _count(nw: int, total: int, accumulate: int, ramp: float) -> int:
    """Return the updates that so many batches make, those behind the warmup all of one size."""
    end = min(nw + 1, total)
    if end > MAX_UPDATES:
        return end  # more than can be counted, which is all that who asks wants to know
    found = list(takewhile(lambda ni: ni < end, updates(nw, accumulate, ramp)))
    last = found[-1] if found else -1
    behind = max(1, round(ramp)) if nw else accumulate
    return len(found) + (total - 1 - last) // behind if end < total else len(found)


def _batch(draft: Draft) -> Given:
    batch = draft.keys.number("batch", 16)
    if batch.value < 1 or batch.value != int(batch.value):
        problem = "AutoBatch takes what fits into memory; write the batch that it took"
        raise SpecError(f"batch: {problem}", batch.place)
    return batch.to(int(batch.value))


def _batches(draft: Draft, batch: Given, accumulate: int) -> Given:
    """Return the batches of an epoch."""
    keys, facts = draft.keys, draft.facts
    if facts.steps_per_epoch is not None:
        given = draft.said("--steps-per-epoch", facts.steps_per_epoch)
        return given if accumulate == 1 else given.to(given.value * accumulate, "in batches")
    if facts.dataset_size is None:
        why = "the warmup is counted in batches, and how many an epoch has is not known"
        where = keys.place("warmup_epochs")
        raise missing("--dataset-size (or --steps-per-epoch)", why, where)
    size = draft.said("--dataset-size", facts.dataset_size)
    share = keys.number("fraction", 1.0).value
    samples = round(size.value * share) if share <= 1 else int(share)
    world = draft.world_size().value
    each = batch.value // world
    if each < 1 or samples < 1:
        raise SpecError(f"batch: {batch.value} on {world} processes is none", batch.place)
    of_one = math.ceil(samples / world)
    return size.to(math.ceil(of_one / min(each, samples)), f"in batches of {batch.value}")


def _warmup(facts: Facts, warmup: Given, epochs: int, nb: int) -> int:
    if warmup.value <= 0:
        return 0
    if facts.before(*_SHORT):
        return int(max(round(warmup.value * nb), 100))
    counted: float = min(warmup.value, max(epochs - 1, 0))
    return round(counted * nb) if counted > 0 else 0


def _iterations(draft: Draft, batch: Given, nominal: Given, epochs: Given) -> int | None:
    """Return the iterations by which `auto` chooses; None where the samples are not known."""
    if draft.facts.dataset_size is None:
        return None
    share = draft.keys.number("fraction", 1.0).value
    samples = round(draft.facts.dataset_size * share) if share <= 1 else int(share)
    iterations: int = math.ceil(samples / max(batch.value, nominal.value)) * epochs.value
    return iterations


def _optimizer(draft: Draft, *, total: int | None, facts: Facts) -> Given:
    """Write the optimizer and its groups, and return the rates that their warmups begin at."""
    keys = draft.keys
    name, lr = keys.text("optimizer", "auto"), keys.number("lr0", 0.01)
    bias = keys.number("warmup_bias_lr", 0.1)
    kind = str(name.value)
    if kind.lower() == "auto":
        if total is None:
            raise missing("--dataset-size", "optimizer: auto depends on the samples", name.place)
        kind, lr = _auto(draft, name, lr, total, facts)
        bias = bias.to(0.0, "0 with optimizer: auto")
    draft.optimizer(lr)
    if kind.lower() == "musgd":
        boosted = lr.to(lr.value * _HEAD, "three times that, in the head of YOLO26 and its kin")
        draft.put("optimizer.groups.head.lr", boosted)
        draft.assume("MuSGD's head groups drawn")
        for group in ("weights", "biases"):
            draft.put(f"optimizer.groups.{group}", lr.to({}))
        return bias.to([0.0, 0.0, bias.value], "of biases")
    for group in ("weights", "biases"):
        draft.put(f"optimizer.groups.{group}", lr.to({}))
    return bias.to([0.0, bias.value], "of biases")


def _auto(draft: Draft, name: Given, lr: Given, total: int, facts: Facts) -> tuple[str, Given]:
    """Return the optimizer that `auto` takes, and its rate."""
    keys = draft.keys
    old, long = facts.before(*_AUTO), total > _LONG
    first = facts.before(8, 4)
    if long:
        kind = "SGD" if old else "MuSGD"
        rate = Given(0.01, name.place, f"optimizer: auto, {total:,} iterations", name.key)
    else:
        kind = "AdamW" if first or not old else "MuSGD"
        classes = keys.whole("nc", least=1)
        if classes.value is None:
            raise SpecError(
                f"optimizer: auto takes {kind} at 0.01 / (4 + nc) for {total:,} iterations, and the"
                " classes of the data are not known; give --set nc=80, or write optimizer and lr0",
                name.place,
            )
        value = round(0.002 * 5 / (4 + classes.value), 6)
        rate = Given(value, name.place, f"optimizer: auto, {classes.value} classes", name.key)
    draft.assume(f"{kind} at {rate.value:g} by optimizer: auto, not lr0 {lr.value:g}")
    draft.unused(keys, "lr0", "optimizer is auto")
    draft.unused(keys, "warmup_bias_lr", "optimizer is auto")
    return kind, rate


FRAMEWORK = Framework(
    name="ultralytics",
    title="Ultralytics",
    file="args.yaml of a YOLO run",
    looked_for="lr0 with lrf, cos_lr, nbs or warmup_bias_lr",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
    aliases=("yolo",),
    versioned=True,
)
