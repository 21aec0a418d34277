"""What an argument takes to the control that it gets: its kind, and the range of its slider."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from lrviz.building import signatures
from lrviz.building.signatures import ANY, Parameter
from lrviz.building.values import NO_COUNTS, is_rate
from lrviz.errors import LrvizError
from lrviz.spec import durations
from lrviz.spec.durations import Length

Kind = Literal["duration", "rate", "number", "whole", "boolean", "choice", "list", "text"]

_LEAST_SHARE = -6.0  # log10 of the smallest share of the lr on a slider
_SMALL = 0.05  # below it, a default is one of many powers of ten


@dataclass(frozen=True)
class Range:
    """A slider.

    Attributes:
        scale: What its positions mean: `share` percent of the training, `rate` log10 of a share of
            the lr, `log` log10 of the value, `linear` the value, `whole` a whole number, `counts`
            log10 of a whole number.
        low: Its first position.
        high: Its last.
    """

    scale: Literal["share", "rate", "log", "linear", "whole", "counts"]
    low: float
    high: float


def annotation_of(parameter: Parameter) -> Any:
    """Return what a parameter takes: its annotation, or else the kind of its default."""
    if parameter.annotation is ANY and parameter.default not in (ANY, None):
        return type(parameter.default)
    return parameter.annotation


def kind_of(name: str, annotation: Any, value: Any) -> Kind:
    """Return the kind of control for an argument.

    Args:
        name: The argument.
        annotation: What it takes.
        value: What it has, as the spec has it.
    """
    if isinstance(value, list | tuple) or (
        value is None and signatures.takes(annotation, list) and len(_members(annotation)) == 1
    ):
        return "list"
    if choices_of(annotation):
        return "choice"
    if signatures.takes(annotation, bool):
        return "boolean"
    if signatures.takes(annotation, Callable):
        return "text"
    if signatures.takes(annotation, int):
        return "whole" if name in NO_COUNTS else "duration"
    if signatures.takes(annotation, float):
        return "rate" if is_rate(name) else "number"
    return "text"


def choices_of(annotation: Any) -> tuple[str, ...]:
    """Return the texts that an argument may be; none where it may be others."""
    for each in _members(annotation):
        if get_origin(each) is Literal:
            return tuple(map(str, get_args(each)))
    return ()


def _members(annotation: Any) -> list[Any]:
    return [each for each in signatures.options(annotation) if each is not type(None)]


def range_of(kind: Kind, name: str, default: Any, said: str) -> Range | None:
    """Return the range of a slider; None for a control without one.

    Args:
        kind: The control's.
        name: The argument.
        default: Its default; None where there is none.
        said: What is documented of it.
    """
    if kind == "duration":
        return Range("share", 0.0, 100.0)
    if kind == "rate":
        return Range("rate", _LEAST_SHARE, 1.0)
    if kind == "whole":
        return Range("whole", 1, 10) if name in NO_COUNTS else Range("counts", 0.0, 6.0)
    return _of_number(name, default, said) if kind == "number" else None


def _of_number(name: str, default: Any, said: str) -> Range:
    number = default if isinstance(default, int | float) else None
    if name == "lr":
        return Range("log", -7.0, 1.0)
    if "betas" in name or "momentum" in name or re.search("percentage|between 0 and 1", said):
        return Range("linear", 0.0, 1.0)
    if number is not None and number > 1:
        return Range("log", 0.0, math.ceil(math.log10(number)) + 2.0)
    if number is not None and 0 < number < _SMALL:
        exponent = math.floor(math.log10(number))
        return Range("log", exponent - 3.0, min(exponent + 4.0, 0.0))
    if name == "weight_decay":
        return Range("linear", 0.0, 0.5)
    ratio = re.search("factor|ratio|gamma", f"{name} {said}", re.IGNORECASE)
    if number == 1 and not ratio:
        return Range("linear", 0.0, 5.0)
    return Range("linear", 0.0, 1.0)


@dataclass(frozen=True)
class Measure:
    """What the shares in a spec are of.

    Attributes:
        length: Of the training; None where that is not known.
        lr: The optimizer's; None likewise.
    """

    length: Length | None = None
    lr: float | None = None


def position(span: Range, value: Any, measure: Measure) -> float | None:
    """Return where on its slider a value stands; None where it has no place there.

    Args:
        span: The slider.
        value: As the spec has it.
        measure: What its shares are of.
    """
    try:
        number = _number(span, value, measure)
    except (LrvizError, ValueError, OverflowError):
        return None
    if number is None or not math.isfinite(number):
        return None
    if span.scale in ("log", "rate", "counts"):
        return math.log10(number) if number > 0 else None
    return number


def _number(span: Range, value: Any, measure: Measure) -> float | None:
    length = measure.length
    if isinstance(value, bool):
        return None
    if span.scale == "rate":
        if isinstance(value, str) and value.endswith("lr"):
            return float(value.removesuffix("lr") or 1)
        return value / measure.lr if isinstance(value, int | float) and measure.lr else None
    if span.scale == "share":
        found = durations.parse(value) if isinstance(value, str) else None
        if found is not None and found.unit == "dur":
            return float(100 * found.amount)
        if length is None:
            return None
        if found is not None:
            return float(100 * found.updates(length) / length.updates)
        return 100 * value / length.updates if isinstance(value, int | float) else None
    if isinstance(value, str) and value.endswith("%"):
        return float(value[:-1]) / 100
    return float(value) if isinstance(value, int | float) else None
