"""The sections of a spec, as models: what may stand in each, and the message for what may not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lrviz.document import KeyPath, place_of
from lrviz.errors import SpecError, number_hint, shown, suggestion
from lrviz.spec import durations
from lrviz.spec.metrics import Metric, integral
from lrviz.spec.misplaced import home

Interval = Literal["step", "epoch", "fraction"]

RESUMES = ("all", "no-scheduler", "no-optimizer", "nothing", "optimizer-first")
PLANNED = "planned:"  # before the length of the run whose checkpoint is resumed

STEPS = ("first", "peak", "last", "after")  # the updates that have names

# The keys that may hold a scheduler's name: ours, Hydra's and Lightning's.
SPELLINGS = ("type", "_target_", "class_path")


Count = Annotated[int, Field(ge=1, le=durations.MOST), BeforeValidator(integral)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Moment = Annotated[int, Field(ge=0, le=durations.MOST), BeforeValidator(integral)] | str


def _resume(value: Any) -> Any:
    planned = isinstance(value, str) and re.fullmatch(f"{PLANNED}[1-9][0-9]{{0,14}}", value)
    if value not in RESUMES and not planned:
        raise ValueError(f"must be {', '.join(RESUMES)} or {PLANNED}N (updates)")
    return value


def _step(value: int | str) -> int | str:
    for each in value.split(",") if isinstance(value, str) else ():
        text = each.strip()
        if text in (*STEPS, "all") or re.fullmatch(r"[0-9]{1,18}", text):
            continue
        duration = durations.parse(text)
        if duration is None or duration.unit == "rest":
            raise ValueError(f"must be a step: 500, 50%, 30ep, 375Mtok, {', '.join(STEPS)} or all")
    return value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Train(_Model):
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
    drop_last: Annotated[
        bool, Field(description="Leave out a device's incomplete last batch, as a DataLoader does.")
    ] = False
    start: Annotated[
        int,
        Field(ge=0, le=durations.MOST, description="The update at which training is resumed."),
        BeforeValidator(integral),
    ] = 0
    resume: Annotated[
        str,
        Field(
            description="What is restored there: all; not the scheduler's state, not the "
            "optimizer's, neither; the optimizer's before the scheduler is built; or all, of a "
            "run that was planned for N updates (`planned:N`).",
            json_schema_extra={"pattern": f"^({'|'.join(RESUMES)}|{PLANNED}[1-9][0-9]*)$"},
        ),
        BeforeValidator(_resume),
    ] = "all"
    sampler_drop_last: Annotated[
        bool,
        Field(
            description="Leave out what does not fill all devices, as a DistributedSampler with "
            "drop_last does; else it is filled up with samples seen before."
        ),
    ] = False


class Group(_Model):
    """One param group, or `count` of them with a layer-wise decay; other keys are its options."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    count: Annotated[Count, Field(description="This many groups: name.0, name.1 ...")] = 1
    lr_decay: Annotated[
        Positive, Field(description="Of n groups, group i has lr * lr_decay ** (n - i).")
    ] = 1.0


class Optimizer(_Model):
    """The optimizer; the keys not named here are its class's own arguments."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    type: Annotated[str, Field(description="A class of torch.optim.")] = "SGD"
    groups: Annotated[
        dict[str, Group | None], Field(description="Param groups by name.", min_length=1)
    ] = Field(default_factory=dict, validate_default=False)


class Trained(Optimizer):
    """One optimizer of several in a training, its own arguments, and the schedulers on it."""

    scheduler: str | dict[str, Any] | None = None
    schedulers: Annotated[list[dict[str, Any] | str], Field(min_length=1)] | None = None
    interval: Interval | None = None
    frequency: Count | None = None
    metric: dict[str, Any] | None = None


class Member(_Model):
    """A scheduler, and when its step() is called."""

    scheduler: Annotated[str | dict[str, Any], Field(description="A name, or `type:` and more.")]
    interval: Annotated[
        Interval,
        Field(
            description="After each update, or each epoch; `fraction`: after each update, with the "
            "epochs done, step(epoch + i / updates an epoch)."
        ),
    ] = "step"
    frequency: Annotated[Count, Field(description="step() after every n-th only.")] = 1
    begin: Annotated[Moment, Field(description="step() is called from here on.")] = 0
    end: Annotated[Moment | None, Field(description="step() is called until here.")] = None
    metric: Annotated[Metric | None, Field(description="What ReduceLROnPlateau sees.")] = None


class Plot(_Model):
    """Defaults for the figure."""

    x: Literal["step", "epoch", "progress", "tokens"] | None = None
    log: bool = False


class Table(_Model):
    """Defaults for the table."""

    at: list[Annotated[Moment, AfterValidator(_step)]] = Field(default_factory=list)


class Check(_Model):
    """Rules of `lrviz check` that this spec is not held to, each with the reason."""

    ignore: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)


class Curve(_Model):
    """What stands beside a scheduler: one curve."""

    scheduler: str | dict[str, Any] | None = None
    schedulers: Annotated[list[dict[str, Any] | str], Field(min_length=1)] | None = None
    interval: Interval | None = None
    frequency: Count | None = None
    metric: dict[str, Any] | None = None
    train: Train = Field(default_factory=Train)
    optimizer: dict[str, Any] | str | None = None
    optimizers: Annotated[dict[str, dict[str, Any] | str], Field(min_length=1)] | None = None
    summary: str | None = None
    when: str | None = None
    reference: str | None = None
    check: Check = Field(default_factory=Check)


class Spec(Curve):
    """A spec file of lrviz: how training goes, and the learning-rate schedules to look at."""

    title: str | None = None
    schedules: Annotated[dict[str, dict[str, Any] | str], Field(min_length=1)] | None = None
    plot: Plot = Field(default_factory=Plot)
    table: Table = Field(default_factory=Table)


SECTIONS: dict[str, list[str]] = {
    "train": list(Train.model_fields),
    "plot": list(Plot.model_fields),
    "table": list(Table.model_fields),
    "metric": list(Metric.model_fields),
}
"""The keys of the sections that a schedule may have."""

_LOOK_ALIKE = {
    "schedulers": "must be a list, of the schedulers on one optimizer; for curves by their labels, "
    "did you mean schedules?",
    "schedules": "must be a mapping, of labels to curves; for several schedulers on one optimizer, "
    "did you mean schedulers?",
}
_NO_LIST = {
    "scheduler": "must be one, as in scheduler: {type: StepLR, step_size: 30}; for several on one "
    "optimizer, did you mean schedulers?",
    "optimizer": "must be one, as in optimizer: {type: SGD, lr: 0.1}; for several in one training, "
    "did you mean optimizers?",
    "optimizers": "must be a mapping, of names to optimizers, as in optimizers: "
    "{generator: {type: Adam, lr: 0.001}}",
    "groups": "must be a mapping, of names to param groups, as in groups: "
    "{backbone: {lr: 0.001}, head: {}}",
}

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
    if isinstance(value, int):  # as it was written: 1e308 is an int by now
        value = _found(data, loc)
    if kind == "extra_forbidden":
        if issubclass(model, Curve | Member) and loc[-1] in SPELLINGS:
            hint = f"a scheduler stands under `scheduler:`, as in scheduler: {{{loc[-1]}: ...}}"
            return SpecError(f"{name}: {hint}", place_of(data, loc, key=True))
        known = _known_keys(model, loc[:-1])
        stands = home(str(loc[-1]), value, SECTIONS)
        hint = f"; it stands under {stands}" if stands else suggestion(str(loc[-1]), known)
        hint = hint or f"; known here: {', '.join(known)}"
        return SpecError(f"{name}: unknown key{hint}", place_of(data, loc, key=True))
    for key, other in _LOOK_ALIKE.items():
        if loc and loc[-1] == key and isinstance(value, Mapping | list):
            return SpecError(f"{name}: {other}", place_of(data, loc, key=True))
    if loc and loc[-1] in _NO_LIST and isinstance(value, list):
        return SpecError(f"{name}: {_NO_LIST[str(loc[-1])]}", place_of(data, loc, key=True))
    if kind == "missing":
        missing = ".".join(str(part) for part in (*path, *first["loc"]))
        return SpecError(f"{missing} is missing", place_of(data, loc))
    if kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
        kind = "finite_number"  # one beyond all doubles
    words = _words(kind, first.get("ctx", {})) or first["msg"].removeprefix("Value error, ")
    given = "" if isinstance(value, Mapping | list) else f", not {shown(value)}{number_hint(value)}"
    return SpecError(f"{name or 'the spec'}: {words}{given}", place_of(data, loc))


_WORDS = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be a boolean",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "too_short": "must not be empty",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:,.16g}",
    "less_than_equal": "must be at most {le:,.16g}",
}


def _words(kind: str, context: Mapping[str, Any]) -> str:
    """Return what pydantic's kind of error says of a value; empty where its own words are ours."""
    return _WORDS.get(kind, "").format_map(context)


def _found(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


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
