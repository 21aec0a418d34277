"""DeepSpeed's JSON: `scheduler: {type, params}` and `optimizer: {type, params}`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from lrviz import catalog
from lrviz.document import Map, place_of
from lrviz.errors import SpecError, suggestion
from lrviz.shapes import frameworks
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing

VERSION = "0.19.8"
NOT_RATES = ("cycle_momentum", "cycle_min_mom", "cycle_max_mom", "decay_mom_rate")
_WARMUPS = ("WarmupLR", "WarmupDecayLR", "WarmupCosineLR")


def _recognises(document: Document) -> bool:
    """Tell a JSON of DeepSpeed's by its blocks with `params`, or by keys that only it has."""
    data = document.data
    blocks = [data.get(key) for key in ("scheduler", "optimizer")]
    named = [each for each in blocks if isinstance(each, Map) and isinstance(each.get("type"), str)]
    if any(isinstance(each.get("params"), Map) for each in named):
        return True
    return "zero_optimization" in data or "train_micro_batch_size_per_gpu" in data


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"DeepSpeed {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    if facts.steps is not None:
        steps = draft.said("--steps", facts.steps)
    elif "total_num_steps" in keys.inner("scheduler").inner("params"):
        steps = keys.inner("scheduler").inner("params").any("total_num_steps")
        if steps.value == "auto":
            raise missing("--steps", _auto("total_num_steps"), steps.place)
        steps = keys.inner("scheduler").inner("params").whole("total_num_steps")
    else:
        why = "a JSON of DeepSpeed's does not say how long the training is"
        raise missing("--steps", why, document.data.place)
    draft.put("train.steps", steps)
    if facts.steps_per_epoch is not None:
        draft.put("train.steps_per_epoch", draft.said("--steps-per-epoch", facts.steps_per_epoch))
    inner = keys.inner("optimizer").inner("params")
    lr = inner.any("lr", 1e-3)
    if lr.value == "auto":
        raise SpecError(
            f"optimizer.params.lr: {_auto('lr')}; give the config that has it", lr.place
        )
    lr = inner.number("lr", 1e-3)
    write(draft, keys, lr, {})
    draft.summary = f"{steps.value:,} updates"
    return draft.done()


def _auto(name: str) -> str:
    return f'{name} is "auto", which transformers fills in from its own arguments'


def write(draft: Draft, keys: Keys, lr: Given, auto: Mapping[str, Given]) -> None:
    """Write the scheduler of a JSON of DeepSpeed's and the optimizer.

    Args:
        draft: What is written.
        keys: The JSON.
        lr: The optimizer's learning rate.
        auto: What the arguments that say `auto` come to.

    Raises:
        SpecError: The type is unknown, or an argument is wrong.
    """
    block = keys.inner("scheduler")
    draft.optimizer(lr)
    kind = block.text("type")
    if kind.value is None:
        constant = kind.to("LambdaLR")
        draft.scheduler("LambdaLR", constant, {"lr_lambda": constant.to({"shape": "constant"})})
        draft.put("interval", Given("step", kind.place, "no scheduler block: a constant rate"))
        return
    params = block.inner("params")
    given = {key: _argument(params, key, auto) for key in params.data if key not in NOT_RATES}
    for key in NOT_RATES:
        draft.unused(params, key, "moves the momentum, not the learning rate")
    draft.put("interval", kind.to("step", "per update"))
    shape = frameworks.find(f"deepspeed.{kind.value}")
    if shape is None:
        if catalog.scheduler_class(kind.value) is None:
            known = (*frameworks.of("deepspeed"), *catalog.class_names())
            problem = f"scheduler.type: DeepSpeed has no scheduler {kind.value!r}"
            raise SpecError(problem + suggestion(kind.value, known), kind.place)
        draft.scheduler(kind.value, kind, given)
        return
    for key, parameter in inspect.signature(shape).parameters.items():
        if key not in given and parameter.default is not parameter.empty:
            given[key] = params.any(key, parameter.default)
        elif key not in given:
            raise SpecError(f"scheduler.params: {kind.value} needs {key}", params.data.place)
    if (
        draft.facts.steps is not None
        and "total_num_steps" in given
        and not params.any("total_num_steps").stated
    ):
        given["total_num_steps"] = draft.said("--steps", draft.facts.steps)
    draft.scheduler(
        f"deepspeed.{kind.value}", kind, {k: v for k, v in given.items() if v.value is not None}
    )
    _traps(draft, keys, kind, params, given)


def _argument(params: Keys, key: str, auto: Mapping[str, Given]) -> Given:
    given = params.any(key)
    if given.value != "auto":
        return given
    if key not in auto:
        raise SpecError(
            f"scheduler.params.{key}: {_auto(key)}; give the config that has it", given.place
        )
    return auto[key]


def _traps(draft: Draft, keys: Keys, kind: Given, params: Keys, given: Mapping[str, Given]) -> None:
    if kind.value not in _WARMUPS:
        return
    if "warmup_type" not in params:
        draft.trap(
            "deepspeed-log-warmup",
            f"the warmup of {kind.value} is logarithmic where warmup_type is not given: most of the"
            " rise happens in its first updates",
            'add "warmup_type": "linear" to params, or "log" if that is meant',
            place_of(keys.data, ("scheduler", "params"), key=True),
        )
    low = given.get("warmup_min_lr") or given.get("warmup_min_ratio")
    if low is not None and not low.value:
        draft.trap(
            "deepspeed-two-idle-updates",
            "updates 0 and 1 use the warmup's minimum, 0, and change nothing",
            "nothing to do in long trainings; else a warmup_min_lr above 0",
            kind.place,
        )


FRAMEWORK = Framework(
    name="deepspeed",
    title="DeepSpeed",
    file="a JSON with `scheduler` and `optimizer` blocks",
    looked_for="`scheduler: {type, params}`",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
    aliases=("ds",),
)
