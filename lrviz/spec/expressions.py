"""Expressions such as `min(1, step / 500) * 0.97 ** step`, compiled to plain Python functions.

A text becomes code only after each of its characters and each node of its syntax tree has been
found on a list of what is allowed. That list has no text, attribute, index, assignment or loop;
every literal is a float and `**` is `math.pow`, so no number can grow without bound. What is left
is arithmetic, and it runs at the speed of a hand-written lambda.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.errors import ScheduleError, SpecError, suggestion
from lrviz.spec import many

Array = NDArray[np.float64]

MAX_LENGTH = 500
MAX_NODES = 200
MAX_DEPTH = 100

_TOO_DEEP = f"the expression is nested too deeply; at most {MAX_DEPTH} levels can be"
_FOREIGN = re.compile(r"[^A-Za-z0-9_ \t.,+\-*/%()<>=!]")
_FORMS = "+ - * / // % **, comparisons, and, or, not, a if c else b"
_BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
_UNARY = (ast.UAdd, ast.USub, ast.Not)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def _floor(x: float) -> float:
    return float(math.floor(x))


def _ceil(x: float) -> float:
    return float(math.ceil(x))


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "floor": _floor,
    "ceil": _ceil,
}

# `* 1.0` makes a float of an int and of a truth value; `value - value` is 0.0 for finite numbers
# only. Both are operators because a call costs more than the rest of a short expression.
_TEMPLATE = """\
def expression({parameters}):
    try:
        {progress}value = ({body}) * 1.0
    except failures as error:
        raise undefined(error, step) from None
    if value - value == 0.0:
        return value
    raise undefined(value, step)
"""


def lr_lambda(text: str, total: int) -> Callable[[int], float]:
    """Compile an expression of `step`, `total` and `progress`, to be given to LambdaLR.

    >>> lr_lambda("min(1, step / 500)", total=1000)(250)
    0.5

    Args:
        text: At most 500 characters: numbers, `pi`, + - * / // % **, comparisons, and, or, not,
            `a if c else b`, and min max abs sqrt exp log sin cos floor ceil.
        total: What `total` is: the calls of `step()` in the phase that the expression runs in.
            `progress` is `step / total`, from 0 to 1 (and 0 where there are no calls at all).

    Returns:
        A function of `step` (int, 0 at the phase's start) to a finite float. It raises
        ScheduleError, naming the step, where the expression has no finite value. Its attribute
        `many` takes the first step and the one to stop before, and returns an array of the values,
        or None where they are to be asked one by one.

    Raises:
        SpecError: The text is no such expression; the message has the column in it, 1-based.
    """
    constants = {"total": float(total), "calls": float(max(total, 1))}
    function, at = _compiled(text, ("step",), ("step", "total", "progress"), constants)

    def at_many(first: int, stop: int) -> Array | None:
        steps = np.arange(first, stop)
        return at(step=steps, progress=steps / constants["calls"])

    vars(function)["many"] = at_many
    return function


def metric_curve(text: str, *, epochs: bool = True) -> Callable[[int, float, float], float]:
    """Compile an expression of `step`, `epoch` and `progress`: a stand-in for a metric.

    >>> metric_curve("0.3 + 2 * exp(-epoch / 12)")(0, 0.0, 0.0)
    2.3

    Args:
        text: As for `lr_lambda`.
        epochs: Whether `epoch` is known; where it is not, an expression may not use it.

    Returns:
        A function of step, epoch and progress, by position, to a finite float. It raises
        ScheduleError, naming the step, where the expression has no finite value. Its attribute
        `many` takes arrays of them by name, and returns one of the values, or None as above.

    Raises:
        SpecError: The text is no such expression; the message has the column in it, 1-based.
    """
    names = ("step", "epoch", "progress") if epochs else ("step", "progress")
    function, vars(function)["many"] = _compiled(text, ("step", "epoch", "progress"), names, {})
    return function


def _compiled(
    text: str, parameters: Sequence[str], names: Sequence[str], constants: Mapping[str, float]
) -> tuple[Callable[..., float], Callable[..., Array | None]]:
    """Check `text`, which may use `names`, and make a function of `parameters` of it.

    Returns:
        That, and a function of arrays of them, by name.
    """
    text = text.strip().replace("\n", " ")  # a folded YAML text; columns stay
    checker = _Checker(text, names)
    body = checker.checked(_parsed(text), depth=1)
    derived = "progress" in checker.used and "progress" not in parameters
    source = _TEMPLATE.format(
        parameters=", ".join(parameters),
        progress="progress = step / calls; " if derived else "",
        body=ast.unparse(body),
    )

    def undefined(reason: float | Exception, step: int) -> ScheduleError:
        return ScheduleError(
            f"'{_short(text)}' has no finite value at step {step}: {_words(reason)};"
            " guard it with max(...), or with a if c else b"
        )

    namespace: dict[str, Any] = {
        "__builtins__": {},
        "failures": (ArithmeticError, ValueError),
        "undefined": undefined,
        "pow": math.pow,
        "pi": math.pi,
        **_FUNCTIONS,
        **constants,
    }
    exec(compile(source, "<lrviz expression>", "exec"), namespace)
    known = {"pi": math.pi, **constants}

    def at_many(**arrays: Array) -> Array | None:
        return many.values(body, _FUNCTIONS | {"pow": math.pow}, {**known, **arrays})

    return namespace["expression"], at_many


def _words(reason: float | Exception) -> str:
    """Say in the same words on every Python why there is no value."""
    match reason:
        case ZeroDivisionError():
            return "division by zero"
        case OverflowError():
            return "a number becomes too large"
        case ValueError():
            return "sqrt, log, sin, cos or ** is not defined there"
        case _:
            return f"it is {reason}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _parsed(text: str) -> ast.expr:
    """Return the syntax tree of a text whose every character is allowed."""
    if not text:
        raise SpecError("the expression is empty")
    if len(text) > MAX_LENGTH:
        raise SpecError(f"the expression has {len(text)} characters; at most {MAX_LENGTH} can be")
    function = re.match(r"\s*lambda\s+(\w+)\s*:\s*(.+)", text, re.DOTALL)
    if function:
        body = re.sub(rf"\b{function[1]}\b", "step", function[2].strip())
        raise SpecError(f"an expression is no function; write what it returns: {_short(body)}")
    foreign = _FOREIGN.search(text)
    if foreign:
        power = ": a power is written **" if foreign[0] == "^" else ""
        raise SpecError(
            f"{foreign[0]!r} is not allowed in an expression (column {foreign.start() + 1}){power}"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # `1if step else 2` is deprecated, not yet refused
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        column = error.offset or len(text) + 1  # 0 where the text ends too early
        raise SpecError(
            f"'{_short(text)}' is not an expression: {error.msg} (column {column})"
        ) from None
    except (MemoryError, RecursionError):
        raise SpecError(_TOO_DEEP) from None


class _Checker:
    """Rebuilds a syntax tree from the nodes that are allowed, and refuses all others."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.text = text
        self.names = (*names, "pi")
        self.used: set[str] = set()
        self.nodes = 0

    def checked(self, node: ast.expr, depth: int) -> ast.expr:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise SpecError(f"the expression has more than {MAX_NODES} parts; write it shorter")
        if depth > MAX_DEPTH:
            raise SpecError(_TOO_DEEP)

        def sub(part: ast.expr) -> ast.expr:
            return self.checked(part, depth + 1)

        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                return ast.Constant(self.number(node))
            case ast.Name():
                return ast.Name(self.name(node))
            case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _UNARY):
                return ast.UnaryOp(op, sub(operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ast.Call(ast.Name("pow"), [sub(left), sub(right)], [])
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _BINARY):
                return ast.BinOp(sub(left), op, sub(right))
            case ast.BoolOp(op=op, values=values):
                return ast.BoolOp(op, [sub(each) for each in values])
            case ast.Compare(left=left, ops=ops, comparators=right) if all(
                isinstance(op, _COMPARISONS) for op in ops
            ):
                return ast.Compare(sub(left), ops, [sub(each) for each in right])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return ast.IfExp(sub(test), sub(body), sub(orelse))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                return self.call(node, name, [sub(each) for each in args])
            case ast.Call(func=ast.Name() as func) if func.id not in _FUNCTIONS:
                raise self.unknown(func, _FUNCTIONS, "function")
        segment = _short(ast.get_source_segment(self.text, node) or "")
        allowed = f"write numbers, {', '.join([*self.names, *_FUNCTIONS])}, {_FORMS}"
        raise self.refused(node, f"'{segment}' is not allowed in an expression", allowed)

    def number(self, node: ast.Constant) -> float:
        try:
            value = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if math.isinf(value):
            raise self.refused(node, "the number is too large", "a float ends at 1.8e308")
        return value

    def name(self, node: ast.Name) -> str:
        if node.id in _FUNCTIONS:
            raise self.refused(node, f"{node.id} is a function", f"write {node.id}(...)")
        if node.id not in self.names:
            raise self.unknown(node, self.names, "name")
        self.used.add(node.id)
        return node.id

    def call(self, node: ast.Call, name: str, arguments: list[ast.expr]) -> ast.expr:
        if name in ("min", "max"):
            if not arguments:
                raise self.refused(node, f"{name} has no arguments", "give it one or more")
            if len(arguments) == 1:  # Python would take the one argument for a list
                return arguments[0]
        elif len(arguments) != 1:
            raise self.refused(node, f"{name} has {len(arguments)} arguments", "give it one")
        return ast.Call(ast.Name(name), arguments, [])

    def unknown(self, node: ast.Name, known: Iterable[str], kind: str) -> SpecError:
        if node.id == "epoch" and "total" not in self.names:
            advice = "give train.steps_per_epoch (or dataset_size and batch_size)"
            return self.refused(node, "epoch is not known", advice)
        return SpecError(
            f"no {kind} '{node.id}' (column {node.col_offset + 1}) among {', '.join(known)}"
            f"{suggestion(node.id, known)}"
        )

    def refused(self, node: ast.expr, problem: str, advice: str) -> SpecError:
        return SpecError(f"{problem} (column {node.col_offset + 1}): {advice}")
