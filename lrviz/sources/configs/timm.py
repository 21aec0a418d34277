"""timm's args.yaml, as its train.py writes it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lrviz.errors import SpecError
from lrviz.sources.configs import get_scheduler
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.writing.numbers import amount

VERSION = "1.0.31"
_KEYS = ("warmup_epochs", "decay_epochs", "cooldown_epochs", "lr_base", "lr_cycle_mul")
_CLASSES = {
    "cosine": "CosineLRScheduler",
    "tanh": "TanhLRScheduler",
    "poly": "PolyLRScheduler",
    "step": "StepLRScheduler",
    "constant": "StepLRScheduler",
    "multistep": "MultiStepLRScheduler",
    "wsd": "WSDLRScheduler",
    "rsqrt": "WSDLRScheduler",
}
_CYCLES = ("cosine", "tanh", "poly")


@dataclass(frozen=True)
class _Clock:
    """What `t` counts: 1 for epochs, or an epoch's updates."""

    times: int

    def of(self, given: Given) -> Given:
        """Return a number of epochs in what `t` counts."""
        if self.times == 1:
            return given
        return given.to(given.value * self.times, f"of {self.times:,} updates each")


def _recognises(document: Document) -> bool:
    data = document.data
    return isinstance(data.get("sched"), str) and any(key in data for key in _KEYS)


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"timm {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    kind = keys.text("sched", "cosine")
    if kind.value not in (*_CLASSES, "plateau", "none"):
        known = ", ".join((*_CLASSES, "plateau", "none"))
        raise SpecError(f"sched: {kind.value!r} is not covered; covered are {known}", kind.place)
    on_updates = keys.flag("sched_on_updates").value
    epochs = draft.whole_epochs(keys.whole("epochs", 300, least=1))
    updates = _updates(draft)
    if updates is None and (on_updates or facts.steps is not None):
        why = "sched_on_updates: how many updates an epoch has is not known"
        raise missing("--dataset-size (or --steps-per-epoch)", why, keys.place("sched_on_updates"))
    clock = _Clock(updates if on_updates and updates else 1)
    total = _total(keys, kind, epochs)
    if facts.steps is not None:
        draft.put("train.steps", draft.said("--steps", facts.steps))
        draft.summary = f"{facts.steps:,} updates"
    else:
        draft.put("train.epochs", total)
        draft.summary = amount(total.value, "epoch")
    if updates is not None:
        draft.put("train.steps_per_epoch", epochs.to(updates, "in updates each"))
        draft.summary += f" of {updates:,} updates"
    draft.optimizer(_rate(draft))
    if keys.number("layer_decay").value not in (None, 1.0):
        draft.assume("layer_decay: drawn is the last layer, which has the whole lr")
    if kind.value == "plateau":
        _plateau(draft, kind, on_updates=on_updates)
        return draft.done()
    arguments = _arguments(draft, kind, epochs, clock)
    name = f"timm.{_CLASSES[kind.value]}" if kind.value in _CLASSES else "transformers.constant"
    draft.scheduler(name, kind, arguments)
    unit = "after every update" if on_updates else "after every epoch"
    draft.put("interval", kind.to("step" if on_updates else "epoch", unit))
    _traps(draft, kind, arguments)
    return draft.done()


def _arguments(draft: Draft, kind: Given, epochs: Given, clock: _Clock) -> dict[str, Given]:
    keys = draft.keys
    if kind.value == "none":
        for key in ("warmup_epochs", "warmup_lr", "min_lr", "decay_rate"):
            draft.unused(keys, key, "sched: none")
        return {}
    warmup = keys.whole("warmup_epochs", 5, least=0)
    arguments = {
        "warmup_t": clock.of(warmup),
        "warmup_lr_init": keys.number("warmup_lr", 1e-5),
        **_noise(keys, clock.of(epochs)),
    }
    if kind.value in ("wsd", "rsqrt"):
        return arguments | _stable(keys, kind, epochs.value - warmup.value, epochs, clock)
    arguments["warmup_prefix"] = keys.flag("warmup_prefix")
    rate = keys.number("decay_rate", 0.1)
    if kind.value in _CYCLES:
        arguments["t_initial"] = clock.of(epochs)
        arguments["lr_min"] = keys.number("min_lr", 0.0)
        arguments["cycle_mul"] = keys.number("lr_cycle_mul", 1.0)
        arguments["cycle_decay"] = keys.number("lr_cycle_decay", 0.5)
        arguments["cycle_limit"] = keys.whole("lr_cycle_limit", 1)
        if kind.value != "tanh":
            arguments["k_decay"] = keys.number("lr_k_decay", 1.0)
        if kind.value == "poly":
            arguments["power"] = rate
        return arguments
    for key in ("min_lr", "cooldown_epochs", "lr_cycle_mul", "lr_cycle_decay", "lr_k_decay"):
        draft.unused(keys, key, f"sched: {kind.value} has none")
    if kind.value == "constant":
        return arguments | {"decay_t": kind.to(1), "decay_rate": kind.to(1.0)}
    arguments["decay_rate"] = rate
    if kind.value == "step":
        every = keys.number("decay_epochs", 90.0)
        if every.value <= 0:
            raise keys.wrong("decay_epochs", "must be above 0")
        return arguments | {"decay_t": clock.of(every)}
    listed = keys.any("decay_milestones", [90, 180, 270])
    milestones = listed.value if isinstance(listed.value, list) else []
    if not milestones or not all(isinstance(each, int | float) for each in milestones):
        raise keys.wrong("decay_milestones", "must be a list of epochs")
    return arguments | {"decay_t": listed.to([each * clock.times for each in milestones])}


def _noise(keys: Keys, length: Given) -> dict[str, Given]:
    """Return where noise begins, and ends, and how much there is; nothing where there is none."""
    given = keys.any("lr_noise")
    if given.value is None or given.value == []:
        return {}
    shares = given.value if isinstance(given.value, list) else [given.value]
    if len(shares) > 2 or not all(type(each) in (int, float) for each in shares):
        raise keys.wrong("lr_noise", "must be a share of the training, or two")
    bounds = [each * length.value for each in shares]
    return {
        "noise_range_t": given.to(bounds[0] if len(bounds) == 1 else bounds, "in steps"),
        "noise_pct": keys.number("lr_noise_pct", 0.67),
        "noise_std": keys.number("lr_noise_std", 1.0),
        "noise_seed": keys.whole("seed", 42),
    }


def _stable(keys: Keys, kind: Given, left: int, epochs: Given, clock: _Clock) -> dict[str, Given]:
    """Return the arguments of wsd and rsqrt, whose warmup is always a prefix."""
    prefix = keys.flag("warmup_prefix").value
    length = epochs.to((epochs.value if prefix else left) * clock.times, "behind the warmup")
    end = keys.number("decay_epochs", 0.2)
    share = end.value * length.value if 0 < end.value < 1 else end.value * clock.times
    decay = end.to(round(share), "of that")
    if not 0 < decay.value <= length.value:
        problem = f"decay_epochs: {decay.value:,} steps of {length.value:,} behind the warmup"
        raise SpecError(problem, end.place)
    rsqrt = kind.value == "rsqrt"
    found = {
        "t_initial": length,
        "decay_t": decay,
        "lr_min": keys.number("min_lr", 0.0),
        "stable_fn": kind.to("rsqrt" if rsqrt else "constant"),
        "decay_fn": keys.text("lr_decay_fn", "linear" if rsqrt else "1-sqrt"),
    }
    timescale = keys.number("lr_stable_timescale")
    return found if timescale.value is None else found | {"stable_timescale": clock.of(timescale)}


def _plateau(draft: Draft, kind: Given, *, on_updates: bool) -> None:
    """Write a warmup, and behind it ReduceLROnPlateau."""
    keys = draft.keys
    if on_updates:
        problem = "sched_on_updates: timm steps plateau per epoch only"
        raise SpecError(problem, keys.place("sched_on_updates"))
    if keys.any("lr_noise").value not in (None, []):
        raise SpecError("lr_noise: not covered with sched: plateau", keys.place("lr_noise"))
    if draft.facts.metric is None:
        raise missing("--metric FILE:COLUMN", "sched: plateau sees a metric", kind.place)
    warmup = keys.whole("warmup_epochs", 5, least=0).value
    rise = {
        "type": "timm.warmup",
        "warmup_t": warmup,
        "warmup_lr_init": keys.number("warmup_lr", 1e-5).value,
    }
    fall = {
        "type": "ReduceLROnPlateau",
        "mode": "min" if "loss" in str(keys.text("eval_metric", "top1").value) else "max",
        "factor": keys.number("decay_rate", 0.1).value,
        "patience": keys.whole("patience_epochs", 10, least=0).value,
        "min_lr": keys.number("min_lr", 0.0).value,
    }
    members: list[dict[str, Any]] = [
        {"scheduler": rise, "interval": "epoch", "end": warmup},
        {"scheduler": fall, "interval": "epoch", "begin": warmup},
    ]
    draft.put("schedulers", kind.to(members if warmup else members[1:], "a warmup, and its own"))
    get_scheduler.metric(draft)


def _total(keys: Keys, kind: Given, epochs: Given) -> Given:
    """Return the epochs with their cycles, the warmup that is a prefix, and the cooldown."""
    if kind.value in ("wsd", "rsqrt"):
        count = epochs.value + keys.whole("cooldown_epochs", 0).value
        if keys.flag("warmup_prefix").value:
            count += keys.whole("warmup_epochs", 5).value
        return epochs if count == epochs.value else epochs.to(count, "with warmup, cooldown")
    warmup = keys.whole("warmup_epochs", 5).value if keys.flag("warmup_prefix").value else 0
    if kind.value not in _CYCLES:
        return epochs.to(epochs.value + warmup) if warmup else epochs
    times, cycles = keys.number("lr_cycle_mul", 1.0).value, keys.whole("lr_cycle_limit", 1).value
    count = epochs.value * max(1, cycles)
    if times != 1.0:
        count = math.floor(-epochs.value * (times ** max(1, cycles) - 1) / (1 - times))
    count += warmup + keys.whole("cooldown_epochs", 0).value
    return epochs if count == epochs.value else epochs.to(count, "with cycles, warmup, cooldown")


def _rate(draft: Draft) -> Given:
    """Return lr, or what lr_base comes to for the samples of an update."""
    keys = draft.keys
    lr = keys.number("lr")
    if lr.value is not None:
        draft.unused(keys, "lr_base", "lr is given")
        return lr
    base, size = keys.number("lr_base", 0.1), keys.whole("lr_base_size", 256, least=1)
    batch = (
        keys.whole("batch_size", 128, least=1).value
        * keys.whole("grad_accum_steps", 1, least=1).value
    )
    ratio = batch * draft.world_size().value / size.value
    scale = keys.text("lr_base_scale", "").value
    if not scale:
        name = str(keys.any("opt", "sgd").value).lower()
        scale = "sqrt" if any(each in name for each in ("ada", "lamb")) else "linear"
    if scale == "sqrt":
        ratio = ratio**0.5
    given = base.to(base.value * ratio, f"times {ratio:g} for its batches ({scale})")
    draft.trap(
        "rate-by-world-size",
        f"lr is not given: lr_base times {ratio:g} is {given.value:g}, and another number of"
        " processes gives another rate",
        f"write lr: {given.value:g}",
        keys.place("lr_base"),
    )
    return given


def _updates(draft: Draft) -> int | None:
    """Return the updates of an epoch, as train.py counts them; None where nothing says."""
    keys, facts = draft.keys, draft.facts
    if facts.steps_per_epoch is not None:
        return facts.steps_per_epoch
    if facts.dataset_size is None:
        return None
    batches = math.ceil(facts.dataset_size / draft.world_size().value)
    batches //= keys.whole("batch_size", 128, least=1).value  # its loader drops the last
    updates: int = math.ceil(batches / keys.whole("grad_accum_steps", 1, least=1).value)
    if updates < 1:
        raise SpecError("the samples do not fill one batch", keys.place("batch_size"))
    return updates


def _traps(draft: Draft, kind: Given, arguments: dict[str, Given]) -> None:
    listed = arguments.get("decay_t")
    if kind.value == "multistep" and listed is not None:
        # One higher than a round number was written by somebody who knows.
        first = next((each for each in listed.value if each % 5 == 0), None)
        if first is not None:
            draft.trap(
                "timm-multistep-early",
                f"timm's multistep counts a milestone as reached one step before: the drop of"
                f" {first:g} is at {first - 1:g}",
                "write each of decay_milestones one higher, for the drops of MultiStepLR",
                listed.place,
            )
    prefix = arguments.get("warmup_prefix")
    warmup = arguments.get("warmup_t")
    if kind.value == "cosine" and prefix and warmup and warmup.value and not prefix.value:
        draft.trap(
            "timm-cosine-in-warmup",
            "timm's cosine runs during the warmup: behind it, the rate begins where the cosine is"
            " by then, below lr",
            "write warmup_prefix: true for a cosine that begins behind the warmup, and as many"
            " epochs more",
            warmup.place,
        )
    power = arguments.get("power")
    if power is not None and power.value < 0.5:
        draft.trap(
            "timm-poly-power",
            f"timm's poly takes decay_rate as its power: with {power.value:g} the rate hardly falls"
            " before the last epochs",
            "write decay_rate: 1.0 for a line, 0.9 as in DeepLab",
            power.place,
            "1.0" if power.stated else None,
        )


FRAMEWORK = Framework(
    name="timm",
    title="timm",
    file="args.yaml of its train.py",
    looked_for="sched with warmup_epochs, decay_epochs or lr_base",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
