"""A schedule as code: the PyTorch lines to paste into a training script."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from lrviz import catalog
from lrviz.document import Map, Seq
from lrviz.shapes import SHAPES
from lrviz.spec import durations
from lrviz.spec.schedule import MemberSpec, Schedule

_WIDTH = 88
_MATH = ("pi", "sqrt", "exp", "log", "sin", "cos", "floor", "ceil")
_RATE = re.compile(r"(\d*\.?\d*(?:[eE][-+]?\d+)?)lr")


def torch_code(schedule: Schedule) -> Iterator[str]:
    """Yield the lines of PyTorch code that trains with a schedule of presets or torch's classes.

    Shares of the training and of the learning rate stay what they are: `total_steps` and `lr`
    are set once, on top. Schedulers are taken to be stepped per update.

    Args:
        schedule: Without epochs, tokens or param groups, as a name alone gives it.
    """
    code = _Code()
    names = _names(schedule.members)
    built = [
        f"{name} = {code.scheduler(member.node, '0')}"
        for name, member in zip(names, schedule.members, strict=True)
    ]
    options = dict(schedule.optimizer.options)
    lr = schedule.optimizer.lr or options.pop("lr", 0.1)
    arguments = "".join(f", {k}={v!r}" for k, v in options.items() if k != "lr")
    yield from ("import math", "") if "math" in code.used else ()
    yield "import torch"
    for module, used in sorted(code.used.items()):
        if used:
            yield f"from {module} import {', '.join(sorted(used))}"
    yield ""
    yield f"lr, total_steps = {lr!r}, {schedule.length.updates}"
    yield (
        f"optimizer = torch.optim.{schedule.optimizer.type}(model.parameters(), lr=lr{arguments})"
    )
    for line in built:
        yield from _wrapped(line)
    yield ""
    yield "for step in range(total_steps):"
    yield "    ...  # forward and backward"
    yield "    optimizer.step()"
    for name, member in zip(names, schedule.members, strict=True):
        yield from _stepped(name, member)


class _Code:
    """Expressions, and what they need imported."""

    def __init__(self) -> None:
        self.used: dict[str, set[str]] = {}

    def _import(self, module: str, name: str) -> str:
        self.used.setdefault(module, set()).add(name)
        return name

    def scheduler(self, node: Map, start: str) -> str:
        """Return the call that builds a scheduler; its phase begins at the expression `start`."""
        found = catalog.scheduler_class(node["type"])
        module = found.module if found else "torch.optim.lr_scheduler"
        name = self._import(module, node["type"])
        fractions = {
            each.name for each in (found.signature if found else ()) if each.annotation == "float"
        }
        parts = []
        for key, value in node.items():
            if key == "schedulers":
                # A phase begins where the milestone before it stands.
                starts = [start, *(_count(each, start) for each in node.get("milestones", ()))]
                members = zip_longest(value, starts[: len(value)], fillvalue=start)
                text = f"[{', '.join(self.scheduler(_node(each), at) for each, at in members)}]"
            elif key != "type":
                text = self._value(key, value, start, fraction=key in fractions)
            else:
                continue
            parts.append(f"{key}={text}")
        first = "" if node["type"] == "ChainedScheduler" else "optimizer"
        return f"{name}({', '.join(filter(None, [first, *parts]))})"

    def _value(self, key: str, value: Any, start: str, *, fraction: bool = False) -> str:
        if isinstance(value, Seq):
            return f"[{', '.join(self._value(key, each, start) for each in value)}]"
        if isinstance(value, Map):
            return self._shape(value, start)
        if not isinstance(value, str):
            return repr(value)
        if fraction and value.endswith("%"):
            return repr(float(value[:-1]) / 100)
        rate = _RATE.fullmatch(value)
        if rate:
            return "lr" if rate[1] in ("", "1") else f"{float(rate[1])!r} * lr"
        if durations.parse(value) is not None:
            return _count(value, start)
        if key != "lr_lambda":
            return json.dumps(value)
        text = _lambda(value)
        if "math." in text:
            self.used.setdefault("math", set())
        return text

    def _shape(self, value: Map, start: str) -> str:
        name = self._import("lrviz.shapes", value["shape"])
        given = {
            key: self._value(key, each, start) for key, each in value.items() if key != "shape"
        }
        if "total" in inspect.signature(SHAPES[name]).parameters:
            given.setdefault("total", "total_steps")
        return f"{name}({', '.join(f'{key}={text}' for key, text in given.items())})"


def _node(item: Any) -> Map:
    return item if isinstance(item, Map) else Map({"type": item})


def _count(value: Any, start: str) -> str:
    """Return the expression for a count of updates, which is 0 only where the duration is."""
    duration = durations.parse(value) if isinstance(value, str) else None
    if duration is None or duration.unit not in ("dur", "rest") or not duration.amount:
        return _moment(value)
    if duration.unit == "rest":
        return "total_steps" if start == "0" else f"max(1, total_steps - {start})"
    return _moment(value) if duration.amount == 1 else f"max(1, {_moment(value)})"


def _moment(value: Any) -> str:
    """Return the expression for a moment of the training, in updates; it may be 0."""
    duration = durations.parse(value) if isinstance(value, str) else None
    if duration is None:
        return repr(value)
    if duration.unit != "dur":
        return f"{float(duration.amount):g}"
    if not duration.amount or duration.amount == 1:
        return "total_steps" if duration.amount else "0"
    # A product of floats may lie beside the half that is rounded to even; this one does not.
    percent = 100 * duration.amount
    of = (percent, 100) if percent.denominator == 1 else duration.amount.as_integer_ratio()
    return f"round(total_steps * {of[0]} / {of[1]})"


def _lambda(expression: str) -> str:
    text = re.sub(r"\bprogress\b", "(step / total_steps)", expression)
    text = re.sub(r"\btotal\b", "total_steps", text)
    text = re.sub(rf"\b({'|'.join(_MATH)})\b", r"math.\1", text)
    return f"lambda step: {text}"


def _names(members: tuple[MemberSpec, ...]) -> list[str]:
    if len(members) == 1:
        return ["scheduler"]
    types = [member.node["type"].removesuffix("LR") for member in members]
    words = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
    return [re.sub(words, "_", each).lower() for each in types]


def _stepped(name: str, member: MemberSpec) -> Iterator[str]:
    bounds = [
        f"step {sign} {_moment(bound)}"
        for sign, bound in ((">=", member.begin), ("<", member.end))
        if bound not in (0, None)
    ]
    indent = "    "
    if bounds:
        yield f"{indent}if {' and '.join(bounds)}:"
        indent += "    "
    if member.metric is not None:
        yield f"{indent}{name}.step(metric)  # what your validation gives"
    else:
        yield f"{indent}{name}.step()"


def _wrapped(text: str, indent: str = "", tail: str = "") -> Iterator[str]:
    """Yield an expression on one line, or what is in its outer brackets on lines of their own."""
    bracket = re.search(r"[(\[]", text)
    if len(indent + text + tail) <= _WIDTH or bracket is None or not _encloses(text, bracket):
        yield f"{indent}{text}{tail}"
        return
    yield indent + text[: bracket.end()]
    for each in _arguments(text[bracket.end() : -1]):
        yield from _wrapped(each, indent + "    ", ",")
    yield f"{indent}{text[-1]}{tail}"


def _encloses(text: str, bracket: re.Match[str]) -> bool:
    """Tell whether the bracket that opens there is closed by the text's last character."""
    depth = 0
    for index in range(bracket.start(), len(text)):
        depth += (text[index] in "([") - (text[index] in ")]")
        if not depth:
            return index == len(text) - 1
    return False


def _arguments(text: str) -> Iterator[str]:
    """Split at the commas that stand in no bracket."""
    depth, start = 0, 0
    for index, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth:
            yield text[start:index].strip()
            start = index + 1
    yield text[start:].strip()
