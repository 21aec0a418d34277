"""The values in a spec as torch takes them: durations, shares of the lr, expressions, shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lrviz import shapes
from lrviz.building import signatures
from lrviz.building.signatures import ANY, Parameter
from lrviz.document import Map, Seq, place_of
from lrviz.errors import SpecError, suggestion
from lrviz.spec import durations, expressions
from lrviz.spec.schedule import Schedule

if TYPE_CHECKING:
    from torch.optim import Optimizer

NO_COUNTS = frozenset({"T_mult", "num_cycles"})
"""Arguments that are whole numbers and count no calls of step()."""


@dataclass
class Phase:
    """Where a scheduler stands: what a duration, a share of the lr or `total` means in it.

    Attributes:
        schedule: The schedule.
        optimizer: What the scheduler acts on.
        lrs: The groups' own learning rates, before any scheduler has touched them.
        per_call: Updates between two calls of the top-level scheduler's step().
        total: Calls of step() in the scheduler's phase.
        start: Calls before its phase.
        member: Index of the top-level scheduler that it is, or is in.
        notes: What was rounded, gathered here.
        counts: The whole numbers of calls that the spec writes as such, gathered here.
        parts: What was built in this phase, gathered here.
        own: Nothing but torch's classes and lrviz's lambdas so far.
    """

    schedule: Schedule
    optimizer: Optimizer
    lrs: tuple[float, ...]
    per_call: Fraction
    total: int
    start: int = 0
    member: int = 0
    notes: list[str] = field(default_factory=list)
    counts: dict[str, list[int]] = field(default_factory=dict)
    parts: list[Any] = field(default_factory=list)
    own: bool = True


def share(text: str) -> float:
    """Read `0.1lr` as 0.1, and `lr` as 1."""
    number = text.removesuffix("lr").strip()
    try:
        if text.endswith("lr"):
            return float(number or 1)
    except ValueError:
        pass
    raise SpecError(f"must be a number or a share of the lr like 0.1lr, not {text!r}")


def resolved(phase: Phase, name: str, value: Any, parameter: Parameter) -> Any:
    """Return an argument as torch takes it: durations, shares and expressions resolved."""
    annotation = parameter.annotation
    if annotation is ANY and parameter.default not in (ANY, None):
        annotation = type(parameter.default)
        if annotation in (int, float):
            annotation = annotation | list[annotation]  # type: ignore[valid-type]
    if isinstance(value, Seq):
        inner = signatures.item(annotation)
        items = []
        for each, place in zip(value, value.places, strict=True):
            try:
                items.append(_scalar(phase, name, each, inner, grouped=False))
                signatures.check(items[-1], inner)
            except SpecError as error:
                raise error.at(place) from None
        value = items
        if signatures.item(annotation) is int:
            _count(phase, name, value)
    else:
        grouped = signatures.takes(parameter.annotation, list)
        resolved = _scalar(phase, name, value, annotation, grouped=grouped)
        if signatures.takes(annotation, int) and resolved is value:
            _count(phase, name, [value])
        value = resolved
    signatures.check(value, annotation)
    return value


def _count(phase: Phase, name: str, values: list[Any]) -> None:
    if name not in NO_COUNTS and all(type(value) is int for value in values):
        phase.counts[name] = values


def _scalar(phase: Phase, name: str, value: Any, annotation: Any, *, grouped: bool) -> Any:
    if signatures.takes(annotation, Callable):
        return _lambda(phase, value)
    wants_int, wants_float = (signatures.takes(annotation, kind) for kind in (int, float))
    if isinstance(value, float) and value.is_integer() and wants_int and not wants_float:
        return int(value)
    if not isinstance(value, str) or signatures.takes(annotation, str):
        return value
    if signatures.fits(value, annotation) and annotation is not ANY:
        return value
    if is_rate(name) and value.endswith("lr") and (wants_float or annotation is ANY):
        part = share(value)
        if grouped and len(phase.lrs) > 1:
            return [part * lr for lr in phase.lrs]
        return part * float(phase.optimizer.defaults.get("lr", phase.lrs[0]))
    if wants_int or annotation is ANY:
        duration = durations.parse(value)
        if duration is not None:
            count = durations.calls(
                duration, phase.schedule.length, per_call=phase.per_call, start=phase.start
            )
            if count.note:
                phase.notes.append(f"{name}: {count.note}")
            return count.value
    elif wants_float and value.endswith("%"):
        try:
            return float(Fraction(value[:-1].strip()) / 100)
        except ValueError:
            pass
    return value


def is_rate(name: str) -> bool:
    """Tell by its name whether an argument is a learning rate, which may be a share of the lr."""
    return "lr" in name.lower().split("_") or "eta" in name or name.endswith("lr")


def _lambda(phase: Phase, value: Any) -> Any:
    if isinstance(value, str):
        return expressions.lr_lambda(value, phase.total)
    if isinstance(value, int | float) and not isinstance(value, bool):
        signatures.check(value, float)
        return expressions.lr_lambda(repr(value), phase.total)
    if not isinstance(value, Map):
        return value
    name = value.get("shape")
    if not isinstance(name, str) or name not in shapes.SHAPES:
        hint = suggestion(str(name), shapes.SHAPES) or f"; there are: {', '.join(shapes.SHAPES)}"
        raise SpecError(f"no shape {name!r}{hint}", place_of(value, ("shape",)))
    known = replace(signatures.signature(shapes.SHAPES[name], skip=()), name=f"the shape {name}")
    arguments: dict[str, Any] = {}
    for key, item in value.items():
        if key == "shape":
            continue
        parameter = known.known(key)
        try:
            arguments[key] = resolved(phase, key, item, parameter)
        except SpecError as error:
            error.message = f"{key}: {error.message}"
            raise error.at(place_of(value, (key,))) from None
    if "total" in known.parameters:
        arguments.setdefault("total", phase.total)
    known.complete(arguments)
    return shapes.SHAPES[name](**arguments)
