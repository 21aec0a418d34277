"""The schedulers that transformers' `get_scheduler` gives, from a config's keys to a spec."""

from __future__ import annotations

import inspect
from pathlib import Path

from lrviz.document import Map, parse
from lrviz.errors import SpecError, suggestion
from lrviz.shapes import frameworks
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import missing
from lrviz.sources.configs.unread import Unread
from lrviz.spec import metrics

_PLATEAU = "reduce_lr_on_plateau"


def typed(draft: Draft, kind: Given, warmup: Given, steps: Given, extra: Keys) -> None:
    """Write a scheduler of `get_scheduler`'s, its counts those of the training."""
    keys = draft.keys
    known = frameworks.of("transformers")
    if kind.value not in known:
        problem = f"{kind.key}: transformers has no scheduler {kind.value!r}"
        hint = suggestion(str(kind.value), known) or f"; it has: {', '.join(known)}"
        raise SpecError(problem + hint, kind.place)
    parameters = inspect.signature(known[kind.value]).parameters
    arguments: dict[str, Given] = {}
    for name, given in (("num_warmup_steps", warmup), ("num_training_steps", steps)):
        if name in parameters:
            arguments[name] = given
        if name in extra:
            raise SpecError(
                f"{extra.name(name)}: the Trainer gives it itself; take it out", extra.place(name)
            )
    for name in extra.data:
        if name not in parameters:
            if kind.value == "constant":
                draft.unused(extra, name, "lr_scheduler_type: constant takes none")
                continue
            problem = f"{extra.name(name)}: {kind.value} has no argument {name!r}"
            raise SpecError(problem + suggestion(name, parameters), extra.place(name))
        arguments[name] = extra.any(name)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise SpecError(
                f"{kind.key}: {kind.value} needs {name}; give it in lr_scheduler_kwargs", kind.place
            )
    draft.scheduler(f"transformers.{kind.value}", kind, arguments)
    draft.put("interval", kind.to("step", "after every update"))
    _traps(draft, kind, warmup, extra)
    if kind.value == "constant":
        for key in ("warmup_steps", "warmup_ratio"):
            draft.unused(keys, key, f"{kind.key}: constant has no warmup")


def _traps(draft: Draft, kind: Given, warmup: Given, extra: Keys) -> None:
    if kind.value == "constant" and warmup.value and warmup.stated:
        draft.trap(
            "constant-ignores-warmup",
            f"{kind.key}: constant has no warmup: the {warmup.value:,} updates of {warmup.key} do"
            " not happen",
            f"write {kind.key}: constant_with_warmup",
            kind.place,
            "constant_with_warmup",
        )
    cycles = extra.number("num_cycles", 0.5)
    if kind.value == "cosine" and cycles.value >= 1:
        draft.trap(
            "cosine-full-wave",
            f"num_cycles: {cycles.value:g} of cosine counts whole waves: the LR comes back to its"
            " peak at the end" if cycles.value == int(cycles.value) else
            f"num_cycles: {cycles.value:g} of cosine counts waves: the LR rises again",
            "write num_cycles: 0.5 for one fall, or lr_scheduler_type: cosine_with_restarts",
            cycles.place,
            "0.5",
        )  # fmt: skip


def arguments(keys: Keys) -> Keys:
    """Return `lr_scheduler_kwargs`, which may be a JSON text."""
    value = keys.data.get("lr_scheduler_kwargs")
    if not isinstance(value, str) or isinstance(value, Unread):
        return keys.inner("lr_scheduler_kwargs")
    place = keys.any("lr_scheduler_kwargs").place
    try:
        data = parse(value, "")
    except SpecError:
        data = None
    if not isinstance(data, Map):
        raise keys.wrong("lr_scheduler_kwargs", "must be a mapping, or one as JSON")
    inner = Map(dict(data), place=place)
    return Keys(inner, keys.defaults, (*keys.path, "lr_scheduler_kwargs"))


def plateau(draft: Draft, kind: Given, extra: Keys) -> None:
    """Write a scheduler that acts at each evaluation.

    Raises:
        SpecError: Evaluations are not at the ends of epochs, or what it sees is not known.
    """
    keys = draft.keys
    when = keys.text("eval_strategy" if "eval_strategy" in keys else "evaluation_strategy", "no")
    if when.value != "epoch":
        raise SpecError(
            f"{kind.key}: {kind.value} acts at each evaluation, and these are not at the ends of"
            " epochs (eval_strategy: epoch); write a spec for it, with frequency and metric",
            when.place if when.stated else kind.place,
        )
    if draft.facts.metric is None:
        raise missing("--metric FILE:COLUMN", f"{kind.key}: {kind.value} sees a metric", kind.place)
    if draft.facts.steps_per_epoch is None and draft.facts.dataset_size is None:
        why = "an evaluation an epoch, and how many samples an epoch has is not known"
        raise missing("--dataset-size (or --steps-per-epoch)", why, when.place)
    metric(draft)
    name = "ReduceLROnPlateau" if kind.value == _PLATEAU else "transformers.get_greedy_schedule"
    draft.scheduler(name, kind, {key: extra.any(key) for key in extra.data})
    draft.put("interval", when.to("epoch", "after each evaluation"))


def metric(draft: Draft) -> None:
    """Write the metric that `--metric FILE:COLUMN` names.

    Raises:
        SpecError: It names no column.
    """
    file, column = metrics.named(draft.facts.metric or "")
    draft.put("metric.file", draft.said("--metric", str(Path(file).absolute())))
    draft.put("metric.column", draft.said("--metric", column))
