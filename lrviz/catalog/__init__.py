"""Names to what there is: presets, torch's schedulers and optimizers, recipes. torch stays out.

torch's classes are read from its source text, so that `list`, `info` and the shell's completion
do not pay for its import.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lrviz.document import Map, parse
from lrviz.errors import SpecError, UsageError, suggestion

_HERE = Path(__file__).parent
_MODULES = {
    "lr_scheduler": "torch.optim.lr_scheduler",
    "swa_utils": "torch.optim.swa_utils",
}
# The base classes are no schedules.
_ABSTRACT = {"LRScheduler", "_LRScheduler"}


@dataclass(frozen=True)
class Argument:
    """One argument of a scheduler class, as its source has it.

    Attributes:
        name: Its name.
        annotation: The annotation's text, empty where there is none.
        default: The default's text, None where the argument is required.
    """

    name: str
    annotation: str = ""
    default: str | None = None

    @property
    def required(self) -> bool:
        """There is no default."""
        return self.default is None

    def __str__(self) -> str:
        annotation = f": {self.annotation}" if self.annotation else ""
        equals = " = " if self.annotation else "="
        return f"{self.name}{annotation}{'' if self.required else equals + str(self.default)}"


@dataclass(frozen=True)
class SchedulerClass:
    """A scheduler class of the installed torch."""

    name: str
    module: str
    summary: str
    doc: str
    signature: tuple[Argument, ...]


@dataclass(frozen=True)
class OptimizerClass:
    """An optimizer class of the installed torch."""

    name: str
    summary: str
    signature: tuple[Argument, ...]


@dataclass(frozen=True)
class Param:
    """A parameter of a preset, referred to in its text as `$name`."""

    default: Any
    help: str


@dataclass(frozen=True)
class Preset:
    """A spec fragment by name.

    Attributes:
        name: The file's stem.
        summary: What it is, in a line.
        when: When to use it.
        reference: Where it comes from.
        params: Its parameters.
        data: `scheduler` or `schedulers`, with what stands beside it.
        text: The file's text.
        path: The file.
    """

    name: str
    summary: str
    when: str
    reference: str
    params: dict[str, Param]
    data: Map
    text: str
    path: Path


@dataclass(frozen=True)
class Recipe:
    """A published training recipe as a spec file."""

    name: str
    title: str
    summary: str
    when: str
    reference: str
    text: str
    path: Path


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted; reads no file."""
    return tuple(sorted(path.stem for path in (_HERE / "presets").glob("*.yaml")))


@cache
def preset(name: str) -> Preset | None:
    """Return the preset of this name, or None."""
    if name not in preset_names():
        return None
    path = _HERE / "presets" / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    data = parse(text, path.name)
    about = ("summary", "when", "reference", "params")
    params = {
        key: Param(value["default"], value["help"]) for key, value in data.get("params", {}).items()
    }
    words = {key: str(data[key]).strip() for key in about[:3]}
    return Preset(name, **words, params=params, data=data.without(*about), text=text, path=path)


def presets() -> tuple[Preset, ...]:
    """Return all presets, sorted by name."""
    return tuple(found for name in preset_names() if (found := preset(name)))


@cache
def class_names() -> tuple[str, ...]:
    """Return the names of the scheduler classes of the installed torch, in its source's order."""
    bases = {"LRScheduler"}
    for text in _sources().values():
        for name, base in re.findall(r"^class (\w+)\((?:\w+\.)?(\w+)\)", text, re.MULTILINE):
            if base in bases:
                bases.add(name)
    return tuple(sorted(bases - _ABSTRACT, key=str.lower))


@cache
def scheduler_class(name: str) -> SchedulerClass | None:
    """Return what torch's source says of this scheduler class, or None."""
    for stem, text in _sources().items():
        found = re.search(rf"^class {re.escape(name)}\(.*\n", text, re.M)
        if found is None or name not in class_names():
            continue
        following = re.search(r"^\S", text[found.end() :], re.M)
        end = found.end() + following.start() if following else len(text)
        node = ast.parse(text[found.start() : end]).body[0]
        if isinstance(node, ast.ClassDef):
            doc = ast.get_docstring(node) or ""
            return SchedulerClass(
                name, _MODULES[stem], _first_sentence(doc), doc, tuple(_arguments(node))
            )
    return None


def scheduler_classes() -> tuple[SchedulerClass, ...]:
    """Return torch's scheduler classes."""
    return tuple(found for name in class_names() if (found := scheduler_class(name)))


def optimizer_names() -> tuple[str, ...]:
    """Return the names of the optimizer classes of the installed torch."""
    found = re.findall(r"\b([A-Z]\w*) as \1\b", _text(_torch_folder() / "__init__.py"))
    return tuple(sorted(set(found) - {"Optimizer"}, key=str.lower))


def optimizer_class(name: str) -> OptimizerClass | None:
    """Return what torch's source says of this optimizer, whatever the case of its letters."""
    known = {each.lower(): each for each in optimizer_names()}
    found = known.get(name.removeprefix("torch.optim.").lower())
    if found is None:
        return None
    for path in sorted(_torch_folder().glob("*.py")):
        text = _text(path)
        start = re.search(rf"^class {found}\(.*\n", text, re.M)
        if start is not None:
            end = re.search(r"^\S", text[start.end() :], re.M)
            stop = start.end() + end.start() if end else len(text)
            node = ast.parse(text[start.start() : stop]).body[0]
            doc = re.search(rf'^{found}\.__doc__ = \(\s*r?"""((?:.|\n)*?)"""', text, re.M)
            if isinstance(node, ast.ClassDef):
                said = doc[1] if doc else ast.get_docstring(node) or f"The optimizer {found}"
                return OptimizerClass(found, _first_sentence(said), tuple(_arguments(node)))
    return None


def names() -> tuple[str, ...]:
    """Return everything that a SOURCE may be by name."""
    return (*preset_names(), *class_names())


def sparklines() -> dict[str, str]:
    """Return a small curve of each preset and class by name, drawn beforehand: torch is slow."""
    path = _HERE / "sparklines.yaml"
    return dict(parse(path.read_text(encoding="utf-8"), path.name))


def find(name: str) -> Preset | SchedulerClass:
    """Return the preset or the class of this name.

    Raises:
        UsageError: There is none; with the nearest name.
    """
    found = preset(name) or scheduler_class(name.removeprefix("torch.optim.lr_scheduler."))
    if found is None:
        raise UsageError(
            f"no preset or scheduler {name!r}{suggestion(name, names())} (`lrviz list` shows all)"
        )
    return found


def configs_folder() -> Path:
    """Return the folder of the recipes: in the wheel, or in a checkout beside the package."""
    installed = _HERE.parent / "configs"
    return installed if installed.is_dir() else _HERE.parents[1] / "configs"


def recipe_names() -> tuple[str, ...]:
    """Return the names of all recipes, sorted."""
    return tuple(sorted(path.stem for path in configs_folder().glob("*.yaml")))


def recipes() -> tuple[Recipe, ...]:
    """Return all recipes, sorted by name."""
    result = []
    for name in recipe_names():
        path = configs_folder() / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        data = parse(text, path.name)
        words = {
            key: str(data.get(key) or "").strip()
            for key in ("title", "summary", "when", "reference")
        }
        result.append(Recipe(name, text=text, path=path, **words))
    return tuple(result)


def recipe(name: str) -> Recipe:
    """Return the recipe of this name.

    Raises:
        UsageError: There is none; with the nearest name.
    """
    for each in recipes():
        if each.name == name:
            return each
    known = recipe_names()
    raise UsageError(f"no recipe {name!r}{suggestion(name, known)}; there are: {', '.join(known)}")


@cache
def _torch_folder() -> Path:
    found = find_spec("torch")
    if found is None or found.origin is None:
        raise SpecError("PyTorch is not installed; install it: https://pytorch.org/get-started")
    return Path(found.origin).parent / "optim"


@cache
def _sources() -> dict[str, str]:
    return {stem: _text(_torch_folder() / f"{stem}.py") for stem in _MODULES}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _first_sentence(doc: str) -> str:
    paragraph = " ".join(doc.strip().split("\n\n")[0].split())
    paragraph = re.sub(r":\w+:`~?([^`]*)`", r"\1", paragraph)
    sentence = re.split(r"(?<=[^.]\.)\s", paragraph)[0]
    return sentence if sentence.endswith(".") else sentence + "."


def _arguments(node: ast.ClassDef) -> Iterator[Argument]:
    init = next(
        item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"
    )
    arguments = init.args.args
    required = [None] * (len(arguments) - len(init.args.defaults))
    pairs = [
        *zip(arguments, [*required, *init.args.defaults], strict=True),
        *zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        if argument.arg not in ("self", "optimizer", "params", "last_epoch"):
            yield Argument(
                argument.arg,
                ast.unparse(argument.annotation) if argument.annotation else "",
                ast.unparse(default) if default else None,
            )
