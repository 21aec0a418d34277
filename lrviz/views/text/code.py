"""A schedule as code: the PyTorch lines to paste into a training script."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from keyword import iskeyword
from typing import Any

from lrviz import catalog
from lrviz.document import Map, Seq
from lrviz.shapes import SHAPES
from lrviz.spec import durations
from lrviz.spec.durations import Length
from lrviz.spec.schedule import MemberSpec, Schedule
from lrviz.views.text.counts import counted, is_in_updates

_WIDTH = 88
_TAKEN = ("step", "optimizer", "torch", "math", "model", "params", "metric", "lr", "total_steps")
_MATH = ("pi", "sqrt", "exp", "log", "sin", "cos", "floor", "ceil")
_RATE = re.compile(r"(\d*\.?\d*(?:[eE][-+]?\d+)?)lr")


def has_code(schedule: Schedule) -> bool:
    """Tell whether `torch_code` can write a schedule: torch's classes alone, from update 0 on."""
    optimizer = schedule.optimizer
    return (
        schedule.function is None
        and not schedule.start
        and not schedule.beside
        and bool(schedule.members)
        and catalog.optimizer_class(optimizer.type) is not None
        and all(_is_known(member.node) for member in schedule.members)
    )


def _is_known(node: Any) -> bool:
    name = node["type"] if isinstance(node, Map) else node
    inner = node.get("schedulers", ()) if isinstance(node, Map) else ()
    return catalog.scheduler_class(name) is not None and all(map(_is_known, inner))


def torch_code(schedule: Schedule) -> Iterator[str]:
    """Yield the lines of PyTorch code that trains with a schedule of presets or torch's classes.

    Shares of the training and of the learning rate stay what they are, where that is right:
    `total_steps` and `lr` are set once, on top. What is counted otherwise is written as a number.

    Args:
        schedule: One that `has_code`.

    Raises:
        SpecError: A duration in it cannot be told in updates.
    """
    length = schedule.length
    members = [
        member if is_in_updates(member) else counted(member, length) for member in schedule.members
    ]
    lr = _base_lr(schedule)
    lrs = _group_lrs(schedule, lr)
    code = _Code(lrs if len(lrs) > 1 else ())
    names = _names(members)
    built = [
        f"{name} = {code.scheduler(member.node, '0')}"
        for name, member in zip(names, members, strict=True)
    ]
    yield from ("import math", "") if "math" in code.used else ()
    yield "import torch"
    for module, used in sorted(code.used.items()):
        if used:
            yield f"from {module} import {', '.join(sorted(used))}"
    yield ""
    yield f"lr, total_steps = {lr!r}, {length.updates}"
    if any(each.interval != "step" and length.unit("epoch") > 1 for each in members):
        yield f"steps_per_epoch = {length.unit('epoch')}"
    if len(lrs) > 1:
        yield "# params: the parameters of each group, by its name"
    yield from _wrapped(_optimizer(schedule, lrs))
    for line in built:
        yield from _wrapped(line)
    yield ""
    yield "for step in range(total_steps):"
    yield "    ...  # forward and backward"
    yield "    optimizer.step()"
    # As lrviz does: those of updates before those of epochs.
    stepped = sorted(zip(names, members, strict=True), key=lambda pair: pair[1].interval == "epoch")
    for name, member in stepped:
        yield from _stepped(name, member, length)


def _base_lr(schedule: Schedule) -> float:
    """Return the lr of a schedule's optimizer: what is said, or else its class's own default."""
    said = schedule.optimizer.lr or schedule.optimizer.options.get("lr")
    if said is not None:
        return float(said)
    known = catalog.optimizer_class(schedule.optimizer.type)
    defaults = {each.name: each.default for each in known.signature} if known else {}
    return float(defaults.get("lr") or 0.1)


def _group_lrs(schedule: Schedule, lr: float) -> tuple[float, ...]:
    """Return the lr of each param group."""
    found = []
    for group in schedule.optimizer.groups:
        own = group.options.get("lr", lr)
        share = _RATE.fullmatch(own) if isinstance(own, str) else None
        value = float(share[1] or 1) * lr if share else float(own)
        found.append(value * group.factor if group.factor != 1.0 else value)
    return tuple(found)


def _optimizer(schedule: Schedule, lrs: tuple[float, ...]) -> str:
    """Return the statement that makes the optimizer."""
    optimizer = schedule.optimizer
    options = {key: each for key, each in optimizer.options.items() if key != "lr"}
    first, lr = "model.parameters()", "lr"
    if len(lrs) > 1:
        groups = []
        for group, value in zip(optimizer.groups, lrs, strict=True):
            own = {key: each for key, each in group.options.items() if key != "lr"}
            given = "".join(f", {json.dumps(key)}: {_plain(each)}" for key, each in own.items())
            groups.append(f'{{"params": params[{json.dumps(group.name)}], "lr": {value!r}{given}}}')
        first = f"[{', '.join(groups)}]"
    elif optimizer.groups[0].options or optimizer.groups[0].factor != 1.0:
        options.update({k: v for k, v in optimizer.groups[0].options.items() if k != "lr"})
        lr = repr(lrs[0])
    arguments = "".join(f", {key}={_plain(value)}" for key, value in options.items())
    return f"optimizer = torch.optim.{optimizer.type}({first}, lr={lr}{arguments})"


def _plain(value: Any) -> str:
    return repr(tuple(value)) if isinstance(value, list) else repr(value)


class _Code:
    """Expressions, and what they need imported."""

    def __init__(self, lrs: tuple[float, ...] = ()) -> None:
        self.used: dict[str, set[str]] = {}
        self.lrs = lrs  # of the param groups, where there are several

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
            elif self.lrs and (share := _share(value)) is not None and _listed(found, key):
                text = repr([share * lr for lr in self.lrs])
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
        share = _share(value)
        if share is not None:
            return "lr" if share == 1 else f"{share!r} * lr"
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


def _share(value: Any) -> float | None:
    """Return the share of the lr that a value is, or None."""
    rate = _RATE.fullmatch(value) if isinstance(value, str) else None
    return float(rate[1] or 1) if rate else None


def _listed(found: catalog.SchedulerClass | None, name: str) -> bool:
    """Tell whether an argument takes a value a group."""
    if found is None:
        return False
    takes = {each.name: "list" in each.annotation for each in found.signature}
    return (
        takes.get(name, False) or re.search(rf"\b{name}s? \(float or list\)", found.doc) is not None
    )


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


def _names(members: Sequence[MemberSpec]) -> list[str]:
    if len(members) == 1:
        return ["scheduler"]
    types = [member.node["type"].removesuffix("LR") for member in members]
    words = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
    names = [re.sub(words, "_", each).lower() for each in types]
    names = [f"{each}_lr" if each in _TAKEN or iskeyword(each) else each for each in names]
    counts = Counter(names)
    return [
        f"{name}_{names[: at + 1].count(name)}" if counts[name] > 1 else name
        for at, name in enumerate(names)
    ]


def _stepped(name: str, member: MemberSpec, length: Length) -> Iterator[str]:
    epochs = member.interval == "epoch" and length.unit("epoch") > 1
    unit = "step // steps_per_epoch" if epochs else "step"
    every = [str(member.frequency)] if member.frequency > 1 else []
    every += ["steps_per_epoch"] if epochs else []
    due = [f"(step + 1) % {every[0]} == 0"] if len(every) == 1 else []
    due = [f"(step + 1) % ({' * '.join(every)}) == 0"] if len(every) > 1 else due
    begin, end = (_moment(each) for each in (member.begin, member.end))
    bounds = [f"{unit} >= {begin}"] if member.begin else []
    if member.end is not None:
        bounds = [f"{begin} <= {unit} < {end}" if bounds else f"{unit} < {end}"]
    indent = "    "
    if due or bounds:
        yield f"{indent}if {' and '.join((*due, *bounds))}:{'  # after an epoch' if epochs else ''}"
        indent += "    "
    if member.metric is not None:
        yield f"{indent}{name}.step(metric)  # what your validation gives"
    elif member.interval == "fraction":
        done = "step // steps_per_epoch + step % steps_per_epoch / steps_per_epoch"
        yield f"{indent}{name}.step({done})"
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
        depth += (text[index] in "([{") - (text[index] in ")]}")
        if not depth:
            return index == len(text) - 1
    return False


def _arguments(text: str) -> Iterator[str]:
    """Split at the commas that stand in no bracket."""
    depth, start = 0, 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            yield text[start:index].strip()
            start = index + 1
    yield text[start:].strip()
