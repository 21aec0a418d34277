"""The dummy optimizer of a schedule: the spec's class, groups and options, checked first."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Optimizer

from lrviz import catalog
from lrviz.building import signatures
from lrviz.building.dummy import dummy_optimizer
from lrviz.building.imports import import_scheduler
from lrviz.building.signatures import ANY, Parameter, Signature
from lrviz.building.values import share
from lrviz.document import place_of, unplaced
from lrviz.errors import ScheduleError, SpecError, suggestion
from lrviz.spec.schedule import GroupSpec, OptimizerSpec, Schedule


def build_optimizer(schedule: Schedule) -> Optimizer:
    """Build the dummy optimizer of a schedule: the spec's class, groups and options.

    Raises:
        SpecError: The class or an option is unknown, or of the wrong kind.
        ScheduleError: The class refuses its options.
    """
    described = schedule.optimizer
    place = described.place or schedule.at("optimizer")
    try:
        target = optimizer_class(described.type, trust=schedule.trust)
    except SpecError as error:
        raise error.at(place, ("optimizer", "type") if place and place.line else ()) from None
    known = signatures.signature(target, skip=("params",))
    arguments = _optimizer_arguments(described, known)
    default = known.parameters["lr"].default if "lr" in known.parameters else None
    lr, scale = arguments.get("lr", default), 1.0
    if described.lr is not None:
        scale = described.lr / lr if isinstance(lr, int | float) and lr else 1.0
        lr = arguments["lr"] = described.lr
    groups = [_group(group, known, lr, scale) for group in described.groups]
    try:
        return dummy_optimizer(target, groups, arguments)
    except ScheduleError as error:
        if len(groups) > 1 and "per-parameter options" in error.message:
            error.message += "; take `groups:` out"
        raise error.at(schedule.at("optimizer")) from error


def optimizer_class(name: str, *, trust: bool) -> type[Optimizer]:
    """Return the optimizer class of a name.

    Args:
        name: A class of torch.optim, or a dotted path.
        trust: Dotted paths to anything are imported.

    Raises:
        SpecError: There is none, or it would have to be imported and is not trusted.
    """
    short = name.removeprefix("torch.optim.")
    found: Any = getattr(torch.optim, short, None) if "." not in short else None
    if found is None and "." in short:
        if not trust:
            raise SpecError(
                f"{name} is no optimizer of torch, and importing it runs its code; "
                "if you know what it does, add --trust"
            )
        found = import_scheduler(name, trust=True)
    if not (isinstance(found, type) and issubclass(found, Optimizer)) or found is Optimizer:
        known = catalog.optimizer_names()
        hint = suggestion(short, known) or f"; torch has: {', '.join(known)}"
        raise SpecError(f"no optimizer {name!r}{hint}")
    return found


def _optimizer_arguments(described: OptimizerSpec, known: Signature) -> dict[str, Any]:
    result = {}
    for key, value in described.options.items():
        place = place_of(described.options, (key,))
        try:
            parameter = known.known(key)
            result[key] = _optimizer_value(value, parameter)
        except SpecError as error:
            raise error.at(place, ("optimizer", key)) from None
    known.complete(result)
    return result


def _optimizer_value(value: Any, parameter: Parameter) -> Any:
    value = unplaced(value)
    if isinstance(value, list) and signatures.takes(parameter.annotation, list):
        value = tuple(value)
    annotation = parameter.annotation
    if annotation is ANY and parameter.default not in (ANY, None):
        annotation = type(parameter.default)
    signatures.check(value, annotation)
    return value


def _group(group: GroupSpec, known: Signature, lr: Any, scale: float) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in group.options.items():
        place = place_of(group.options, (key,))
        try:
            parameter = known.known(key)
            if key == "lr" and isinstance(value, str):
                value = share(value) * lr / scale
            result[key] = _optimizer_value(value, parameter)
        except SpecError as error:
            if key not in known.parameters and "lr" in key and isinstance(value, int | float):
                error.message += f"; torch reads no {key} of a group: write lr: {value!r}lr"
            raise error.at(place, (*group.path, key)) from None
    if "lr" in result or group.factor != 1.0:
        result["lr"] = result["lr"] * scale if "lr" in result else lr
        if group.factor != 1.0:
            result["lr"] = result["lr"] * group.factor
    return result
