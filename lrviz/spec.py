"""The spec: its sections, what is valid in them, how they are merged; `Schedule` is the outcome.

Nothing here knows torch: whether a scheduler has an argument is for the factory to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lrviz.document import Map, place_of
from lrviz.durations import Length
from lrviz.errors import Place, SpecError, shown, suggestion
from lrviz.metrics import Metric

Interval = Literal["step", "epoch"]
KeyPath = tuple[str | int, ...]

DEFAULT_STEPS = 1000
DEFAULT_OPTIMIZER = {"type": "SGD", "lr": 0.1, "momentum": 0.9}
MAX_UPDATES = 10**8
MOST = 10**15  # of any count: below it, all arithmetic on counts is exact and fits 64 bits

# The keys that may hold a scheduler's name: ours, Hydra's and Lightning's.
SPELLINGS = ("type", "_target_", "class_path")

# What says how long a training is, and what says how long an epoch is: one of each at most.
LENGTHS = ("steps", "epochs", "tokens")
SIZES = ("dataset_size", "batch_size", "world_size", "accumulate", "drop_last")


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Count = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_whole)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Moment = Annotated[int, Field(ge=0, le=MOST), BeforeValidator(_whole)] | str


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Train(_Section):
    """How long training is, and how many updates an epoch has."""

    steps: Annotated[Count | None, Field(description="Optimizer updates in all.")] = None
    epochs: Annotated[Positive | None, Field(description="Epochs; may be fractional.")] = None
    tokens: Annotated[Positive | None, Field(description="Tokens in all.")] = None
    tokens_per_update: Annotated[
        Positive | None, Field(description="Tokens that one update sees.")
    ] = None
    steps_per_epoch: Annotated[Count | None, Field(description="Updates an epoch.")] = None
    dataset_size: Annotated[Count | None, Field(description="Samples an epoch.")] = None
    batch_size: Annotated[Count | None, Field(description="Samples a batch of one device.")] = None
    world_size: Annotated[Count, Field(description="Devices.")] = 1
    accumulate: Annotated[Count, Field(description="Batches an update.")] = 1
    drop_last: Annotated[bool, Field(description="Leave out an incomplete last batch.")] = False


class Group(_Section):
    """One param group, or `count` of them with a layer-wise decay; other keys are its options."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    count: Annotated[Count, Field(description="This many groups: name.0, name.1 ...")] = 1
    lr_decay: Annotated[
        Positive, Field(description="Of n groups, group i has lr * lr_decay ** (n - i).")
    ] = 1.0


class Optimizer(_Section):
    """The optimizer; the keys not named here are its class's own arguments."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    type: Annotated[str, Field(description="A class of torch.optim.")]
    groups: Annotated[
        dict[str, Group | None], Field(description="Param groups by name.", min_length=1)
    ] = Field(default_factory=dict, validate_default=False)


class Member(_Section):
    """A scheduler, and when its step() is called."""

    scheduler: Annotated[str | dict[str, Any], Field(description="A name, or `type:` and more.")]
    interval: Annotated[Interval, Field(description="After each update, or each epoch.")] = "step"
    frequency: Annotated[Count, Field(description="step() after every n-th only.")] = 1
    begin: Annotated[Moment, Field(description="step() is called from here on.")] = 0
    end: Annotated[Moment | None, Field(description="step() is called until here.")] = None
    metric: Annotated[Metric | None, Field(description="What ReduceLROnPlateau sees.")] = None


class Plot(_Section):
    """Defaults for the figure."""

    x: Literal["step", "epoch", "progress", "tokens"] | None = None
    log: bool = False


class Table(_Section):
    """Defaults for the table."""

    at: list[int | str] = Field(default_factory=list)


class Check(_Section):
    """Rules of `lrviz check` that this spec is not held to, each with the reason."""

    ignore: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)


class Curve(_Section):
    """What stands beside a scheduler: one curve."""

    scheduler: str | dict[str, Any] | None = None
    schedulers: Annotated[list[dict[str, Any] | str], Field(min_length=1)] | None = None
    interval: Interval | None = None
    frequency: Count | None = None
    metric: dict[str, Any] | None = None
    train: Train | None = None
    optimizer: dict[str, Any] | str | None = None
    summary: str | None = None
    when: str | None = None
    reference: str | None = None
    check: Check | None = None


class Spec(Curve):
    """A spec file of lrviz: how training goes, and the learning-rate schedules to look at."""

    title: str | None = None
    schedules: Annotated[dict[str, dict[str, Any] | str], Field(min_length=1)] | None = None
    plot: Plot | None = None
    table: Table | None = None


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
    """

    type: str
    options: Map
    groups: tuple[GroupSpec, ...]
    lr: float | None = None


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
        notes: What was assumed or rounded.
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

    def at(self, *path: str | int, key: bool = False) -> Place | None:
        """Return the place of the value (or the key) at `path`, or of what is nearest to it."""
        return place_of(self.tree, path, key=key)

    @property
    def interval(self) -> Interval:
        """`epoch` where every scheduler is stepped per epoch, else `step`."""
        epochs = self.members and all(member.interval == "epoch" for member in self.members)
        return "epoch" if epochs else "step"


M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], data: Any, path: KeyPath = ()) -> M:
    """Return `data` as `model`.

    Raises:
        SpecError: The first thing that is wrong, with its place, key path and what to do.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _spec_error(model, data, path, error) from None


def _spec_error(model: type[M], data: Any, path: KeyPath, error: ValidationError) -> SpecError:
    # A union gives an error for each of its members: the deepest says most.
    first = max(error.errors(include_url=False), key=lambda each: len(_walk(data, each["loc"])))
    loc = _walk(data, first["loc"])
    name = ".".join(str(part) for part in (*path, *loc))
    kind, value = first["type"], first["input"]
    if kind == "extra_forbidden":
        if issubclass(model, Curve | Member) and loc[-1] in SPELLINGS:
            hint = f"a scheduler stands under `scheduler:`, as in scheduler: {{{loc[-1]}: ...}}"
            return SpecError(f"{name}: {hint}", place_of(data, loc, key=True))
        known = _known_keys(model, loc[:-1])
        hint = suggestion(str(loc[-1]), known) or f"; known here: {', '.join(known)}"
        return SpecError(f"{name}: unknown key{hint}", place_of(data, loc, key=True))
    if kind == "missing":
        missing = ".".join(str(part) for part in (*path, *first["loc"]))
        return SpecError(f"{missing} is missing", place_of(data, loc))
    words = first["msg"].removeprefix("Value error, ")
    words = words.replace("Input should be", "must be").replace("a valid ", "a ")
    words = words.replace("a integer", "a whole number").replace(
        "greater than or equal to", "at least"
    )
    words = words.replace("less than or equal to", "at most")
    if kind == "string_too_short":
        words = "must not be empty"
    given = (
        "" if isinstance(value, Mapping | list) else f", not {shown(value)}{_number_hint(value)}"
    )
    return SpecError(f"{name or 'the spec'}: {words}{given}", place_of(data, loc))


def _number_hint(value: Any) -> str:
    if isinstance(value, str) and "_" in value and value.replace("_", "").isdigit():
        return f" (YAML has no underscores in numbers: {value.replace('_', '')})"
    return ""


def _walk(data: Any, loc: tuple[str | int, ...]) -> KeyPath:
    """Return the part of pydantic's `loc` that is a path in the data, less its union tags."""
    path: list[str | int] = []
    for part in loc:
        if isinstance(data, Mapping) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def _known_keys(model: type[BaseModel], loc: KeyPath) -> list[str]:
    for part in loc:
        info = model.model_fields.get(str(part))
        arguments = [info.annotation, *getattr(info.annotation, "__args__", ())] if info else []
        models = [each for each in arguments if isinstance(each, type)]
        models = [each for each in models if issubclass(each, BaseModel)]
        if not models:
            return []
        model = models[0]
    return list(model.model_fields)


def length(train: Map | None, *, force: bool = False) -> Length:
    """Return how long a training is.

    Updates an epoch are ceil(ceil(dataset_size / (batch_size * world_size)) / accumulate), the
    inner one rounded down with `drop_last`; updates are ceil(epochs * updates an epoch), or
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
    if updates > MAX_UPDATES and not force:
        raise SpecError(
            f"train: {updates:,} updates, more than {MAX_UPDATES:,}; "
            f"is `{given[0]}` what was meant? --force goes on",
            place_of(data, (given[0],)),
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
    device_batch = section.batch_size * section.world_size
    batches = section.dataset_size // device_batch
    if not section.drop_last and section.dataset_size % device_batch:
        batches += 1
    if not batches:
        raise SpecError(
            f"train: {section.dataset_size:,} samples do not fill one batch of {device_batch:,}, "
            "and drop_last leaves it out",
            place_of(data, ("batch_size",)),
        )
    return -(-batches // section.accumulate)


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
        if isinstance(options, Map) and "count" not in options:
            groups.append(GroupSpec(name, own, group.lr_decay, path))
            continue
        if not isinstance(options, Map):
            groups.append(GroupSpec(name, own, 1.0, path))
            continue
        for index in range(group.count):
            factor = group.lr_decay ** (group.count - index)
            groups.append(GroupSpec(f"{name}.{index}", own, factor, path))
    options = data.without("type", "groups")
    return OptimizerSpec(section.type, options, tuple(groups) or (GroupSpec("0", Map()),), lr)


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
