"""Python files, read and not run: which function in one is meant, and one that needs no import.

A training script trains when it is imported. A function of numbers in it, such as nanoGPT's
`get_lr(it)`, is compiled alone where all that it needs can be read: `math`, the module's constants
and other functions of that kind.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrviz.document import read_text
from lrviz.errors import Place, SpecError, UsageError
from lrviz.files import checked
from lrviz.sources.configs.kind import of_file as of_config_file
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides
from lrviz.sources.paths import is_there
from lrviz.sources.reference import Reference

GIVEN = ("optimizer", "steps", "epochs", "steps_per_epoch")
"""What a function that builds a schedule may ask for, by name."""

_MOST = 8  # functions named in a message
_BUILTINS = ("abs", "bool", "divmod", "float", "int", "len", "max", "min", "pow", "range", "round")
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign)
# What a constant may be made of, and what a function that is read alone may not have in it.
_PLAIN = (
    *(ast.Constant, ast.Name, ast.Tuple, ast.Attribute, ast.Call),
    *(ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp),
)
_FOREIGN = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.With, ast.Delete),
    *(ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.Yield, ast.YieldFrom, ast.Await),
)


@dataclass(frozen=True)
class Read:
    """A function that was read out of a file.

    Attributes:
        function: It, compiled alone.
        constants: The module's constants that it uses, by name.
    """

    function: Callable[..., Any]
    constants: dict[str, Any]


def parsed(file: str) -> ast.Module:
    """Return the syntax tree of a Python file.

    Raises:
        UsageError: There is no such file, or it cannot be read.
        SpecError: It is no Python.
    """
    if not is_there(file) or not Path(file).is_file():
        raise UsageError(f"{file}: no such file")
    try:
        text = read_text(checked(Path(file)).read_bytes(), file)
        return ast.parse(text, file)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from None
    except SyntaxError as error:
        place = Place(file, error.lineno or 1, error.offset or 1)
        raise SpecError(f"not valid Python: {error.msg}", place) from None
    except (ValueError, MemoryError, RecursionError):
        raise SpecError("not valid Python", Place(file, 1, 1)) from None


def candidates(tree: ast.Module) -> list[str]:
    """Return the names in a file that may build a schedule, or be one.

    Those are functions that ask for nothing but `GIVEN`, functions of one number, and classes with
    Lightning's `configure_optimizers`; first those whose name or text speaks of a rate, a scheduler
    or an optimizer.
    """
    likely: list[str] = []
    others: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            if "configure_optimizers" in methods:
                likely.append(node.name)
        elif isinstance(node, ast.FunctionDef) and _may_be_asked(node):
            (likely if _speaks_of_rates(node) else others).append(node.name)
    return likely or [each for each in others if not each.startswith("_")]


def _may_be_asked(node: ast.FunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args]
    required = [each.arg for each in arguments[: len(arguments) - len(node.args.defaults)]]
    required += [
        each.arg
        for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is None
    ]
    unknown = [name for name in required if name not in GIVEN]
    returns = any(isinstance(each, ast.Return) and each.value for each in ast.walk(node))
    return returns and (not unknown or len(required) == 1)


def _speaks_of_rates(node: ast.FunctionDef) -> bool:
    words = set(node.name.lower().split("_"))
    words |= {each.arg.lower() for each in node.args.args}
    words |= {each.attr.lower() for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    words |= {each.id.lower() for each in ast.walk(node) if isinstance(each, ast.Name)}
    signs = ("sched", "optim", "warmup", "lrlambda")
    rates = {"lr", "rate", "lambdalr", "onecyclelr", "it", "step", "iteration", "epoch"}
    return bool(words & rates) or any(sign in word for word in words for sign in signs)


def read_function(file: str, name: str) -> Read | None:
    """Read one function out of a file without running the file.

    Returns:
        None where it needs more than numbers, `math` and the module's constants, each assigned
        once; the file is then to be imported.

    Raises:
        LrvizError: The file cannot be read.
    """
    module = _Module(parsed(file))
    needed = module.needed(name)
    if needed is None:
        return None
    body = [node for node in module.tree.body if node in needed.values()]
    namespace: dict[str, Any] = {"__name__": Path(file).stem}
    try:
        exec(compile(ast.Module(body, []), file, "exec"), namespace)
    except Exception:  # noqa: BLE001  (1 / 0 among the constants: importing it says so better)
        return None
    constants = [each for each, node in needed.items() if isinstance(node, _ASSIGNMENTS)]
    return Read(namespace[name], {each: namespace[each] for each in sorted(constants)})


class _Module:
    """The top level of a module: what each name is bound to, where that is certain."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        found: dict[str, list[ast.stmt]] = {}
        for node in tree.body:
            for name in _bound(node):
                found.setdefault(name, []).append(node)
        elsewhere = {
            name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names
        }
        self.bound = {
            name: nodes[0]
            for name, nodes in found.items()
            if len(nodes) == 1 and name not in elsewhere and "*" not in found
        }

    def needed(self, name: str) -> dict[str, ast.stmt] | None:
        """Return the statements that bind what a function needs, by name; None: it needs more."""
        if not isinstance(self.bound.get(name), ast.FunctionDef):
            return None
        found: dict[str, ast.stmt] = {}
        todo = [name]
        while todo:
            each = todo.pop()
            node = self.bound.get(each)
            uses = None if node is None else _uses(node)
            if node is None or uses is None:
                return None
            if each not in found:
                found[each] = node
                todo += uses
        return found


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement of the top level binds, what is inside of it included."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((each.asname or each.name).split(".")[0] for each in node.names)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif not isinstance(node, ast.Lambda):
        for each in ast.iter_child_nodes(node):
            yield from _bound(each)


def _uses(node: ast.stmt) -> list[str] | None:
    """Return the names that a statement needs of its module; None where it is not plain."""
    match node:
        case ast.Import(names=[ast.alias(name="math", asname=None)]):
            return []
        case ast.ImportFrom(module="math", names=names):
            known = all(each.asname is None and hasattr(math, each.name) for each in names)
            return [] if known else None
        case ast.FunctionDef(decorator_list=[]):
            return _free(node)
        case (
            ast.Assign(targets=[ast.Name()], value=value)
            | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ):
            return _free(value) if all(map(_is_plain, ast.walk(value))) else None
    return None


def _is_plain(node: ast.AST) -> bool:
    """Tell whether a part of a constant is one: a number, arithmetic, or a call of a function."""
    return not isinstance(node, ast.expr) or isinstance(node, _PLAIN)


def _free(node: ast.AST) -> list[str] | None:
    """Return the names that a function or an expression takes from its module.

    None where it does what only the whole module can tell: an attribute of anything but `math`, an
    import, a scope within.
    """
    own, used = set(_BUILTINS), set()
    for each in ast.walk(node):
        match each:
            case ast.arg(arg=name):
                own.add(name)
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name):
                own.add(name)
            case ast.Attribute(value=ast.Name(id="math")):
                pass
            case ast.Attribute():
                return None
            case _ if isinstance(each, _FOREIGN) and each is not node:
                return None
    return sorted(used - own)


def _parse(source: str) -> Reference | None:
    if source.endswith(".py") and (is_there(source) or "=" not in source):
        return Reference(source, "script", source, file=source)
    return None


def _read(reference: Reference, overrides: Overrides) -> list[Origin]:
    """Read a framework's config; else say which function may be meant: a file is no schedule."""
    file = reference.name
    names = candidates(parsed(file))
    try:
        config = of_config_file(file, overrides)
    except SpecError:
        if overrides.framework is None and names:
            config = None
        else:
            raise
    if config is not None:
        return config
    if not names:
        raise UsageError(
            f"{file}: Python code, and no function in it builds a schedule; write one that takes "
            f"any of {', '.join(GIVEN)} and returns a scheduler, or one of the step that returns "
            f"the lr, and name it: {file}:function"
        )
    first, *others = names[:_MOST]
    more = f"; or {', '.join(f'{file}:{each}' for each in others)}" if others else ""
    raise UsageError(f"{file}: Python code; name the function that is meant: {file}:{first}{more}")


SCRIPT = Kind("script", _parse, _read)
