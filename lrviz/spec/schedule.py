"""The spec of one schedule, everything merged: how long, which optimizer, which schedulers.

Nothing here knows torch: whether a scheduler has an argument is for the factory to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrviz.document import KeyPath, Map, place_of
from lrviz.errors import Place, SpecError
from lrviz.spec.config import Config
from lrviz.spec.durations import Length
from lrviz.spec.metrics import Metric
from lrviz.spec.models import (
    PLANNED,
    Check,
    Group,
    Interval,
    Member,
    Optimizer,
    Plot,
    Table,
    validated,
)

DEFAULT_OPTIMIZER = {"type": "SGD", "lr": 0.1, "momentum": 0.9}
MAX_GROUPS = 2000  # torch compares each with all before it


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
        metric: What those of them see that look at a metric.
        picked: Which of several optimizers that `function` returns; None where it is one.
        start: The update at which training is resumed; 0 for a new one.
        resume: What is restored there, see `lrviz.spec.models.RESUMES`.
        plot: Defaults for the figure.
        table: Defaults for the table.
        check: Rules that it is not held to.
        title: The file's title.
        summary: What it is, in a line.
        when: When to use it.
        reference: Where it was published.
        notes: What was assumed.
        warnings: What is wrong with it, or said of it and cannot act on it.
        config: What was said of the framework's config that it is from; None for a spec of lrviz.
        beside: The other optimizers of its training; one without a scheduler has no `members`.
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
    metric: Metric | None = None
    picked: int | None = None
    start: int = 0
    resume: str = "all"
    plot: Plot = field(default_factory=Plot)
    table: Table = field(default_factory=Table)
    check: Check = field(default_factory=Check)
    title: str | None = None
    summary: str | None = None
    when: str | None = None
    reference: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    config: Config | None = None
    beside: tuple[str, ...] = ()

    def at(self, *path: str | int, key: bool = False) -> Place | None:
        """Return the place of the value (or the key) at `path`, or of what is nearest to it."""
        return place_of(self.tree, path, key=key)

    @property
    def planned(self) -> int | None:
        """Updates for which the run was planned that is resumed; None: for as many as this one."""
        _, of_another, count = self.resume.partition(PLANNED)
        return int(count) if of_another else None

    @property
    def interval(self) -> Interval:
        """`epoch` where every scheduler is stepped per epoch, else `step`."""
        epochs = self.members and all(member.interval == "epoch" for member in self.members)
        return "epoch" if epochs else "step"


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
