"""torchtitan's TOML, with the keys of 2024 or those since."""

from __future__ import annotations

from lrviz.document import Map
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework

VERSION = "b5bcd76"
_KEYS = ("decay_ratio", "decay_type", "min_lr_factor", "warmup_steps")
_DECAYS = ("linear", "sqrt", "cosine")


def _recognises(document: Document) -> bool:
    data = document.data
    training, block = data.get("training"), data.get("lr_scheduler")
    if not isinstance(training, Map) or "steps" not in training:
        return False
    return document.form == "toml" or (
        isinstance(block, Map) and any(key in block for key in _KEYS)
    )


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, "torchtitan")
    draft = Draft(keys, facts, "torchtitan")
    training, block = keys.inner("training"), keys.inner("lr_scheduler")
    lr = keys.inner("optimizer").number("lr", 8e-4)
    steps = training.whole("steps", 10_000)
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
    total = block.whole("total_steps") if "total_steps" in block else steps
    draft.put("train.steps", steps)
    if facts.steps_per_epoch is not None:
        draft.put("train.steps_per_epoch", draft.said("--steps-per-epoch", facts.steps_per_epoch))
    draft.optimizer(lr)
    draft.summary = f"{steps.value:,} updates"
    if "warmup_steps" in training and not block.data:
        _first(draft, training, steps)
        return draft.done()
    draft.unused(training, "warmup_steps", "it stands in [lr_scheduler] since 2025")
    kind = block.text("decay_type", "linear")
    if kind.value not in _DECAYS:
        raise block.wrong("decay_type", f"must be one of {', '.join(_DECAYS)}")
    low = "lr_min" if "lr_min" in block else "min_lr_factor"
    arguments: dict[str, Given] = {
        "total_steps": total,
        "warmup_steps": block.whole("warmup_steps", 200),
        "decay_type": kind,
        "min_lr_factor": block.number(low, 0.0),
    }
    ratio = block.number("decay_ratio")
    if ratio.value is not None:
        arguments["decay_ratio"] = ratio
    draft.scheduler("torchtitan.warmup_stable_decay", kind, arguments)
    draft.put("interval", kind.to("step", "after every update"))
    if total.value < steps.value and kind.value == "linear":
        draft.trap(
            "torchtitan-negative-rates",
            f"lr_scheduler.total_steps is {total.value:,}, and training.steps {steps.value:,}: the"
            " fall goes on behind its end, to negative rates",
            f"write total_steps = {steps.value}, or take it out",
            total.place,
            str(steps.value),
        )
    return draft.done()


def _first(draft: Draft, training: Keys, steps: Given) -> None:
    """Write the schedule of 2024, whose warmup stands in [training]."""
    warmup = training.whole("warmup_steps", 200, least=0)
    fall = steps.to(max(1, steps.value - warmup.value), "behind the warmup")
    arguments = {"warmup_steps": warmup, "decay_steps": fall}
    draft.scheduler("torchtitan.linear_warmup_linear_decay", warmup, arguments)
    draft.put("interval", warmup.to("step", "after every update"))
    draft.assume("[training] warmup_steps is of torchtitan 2024")


FRAMEWORK = Framework(
    name="torchtitan",
    title="torchtitan",
    file="its TOML",
    looked_for="TOML with [training] and [lr_scheduler]",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
)
