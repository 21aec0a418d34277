"""The value of an expression at many steps at once: the same operations, by arrays.

An array's +, -, *, / and square root round as Python's do. Whatever else C's library computes is
asked of Python, value by value. All branches of an `if` are computed; where one has no value there,
or a whole number is so large that a float would not hold it, the steps are to be asked one by one.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.shapes.shape import each

_EXACT = 2.0**53
"""Whole numbers below it are floats too."""

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def values(
    expression: ast.expr,
    functions: Mapping[str, Callable[..., float]],
    names: Mapping[str, Any],
) -> NDArray[np.float64] | None:
    """Return the values of an expression, or None where its steps are to be asked one by one.

    Args:
        expression: Of numbers, names, operators, calls, comparisons, `and`, `or`, `not` and `if`.
        functions: What it may call; each takes and returns numbers.
        names: What its other names stand for: floats, or arrays of shape (N,), at least one.
    """
    count = next(len(value) for value in names.values() if isinstance(value, np.ndarray))
    try:
        with np.errstate(all="raise", under="ignore"):
            found = np.broadcast_to(_Values(functions, names).of(expression) * 1.0, count)
    except (ArithmeticError, ValueError):
        return None
    return found if np.isfinite(found).all() else None


class _Values:
    """Computes the nodes of an expression, as floats or as arrays."""

    def __init__(
        self, functions: Mapping[str, Callable[..., float]], names: Mapping[str, Any]
    ) -> None:
        self.functions, self.names = functions, names

    def of(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.names[name]
            case ast.UnaryOp(op=op, operand=operand):
                value = self.of(operand)
                if isinstance(op, ast.Not):
                    return (value == 0) * 1
                return -value if isinstance(op, ast.USub) else value
            case ast.BinOp(left=left, op=op, right=right):
                return _operated(type(op), self.of(left), self.of(right))
            case ast.BoolOp(op=op, values=parts):
                first, *others = map(self.of, parts)
                for other in others:
                    ends = first == 0 if isinstance(op, ast.And) else first != 0
                    first = _chosen(ends, first, other)
                return first
            case ast.Compare(left=left, ops=ops, comparators=parts):
                sides = [self.of(each) for each in (left, *parts)]
                found: Any = 1
                for how, one, other in zip(ops, sides, sides[1:], strict=False):
                    found = found * _COMPARISONS[type(how)](one, other)
                return found * 1
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return _chosen(self.of(test) != 0, self.of(body), self.of(orelse))
            case ast.Call(func=ast.Name(id=name), args=parts):
                return self.called(name, [self.of(each) for each in parts])
        raise TypeError(ast.dump(node))

    def called(self, name: str, arguments: list[Any]) -> Any:
        if name in ("min", "max"):
            first, *others = arguments
            for other in others:  # the first of equal ones stays, as it does in Python
                first = _chosen(other < first if name == "min" else other > first, other, first)
            return first
        if name in ("sqrt", "abs") and isinstance(arguments[0], np.ndarray):
            return getattr(np, name)(*arguments)
        return _asked(self.functions[name], *arguments)


def _operated(op: type[ast.operator], left: Any, right: Any) -> Any:
    if op in (ast.FloorDiv, ast.Mod) and not (_is_whole(left) and _is_whole(right)):
        return _asked(_OPERATIONS[op], left, right)
    found = _OPERATIONS[op](left, right)
    if _is_whole(found) and np.abs(_OPERATIONS[op](left * 1.0, right)).max() >= _EXACT:
        raise ArithmeticError("a float does not hold it")
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "i"


def _asked(function: Callable[..., float], *arguments: Any) -> Any:
    """Return what a function of Python's makes of each value."""
    if not any(isinstance(value, np.ndarray) for value in arguments):
        return function(*arguments)
    first, *others = np.broadcast_arrays(*arguments)
    return each(function, first, *(other.tolist() for other in others))


def _chosen(which: Any, here: Any, there: Any) -> Any:
    if isinstance(which, np.ndarray):
        return np.where(which, here, there)
    return here if which else there
