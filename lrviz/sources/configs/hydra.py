"""A composed config of Hydra's: an optimizer and a scheduler with `_target_`, and a trainer."""

from __future__ import annotations

from collections.abc import Iterator

from lrviz import catalog
from lrviz.document import Map, unplaced
from lrviz.errors import SpecError
from lrviz.sources.configs import get_scheduler
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.writing.numbers import amount

_NAMES = ("scheduler", "lr_scheduler")
_BESIDE = ("_target_", "_partial_", "_recursive_", "_convert_", "optimizer")
_DEPTH = 4


def _blocks(
    data: Map, names: tuple[str, ...], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the mappings of these names that have a `_target_`."""
    for key, value in data.items():
        if not isinstance(value, Map):
            continue
        if key in names and isinstance(value.get("_target_"), str):
            yield (*path, key)
        elif len(path) < _DEPTH:
            yield from _blocks(value, names, (*path, key))


def _recognises(document: Document) -> bool:
    return next(_blocks(document.data, _NAMES), None) is not None


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, "its class")
    draft = Draft(keys, facts, "a Hydra config")
    block, optimizer = _one(keys, _NAMES), _one(keys, ("optimizer",))
    _length(draft)
    target = optimizer.text("_target_")
    name = str(target.value).rpartition(".")[2]
    if name not in catalog.optimizer_names():
        raise SpecError(f"{target.key}: {target.value} is none of torch's", target.place)
    draft.put("optimizer.type", target.to(name))
    for key in optimizer.data:
        if key not in (*_BESIDE, "params") and key in optimizer:
            draft.put(f"optimizer.{key}", optimizer.any(key))
    kind = block.text("_target_")
    short = str(kind.value).rpartition(".")[2]
    if catalog.scheduler_class(short) is None and not str(kind.value).startswith("transformers."):
        raise SpecError(f"{kind.key}: {kind.value} is none of torch's; not covered", kind.place)
    type_ = short if catalog.scheduler_class(short) else kind.value
    given = {key: block.any(key) for key in block.data if key not in _BESIDE and key in block}
    draft.scheduler(str(type_), kind, given)
    if short == "ReduceLROnPlateau":
        if facts.metric is None:
            raise missing("--metric FILE:COLUMN", "ReduceLROnPlateau sees a metric", kind.place)
        get_scheduler.metric(draft)
    return draft.done()


def _one(keys: Keys, names: tuple[str, ...]) -> Keys:
    found = list(_blocks(keys.data, names))
    if not found:
        raise SpecError(f"no {' or '.join(names)} with a _target_", keys.data.place)
    inner = keys
    for part in found[0]:
        inner = inner.inner(part)
    for other in found[1:]:
        node = keys
        for part in other:
            node = node.inner(part)
        if unplaced(node.data) != unplaced(inner.data):
            raise SpecError(
                f"{'.'.join(found[0])} and {'.'.join(other)} differ; write a file with one of them",
                node.data.place,
            )
    return inner


def _length(draft: Draft) -> None:
    keys, facts = draft.keys, draft.facts
    trainer = keys.inner("trainer")
    epochs, maximum = trainer.whole("max_epochs"), trainer.whole("max_steps", -1)
    if facts.epochs is not None:
        epochs = draft.said("--epochs", facts.epochs)
    if facts.steps is not None or (maximum.value is not None and maximum.value > 0):
        steps = draft.said("--steps", facts.steps) if facts.steps is not None else maximum
        draft.put("train.steps", steps)
        draft.summary = f"{steps.value:,} updates"
    elif epochs.value is None or epochs.value < 0:
        why = "neither trainer.max_epochs nor trainer.max_steps says how long the training is"
        raise missing("--steps (or --epochs)", why, keys.data.place)
    else:
        draft.put("train.epochs", epochs)
        draft.summary = amount(epochs.value, "epoch")
    if facts.steps_per_epoch is not None:
        given: Given = draft.said("--steps-per-epoch", facts.steps_per_epoch)
        draft.put("train.steps_per_epoch", given)
    if facts.interval is None:
        why = "when step() is called stands in Python (lightning-hydra-template: epoch)"
        raise missing("--interval step or --interval epoch", why, keys.data.place)
    draft.put("interval", draft.said("--interval", facts.interval))


FRAMEWORK = Framework(
    name="hydra",
    title="Hydra",
    file="a composed config with `_target_` (.hydra/config.yaml)",
    looked_for="scheduler with _target_",
    version="1.3",
    recognises=_recognises,
    convert=_convert,
)
