"""What a preset or a scheduler class is, as text, and a small spec of it that works."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from lrviz import catalog
from lrviz.catalog import OptimizerClass, Param, Preset, SchedulerClass
from lrviz.document import scalar, unplaced

_DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.optim."
# Values for required arguments, where no preset is of the class.
_EXAMPLES: Mapping[str, Any] = {
    "lr_lambda": "0.5 if step % 200 == 0 else 1",
    "gamma": 0.995,
    "swa_lr": "0.5lr",
    "schedulers": [
        {"type": "LinearLR", "start_factor": 0.1, "total_iters": "10%"},
        {"type": "CosineAnnealingLR", "T_max": "90%"},
    ],
    "milestones": ["10%"],
}


@dataclass(frozen=True)
class Passage:
    """A heading, and the lines below it."""

    title: str
    lines: tuple[str, ...]


def about(found: Preset | SchedulerClass, width: int) -> tuple[Passage, ...]:
    """Return what it is, when to use it, where it comes from, and its arguments.

    Args:
        found: From `lrviz.catalog.find`.
        width: Characters a line has at most, links aside.
    """
    if isinstance(found, Preset):
        head = [found.summary, found.when, f"Reference: {found.reference}"]
        arguments = tuple(_preset_arguments(found, width))
        title = f"{found.name}  (preset)"
    else:
        module = found.module.removeprefix("torch.optim.")
        head = [found.summary, f"Reference: {_DOCS}{module}.{found.name}.html"]
        arguments = tuple(_class_arguments(found, width))
        title = f"{found.name}  ({found.module})"
    words = (line for text in head for line in _wrapped(text, width))
    return Passage(title, tuple(words)), Passage("Arguments", arguments)


def about_optimizer(found: OptimizerClass, width: int) -> tuple[Passage, ...]:
    """Return what an optimizer of torch is, its arguments, and how a spec or a line names it."""
    head = [found.summary, f"Reference: {_DOCS}{found.name}.html"]
    words = (line for text in head for line in _wrapped(text, width))
    lr = next((each.default for each in found.signature if each.name == "lr"), None) or "0.1"
    return (
        Passage(f"{found.name}  (torch.optim)", tuple(words)),
        Passage("Arguments", tuple(map(str, found.signature))),
        Passage("In a spec", (f"optimizer: {{type: {found.name}, lr: {lr}}}",)),
        Passage("With a schedule", (f"lrviz plot cosine --optimizer {found.name}",)),
    )


def example(found: Preset | SchedulerClass) -> dict[str, Any]:
    """Return a schedule of it: `scheduler`, with `metric` beside it where it needs one.

    A preset has its defaults; a class has what the plainest preset of that class gives it, or
    values for what it requires.
    """
    if isinstance(found, Preset):
        defaults = {name: param.default for name, param in found.params.items()}
        return {"scheduler": {"type": found.name, **defaults}}
    for each in sorted(catalog.presets(), key=lambda preset: (len(preset.name), preset.name)):
        node = each.data.get("scheduler")
        if isinstance(node, dict) and node["type"] == found.name:
            filled: dict[str, Any] = unplaced(_filled(each.data, each.params))
            return {key: filled[key] for key in ("scheduler", "metric") if key in filled}
    required = [each.name for each in found.signature if each.required]
    given = {name: _EXAMPLES[name] for name in required if name in _EXAMPLES}
    return {"scheduler": {"type": found.name, **given}}


def yaml_lines(data: Mapping[str, Any], width: int) -> Iterator[str]:
    """Yield a part of a spec as lines to paste; what `document.parse` reads in them is `data`."""
    text = yaml.dump(
        dict(data),
        Dumper=_Dumper,
        sort_keys=False,
        width=width,
        default_flow_style=None,
        allow_unicode=True,
    )
    yield from text.split("\n")[:-1]


def flow(value: Any) -> str:
    """Return one value of a spec as YAML in a line.

    >>> flow("30%"), flow([0.9, 0.999]), flow(None), flow("1e-4")
    ('30%', '[0.9, 0.999]', 'null', '"1e-4"')
    """
    text = yaml.dump(
        unplaced(value),
        Dumper=_Dumper,
        sort_keys=False,
        width=10**9,
        default_flow_style=True,
        allow_unicode=True,
    )
    return text.removesuffix("...\n").rstrip("\n")


class _Dumper(yaml.SafeDumper):
    """Writes each text so that it is read as one: `1e-4` is a number to us, and none to PyYAML."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    try:
        plain = isinstance(scalar(data), str)
    except ValueError:
        plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def _preset_arguments(found: Preset, width: int) -> Iterator[str]:
    column = max(map(len, found.params), default=0) + 2
    for name, param in found.params.items():
        shown = yaml.safe_dump(param.default, default_flow_style=True).split("\n")[0]
        text = f"{name:<{column}}{param.help} [{shown}]"
        yield from _wrapped(text, width, " " * column)
    node = found.data.get("scheduler")
    if isinstance(node, str | dict) and not found.params:
        inner = node["type"] if isinstance(node, dict) else node
        yield from _wrapped(f"Those of {inner}, see `lrviz info {inner}`.", width)


def _class_arguments(found: SchedulerClass, width: int) -> Iterator[str]:
    sentences = described(found.doc)
    for argument in found.signature:
        yield str(argument)
        if argument.name in sentences:
            yield from ("    " + line for line in _wrapped(sentences[argument.name], width - 4))


def described(doc: str) -> dict[str, str]:
    """Return the first sentence that a docstring has on each argument."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    if section is None:
        return {}
    pieces = re.split(
        r"^\*{0,2}(\w+)\s*(?:\(.*?\))?:", inspect.cleandoc(section[1]), flags=re.MULTILINE
    )
    pairs = zip(pieces[1::2], pieces[2::2], strict=True)
    return {name: sentence for name, words in pairs if (sentence := _sentence(words))}


def _sentence(text: str) -> str:
    text = re.sub(r":\w+:`~?([^`]*)`|``([^`]*)``|`([^`]*)`", r"\1\2\3", " ".join(text.split()))
    first = re.split(r"(?<=[^.]\.)\s+(?=[A-Z])", text)[0]
    return re.sub(r"\s*\(?Default:.*$", "", first).strip()


def _filled(value: Any, params: Mapping[str, Param]) -> Any:
    """Return `value` with each `$name` in it replaced by the default of that parameter."""
    if isinstance(value, dict):
        return {key: _filled(each, params) for key, each in value.items()}
    is_param = isinstance(value, str) and value[:1] == "$"
    return params[value[1:]].default if is_param else value


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False)
