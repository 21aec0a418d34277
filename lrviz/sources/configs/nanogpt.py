"""nanoGPT's Python configs, read without running them."""

from __future__ import annotations

from lrviz.errors import SpecError
from lrviz.sources.configs.draft import Draft, Keys
from lrviz.sources.configs.forms.python import DEFINED
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework
from lrviz.sources.configs.unread import Unread

VERSION = "2025"
_KEYS = ("lr_decay_iters", "warmup_iters", "decay_lr", "eval_iters", "eval_interval", "block_size")
_OTHERS = ("param_scheduler", "optim_wrapper", "train_cfg", "_base_")  # MMEngine's


def _recognises(document: Document) -> bool:
    data = document.data
    return (
        document.form == "python"
        and "max_iters" in data
        and any(key in data for key in _KEYS)
        and not any(key in data for key in _OTHERS)
        and not any(isinstance(each, Unread) and each.why == DEFINED for each in data.values())
    )


def _convert(document: Document, facts: Facts) -> Converted:
    title = f"nanoGPT {facts.version}" if facts.version else "nanoGPT"
    keys = Keys(document.data, title)
    draft = Draft(keys, facts, title)
    last = keys.whole("max_iters", 600_000, least=0)
    # The loop ends when the counter is above max_iters: update 0 and max_iters more.
    steps = last.to(last.value + 1, "and one more, since the loop ends above it")
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
    draft.put("train.steps", steps)
    if facts.steps_per_epoch is not None:
        draft.put("train.steps_per_epoch", draft.said("--steps-per-epoch", facts.steps_per_epoch))
    draft.optimizer(keys.number("learning_rate", 6e-4))
    draft.summary = f"{steps.value:,} updates"
    decays = keys.any("decay_lr", default=True)
    if not isinstance(decays.value, bool):
        raise keys.wrong("decay_lr", "must be True or False")
    if not decays.value:
        draft.scheduler("transformers.constant", decays, {})
        for key in ("warmup_iters", "lr_decay_iters", "min_lr"):
            draft.unused(keys, key, "decay_lr is False")
    else:
        arguments = {
            "warmup_iters": keys.whole("warmup_iters", 2000, least=0),
            "lr_decay_iters": keys.whole("lr_decay_iters", 600_000, least=0),
            "min_lr": keys.number("min_lr", 6e-5),
        }
        if arguments["warmup_iters"].value == arguments["lr_decay_iters"].value < steps.value:
            raise SpecError(
                "lr_decay_iters: is warmup_iters, by whose difference nanoGPT divides",
                arguments["lr_decay_iters"].place,
            )
        if facts.before(2025):
            arguments["from_zero"] = decays.to(value=True)
        draft.scheduler("nanogpt.get_lr", decays, arguments)
    draft.put("interval", decays.to("step", "set before every update"))
    return draft.done()


FRAMEWORK = Framework(
    name="nanogpt",
    title="nanoGPT",
    file="its Python configs (@2024 and older: a warmup that begins at 0)",
    looked_for="Python with max_iters and lr_decay_iters, warmup_iters or eval_interval",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
    versioned=True,
)
