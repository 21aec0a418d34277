"""LightningCLI's YAML: `optimizer:`, `lr_scheduler:`, `trainer:`."""

from __future__ import annotations

import math

from lrviz import catalog
from lrviz.document import Map
from lrviz.errors import SpecError
from lrviz.sources.configs import get_scheduler
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.writing.numbers import amount

VERSION = "2.6.6"
_MANY_EPOCHS = 1000  # Lightning's, where neither max_epochs nor max_steps is given
_OWN = ("monitor",)
_CYCLE = 2000  # CyclicLR's step_size_up, where none is given


def _recognises(document: Document) -> bool:
    data = document.data
    block = data.get("lr_scheduler")
    if not isinstance(block, Map) or any(key in block for key in ("_component_", "_target_")):
        return False
    return "class_path" in block or ("trainer" in data and "model" in data)


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"Lightning {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    if "optimizer" not in keys:
        raise SpecError(
            "lr_scheduler: without optimizer: Lightning's CLI does not use it; add optimizer:",
            keys.place("lr_scheduler"),
        )
    epochs = _length(draft)
    kind, arguments = _class(keys.inner("lr_scheduler"))
    optimizer, options = _class(keys.inner("optimizer"))
    name = optimizer.value.rpartition(".")[2]
    if name not in catalog.optimizer_names():
        raise SpecError(f"optimizer: {optimizer.value} is none of torch's", optimizer.place)
    draft.put("optimizer.type", optimizer.to(name))
    for key in options.data:
        draft.put(f"optimizer.{key}", options.any(key))
    short = kind.value.rpartition(".")[2]
    if catalog.scheduler_class(short) is None and short != "ReduceLROnPlateau":
        raise SpecError(f"lr_scheduler: {kind.value} is none of torch's; not covered", kind.place)
    plateau = short == "ReduceLROnPlateau"
    given = {key: arguments.any(key) for key in arguments.data if key not in _OWN}
    draft.scheduler(short, kind, given)
    draft.put("interval", kind.to("epoch", "Lightning's CLI steps every scheduler once an epoch"))
    if plateau:
        if facts.metric is None:
            raise missing("--metric FILE:COLUMN", "ReduceLROnPlateau sees a metric", kind.place)
        get_scheduler.metric(draft)
    _trap(draft, kind, short, given, epochs)
    return draft.done()


def _class(block: Keys) -> tuple[Given, Keys]:
    """Return the class that a section names, and its arguments."""
    kind = block.text("class_path")
    if kind.value is None:
        raise SpecError(
            f"{'.'.join(map(str, block.path))}: which class it is stands in Python"
            " (add_lr_scheduler_args), not here; write class_path: and init_args:",
            block.data.place,
        )
    return kind, block.inner("init_args")


def _length(draft: Draft) -> Given:
    """Write how long the training is, and return its epochs."""
    keys, facts = draft.keys, draft.facts
    trainer = keys.inner("trainer")
    epochs, maximum = trainer.whole("max_epochs"), trainer.whole("max_steps", -1)
    if facts.epochs is not None:
        epochs = draft.said("--epochs", facts.epochs)
    elif epochs.value is None and maximum.value < 0:
        epochs = epochs.to(_MANY_EPOCHS)
    per_epoch = _updates_an_epoch(draft, trainer)
    if facts.steps is not None or (maximum.value > 0 and facts.epochs is None):
        steps = draft.said("--steps", facts.steps) if facts.steps is not None else maximum
        if per_epoch is None:
            why = "stepped once an epoch, and how many updates an epoch has is not known"
            raise missing("--steps-per-epoch (or --dataset-size)", why, keys.place("lr_scheduler"))
        if facts.steps is None and epochs.value is not None and epochs.value > 0:
            steps = steps.to(min(steps.value, epochs.value * per_epoch.value))
        draft.put("train.steps", steps)
        draft.summary = f"{steps.value:,} updates, {per_epoch.value:,} an epoch"
        epochs = steps.to(steps.value / per_epoch.value)
    else:
        if epochs.value is None or epochs.value < 0:
            raise missing("--epochs", "trainer.max_epochs does not end", epochs.place)
        draft.put("train.epochs", epochs)
        draft.summary = amount(epochs.value, "epoch")
        if per_epoch is None:
            draft.assume("one update an epoch drawn (--steps-per-epoch)")
    if per_epoch is not None:
        draft.put("train.steps_per_epoch", per_epoch)
    return epochs


def _updates_an_epoch(draft: Draft, trainer: Keys) -> Given | None:
    facts = draft.facts
    if facts.steps_per_epoch is not None:
        return draft.said("--steps-per-epoch", facts.steps_per_epoch)
    if facts.dataset_size is None:
        return None
    data = draft.keys.inner("data")
    inner = data.inner("init_args") if "init_args" in data else data
    batch = inner.whole("batch_size", least=1)
    if batch.value is None:
        why = "the batch size stands in Python, not in data.init_args.batch_size"
        raise missing("--steps-per-epoch", why, data.data.place)
    world, size = draft.world_size().value, draft.dataset_size("", None)
    batches = math.ceil(math.ceil(size.value / world) / batch.value)
    limit = trainer.any("limit_train_batches")
    if isinstance(limit.value, int):
        batches = min(batches, limit.value)
    elif limit.value is not None:
        batches = int(batches * trainer.number("limit_train_batches").value)
    accumulate = trainer.whole("accumulate_grad_batches", 1, least=1)
    return size.to(math.ceil(batches / accumulate.value), f"in batches of {batch.value}")


def _count(name: str, given: dict[str, Given]) -> int | None:
    """Return the steps that a schedule is for where no argument alone says it."""
    parts = [given[key].value for key in ("epochs", "steps_per_epoch") if key in given]
    if name == "OneCycleLR" and len(parts) == 2 and all(isinstance(n, int) for n in parts):
        return int(parts[0] * parts[1])
    return _CYCLE if name == "CyclicLR" else None


def _trap(draft: Draft, kind: Given, name: str, given: dict[str, Given], epochs: Given) -> None:
    horizon = next(
        (given[key] for key in ("total_steps", "T_max", "step_size_up") if key in given), None
    )
    count = horizon.value if horizon is not None else _count(name, given)
    if isinstance(count, int) and count > 2 * epochs.value:
        what = f"{horizon.key.rpartition('.')[2]} {count:,}" if horizon is not None else name
        draft.trap(
            "lightning-cli-per-epoch",
            f"Lightning's CLI steps {name} once an epoch, {epochs.value:g} times in all, and"
            f" {what} counts updates",
            f"count in epochs ({epochs.value:g}), or override configure_optimizers in Python and"
            ' return {"scheduler": ..., "interval": "step"}',
            (horizon or kind).place,
        )


FRAMEWORK = Framework(
    name="lightning",
    title="Lightning CLI",
    file="its YAML with `optimizer:` and `lr_scheduler:`",
    looked_for="lr_scheduler with class_path",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
