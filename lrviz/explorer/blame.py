"""An error of torch's to the control that caused it: by its words, or by trying without."""

from __future__ import annotations

import re
from typing import Any

from lrviz.building.factory import build_each
from lrviz.document import KeyPath, Map, Seq
from lrviz.errors import LrvizError, ScheduleError
from lrviz.explorer.document import Problem, path_of, problem
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides
from lrviz.spec.schedule import Schedule


def blamed(error: LrvizError, schedule: Schedule, tree: Map, curve: KeyPath) -> Problem:
    """Return what is wrong with a schedule, and the path of what causes it.

    The place of an error is that of an argument where lrviz refused it. Where torch did it is that
    of the scheduler: its argument is the one that torch's words name, or else the one without
    which it is built.

    Args:
        error: What building it raised.
        schedule: The schedule.
        tree: The page's spec, which its places are in.
        curve: The path of the curve in it.
    """
    path = path_of(tree, error.place) or curve
    if " needs a metric to step on" in error.message:
        return problem((*_above(path, "scheduler"), "metric", "curve"), error)
    if path[-1:] == ("optimizer",):
        path = (*path, "type")
    if not isinstance(error, ScheduleError) or path[-1:] != ("type",):
        return problem(path, error)
    node, inside = path[:-1], _at(tree, path[:-1])
    names = [key for key in inside if key not in ("type", "schedulers", "groups")]
    said = error.message.partition(" refuses its arguments: ")[2] or error.message
    said = said.lower().replace("learning rate", "lr").replace("beta parameter", "betas")
    named = re.findall(r"\w+", said)
    for name in sorted(names, key=lambda each: _index(named, each.lower())):
        if name.lower() in named:
            return problem((*node, name), error)
    argument = next((word for word in named if _is_argument(word)), None)
    for name in names:
        if _builds(_without(tree, (*node, name)), curve):
            return problem((*node, name), error)
    return problem((*node, argument) if argument else path, error)


def _above(path: KeyPath, key: str) -> KeyPath:
    """Return what stands in a path before the last of a key; all of it where there is none."""
    places = [at for at, each in enumerate(path) if each == key]
    return path[: places[-1]] if places else path


def _index(words: list[str], word: str) -> int:
    return words.index(word) if word in words else len(words)


def _is_argument(word: str) -> bool:
    return "_" in word


def _at(tree: Any, path: KeyPath) -> Map:
    for key in path:
        tree = tree[key]
    return tree if isinstance(tree, Map) else Map()


def _without(tree: Any, path: KeyPath) -> Any:
    """Return a spec without one key of it."""
    key, rest = path[0], path[1:]
    if isinstance(tree, Seq):
        items = [_without(each, rest) if at == key else each for at, each in enumerate(tree)]
        return Seq(items, tree.places, tree.place)
    if not rest:
        return tree.without(str(key))
    result = tree.without()
    result[str(key)] = _without(tree[key], rest)
    return result


def _builds(tree: Any, curve: KeyPath) -> bool:
    """Tell whether a curve of a spec can be built."""
    result = tree.without()
    result["schedules"] = tree["schedules"].only(str(curve[-1]))
    try:
        for each in load_all([result], Overrides(force=True)).schedules:
            build_each(each)
    except LrvizError:
        return False
    return True
