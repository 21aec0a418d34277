"""Python configs to plain data with places, by their syntax alone: nothing is run.

Read are assignments at the top of the module of literals, `dict(...)`, lists, arithmetic, and names
that were assigned above. What else stands there is kept as `Unread` under its name, and is an error
where the value is needed. `_base_` names files whose names and dicts stand below, as MMEngine's do.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lrviz.document import MAX_DEPTH, MAX_NODES, Entry, Map, Seq
from lrviz.errors import Place, SpecError
from lrviz.sources.configs.forms.bases import read_base
from lrviz.sources.configs.unread import Unread

DEFINED = "a function or class of this file"
"""Why a value is Unread that the file defines: scripts have such, plain configs have none."""
MAX_CHARACTERS = 1_000_000
_LARGEST = 10**30  # of a whole number that arithmetic gives
_LONGEST = 10_000  # of a text or a list that it gives
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_READ = "a config is not run: literals, dict(...), arithmetic and names defined above are read"


def read_python(text: str, file: str, folder: Path) -> Map:
    """Read the names that a Python config assigns.

    Args:
        text: The config.
        file: Its name, for messages.
        folder: Where its `_base_` files are looked for.

    Raises:
        SpecError: It is no Python, absurdly large, or its `_base_` cannot be read.
    """
    return _File(file, folder, ()).read(text)


class _NotRead(Exception):
    """What cannot be read, in words."""


class _File:
    """One file of a chain."""

    def __init__(self, file: str, folder: Path, above: tuple[Path, ...]) -> None:
        self.file = file
        self.folder = folder
        self.above = above  # the files that lead here
        self.names = Map(place=Place(file, 1, 1))
        self.base = Map()
        self.lines: list[str] = []
        self.starts: list[int] = []
        self.nodes = 0

    def read(self, text: str) -> Map:
        """Return the names that the file assigns, those of its bases below them."""
        first = Place(self.file, 1, 1)
        if len(text) > MAX_CHARACTERS:
            raise SpecError(f"{len(text):,} characters; no config is that long", first)
        try:
            tree = ast.parse(text, self.file)
        except SyntaxError as error:
            place = Place(self.file, error.lineno or 1, error.offset or 1)
            raise SpecError(f"not valid Python: {error.msg}", place) from None
        except (ValueError, MemoryError, RecursionError):
            raise SpecError("not valid Python", first) from None
        position = 0
        for line in text.splitlines(keepends=True):
            self.lines.append(line)
            self.starts.append(position)
            position += len(line)
        for node in tree.body:
            self.statement(node)
        own = self.names.without("_base_")
        return merged(self.base, own) if self.base else own

    def statement(self, node: ast.stmt) -> None:
        """Take in one statement."""
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
            value = ast.copy_location(ast.BinOp(_loaded(target), node.op, node.value), node)
        else:
            self.other(node)
            return
        if not isinstance(target, ast.Name):
            self.other(node)
            return
        self.put(target.id, value, target)
        if target.id == "_base_":
            self.bases(self.names["_base_"], self.place(value))

    def other(self, node: ast.stmt) -> None:
        """Forget what a statement that is not read may change."""
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            return
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            place = self.place(node)
            self.names.put(node.name, Unread(node.name, DEFINED), Entry(place, place))
            return
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Constant):
            return
        place = self.place(node)
        if isinstance(call, ast.Call) and not isinstance(call.func, ast.Attribute):
            raise SpecError(f"{ast.unparse(node)[:60]}: a call; {_READ}", place)
        if isinstance(node, ast.With):
            raise SpecError(f"a `with` block: imported bases are not read; {_READ}", place)
        changed = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        for name in changed:
            if name in self.names or name in self.base or isinstance(node, ast.For | ast.If):
                why = f"line {place.line} may change it, and {_READ}"
                self.names.put(name, Unread(name, why), Entry(place, place))

    def put(self, name: str, value: ast.expr, target: ast.AST) -> None:
        self.names.put(name, self.value(value, 0), Entry(self.place(target), self.place(value)))

    def value(self, node: ast.expr, depth: int) -> Any:
        """Return a value, or what stands there as Unread."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise SpecError(f"more than {MAX_NODES:,} values", self.place(node))
        if depth > MAX_DEPTH:
            raise SpecError(f"nested more than {MAX_DEPTH} deep", self.place(node))
        try:
            return self.read_value(node, depth)
        except _NotRead as error:
            return Unread(ast.unparse(node)[:80], f"{error}; {_READ}")
        except (ArithmeticError, TypeError, ValueError) as error:
            return Unread(ast.unparse(node)[:80], f"{type(error).__name__}: {error}")

    def read_value(self, node: ast.expr, depth: int) -> Any:
        match node:
            case ast.Constant(value=value):
                return _plain(value)
            case ast.Name(id=name):
                if name in self.names or name in self.base:
                    return self.names[name] if name in self.names else self.base[name]
                raise _NotRead(f"the name {name} is not assigned above")
            case ast.Attribute(value=ast.Name(id="_base_"), attr=name) if name in self.base:
                return self.base[name]
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self.items(items, node, depth)
            case ast.Dict(keys=keys, values=values):
                return self.mapping(list(zip(keys, values, strict=True)), node, depth)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                named = [
                    (None if each.arg is None else ast.copy_location(ast.Constant(each.arg), each),
                     each.value)
                    for each in keywords
                ]  # fmt: skip
                return self.mapping(list(named), node, depth)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=inner):
                number = _number(self.value(inner, depth + 1))
                return -number if isinstance(op, ast.USub) else number
            case ast.BinOp(left=left, op=op, right=right):
                operands = self.value(left, depth + 1), self.value(right, depth + 1)
                return _computed(op, *operands)
            case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
                return self.value(inner, depth + 1)[key]
        raise _NotRead(f"`{ast.unparse(node)[:60]}` is not read")

    def items(self, items: list[ast.expr], node: ast.expr, depth: int) -> Seq:
        if any(isinstance(each, ast.Starred) for each in items):
            raise _NotRead("a star is not read")
        values = [self.value(each, depth + 1) for each in items]
        return Seq(values, [self.place(each) for each in items], self.place(node))

    def mapping(
        self, pairs: Sequence[tuple[ast.expr | None, ast.expr]], node: ast.expr, depth: int
    ) -> Map:
        result = Map(place=self.place(node))
        for key, value in pairs:
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise _NotRead("a key that is no plain text, or a star, is not read")
            inner = self.value(value, depth + 1)
            result.put(key.value, inner, Entry(self.place(key), self.place(value)))
        return result

    def place(self, node: ast.AST) -> Place:
        """Return the place of a node; ast counts columns in bytes."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end, last = getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column)
        start, stop = self.offset(line, column), self.offset(end, last)
        return Place(self.file, line, start - self.starts[line - 1] + 1, start, stop)

    def offset(self, line: int, column: int) -> int:
        before = self.lines[line - 1].encode()[:column]
        return self.starts[line - 1] + len(before.decode(errors="ignore"))

    def bases(self, named: Any, place: Place) -> None:
        """Read the files that `_base_` names, later ones over earlier ones."""
        above = (*self.above, Path(self.file).resolve())
        for name in named if isinstance(named, Seq) else [named]:
            path, text = read_base("_base_", name, self.folder, above, place)
            below = _File(str(path), path.parent, above).read(text)
            self.base = merged(self.base, below)


def merged(base: Map, own: Map) -> Map:
    """Return `base` under `own`, dict by dict, less what `_delete_=True` in a dict replaces."""
    result = Map({**base}, base.places, own.place)
    for key, value in own.items():
        below = base.get(key)
        if isinstance(value, Map):
            deletes = value.get("_delete_") is True
            value = value.without("_delete_") if deletes else value
            if isinstance(below, Map) and not deletes:
                value = merged(below, value)
        result.put(key, value, own.places.get(key, Entry(None, None)))
    return result


def _loaded(target: ast.expr) -> ast.expr:
    return (
        ast.copy_location(ast.Name(target.id), target) if isinstance(target, ast.Name) else target
    )


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise _NotRead("is not read")


def _number(value: Any) -> Any:
    if isinstance(value, Unread):
        raise _NotRead(value.why.partition(";")[0])
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _NotRead("only numbers have a sign")
    return value


def _computed(op: ast.operator, left: Any, right: Any) -> Any:
    for each in (left, right):
        if isinstance(each, Unread):
            raise _NotRead(each.why.partition(";")[0])
    function = _OPERATORS.get(type(op))
    numbers = all(isinstance(each, int | float) for each in (left, right))
    if function is None or not (numbers or isinstance(op, ast.Add | ast.Mult)):
        raise _NotRead("is not read")
    if isinstance(op, ast.Pow) and abs(right) > 64:
        raise _NotRead("a power that large is not read")
    if not numbers and isinstance(op, ast.Mult):
        times = left if isinstance(left, int) else right
        other = right if isinstance(left, int) else left
        if not isinstance(times, int) or len(other) * abs(times) > _LONGEST:
            raise _NotRead("repeated too often to be read")
    result = function(left, right)
    if isinstance(result, int) and abs(result) > _LARGEST:
        raise _NotRead("a number that large is not read")
    if isinstance(result, str) and len(result) > _LONGEST:
        raise _NotRead("a text that long is not read")
    return Seq(result, place=getattr(left, "place", None)) if isinstance(result, list) else result
