"""The spec of one schedule, everything merged: how long, which optimizer, which schedulers.

Nothing here knows torch: whether a scheduler has an argument is for the factory to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from lrviz.document import KeyPath, Map, place_of
from lrviz.errors import Place, SpecError
from lrviz.spec.durations import MOST, Length
from lrviz.spec.metrics import Metric
from lrviz.spec.models import (
    Check,
    Group,
    Interval,
    Member,
    Optimizer,
    Plot,
    Table,
    Train,
    validated,
)

DEFAULT_STEPS = 1000
DEFAULT_OPTIMIZER = {"type": "SGD", "lr": 0.1, "momentum": 0.9}
MAX_UPDATES = 10**8
MAX_GROUPS = 2000  # torch compares each with all before it

# What says how long a training is, and what says how long an epoch is: one of each at most.
LENGTHS = ("steps", "epochs", "tokens")
SIZES = (
    *("dataset_size", "batch_size", "world_size"),
    *("accumulate", "drop_last", "sampler_drop_last"),
)


@dataclass(frozen=True)
class GroupSpec:
    """One param group: its name, its options, and where in the spec it stands."""

    name: str
    options: Map
    factor: float = 1.0
    path: KeyPath = ()


@dataclass(frozen=True)
class OptimizerSpec:
    """The optimizer of one schedule.

    Attributes:
        type: Name of a class of torch.optim, or a dotted path.
        options: The class's keyword arguments.
        groups: One or more param groups.
        lr: The learning rate that the command line asks for; the groups' own scale with it.
        place: Where the type stands.
    """

    type: str
    options: Map
    groups: tuple[GroupSpec, ...]
    lr: float | None = None
    place: Place | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class MemberSpec:
    """One scheduler of a schedule, with everything merged and presets written out.

    Attributes:
        node: `type` and its arguments.
        path: Where the node stands in the schedule: `("scheduler",)`, or below `schedulers`.
        interval: When `step()` is called.
        interval_stated: The spec, a preset or the command line says so.
        frequency: Every n-th call only.
        begin: From here on (a count of the interval's units, or a duration).
        end: Until here, exclusive; None for the training's end.
        metric: What `step` is given, or None.
    """

    node: Map
    path: KeyPath
    interval: Interval = "step"
    interval_stated: bool = False
    frequency: int = 1
    begin: int | str = 0
    end: int | str | None = None
    metric: Metric | None = None


@dataclass(frozen=True, eq=False)
class Schedule:
    """One curve to be: a training's length, an optimizer, and the schedulers on it.

    Attributes:
        label: The curve's name.
        source: What the user named it by.
        tree: The merged data, with places.
        length: How long training is.
        optimizer: What the schedulers act on.
        members: The schedulers in the order in which they are built.
        folder: Where a metric's file is looked for.
        trust: Dotted paths to anything may be imported.
        function: A user's function in place of `members`.
        stepped: When the schedulers that `function` builds are stepped, where it does not say.
        plot: Defaults for the figure.
        table: Defaults for the table.
        check: Rules that it is not held to.
        title: The file's title.
        summary: What it is, in a line.
        when: When to use it.
        reference: Where it was published.
        notes: What was assumed.
        warnings: What is said of it and cannot act on it.
    """

    label: str
    source: str
    tree: Map
    length: Length
    optimizer: OptimizerSpec
    members: tuple[MemberSpec, ...] = ()
    folder: Path = Path()
    trust: bool = False
    function: Callable[..., Any] | None = None
    stepped: Interval | None = None
    plot: Plot = field(default_factory=Plot)
    table: Table = field(default_factory=Table)
    check: Check = field(default_factory=Check)
    title: str | None = None
    summary: str | None = None
    when: str | None = None
    reference: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def at(self, *path: str | int, key: bool = False) -> Place | None:
        """Return the place of the value (or the key) at `path`, or of what is nearest to it."""
        return place_of(self.tree, path, key=key)

    @property
    def interval(self) -> Interval:
        """`epoch` where every scheduler is stepped per epoch, else `step`."""
        epochs = self.members and all(member.interval == "epoch" for member in self.members)
        return "epoch" if epochs else "step"


def length(train: Map | None, *, force: bool = False) -> Length:
    """Return how long a training is.

    Each of `world_size` devices sees ceil(dataset_size / world_size) samples an epoch (rounded down
    with `sampler_drop_last`), in ceil(samples / batch_size) batches (rounded down with
    `drop_last`), and updates an epoch are ceil(batches / accumulate): what torch's
    DistributedSampler and DataLoader give. Updates are ceil(epochs * updates an epoch), or
    ceil(tokens / tokens_per_update).

    Raises:
        SpecError: Nothing says how long, two things say it, or it is absurdly long.
    """
    data = train if train is not None else Map()
    section = validated(Train, data, ("train",))
    given = [key for key in LENGTHS if getattr(section, key) is not None]
    if len(given) > 1:
        raise SpecError(
            f"train: {' and '.join(given)} at once; keep one", place_of(data, (given[1],), key=True)
        )
    if not given:
        raise SpecError(
            "nothing says how long training is; add `train: {steps: 10000}` or `epochs:`, "
            "or give --steps",
            data.place,
        )
    per_epoch = _updates_per_epoch(section, data)
    per_update = _fraction(section.tokens_per_update)
    if section.steps is not None:
        updates = section.steps
    elif section.epochs is not None:
        updates = math.ceil(_exact(section.epochs) * (per_epoch or 1))
    elif per_update is None:
        raise SpecError("train: tokens needs tokens_per_update", place_of(data, ("tokens",)))
    else:
        updates = math.ceil(_exact(section.tokens or 0.0) / per_update)
    meant, place = f"is `{given[0]}` what was meant?", place_of(data, (given[0],))
    if updates > MOST:
        raise SpecError(f"train: more than {MOST:,} updates; {meant}", place)
    if updates > MAX_UPDATES and not force:
        raise SpecError(
            f"train: {updates:,} updates, more than {MAX_UPDATES:,}; {meant} --force goes on", place
        )
    only = section.epochs is not None and per_epoch is None
    return Length(updates, 1 if only else per_epoch, per_update, epochs_only=only)


def _updates_per_epoch(section: Train, data: Map) -> int | None:
    sizes = [key for key in SIZES if key in data]
    if section.steps_per_epoch is not None:
        if sizes:
            raise SpecError(
                f"train: steps_per_epoch and {sizes[0]} at once; keep one of the two ways",
                place_of(data, (sizes[0],), key=True),
            )
        return section.steps_per_epoch
    if not sizes:
        return None
    if section.dataset_size is None or section.batch_size is None:
        needs = "dataset_size" if section.dataset_size is None else "batch_size"
        raise SpecError(f"train: {sizes[0]} needs {needs} too", place_of(data, (sizes[0],)))
    if section.sampler_drop_last and section.world_size == 1:
        raise SpecError(
            "train: sampler_drop_last leaves out what does not fill all devices, and there is one; "
            "give world_size, or take it out",
            place_of(data, ("sampler_drop_last",), key=True),
        )
    batches = _batches(section, section.sampler_drop_last)
    if not batches:
        device_batch = section.batch_size * section.world_size
        raise SpecError(
            f"train: {section.dataset_size:,} samples do not fill one batch of {device_batch:,}, "
            "and drop_last leaves it out",
            place_of(data, ("batch_size",)),
        )
    return -(-batches // section.accumulate)


def _batches(section: Train, sampler_drops: bool) -> int:
    """Return the batches that one device sees an epoch."""
    samples = _divided(section.dataset_size or 0, section.world_size, down=sampler_drops)
    return _divided(samples, section.batch_size or 1, down=section.drop_last)


def _divided(count: int, by: int, *, down: bool) -> int:
    return count // by if down else -(-count // by)


def padding(train: Map) -> str:
    """Return what is to be known of the samples that do not fill all devices; or nothing.

    With `drop_last` it matters whether the sampler fills them up, as torch's does by itself.
    """
    section = validated(Train, train, ("train",))
    if not section.drop_last or section.world_size == 1 or section.sampler_drop_last:
        return ""
    filled, dropped = (-(-_batches(section, each) // section.accumulate) for each in (False, True))
    if filled == dropped:
        return ""
    return (
        f"{filled:,} updates an epoch, as torch's DistributedSampler fills up what does not fill "
        f"all devices; {dropped:,} where it drops that too (sampler_drop_last: true)"
    )


def _exact(value: float) -> Fraction:
    # The number that was written: 1.1 is 11/10, not the double beside it.
    return Fraction(repr(value))


def _fraction(value: float | None) -> Fraction | None:
    return None if value is None else _exact(value)


def optimizer(value: Any, lr: float | None = None) -> OptimizerSpec:
    """Return the optimizer's section as a spec.

    Raises:
        SpecError: A key or a value of it is wrong.
    """
    data = value if isinstance(value, Map) else Map({"type": value})
    section = validated(Optimizer, data, ("optimizer",))
    groups: list[GroupSpec] = []
    for name, group in section.groups.items():
        options = data["groups"][name]
        own = options.without("count", "lr_decay") if isinstance(options, Map) else Map()
        path: KeyPath = ("optimizer", "groups", name)
        group = group or Group()
        if len(groups) + group.count > MAX_GROUPS:
            raise SpecError(
                f"optimizer.groups: more than {MAX_GROUPS:,} param groups; take fewer",
                place_of(data, ("groups", name, "count")),
            )
        if isinstance(options, Map) and "count" not in options:
            groups.append(GroupSpec(name, own, group.lr_decay, path))
            continue
        if not isinstance(options, Map):
            groups.append(GroupSpec(name, own, 1.0, path))
            continue
        for index in range(group.count):
            try:
                factor = group.lr_decay ** (group.count - index)
            except OverflowError:
                power = f"{group.lr_decay} ** {group.count}"
                raise SpecError(
                    f"optimizer.groups.{name}.lr_decay: {power} is too large",
                    place_of(data, ("groups", name, "lr_decay")),
                ) from None
            groups.append(GroupSpec(f"{name}.{index}", own, factor, path))
    options = data.without("type", "groups")
    given = tuple(groups) or (GroupSpec("0", Map()),)
    return OptimizerSpec(section.type, options, given, lr, place_of(data, ("type",)))


def members(tree: Map, interval: Interval | None = None) -> tuple[MemberSpec, ...]:
    """Return the schedulers of a schedule whose presets are written out.

    Args:
        tree: The schedule's data.
        interval: What `--interval` says, for those that do not say it themselves.

    Raises:
        SpecError: A member is wrong.
    """
    if "schedulers" not in tree:
        listed: list[tuple[KeyPath, Any]] = [((), tree.only(*Member.model_fields))]
    else:
        listed = [(("schedulers", i), item) for i, item in enumerate(tree["schedulers"])]
        for key in ("interval", "frequency"):
            if key in tree:
                raise SpecError(
                    f"{key}: say it on the members of `schedulers`",
                    place_of(tree, (key,), key=True),
                )
    result = []
    for path, data in listed:
        section = validated(Member, data, path)
        metric = section.metric
        if metric is None and path and "metric" in tree:
            metric = validated(Metric, tree["metric"], ("metric",))
        stated = "interval" in data or interval is not None
        result.append(
            MemberSpec(
                node=data["scheduler"],
                path=(*path, "scheduler"),
                interval=section.interval if "interval" in data else interval or "step",
                interval_stated=stated,
                frequency=section.frequency,
                begin=section.begin,
                end=section.end,
                metric=metric,
            )
        )
    return tuple(result)
