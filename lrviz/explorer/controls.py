"""A page's spec to its controls: one for every argument of each real signature or preset."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from lrviz import catalog, shapes
from lrviz.building import signatures
from lrviz.building.imports import import_scheduler, torch_scheduler
from lrviz.building.named import lambda_lr
from lrviz.building.optimizers import optimizer_class
from lrviz.building.signatures import ANY, Parameter
from lrviz.document import KeyPath
from lrviz.errors import LrvizError
from lrviz.explorer.ranges import (
    Kind,
    Measure,
    Range,
    annotation_of,
    choices_of,
    kind_of,
    position,
    range_of,
)
from lrviz.shapes import frameworks
from lrviz.views.text.about import described, flow

_NO_CONTROLS = ("optimizer", "last_epoch", "schedulers")


@dataclass(frozen=True)
class Control:
    """One control.

    Attributes:
        path: Of the value in the page's spec.
        name: The argument, or the key.
        kind: What it looks like.
        value: The value as YAML: what the spec has, or else the default; empty where there is none.
        given: The spec has it.
        default: The default as YAML; empty where there is none.
        required: There is none, and it must be given.
        said: What it is, in a sentence.
        span: The slider's range, widened so that the value is on it.
        position: Where the value is on it.
        choices: What it may be.
        items: Of a list, a control each.
        fixed: The list has so many items, no more and no fewer.
        minor: It is seldom changed.
    """

    path: KeyPath
    name: str
    kind: Kind
    value: str = ""
    given: bool = False
    default: str = ""
    required: bool = False
    said: str = ""
    span: Range | None = None
    position: float | None = None
    choices: tuple[str, ...] = ()
    items: tuple[Control, ...] = ()
    fixed: bool = False
    minor: bool = False


@dataclass(frozen=True)
class Known:
    """One argument that a scheduler takes.

    Attributes:
        parameter: Its name, what it takes, and its default.
        said: What is documented of it.
        role: The argument that a preset's param is; its own name where that is empty.
        span: Its slider, where its name and what it takes do not tell.
    """

    parameter: Parameter
    said: str = ""
    role: str = ""
    span: Range | None = None


def control(path: KeyPath, known: Known, inside: Mapping[str, Any], measure: Measure) -> Control:
    """Return the control of one argument.

    Args:
        path: Of the mapping that it stands in.
        known: The argument.
        inside: That mapping.
        measure: What its shares are of.
    """
    parameter = known.parameter
    name, annotation = parameter.name, annotation_of(parameter)
    default = None if parameter.required else parameter.default
    given = name in inside
    value = inside[name] if given else default
    kind = kind_of(known.role or name, annotation, value)
    if known.span is not None:
        kind = "whole" if known.span.scale == "counts" else "number"
    return _control(
        Control(
            path=(*path, name),
            name=name,
            kind=kind,
            value="" if value is None and not given else flow(value),
            given=given,
            default="" if default is None else flow(default),
            required=parameter.required,
            said=known.said,
            choices=choices_of(annotation),
            span=known.span or range_of(kind, name, default, known.said),
        ),
        value,
        annotation,
        measure,
    )


def _control(found: Control, value: Any, annotation: Any, measure: Measure) -> Control:
    """Return a control with the value on its slider, or with those of its items."""
    if found.kind == "list":
        inner = signatures.item(annotation)
        items = value if isinstance(value, list | tuple) else []
        return replace(
            found,
            items=tuple(_item(found, at, each, inner, measure) for at, each in enumerate(items)),
            fixed=signatures.is_of_fixed_length(annotation),
        )
    span = found.span
    at = position(span, value, measure) if span is not None else None
    if span is None or at is None:
        return found
    wide = replace(span, low=min(span.low, at), high=max(span.high, at))
    return replace(found, span=wide, position=at)


def _item(found: Control, at: int, value: Any, annotation: Any, measure: Measure) -> Control:
    kind = kind_of(found.name, annotation, value)
    span = range_of(kind, found.name, None, found.said)
    name = f"{found.name} {at + 1}"
    item = Control((*found.path, at), name, kind, flow(value), given=True, span=span)
    return _control(item, value, annotation, measure)


def arguments(node: Mapping[str, Any]) -> tuple[Known, ...]:
    """Return the arguments that a scheduler of a spec takes; none where it is not known.

    Those of a preset are its params and, where its scheduler is one plain class, that class's
    arguments, which have the preset's own values as defaults.
    """
    name = node.get("type")
    try:
        return tuple(_arguments(name)) if isinstance(name, str) else ()
    except LrvizError:
        return ()  # which is said where it is simulated


def of_shape(name: str) -> tuple[Known, ...]:
    """Return the parameters of one of our shapes, less `total`, which is the phase's."""
    known = _of_callable(shapes.SHAPES[name])
    return tuple(each for each in known if each.parameter.name != "total")


@cache
def _arguments(name: str) -> tuple[Known, ...]:
    preset = catalog.preset(name)
    if preset is not None:
        return tuple(_of_preset(preset))
    shape = frameworks.find(name) if "." in name else None
    if shape is not None:
        return _of_callable(lambda_lr(name, shape))
    target = import_scheduler(name, trust=False) if "." in name else torch_scheduler(name)
    return _of_callable(target)


@cache
def _of_callable(target: Callable[..., Any]) -> tuple[Known, ...]:
    first = next(iter(inspect.signature(target).parameters), "")
    skip = (first,) if first == "optimizer" else ()
    found = signatures.signature(target, skip=skip).parameters
    said = described(inspect.getdoc(target) or "")
    return tuple(
        Known(each, said.get(name, "")) for name, each in found.items() if name not in _NO_CONTROLS
    )


def of_optimizer(name: str) -> tuple[Known, ...]:
    """Return the arguments of one of torch's optimizers."""
    try:
        target = optimizer_class(name, trust=False)
    except LrvizError:
        return ()  # which is said where it is simulated
    said = described(inspect.getdoc(target) or "")
    found = signatures.signature(target, skip=("params",)).parameters
    return tuple(Known(each, said.get(key, ""), "value") for key, each in found.items())


def _of_preset(preset: catalog.Preset) -> Iterator[Known]:
    for name, param in preset.params.items():
        role, annotation = _role(preset.data, f"${name}") or (name, ANY)
        yield Known(Parameter(name, annotation, param.default), param.help, role)
    scheduler = preset.data.get("scheduler")
    if isinstance(scheduler, str):
        yield from _arguments(scheduler)
    if isinstance(scheduler, dict) and "schedulers" not in scheduler:
        for known in _arguments(scheduler["type"]):
            name = known.parameter.name
            value = scheduler.get(name, known.parameter.default)
            if isinstance(value, dict) or str(value).startswith("$"):
                continue  # what its params make
            yield Known(replace(known.parameter, default=value), known.said)


def _role(data: Any, reference: str) -> tuple[str, Any] | None:
    """Return the argument in whose place `$name` stands in a preset, and what that takes."""
    for key, value in data.items() if isinstance(data, dict) else ():
        if value == reference:
            known = of_shape(data["shape"]) if "shape" in data else ()
            known = known or (_arguments(data["type"]) if "type" in data else ())
            found = {each.parameter.name: each.parameter.annotation for each in known}
            return key, found.get(key, int)  # else the bound of a phase, which is a duration
    inside: list[Any] = data if isinstance(data, list) else []
    if isinstance(data, dict):
        inside = list(data.values())
    return next((role for each in inside if (role := _role(each, reference))), None)
