"""Python configs of MMEngine, MMDetection and their kin, read without running them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import Any

from lrviz import catalog
from lrviz.document import Map, place_of
from lrviz.errors import SpecError, suggestion
from lrviz.shapes.frameworks.mmengine import KINDS
from lrviz.sources.configs.draft import Draft, Given, Keys
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework, missing
from lrviz.writing.numbers import amount

VERSION = "0.10.7"
_OWN = ("optim_wrapper", "param_scheduler")
_OLD = ("lr_config", "optimizer_config")  # mmcv's, before MMEngine
# What a scheduler counts: in epochs that are converted, or in iterations.
_COUNTS = ("T_max", "step_size", "total_steps", "milestones", "periods")
_WHOLE = ("T_max", "step_size", "total_steps")
_LISTS = ("milestones", "periods", "restart_weights")
_IGNORED = ("type", "_scope_", "param_name", "verbose", "last_step", "convert_to_iter_based")


def _recognises(document: Document) -> bool:
    data = document.data
    return any(key in data for key in _OWN) or (
        document.form == "python" and any(key in data for key in _OLD)
    )


def _convert(document: Document, facts: Facts) -> Converted:
    keys = Keys(document.data, f"MMEngine {VERSION}")
    draft = Draft(keys, facts, keys.defaults)
    for key in _OLD:
        if key in keys and not any(each in keys for each in _OWN):
            problem = f"{key}: a config for mmcv 1, before MMEngine; not covered"
            raise SpecError(problem, keys.place(key))
    if "_base_" in keys:  # of YAML and JSON; in Python they are read
        raise SpecError("_base_: is read in Python configs; write one", keys.place("_base_"))
    wrapper = keys.inner("optim_wrapper")
    if "optimizer" not in wrapper:
        several = [key for key in wrapper.data if isinstance(wrapper.data[key], Map)]
        problem = "several optimizers" if several else "no optimizer in it"
        raise SpecError(f"optim_wrapper: {problem}; not covered", keys.place("optim_wrapper"))
    accumulate = wrapper.whole("accumulative_counts", 1, least=1)
    listed = list(_listed(draft))
    loop = _Loop(draft, accumulate, listed)
    _optimizer(draft, wrapper)
    at = keys.any("param_scheduler")
    if not listed:
        draft.scheduler("transformers.constant", at, {})
    else:
        found = [loop.scheduler(each) for each in listed]
        draft.scheduler(
            "mmengine.param_scheduler",
            at,
            {
                "param_schedulers": at.to(found, "counts resolved"),
                "max_iters": loop.iterations,
                "epoch_length": loop.epoch,
                "accumulative_counts": accumulate,
            },
        )
        _trap(draft, found, listed, loop)
    interval = "step" if loop.known else "epoch"
    draft.put("interval", at.to(interval, "the rate that each update uses"))
    return draft.done()


def _listed(draft: Draft) -> Iterator[Keys]:
    """Yield the schedulers that act on the rate, in their order."""
    keys = draft.keys
    value = keys.data.get("param_scheduler")
    if value is None:
        return
    items = value if isinstance(value, list) else [value]
    for index, each in enumerate(items):
        if not isinstance(each, Map):
            raise keys.wrong("param_scheduler", "must be a dict, or a list of dicts")
        path: tuple[str | int, ...] = ("param_scheduler",)
        one = Keys(each, keys.defaults, path + ((index,) if isinstance(value, list) else ()))
        if "type" not in one:
            raise SpecError(f"{one.name('type')}: missing; not covered without it", each.place)
        name, moves = _kind(one), one.any("param_name", "lr").value
        if name.endswith("Momentum") or moves != "lr":
            draft.unused(one, "type", "it moves another value than the rate")
            continue
        if name not in KINDS:
            known = ", ".join(KINDS)
            raise SpecError(
                f"{one.name('type')}: {name} is not covered; {known} are", one.place("type")
            )
        yield one


def _kind(one: Keys) -> str:
    """Return the class of a scheduler, less the scope before it and what its alias ends in."""
    name = str(one.data.get("type")).rpartition(".")[2]
    return name.removesuffix("ParamScheduler") + "LR" if name.endswith("ParamScheduler") else name


class _Loop:
    """How long the training is: its iterations, and those of an epoch."""

    def __init__(self, draft: Draft, accumulate: Given, listed: list[Keys]) -> None:
        self._draft = draft
        train = draft.keys.inner("train_cfg")
        kind = str(train.any("type", "").value).rpartition(".")[2]
        by_epoch = train.flag("by_epoch", default="max_epochs" in train).value
        self.by_epoch = kind == "EpochBasedTrainLoop" if kind else by_epoch
        if kind not in ("", "EpochBasedTrainLoop", "IterBasedTrainLoop"):
            raise train.wrong("type", "must be EpochBasedTrainLoop or IterBasedTrainLoop")
        self._times = accumulate.value
        converted = any(each.flag("convert_to_iter_based").value for each in listed)
        per_iteration = any(not each.flag("by_epoch", default=True).value for each in listed)
        needs = converted or (self.by_epoch and (per_iteration or self._times > 1))
        facts = draft.facts
        said = facts.steps_per_epoch is not None or facts.dataset_size is not None
        self.known = said or not self.by_epoch
        self.epoch = self._batches(needs, train)
        if self.by_epoch:
            self._epochs(train)
        else:
            self._iterations(train)

    def _epochs(self, train: Keys) -> None:
        draft = self._draft
        epochs = draft.whole_epochs(train.whole("max_epochs", least=1))
        if epochs.value is None:
            raise missing("--epochs", "train_cfg says no max_epochs", train.data.place)
        self.max_epochs = epochs.value
        self.iterations = epochs.to(epochs.value * self.epoch.value, f"of {self.epoch.value:,}")
        updates = -(-self.iterations.value // self._times)
        if draft.facts.steps is not None:
            draft.put("train.steps", draft.said("--steps", draft.facts.steps))
            draft.summary = f"{draft.facts.steps:,} updates"
        elif self._times == 1:
            draft.put("train.epochs", epochs)
            whole = amount(epochs.value, "epoch")
            draft.summary = f"{updates:,} updates = {whole} of {self.epoch.value:,}"
        else:
            draft.put("train.steps", self.iterations.to(updates, f"{self._times} an update"))
            draft.summary = f"{updates:,} updates of {self._times} batches"
        if not self.known:
            draft.assume("one update an epoch drawn (--steps-per-epoch)")
            draft.summary = amount(epochs.value, "epoch")
        elif self.epoch.value % self._times == 0:
            per_epoch = self.epoch.to(self.epoch.value // self._times)
            draft.put("train.steps_per_epoch", per_epoch)

    def _iterations(self, train: Keys) -> None:
        draft = self._draft
        limit = train.whole("max_iters", least=1)
        if draft.facts.steps is not None:
            limit = draft.said("--steps", draft.facts.steps * self._times)
        if limit.value is None:
            raise missing("--steps", "train_cfg says no max_iters", train.data.place)
        self.max_epochs, self.iterations = 1, limit
        updates = -(-limit.value // self._times)
        how = f"{self._times} an update" if self._times > 1 else ""
        draft.put("train.steps", limit.to(updates, how))
        draft.summary = f"{updates:,} updates"
        self._length, self.epoch = self.epoch, limit  # its one epoch ends with the training

    def _batches(self, needs: bool, train: Keys) -> Given:
        """Return the batches of an epoch: 1 where nothing depends on them and nothing says."""
        draft, facts = self._draft, self._draft.facts
        loader = draft.keys.inner("train_dataloader")
        if facts.steps_per_epoch is not None:
            given = draft.said("--steps-per-epoch", facts.steps_per_epoch)
            return given if self._times == 1 else given.to(given.value * self._times, "in batches")
        if facts.dataset_size is None:
            if needs:
                why = "counted in iterations, and how many an epoch has is not known"
                raise missing("--dataset-size (or --steps-per-epoch)", why, train.data.place)
            return Given(1, train.data.place, "one update an epoch")
        size = draft.dataset_size("", None)
        batch = loader.whole("batch_size", least=1)
        if batch.value is None:
            why = "train_dataloader says no batch_size"
            raise missing("--steps-per-epoch", why, loader.data.place)
        samples = math.ceil(size.value / draft.world_size().value)
        drops = loader.flag("drop_last").value
        batches = samples // batch.value if drops else math.ceil(samples / batch.value)
        if batches < 1:
            raise SpecError("the samples do not fill one batch", batch.place)
        return size.to(batches, f"in batches of {batch.value}")

    def scheduler(self, one: Keys) -> dict[str, Any]:
        """Return a scheduler with its counts in what it is stepped by."""
        by_epoch = one.flag("by_epoch", default=True).value
        times = 1
        if one.flag("convert_to_iter_based").value:
            if not by_epoch:
                raise one.wrong("convert_to_iter_based", "is for schedulers with by_epoch=True")
            times = (self.epoch if self.by_epoch else self._length).value
        end = self.max_epochs if by_epoch else self.iterations.value
        by_epoch = by_epoch and not one.flag("convert_to_iter_based").value
        found: dict[str, Any] = {
            "type": _kind(one),
            "by_epoch": by_epoch,
            "begin": self._count(one, "begin", 0, times),
            "end": self._count(one, "end", end, times),
        }
        if found["end"] <= found["begin"]:
            key = "end" if "end" in one else "begin"
            raise one.wrong(key, f"must leave steps: it acts from {found['begin']} to")
        for key in one.data:
            if key in (*_IGNORED, "by_epoch", "begin", "end") or key not in one:
                continue
            own = [
                each for each in inspect.signature(KINDS[_kind(one)]).parameters if each != "span"
            ]
            if key not in own:
                hint = suggestion(key, own) or f"; it has: {', '.join(own) or 'none of its own'}"
                problem = f"{one.name(key)}: {_kind(one)} has no such argument{hint}"
                raise SpecError(problem, one.place(key))
            value = _argument(one, key)
            if times > 1 and key in _COUNTS:
                many = isinstance(value, list)
                value = [each * times for each in value] if many else value * times
            found[key] = value
        return found

    @staticmethod
    def _count(one: Keys, key: str, default: int, times: int) -> int:
        given = one.number(key, default) if times > 1 else one.whole(key, default)
        if given.value < 0:
            raise one.wrong(key, "must be at least 0")
        return int(given.value * times)


def _argument(one: Keys, key: str) -> Any:
    """Return an argument of a scheduler, of the kind that its name has."""
    if key in _LISTS:
        listed = one.any(key).value
        whole = key != "restart_weights"
        kinds = (int,) if whole else (int, float)
        if not isinstance(listed, list) or not listed or not all(type(n) in kinds for n in listed):
            raise one.wrong(key, "must be a list of numbers")
        return list(listed)
    if key in _WHOLE:
        return one.whole(key, least=1).value
    if key == "three_phase":
        return one.flag(key).value
    if key == "anneal_strategy":
        return one.text(key).value
    value = one.data[key]
    return value if type(value) is int else one.number(key).value


def _optimizer(draft: Draft, wrapper: Keys) -> None:
    """Write the optimizer: the rate scaled by auto_scale_lr, and groups with multipliers."""
    optimizer = wrapper.inner("optimizer")
    name = str(optimizer.any("type", "SGD").value).rpartition(".")[2]
    lr = optimizer.number("lr")
    if lr.value is None:
        raise missing("it there", "optim_wrapper.optimizer says no lr", optimizer.data.place)
    ratio, how = _scale(draft)
    scaled = lr if ratio == 1 else lr.to(lr.value * ratio, how)
    known = name if name in catalog.optimizer_names() and name not in ("LBFGS", "SGD") else "SGD"
    draft.optimizer(scaled, known)
    if "constructor" in wrapper and wrapper.any("constructor").value != (
        "DefaultOptimWrapperConstructor"
    ):
        draft.assume(f"the rate of {wrapper.any('constructor').value}'s groups is not drawn, lr is")
        return
    paramwise = wrapper.inner("paramwise_cfg")
    named = {
        each: paramwise.inner("custom_keys").inner(each).number("lr_mult", 1.0)
        for each in paramwise.inner("custom_keys").data
    }
    named |= {
        key.removesuffix("_lr_mult"): paramwise.number(key)
        for key in ("bias_lr_mult", "dcn_offset_lr_mult")
        if key in paramwise
    }
    groups = {each: mult for each, mult in named.items() if mult.value != 1}
    for each, mult in groups.items():
        value = {"lr": lr.value * mult.value * ratio if ratio != 1 else lr.value * mult.value}
        draft.put(f"optimizer.groups.{each.replace('.', '_')}", mult.to(value, "times lr"))
    if groups:
        draft.put("optimizer.groups.rest", lr.to({}))


def _scale(draft: Draft) -> tuple[float, str]:
    """Return by what auto_scale_lr multiplies, and why."""
    scale = draft.keys.inner("auto_scale_lr")
    if not scale.flag("enable").value:
        draft.unused(scale, "base_batch_size", "auto_scale_lr.enable is not True")
        return 1, ""
    base = scale.whole("base_batch_size", least=1)
    batch = draft.keys.inner("train_dataloader").whole("batch_size", least=1)
    if base.value is None or batch.value is None:
        problem = "auto_scale_lr wants base_batch_size, and train_dataloader.batch_size"
        raise SpecError(problem, scale.data.place)
    real = draft.world_size().value * batch.value
    ratio = float(real) / float(base.value)
    draft.trap(
        "rate-by-world-size",
        f"auto_scale_lr multiplies lr by {ratio:g}, the samples of {real:,} over {base.value:,}:"
        " another number of processes gives another rate",
        "write the lr that is meant, and enable=False",
        base.place,
    )
    return ratio, f"times {ratio:g} (auto_scale_lr)"


def _trap(draft: Draft, found: list[dict[str, Any]], listed: list[Keys], loop: _Loop) -> None:
    """Tell of what is over within the training, counted in batches where several make an update."""
    times = draft.keys.inner("optim_wrapper").whole("accumulative_counts", 1).value
    for each, one in zip(found, listed, strict=True):
        if times == 1 or one.flag("by_epoch", default=True).value:
            continue
        counts = {key: each[key] for key in ("end", *_COUNTS) if key in one}
        last = {key: max(n) if isinstance(n, list) else n for key, n in counts.items()}
        key = next((key for key in last if last[key] < loop.iterations.value), None)
        if key is None:
            continue
        draft.trap(
            "mmengine-steps-per-batch",
            f"{each['type']} is stepped after each batch, and {times} batches make an update"
            f" (accumulative_counts): {key} {last[key]:,} is update {last[key] // times:,}",
            f"count in batches, {times} for each update that is meant",
            place_of(one.data, (key,)),
        )


FRAMEWORK = Framework(
    name="mmengine",
    title="MMEngine",
    file="Python configs of MMEngine, MMDetection and kin, with the files of _base_",
    looked_for="optim_wrapper or param_scheduler",
    version=VERSION,
    recognises=_recognises,
    convert=_convert,
    aliases=("mmdet", "mmdetection"),
)
