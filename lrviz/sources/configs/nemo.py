"""NeMo's Hydra YAML: `model.optim` and `trainer`."""

from __future__ import annotations

import inspect
import math
from collections.abc import Collection

from lrviz.document import Map
from lrviz.errors import SpecError, suggestion
from lrviz.shapes import frameworks
from lrviz.sources.configs import get_scheduler
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing

VERSION = "3.0.0"
_BESIDE = ("name", "max_steps", "last_epoch", "monitor", "reduce_on_plateau")
_COUNTS = ("warmup_steps", "hold_steps", "constant_steps")
_PER_STEP, _PER_EPOCH = ("StepLR", "CyclicLR"), ("ExponentialLR", "ReduceLROnPlateau")


def _recognises(document: Document) -> bool:
    model = document.data.get("model")
    optim = model.get("optim") if isinstance(model, Map) else None
    return isinstance(optim, Map) and "trainer" in document.data


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"NeMo {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    optim = keys.inner("model").inner("optim")
    if optim.any("lr").value in (None, "???"):
        raise SpecError("model.optim.lr: nothing stands there; write the rate", optim.place("lr"))
    lr, sched = optim.number("lr"), optim.inner("sched")
    steps = _steps(draft, keys.inner("trainer"), keys.inner("model"), sched)
    draft.put("train.steps", steps)
    draft.optimizer(lr)
    draft.summary = f"{steps.value:,} updates"
    if "sched" not in optim:
        kind = optim.any("sched")
        draft.scheduler("LambdaLR", kind, {"lr_lambda": kind.to({"shape": "constant"})})
    else:
        _policy(draft, sched, steps)
    return draft.done()


def _steps(draft: Draft, trainer: Keys, model: Keys, sched: Keys) -> Given:
    facts = draft.facts
    maximum, own = trainer.whole("max_steps", -1), sched.any("max_steps")
    if facts.steps is not None:
        return draft.said("--steps", facts.steps)
    if own.value == "???" or trainer.data.get("max_steps") == "???":
        raise missing("--steps", "max_steps: nothing stands there", own.place)
    if maximum.value > 0:
        return maximum
    epochs = trainer.whole("max_epochs")
    if facts.epochs is not None:
        epochs = draft.said("--epochs", math.ceil(facts.epochs))
    if epochs.value is None or epochs.value < 0:
        why = "neither trainer.max_steps nor trainer.max_epochs says how long the training is"
        raise missing("--steps", why, trainer.data.place)
    if facts.steps_per_epoch is not None:
        per_epoch = facts.steps_per_epoch
    else:
        why = f"trainer.max_epochs: {epochs.value}, and how many samples there are is not known"
        per_epoch = _updates(draft, trainer, model, draft.dataset_size(why, epochs.place))
    draft.put("train.steps_per_epoch", epochs.to(per_epoch, "in updates each"))
    return epochs.to(epochs.value * per_epoch, f"of {per_epoch:,} updates")


def _updates(draft: Draft, trainer: Keys, model: Keys, size: Given) -> int:
    """Return the updates of an epoch, as `compute_max_steps` does."""
    data = model.inner("train_ds")
    batch, drop = data.whole("batch_size", least=1), data.flag("drop_last").value
    if batch.value is None:
        raise missing(
            "--steps-per-epoch", "model.train_ds.batch_size is not given", data.data.place
        )
    samples = math.ceil(size.value / max(1, draft.world_size().value))
    batches = (math.floor if drop else math.ceil)(samples / batch.value)
    limit = trainer.any("limit_train_batches", 1.0)
    if isinstance(limit.value, int) or limit.value == 0.0:
        batches = min(batches, int(limit.value))
    else:
        batches = int(batches * float(trainer.number("limit_train_batches", 1.0).value))
    accumulate: int = trainer.whole("accumulate_grad_batches", 1, least=1).value
    updates: int = math.ceil(batches / accumulate)
    return updates


def _policy(draft: Draft, sched: Keys, steps: Given) -> None:
    kind = sched.text("name")
    if kind.value in (*_PER_STEP, *_PER_EPOCH):
        _torchs(draft, sched, kind)
        return
    known = frameworks.of("nemo")
    shape = known.get(str(kind.value))
    if shape is None:
        names = [*known, *_PER_STEP, *_PER_EPOCH]
        hint = suggestion(str(kind.value), names) or f"; covered are {', '.join(names)}"
        raise SpecError(f"model.optim.sched.name: {kind.value!r} is not covered{hint}", kind.place)
    total = sched.whole("max_steps") if isinstance(sched.data.get("max_steps"), int) else steps
    parameters = inspect.signature(shape).parameters
    arguments = _counts(sched, str(kind.value), total, parameters)
    for name in sched.data:
        if name in (*_BESIDE, *_COUNTS) or name.removesuffix("_ratio") + "_steps" in _COUNTS:
            continue
        if name in sched:
            _known(sched, str(kind.value), name, parameters)
            arguments[name] = sched.whole(name) if name == "d_model" else sched.any(name)
    arguments["max_steps"] = total
    draft.scheduler(f"nemo.{kind.value}", kind, arguments)
    draft.put("interval", kind.to("step", "after every update"))


def _known(sched: Keys, kind: str, name: str, parameters: Collection[str]) -> None:
    if name not in parameters:
        problem = f"{sched.name(name)}: {kind} has no argument {name!r}"
        raise SpecError(problem + suggestion(name, parameters), sched.place(name))
    if sched.data[name] == "???":
        raise SpecError(f"{sched.name(name)}: nothing stands there", sched.place(name))


def _counts(sched: Keys, kind: str, total: Given, parameters: Collection[str]) -> dict[str, Given]:
    """Return the lengths of phases, given in steps or as a share of all."""
    found = {}
    for steps in _COUNTS:
        share = steps.removesuffix("_steps") + "_ratio"
        if steps in sched and share in sched:
            problem = f"model.optim.sched: NeMo refuses both {steps} and {share}"
            raise SpecError(problem, sched.place(share))
        name = share if share in sched else steps
        if name not in sched:
            continue
        if steps not in parameters and not sched.number(name).value:
            continue  # a 0 of a template
        _known(sched, kind, name, {*parameters, share} if steps in parameters else parameters)
        if name == steps:
            found[steps] = sched.whole(steps, least=0)
        else:
            ratio = sched.number(share)
            count = int(ratio.value * total.value)
            found[steps] = ratio.to(count, f"of {total.value:,} updates, rounded down")
    return found


def _torchs(draft: Draft, sched: Keys, kind: Given) -> None:
    """Write one of torch's own schedulers, of which NeMo steps some per epoch."""
    others = ("name", "max_steps", "monitor", "reduce_on_plateau", "last_epoch")
    given = {key: sched.any(key) for key in sched.data if key not in others and key in sched}
    draft.scheduler(str(kind.value), kind, given)
    epoch = kind.value in _PER_EPOCH
    if epoch and "steps_per_epoch" not in draft.tree["train"]:
        if draft.facts.steps_per_epoch is None:
            why = f"{kind.value} is stepped per epoch, and how long an epoch is is not known"
            raise missing("--steps-per-epoch", why, kind.place)
        per_epoch = draft.said("--steps-per-epoch", draft.facts.steps_per_epoch)
        draft.put("train.steps_per_epoch", per_epoch)
    if kind.value == "ReduceLROnPlateau":
        if draft.facts.metric is None:
            raise missing("--metric FILE:COLUMN", "ReduceLROnPlateau sees a metric", kind.place)
        get_scheduler.metric(draft)
    unit = "after every epoch" if epoch else "after every update"
    draft.put("interval", kind.to("epoch" if epoch else "step", unit))


FRAMEWORK = Framework(
    name="nemo",
    title="NeMo",
    file="its Hydra YAML",
    looked_for="model.optim with trainer",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
